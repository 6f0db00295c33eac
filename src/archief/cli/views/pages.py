"""The readable pages of ``archief show`` for what is more than its events: a dossier with its letters, a destruction
or a transfer with all its rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archief.cli import account, authority, moment, retained
from archief.cli.output import Output, counted
from archief.cli.records import Happened
from archief.cli.session import Session
from archief.log import Log
from archief.rules.retention import MISSING
from archief.rules.rounds import Round, rounds_of
from archief.rules.transfer import NEXT

DOSSIER_FIELDS = (
    "number", "title", "status", "organ", "ordering", "place", "opened", "closed", "list", "row", "waardering",
    "afleidingswijze", "brondatum", "kenmerk", "procestermijn_end",
)  # fmt: skip

DATE_FIELDS = ("outcome", "action_date", "latest_date", "missing")

LETTER_FIELDS = ("number", "date", "kind", "status", "subject", "stream")

RECORD_FIELDS = ("kind", "number", "date", "row", "due", "subject", "stream")

TRANSFER_FIELDS = (
    "round", "title", "status", "reference_date", "early", "records", "exported_seq", "sip_number", "objects", "files",
    "bytes", "offered_seq", "offered", "channel", "rejections", "ground", "accepted_seq", "accepted", "form", "kept",
    "declaration",
)  # fmt: skip

Page = Callable[[Session, Log, int, Sequence[Happened]], dict[str, Any]]
"""Tells what a record is: from its events, and the state at a size of the log."""

Name = Callable[[str], str]
"""Gives the name of a person's stream."""


def dossier(session: Session, log: Log, size: int, happened: Sequence[Happened]) -> dict[str, Any]:
    """A dossier with its letters and what becomes of it, as plain values."""
    stream = happened[0].event.stream
    with retained.reading(session, log, size) as known:
        of_it = "where stream = cast(? as uuid)"
        ((*values,),) = known.rows(f"select {', '.join(DOSSIER_FIELDS)} from dossier {of_it}", stream)  # noqa: S608 - names of ours
        dates = known.rows(f"select {', '.join(DATE_FIELDS)} from retention {of_it}", stream)  # noqa: S608 - names of ours
        rows = known.rows(
            "select letter.number, letter.date, letter.kind, letter.status, letter.subject,"
            " cast(letter.stream as varchar) from filing join letter on letter.stream = filing.stream"
            " where filing.dossier = cast(? as uuid) order by letter.date nulls last, filing.seq",
            stream,
        )
        moved = known.rows(f"select date, seq, cast(transfer as varchar) from handed_over {of_it}", stream)  # noqa: S608 - names of ours
        blocks = known.blocks([stream, *(row[-1] for row in rows)], moment.today(session))
    told = [dict(zip(LETTER_FIELDS, row, strict=True)) for row in rows]
    destroyed = [one["stream"] for one in told if one["status"] == "destroyed"]
    if values[DOSSIER_FIELDS.index("status")] == "destroyed":
        destroyed.append(stream)
    destructions = authority.of(session, log).destructions if destroyed else None
    reason = next((one for one in reversed(happened) if one.event.type == "dossier_classified.v1"), None)
    return {
        **dict(zip(DOSSIER_FIELDS, values, strict=True)),
        "reason": reason.data.reason if reason is not None and reason.data is not None else None,
        **dict(zip(DATE_FIELDS, dates[0] if dates else [None] * len(DATE_FIELDS), strict=True)),
        "transferred": dict(zip(("date", "entry", "transfer"), moved[0], strict=True)) if moved else None,
        "blocked": [block._asdict() for block in blocks],
        "letters": told,
        "certificates": {one: destructions.certificate(one) for one in destroyed} if destructions is not None else {},
        "stubs": {one: account.gone(destructions, one) for one in destroyed} if destructions is not None else {},
    }


