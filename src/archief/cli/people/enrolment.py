"""The events that make keys count, and requests to enrol a key that lies on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from archief import canonical, keys
from archief.cli import drafting
from archief.cli.wording import draft
from archief.draft import Draft
from archief.errors import MalformedError
from archief.events import envelope
from archief.keys import KeyFile, PublicKey

REQUEST_BYTES_MAX = 16_384


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the holder of a key sends to an archivaris: the public half and the proof that the holder has the secret."""

    form: Literal["archief/enrolment/v1"]
    origin: str
    person: str
    proof: str
    public: str
    type: Literal[1, 6]
    use: Literal["cosigner", "person"]


def proof_of(origin: str, stream: str, key: keys.SigningKey) -> str:
    """A key's signature over whose and of which log it will be (format.md §2)."""
    return canonical.base64_encode(key.sign(envelope.possession_message(origin, stream, key.public.id)))


def enrolled(origin: str, person: str, file: KeyFile) -> Draft:
    """The enrolment of a person's or cosigner's key.

    Args:
        origin: the log.
        person: whose key it is.
        file: the opened key file.
    """
    key = file.keys[0]
    public = {"public": canonical.base64_encode(key.public.public), "type": key.public.type}
    return draft("key_enrolled", person, {"key": public, "proof": proof_of(origin, person, key), "use": file.use})


def rotated(origin: str, archive: str, file: KeyFile, *, ground: str | None, suspect_from: int | None) -> Draft:
    """The change of the log's keys to those of a key file.

    Args:
        origin: the log.
        archive: the archive's own stream.
        file: the opened key file.
        ground: why.
        suspect_from: entry from which the old keys are not trusted.
    """
    facts = {
        "log_keys": [{"public": canonical.base64_encode(key.public), "type": key.type} for key in file.public],
        "proofs": [proof_of(origin, archive, key) for key in file.keys],
        "ground": ground,
        "suspect_from": suspect_from,
    }
    return draft("log_key_rotated", archive, {name: value for name, value in facts.items() if value is not None})


def request(origin: str, person: str, file: KeyFile) -> bytes:
    """Write a request to enrol a key, for an archivaris on another machine."""
    key = file.keys[0]
    made = Request(
        form="archief/enrolment/v1",
        origin=origin,
        person=person,
        proof=proof_of(origin, person, key),
        public=canonical.base64_encode(key.public.public),
        type=1 if key.public.type == keys.ED25519 else 6,
        use="cosigner" if file.use == "cosigner" else "person",
    )
    return canonical.encode(made) + b"\n"


def requested(path: Path, origin: str) -> tuple[str, Draft]:
    """Read a request: the person it names, and the enrolment.

    Raises:
        MalformedError: not a request, or one for another log.
        SignatureError: it does not prove that somebody holds the key.
        KeyRefusedError: a key that no archive may accept.
    """
    where = str(path)
    with drafting.opened(str(path)) as file:
        raw = file.read(REQUEST_BYTES_MAX)
    found = canonical.decode_as(msgspec.json.Decoder(Request), raw.removesuffix(b"\n"), where)
    if found.origin != origin:
        raise MalformedError(f"a request for the log {found.origin}, this one is {origin}", where=where)
    public = PublicKey.checked(found.type, canonical.base64_decode(found.public, where), where)
    message = envelope.possession_message(origin, found.person, public.id)
    keys.verify(public, message, canonical.base64_decode(found.proof, where), where)
    facts = {"key": {"public": found.public, "type": found.type}, "proof": found.proof, "use": found.use}
    return found.person, draft("key_enrolled", found.person, facts)
