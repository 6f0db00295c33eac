"""Keys: what a signature is worth, and how a secret is kept.

Knows two algorithms, Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204), and the encrypted file a secret lives in. Does not
know whose a key is or what it may sign: that stands in the log.

A public key is named by ``id``: hex SHA-256 of its type byte and its bytes. The type bytes are those of C2SP
signed-note.

>>> PublicKey.checked(ED25519, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")).id
'bcd1d56b5845f21e54ce5b764fc1d5520cc2c462e08fade2668dae9353621237'

A key file is one line of canonical JSON with a newline. Its first member says that it holds a secret:

    {"PRIVATE KEY":"archief/key/v1","cost":{"log2_n":15,"p":1,"r":8},"name":…,"nonce":…,
     "public":[{"id":…,"public":…,"type":1}],"salt":…,"sealed":…,"use":"person"}

``sealed`` is AES-256-GCM (NIST SP 800-38D) over the 32-byte seeds in the order of ``public``; its key is scrypt
(RFC 7914) of the passphrase; everything else in the file is its associated data. Nothing in the file can be changed
without being noticed when it is opened.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from archief import canonical
from archief.errors import KeyRefusedError, MalformedError, PassphraseError, SignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

ED25519 = 0x01
"""Signature type byte: plain Ed25519 (C2SP signed-note)."""

COSIGNATURE_ED25519 = 0x04
"""Signature type byte: a time-stamped Ed25519 cosignature of a checkpoint (C2SP tlog-cosignature)."""

MLDSA44 = 0x06
"""Signature type byte: ML-DSA-44 over a checkpoint or subtree (C2SP tlog-cosignature)."""

PUBLIC_BYTES = {ED25519: 32, MLDSA44: 1312}
"""Length of a public key, by type."""

SIGNATURE_BYTES = {ED25519: 64, MLDSA44: 2420}
"""Length of a bare signature, by type."""

SEED_BYTES = 32
"""Length of the secret seed, the same for both types."""

KEY_FILE_BYTES_MAX = 16_384
"""A key file is never longer than this."""

Entropy = Callable[[int], bytes]
"""Gives that many random bytes: ``os.urandom``, or a seeded source in tests and in the sample."""

Use = Literal["cosigner", "log", "person"]
"""A key has one use."""


class PublicKey(msgspec.Struct, frozen=True, order=False):
    """The public half of a key. Keys from outside are made with ``checked``.

    Args:
        type: the signature type byte, ``ED25519`` or ``MLDSA44``.
        public: its 32 or 1312 bytes.
    """

    type: int
    public: bytes

    @property
    def id(self) -> str:
        """Hex SHA-256 of type byte and key: the key's name in a commit."""
        return _id(self.type, self.public)

    @classmethod
    def checked(cls, type: int, public: bytes, where: str = "") -> PublicKey:  # noqa: A002 - the field's name
        """Take a key from outside, if an archive may accept it.

        Raises:
            KeyRefusedError: an unknown type, a wrong length, or an Ed25519 key that is not canonical, not on the curve
                or of small order (such a key accepts signatures that nobody made).
        """
        key = cls(type, bytes(public))
        _check(key, where)
        return key


@functools.lru_cache(maxsize=1_000)  # asked of the same few keys again and again
def _id(type: int, public: bytes) -> str:  # noqa: A002 - the field's name
    return hashlib.sha256(bytes([type]) + public).hexdigest()


class SigningKey(Protocol):
    """A key that signs. Its repr never shows the secret."""

    @property
    def public(self) -> PublicKey:
        """The public half."""

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes it is made from; only for sealing."""

    def sign(self, message: bytes) -> bytes:
        """Sign a message that begins with its own domain."""


class Ed25519SigningKey:
    """An Ed25519 key from its 32-byte seed (RFC 8032 section 5.1.5)."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - 25 ms

        _check_seed(seed)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.sign: Callable[[bytes], bytes] = self._key.sign
        self.public = PublicKey(ED25519, self._key.public_key().public_bytes_raw())

    @property
    def seed(self) -> bytes:
        """The secret; only for sealing."""
        return self._key.private_bytes_raw()

    def __repr__(self) -> str:
        return f"Ed25519SigningKey({self.public.id[:8]}…)"


