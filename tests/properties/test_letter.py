"""Whatever is tried with letters, in whatever order: a model of a letter's life says what is taken and what not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from archief.draft import Draft, draft, new_stream
from archief.errors import RefusedError
from archief.events import envelope
from archief.journal import Journal
from archief.log import Log
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, edited, faults, found

SERIES = {"series": "register", "pattern": "{year}-{number:05}", "start": 7}


@dataclass
class Letter:
    """What the model knows of one letter."""

    stream: str
    happened: list[str] = field(default_factory=list)
    sent: int = -1

    def allows(self, name: str) -> bool:
        """The life of a letter, written another way than the rules are."""
        gone = "letter_withdrawn" in self.happened
        sent = "letter_dispatched" in self.happened
        match name:
            case "letter_edited" | "document_attached":
                return not gone and not sent
            case "letter_dispatched":
                return not gone
            case "letter_withdrawn":
                return not gone
            case "delivery_reported":
                return sent
            case _:
                return True


class Letters(RuleBasedStateMachine):
    """Letters are registered, numbered, edited, sent, taken back, by two journals that take turns."""

    archive: Founded

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Letter] = []
        self.issued: dict[int, int] = {}
        self.journals: list[Journal] = []

    @initialize()
    def founded(self) -> None:
        self.archive = found(MemoryStorage())
        self.archive.append(self.archive.series(SERIES))
        self.journals = [self.archive.journal, Journal(self.archive.storage)]

    def event(self, letter: str, name: str, sent: int) -> Draft:
        match name:
            case "letter_edited":
                return edited(letter, "Anders")
            case "document_attached":
                facts, document = self.archive.document(b"kaart")
                return draft(name, letter, {}, {"documents": [facts]}, documents=[document])
            case "letter_dispatched":
                data = {"recipients": [{"name": "De raad"}]}
                return draft(name, letter, {"channel": "post", "date": "2021-01-14"}, data)
            case "letter_withdrawn":
                return draft(name, letter, {})
            case "delivery_reported":
                return draft(name, letter, {"dispatch": max(sent, 0), "result": "read"})
            case _:
                return draft(name, letter, {"kind": "remark"}, {"text": "Let op."})

    @rule(count=st.integers(1, 3), year=st.sampled_from([2021, 2022]), second=st.integers(0, 1), received=st.booleans())
    def register(self, count: int, year: int, second: int, received: bool) -> None:
        tag = "letter_received" if received else "letter_registered"
        facts: dict[str, Any] = {"kind": "brief", "series": "register", "year": year}
        drafts = [draft(tag, new_stream(self.archive.entropy), facts, {"subject": "x"}) for _ in range(count)]
        done = self.archive.append(*drafts, journal=self.journals[second])
        self.letters += [Letter(one.stream) for one in drafts]
        log = Log(self.archive.storage)
        told = [log.payload(log.event(seq)).number for seq in done.seqs]
        before = self.issued.get(year, 0)
        assert [f"{year}-{7 + before + number:05}" for number in range(count)] == told
        self.issued[year] = before + count

    @rule(
        data=st.data(),
        names=st.lists(
            st.sampled_from(
                [
                    "letter_edited",
                    "document_attached",
                    "letter_dispatched",
                    "letter_withdrawn",
                    "delivery_reported",
                    "letter_annotated",
                ]
            ),
            min_size=1,
            max_size=4,
        ),
        second=st.integers(0, 1),
    )
    def happen(self, data: st.DataObject, names: list[str], second: int) -> None:
        """Several things at once, to one letter: all of them or none."""
        if not self.letters:
            return
        letter = data.draw(st.sampled_from(self.letters), label="letter")
        model, allowed, drafts = Letter(letter.stream, list(letter.happened), letter.sent), True, []
        for seq, name in enumerate(names, Log(self.archive.storage).size):
            allowed = allowed and model.allows(name)
            model.happened.append(name)
            drafts.append(self.event(letter.stream, name, model.sent))
            if name == "letter_dispatched":
                model.sent = seq
        if allowed:
            self.archive.append(*drafts, journal=self.journals[second])
            letter.happened, letter.sent = model.happened, model.sent
            return
        with pytest.raises(RefusedError):
            self.archive.append(*drafts, journal=self.journals[second])

    @rule(which=st.integers(0, 1))
    def reopen(self, which: int) -> None:
        self.journals[which] = Journal(self.archive.storage)

    @invariant()
    def nothing_is_edited_after_it_was_sent_or_taken_back(self) -> None:
        if not self.journals:
            return
        closed: set[str] = set()
        for entry in Log(self.archive.storage).entries():
            if envelope.is_commit(entry):
                continue
            event = envelope.decode_event(entry)
            if event.type in ("letter_edited.v1", "document_attached.v1"):
                assert event.stream not in closed
            if event.type in ("letter_dispatched.v1", "letter_withdrawn.v1"):
                closed.add(event.stream)

    def teardown(self) -> None:
        if self.journals:
            assert [] == faults(self.archive.storage)


TestLetters = Letters.TestCase
TestLetters.settings = settings(max_examples=min(settings().max_examples, 25), stateful_step_count=20)
