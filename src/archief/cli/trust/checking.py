"""``archief check``: what others can check without an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archief.cli import headfile
from archief.cli.output import counted
from archief.cli.session import Session
from archief.cli.verbs import Family, verb
from archief.errors import ArchiefError, MalformedError, NotFoundError, ProofError, SignatureError, UsageError
from archief.events import envelope
from archief.keys import ED25519
from archief.tlog import merkle
from archief.tlog import proof as tlog_proof
from archief.tlog.checkpoint import OpenedCheckpoint

check = Family(
    "check",
    help="Check what came from an archive, on a machine that has none.",
    members={
        "proof": "trust.checking:proof",
        "bundle": "trust.checking_bundles:bundle",
        "sip": "trust.checking_sips:sip",
        "snapshot": "exchange.snapshots:check",
    },
)
SHOWS = (
    "It shows: these bytes are entry {index} of that log, as {by}.",
    "It does not show: that nothing followed (only the whole log does), nor what the content was without its payload.",
)


@verb(
    "proof",
    example="""
    archief check proof brief.tlog-proof --vkey voorbeeld.vkeys
    archief check proof brief.tlog-proof --checkpoint jaarverslag-2025.checkpoint
    """,
    exits=(MalformedError, NotFoundError, SignatureError, ProofError),
)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--entry",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="The entry; without it FILE's neighbour .entry.",
)
@click.option(
    "--payload",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="The payload, to be held against the entry.",
)
@click.option(
    "--vkey",
    "vkeys",
    multiple=True,
    metavar="KEY|FILE",
    help="The log's keys, and cosigners': a key or a file with one a line.",
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A head you trust, instead of keys: the proof must lead to it.",
)
def proof(
    session: Session,
    *,
    file: Path,
    entry: Path | None,
    payload: Path | None,
    vkeys: tuple[str, ...],
    checkpoint: Path | None,
) -> None:
    """Check a proof from `archief prove`, with nothing but keys or a head that you trust.

    A proof and keys from the same hand prove nothing: get the keys, or the head, by another way.
    """
    raw = headfile.read(file)
    if raw.startswith(b"{"):
        _check_consistency(session, raw, file, checkpoint)
        return
    if not vkeys and checkpoint is None:
        raise UsageError(
            "whose log is it? a proof is worth what its head is worth",
            remedy="give the log's keys with --vkey, or a head that you trust with --checkpoint",
        )
    parsed = tlog_proof.parse_proof(raw, str(file))
    content = _entry(file, entry)
    told = _judge(parsed, content, vkeys, checkpoint, str(file))
    told["entry"] = _described(content, parsed.index)
    told["payload"] = _payload(content, payload) if payload is not None else None
    by = "whoever holds the log's keys signed it" if vkeys else "the head that you trust says"
    shows = [line.format(index=parsed.index, by=by) for line in SHOWS]
    if session.output.json:
        session.output.members({"shows": shows, **told})
        return
    output = session.output
    output.line(f"entry {parsed.index} stands in {told['origin']}, in its tree of {told['size']} entries")
    output.fields(
        [
            ("signed by the log", " and ".join(told["signed"]) or "not judged: no keys were given"),
            ("same as your head", checkpoint),
            ("cosigned by", ", ".join(told["cosigned"]) or "nobody known"),
            *told["entry"].items(),
            ("payload", told["payload"] or "not given"),
        ],
        indent="  ",
    )
    for line in shows:
        output.line(line)


def _entry(file: Path, entry: Path | None) -> bytes:
    beside = file.with_name(file.name.removesuffix(".tlog-proof") + ".entry")
    if entry is None and not beside.is_file():
        raise NotFoundError("there is no entry beside the proof", where=str(beside), remedy="name it with --entry FILE")
    return headfile.read(entry or beside).removesuffix(b"\n")


def _judge(
    parsed: tlog_proof.LogProof, content: bytes, vkeys: tuple[str, ...], checkpoint: Path | None, where: str
) -> dict[str, Any]:
    """Lead the entry to the head, and judge the head by keys, by a head that is trusted, or by both."""
    head = headfile.parse(parsed.checkpoint, where)
    leaf = merkle.leaf_hash(content)
    signed: list[str] = []
    cosigned: list[str] = []
    if checkpoint is not None:
        trusted = headfile.parse(headfile.read(checkpoint), str(checkpoint))
        if trusted != head:
            raise ProofError(
                f"the proof leads to a head of {head.origin} with {head.size} entries,"
                f" yours is of {trusted.origin} with {trusted.size}"
                + (" and another root" if trusted.size == head.size else ""),
                where=where,
                remedy="ask for a proof to the head that you have, or check it with the log's keys (--vkey)",
            )
        merkle.verify_inclusion(leaf, parsed.index, head.size, parsed.hashes, head.root, where)
    if vkeys:
        ours, others = headfile.log_keys(headfile.verifiers(vkeys), head.origin)
        opened = tlog_proof.verify_proof(parsed, leaf, head.origin, ours, others, where)
        headfile.demand_no_doubt(opened, where)
        signed = ["Ed25519" if key.type == ED25519 else "ML-DSA-44" for key in ours]
        cosigned = _cosigners(opened)
    return {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "index": parsed.index,
        "signed": signed,
        "cosigned": cosigned,
    }


def _cosigners(opened: OpenedCheckpoint) -> list[str]:
    return [one.name for one in opened.cosignatures]


def _described(content: bytes, index: int) -> dict[str, Any]:
    """What the entry says. Another log's entry may be anything; ours names its own place."""
    try:
        if envelope.is_commit(content):
            commit = envelope.decode_commit(content)
            what = f"commit of {counted(commit.events, 'event')} by key {commit.key[:16]}"
            told = {"what": what, "time": commit.time}
            seq = commit.seq
        else:
            event = envelope.decode_event(content)
            told = {"what": event.type, "stream": event.stream, "commitment": event.payload or "no payload"}
            seq = event.seq
    except ArchiefError:
        return {"what": "an entry that this program does not know"}
    if seq != index:
        raise ProofError(f"the entry says that it is entry {seq}, the proof is of entry {index}", where="the entry")
    return told


def _payload(content: bytes, payload: Path) -> str:
    line = headfile.read(payload).removesuffix(b"\n")
    event = envelope.decode_event(content, "the entry")
    if event.payload is None or envelope.commitment(line) != event.payload:
        raise ProofError("the payload is not the one that the entry commits to", where=str(payload))
    return "is the one that the entry commits to"


def _check_consistency(session: Session, raw: bytes, file: Path, checkpoint: Path | None) -> None:
    found = headfile.consistency(raw, str(file))
    known = None
    if checkpoint is not None:
        head = headfile.parse(headfile.read(checkpoint), str(checkpoint))
        ends = {(found.origin, end.size, end.root): name for name, end in (("old", found.old), ("new", found.new))}
        known = ends.get((head.origin, head.size, head.root.hex()))
        if known is None:
            raise ProofError("neither end of the proof is your head", where=str(checkpoint))
    if session.output.json:
        session.output.members({"origin": found.origin, "old": found.old.size, "new": found.new.size, "known": known})
        return
    session.output.line(f"the log {found.origin} of {found.new.size} entries extends that of {found.old.size}")
    ends_text = (
        f"its {known} end is your head" if known else "which heads these are is for you to compare (--checkpoint)"
    )
    session.output.fields(
        [("old root", found.old.root), ("new root", found.new.root), ("heads", ends_text)], indent="  "
    )