def show_dossier(output: Output, told: Mapping[str, Any], stream: str) -> None:
    """Print a dossier's page."""
    output.line(output.styled(f"dossier {stream}", bold=True))
    pairs = [(name, told[name]) for name in (*DOSSIER_FIELDS, "reason")]
    if told["status"] == "destroyed":
        pairs.append(("content", told["stubs"][stream]))
    if (moved := told["transferred"]) is not None:
        pairs.append(("transferred", f"{moved['date']}, entry {moved['entry']}; what is here is a copy"))
    if told["outcome"] is not None:
        latest = f", at the latest on {told['latest_date']}" if told["latest_date"] else ""
        pairs.append((told["outcome"], f"from {told['action_date']}{latest}"))
    elif told["missing"]:
        pairs.append(("no date", MISSING[told["missing"]]))
    held = [f"{one['kind']} {one['stream'][:8]} ({one['ground']})" for one in told["blocked"]]
    pairs.append(("blocked by", ", ".join(dict.fromkeys(held)) or None))
    output.fields(pairs, indent="  ")
    output.line()
    if told["letters"]:
        for letter in told["letters"]:
            letter["subject"] = told["stubs"].get(letter["stream"], letter["subject"])
        rows = [[letter[name] for name in LETTER_FIELDS] for letter in told["letters"]]
        output.table([name.upper() for name in LETTER_FIELDS], rows)
    else:
        output.line("no letters in it")


def rounds(session: Session, log: Log, size: int, happened: Sequence[Happened]) -> dict[str, Any]:
    """A destruction with all its rounds, and the records of the last one, as plain values."""
    titles = {one.event.seq: one.data.title for one in happened if hasattr(one.data, "title")}
    found = rounds_of((one.event, one.person, one.key) for one in happened)
    listed = _listed(session, log, size, found[-1].records)
    return {"rounds": [_round(number, one, titles) for number, one in enumerate(found, 1)], "listed": listed}


def _listed(session: Session, log: Log, size: int, streams: Sequence[str]) -> list[dict[str, Any]]:
    """The records of a list as whoever reviews it must see them: dossiers first; of what is destroyed, by what."""
    query = """
        select 'dossier', dossier.number, cast(dossier.opened as varchar), dossier.row,
            cast(retention.action_date as varchar), dossier.title, cast(stream as varchar), dossier.status
        from dossier left join retention using (stream) where list_contains(cast(? as uuid[]), stream)
        union all
        select letter.kind, letter.number, cast(letter.date as varchar), null,
            cast(retention_letter.action_date as varchar), letter.subject, cast(stream as varchar), letter.status
        from letter left join retention_letter using (stream) where list_contains(cast(? as uuid[]), stream)
    """
    with retained.reading(session, log, size) as known:
        rows = known.rows(query, list(streams), list(streams))
    rows.sort(key=lambda row: (row[0] != "dossier", row[4] or "", row[2] or "", row[6]))
    gone = authority.of(session, log).destructions if any(row[-1] == "destroyed" for row in rows) else None
    told = [dict(zip(RECORD_FIELDS, row[:-1], strict=True)) for row in rows]
    for one, row in zip(told, rows, strict=True):
        if gone is not None and row[-1] == "destroyed":
            one["subject"] = account.gone(gone, one["stream"])
    return told


def _round(number: int, one: Round, titles: Mapping[int, str]) -> dict[str, Any]:
    cancelled = [one.cancelled] if one.cancelled is not None else []
    return {
        "round": number,
        "title": titles.get(one.proposed.seq),
        "status": one.status,
        "reference_date": one.reference_date,
        "transfer": one.transfer,
        "records": one.records,
        "excepted": [{"stream": stream, "ground": ground} for stream, ground in one.excepted.items()],
        "earliest": one.earliest,
        "steps": [
            {"entry": act.seq, "step": act.step, "person": act.person, "key": act.key}
            for act in (*one.acts, *cancelled)
        ],
    }


def show_rounds(output: Output, told: Mapping[str, Any], stream: str, name: Name) -> None:
    """Print a destruction's page."""
    output.line(output.styled(f"destruction {stream}", bold=True))
    for one in told["rounds"]:
        output.line(f"round {one['round']}, {one['title'] or account.GONE}: {one['status']}")
        excepted = f", {len(one['excepted']):,} excepted" if one["excepted"] else ""
        pairs = [
            ("due on", one["reference_date"]),
            ("copies of", f"transfer {one['transfer']}" if one["transfer"] else None),
            ("records", f"{len(one['records']):,}{excepted}"),
            ("not before", one["earliest"]),
        ]
        steps = [
            (step["step"].removeprefix("destruction_"), f"by {name(step['person'])}, entry {step['entry']}")
            for step in one["steps"]
        ]
        output.fields([*pairs, *steps], indent="  ")
        for record in one["excepted"]:
            output.line(f"  stays: {record['stream']} ({record['ground']})")
    output.line()
    output.table([name.upper() for name in RECORD_FIELDS], [list(one.values()) for one in told["listed"]])


