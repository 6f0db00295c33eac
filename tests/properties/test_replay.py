"""Whatever happens in whatever order: caught up in pieces, made at once, or of a moment in the past: the same rows."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archief.draft import Draft, draft
from archief.errors import RefusedError
from archief.events import envelope
from archief.log import Log
from archief.projections import lines, tables
from archief.projections import projector as projecting
from archief.projections.lines import Lines
from archief.projections.projector import Projector
from archief.storage.base import Segment
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, edited, found

Rows = dict[str, list[tuple[Any, ...]]]

OPERATIONS: dict[str, Callable[[Founded, str, int], Draft]] = {
    "subject": lambda _, stream, number: edited(stream, f"Onderwerp {number}"),
    "empty": lambda _, stream, __: draft("letter_edited.v1", stream, {}, {"subject": "", "number": ""}),
    "body": lambda _, stream, number: draft("letter_edited.v1", stream, {}, {"body": [f"Tekst {number}."]}),
    "number": lambda _, stream, number: draft("letter_edited.v1", stream, {}, {"number": f"{number}", "sender": "X"}),
    "annotate": lambda _, stream, __: draft("letter_annotated.v1", stream, {"kind": "remark"}, {"text": "Let op."}),
    "dispatch": lambda _, stream, number: draft(
        "letter_dispatched.v1", stream, {"channel": "email", "date": f"2021-02-{number % 28 + 1:02d}"},
        {"recipients": [{"name": "De raad"}]},
    ),
    "withdraw": lambda _, stream, __: draft("letter_withdrawn.v1", stream, {"ground": "mistaken"}),
    "role": lambda archive, _, __: draft("role_granted.v1", archive.archivaris.stream, {"role": "griffie"}),
    "unrole": lambda archive, _, __: draft("role_withdrawn.v1", archive.archivaris.stream, {"role": "griffie"}),
}  # fmt: skip

# A commit: some of a few letters have something done to them, or a new one comes. Then perhaps somebody looks.
STEPS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.sampled_from(["register", *OPERATIONS]), st.integers(0, 4)), min_size=1, max_size=4
        ),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


def _rows(projector: Projector, until: int | None = None) -> Rows:
    with projector.connect(until=until) as connection:
        names = [*tables.projections(), "skipped"]
        return {name: sorted(connection.execute(f"select * from {name}").fetchall(), key=repr) for name in names}


def _drafts(archive: Founded, letters: list[str], operations: list[tuple[str, int]], number: int) -> list[Draft]:
    """One commit. At most one of its events is about a role; what a rule refuses, such as an edit of a letter that
    went out, is left out."""
    made: list[Draft] = []
    for name, which in operations:
        if name == "register" or not letters:
            one = archive.letter(f"Brief {number}")
            letters.append(one.stream)
        else:
            one = OPERATIONS[name](archive, letters[which % len(letters)], number)
        if one.tag.startswith("role_"):
            held = "griffie" in archive.journal.authority.roles[archive.archivaris.stream]
            if any(other.tag.startswith("role_") for other in made) or (name == "unrole" and not held):
                continue
        try:
            archive.journal.check([*made, one], archive.archivaris.key, archive.now + dt.timedelta(seconds=1))
        except RefusedError:
            continue
        made.append(one)
    return made


@pytest.mark.slow
@settings(max_examples=3)
@given(steps=STEPS)
def test_pieces_whole_and_past_give_the_same_rows(steps: list[Any]) -> None:
    archive = found(MemoryStorage())
    letters: list[str] = []
    left_out: list[int] = []
    seen: dict[int, Rows] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, (operations, looks, unauthorised) in enumerate(steps):
            drafts = _drafts(archive, letters, operations, number)
            if not drafts:
                continue
            appended = archive.append(*drafts)
            if unauthorised and not any(one.tag == "letter_registered.v1" for one in drafts):
                left_out.append(appended.commit.seq)
            if looks:
                projector = Projector(Log(archive.storage), Path(folder), left_out)
                seen[archive.journal.size] = _rows(projector)
        log = Log(archive.storage)
        caught_up = _rows(Projector(log, Path(folder), left_out))
        whole = Projector(log, Path(folder) / "whole", left_out)
        assert _rows(whole) == caught_up
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(projecting, "CHUNK_ENTRIES", 8)
            assert caught_up == _rows(whole, until=log.size)
        for size, rows in [*seen.items()][:1]:
            assert rows == _rows(whole, until=size)


# lines


def _stored(lengths: list[int], torn: bytes) -> tuple[MemoryStorage, list[bytes]]:
    """Payload lines of every third entry, of these lengths, in segments of eight entries."""
    storage = MemoryStorage()
    made = []
    for number, length in enumerate(lengths):
        seq = number * 3
        line = envelope.encode_payload(b'{"text":"%s"}' % (b'x"seq":9}' * (length // 9)), b"0" * 32, seq) + b"\n"
        made.append(line)
        first = seq - seq % 8
        storage.payload[first] = storage.payload.get(first, b"") + line
    if storage.payload:
        storage.payload[max(storage.payload)] += torn
    return storage, made


@settings(max_examples=60)
@given(
    lengths=st.lists(st.integers(0, 400), max_size=24),
    torn=st.sampled_from([b"", b'{"data":{"te', b"{"]),
    bounds=st.tuples(st.integers(0, 80), st.integers(0, 80)),
)
def test_a_line_is_found_wherever_it_stands(lengths: list[int], torn: bytes, bounds: tuple[int, int]) -> None:
    storage, made = _stored(lengths, torn)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(lines, "PROBE_BYTES", 16)
        monkeypatch.setattr(lines, "NEAR_BYTES", 64)
        known = Lines(storage, "payload")
        first, stop = sorted(bounds)
        files, pieces = known.stretch(first, stop)
        expected = [line for number, line in enumerate(made) if first <= number * 3 < stop]
        assert ([], b"".join(expected)) == (files, b"".join(pieces))
        seqs = list(range(0, 90, 2))
        picked = [line for number, line in enumerate(made) if number * 3 in seqs]
        assert picked == list(known.pick(seqs))
        monkeypatch.setattr(lines, "WHOLE_LINES", 0)
        assert picked == list(known.pick(seqs))


@given(entries=st.integers(1, 40), wanted=st.sets(st.integers(0, 50)))
@settings(max_examples=20)
def test_an_entry_is_found_by_its_index(entries: int, wanted: set[int]) -> None:
    storage = MemoryStorage()
    stream = "00000000-0000-4000-8000-000000000000"
    facts = b'{"kind":"a\\"seq\\":3,","covers":[{"seq":7,"stream":"x"}]}'
    made = [envelope.encode_event(facts, None, seq, stream, seq, "letter_edited.v1") + b"\n" for seq in range(entries)]
    storage.log[0] = b"".join(made)
    known = Lines(storage, "log")
    assert [Segment(0, "log/000000000000.jsonl", len(storage.log[0]))] == known.segments
    assert [made[seq] for seq in sorted(wanted) if seq < entries] == list(known.pick(sorted(wanted)))
