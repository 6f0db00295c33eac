"""The form of a note, exhaustively mangled, and the three words for a signature: verified, unknown, invalid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archief import canonical
from archief.errors import ArchiefError, KeyRefusedError, MalformedError, SignatureError
from archief.keys import COSIGNATURE_ED25519, ED25519, MLDSA44, MlDsaSigningKey, SigningKey, signing_key
from archief.tlog import note

TEXT = b"first\n\nlast\n"
HEAD = b"archief.example/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
MINE, OTHER = signing_key(ED25519, bytes(32)), signing_key(ED25519, bytes([1]) * 32)
POST_QUANTUM = MlDsaSigningKey(bytes(32))


def known(name: str, key: SigningKey, kind: int = ED25519) -> note.Verifier:
    return note.verifier(name, kind, key.public.public)


def signed(text: bytes = TEXT, *signers: tuple[str, SigningKey]) -> bytes:
    return note.format_note(
        text, [note.sign_text(text, name, key, ED25519) for name, key in signers or (("mine", MINE),)]
    )


def test_the_last_empty_line_ends_the_text() -> None:
    opened = note.open_note(signed(), [known("mine", MINE)])
    assert TEXT == opened.text
    assert ["verified"] == [one.verdict for one in opened.signatures]


def test_every_changed_byte_of_text_or_signature_is_refused() -> None:
    raw = signed()
    for place in range(len(raw)):
        for bit in (0, 3, 7):
            changed = raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
            with pytest.raises(ArchiefError):
                note.open_note(changed, [known("mine", MINE)])


def test_every_cut_is_refused() -> None:
    raw = signed()
    for begin in range(len(raw)):
        for end in range(begin, len(raw)) if begin < 3 else [len(raw)]:
            if (begin, end) != (0, len(raw)):
                with pytest.raises(ArchiefError):
                    note.open_note(raw[begin:end], [known("mine", MINE)])


def test_unknown_and_invalid_are_two_words() -> None:
    raw = signed(TEXT, ("mine", MINE), ("other", OTHER))
    opened = note.open_note(raw, [known("mine", MINE)])
    assert [("mine", "verified"), ("other", "unknown")] == [(one.name, one.verdict) for one in opened.signatures]
    changed = raw.replace(b"last", b"lost")
    judged = note.judge_note(changed, [known("mine", MINE)])
    assert [("mine", "invalid"), ("other", "unknown")] == [(one.name, one.verdict) for one in judged.signatures]
    with pytest.raises(SignatureError, match="wrong"):
        note.open_note(changed, [known("mine", MINE)])
    with pytest.raises(SignatureError, match="no known key"):
        note.open_note(raw, [])


def test_the_same_name_with_another_key_is_unknown() -> None:
    raw = signed(TEXT, ("mine", MINE), ("mine", OTHER))
    opened = note.open_note(raw, [known("mine", MINE)])
    assert ["verified", "unknown"] == [one.verdict for one in opened.signatures]


def test_only_the_first_line_of_a_known_key_counts() -> None:
    right = note.sign_text(TEXT, "mine", MINE, ED25519)
    wrong = note.SignatureLine("mine", right.key_id, bytes(64))
    opened = note.open_note(note.format_note(TEXT, [right, wrong]), [known("mine", MINE)])
    assert ["verified"] == [one.verdict for one in opened.signatures]
    with pytest.raises(SignatureError):
        note.open_note(note.format_note(TEXT, [wrong, right]), [known("mine", MINE)])


def test_a_repeated_unknown_line_is_dropped_but_not_another_one() -> None:
    right = note.sign_text(TEXT, "mine", MINE, ED25519)
    unknown = [note.SignatureLine("x", bytes(4), bytes([number])) for number in (1, 1, 2)]
    opened = note.open_note(note.format_note(TEXT, [right, *unknown]), [known("mine", MINE)])
    assert ["verified", "unknown", "unknown"] == [one.verdict for one in opened.signatures]


def test_two_known_keys_with_one_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(note.Verifier, "key_id", property(lambda _: b"same"))
    with pytest.raises(KeyRefusedError, match="two keys"):
        note.judge_note(signed(), [known("mine", MINE), known("mine", OTHER)])


def test_a_note_that_would_be_read_otherwise_is_not_written() -> None:
    line = note.SignatureLine("x", b"1234", b"5")
    for text, lines in (
        (b"text\n\n\xe2\x80\x94 x AAAAAAA=", [line]),
        (b"text", [line]),
        (b"", [line]),
        (b"text\n", []),
        (b"text\n", [note.SignatureLine("x", b"12345", b"5")]),
        (b"text\n", [note.SignatureLine("x", b"1234", b"")]),
    ):
        with pytest.raises(MalformedError):
            note.format_note(text, lines)


def test_a_hundred_signatures_are_read_and_no_more() -> None:
    lines = [note.SignatureLine("x", bytes(4), number.to_bytes(2, "big")) for number in range(99)]
    mine = note.sign_text(TEXT, "mine", MINE, ED25519)
    assert 100 == len(note.open_note(note.format_note(TEXT, [*lines, mine]), [known("mine", MINE)]).signatures)
    with pytest.raises(MalformedError, match="more than 100"):
        note.format_note(TEXT, [*lines, mine, lines[0]])


def test_a_note_that_is_too_long_is_refused() -> None:
    with pytest.raises(MalformedError, match="longer"):
        note.parse_note(b"x" * (note.NOTE_BYTES_MAX + 1))


@pytest.mark.parametrize(
    "block",
    [
        "— mine  AAAAAAA=",
        "—  AAAAAAA=",
        "— mine",
        "— mine ",
        "- mine AAAAAAA=",
        "—\u00a0mine AAAAAAA=",
        "— mi+ne AAAAAAA=",
        "— mi\u2003ne AAAAAAA=",
        "— mine AAAAAAA",
        "— mine AAAAAAB=",
        "— mine AAAA AAA=",
        "— mine AAAAAA==",
        "— mine AAAAAAA= ",
        "— mine AAAAAA-_",
        " — mine AAAAAAA=",
        "— mine AAAAAAA=\r",
        "— mine AAAAAAA=\nmore",
    ],
)
def test_a_line_of_any_other_form_is_refused(block: str) -> None:
    right = "— mine AAAAAAA=\n"
    note.parse_note(b"text\n\n" + right.encode())
    for raw in (f"text\n\n{block}\n", f"text\n\n{right}{block}\n", f"text\n\n{block}\n{right}"):
        with pytest.raises(MalformedError):
            note.parse_note(raw.encode())


def test_bytes_that_are_not_utf8_or_control_characters_are_refused() -> None:
    for wrong in (b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\x00", b"\t", b"\r", b"\x1f"):
        for raw in (
            b"te" + wrong + b"xt\n\n\xe2\x80\x94 x AAAAAAA=\n",
            b"t\n\n\xe2\x80\x94 x" + wrong + b" AAAAAAA=\n",
        ):
            with pytest.raises(MalformedError):
                note.parse_note(raw)


@given(st.text(min_size=1, max_size=300))
def test_a_name_stands_in_a_note_or_is_refused(name: str) -> None:
    line = note.SignatureLine(name, b"1234", b"5")
    try:
        note.check_name(name)
    except MalformedError:
        with pytest.raises((MalformedError, UnicodeEncodeError)):
            note.format_note(TEXT, [line])
        return
    assert (line,) == note.parse_note(note.format_note(TEXT, [line])).lines


@given(st.binary(max_size=200))
def test_whatever_is_read_is_written_back_the_same(raw: bytes) -> None:
    for candidate in (raw, b"text\n\n\xe2\x80\x94 x AAAAAAA=\n" + raw):
        try:
            parsed = note.parse_note(candidate)
        except MalformedError:
            continue
        assert candidate == note.format_note(parsed.text, parsed.lines)


def test_a_vkey_reads_back_as_it_was_written() -> None:
    for kind, key in ((ED25519, MINE), (COSIGNATURE_ED25519, MINE), (MLDSA44, POST_QUANTUM)):
        verifier = known("some.example/name", key, kind)
        assert verifier == note.parse_vkey(verifier.vkey)


def test_every_changed_character_or_cut_of_a_vkey_is_refused() -> None:
    vkey = known("mine", MINE).vkey
    for place in range(len(vkey)):
        for other in "A+0z ":
            if vkey[place] != other:
                with pytest.raises(ArchiefError):
                    note.parse_vkey(vkey[:place] + other + vkey[place + 1 :])
    with pytest.raises(MalformedError, match="without a key"):
        note.parse_vkey("mine+12345678+")
    for begin in range(len(vkey)):
        for end in range(begin, len(vkey) + 1):
            if (begin, end) != (0, len(vkey)):
                with pytest.raises(ArchiefError):
                    note.parse_vkey(vkey[begin:end])


def test_a_vkey_with_an_id_in_capitals_is_refused() -> None:
    verifier = next(
        found for found in (known(f"n{number}", MINE) for number in range(50)) if not found.key_id.hex().isdigit()
    )
    with pytest.raises(MalformedError):
        note.parse_vkey(verifier.vkey.replace(verifier.key_id.hex(), verifier.key_id.hex().upper()))


def test_a_key_of_small_order_has_no_vkey() -> None:
    weak = note.Verifier("weak", ED25519, bytes([1]) + bytes(31))
    with pytest.raises(KeyRefusedError):
        note.parse_vkey(weak.vkey)


def test_the_three_types_sign_three_messages() -> None:
    assert HEAD == note.signed_message(HEAD, "w", ED25519, 5)
    assert b"cosignature/v1\ntime 5\n" + HEAD == note.signed_message(HEAD, "w", COSIGNATURE_ED25519, 5)
    root = canonical.base64_decode("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    expected = b"subtree/v1\n\0\x01w" + bytes(7) + b"\x05\x11archief.example/1" + bytes(16) + root
    assert expected == note.signed_message(HEAD, "w", MLDSA44, 5)


def test_one_key_under_two_types_has_two_ids_and_no_signature_in_common() -> None:
    plain, cosigner = known("w", MINE), known("w", MINE, COSIGNATURE_ED25519)
    assert plain.key_id != cosigner.key_id
    line = note.sign_text(HEAD, "w", MINE, COSIGNATURE_ED25519, 7)
    assert 7 == note.verify_line(line, cosigner, HEAD)
    with pytest.raises(SignatureError):
        note.verify_line(line, plain, HEAD)
    with pytest.raises(SignatureError):
        note.verify_line(note.SignatureLine("w", plain.key_id, line.signature[8:]), plain, HEAD)


def test_a_cosignature_holds_for_its_time_only() -> None:
    for kind, key in ((COSIGNATURE_ED25519, MINE), (MLDSA44, POST_QUANTUM)):
        line = note.sign_text(HEAD, "w", key, kind, 7)
        for stamp in (bytes(8), (8).to_bytes(8, "big"), b"\xff" * 8, b""):
            changed = note.SignatureLine("w", line.key_id, stamp + line.signature[8:])
            with pytest.raises(SignatureError):
                note.verify_line(changed, known("w", key, kind), HEAD)
        with pytest.raises(SignatureError):
            note.verify_line(note.SignatureLine("w", line.key_id, b"short"), known("w", key, kind), HEAD)


def test_only_checkpoints_are_cosigned() -> None:
    with pytest.raises(MalformedError):
        note.sign_text(TEXT, "w", MINE, COSIGNATURE_ED25519, 7)
    line = note.SignatureLine("w", known("w", MINE, COSIGNATURE_ED25519).key_id, bytes(72))
    judged = note.judge_note(note.format_note(TEXT, [line]), [known("w", MINE, COSIGNATURE_ED25519)])
    assert ["invalid"] == [one.verdict for one in judged.signatures]


def test_a_time_that_does_not_fit_is_refused() -> None:
    for timestamp in (-1, 2**63):
        with pytest.raises(MalformedError):
            note.sign_text(HEAD, "w", MINE, COSIGNATURE_ED25519, timestamp)


def test_a_key_makes_signatures_of_its_own_algorithm_only() -> None:
    for key, kind in ((MINE, MLDSA44), (POST_QUANTUM, ED25519), (MINE, 2)):
        with pytest.raises(KeyRefusedError):
            note.sign_text(HEAD, "w", key, kind)


def test_a_new_line_replaces_the_old_one_of_its_key() -> None:
    raw = note.format_note(HEAD, [note.sign_text(HEAD, "w", MINE, COSIGNATURE_ED25519, 7)])
    again = note.add_lines(raw, [note.sign_text(HEAD, "w", MINE, COSIGNATURE_ED25519, 8)])
    opened = note.open_note(again, [known("w", MINE, COSIGNATURE_ED25519)])
    assert [8] == [one.timestamp for one in opened.signatures]
