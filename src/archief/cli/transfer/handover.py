"""The verklaring van overbrenging of a transfer: its facts out of the log (``declaring`` keeps it).

It names both parties. What binds them is not ink: the archive's side signs by the commit that registers it, the records
office by the note that the acceptance in that commit holds. Whoever wants it on paper signs below it, or with
``archief sign``.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from archief.cli import records
from archief.law import roles, term
from archief.rules.town_hall import day_of

if TYPE_CHECKING:
    from archief.cli.transfer.transferring import Case
    from archief.render.declarations.paper import Act
    from archief.render.declarations.transfer import Limit, Overbrenging, Transferred

BASIS = "archiefwet-1995:12"
EARLY_BASIS = "archiefwet-1995:13"
SOMEBODY = "de archiefbewaarplaats"


def drawn_up(found: Case, now: dt.datetime, facts: dict[str, Any]) -> Overbrenging:
    """What both parties declare.

    Args:
        found: the transfer, about to be accepted or accepted without a verklaring.
        now: when it is drawn up.
        facts: of the acceptance.
    """
    from archief.render.declarations.paper import Head  # noqa: PLC0415 - who accepts pays
    from archief.render.declarations.transfer import Overbrenging  # noqa: PLC0415 - as above

    log, current, authority = found.known.log, found.current, found.made.journal.authority
    round_ = [one for one in found.known.happened(found.record) if one.event.seq >= current.proposed]
    proposed = round_[0]
    exported = next(one for one in round_ if one.event.seq == current.export)
    offered = next(one for one in reversed(round_) if one.event.type == "transfer_offered.v1")
    number, sha256 = found.package()
    founded = records.read(log, [0])[0]
    early = bool(proposed.event.facts.early)
    acts = [_act(found, one.event.type, one.person, day_of(one.time), one.event.seq) for one in round_]
    if found.current.accepted is None:
        acts.append(_act(found, "transfer_accepted.v1", found.made.person or "", day_of(now), None))
    return Overbrenging(
        organisation=founded.data.organisation if founded.data is not None else log.origin,
        recipient=_recipient(found, offered.data, facts.get("key")),
        origin=authority.origin,
        transfer=current.stream,
        time=now.replace(microsecond=0),
        basis=EARLY_BASIS if early else BASIS,
        early=early,
        agreement=proposed.data.agreement if early and proposed.data is not None else None,
        sip_number=number,
        sip_sha256=sha256,
        profile=exported.event.facts.profile,
        exported=day_of(exported.time),
        offered=dt.date.fromisoformat(offered.event.facts.date),
        accepted=dt.date.fromisoformat(facts["date"]),
        receipt=facts["form"],
        records=exported.event.facts.records,
        files=exported.event.facts.files,
        content_bytes=exported.event.facts.bytes,
        items=_items(found),
        limits=_limits(found, dt.date.fromisoformat(facts["date"])),
        acts=acts,
        kept=bool(facts.get("kept")),
        head=Head(size=log.size, root=log.root().hex()),
        test=authority.test,
    )


def _recipient(found: Case, offered: Any, key: str | None) -> str:  # noqa: ANN401 - the offer's words
    """To whom it was offered; else whose key signed the receipt."""
    if offered is not None and offered.recipient:
        return str(offered.recipient)
    person = found.made.journal.authority.person_of(key) if key is not None else None
    return found.record.names.get(person or "", SOMEBODY)


def _act(found: Case, tag: str, person: str, day: dt.date, seq: int | None) -> Act:
    from archief.render.declarations.paper import Act  # noqa: PLC0415 - who accepts pays

    step = tag.rpartition(".v")[0]
    allowed = roles.roles_for(step)
    held = found.made.journal.authority.roles.get(person, {})
    return Act(step=step, role=next((one for one in allowed if one in held), allowed[0]), day=day, entry=seq)


def _items(found: Case) -> list[Transferred]:
    from archief.projections import tables  # noqa: PLC0415 - is imported by then
    from archief.render.declarations.paper import Span  # noqa: PLC0415 - who accepts pays
    from archief.render.declarations.transfer import Transferred  # noqa: PLC0415 - as above

    query = tables.read("transfer", "specification.sql")
    rows = found.known.database.execute(query, {"records": list(found.current.records)}).fetchall()
    return [
        Transferred(
            kind=kind, stream=stream, reference=reference, title=title, waardering=waardering, row=row,
            period=Span(begin=first, end=last), files=files,
        )
        for kind, stream, reference, title, waardering, row, first, last, files, _ in rows
    ]  # fmt: skip


def _limits(found: Case, day: dt.date) -> list[Limit]:
    """The limits on openness that hold from the transfer on: they go along (Archiefwet 1995, 15)."""
    from archief.render.declarations.transfer import Limit  # noqa: PLC0415 - who accepts pays

    rows = found.known.rows(
        "select cast(restriction.stream as varchar), coalesce(letter.number, dossier.number), restriction.seq,"
        " restriction.ground, restriction.term, restriction.end_date, restriction.begin_date from restriction"
        " left join letter on letter.stream = restriction.stream"
        " left join dossier on dossier.stream = restriction.stream"
        " where restriction.stream in (select cast(unnest($1::varchar[]) as uuid))"
        " and (restriction.lifted_seq is null or coalesce(restriction.lifted, date '9999-12-31') > $2)"
        " and (restriction.end_date is null or restriction.end_date > $2) order by restriction.seq",
        list(found.current.records),
        day,
    )
    said = {one.event.seq: one.data for one in records.read(found.known.log, [row[2] for row in rows])}
    limits = []
    for stream, reference, seq, ground, length, told, begin in rows:
        end = told or (term.after(begin or day, term.Term.parse(length)) if length else None)
        if end is None or end > day:
            decision = getattr(said[seq], "decision", None)
            limits.append(
                Limit(stream=stream, ground=ground, reference=reference, term=length, end=end, decision=decision)
            )
    return limits
