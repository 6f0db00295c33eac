"""``archief rules``: which archive law and which retention lists hold here, adopting one, importing a list."""

from __future__ import annotations

import hashlib
from typing import Any

import click

from archief.cli import retained, writing
from archief.cli.drafting import opened, present
from archief.cli.people.persons import WRITES
from archief.cli.retained import Retained
from archief.cli.session import Session
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.errors import MalformedError, NoArchiveError, NotFoundError, UsageError
from archief.law import retention_list, rule_sets
from archief.law.retention_list import COLUMNS, RetentionList, Row

FILE_BYTES_MAX = 4 * 1024 * 1024

rules = Family(
    "rules",
    help="Rule sets: archive laws and retention lists, each for records of a period.",
    members={"list": "retention.ruling:list_", "adopt": "retention.ruling:adopt", "import": "retention.ruling:import_"},
)


@verb(
    "list",
    example="""
    archief rules list
    archief rules list selectielijst-gemeenten-2020 --json
    """,
    exits=(NoArchiveError, NotFoundError),
)
@click.argument("code", metavar="[LIST]", required=False)
def list_(session: Session, *, code: str | None) -> None:
    """List the rule sets that this archive adopted or could adopt; with LIST the rows of a list, and its findings."""
    log = session.log()
    test = session.is_test(log)
    with retained.reading(session, log) as known:
        adopted = known.rules()
        if code is not None:
            _rows(session, adopted.list(code) if code not in rule_sets.LISTS else rule_sets.lists()[code], test=test)
            return
        told = _sets(known)
    if session.output.json:
        session.output.members({"test": test, "rule_sets": told})
        return
    columns = ("code", "kind", "edition", "begin", "end", "entry", "findings")
    rows = [[one[name] if name != "findings" else ", ".join(one[name]) for name in columns] for one in told]
    session.output.table([name.upper() for name in columns], rows)
    session.output.note("a rule set without an entry does not hold here: archief rules adopt CODE")


def _sets(known: Retained) -> list[dict[str, Any]]:
    """Every rule set that holds here, then those that do not."""
    adopted = known.rules()
    told: list[dict[str, Any]] = []
    for kind, those in (("law", adopted.laws), ("list", adopted.lists)):
        for one in those.values():
            findings = [f"row {row}: {what}" for row, what in getattr(one.rules, "findings", list)()]
            changed = ["the program's text is another one than was adopted"] if one.changed else []
            told.append(
                {
                    "code": one.rules.code, "kind": kind, "edition": one.rules.edition, "title": one.rules.title,
                    "begin": one.begin, "end": one.end, "entry": one.seq, "findings": [*changed, *findings],
                }
            )  # fmt: skip
    for kind, shipped in (("law", rule_sets.laws()), ("list", rule_sets.lists())):
        told += [
            {
                "code": code, "kind": kind, "edition": one.edition, "title": one.title, "begin": one.begin,
                "end": getattr(one, "end", None), "entry": None, "findings": [],
            }
            for code, one in shipped.items()
            if code not in {**adopted.laws, **adopted.lists}
        ]  # fmt: skip
    return told


def _rows(session: Session, known: RetentionList, *, test: bool) -> None:
    if session.output.json:
        session.output.members(
            {
                "test": test,
                "list": known.code,
                "edition": known.edition,
                "rows": [row._asdict() for row in known.rows.values()],
                "findings": [{"row": row, "what": what} for row, what in known.findings()],
            }
        )
        return
    rows = [
        (row.nummer, row.waardering or "lapsed", row.bewaartermijn, row.procestermijn, row.name)
        for row in known.rows.values()
    ]
    session.output.table(("ROW", "WAARDERING", "BEWAARTERMIJN", "PROCESTERMIJN", "RESULT"), rows)
    for row, what in known.findings():
        session.output.note(f"finding: row {row}: {what}")


