"""A head is accepted with both of its log's signatures, and what else is written under it is told."""

from __future__ import annotations

import pytest

from archief.errors import KeyRefusedError, MalformedError, SignatureError
from archief.keys import COSIGNATURE_ED25519, ED25519, MLDSA44, Ed25519SigningKey, MlDsaSigningKey, SigningKey
from archief.tlog import note
from archief.tlog.checkpoint import (
    EMPTY_ROOT,
    Checkpoint,
    cosign,
    judge_checkpoint,
    open_checkpoint,
    sign_checkpoint,
)
from archief.tlog.head import format_head, parse_head

ORIGIN = "archief.example/5f0c91d2"
HEAD = Checkpoint(ORIGIN, 42, bytes(range(32)))
LOG: list[SigningKey] = [Ed25519SigningKey(bytes(32)), MlDsaSigningKey(bytes(32))]
PUBLIC = [key.public for key in LOG]
WITNESS = Ed25519SigningKey(bytes([7]) * 32)
WITNESS_PQ = MlDsaSigningKey(bytes([7]) * 32)
KNOWN = [
    note.verifier("witness.example", COSIGNATURE_ED25519, WITNESS.public.public),
    note.verifier("witness.example", MLDSA44, WITNESS_PQ.public.public),
]


def without(raw: bytes, place: int) -> bytes:
    parsed = note.parse_note(raw)
    return note.format_note(parsed.text, [line for at, line in enumerate(parsed.lines) if at != place])


