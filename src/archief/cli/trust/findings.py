"""``archief finding``: what must be followed up, by whom and by when, and how it ended."""

from __future__ import annotations

from typing import Any

import click

from archief.cli import names, retained, state, writing
from archief.cli.drafting import present
from archief.cli.output import counted
from archief.cli.retained import Retained
from archief.cli.retention.dossiers import DECIDES
from archief.cli.session import Session
from archief.cli.trust import audit_runs, auditing
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.cli.writing import Writer
from archief.draft import new_stream
from archief.errors import NoArchiveError, NotFoundError, RefusedError, UsageError
from archief.events.base import STREAMS_MAX
from archief.rules.town_hall import day_of

finding = Family(
    "finding",
    help="Findings: what must be followed up, and how it ended.",
    members={
        "open": "trust.findings:open_",
        "assign": "trust.findings:assign",
        "close": "trust.findings:close",
        "list": "trust.findings:list_findings",
    },
)
LISTED = """
select
    finding.stream, rule, severity, status, finding.title,
    coalesce(person.name, cast(assigned as varchar)) as assigned, due,
    date_diff(
        'day',
        cast(opened at time zone 'UTC' at time zone 'Europe/Amsterdam' as date),
        coalesce(cast(closed at time zone 'UTC' at time zone 'Europe/Amsterdam' as date), cast($1 as date))
    ) as age,
    finding.seq, audit, closed_seq
from finding
left join person on person.stream = finding.assigned
where status = 'open' or $2
order by finding.seq
"""
SEVERITIES = click.Choice(["grave", "serious", "minor"])


