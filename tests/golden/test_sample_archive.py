"""The sample archive is what its script makes, is sound, says that its keys are test keys, and leaks nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from archief.events import envelope
from archief.events.envelope import Event
from archief.log import Log
from archief.storage.local import LocalStorage
from archief.verification.whole import verify
from scripts import founding_days, founding_letters, regenerate

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "events"

VOCABULARY = {
    # words of payloads that are codes in facts too: kinds, roles and offices, never of one letter only
    "archivaris", "behandelaar", "burgemeester", "gemeentesecretaris", "raadsinformatiebrief", "raadsronde",
    "raadsvergadering", "recordmanager", "rondebriefje", "secretaris", "stadsronde", "wethouder", "directeur",
    "waarneming", "informatiebijeenkomst", "toezegging",
    # parts of such codes: gemeentewet, informatiebijeenkomst
    "gemeente",
    "bijeenkomst",
    # the town stands in the log's name
    "maastricht",
}  # fmt: skip


@pytest.fixture(scope="module")
def texts() -> dict[str, bytes]:
    return regenerate.founding_texts(EVENTS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, texts: dict[str, bytes]) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "events"
    regenerate.build(folder, texts, EVENTS)
    return folder


@pytest.fixture(scope="module")
def log() -> Log:
    return Log(LocalStorage(EVENTS))


def _events(log: Log) -> Iterator[Event]:
    for entry in log.entries():
        if not envelope.is_commit(entry):
            yield envelope.decode_event(entry)


def _signatures(log: Log) -> list[Event]:
    return [event for event in _events(log) if event.type == "letter_signed.v1"]


def _strings(value: Any) -> Iterator[str]:
    """Every text in a payload, labels of a form included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value.get("fields", ())
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def _payloads(log: Log) -> Iterator[dict[str, Any]]:
    for event in _events(log):
        data = log.payload(event)
        if data is not None:
            yield msgspec.to_builtins(data)


# --- it is what the script makes -------------------------------------------------------------------------------------


def test_regenerating_leaves_every_byte_as_it_is(made: Path) -> None:
    assert regenerate.contents(EVENTS) == regenerate.contents(made)


def test_only_signed_heads_differ_when_nothing_is_kept(tmp_path: Path, texts: dict[str, bytes]) -> None:
    regenerate.build(tmp_path / "events", texts)
    changed = regenerate.differences(EVENTS, regenerate.contents(tmp_path / "events"))
    assert ["public/checkpoint", "public/checkpoints/000000000083"] == changed


def test_a_stored_head_that_does_not_verify_is_not_kept(tmp_path: Path, texts: dict[str, bytes]) -> None:
    stored = tmp_path / "stored"
    shutil.copytree(EVENTS / "public", stored / "public")
    head = bytearray((stored / "public" / "checkpoint").read_bytes())
    head[-40] = ord("B") if head[-40] != ord("B") else ord("C")
    (stored / "public" / "checkpoint").write_bytes(head)
    regenerate.build(tmp_path / "events", texts, stored)
    assert bytes(head) != (tmp_path / "events" / "public" / "checkpoint").read_bytes()
    assert [] == verify(LocalStorage(tmp_path / "events"), version="test").faults


def test_a_changed_sample_is_noticed_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = tmp_path / "events"
    for name in ("documents", "log", "payload", "public"):
        shutil.copytree(EVENTS / name, sample / name)
    payload = sample / "payload" / "000000000000.jsonl"
    payload.write_bytes(payload.read_bytes().replace(b"Rhea", b"Thea"))
    (sample / "public" / "tile" / "stray").write_bytes(b"")
    assert 1 == regenerate.main([str(sample), "--check"])
    assert "differs: payload/000000000000.jsonl\ndiffers: public/tile/stray\n" == capsys.readouterr().out
    assert 0 == regenerate.main([str(sample)])
    assert regenerate.contents(EVENTS) == regenerate.contents(sample)
    assert 0 == regenerate.main([str(sample), "--check"])


def test_another_archive_is_never_written_over(tmp_path: Path) -> None:
    other = tmp_path / "events"
    shutil.copytree(EVENTS / "log", other / "log")
    segment = other / "log" / "000000000000.jsonl"
    segment.write_bytes(segment.read_bytes().replace(founding_days.ORIGIN.encode(), b"archief.example.nl/00000000"))
    with pytest.raises(SystemExit, match="not the sample"):
        regenerate.main([str(other)])


def test_a_text_that_is_not_the_founding_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="is not the founding letter"):
        founding_letters.INVITATION.checked(b"another letter")


def test_only_the_archive_itself_is_under_version_control() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "events"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert sorted(f"events/{path}" for path in regenerate.contents(EVENTS)) == sorted(listed.stdout.splitlines())


# --- it is sound, and whole ------------------------------------------------------------------------------------------


def test_the_sample_verifies_without_a_fault() -> None:
    report = verify(LocalStorage(EVENTS), version="test")
    assert [] == report.faults
    assert founding_days.ORIGIN == report.origin
    assert report.test
    assert (86, 3, 1) == (report.size, report.documents, report.cosignatures)
    assert report.size == report.head_size


