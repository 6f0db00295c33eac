"""Which keys are accepted, and that a key file keeps its secret and cannot be changed unnoticed."""

from __future__ import annotations

import hashlib
import json
import pickle
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archief import keys
from archief.errors import ArchiefError, KeyRefusedError, MalformedError, PassphraseError, SignatureError
from archief.keys import ED25519, MLDSA44, Cost, PublicKey

CHEAP = Cost(log2_n=10)
P = 2**255 - 19

# The points of order 1, 2, 4 and 8 in canonical form. The curve's group has 8 · (a prime) points, so there are eight.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


def encoded(y: int, sign: int) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def entropy_of(seed: bytes) -> keys.Entropy:
    def blocks() -> Iterator[int]:
        number = 0
        while True:
            yield from hashlib.sha256(seed + number.to_bytes(8, "big")).digest()
            number += 1

    source = blocks()
    return lambda length: bytes(next(source) for _ in range(length))


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_key_of_small_order_is_refused(point: str) -> None:
    with pytest.raises(KeyRefusedError, match="small order"):
        PublicKey.checked(ED25519, bytes.fromhex(point))


def test_the_list_of_small_order_points_is_whole() -> None:
    found = {bytes.fromhex(point) for point in SMALL_ORDER}
    assert len(found) == 8
    for point in found:
        y = int.from_bytes(point, "little") & (2**255 - 1)
        x = keys._recover_x(y)
        assert x is not None
        for _ in range(3):
            x, y = keys._double(x, y)
        assert (x, y) == (0, 1)


@pytest.mark.parametrize("y", range(P, 2**255))
def test_every_encoding_beyond_the_field_is_refused(y: int) -> None:
    for sign in (0, 1):
        with pytest.raises(KeyRefusedError, match="canonical"):
            PublicKey.checked(ED25519, encoded(y, sign))


@pytest.mark.parametrize("y", [1, P - 1])
def test_a_sign_on_a_zero_is_refused(y: int) -> None:
    with pytest.raises(KeyRefusedError, match="canonical"):
        PublicKey.checked(ED25519, encoded(y, 1))


def test_what_is_no_point_of_the_curve_is_refused() -> None:
    with pytest.raises(KeyRefusedError, match="not a point"):
        PublicKey.checked(ED25519, encoded(2, 0))


def test_the_key_that_signs_everything_verifies_nothing() -> None:
    # Dependencies hand this to OpenSSL, which accepts: R and A neutral, S zero.
    neutral = PublicKey(ED25519, bytes.fromhex(SMALL_ORDER[0]))
    with pytest.raises(KeyRefusedError):
        keys.verify(neutral, b"any message", neutral.public + bytes(32))


@pytest.mark.parametrize(("kind", "length"), [(ED25519, 31), (ED25519, 33), (MLDSA44, 32), (MLDSA44, 1313), (4, 32)])
def test_a_key_of_another_length_or_type_is_refused(kind: int, length: int) -> None:
    with pytest.raises(KeyRefusedError):
        PublicKey.checked(kind, bytes(length))


def test_an_id_is_the_hash_of_type_and_key() -> None:
    key = keys.signing_key(ED25519, bytes(32)).public
    assert hashlib.sha256(b"\x01" + key.public).hexdigest() == key.id


@pytest.mark.parametrize("kind", [ED25519, MLDSA44])
def test_a_signature_holds_for_its_key_and_message_only(kind: int) -> None:
    mine, other = keys.signing_key(kind, bytes(32)), keys.signing_key(kind, bytes([1]) * 32)
    signature = mine.sign(b"message")
    assert keys.SIGNATURE_BYTES[kind] == len(signature)
    assert keys.PUBLIC_BYTES[kind] == len(mine.public.public)
    keys.verify(mine.public, b"message", signature)
    for public, message, wrong in (
        (other.public, b"message", signature),
        (mine.public, b"massage", signature),
        (mine.public, b"message", signature[:-1]),
        (mine.public, b"message", signature + b"\x00"),
        (mine.public, b"message", b""),
        (mine.public, b"message", bytes([signature[0] ^ 1]) + signature[1:]),
    ):
        with pytest.raises(SignatureError):
            keys.verify(public, message, wrong)