@verb(
    "open",
    example="""
    archief finding open --from-audit letter_in_dossier --record 2021-00017 --assign "B. Jansen" --due 2027-03-01
    archief finding open --rule own:sleutelkast --severity serious --title "Sleutelkast stond open"
    """,
    exits=DECIDES,
)
@click.option("--from-audit", metavar="RULE", help="What this rule of `archief audit` finds now.")
@click.option("--rule", metavar="CODE", help="Without --from-audit: what was not kept, as a code.")
@click.option(
    "--record", "record_names", multiple=True, metavar="RECORD", help="A record it is about; may be repeated."
)
@click.option("--severity", type=SEVERITIES, help="How bad; the rule's own with --from-audit.")
@click.option("--title", metavar="TEXT", help="In a few words; stands in the payload.")
@click.option("--description", metavar="TEXT", help="The finding; stands in the payload.")
@click.option("--assign", "assigned", metavar="PERSON", help="Who follows it up.")
@click.option("--due", metavar="DATE", help="When it must be solved.")
@writing_options()
def open_(
    session: Session,
    *,
    from_audit: str | None,
    rule: str | None,
    record_names: tuple[str, ...],
    severity: str | None,
    title: str | None,
    description: str | None,
    assigned: str | None,
    due: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Open a finding: out of an audit, or a person's own. It stays open until it is closed."""
    if (from_audit is None) == (rule is None):
        raise UsageError("a finding comes --from-audit RULE, or has a --rule of its own", remedy="give one of the two")
    if rule is not None and (severity is None or title is None):
        raise UsageError("how bad is it, and what is it called?", where="--rule", remedy="give --severity and --title")
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        streams = [known.record(name, "letter", "dossier").stream for name in record_names]
        facts: dict[str, Any] = {"rule": rule, "severity": severity, "streams": streams}
        data = {"title": title, "description": description}
        if from_audit is not None:
            facts, more = _audited(known, from_audit, streams)
            facts |= present({"severity": severity})
            data = more | present(data)
        facts |= {"assigned": _person(made, assigned), "due": due}
        with typed_at(options_of(facts, data)):
            one = draft("finding_opened", new_stream(session.entropy), present(facts), present(data))
        writing.finish(made, [one], dry_run=dry_run, told=[f"finding: {data['title']}"])


@verb("assign", example='archief finding assign 5b1e9f3c "B. Jansen" --due 2027-03-01', exits=DECIDES)
@click.argument("finding_", metavar="FINDING")
@click.argument("person")
@click.option("--due", metavar="DATE", help="When it must be solved; as it was without it.")
@writing_options()
def assign(
    session: Session,
    *,
    finding_: str,
    person: str,
    due: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Give a finding to a person who follows it up."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        stream, version = _open(known, finding_)
        facts = {"assigned": _person(made, person), "due": due}
        with typed_at(options_of(facts)):
            one = draft("finding_assigned", stream, present(facts), expect_version=version)
        writing.finish(made, [one], dry_run=dry_run, told=["assigned"])


@verb(
    "close",
    example='archief finding close 5b1e9f3c --result solved --reason "Brief geordend in dossier."',
    exits=DECIDES,
)
@click.argument("finding_", metavar="FINDING")
@click.option("--result", type=click.Choice(["solved", "accepted", "mistaken"]), required=True, help="How it ended.")
@click.option("--reason", metavar="TEXT", required=True, help="What was done, or why nothing; stands in the payload.")
@writing_options()
def close(
    session: Session,
    *,
    finding_: str,
    result: str,
    reason: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Close a finding: solved, accepted with its risk, or mistaken. A closed one stays closed; open another."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        stream, version = _open(known, finding_)
        with typed_at(options_of(["result"], ["explanation"], explanation="--reason")):
            one = draft("finding_closed", stream, {"result": result}, {"explanation": reason}, expect_version=version)
        writing.finish(made, [one], dry_run=dry_run, told=[f"closed: {result}"])


@verb("list", example="archief finding list\narchief finding list --all --json", exits=(NoArchiveError, NotFoundError))
@click.option("--all", "closed_too", is_flag=True, help="Closed ones too.")
@click.option("--on", "day", metavar="DATE", help="As it was at the end of that day; age is counted to it.")
def list_findings(session: Session, *, closed_too: bool, day: str | None) -> None:
    """List the findings that are open, the oldest first, with their age in days."""
    log = session.log()
    test = session.is_test(log)
    position, reference = auditing.judged_from(log, day)
    with state.at(session, log, position.size) as database:
        found = database.execute(LISTED, [reference, closed_too])
        columns = [name for name, *_ in found.description or ()]
        rows = found.fetchall()
    if session.output.json:
        session.output.members(
            {
                "test": test,
                "position": {"origin": log.origin, "size": position.size, "time": position.time},
                "reference_date": reference,
                "findings": [dict(zip(columns, row, strict=True)) for row in rows],
            }
        )
        return
    session.output.table([name.upper() for name in columns[1:8]] + ["STREAM"], [[*row[1:8], row[0]] for row in rows])
    session.output.note(f"{counted(len(rows), 'finding')}; position {position.size} of {log.origin}, {position.time}")


def _person(made: Writer, text: str | None) -> str | None:
    return None if text is None else names.person(made.journal.authority, made.log, text)


def _open(known: Retained, text: str) -> tuple[str, int]:
    """An open finding and the version of its stream.

    Raises:
        RefusedError: it is closed.
    """
    found = known.record(text, "finding")
    happened = known.happened(found)
    closed = [one for one in happened if one.event.type == "finding_closed.v1"]
    if closed:
        raise RefusedError(
            f"the finding was closed by entry {closed[0].event.seq}",
            where=text,
            remedy="open another: archief finding open",
        )
    return found.stream, happened[-1].event.stream_seq


def _audited(known: Retained, rule: str, streams: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts and data of a finding out of what a rule finds now, of these records or of all."""
    from archief.projections import audit  # noqa: PLC0415 - is imported by then

    told = auditing.chosen(audit.rules(), [rule])[rule]
    violations = audit.audit(known.database, day_of(known.log.last_commit.time), [rule])
    mine = [one for one in violations if not streams or one.stream in streams]
    if not mine or not set(streams) <= {one.stream for one in mine}:
        raise NotFoundError(
            "the rule finds nothing there now", where=f"--from-audit {rule}", remedy="see `archief audit`"
        )
    if len(mine) > STREAMS_MAX:
        raise UsageError(f"it finds {len(mine):,}", where="--from-audit", remedy="name records with --record")
    last = audit_runs.last(known.database, known.log)
    facts = {
        "rule": rule,
        "severity": told.severity,
        "streams": list(dict.fromkeys(one.stream for one in mine if one.stream is not None)),
        "seqs": sorted({one.seq for one in mine if one.seq is not None}),
        "audit": last.seq if last is not None else None,
    }
    return facts, {"title": f"{rule}: {counted(len(mine), 'finding')}", "description": told.says, "remedy": told.remedy}