@verb(
    "adopt",
    example="""
    archief rules adopt selectielijst-gemeenten-2020
    archief rules adopt archiefwet-2026 --begin 2027-01-01 --reason "inwerkingtreding bij koninklijk besluit"
    """,
    exits=(*WRITES, MalformedError, NotFoundError),
)
@click.argument("code", metavar="CODE")
@click.option("--begin", metavar="DATE", help="First day of the records it is for; as published without it.")
@click.option("--end", metavar="DATE", help="First day of those it is not for any more.")
@click.option("--reason", metavar="TEXT", help="Why now; stands in the payload.")
@writing_options()
def adopt(
    session: Session,
    *,
    code: str,
    begin: str | None,
    end: str | None,
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Adopt a law or list that the program brings along, for records from a day on."""
    known = rule_sets.laws().get(code) or rule_sets.lists().get(code)
    if known is None:
        raise NotFoundError(
            "the program brings along no such rule set",
            where=code[:64],
            remedy=f"there are: {', '.join((*rule_sets.LAWS, *rule_sets.LISTS))}; others: archief rules import",
        )
    if begin is None and known.begin is None:
        raise UsageError(
            f"no day is fixed on which {code} comes into force", where="--begin", remedy="give the day of the decree"
        )
    facts = {
        "rule_set": code,
        "edition": known.edition,
        "begin": begin or str(known.begin),
        "end": end,
        "hash": rule_sets.hash_of(code),
    }
    data = {"title": known.title, "source": known.source, "reason": reason}
    with writing.writer(session, accept_clock=accept_clock) as made:
        with typed_at(options_of(facts, data)):
            one = draft("rule_set_adopted", made.journal.authority.archive, present(facts), present(data))
        writing.finish(made, [one], dry_run=dry_run, told=[known.title])


@verb(
    "import",
    example="""
    archief rules import lijst-1996.csv --code selectielijst-gemeenten-1996 --begin 1996-01-01 --end 2017-01-01 \\
      --title "Selectielijst gemeenten 1996" --reason "stukken van voor 2017"
    """,
    exits=(*WRITES, MalformedError),
)
@click.argument("file", metavar="FILE.csv")
@click.option(
    "--code", required=True, metavar="CODE", help="What the list is called in events; own:… for one of yours."
)
@click.option("--edition", metavar="CODE", help="Which text of it.")
@click.option("--begin", required=True, metavar="DATE", help="First day of the records it is for.")
@click.option("--end", metavar="DATE", help="First day of those it is not for any more.")
@click.option("--title", metavar="TEXT", help="Its title.")
@click.option("--source", metavar="TEXT", help="Where it was published.")
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def import_(
    session: Session,
    *,
    file: str,
    code: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
    **given: str | None,
) -> None:
    """Adopt a retention list out of a CSV file (UTF-8; comma, semicolon or tab). Its rows stand in the event's payload.

    The first line names the columns: nummer, proces, resultaat, omschrijving, waardering (B, V; empty for a lapsed
    row), bewaartermijn (P5Y, P1Y6M, P28D; only for V), procestermijn (nihil, bestaansduur_procesobject,
    ingeschatte_bestaansduur_procesobject, vast_te_leggen_datum, samengevoegd_met_bewaartermijn), herkomst,
    bijzonderheid. A row that cannot be expressed so stops the import at its line.
    """
    if code in (*rule_sets.LAWS, *rule_sets.LISTS):
        raise UsageError("the program brings this one along", where="--code", remedy=f"archief rules adopt {code}")
    with opened(file) as stream:
        raw = stream.read(FILE_BYTES_MAX + 1)
    if len(raw) > FILE_BYTES_MAX:
        raise MalformedError(f"more than {FILE_BYTES_MAX:,} bytes", where=file)
    try:
        rows = retention_list.read(raw.decode("utf-8"), file)
    except UnicodeDecodeError:
        raise MalformedError("not in UTF-8", where=file, remedy="save it as CSV in UTF-8") from None
    known = RetentionList(code, given["edition"] or "", given["title"] or "", given["source"] or "", None, None, rows)
    facts = {"rule_set": code, **{name: given[name] for name in ("edition", "begin", "end")}}
    facts["hash"] = hashlib.sha256(raw).hexdigest()
    data = {name: given[name] for name in ("title", "source", "reason")}
    with writing.writer(session, accept_clock=accept_clock) as made:
        with typed_at(options_of(facts, data, rule_set="--code")):
            one = draft(
                "rule_set_adopted", made.journal.authority.archive, present(facts),
                present({**data, "rows": [_plain(row) for row in rows.values()]}),
            )  # fmt: skip
        for row, what in known.findings():
            session.output.warn(f"row {row}: {what}: a dossier under it has no date until its classification says one")
        writing.finish(made, [one], dry_run=dry_run, told=[f"{code}: {len(rows):,} rows"])


def _plain(row: Row) -> dict[str, str]:
    return {name: value for name, value in zip(COLUMNS, row, strict=True) if value}