def broken(raw: bytes, place: int) -> bytes:
    parsed = note.parse_note(raw)
    lines = list(parsed.lines)
    line = lines[place]
    lines[place] = note.SignatureLine(line.name, line.key_id, line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    return note.format_note(parsed.text, lines)


def test_a_head_reads_back_as_it_was_signed() -> None:
    opened = open_checkpoint(sign_checkpoint(HEAD, LOG), ORIGIN, PUBLIC)
    assert HEAD == opened.head
    assert [(ORIGIN, None), (ORIGIN, 0)] == [(one.name, one.timestamp) for one in opened.signatures]
    assert ((), ()) == (opened.cosignatures, opened.findings)


def test_the_lines_are_of_the_types_the_format_names() -> None:
    raw = sign_checkpoint(HEAD, LOG)
    lengths = [len(line.signature) for line in note.parse_note(raw).lines]
    assert [64, 8 + 2420] == lengths


@pytest.mark.parametrize("place", [0, 1])
def test_a_head_with_one_of_its_logs_signatures_gone_or_wrong_is_refused(place: int) -> None:
    raw = sign_checkpoint(HEAD, LOG)
    for changed in (without(raw, place), broken(raw, place)):
        with pytest.raises(SignatureError, match=f"type {PUBLIC[place].type}"):
            open_checkpoint(changed, ORIGIN, PUBLIC)
        assert (PUBLIC[place],) == judge_checkpoint(changed, ORIGIN, PUBLIC).missing


def test_every_changed_text_is_refused() -> None:
    raw = sign_checkpoint(HEAD, LOG)
    for place in range(len(format_head(HEAD))):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises((SignatureError, MalformedError)):
            open_checkpoint(changed, ORIGIN, PUBLIC)


def test_cosignatures_of_both_types_are_verified_with_their_time() -> None:
    raw = cosign(cosign(sign_checkpoint(HEAD, LOG), "witness.example", WITNESS, 5), "witness.example", WITNESS_PQ, 6)
    opened = open_checkpoint(raw, ORIGIN, PUBLIC, KNOWN)
    assert [(COSIGNATURE_ED25519, 5), (MLDSA44, 6)] == [
        (one.verifier.type, one.timestamp) for one in opened.cosignatures if one.verifier
    ]
    assert () == opened.findings


def test_unknown_and_wrong_lines_of_others_are_told_and_the_head_stands() -> None:
    raw = cosign(sign_checkpoint(HEAD, LOG), "witness.example", WITNESS, 5)
    assert ["unknown"] == [one.verdict for one in open_checkpoint(raw, ORIGIN, PUBLIC).findings]
    opened = open_checkpoint(broken(raw, 2), ORIGIN, PUBLIC, KNOWN)
    assert ["invalid"] == [one.verdict for one in opened.findings]
    assert () == opened.cosignatures


def test_an_unknown_line_under_the_logs_own_name_is_told() -> None:
    stranger = Ed25519SigningKey(bytes([9]) * 32)
    raw = note.add_lines(sign_checkpoint(HEAD, LOG), [note.sign_text(format_head(HEAD), ORIGIN, stranger, ED25519)])
    assert ["unknown"] == [one.verdict for one in open_checkpoint(raw, ORIGIN, PUBLIC).findings]


def test_a_head_of_another_log_is_refused_even_by_the_same_keys() -> None:
    other = Checkpoint("archief.example/another", 42, HEAD.root)
    text = format_head(other)
    lines = [note.sign_text(text, ORIGIN, key, key.public.type) for key in LOG]
    with pytest.raises(SignatureError, match="not of"):
        open_checkpoint(note.format_note(text, lines), ORIGIN, PUBLIC)


def test_a_head_is_not_opened_without_keys() -> None:
    with pytest.raises(SignatureError, match="no key"):
        open_checkpoint(sign_checkpoint(HEAD, LOG), ORIGIN, [])
    with pytest.raises(MalformedError, match="there are none"):
        sign_checkpoint(HEAD, [])


def test_a_weak_log_key_opens_nothing() -> None:
    weak = type(PUBLIC[0])(ED25519, bytes([1]) + bytes(31))
    with pytest.raises(KeyRefusedError):
        open_checkpoint(sign_checkpoint(HEAD, LOG), ORIGIN, [weak])


def test_a_cosigner_has_a_name_and_a_time_of_its_own() -> None:
    raw = sign_checkpoint(HEAD, LOG)
    for name, timestamp in ((ORIGIN, 5), ("witness.example", 0), ("witness.example", -1), ("a b", 5)):
        with pytest.raises(MalformedError):
            cosign(raw, name, WITNESS, timestamp)


def test_extension_lines_are_refused_in_ours_and_read_in_others() -> None:
    text = format_head(HEAD) + b"more\n"
    lines = [note.sign_text(text, ORIGIN, key, key.public.type) for key in LOG]
    with pytest.raises(MalformedError, match="extension"):
        open_checkpoint(note.format_note(text, lines), ORIGIN, PUBLIC)
    assert HEAD == parse_head(text, extensions=True)


ROOT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"\n42\n{ROOT}\n",
        f"o\n42\n{ROOT}",
        f"o\n42\n{ROOT}\n\n",
        f"o\n042\n{ROOT}\n",
        f"o\n+42\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n4_2\n{ROOT}\n",
        f"o\n٤\n{ROOT}\n",
        f"o\n 42\n{ROOT}\n",
        f"o\n9223372036854775808\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        "o\n42\n\n",
        "o\n42\n",
        "o\n42\nAAAA\n",
        f"o\n42\n{ROOT[:-1]}\n",
        f"o\n42\n{ROOT[:-2]}9=\n",
        f"o\n42\n{ROOT} \n",
        f"o\n0\n{ROOT}\n",
        f"{'o' * 256}\n42\n{ROOT}\n",
        f"42\n{ROOT}\n",
    ],
)
def test_a_text_of_any_other_form_is_refused(text: str) -> None:
    parse_head(f"o\n42\n{ROOT}\n".encode())
    with pytest.raises(MalformedError):
        parse_head(text.encode())


def test_a_text_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(MalformedError, match="UTF-8"):
        parse_head(f"\xff\n42\n{ROOT}\n".encode("latin-1"))


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint("", 1, bytes(32)),
        Checkpoint("a\nb", 1, bytes(32)),
        Checkpoint("a", -1, bytes(32)),
        Checkpoint("a", 1, bytes(31)),
        Checkpoint("a", 0, bytes(32)),
        Checkpoint("a", 2**63, bytes(32)),
    ],
)
def test_a_head_that_cannot_be_read_is_not_written(head: Checkpoint) -> None:
    with pytest.raises(MalformedError):
        format_head(head)


def test_an_empty_log_has_a_head() -> None:
    head = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert head == open_checkpoint(sign_checkpoint(head, LOG), ORIGIN, PUBLIC).head