def transfer(session: Session, log: Log, size: int, happened: Sequence[Happened]) -> dict[str, Any]:
    """A transfer with all its rounds and every package that was refused, as plain values."""
    stream = happened[0].event.stream
    with retained.reading(session, log, size) as known:
        query = f"select {', '.join(TRANSFER_FIELDS)} from transfer where stream = cast(? as uuid) order by seq"  # noqa: S608 - names of ours
        rows = known.rows(query, stream)
        query = "select count(*), count(destroyed_seq) from handed_over where transfer = cast(? as uuid)"
        ((copies, gone),) = known.rows(query, stream)
    refused = [
        {
            "entry": one.event.seq,
            "export": one.event.facts.export,
            "date": one.event.facts.date,
            "ground": one.event.facts.ground,
            "reasons": list(one.data.reasons) if one.data is not None else [],
        }
        for one in happened
        if one.event.type == "transfer_rejected.v1"
    ]
    rounds = [dict(zip(TRANSFER_FIELDS, row, strict=True)) for row in rows]
    for one in rounds:
        one["declaration"] = str(one["declaration"]) if one["declaration"] is not None else None
    return {"rounds": rounds, "refused": refused, "copies": copies - gone, "copies_destroyed": gone}


def show_transfer(output: Output, told: Mapping[str, Any], stream: str, _name: Name) -> None:
    """Print a transfer's page."""
    output.line(output.styled(f"transfer {stream}", bold=True))
    for one in told["rounds"]:
        output.line(f"round {one['round']}, {one['title'] or account.GONE}: {one['status']}")
        by = f" by {one['channel']}, entry {one['offered_seq']}" if one["offered"] else ""
        pairs = [
            ("judged on", f"{one['reference_date']}{', early by agreement' if one['early'] else ''}"),
            ("records", f"{one['records']:,}"),
            (
                "package",
                f"{one['sip_number'] or account.GONE}, entry {one['exported_seq']}" if one["exported_seq"] else None,
            ),
            ("offered", f"{one['offered']}{by}" if one["offered"] else None),
            ("refused", counted(one["rejections"], "time") if one["rejections"] else None),
            (
                "accepted",
                f"{one['accepted']} by {one['form']}, entry {one['accepted_seq']}" if one["accepted"] else None,
            ),
            ("declaration", one["declaration"]),
            ("copies here", _copies(told, kept=one["kept"]) if one["accepted"] else None),
            ("next", _next(told, one, stream)),
        ]
        output.fields(pairs, indent="  ")
    for one in told["refused"]:
        output.line(f"refused on {one['date']} ({one['ground']}), entry {one['entry']}")
        for reason in one["reasons"]:
            output.line(f"  {reason}")


def _copies(told: Mapping[str, Any], *, kept: bool) -> str:
    """What became of the copies that an accepted transfer left here."""
    left, gone = told["copies"], told["copies_destroyed"]
    use = "kept for use" if kept else "not needed any more"
    here = [f"{counted(left, 'record')}, {use}"] if left else []
    return "; ".join(here + ([f"{counted(gone, 'record')}, the copy destroyed"] if gone else []))


def _next(told: Mapping[str, Any], one: Mapping[str, Any], stream: str) -> str | None:
    """What a person does next of a round."""
    if one["status"] == "replaced":
        return None
    if one["status"] != "accepted":
        return NEXT[one["status"]]
    if one["declaration"] is None:
        return f"draw its verklaring up: archief transfer declare {stream[:8]}"
    if told["copies"] and not one["kept"]:
        return f"put the copies here forward: archief destroy propose --copies {stream[:8]}"
    return None
