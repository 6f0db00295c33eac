"""The event log of a record with its proofs, as it goes along in a package: additional metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archief import canonical
from archief.exports.history import History
from archief.exports.holdings import Archive
from archief.exports.proofs import Prover

FORM = "archief/event-log/v1"
ENDING = "-gebeurtenissen.json"


def write(archive: Archive, stream: str, events: History, prover: Prover) -> bytes:
    """Write the event log of a record.

    Args:
        archive: whose archive it is.
        stream: the record.
        events: what happened to it.
        prover: makes the proofs.
    """
    sealed = prover.commits([one.commit for one in events])
    entries = [
        {
            "seq": one.event.seq,
            "entry": one.entry.decode(),
            "payload": one.payload_line.decode() if one.payload_line is not None else None,
            "commit": one.commit,
            "commit_proof": _texts(prover.in_commit(one.event.seq, sealed[one.commit][1])),
            "proof": _texts(prover.inclusion(one.event.seq, one.entry)),
        }
        for one in events
    ]
    commits = [
        {"seq": seq, "entry": entry.decode(), "proof": _texts(prover.inclusion(seq, entry))}
        for seq, (entry, _) in sorted(sealed.items())
    ]
    told: Mapping[str, Any] = {
        "form": FORM,
        "origin": archive.origin,
        "stream": stream,
        "checkpoint": prover.head.raw.decode(),
        "entries": entries,
        "commits": commits,
    }
    return canonical.encode(told) + b"\n"


def _texts(proof: Sequence[bytes]) -> list[str]:
    return [canonical.base64_encode(one) for one in proof]
