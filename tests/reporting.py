"""A small town hall for reports: numbered letters, dossiers with terms, holds, and a destruction that was carried out.

town = Town()
town.destroy()
content = town.report("register", on="2022-12-31")
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from archief.cli import moment
from archief.draft import draft, new_stream
from archief.log import Log
from archief.projections.projector import Projector
from archief.reports import declaration, reporter
from archief.reports.content import Content
from archief.rules.town_hall import day_of
from archief.storage.memory import MemoryStorage
from tests.destroying import Case, decide
from tests.founding import Founded, Person, found
from tests.projections.scenario import erase

LETTERS = 6


class Town:
    """An archive in memory: letters of 2021 in two dossiers, one of which was due in 2022."""

    def __init__(self) -> None:
        self.archive: Founded = found(MemoryStorage())
        self.clerk: Person = self.archive.enrol("behandelaar", "recordmanager", "ondertekenaar", "griffie")
        archive = self.archive
        archive.append(archive.series())
        for code in ("selectielijst-gemeenten-2020", "archiefwet-1995"):
            archive.append(draft("rule_set_adopted.v1", archive.stream, {"rule_set": code, "begin": "2020-01-01"}))
        self.letters = [self._letter(number) for number in range(1, LETTERS + 1)]
        self._void()
        self.due = self._dossier("Z-1", "20.1", "V", self.letters[:3])
        self.kept = self._dossier("Z-2", "3.1.1", "B", self.letters[3:5])
        self._append("hold_placed", new_stream(archive.entropy), {"ground": "woo:4.1a", "streams": [self.letters[3]]})
        facts = {"kind": "raadsronde", "date": "2021-02-02", "letter": self.letters[3]}
        self._append("meeting_planned", new_stream(archive.entropy), facts, {"title": "Stalling"})
        facts = {"kind": "toezegging", "due_end": "2021-07-01", "letter": self.letters[0]}
        self._append("commitment_made", new_stream(archive.entropy), facts, {"text": "Een plan."})
        archive.now = dt.datetime(2022, 12, 1, 9, tzinfo=dt.UTC)
        self.later = self._letter(LETTERS + 2)

    @property
    def log(self) -> Log:
        return Log(self.archive.storage)

    def destroy(self, *records: str) -> Case:
        """Carry a destruction out, from proposal to certificate: of the dossier that is due and its letters."""
        self.archive.now = dt.datetime(2023, 3, 1, 9, tzinfo=dt.UTC)
        wanted = records or (self.due, *self.letters[:3])
        case = decide(self.archive, *wanted)
        self.archive.append(case.started(), by=case.proposer)
        for record in wanted:
            self.archive.append(case.destroyed(record), by=case.proposer)
        self.archive.append(case.closed(certificate=new_stream(self.archive.entropy)), by=case.proposer)
        storage = self.archive.storage
        assert isinstance(storage, MemoryStorage)
        log = self.log
        events = [log.event(seq) for seq in range(log.size) if b'"stream_seq"' in log.entry(seq)]
        erase(storage, {event.seq for event in events if event.stream in wanted and event.payload})
        return case

    def report(self, name: str, *, on: str | None = None) -> Content:
        """Make a report of the town, of now or of another day."""
        return self.reports([name], on=on)[name]

    def reports(
        self, names: Iterable[str] = declaration.reports(), *, on: str | None = None, whole: bool = True
    ) -> dict[str, Content]:
        """Make reports of the town; of its first letter where one is about a record."""
        log = self.log
        position = moment.of(log, on) if on else moment.Position(log.size, log.last_commit.time)
        day = dt.date.fromisoformat(on) if on else day_of(position.time)
        projector = Projector(log, Path("/nowhere"))
        with contextlib.ExitStack() as stack:
            newest = database = stack.enter_context(projector.connect(until=log.size))
            if position.size < log.size:
                database = stack.enter_context(projector.connect(until=position.size))
            gone = reporter.destroyed(newest)
            found = {}
            for name in names:
                report = declaration.find(name)
                asked = reporter.Asked(day, on, self.letters[0] if report.record else "", gone, test=True, whole=whole)
                found[name] = reporter.make(database, log, report, asked)
            return found

    def _append(self, name: str, stream: str, facts: dict[str, Any], data: dict[str, Any] | None = None) -> None:
        self.archive.append_unruled(draft(f"{name}.v1", stream, facts, data), by=self.clerk)

    def _letter(self, number: int) -> str:
        stream = new_stream(self.archive.entropy)
        facts = {"kind": "raadsinformatiebrief", "organ": "college", "series": "register", "year": 2021}
        data = {"number": f"2021-{number:05}", "subject": f"Fietsenstalling <{number}>", "date": "2021-01-14"}
        self._append("letter_registered", stream, facts, data)
        sent = {"recipients": [{"name": "De raad"}], "deviation": "Oefening."}
        self._append("letter_dispatched", stream, {"channel": "email", "date": "2021-01-15"}, sent)
        return stream

    def _void(self) -> None:
        data = {"number": f"2021-{LETTERS + 1:05}", "reason": "verschreven"}
        self._append("number_voided", new_stream(self.archive.entropy), {"series": "register", "year": 2021}, data)

    def _dossier(self, number: str, row: str, waardering: str, letters: list[str]) -> str:
        stream = new_stream(self.archive.entropy)
        self._append("dossier_opened", stream, {"date": "2021-01-04"}, {"title": f"Dossier {number}", "number": number})
        for letter in letters:
            self._append("letter_filed", letter, {"dossier": stream})
        facts = {"list": "selectielijst-gemeenten-2020", "row": row, "waardering": waardering}
        self._append("dossier_classified", stream, facts, {"reason": "Volgt uit de lijst."})
        self._append("dossier_closed", stream, {"date": "2021-06-30"})
        return stream