@pytest.mark.parametrize(
    "pattern",
    [
        r"documents/(..)/\1[0-9a-f]{30}\.bin",
        r"log/000000000000\.jsonl",
        r"payload/000000000000\.jsonl",
        r"public/checkpoint",
        r"public/checkpoints/[0-9]{12}",
        r"public/tile/0/000\.p/86",
        r"public/tile/entries/000\.p/86",
    ],
)
def test_every_kind_of_file_is_in_the_sample(pattern: str) -> None:
    assert any(re.fullmatch(pattern, path) for path in regenerate.contents(EVENTS))


def test_each_commit_has_a_time_of_its_own(log: Log) -> None:
    times = [commit.time for commit in log.commits()]
    assert sorted(set(times)) == times
    assert "2016-01-04" == times[0][:10]


def test_a_letter_is_registered_on_the_day_it_bears(log: Log) -> None:
    registered = [event for event in _events(log) if event.type == "letter_registered.v1"]
    days = [(log.commit_of(event.seq).time[:10], log.payload(event).date) for event in registered]
    assert [("2016-01-05",) * 2, ("2021-01-14",) * 2, ("2021-04-15",) * 2] == days


def test_the_letters_are_the_founding_letters_byte_for_byte(log: Log, shared: Path) -> None:
    documents = [one for event in _events(log) for one in log.documents(event)]
    assert [text.name for text in founding_letters.TEXTS] == [one.name for one in documents]
    for one in documents:
        with log.storage.open_document(one.id) as stored:
            assert (shared / "corpus" / "seeds" / one.name).read_bytes() == stored.read()


def test_a_letter_reads_as_the_corpus_expects(log: Log, shared: Path) -> None:
    for event in _events(log):
        if event.type != "letter_registered.v1":
            continue
        data = msgspec.to_builtins(log.payload(event))
        expected = json.loads(
            (shared / "corpus" / "seeds" / f"{data['documents'][0]['name'][:3]}.expected.json").read_text()
        )
        assert (expected.pop("body_paragraphs_count") or 0) == len(data.get("body", []))
        wanted = {name: value for name, value in expected.items() if value and not name.startswith("_")}
        if event.stream == founding_days.INVITATION:
            assert wanted.pop("subject").startswith(data["subject"])  # corrected by the edit that follows
        assert wanted == {name: data.get(name) for name in wanted}


def test_history_shows_the_subject_before_and_after_its_correction(log: Log) -> None:
    of_letter = [event for event in _events(log) if event.stream == founding_days.INVITATION]
    subjects = [getattr(log.payload(event), "subject", None) for event in of_letter[:2]]
    assert ["letter_registered.v1", "letter_edited.v1"] == [event.type for event in of_letter[:2]]
    assert "Uitnodiging Toelichting verbeterproces Sociaal" == subjects[0]
    assert "Uitnodiging Toelichting verbeterproces Sociaal Domein" == subjects[1]


# --- its keys are test keys ------------------------------------------------------------------------------------------


def test_every_signature_on_a_letter_says_that_it_is_a_reconstruction(log: Log) -> None:
    signatures = _signatures(log)
    shown = [(event.facts.level, log.payload(event).note) for event in signatures]
    assert [("none", "reconstructie, testsleutels")] * 3 == shown


def test_the_college_letter_and_the_letter_of_a_member_stand_on_their_own_articles(log: Log) -> None:
    stands = [(one.facts.role, one.facts.basis, one.facts.on_behalf_of) for one in _signatures(log)]
    expected = [
        ("secretaris", "gemeentewet:59a.1", "college"),
        ("burgemeester", "gemeentewet:59a.1", "college"),
        ("wethouder", "gemeentewet:169", None),
    ]
    assert expected == stands
    assert [founding_days.JONGEN.stream] == _signatures(log)[2].facts.mede_namens


# --- nothing of a record is in what is kept for ever or served -------------------------------------------------------


def _kept_for_ever() -> str:
    kept = [
        path.read_bytes() for folder in ("log", "public") for path in (EVENTS / folder).rglob("*") if path.is_file()
    ]
    return b"\n".join(kept).decode("utf-8", errors="replace").casefold()


def test_no_text_of_a_payload_or_document_stands_in_the_log_or_in_public(log: Log, texts: dict[str, bytes]) -> None:
    kept = _kept_for_ever()
    dates = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
    texts_of_all = [text for payload in _payloads(log) for text in _strings(payload)]
    texts_of_all += [content.decode() for content in texts.values()]
    words = {word for text in texts_of_all for word in re.findall(r"[\w@.-]{8,}", text.casefold())}
    values = {text.casefold() for text in texts_of_all if len(text) >= 8}
    looked_for = {one for one in words | values if one.strip(".-") not in VOCABULARY and not dates.fullmatch(one)}
    assert 300 < len(looked_for)
    assert [] == [one for one in looked_for if one in kept]


def test_no_salt_and_no_hash_of_a_document_stands_in_the_log_or_in_public(log: Log) -> None:
    kept = _kept_for_ever()
    lines = (EVENTS / "payload" / "000000000000.jsonl").read_bytes().splitlines()
    salts = [json.loads(line)["salt"].casefold() for line in lines]
    hashes = [one.sha256 for event in _events(log) for one in log.documents(event)]
    assert [] == [one for one in salts + hashes if one in kept]


def test_the_words_let_through_are_codes_that_facts_hold() -> None:
    kept = _kept_for_ever()
    assert [] == [word for word in VOCABULARY if word not in kept]
