"""The foot of a report: which state of which log it was made from, and who signed that."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from archief import canonical, publishing
from archief.keys import PublicKey
from archief.log import Log
from archief.projections import state
from archief.reports.content import Adopted, MadeFrom, Signed
from archief.tlog import note
from archief.tlog.checkpoint import log_verifiers
from archief.tlog.head import parse_head

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ALGORITHMS = {1: "Ed25519", 4: "Ed25519, met tijd", 6: "ML-DSA-44"}


def made_from(connection: DuckDBPyConnection, log: Log, *, on: str | None, day: dt.date, destructions: int) -> MadeFrom:
    """What stands in the foot.

    Args:
        connection: the state.
        log: the log that it was made from.
        on: the day that was asked for.
        day: the reference date.
        destructions: the size of the log up to which destructions were applied to what the state shows.
    """
    made = state.made_of(connection)
    commit = log.commit_of(made.size - 1)
    adopted = connection.execute("select code, edition, seq from rule_set where current order by seq, code").fetchall()
    return MadeFrom(
        origin=made.origin,
        size=made.size,
        root=made.root,
        time=commit.time,
        commit=commit.seq,
        key=commit.key,
        signature=commit.sig,
        heads=_heads(connection, log, made.size),
        rule_sets=[Adopted(code, edition, seq) for code, edition, seq in adopted],
        on=on,
        day=day,
        destructions=destructions,
        unauthorised=made.unauthorised,
    )


def _heads(connection: DuckDBPyConnection, log: Log, size: int) -> list[Signed]:
    """The signatures on a kept head of exactly that size. The newest head is not kept for ever, so it does not count:
    a report that is made again would say something else.
    """
    raw = log.storage.read_public(f"checkpoints/{size:012d}")
    if raw is None:
        return []
    origin = parse_head(note.parse_note(raw).text).origin  # the log may have gone on under another name since
    known = [*log_verifiers(origin, _log_keys(connection, log)), *_cosigners(connection)]
    judged = note.judge_note(raw, known, f"checkpoints/{size:012d}").signatures
    return [Signed(one.name, _algorithm(one), one.verdict) for one in judged]


def _algorithm(judged: note.Judged) -> str:
    return ALGORITHMS[judged.verifier.type] if judged.verifier is not None else ""


def _log_keys(connection: DuckDBPyConnection, log: Log) -> list[PublicKey]:
    """Every key that ever signed for the log, up to this state."""
    query = "select seq from event where type in ('archive_founded.v1', 'log_key_rotated.v1') order by seq"
    told = [log.event(seq).facts for (seq,) in connection.execute(query).fetchall()]
    found: dict[bytes, PublicKey] = {}
    for facts in told:
        for each in getattr(facts, "log_keys", []):
            key = _public(each)
            found.setdefault(key.public, key)
    return list(found.values())


def _public(key: Any) -> PublicKey:  # noqa: ANN401 - a key as an event has it
    return PublicKey(key.type, canonical.base64_decode(key.public))


def _cosigners(connection: DuckDBPyConnection) -> list[note.Verifier]:
    query = "select type, public from key where use = 'cosigner' order by enrolled_seq, id"
    return [
        publishing.cosigner_verifier(PublicKey(kind, canonical.base64_decode(public)))
        for kind, public in connection.execute(query).fetchall()
    ]