@given(st.binary(min_size=32, max_size=32))
def test_every_honest_key_is_accepted(seed: bytes) -> None:
    public = keys.signing_key(ED25519, seed).public
    assert public == PublicKey.checked(ED25519, public.public)


def test_a_seed_of_another_length_or_type_is_refused() -> None:
    for kind, seed in ((ED25519, bytes(31)), (MLDSA44, bytes(33)), (4, bytes(32))):
        with pytest.raises(KeyRefusedError):
            keys.signing_key(kind, seed)


@pytest.mark.parametrize("use", ["person", "log", "cosigner"])
def test_a_key_file_opens_with_its_passphrase(use: keys.Use) -> None:
    made = keys.generate("griffie", use, entropy_of(b"1"))
    sealed = keys.seal(made, b"passphrase", entropy_of(b"2"), CHEAP)
    opened = keys.unseal(sealed, b"passphrase")
    assert (made.name, made.use, made.public) == (opened.name, opened.use, opened.public)
    assert [key.seed for key in made.keys] == [key.seed for key in opened.keys]
    card = keys.read_card(sealed)
    assert (made.name, made.use, made.public) == (card.name, card.use, card.public)
    signature = opened.keys[0].sign(b"m")
    keys.verify(card.public[0], b"m", signature)


def test_a_log_has_both_kinds_of_key() -> None:
    assert (ED25519, MLDSA44) == tuple(key.type for key in keys.generate("o", "log", entropy_of(b"")).public)


def test_a_key_file_says_first_that_it_is_secret() -> None:
    sealed = keys.seal(keys.generate("a", "person", entropy_of(b"1")), b"p", entropy_of(b"2"), CHEAP)
    assert sealed.startswith(b'{"PRIVATE KEY":"archief/key/v1",')
    assert sealed.endswith(b"}\n")


@given(st.binary(min_size=1, max_size=40), st.binary(max_size=40))
def test_a_wrong_passphrase_is_refused(right: bytes, wrong: bytes) -> None:
    sealed = keys.seal(keys.generate("a", "person", entropy_of(b"1")), right, entropy_of(b"2"), CHEAP)
    if right == wrong or _same_for_hmac(right, wrong):
        return
    with pytest.raises(PassphraseError):
        keys.unseal(sealed, wrong)


def _same_for_hmac(one: bytes, other: bytes) -> bool:
    """PBKDF2 pads a short password with zero bytes: those that differ in trailing zeros alone are one password."""
    return one.rstrip(b"\0") == other.rstrip(b"\0")


def test_an_empty_passphrase_seals_nothing() -> None:
    with pytest.raises(PassphraseError):
        keys.seal(keys.generate("a", "person", entropy_of(b"1")), b"", entropy_of(b"2"), CHEAP)


def test_any_changed_byte_is_refused() -> None:
    sealed = keys.seal(keys.generate("a", "person", entropy_of(b"1")), b"p", entropy_of(b"2"), CHEAP)
    for place in range(len(sealed)):
        for bit in (0, 5):
            changed = sealed[:place] + bytes([sealed[place] ^ 1 << bit]) + sealed[place + 1 :]
            with pytest.raises(ArchiefError):
                keys.unseal(changed, b"p")


def test_any_cut_is_refused() -> None:
    sealed = keys.seal(keys.generate("a", "person", entropy_of(b"1")), b"p", entropy_of(b"2"), CHEAP)
    for cut in (*range(len(sealed)), -1):
        with pytest.raises(MalformedError):
            keys.unseal(sealed[:cut], b"p")
    with pytest.raises(MalformedError):
        keys.unseal(sealed + b"\n", b"p")


