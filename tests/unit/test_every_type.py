"""Every event type of the catalogue can be appended, verified, replayed and shown from day one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from archief import canonical, keys
from archief.cli.main import run
from archief.cli.session import Session
from archief.draft import Draft, draft, new_stream
from archief.events import catalogue, envelope, schema
from archief.events.base import EventType
from archief.law import roles
from archief.log import Log
from archief.projections.projector import Projector
from archief.rules.authority import FOUNDING_TYPES
from archief.rules.numbering import ISSUING_TYPES
from archief.verification.whole import verify
from tests.destroying import decide
from tests.founding import Founded, enrolled_key, folder, found, public_fact

OPENERS = {
    "archive": None,
    "person": "person_enrolled.v1",
    "mandate": "mandate_granted.v1",
    "finding": "finding_opened.v1",
    "letter": "letter_registered.v1",
    "number": "number_voided.v1",
    "dossier": "dossier_opened.v1",
    "meeting": "meeting_planned.v1",
    "commitment": "commitment_made.v1",
    "hold": "hold_placed.v1",
    "exemption": "exemption_granted.v1",
    "destruction": "destruction_proposed.v1",
    "transfer": "transfer_proposed.v1",
    "copy": "copy_redacted.v1",
}
"""Per kind of stream the type that opens one here."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """An archive whose archivaris holds every role there is."""
    made = found(folder(tmp_path_factory.mktemp("every") / "archive"))
    held = made.journal.authority.roles[made.archivaris.stream]
    missing = [role for role in roles.ROLES if role not in held]
    made.append(*(draft("role_granted.v1", made.archivaris.stream, {"role": role}) for role in missing))
    made.append(made.series())
    return made


def example(archive: Founded, known: EventType, stream: str) -> Draft:
    """The type's printed example, in that stream, with a file where it names one."""
    line = schema.example(known)
    data: dict[str, Any] | None = line.get("data")
    if known.tag in ISSUING_TYPES and data is not None:
        del data["number"]  # it is drawn
    documents = []
    if "documents" in line:
        facts, document = archive.document(b"Geachte raadsleden,\n")
        data = {**(data or {}), "documents": [facts]}
        documents.append(document)
    return draft(known.tag, stream, line.get("facts", {}), data, documents=documents)


def opened(archive: Founded, kind: str) -> str:
    """A stream of that kind."""
    tag = OPENERS[{"record": "letter", "any": "letter"}.get(kind, kind)]
    if tag is None:
        return archive.stream
    stream = new_stream(archive.entropy)
    archive.append(example(archive, catalogue.TYPES[tag], stream))
    return stream


def appended(archive: Founded, known: EventType) -> str:
    """Append an event of that type, as its rules want it; gives its stream."""
    special = SPECIAL.get(known.tag)
    if special is not None:
        one = special(archive)
    else:
        stream = new_stream(archive.entropy) if known.opens else opened(archive, known.stream)
        one = example(archive, known, stream)
    archive.append(one)
    return one.stream


def key_enrolled(archive: Founded) -> Draft:
    return enrolled_key(archive.archivaris.stream, archive.new_key(), archive.journal.authority.origin)


def key_revoked(archive: Founded) -> Draft:
    key = archive.new_key()
    archive.append(enrolled_key(archive.archivaris.stream, key, archive.journal.authority.origin))
    return draft("key_revoked.v1", archive.archivaris.stream, {"key": key.public.id})


def role_granted(archive: Founded) -> Draft:
    return draft("role_granted.v1", opened(archive, "person"), {"role": "griffie"})


def role_withdrawn(archive: Founded) -> Draft:
    granted = role_granted(archive)
    archive.append(granted)
    return draft("role_withdrawn.v1", granted.stream, {"role": "griffie"})


def log_key_rotated(archive: Founded) -> Draft:
    origin = archive.journal.authority.origin
    archive.log_keys = keys.generate(origin, "log", archive.entropy)
    proofs = [
        canonical.base64_encode(key.sign(envelope.possession_message(origin, archive.stream, key.public.id)))
        for key in archive.log_keys.keys
    ]
    facts = {"log_keys": [public_fact(public) for public in archive.log_keys.public], "proofs": proofs}
    return draft("log_key_rotated.v1", archive.stream, facts)