class MlDsaSigningKey:
    """An ML-DSA-44 key from its 32-byte seed (FIPS 204 algorithm 6). Its signatures differ from call to call."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey  # noqa: PLC0415 - 25 ms

        _check_seed(seed)
        self._key = MLDSA44PrivateKey.from_seed_bytes(seed)
        self.public = PublicKey(MLDSA44, self._key.public_key().public_bytes_raw())

    @property
    def seed(self) -> bytes:
        """The secret; only for sealing."""
        return self._key.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign with an empty context string."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"MlDsaSigningKey({self.public.id[:8]}…)"


def verify(public: PublicKey, message: bytes, signature: bytes, where: str = "") -> None:
    """Demand that a signature is this key's over this message.

    Raises:
        SignatureError: it is not.
        KeyRefusedError: the key itself is one that no archive may accept.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - with the rest of the package

    parsed = _parsed(public)
    try:
        parsed.verify(signature, message)
    except InvalidSignature:
        raise SignatureError(f"the signature does not verify under key {public.id[:8]}", where=where) from None


def signing_key(type: int, seed: bytes) -> SigningKey:  # noqa: A002 - the field's name
    """The signing key of a type from its 32-byte seed.

    Raises:
        KeyRefusedError: an unknown type, or a seed of another length.
    """
    if type == ED25519:
        return Ed25519SigningKey(seed)
    if type == MLDSA44:
        return MlDsaSigningKey(seed)
    raise KeyRefusedError(f"unknown key type {type}")


@functools.lru_cache(maxsize=4096)
def _parsed(public: PublicKey) -> Ed25519PublicKey | MLDSA44PublicKey:
    """Check and parse a key once: the curve check and the parsing cost more than a verification."""
    _check(public, "")
    if public.type == ED25519:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - 25 ms

        return Ed25519PublicKey.from_public_bytes(public.public)
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # noqa: PLC0415 - 25 ms

    return MLDSA44PublicKey.from_public_bytes(public.public)


def _check_seed(seed: bytes) -> None:
    if len(seed) != SEED_BYTES:
        raise KeyRefusedError(f"a seed has {SEED_BYTES} bytes, not {len(seed)}")


def _check(key: PublicKey, where: str) -> None:
    expected = PUBLIC_BYTES.get(key.type)
    if expected is None:
        raise KeyRefusedError(f"unknown key type {key.type}", where=where)
    if len(key.public) != expected:
        raise KeyRefusedError(f"a key of type {key.type} has {expected} bytes, not {len(key.public)}", where=where)
    if key.type == ED25519:
        _check_point(key.public, where)


