"""``archief checkpoint`` and ``archief cosign``: signatures on heads, the log's own and others'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archief import canonical, publishing
from archief.cli import authority, headfile, keyring, outfile, writing
from archief.cli.session import Session
from archief.cli.trust import verifying
from archief.cli.verbs import verb
from archief.cli.wording import draft
from archief.draft import Draft
from archief.errors import (
    ForkError,
    KeyMissingError,
    NoArchiveError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    RollbackError,
    SignatureError,
    UsageError,
)
from archief.heads import Head
from archief.journal import Journal
from archief.keys import SigningKey
from archief.log import Log
from archief.tlog import checkpoint as tlog_checkpoint
from archief.tlog import note
from archief.tlog.head import Checkpoint

SEED_SECONDS = 8
"""Bytes of a time stamp before a cosignature (C2SP tlog-cosignature)."""


@verb(
    "checkpoint",
    example="""
    archief checkpoint
    archief checkpoint --vkeys > voorbeeld.vkeys
    archief checkpoint --out jaarverslag-2025.checkpoint
    """,
    exits=(NoArchiveError, KeyMissingError, PassphraseError, NotFoundError, RollbackError, ForkError, SignatureError),
)
@click.option("--publish", is_flag=True, help="Write the entries in bundles too, for others to mirror the log.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the signed head to a file to hand out; it is kept for good.",
)
@click.option("--show", is_flag=True, help="Sign nothing: print the newest signed head.")
@click.option("--vkeys", is_flag=True, help="Sign nothing: print the keys with which others check this log.")
@click.option("--dry-run", is_flag=True, help="Say what would be signed, sign nothing.")
def checkpoint(session: Session, *, publish: bool, out: Path | None, show: bool, vkeys: bool, dry_run: bool) -> None:
    """Sign the head of the log: how many entries there are, and the root over them.

    Needs the log's key, no other. What it signs extends every head that it signed before, and is computed again out of
    what the disk gives back.
    """
    if vkeys:
        _print_vkeys(session)
        return
    if show:
        _show(session, out)
        return
    if out is not None:
        outfile.target(session, out, "--out")
    with session.journal() as journal:
        here = keyring.log_key(session, journal.authority.log_keys)
        if here is None:
            raise KeyMissingError(
                "the log's key is not on this machine",
                where=str(session.keys_folder),
                remedy="run this where it is; or let an archivaris rotate it: `archief key enrol` of a new log key",
            )
        if dry_run:
            head = Checkpoint(journal.authority.origin, journal.size, journal.root())
            _tell_dry(session, "sign", head, test=journal.authority.test)
            return
        raw = publishing.sign_head(journal, keyring.opened(session, here).keys, publish=publish)
        if out is not None:
            publishing.keep_head(journal, raw)
            outfile.write(session, out, raw)
        test = journal.authority.test
    _tell(session, raw, out, test=test)


def _tell(session: Session, raw: bytes, out: Path | None, *, test: bool) -> None:
    head = headfile.parse(raw, "public/checkpoint")
    if session.output.json:
        told = {"origin": head.origin, "size": head.size, "root": head.root.hex(), "note": raw.decode()}
        session.output.members({"test": test, **told, "file": str(out) if out else None})
        return
    session.output.line(head.origin)
    pairs = [("size", head.size), ("root", head.root.hex()), ("root, base64", canonical.base64_encode(head.root))]
    session.output.fields([*pairs, *([("file", out)] if out else [])], indent="  ")


def _tell_dry(session: Session, word: str, head: Checkpoint, *, test: bool) -> None:
    root = head.root.hex()
    if session.output.json:
        session.output.members({"test": test, "dry_run": True, "origin": head.origin, "size": head.size, "root": root})
        return
    session.output.line(f"would {word} size {head.size} of {head.origin}, root {root}")


def _newest(log: Log, known: Any) -> bytes:  # noqa: ANN401 - Authority
    if publishing.newest_head(log.storage, known) is None:
        raise NotFoundError(
            "nothing is signed yet", where=str(log.storage.place), remedy="sign a head: `archief checkpoint`"
        )
    return log.storage.read_public(publishing.CHECKPOINT) or b""


def _show(session: Session, out: Path | None) -> None:
    log = session.log()
    test = session.is_test(log)
    raw = _newest(log, authority.of(session, log))
    if out is not None:
        outfile.write(session, out, raw)
    _tell(session, raw, out, test=test)


def _print_vkeys(session: Session) -> None:
    log = session.log()
    test = session.is_test(log)
    known = authority.of(session, log)
    ours = [one.vkey for one in tlog_checkpoint.log_verifiers(known.origin, known.log_keys)]
    others = [one.vkey for one in publishing.cosigner_verifiers(known)]
    if session.output.json:
        session.output.members({"test": test, "log": ours, "cosigners": others})
        return
    for one in [*ours, *others]:
        session.output.line(one)


# others' signatures


@verb(
    "cosign",
    example="""
    archief cosign --as auditor
    archief cosign ontvangen.checkpoint --vkey voorbeeld.vkeys --out ondertekend.checkpoint
    """,
    exits=(
        NoArchiveError,
        KeyMissingError,
        PassphraseError,
        RefusedError,
        NotFoundError,
        *verifying.FAULTS,
        SignatureError,
    ),
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--with", "with_key", metavar="KEY", help="The cosigner's key file; without it the only one there is.")
@click.option("--vkey", "vkeys", multiple=True, metavar="KEY|FILE", help="With FILE: the log's keys.")
@click.option(
    "--proof",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With FILE: the proof that it extends the head you saw before.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the cosigned head to a file.")
@click.option("--dry-run", is_flag=True, help="Check everything, sign and append nothing.")
def cosign(
    session: Session,
    *,
    file: Path | None,
    with_key: str | None,
    vkeys: tuple[str, ...],
    proof: Path | None,
    out: Path | None,
    dry_run: bool,
) -> None:
    """Add a second signature to a head: an auditor's or another site's.

    Without FILE: the newest head of the archive at hand. The archive is verified first, the signature is kept with the
    head, and with --as it is recorded in the log too. With FILE: a head that somebody sent. It must extend the head
    that this machine saw before, by a --proof from `archief prove --consistency`.
    """
    if file is None:
        _cosign_archive(session, with_key, out, dry_run=dry_run)
        return
    if out is None and not dry_run:
        raise UsageError("where does the cosigned head go?", where="--out", remedy="name a file")
    if out is not None:
        outfile.target(session, out, "--out")
    raw = headfile.read(file)
    ours, others = headfile.log_keys(headfile.verifiers(vkeys), headfile.parse(raw, str(file)).origin)
    opened = tlog_checkpoint.open_checkpoint(raw, headfile.parse(raw, str(file)).origin, ours, others, str(file))
    headfile.demand_no_doubt(opened, str(file))
    head = opened.head
    _demand_extension(session, head, proof)
    key = _cosigner_key(session, with_key)
    if dry_run or out is None:
        _tell_dry(session, "cosign", head, test=False)
        return
    cosigned = publishing.cosign_head(raw, key, int(session.clock().timestamp()))
    outfile.write(session, out, cosigned)
    session.heads().remember(Head(origin=head.origin, root=head.root.hex(), size=head.size, note=cosigned.decode()))
    _tell(session, cosigned, out, test=False)


def _demand_extension(session: Session, head: Checkpoint, proof: Path | None) -> None:
    """Refuse a head that does not extend the one this machine saw before."""
    seen = session.heads().recall(head.origin)
    if seen is None:
        session.output.note("the first head of this log on this machine: nothing to compare it with")
        return
    if head.size < seen.size:
        raise RollbackError(f"a head of {head.size} entries; {seen.size} were there before", where=head.origin)
    if head.size == seen.size:
        if head.root.hex() != seen.root:
            raise ForkError("a head of the same size with another root", where=head.origin)
        return
    if proof is None:
        raise UsageError(
            f"this machine saw {seen.size} entries before; does the log of {head.size} extend them?",
            where="--proof",
            remedy=f"ask for `archief prove --consistency {seen.size} {head.size}`",
        )
    found = headfile.consistency(headfile.read(proof), str(proof))
    ends = (found.old.size, found.old.root, found.new.size, found.new.root)
    if found.origin != head.origin or ends != (seen.size, seen.root, head.size, head.root.hex()):
        raise ForkError(
            "the proof is not between the head that was seen and this one",
            where=str(proof),
            remedy="ask for the right one; when there is none, this is another history",
        )


def _cosigner_key(session: Session, with_key: str | None) -> SigningKey:
    if with_key is not None:
        return keyring.opened(session, keyring.find(session, with_key, "cosigner")).keys[0]
    found = list(keyring.listed(session, "cosigner"))
    if len(found) != 1:
        raise KeyMissingError(
            f"{'no' if not found else 'more than one'} cosigner's key on this machine",
            where=str(session.keys_folder),
            remedy="name one with --with, or make one: `archief key new NAME --use cosigner`",
        )
    return keyring.opened(session, found[0]).keys[0]


def _cosign_archive(session: Session, with_key: str | None, out: Path | None, *, dry_run: bool) -> None:
    if out is not None:
        outfile.target(session, out, "--out")
    log = session.log()
    report = verifying.verified(session, since=True)
    session.tell_test(test=report.test)
    error = report.error(str(session.archive))
    if error is not None:
        raise error
    known = authority.of(session, log)
    raw = _newest(log, known)
    key = _cosigner_key(session, with_key)
    if key.public.id not in {one.public.id for one in known.cosigners()}:
        raise RefusedError(
            f"key {key.public.id[:16]} is not enrolled here as a cosigner's: its line would be a finding",
            where=str(session.archive),
            remedy="let an archivaris enrol it: `archief key enrol`",
        )
    head = headfile.parse(raw, "public/checkpoint")
    seconds = int(session.clock().timestamp())
    cosigned = publishing.cosign_head(raw, key, seconds)
    if session.options.as_key:
        with writing.writer(session) as made:
            one = _recorded(made, head, cosigned, key, seconds)
            made.check([one])  # before anything is kept: a head without its event would be half done
            if not dry_run:
                _keep(session, made.journal, cosigned, out)
                made.append([one])
                writing.signed_head(made)
    elif not dry_run:
        with session.journal() as journal:
            _keep(session, journal, cosigned, out)
        session.output.note("not recorded in the log: give --as KEY of an auditor or archivaris for that")
    if dry_run:
        _tell_dry(session, "cosign", head, test=report.test)
        return
    _tell(session, cosigned, out, test=report.test)


def _keep(session: Session, journal: Journal, cosigned: bytes, out: Path | None) -> None:
    place = publishing.keep_head(journal, cosigned)
    if out is not None:
        outfile.write(session, out, cosigned)
    session.output.note(f"kept as public/{place}")


def _recorded(made: writing.Writer, head: Checkpoint, cosigned: bytes, key: SigningKey, seconds: int) -> Draft:
    """The event that records a cosignature."""
    made_by = publishing.cosigner_verifier(key.public)
    line = next(one for one in note.parse_note(cosigned).lines if one.key_id == made_by.key_id)
    facts = {
        "key": key.public.id,
        "root": head.root.hex(),
        "signature": canonical.base64_encode(line.signature[SEED_SECONDS:]),
        "size": head.size,
        "time": seconds,
    }
    return draft("checkpoint_cosigned", made.journal.authority.archive, facts)
