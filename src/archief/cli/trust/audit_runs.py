"""Audits and checks that stand in the log: recording one, and what the last one found (Toetsingskader norm 8)."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
import msgspec

from archief.cli import records, writing
from archief.cli.output import Output
from archief.cli.session import Session, version
from archief.cli.wording import draft
from archief.errors import ArchiefError, LossError
from archief.log import Log
from archief.storage.base import NewDocument

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from archief.projections.audit import Violation
    from archief.reports.content import Content
    from archief.verification.fault import Report

F = TypeVar("F", bound=Callable[..., Any])
Place = tuple[str, str | None, int | None]
"""What a finding is known by: its rule, the record and the entry. Its words may change with the day."""

FILE = "bevindingen.json"


class Last(NamedTuple):
    """The last audit that was recorded.

    Attributes:
        seq: its entry.
        size: the size of the log that it was over.
        found: what it found.
    """

    seq: int
    size: int
    found: frozenset[Place]


def record_option(function: F) -> F:
    """The option of a command whose outcome can be recorded."""
    return click.option("--record", "keep", is_flag=True, help="Record the outcome in the log, with --as KEY.")(
        function
    )


def dry_option(function: F) -> F:
    """The option of a command that can say beforehand whether its outcome could be recorded."""
    told = "With --record: check that it could be recorded, append nothing."
    return click.option("--dry-run", is_flag=True, help=told)(function)


def place(one: Violation) -> Place:
    """What a finding is known by."""
    return one.rule, one.stream, one.seq


def last(database: DuckDBPyConnection, log: Log) -> Last | None:
    """The last audit over the rules that was recorded with what it found; None when there is none.

    Args:
        database: the state at the position that is looked from.
        log: the archive.
    """
    query = "select seq from event where type = 'audit_recorded.v1' order by seq desc"
    for (seq,) in database.execute(query).fetchall():
        (run,) = records.read(log, [seq])
        facts: Any = run.event.facts
        kept = [one for one in getattr(run.data, "documents", None) or () if one.name == FILE]
        if facts.kind != "audit" or not kept:
            continue
        with log.storage.open_document(kept[0].id) as stream:
            content = stream.read()
        if hashlib.sha256(content).hexdigest() != kept[0].sha256:
            raise LossError("not what was recorded", where=f"document {kept[0].id}", remedy="run `archief verify`")
        return Last(seq, facts.size, frozenset(msgspec.json.decode(content, type=list[Place])))
    return None


def record_audit(
    session: Session,
    size: int,
    day: dt.date,
    rules: int,
    rule_sets: Sequence[str],
    found: Sequence[Violation],
    *,
    dry: bool,
) -> dict[str, Any]:
    """Record an audit over the rules.

    Args:
        session: the surroundings.
        size: the size of the log that was audited.
        day: the day from which terms were judged.
        rules: how many rules were asked.
        rule_sets: the rule sets that hold.
        found: what was found.
        dry: only check.

    Raises:
        ArchiefError: the archive refuses.
    """
    content = msgspec.json.encode(sorted(map(place, found), key=str))
    digest = hashlib.sha256(content).hexdigest()
    new = NewDocument(session.entropy(16).hex(), lambda: io.BytesIO(content), digest)
    reference = {
        "id": new.id,
        "media_type": "application/json",
        "name": FILE,
        "pronom": "fmt/817",
        "identified_by": f"made as such by archief {version()}",
        "sha256": digest,
        "size": len(content),
    }
    by_rule = sorted(Counter(one.rule for one in found).items())
    facts = _facts(session, "audit", size, rules, len(found)) | {
        "rule_sets": list(rule_sets),
        "reference_date": day.isoformat(),
        "broken": [{"rule": rule, "violations": count} for rule, count in by_rule],
    }
    return _append(session, "audit_recorded", facts, {"documents": [reference]}, [new], dry=dry)


def record_report(session: Session, made: Content, day: dt.date, size: int, *, dry: bool) -> dict[str, Any]:
    """Record a report that judges by criteria: how many it asked, and how many ask for attention.

    The report itself is not kept: it names records, and what names a record must not outlive it.
    """
    from archief.reports.reporter import ATTENTION  # noqa: PLC0415 - is imported by then

    judged = [one for section in made.sections if section.criteria for one in section.figures]
    wrong = [one.name for one in judged if one.verdict == ATTENTION]
    facts = _facts(session, made.name, size, len(judged), len(wrong)) | {"reference_date": day.isoformat()}
    return _append(session, "audit_recorded", facts, None, (), dry=dry)


def record_check(session: Session, report: Report, sample: int | None, *, dry: bool) -> dict[str, Any]:
    """Record that bytes were read again and compared (draft Archiefregeling 2.8)."""
    facts = {
        "method": "sample" if sample is not None else "since" if report.since else "whole",
        "size": report.size,
        "root": report.root,
        "events": report.events,
        "payloads": report.payloads,
        "documents": report.documents,
        "faults": len(report.faults),
        "result": "faulty" if report.faults else "sound",
    }
    return _append(session, "fixity_checked", facts, {"program": f"archief {version()}"}, (), dry=dry)


def tell(output: Output, recorded: dict[str, Any]) -> None:
    """Tell what was recorded, and how an auditor puts a signature under it."""
    if recorded["entry"] is None:
        output.note("a dry run: it could be recorded; nothing was appended")
        return
    output.note(f"recorded as entry {recorded['entry']}")
    writing.tell_head(output, recorded["head"])
    output.note("an auditor who stands behind it signs the head: `archief cosign --as KEY`")


def told_of_faults(
    session: Session, record: Callable[[], dict[str, Any]], error: ArchiefError | None
) -> dict[str, Any] | None:
    """Record a check; where the archive has faults an append may be refused, and the faults go before that.

    Args:
        session: the surroundings.
        record: appends.
        error: how the check ended; None when all is well.
    """
    try:
        return record()
    except ArchiefError as refused:
        if error is None:
            raise
        session.output.warn(f"the outcome was not recorded: {refused}")
        return None


def _facts(session: Session, kind: str, size: int, rules: int, violations: int) -> dict[str, Any]:
    root = session.log().root(size).hex()
    return {"kind": kind, "size": size, "root": root, "rules": rules, "violations": violations}


def _append(
    session: Session,
    tag: str,
    facts: dict[str, Any],
    data: dict[str, Any] | None,
    documents: Iterable[NewDocument],
    *,
    dry: bool,
) -> dict[str, Any]:
    with writing.writer(session) as made:
        one = draft(tag, made.journal.authority.archive, facts, data, documents=list(documents))
        if dry:
            made.check([one])
            return {"entry": None, "commit": None, "head": None}
        appended = made.append([one])
        return {"entry": appended.seqs[0], "commit": appended.commit.id, "head": writing.signed_head(made)}