# Ed25519's curve -x² + y² = 1 + d·x²·y² over the field of p elements (RFC 8032 section 5.1). In plain Python: it runs
# once a key, and `cryptography` offers no check for small order.
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_1 = pow(2, (_P - 1) // 4, _P)


def _check_point(encoded: bytes, where: str) -> None:
    """Refuse what is not the one encoding of a curve point, or a point whose order divides 8."""
    wrong = _wrong_point(encoded)
    if wrong:
        raise KeyRefusedError(wrong, where=where)


@functools.lru_cache(maxsize=4096)
def _wrong_point(encoded: bytes) -> str:
    """What is wrong with an encoded point; empty when nothing is. The same keys are looked at again and again."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return "an Ed25519 key that is not in canonical form"
    x = _recover_x(y)
    if x is None:
        return "an Ed25519 key that is not a point of the curve"
    if x == 0 and sign:
        return "an Ed25519 key that is not in canonical form"
    # Order divides 8 exactly if doubling three times gives the neutral point (0, 1); the sign of x does not matter.
    for _ in range(3):
        x, y = _double(x, y)
    if (x, y) == (0, 1):
        return "an Ed25519 key of small order: it accepts signatures that nobody made"
    return ""


def _recover_x(y: int) -> int | None:
    """One of the two x of a point with this y, or None when there is none (RFC 8032 section 5.1.3)."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P == square:
        return x
    x = x * _SQRT_MINUS_1 % _P
    return x if x * x % _P == square else None


def _double(x: int, y: int) -> tuple[int, int]:
    """Twice a point, in affine form; the addition law of this curve has no exceptions."""
    product = _D * x * x * y * y % _P
    return (
        2 * x * y * pow(1 + product, -1, _P) % _P,
        (y * y + x * x) * pow(1 - product, -1, _P) % _P,
    )


class Cost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What scrypt is asked to spend: 128 · 2^log2_n · r bytes of memory, p times (RFC 7914 section 6).

    Bounded, so that a made-up file cannot ask for all memory.
    """

    log2_n: int = 15
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        if not (10 <= self.log2_n <= 20 and self.r == 8 and 1 <= self.p <= 4):
            raise ValueError("scrypt cost outside log2_n 10..20, r 8, p 1..4")


DEFAULT_COST = Cost()
"""32 MiB and about 60 ms: what a person waits for at every signed command.

OWASP's advice for password stores is three times as much (p 3). A key file is no store of other people's passwords, and
its price stands in the file, so that a later program may raise it.
"""


class KeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """An opened key file. A log's holds an Ed25519 and an ML-DSA-44 key, in that order; others hold one Ed25519 key.

    Args:
        name: the name its owner calls it by; for a log or cosigner the name in its signature lines.
        use: what it may sign.
        keys: the signing keys.
    """

    name: str
    use: Use
    keys: tuple[SigningKey, ...]

    @property
    def public(self) -> tuple[PublicKey, ...]:
        """The public halves, in the order of the keys."""
        return tuple(key.public for key in self.keys)


class KeyCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a key file says without its passphrase. Nothing of it is authenticated before the file is opened."""

    name: str
    use: Use
    public: tuple[PublicKey, ...]


class _Half(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    public: str
    type: int


class _Sealed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The file. ``sealed`` is left out (its default) where the rest is the associated data."""

    form: Literal["archief/key/v1"] = msgspec.field(name="PRIVATE KEY")
    cost: Cost
    name: str
    nonce: str
    public: list[_Half]
    salt: str
    sealed: str = ""
    use: Use


_FORM: Literal["archief/key/v1"] = "archief/key/v1"
_KINDS: dict[str, tuple[tuple[int, ...], ...]] = {
    "log": ((ED25519, MLDSA44),),
    "person": ((ED25519,),),
    "cosigner": ((ED25519,), (MLDSA44,)),
}
"""Per use the key types that a file of that use may hold; what is made when nothing is said stands first."""

_NONCE_BYTES = 12
_SALT_BYTES = 32
_TAG_BYTES = 16


def generate(name: str, use: Use, entropy: Entropy, types: tuple[int, ...] = ()) -> KeyFile:
    """Make the keys of a new key file.

    Args:
        name: what to call it.
        use: a log gets two keys, others one.
        entropy: where the seeds come from.
        types: the key types; none for what the use has. A cosigner may have ``(MLDSA44,)``.

    Raises:
        KeyRefusedError: types that a file of that use does not hold.
    """
    types = types or _KINDS[use][0]
    if types not in _KINDS[use]:
        raise KeyRefusedError(f"a {use} key is not of that type")
    return KeyFile(name=name, use=use, keys=tuple(signing_key(kind, _draw(entropy, SEED_BYTES)) for kind in types))


def seal(keyfile: KeyFile, passphrase: bytes, entropy: Entropy, cost: Cost = DEFAULT_COST) -> bytes:
    """Write a key file.

    Args:
        keyfile: the keys.
        passphrase: its bytes; not empty.
        entropy: where salt and nonce come from.
        cost: what opening it shall cost.

    Raises:
        PassphraseError: an empty passphrase.
        KeyRefusedError: the keys are not those of the use.
    """
    if not passphrase:
        raise PassphraseError("an empty passphrase protects nothing")
    if tuple(key.public.type for key in keyfile.keys) not in _KINDS[keyfile.use]:
        raise KeyRefusedError(f"not the keys of a {keyfile.use} key file")
    halves = [_Half(key.id, canonical.base64_encode(key.public), key.type) for key in keyfile.public]
    nonce, salt = _draw(entropy, _NONCE_BYTES), _draw(entropy, _SALT_BYTES)
    clear = _Sealed(
        form=_FORM,
        cost=cost,
        name=keyfile.name,
        nonce=canonical.base64_encode(nonce),
        public=halves,
        salt=canonical.base64_encode(salt),
        use=keyfile.use,
    )
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - only key files need it

    seeds = b"".join(key.seed for key in keyfile.keys)
    cipher = AESGCM(_stretch(passphrase, salt, cost))
    sealed = cipher.encrypt(nonce, seeds, canonical.encode(clear))
    return canonical.encode(msgspec.structs.replace(clear, sealed=canonical.base64_encode(sealed))) + b"\n"


def opener(encoded: bytes, passphrase: bytes, where: str = "") -> bytes:
    """What ``unseal`` derives of a passphrase: nearly all that opening a key file costs.

    Raises:
        MalformedError: not a key file.
        KeyRefusedError: a public half that no archive may accept.
    """
    file, _ = _read(encoded, where)
    return _stretch(passphrase, _fixed(file.salt, _SALT_BYTES, where), file.cost)


def unseal(encoded: bytes, passphrase: bytes, where: str = "", derived: bytes | None = None) -> KeyFile:
    """Open a key file; ``derived`` is its ``opener``, where somebody has it already.

    Raises:
        PassphraseError: the passphrase does not open it, or the file was changed.
        MalformedError: not a key file.
        KeyRefusedError: its public halves are not those of its secrets, or no archive may accept them.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - only key files need it
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - only key files need it

    file, public = _read(encoded, where)
    nonce, salt = _fixed(file.nonce, _NONCE_BYTES, where), _fixed(file.salt, _SALT_BYTES, where)
    sealed = _fixed(file.sealed, SEED_BYTES * len(public) + _TAG_BYTES, where)
    clear = canonical.encode(msgspec.structs.replace(file, sealed=""))
    try:
        seeds = AESGCM(derived or _stretch(passphrase, salt, file.cost)).decrypt(nonce, sealed, clear)
    except InvalidTag:
        raise PassphraseError(
            "the passphrase does not open this key file, or the file was changed",
            where=where,
            remedy="type the passphrase again, or take the file from a back-up",
        ) from None
    keys = tuple(
        signing_key(half.type, seeds[index * SEED_BYTES : (index + 1) * SEED_BYTES])
        for index, half in enumerate(public)
    )
    if tuple(key.public for key in keys) != public:
        raise KeyRefusedError("the public halves in this file are not those of its secrets", where=where)
    return KeyFile(name=file.name, use=file.use, keys=keys)


def read_card(encoded: bytes, where: str = "") -> KeyCard:
    """Read what a key file says without its passphrase: name, use, public halves.

    Raises:
        MalformedError: not a key file.
        KeyRefusedError: a public half that no archive may accept.
    """
    file, public = _read(encoded, where)
    return KeyCard(name=file.name, use=file.use, public=public)


@functools.lru_cache(maxsize=1)
def _decoder() -> msgspec.json.Decoder[_Sealed]:
    return msgspec.json.Decoder(_Sealed)


def _read(encoded: bytes, where: str) -> tuple[_Sealed, tuple[PublicKey, ...]]:
    if len(encoded) > KEY_FILE_BYTES_MAX or not encoded.endswith(b"\n"):
        raise MalformedError("not a key file: too long, or cut off", where=where)
    file = canonical.decode_as(_decoder(), encoded[:-1], where)
    if tuple(half.type for half in file.public) not in _KINDS[file.use]:
        raise MalformedError(f"not the keys of a {file.use} key file", where=where)
    public = tuple(
        PublicKey.checked(half.type, canonical.base64_decode(half.public, where), where) for half in file.public
    )
    if [half.id for half in file.public] != [key.id for key in public]:
        raise MalformedError("a key file whose ids are not those of its keys", where=where)
    return file, public


def _draw(entropy: Entropy, length: int) -> bytes:
    drawn = entropy(length)
    assert len(drawn) == length, "a source of randomness that gives less than it is asked"
    return drawn


def _fixed(text: str, length: int, where: str) -> bytes:
    raw = canonical.base64_decode(text, where)
    if len(raw) != length:
        raise MalformedError("a key file with a part of the wrong length", where=where)
    return raw


def _stretch(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    n = 1 << cost.log2_n
    memory = 128 * cost.r * (n + cost.p + 2) + 1024
    return hashlib.scrypt(passphrase, salt=salt, n=n, r=cost.r, p=cost.p, maxmem=memory, dklen=32)