def log_continued(archive: Founded) -> Draft:
    log = Log(archive.storage)
    facts = {
        "origin": f"{log.origin[:-8]}77aa01b3",
        "origin_old": log.origin,
        "root": log.root().hex(),
        "size": log.size,
    }
    return draft("log_continued.v1", archive.stream, facts)


def letter_signed(archive: Founded) -> Draft:
    letter = archive.append(archive.letter())
    person, held = archive.archivaris, Log(archive.storage).event(letter.seqs[0]).payload
    facts = {
        "basis": "gemeentewet:59a.1",
        "covers": [{"commitment": held, "seq": letter.seqs[0]}],
        "key": person.key.public.id,
        "level": "none",
        "role": "burgemeester",
        "signatory": person.stream,
        "signature": canonical.base64_encode(bytes(64)),
    }
    made, _ = catalogue.convert(catalogue.TYPES["letter_signed.v1"], facts, None)
    origin = archive.journal.authority.origin
    message = envelope.letter_message(origin, letter.streams[0], made.covers, made.role, None, made.basis)  # type: ignore[attr-defined]
    facts["signature"] = canonical.base64_encode(person.key.sign(message))
    return draft("letter_signed.v1", letter.streams[0], facts)


def delivery_reported(archive: Founded) -> Draft:
    stream = opened(archive, "letter")
    sent = archive.append(example(archive, catalogue.TYPES["letter_dispatched.v1"], stream)).seqs[0]
    return draft("delivery_reported.v1", stream, {"dispatch": sent, "result": "delivered"})


def dossier_classified(archive: Founded) -> Draft:
    adopted = {"rule_set": "selectielijst-gemeenten-2020", "begin": "2020-01-01"}
    archive.append(draft("rule_set_adopted.v1", archive.stream, adopted))
    return example(archive, catalogue.TYPES["dossier_classified.v1"], opened(archive, "dossier"))


def destruction_reviewed(archive: Founded) -> Draft:
    return decide(archive, opened(archive, "number"), until="destruction_proposed").step("destruction_reviewed")


def destruction_consented(archive: Founded) -> Draft:
    return decide(archive, opened(archive, "number"), until="destruction_reviewed").step("destruction_consented")


def destruction_authorised(archive: Founded) -> Draft:
    return decide(archive, opened(archive, "number"), until="destruction_consented").step("destruction_authorised")


def destruction_cancelled(archive: Founded) -> Draft:
    return decide(archive, opened(archive, "number")).step("destruction_cancelled")


def destruction_started(archive: Founded) -> Draft:
    return decide(archive, opened(archive, "number")).started()


def erase_newest(archive: Founded, stream: str) -> None:
    """Take the newest payload of a stream away, as an execution does."""
    log = Log(archive.storage)
    events = [envelope.decode_event(entry) for entry in log.entries() if not envelope.is_commit(entry)]
    of_stream = [event.seq for event in events if event.stream == stream]
    line = next(line for line in map(log.payload_line, reversed(of_stream)) if line is not None)
    segment = archive.storage.folder / "payload" / "000000000000.jsonl"  # type: ignore[attr-defined]
    segment.write_bytes(segment.read_bytes().replace(line + b"\n", b""))


def record_destroyed(archive: Founded) -> Draft:
    made = decide(archive, opened(archive, "number"))
    archive.append(made.started())
    erase_newest(archive, made.records[0])
    return made.destroyed(made.records[0])


def records_destroyed(archive: Founded) -> Draft:
    made = decide(archive, opened(archive, "number"))
    archive.append(made.started())
    erase_newest(archive, made.records[0])
    archive.append(made.destroyed(made.records[0]))
    return made.closed()