def test_a_file_that_asks_for_too_much_is_refused_before_it_gets_it() -> None:
    sealed = json.loads(keys.seal(keys.generate("a", "person", entropy_of(b"1")), b"p", entropy_of(b"2"), CHEAP))
    for cost in ({"log2_n": 40, "p": 1, "r": 8}, {"log2_n": 10, "p": 5, "r": 8}, {"log2_n": 10, "p": 1, "r": 9}):
        changed = json.dumps(sealed | {"cost": cost}, separators=(",", ":"), sort_keys=True).encode() + b"\n"
        with pytest.raises(MalformedError, match="cost"):
            keys.unseal(changed, b"p")


def test_a_key_file_with_another_uses_keys_is_refused() -> None:
    made = keys.generate("a", "person", entropy_of(b"1"))
    with pytest.raises(KeyRefusedError):
        keys.seal(keys.KeyFile(name="a", use="log", keys=made.keys), b"p", entropy_of(b"2"), CHEAP)
    sealed = keys.seal(made, b"p", entropy_of(b"2"), CHEAP)
    with pytest.raises(MalformedError, match="log"):
        keys.read_card(sealed.replace(b'"use":"person"', b'"use":"log"'))
    with pytest.raises(PassphraseError):
        keys.unseal(sealed.replace(b'"use":"person"', b'"use":"cosigner"'), b"p")


def test_public_halves_of_another_key_are_refused() -> None:
    sealed = keys.seal(keys.generate("a", "person", entropy_of(b"1")), b"p", entropy_of(b"2"), CHEAP)
    other = keys.seal(keys.generate("a", "person", entropy_of(b"3")), b"p", entropy_of(b"2"), CHEAP)
    mixed = json.loads(sealed) | {"public": json.loads(other)["public"]}
    with pytest.raises(PassphraseError):
        keys.unseal(json.dumps(mixed, separators=(",", ":"), sort_keys=True).encode() + b"\n", b"p")


class Impostor:
    """A key that shows another's public half."""

    seed = bytes([1]) * 32
    public = keys.signing_key(ED25519, bytes(32)).public

    def sign(self, message: bytes) -> bytes:
        raise NotImplementedError


def test_a_file_whose_halves_do_not_belong_together_is_refused() -> None:
    sealed = keys.seal(keys.KeyFile(name="a", use="person", keys=(Impostor(),)), b"p", entropy_of(b"2"), CHEAP)
    with pytest.raises(KeyRefusedError, match="not those of its secrets"):
        keys.unseal(sealed, b"p")


@pytest.mark.parametrize("part", ["nonce", "salt", "sealed"])
def test_a_part_of_another_length_is_refused(part: str) -> None:
    sealed = keys.seal(keys.generate("a", "person", entropy_of(b"1")), b"p", entropy_of(b"2"), CHEAP)
    changed = json.loads(sealed) | {part: "AAAA"}
    with pytest.raises(MalformedError, match="length"):
        keys.unseal(json.dumps(changed, separators=(",", ":"), sort_keys=True).encode() + b"\n", b"p")


def test_a_source_that_gives_less_randomness_than_asked_is_not_used() -> None:
    with pytest.raises(AssertionError):
        keys.generate("a", "person", lambda length: bytes(length - 1))


def test_no_secret_shows_in_a_repr() -> None:
    made = keys.generate("a", "log", entropy_of(b"1"))
    for key in made.keys:
        assert key.seed.hex() not in repr(made)
        assert repr(key.seed) not in repr(made)


def test_a_public_key_crosses_to_a_worker() -> None:
    key = keys.signing_key(ED25519, bytes(32)).public
    assert key == pickle.loads(pickle.dumps(key))


def test_a_cosigner_may_have_a_post_quantum_key_and_others_may_not() -> None:
    made = keys.generate("toezicht", "cosigner", secrets.token_bytes, (MLDSA44,))
    assert [key.public.type for key in made.keys] == [MLDSA44]
    opened = keys.unseal(keys.seal(made, b"geheim", secrets.token_bytes, CHEAP), b"geheim")
    assert opened.public == made.public
    with pytest.raises(KeyRefusedError, match="a person key is not of that type"):
        keys.generate("burgemeester", "person", secrets.token_bytes, (MLDSA44,))
