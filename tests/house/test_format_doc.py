"""docs/format.md shows what is really there: each example is the sample's, and the program's own decoders read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from archief import canonical, keys
from archief.cli import headfile
from archief.errors import ArchiefError
from archief.events import envelope
from archief.heads import Anchor, Head, Incident, Receipt
from archief.tlog import head as tlog_head
from archief.tlog import merkle, note, tiles
from archief.tlog import proof as tlog_proof
from scripts import format_examples
from scripts import founding_days as days

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
SAMPLE = format_examples.Sample(ROOT / "events")
BLOCKS = {found["name"]: found["text"].removesuffix("\n") for found in format_examples.BLOCK.finditer(PAGE)}
LOG_KEYS = [key.public for key in days.log_keys()]


def _content(name: str) -> bytes:
    """An example as it is, not shortened."""
    return format_examples.example(SAMPLE, name)


def _entry(seq: str) -> None:
    entry = _content(f"entry {seq}")
    if envelope.is_commit(entry):
        assert int(seq) == envelope.decode_commit(entry).seq
    else:
        assert int(seq) == envelope.decode_event(entry).seq


def _payload(seq: str) -> None:
    line, event = _content(f"payload {seq}"), SAMPLE.log.event(int(seq))
    assert int(seq) == envelope.decode_payload(event.type, line).seq
    assert event.payload == envelope.commitment(line)


def _commit_message(seq: str) -> None:
    commit = envelope.decode_commit(_content(f"entry {seq}"))
    public = SAMPLE.authority.public_key(commit.key)
    assert public is not None
    keys.verify(public, _content(f"commit-message {seq}"), canonical.base64_decode(commit.sig))


def _possession_message(seq: str) -> None:
    facts = SAMPLE.log.event(int(seq)).facts
    public = keys.PublicKey.checked(facts.key.type, canonical.base64_decode(facts.key.public))
    keys.verify(public, _content(f"possession-message {seq}"), canonical.base64_decode(facts.proof))


def _letter_message(seq: str) -> None:
    facts = SAMPLE.log.event(int(seq)).facts
    public = SAMPLE.authority.public_key(facts.key)
    assert public is not None
    keys.verify(public, _content(f"letter-message {seq}"), canonical.base64_decode(facts.signature))


def _checkpoint(path: str) -> None:
    raw = _content(f"checkpoint {path}")
    head = tlog_head.parse_head(note.parse_note(raw).text)
    assert SAMPLE.log.root(head.size) == head.root
    verifiers = [note.parse_vkey(line) for line in _content("vkeys").decode().splitlines()]
    assert {"verified"} == {one.verdict for one in note.judge_note(raw, verifiers).signatures}


def _cosignature_message(path: str) -> None:
    facts = SAMPLE.log.event(84).facts
    public = SAMPLE.authority.public_key(facts.key)
    assert public is not None
    keys.verify(public, _content(f"cosignature-message {path}"), canonical.base64_decode(facts.signature))
    line = note.parse_note(_content(f"checkpoint {path}")).lines[-1]
    assert facts.time.to_bytes(8, "big") + canonical.base64_decode(facts.signature) == line.signature


def _vkeys() -> None:
    read = [note.parse_vkey(line) for line in BLOCKS["vkeys"].splitlines() if "…" not in line]
    assert {days.ORIGIN, f"cosigner/{days.AUDITOR.cosigner_key.public.id[:16]}"} == {one.name for one in read}


def _leaf(seq: str) -> None:
    assert merkle.leaf_hash(SAMPLE.log.entry(int(seq))).hex() == BLOCKS[f"leaf {seq}"]


def _bundle(count: str) -> None:
    entries = tiles.decode_bundle(SAMPLE.public("tile/entries/000.p/86"), 86)
    assert list(SAMPLE.log.entries()) == entries
    first = bytes.fromhex(BLOCKS[f"bundle {count}"])
    assert len(entries[0]) == int.from_bytes(first[:2], "big")
    assert entries[0].startswith(first[2:])


def _tree() -> None:
    assert {f"events/log/{0:012d}.jsonl", "events/public/checkpoint"} < set(BLOCKS["tree"].splitlines())


def _proof(seq: str) -> None:
    parsed = tlog_proof.parse_proof(_content(f"proof {seq}"))
    leaf = merkle.leaf_hash(SAMPLE.log.entry(int(seq)))
    assert 86 == tlog_proof.verify_proof(parsed, leaf, days.ORIGIN, LOG_KEYS).head.size


def _consistency(old: str) -> None:
    assert int(old) == headfile.consistency(_content(f"consistency {old}") + b"\n", "").old.size


def _key_file() -> None:
    opened = keys.unseal(_content("key-file") + b"\n", format_examples.KEY_FILE_PASSPHRASE)
    assert (days.REINTS.key.public,) == opened.public


def _state(shape: type[Anchor | Head | Receipt | Incident]) -> Callable[[], None]:
    def parse() -> None:
        content = _content(shape.__name__.lower())
        assert isinstance(canonical.decode_as(msgspec.json.Decoder(shape), content), shape)

    return parse


def _lock() -> None:
    mark = canonical.decode(_content("lock"))
    documents = {one.id for one in SAMPLE.log.documents(SAMPLE.log.event(mark["size"]))}
    assert documents == set(mark["documents"])


PARSERS: dict[str, Callable[..., None]] = {
    "bundle": _bundle,
    "checkpoint": _checkpoint,
    "commit-message": _commit_message,
    "consistency": _consistency,
    "cosignature-message": _cosignature_message,
    "entry": _entry,
    "anchor": _state(Anchor),
    "head": _state(Head),
    "incident": _state(Incident),
    "key-file": _key_file,
    "leaf": _leaf,
    "letter-message": _letter_message,
    "lock": _lock,
    "payload": _payload,
    "possession-message": _possession_message,
    "proof": _proof,
    "receipt": _state(Receipt),
    "tree": _tree,
    "vkeys": _vkeys,
}


def test_the_page_shows_the_sample_as_it_is() -> None:
    assert format_examples.filled(PAGE, SAMPLE) == PAGE, "run scripts/regenerate.py"


@pytest.mark.parametrize("name", BLOCKS)
def test_an_example_is_read_by_the_real_decoder(name: str) -> None:
    word, *arguments = name.split(" ")
    PARSERS[word](*arguments)


@pytest.mark.parametrize("word", sorted(format_examples.EXAMPLES))
def test_every_kind_of_object_has_an_example(word: str) -> None:
    assert any(name.split(" ")[0] == word for name in BLOCKS)


@pytest.mark.parametrize("name", [name for name in BLOCKS if "…" not in BLOCKS[name]])
def test_a_whole_example_stands_there_byte_for_byte(name: str) -> None:
    assert _content(name).removesuffix(b"\n") == BLOCKS[name].replace("␀", "\0").encode()


def test_a_changed_example_is_noticed() -> None:
    changed = PAGE.replace('"seq":44', '"seq":45', 1)
    assert changed != PAGE
    assert PAGE == format_examples.filled(changed, SAMPLE)


def test_an_example_that_no_longer_fits_is_refused_by_its_decoder() -> None:
    entry = _content("entry 44").replace(b'"facts":{}', b'"facts":{"subject":"x"}')
    with pytest.raises(ArchiefError):
        envelope.decode_event(entry)


def test_the_limits_that_the_page_names_are_those_of_the_program() -> None:
    named = {number.replace(",", "") for number in re.findall(r"[0-9][0-9,]{2,}", PAGE)}
    program = (
        envelope.ENTRY_BYTES_MAX,
        envelope.PAYLOAD_BYTES_MAX,
        envelope.EVENTS_MAX,
        envelope.SEGMENT_ENTRIES,
    )
    assert {str(limit) for limit in program} <= named
