"""Whatever several people do to an archive, in whatever order: a simple model says what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from archief.draft import Draft, draft, new_commit_id
from archief.errors import ArchiefError, ConflictError, NotFoundError, RefusedError
from archief.events import envelope
from archief.journal import Appended, Journal
from archief.law.roles import may_append
from archief.log import Log
from archief.storage.memory import MemoryStorage
from archief.tlog import merkle
from tests.founding import ORIGIN, START, Founded, Person, edited, enrolled_key, faults, found

ROLES = ("archivaris", "behandelaar", "griffie", "auditor", "ondertekenaar")


@dataclass
class Known:
    """What the model knows of one person."""

    person: Person
    roles: set[str] = field(default_factory=set)
    revoked: bool = False


@dataclass
class Model:
    """What the archive should hold: types and versions of each stream, in the order of the log."""

    entries: list[str] = field(default_factory=list)
    streams: dict[str, list[str]] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    people: list[Known] = field(default_factory=list)

    def take(self, drafts: list[Draft]) -> None:
        for one in drafts:
            self.entries.append(one.tag)
            self.streams.setdefault(one.stream, []).append(one.tag)
        self.entries.append("commit.v1")


class Archive(RuleBasedStateMachine):
    """People append, two journals take turns, roles and keys come and go, the archive is opened again."""

    archive: Founded
    other: Journal

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.root = b""
        self.commits: list[tuple[str, list[Draft], int]] = []

    @initialize()
    def founded(self) -> None:
        self.archive = found(MemoryStorage())
        self.other = Journal(self.archive.storage)
        self.model.people.append(Known(self.archive.archivaris, {"archivaris", "recordmanager", "behandelaar"}))
        log = Log(self.archive.storage)
        for seq in range(6):
            event = log.event(seq)
            self.model.entries.append(event.type)
            self.model.streams.setdefault(event.stream, []).append(event.type)
        self.model.entries.append("commit.v1")

    # what is done

    def expected(self, who: Known, drafts: list[Draft]) -> type[ArchiefError] | None:
        """What the model says to an append."""
        if who.revoked or not all(may_append(one.tag.rpartition(".")[0], who.roles) for one in drafts):
            return RefusedError
        versions = {stream: len(tags) - 1 for stream, tags in self.model.streams.items()}
        for one in drafts:
            version = versions.get(one.stream, -1)
            if one.expect_version is not None and one.expect_version != version:
                return ConflictError
            opens = one.tag in {"letter_registered.v1", "person_enrolled.v1"}
            if opens != (version < 0):
                return ConflictError if opens else NotFoundError
            versions[one.stream] = version + 1
        return None

    def do(self, who: Known, drafts: list[Draft], second: bool, **how: Any) -> bool:
        """Append with one of the two journals; as the model says, or not at all. Gives whether it was done."""
        expected, before = self.expected(who, drafts), len(self.model.entries)
        journal = self.other if second else self.archive.journal
        commit_id = new_commit_id(START, self.archive.entropy)

        def append() -> Appended:
            return self.archive.append(*drafts, by=who.person, journal=journal, commit_id=commit_id, **how)

        if expected is not None:
            with pytest.raises(expected):
                append()
            return False
        done = append()
        assert range(before, before + len(drafts)) == done.seqs
        self.model.take(drafts)
        self.commits.append((commit_id, drafts, before))
        return True

    def person(self, data: st.DataObject) -> Known:
        return data.draw(st.sampled_from(self.model.people), label="who")

    @rule(data=st.data(), count=st.integers(1, 5), second=st.booleans())
    def register(self, data: st.DataObject, count: int, second: bool) -> None:
        letters = [self.archive.letter(f"Brief {number}", [b"x"] * (number == 2)) for number in range(count)]
        if self.do(self.person(data), letters, second):
            self.model.letters += [letter.stream for letter in letters]

    @precondition(lambda self: self.model.letters)
    @rule(
        data=st.data(),
        count=st.integers(1, 3),
        behind=st.none() | st.integers(-1, 1),
        second=st.booleans(),
    )
    def edit(self, data: st.DataObject, count: int, behind: int | None, second: bool) -> None:
        stream = data.draw(st.sampled_from(self.model.letters), label="letter")
        version = len(self.model.streams[stream]) - 1
        drafts = [edited(stream, "Anders") for _ in range(count)]
        if behind is not None:
            drafts[0] = edited(stream, "Anders", expect_version=version - behind)
        self.do(self.person(data), drafts, second)

    @rule(data=st.data(), second=st.booleans())
    def edit_what_is_not_there(self, data: st.DataObject, second: bool) -> None:
        self.do(self.person(data), [edited(self.archive.letter().stream, "Anders")], second)

    @precondition(lambda self: self.model.letters)
    @rule(data=st.data(), second=st.booleans())
    def register_what_is_there(self, data: st.DataObject, second: bool) -> None:
        stream = data.draw(st.sampled_from(self.model.letters), label="letter")
        self.do(self.person(data), [self.archive.letter()._replace(stream=stream)], second)

    @precondition(lambda self: len(self.model.people) < 5)
    @rule(data=st.data(), second=st.booleans())
    def enrol(self, data: st.DataObject, second: bool) -> None:
        new = Person(self.archive.letter().stream, self.archive.new_key())
        drafts = [
            draft("person_enrolled.v1", new.stream, {}, {"name": "S. de Vries"}),
            enrolled_key(new.stream, new.key, ORIGIN),
        ]
        if self.do(self.person(data), drafts, second):
            self.model.people.append(Known(new))

    @rule(data=st.data(), role=st.sampled_from(ROLES), second=st.booleans())
    def grant(self, data: st.DataObject, role: str, second: bool) -> None:
        whom = self.person(data)
        if self.do(self.person(data), [draft("role_granted.v1", whom.person.stream, {"role": role})], second):
            whom.roles.add(role)

    @rule(data=st.data(), second=st.booleans())
    def withdraw(self, data: st.DataObject, second: bool) -> None:
        whom = self.person(data)
        roles = sorted(whom.roles - {"archivaris"})
        if roles and whom is not self.model.people[0]:
            role = data.draw(st.sampled_from(roles), label="role")
            if self.do(self.person(data), [draft("role_withdrawn.v1", whom.person.stream, {"role": role})], second):
                whom.roles.discard(role)

    @precondition(lambda self: len(self.model.people) > 1)
    @rule(data=st.data(), second=st.booleans())
    def revoke(self, data: st.DataObject, second: bool) -> None:
        whom = data.draw(st.sampled_from(self.model.people[1:]), label="whom")
        facts = {"key": whom.person.key.public.id}
        if self.do(self.person(data), [draft("key_revoked.v1", whom.person.stream, facts)], second):
            whom.revoked = True

    @precondition(lambda self: self.commits)
    @rule(data=st.data(), second=st.booleans())
    def retry(self, data: st.DataObject, second: bool) -> None:
        commit_id, drafts, size = data.draw(st.sampled_from(self.commits), label="commit")
        seq = size + len(drafts)
        by_key = {known.person.key.public.id: known.person for known in self.model.people}
        commit = envelope.decode_commit(Log(self.archive.storage).entry(seq))
        journal = self.other if second else self.archive.journal
        again = self.archive.append(
            *drafts, by=by_key[commit.key], journal=journal, commit_id=commit_id, retry_from=size
        )
        assert (True, commit) == (again.known, again.commit)

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        fresh = Journal(self.archive.storage)
        fresh.open()
        which: Callable[[], Journal] = data.draw(
            st.sampled_from([lambda: self.archive.journal, lambda: self.other]), label="which"
        )
        old = which()
        if old.size == fresh.size:
            assert (old.root(), old.authority) == (fresh.root(), fresh.authority)
        if old is self.other:
            self.other = fresh
        else:
            self.archive.journal = fresh

    @rule(left=st.sampled_from([b"{", b'{"base":{"root":"0', b"\0" * 9]), lines=st.integers(0, 2))
    def an_append_is_interrupted(self, left: bytes, lines: int) -> None:
        """Its loose end is cleared away by whoever writes next."""
        storage = self.archive.storage
        assert isinstance(storage, MemoryStorage)
        size = len(self.model.entries)
        for number in range(lines):
            line = envelope.encode_payload(b'{"subject":"x"}', bytes(32), size + number)
            entry = envelope.encode_event(
                b"{}", envelope.commitment(line), size + number, self.archive.stream, 9, "letter_edited.v1"
            )
            storage.payload[0] += line + b"\n"
            storage.log[0] += entry + b"\n"
        storage.log[0] += left
        self.archive.journal.open()
        assert left not in storage.log[0][-len(left) :]

    # what always holds

    @invariant()
    def the_log_is_what_the_model_says(self) -> None:
        if not self.model.entries:
            return
        log = Log(self.archive.storage)
        entries = list(log.entries())
        assert self.model.entries == [envelope.tag_of(entry) for entry in entries]
        versions: dict[str, int] = {}
        for seq, entry in enumerate(entries):
            if envelope.is_commit(entry):
                continue
            event = envelope.decode_event(entry)
            assert seq == event.seq
            assert versions.get(event.stream, -1) + 1 == event.stream_seq, "versions count up"
            versions[event.stream] = event.stream_seq
            assert (event.payload is None) == (log.payload(event) is None)
        assert {stream: len(tags) - 1 for stream, tags in self.model.streams.items()} == versions

    @invariant()
    def the_root_is_that_of_all_entries(self) -> None:
        if not self.model.entries:
            return
        leaves = merkle.leaf_hashes(Log(self.archive.storage).entries())
        newest = max(self.archive.journal, self.other, key=lambda journal: journal.size)
        assert len(leaves) == newest.size
        assert merkle.root(leaves) == newest.root()
        for journal in (self.archive.journal, self.other):
            assert merkle.root(leaves[: journal.size]) == journal.root()

    @invariant()
    def roles_are_those_that_were_granted(self) -> None:
        if not self.model.entries:
            return
        newest = max(self.archive.journal, self.other, key=lambda journal: journal.size)
        for known in self.model.people:
            assert known.roles == set(newest.authority.roles.get(known.person.stream, {}))

    def teardown(self) -> None:
        if self.model.entries:
            assert [] == faults(self.archive.storage)


TestArchive = Archive.TestCase
TestArchive.settings = settings(max_examples=min(settings().max_examples, 40), stateful_step_count=30)
