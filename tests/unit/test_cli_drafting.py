"""From what was typed to facts and data: each value in the type of its field, each mistake with its name."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from archief.cli import drafting
from archief.errors import ArchiefError, MalformedError, NotFoundError, UsageError
from archief.events import catalogue

REGISTERED = catalogue.newest("letter_registered")
EDITED = catalogue.newest("letter_edited")
FOUNDED = catalogue.newest("archive_founded")
ENROLLED = catalogue.newest("key_enrolled")


def test_a_name_finds_its_place_in_facts_or_data() -> None:
    made = drafting.typed(REGISTERED, ["kind=brief", "year=2021", "subject=a=b"], None)
    assert ({"kind": "brief", "year": 2021}, {"subject": "a=b"}) == tuple(made)


def test_a_list_takes_a_member_each_time() -> None:
    assert {"body": ["een", "twee"]} == drafting.typed(EDITED, ["body=een", "body=twee"], None).data


def test_an_empty_list_is_typed_as_nothing() -> None:
    assert {"attachments": []} == drafting.typed(EDITED, ["attachments="], None).data


def test_a_list_is_taken_as_json_too() -> None:
    assert {"attachments": ["a", "b"]} == drafting.typed(EDITED, ['attachments=["a","b"]'], None).data


def test_a_nested_field_is_written_with_dots() -> None:
    made = drafting.typed(ENROLLED, ["key.public=AAAA", "facts.key.type=1"], None)
    assert {"key": {"public": "AAAA", "type": 1}} == made.facts


def test_a_row_of_a_form_is_written_with_a_dot() -> None:
    assert {"fields": {"Aan": "De raad"}} == drafting.typed(EDITED, ["fields.Aan=De raad"], None).data


def test_truth_is_typed_as_a_word() -> None:
    assert {"test": True} == drafting.typed(FOUNDED, ["test=yes"], None).facts


def test_typed_values_go_over_those_of_a_file() -> None:
    assert {"subject": "b", "phone": "1"} == drafting.typed(EDITED, ["subject=b"], {"subject": "a", "phone": "1"}).data


def test_nothing_typed_is_no_payload() -> None:
    assert drafting.typed(EDITED, [], None).data is None
    assert {} == drafting.typed(EDITED, [], {}).data


@pytest.mark.parametrize(
    ("event_type", "typed", "error", "where"),
    [
        (REGISTERED, "subject", UsageError, "--set subject"),
        (REGISTERED, "=x", UsageError, "--set "),
        (REGISTERED, "onderwerp=x", MalformedError, "--set onderwerp"),
        (REGISTERED, "facts.subject=x", MalformedError, "facts.subject"),
        (REGISTERED, "year=twintig", MalformedError, "facts.year"),
        (FOUNDED, "test=maybe", MalformedError, "facts.test"),
        (EDITED, "subject.x=1", MalformedError, "data.subject.x"),
        (EDITED, "signatories={", MalformedError, "data.signatories"),
        (catalogue.newest("record_imported"), "system=x", None, ""),
    ],
)
def test_a_mistake_is_named(event_type: object, typed: str, error: type[ArchiefError] | None, where: str) -> None:
    if error is None:
        return
    with pytest.raises(error) as caught:
        drafting.typed(event_type, [typed], None)  # type: ignore[arg-type]
    assert where == caught.value.where


@pytest.mark.parametrize(
    "content", [b'{"a":1,"a":2}', b"{", b"[1]", b'{"a":NaN}', b"\xff{}", b"", b"[" * 100_000], ids=range(7)
)
def test_data_that_is_not_one_clear_object_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_bytes(content)
    with pytest.raises(MalformedError, match=str(file)):
        drafting.data_from(str(file))


def test_data_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_bytes(b'\xef\xbb\xbf{"subject":"x"}')
    assert {"subject": "x"} == drafting.data_from(str(file))


def test_data_is_not_read_without_end(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_bytes(b" " * (drafting.DATA_BYTES_MAX + 1))
    with pytest.raises(MalformedError, match="more than"):
        drafting.data_from(str(file))


def test_a_file_is_named_by_a_random_id_and_known_by_its_digest(tmp_path: Path) -> None:
    file = tmp_path / "brief.pdf"
    file.write_bytes(b"%PDF")
    refs, new = drafting.documents([file], bytes)
    digest = hashlib.sha256(b"%PDF").hexdigest()
    assert [
        {"id": "00" * 16, "media_type": "application/pdf", "name": "brief.pdf", "sha256": digest, "size": 4}
    ] == refs
    with new[0].open() as stream:
        assert (digest, b"%PDF") == (new[0].sha256, stream.read())


@pytest.mark.parametrize("name", ["letter.onbekend", "letter", "letter.txt.gz"])
def test_a_file_of_unknown_kind_is_bytes(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert "application/octet-stream" == drafting.documents([tmp_path / name], bytes)[0][0]["media_type"]


def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a directory"):
        drafting.documents([tmp_path], bytes)


def test_a_pipe_or_a_device_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pijp.pdf")
    for path in (tmp_path / "pijp.pdf", Path("/dev/zero")):
        with pytest.raises(UsageError, match="a pipe or a device"):
            drafting.documents([path], bytes)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        drafting.documents([tmp_path / "nowhere.pdf"], bytes)


def test_files_go_with_events_that_take_them() -> None:
    with pytest.raises(UsageError, match="takes no files"):
        drafting.with_documents(EDITED, None, [{"id": "x"}])
    assert {"documents": [{"id": "x"}]} == drafting.with_documents(REGISTERED, None, [{"id": "x"}])