def payload_erased(archive: Founded) -> Draft:
    letter = archive.append(archive.letter())
    erase_newest(archive, letter.streams[0])
    facts = {**schema.example(catalogue.TYPES["payload_erased.v1"])["facts"], "seqs": [letter.seqs[0]]}
    return draft(
        "payload_erased.v1", letter.streams[0], facts, schema.example(catalogue.TYPES["payload_erased.v1"]).get("data")
    )


def step(archive: Founded, name: str, stream: str, export: int | None = None) -> Draft:
    """The printed example of a step of a transfer, about the package that there is."""
    line = schema.example(catalogue.TYPES[f"transfer_{name}.v1"])
    facts = {**line["facts"], **({"export": export} if export is not None else {})}
    return draft(f"transfer_{name}.v1", stream, facts, line.get("data"))


def transfer_exported(archive: Founded) -> Draft:
    stream = new_stream(archive.entropy)
    facts = {**schema.example(catalogue.TYPES["transfer_proposed.v1"])["facts"], "streams": [opened(archive, "letter")]}
    archive.append(draft("transfer_proposed.v1", stream, facts))
    return step(archive, "exported", stream)


def transfer_offered(archive: Founded) -> Draft:
    exported = archive.append(transfer_exported(archive))
    return step(archive, "offered", exported.streams[0], exported.seqs[0])


def answered(name: str) -> Callable[[Founded], Draft]:
    def made(archive: Founded) -> Draft:
        offered = transfer_offered(archive)
        archive.append(offered)
        export = msgspec.json.decode(offered.facts)["export"]
        return step(archive, name, offered.stream, export)

    return made


def transfer_declared(archive: Founded) -> Draft:
    accepted = archive.append(answered("accepted")(archive))
    facts = {"acceptance": accepted.seqs[0], "declaration": opened(archive, "letter")}
    return draft("transfer_declared.v1", accepted.streams[0], facts)


SPECIAL = {
    "key_enrolled.v1": key_enrolled,
    "key_revoked.v1": key_revoked,
    "role_granted.v1": role_granted,
    "role_withdrawn.v1": role_withdrawn,
    "log_key_rotated.v1": log_key_rotated,
    "log_continued.v1": log_continued,
    "letter_signed.v1": letter_signed,
    "delivery_reported.v1": delivery_reported,
    "dossier_classified.v1": dossier_classified,
    "destruction_reviewed.v1": destruction_reviewed,
    "destruction_consented.v1": destruction_consented,
    "destruction_authorised.v1": destruction_authorised,
    "destruction_cancelled.v1": destruction_cancelled,
    "destruction_started.v1": destruction_started,
    "record_destroyed.v1": record_destroyed,
    "records_destroyed.v1": records_destroyed,
    "payload_erased.v1": payload_erased,
    "transfer_exported.v1": transfer_exported,
    "transfer_offered.v1": transfer_offered,
    "transfer_accepted.v1": answered("accepted"),
    "transfer_rejected.v1": answered("rejected"),
    "transfer_declared.v1": transfer_declared,
}
"""Types whose facts must be true to be taken: keys, signatures, what is destroyed or transferred."""


@pytest.mark.slow
def test_every_type_can_be_appended_verified_replayed_and_shown(
    archive: Founded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    streams = {}
    for tag, known in catalogue.TYPES.items():
        if tag != "archive_founded.v1":
            streams[tag] = appended(archive, known)
    archive.sign_head()
    archive.journal.close()
    assert set(FOUNDING_TYPES) - set(streams) == {"archive_founded.v1"}

    report = verify(archive.storage, version="test")
    assert report.faults == []

    Projector(Log(archive.storage), tmp_path / "cache").replay()
    place = str(archive.storage.folder)  # type: ignore[attr-defined]
    for tag, stream in streams.items():
        if catalogue.TYPES[tag].opens:
            assert run(["--archive", place, "show", stream, "--json"], Session(os.environ)) == 0, tag
            capsys.readouterr()
        assert run(["--archive", place, "history", stream, "--json"], Session(os.environ)) == 0, tag
        assert tag in [event["type"] for event in json.loads(capsys.readouterr().out)["events"]]
