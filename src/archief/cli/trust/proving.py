"""``archief prove``: proofs that others check without this archive (C2SP tlog-proof, RFC 6962)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from archief import canonical, publishing
from archief.cli import authority, exported, headfile, moment, outfile, records
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import (
    AmbiguousError,
    NoArchiveError,
    NotFoundError,
    ProofError,
    SignatureError,
    UsageError,
    WriteFailedError,
)
from archief.events import envelope
from archief.log import Log
from archief.rules.authority import Authority
from archief.stored_tree import StoredTree
from archief.tlog import merkle
from archief.tlog import proof as tlog_proof
from archief.tlog.checkpoint import OpenedCheckpoint


@verb(
    "prove",
    example="""
    archief prove 40
    archief prove 2021-00017 --out brief
    archief prove --consistency 128 --out tussen
    """,
    exits=(NoArchiveError, NotFoundError, AmbiguousError, SignatureError, ProofError, WriteFailedError),
)
@click.argument("wanted", metavar="[SEQ|RECORD]", required=False)
@click.argument("new", metavar="[NEW]", required=False, type=int)
@click.option("--out", type=click.Path(path_type=Path), metavar="NAME", help="Write NAME.tlog-proof and NAME.entry.")
@click.option(
    "--with-payload", is_flag=True, help="Write NAME.payload too: the content, to be checked against the entry."
)
@click.option(
    "--consistency", is_flag=True, help="Prove that the log of NEW entries (now) extends that of SEQ entries."
)
def prove(
    session: Session, *, wanted: str | None, new: int | None, out: Path | None, with_payload: bool, consistency: bool
) -> None:
    """Write the proof that an entry stands in the log.

    SEQ is the number of an entry; RECORD stands for the newest event of a record. The proof leads to the newest signed
    head. The entry goes beside it as it stands in the log; it holds no content, only a commitment to it. Send both;
    whoever gets them runs `archief check proof`.
    """
    if wanted is None:
        raise UsageError("which entry?", remedy="give its number or a record; see `archief history RECORD`")
    log = session.log()
    test = session.is_test(log)
    if consistency:
        _prove_consistency(session, log, wanted, new, out, test=test)
        return
    if new is not None:
        raise UsageError("a second number goes with --consistency only")
    seq = int(wanted) if _is_number(wanted) else _newest(session, log, wanted)
    _prove_inclusion(session, log, seq, out, with_payload=with_payload, test=test)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= moment.SIZE_DIGITS_MAX


def _newest(session: Session, log: Log, record: str) -> int:
    return records.find(session, log, record).seqs[-1]


def _prove_inclusion(session: Session, log: Log, seq: int, out: Path | None, *, with_payload: bool, test: bool) -> None:
    entry = log.entry(seq)
    known = authority.of(session, log)
    head, raw = _covering_head(log, known, seq)
    proof = tlog_proof.LogProof(seq, _inclusion(log, seq, entry, head), raw)
    written = tlog_proof.format_proof(proof)
    name = str(out) if out is not None else str(seq)
    files = {f"{name}.tlog-proof": written, f"{name}.entry": entry}
    if with_payload:
        line = log.payload_line(seq)
        if line is None:
            raise NotFoundError(
                "this entry has no payload, or it is destroyed",
                where=f"entry {seq}",
                remedy="prove it without --with-payload",
            )
        files[f"{name}.payload"] = line
    for path in files:
        outfile.target(session, Path(path), "--out")
    for path, content in files.items():
        with (
            exported.noted(
                session,
                log.origin,
                log.size,
                "payload",
                Path(path),
                [envelope.decode_event(entry, f"entry {seq}").stream],
            )
            if path.endswith(".payload")
            else contextlib.nullcontext()
        ):
            outfile.write(session, Path(path), content)
    if session.output.json:
        session.output.members(
            {
                "test": test,
                "seq": seq,
                "entry": entry.decode(),
                "proof": written.decode(),
                "head": {"size": head.head.size, "root": head.head.root.hex()},
                "files": list(files),
            }
        )
        return
    for path in files:
        session.output.line(path)
    session.output.note(f"entry {seq} stands in the signed head of {head.head.size} entries")
    session.output.note(
        f"elsewhere: archief check proof {name}.tlog-proof --vkey FILE (from `archief checkpoint --vkeys`)"
    )


def _covering_head(log: Log, known: Authority, seq: int) -> tuple[OpenedCheckpoint, bytes]:
    """The newest signed head, if it covers an entry."""
    head = publishing.newest_head(log.storage, known)
    size = head.head.size if head is not None else 0
    if head is None or size <= seq:
        raise NotFoundError(
            f"no signed head covers entry {seq} yet (the newest has {size} entries)",
            where=str(log.storage.place),
            remedy="sign one: `archief checkpoint` (by a holder of the log key)",
        )
    return head, log.storage.read_public(publishing.CHECKPOINT) or b""


def _inclusion(log: Log, seq: int, entry: bytes, head: OpenedCheckpoint) -> tuple[bytes, ...]:
    """The way from an entry up to a head; out of the tiles, or out of the log when the tiles are wrong."""
    size, root = head.head.size, head.head.root
    for from_log in (False, True):
        tree = StoredTree(log.storage, log.size, from_log=from_log)
        proof = tuple(merkle.inclusion_proof(seq, size, tree))
        try:
            merkle.verify_inclusion(merkle.leaf_hash(entry), seq, size, proof, root)
        except ProofError:
            continue
        return proof
    raise ProofError(
        "the log does not lead to its own signed head",
        where=f"entry {seq}",
        remedy="run `archief verify`: it names the place",
    )


def _prove_consistency(
    session: Session, log: Log, old_text: str, new: int | None, out: Path | None, *, test: bool
) -> None:
    if not _is_number(old_text):
        raise UsageError("a number of entries goes with --consistency", where=old_text[:40])
    old, new = int(old_text), log.size if new is None else new
    if not 0 < old <= new <= log.size:
        raise UsageError(f"the sizes go from 1 to {log.size}, the older first", where=f"{old} {new}")
    written = headfile.extends(log, old, new)
    path = Path(f"{out}.consistency")
    if out is not None:
        outfile.write(session, path, written)
    if session.output.json:
        files = [str(path)] if out is not None else []
        session.output.members({"test": test, "consistency": canonical.decode(written[:-1]), "files": files})
    elif out is not None:
        session.output.line(str(path))
    else:
        session.output.raw(written)
    session.output.note(f"the log of {new} entries extends that of {old}")
