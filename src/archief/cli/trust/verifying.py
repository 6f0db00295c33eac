"""``archief verify``: whether every byte of the archive is what was signed."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import click

from archief.cli import headfile
from archief.cli.output import Output, Progress, counted
from archief.cli.session import Session, described, version
from archief.cli.trust import audit_runs
from archief.cli.verbs import verb
from archief.errors import (
    ArchiefError,
    CorruptError,
    FindingsError,
    ForkError,
    KeyMissingError,
    LossError,
    MalformedError,
    NoArchiveError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    RollbackError,
    UsageError,
)
from archief.journal import CLOCK_LEAD_SECONDS
from archief.verification.fault import Report

FAULTS = (CorruptError, RollbackError, ForkError, LossError, FindingsError)


@verb(
    "verify",
    example="""
    archief verify
    archief verify --against jaarverslag-2025.checkpoint
    archief verify --sample 1000 --record --as auditor
    """,
    exits=(NoArchiveError, MalformedError, NotFoundError, KeyMissingError, PassphraseError, RefusedError, *FAULTS),
)
@click.option("--since", is_flag=True, help="Go on from the last whole verification on this machine, if there is one.")
@click.option(
    "--against",
    multiple=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="A head from elsewhere (a letter, a web page, last year's report) that the log must extend; may be repeated.",
)
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Look at N entries drawn at random only.")
@click.option(
    "--processes", type=click.IntRange(1, 256), metavar="N", help="Processes to use; as many as there are cores."
)
@audit_runs.record_option
@audit_runs.dry_option
def verify(
    session: Session,
    *,
    since: bool,
    against: tuple[Path, ...],
    sample: int | None,
    processes: int | None,
    keep: bool,
    dry_run: bool,
) -> None:
    """Verify the whole archive: every entry, payload, document, signature and tile. Changes nothing in it.

    All faults are found, not the first. When there are none, this machine remembers the head and that it was verified.
    With --record the outcome stands in the log, where the archive can be appended to at all.
    """
    if sample is not None:
        if since or against:
            raise UsageError(
                "a sample says nothing of the rest: --since and --against do not go with it", where="--sample"
            )
        report = _sampled(session, sample)
    else:
        report = verified(session, since=since, against=against, processes=processes)
    session.tell_test(test=report.test)
    _tell_ahead(session)
    error = report.error(str(session.archive))
    recorded = None
    if keep:
        recorded = audit_runs.told_of_faults(
            session, lambda: audit_runs.record_check(session, report, sample, dry=dry_run), error
        )
    if session.output.json:
        told = described(report) | {"sound": not report.faults, "sample": sample, "recorded": recorded}
        told |= {"dry_run": True} if dry_run else {}
        session.output.members(told)
    elif not (session.output.quiet and not report.faults):
        _tell(session.output, report, sample)
    if recorded is not None and not session.output.json:
        audit_runs.tell(session.output, recorded)
    if error is not None:
        raise error


def verified(session: Session, *, since: bool, against: tuple[Path, ...] = (), processes: int | None = None) -> Report:
    """Verify, with progress.

    Args:
        session: the surroundings.
        since: go on from the receipt.
        against: files with heads that the log must extend.
        processes: how many to use; None for as many as there are cores.
    """
    from archief.verification import whole  # noqa: PLC0415 - much to import, and few commands verify

    heads = [headfile.remembered_form(path) for path in against]
    with Progress(session.output, "entries verified") as progress:
        return whole.verify(
            session.storage(),
            heads=session.heads(),
            version=version(),
            since=since,
            index=_index(session) if since else None,
            against=heads,
            processes=processes or os.cpu_count() or 1,
            progress=progress,
        )


def _tell_ahead(session: Session) -> None:
    """Tell of a log that is ahead of this clock: who set his clock forward waited for no waiting period."""
    with contextlib.suppress(ArchiefError):
        last = session.log().last_commit
        ahead = dt.datetime.fromisoformat(last.time) - session.clock()
        if ahead.total_seconds() > CLOCK_LEAD_SECONDS:
            session.output.warn(f"the last commit (entry {last.seq}) is of {last.time}, and this clock is not that far")


def _index(session: Session) -> Path | None:
    """The index that is kept for appends; None when the archive does not say which log it is."""
    with contextlib.suppress(ArchiefError):
        return session.cache_folder(session.log().origin) / "index.sqlite"
    return None


def _sampled(session: Session, count: int) -> Report:
    from archief.verification import sample  # noqa: PLC0415 - only who samples pays

    def choose(below: int) -> int:
        return int.from_bytes(session.entropy(16)) % below

    return sample.verify_sample(session.storage(), count, choose)


def _cosigned(report: Report) -> str:
    """On which head the newest of the cosignatures stands: never credited to a later one."""
    return f"size {report.cosigned_size:,} ({counted(report.cosignatures, 'cosignature')} on kept heads)"


def _gone(report: Report) -> Iterator[str]:
    """What is lawfully gone, and under what."""
    for certificate, count in sorted(report.certificates.items()):
        of_copies = ", as copies of what was transferred" if certificate in report.copies else ""
        yield f"{counted(count, 'payload')} lawfully destroyed under certificate {certificate[:8]}{of_copies}"
    if report.executing:
        yield f"{counted(report.executing, 'payload')} gone in a destruction that is not closed"
    if report.erased:
        yield f"{counted(report.erased, 'payload')} erased by itself"


def _tell(output: Output, report: Report, sample: int | None) -> None:
    output.line(report.origin or "a log without an archive")
    head = "none" if report.head_size is None else f"size {report.head_size:,}"
    if sample is not None:
        head = "not looked at"
    pairs = [
        ("entries", f"{report.size:,}" + (f", of which {report.since:,} were verified before" if report.since else "")),
        ("events", f"{report.events:,} in {counted(report.commits, 'commit')}"),
        ("payloads", "; ".join([f"{report.payloads:,}", *_gone(report)])),
        ("documents", f"{report.documents:,}"),
        ("signed head", head),
        *([("cosigned", _cosigned(report))] if report.cosigned_size is not None else []),
        ("root", report.root),
    ]
    output.fields(pairs, indent="  ")
    for fault in report.faults:
        output.line(f"{output.styled(fault.grade, fg='red')}: {fault.sentence()}")
    if not report.faults:
        what = "no fault found" if sample is None else "no fault in this sample; it says nothing of the rest"
        output.line(output.styled("sound", fg="green") + f": {what}")
