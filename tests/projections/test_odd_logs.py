"""A log that verifies never stops a replay, however odd what stands in it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from archief import canonical
from archief.draft import new_stream
from archief.events import envelope
from archief.log import Log
from archief.projections import audit, lines
from archief.projections.projector import Projector
from archief.storage.base import Segment
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from archief.verification.whole import verify
from tests.founding import folder, found
from tests.unit.test_verification import force

MOST = 2**53
BEYOND = [
    ("record_destroyed.v1", {"authorisation": MOST, "last_stream_seq": MOST}),
    ("key_enrolled.v1", {"key": {"public": "A" * 43 + "B", "type": 1}, "proof": "A" * 88, "use": "person"}),
    ("key_enrolled.v1", {"key": {"public": "/" * 42 + "==", "type": 1}, "proof": "A" * 88, "use": "person"}),
    ("key_revoked.v1", {"key": "f" * 64, "suspect_from": MOST}),
    ("payload_erased.v1", {"decision": "avg", "ground": "avg-17", "seqs": [MOST]}),
    ("delivery_reported.v1", {"dispatch": MOST, "result": "read"}),
    ("dossier_closed.v1", {"date": "0000-00-00"}),
    ("mandate_ended.v1", {"end": "2021-02-30"}),
]


@pytest.mark.slow
@pytest.mark.parametrize("authorised", [True, False])
def test_what_no_rule_would_let_in_is_replayed(tmp_path: Path, *, authorised: bool) -> None:
    archive = found(folder(tmp_path / "archive"))
    auditor = archive.enrol("auditor")
    storage = archive.storage
    assert isinstance(storage, LocalStorage)
    for tag, facts in BEYOND:
        stream = new_stream(archive.entropy)
        entry = envelope.encode_event(canonical.encode(facts), None, Log(storage).size, stream, 0, tag)
        force(archive, [entry], by=None if authorised else auditor.key)
    report = verify(storage, version="test")
    assert [] == [fault.sentence() for fault in report.faults if fault.kind != "unauthorised"]
    for left_out in (report.unauthorised, []):
        projector = Projector(Log(storage), storage.folder / "cache", left_out)
        assert projector.replay(full=True).size == Log(storage).size
        with projector.connect() as connection:
            audit.audit(connection, dt.date(2021, 1, 14))
            connection.execute("select * from timeline").fetchall()


def test_a_segment_is_never_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PIECE_BYTES", 10_000)
    archive = found(MemoryStorage())
    archive.append(*(archive.letter("x" * 900) for _ in range(100)))
    storage = archive.storage
    read, most = storage.read, lines.NEAR_BYTES + 2 * lines.PROBE_BYTES

    def measured(segment: Segment, start: int = 0, stop: int | None = None) -> bytes:
        content = read(segment, start, stop)
        assert len(content) <= most
        return content

    monkeypatch.setattr(storage, "read", measured)
    payloads = lines.Lines(storage, "payload")
    seqs = [payloads.seq_of(line) for line in b"".join(payloads.stretch(0, 200)[1]).splitlines(keepends=True)]
    assert len(seqs) == payloads.count(0, 200) > 100
    assert len(seqs) > lines.WHOLE_LINES
    assert seqs == [payloads.seq_of(line) for line in payloads.pick(seqs)]
    assert seqs[5:6] == [payloads.seq_of(line) for line in payloads.pick(seqs[5:6])]
