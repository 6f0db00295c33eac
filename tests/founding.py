"""Archives for tests: founded from seeded entropy and a made-up clock, in a folder or in memory, with people in them.

    archive = found(MemoryStorage())
    archive.append(archive.letter("Uitkomst onderzoek fietsenstalling"))

The keys are made from the word in ``seed``; whoever reads this can make them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from archief import admission, canonical, keys, publishing
from archief.draft import Draft, draft, new_stream
from archief.errors import ArchiefError
from archief.events import envelope
from archief.heads import Heads
from archief.journal import Appended, Journal
from archief.keys import Entropy, KeyFile, PublicKey, SigningKey
from archief.log import Log
from archief.references import References
from archief.rules import lifecycle
from archief.storage.base import NewDocument, Storage
from archief.storage.local import LocalStorage
from archief.tlog import merkle
from archief.verification.whole import verify

ORIGIN = "archief.voorbeeld.nl/5f0c91d2"
START = dt.datetime(2021, 1, 14, 9, 0, tzinfo=dt.UTC)


def seeded(seed: str) -> Entropy:
    """Bytes that look random and are the same every time: SHA-256 of the seed and a counter."""
    counter = itertools.count()
    left = bytearray()

    def draw(length: int) -> bytes:
        while len(left) < length:
            left.extend(hashlib.sha256(f"{seed}/{next(counter)}".encode()).digest())
        drawn = bytes(left[:length])
        del left[:length]
        return drawn

    return draw


@dataclass(frozen=True)
class Person:
    """Somebody who is enrolled, with the key that signs."""

    stream: str
    key: SigningKey


@dataclass
class Founded:
    """An archive with its people, its clock and its entropy."""

    journal: Journal
    entropy: Entropy
    log_keys: KeyFile
    stream: str
    archivaris: Person
    people: list[Person] = field(default_factory=list)
    now: dt.datetime = START

    @property
    def storage(self) -> Storage:
        return self.journal.storage

    def append(self, *drafts: Draft, by: Person | None = None, journal: Journal | None = None, **how: Any) -> Appended:
        """Append, a second after the time before; by the archivaris where nobody is named."""
        self.now += dt.timedelta(seconds=1)
        signer = (by or self.archivaris).key
        return (journal or self.journal).append(drafts, signer, self.now, self.entropy, **how)

    def append_unruled(self, *drafts: Draft, by: Person | None = None) -> Appended:
        """Append as another program would that keeps no rules of letters and dossiers; every signature is good."""
        with (
            mock.patch.object(lifecycle, "refusal", return_value=None),
            mock.patch.object(admission, "NUMBERED_TYPES", frozenset()),
            mock.patch.object(References, "check", return_value=None),
        ):
            return self.append(*drafts, by=by)

    def enrol(self, *roles: str) -> Person:
        """A new person with a key and roles."""
        person = Person(new_stream(self.entropy), self.new_key())
        drafts = enrolment(person, self.journal.authority.origin)
        self.append(*drafts, *(draft("role_granted.v1", person.stream, {"role": role}) for role in roles))
        self.people.append(person)
        return person

    def new_key(self) -> SigningKey:
        return keys.generate("test", "person", self.entropy).keys[0]

    def letter(
        self, subject: str = "Uitkomst onderzoek", documents: Sequence[bytes] = (), series: str | None = None
    ) -> Draft:
        """A new letter, with files when there are any, and a number of 2021 when a series shall issue one."""
        named = [self.document(content) for content in documents]
        data: dict[str, Any] = {"subject": subject, "date": "2021-01-14", "body": ["Het onderzoek is afgerond."]}
        if named:
            data["documents"] = [facts for facts, _ in named]
        stream = new_stream(self.entropy)
        facts: dict[str, Any] = {"kind": "raadsinformatiebrief"}
        if series is not None:
            facts |= {"series": series, "year": 2021}
        return draft("letter_registered.v1", stream, facts, data, documents=[document for _, document in named])

    def series(self, *settings: dict[str, Any]) -> Draft:
        """The rule set that sets up series of numbers; the usual one where none is given."""
        usual = {"series": "register", "pattern": "{year}-{number:05}", "start": 1}
        facts = {"rule_set": "nummering", "begin": "2021-01-01", "series": list(settings) or [usual]}
        return draft("rule_set_adopted.v1", self.stream, facts)

    def dossier(self) -> str:
        """A new dossier; gives its stream."""
        stream = new_stream(self.entropy)
        self.append(draft("dossier_opened.v1", stream, {"date": "2021-01-04"}, {"title": "Fietsenstalling"}))
        return stream

    def document(self, content: bytes) -> tuple[dict[str, Any], NewDocument]:
        """A file as a payload registers it, and as the storage takes it."""
        name, digest = self.entropy(16).hex(), hashlib.sha256(content).hexdigest()
        facts = {"id": name, "media_type": "text/plain", "name": "brief.txt", "sha256": digest, "size": len(content)}
        return facts, NewDocument(name, lambda: io.BytesIO(content), digest)

    def sign_head(self) -> bytes:
        return publishing.sign_head(self.journal, self.log_keys.keys)


def enrolment(person: Person, origin: str, use: str = "person", key: SigningKey | None = None) -> list[Draft]:
    """The events that enrol a person with a key."""
    return [
        draft("person_enrolled.v1", person.stream, {}, {"name": "S. de Vries"}),
        enrolled_key(person.stream, key or person.key, origin, use),
    ]


def enrolled_key(person: str, key: SigningKey, origin: str, use: str = "person") -> Draft:
    """The event that enrols a key, with its proof of possession."""
    proof = key.sign(envelope.possession_message(origin, person, key.public.id))
    facts = {"key": public_fact(key.public), "proof": canonical.base64_encode(proof), "use": use}
    return draft("key_enrolled.v1", person, facts)


def public_fact(public: PublicKey) -> dict[str, Any]:
    """A public key as facts hold it."""
    return {"public": canonical.base64_encode(public.public), "type": public.type}


def rotated(archive: Founded, fresh: list[SigningKey], signers: list[SigningKey] | None = None) -> Draft:
    """New log keys, each with its proof of possession."""
    proofs = [
        signer.sign(envelope.possession_message(ORIGIN, archive.stream, key.public.id))
        for key, signer in zip(fresh, signers or fresh, strict=True)
    ]
    facts = {
        "log_keys": [public_fact(key.public) for key in fresh],
        "proofs": [canonical.base64_encode(proof) for proof in proofs],
    }
    return draft("log_key_rotated.v1", archive.stream, facts)


def edited(stream: str, subject: str, **how: Any) -> Draft:
    """A letter's subject changes."""
    return draft("letter_edited.v1", stream, {}, {"subject": subject}, **how)


def founding(entropy: Entropy, log_keys: KeyFile, stream: str, archivaris: Person) -> list[Draft]:
    """The events of a first commit."""
    facts = {
        "origin": ORIGIN,
        "log_keys": [public_fact(public) for public in log_keys.public],
        "rule_sets": ["archiefwet-1995"],
        "test": True,
    }
    granted = [
        draft("role_granted.v1", archivaris.stream, {"role": role})
        for role in ("archivaris", "recordmanager", "behandelaar")
    ]
    return [
        draft("archive_founded.v1", stream, facts, {"organisation": "Gemeente Voorbeeld"}),
        *enrolment(archivaris, ORIGIN),
        *granted,
    ]


def unfounded(
    storage: Storage, *, seed: str = "archief", heads: Heads | None = None, index: Path | None = None
) -> Founded:
    """The people and keys of an archive whose first commit is still to come."""
    entropy = seeded(seed)
    log_keys = keys.generate(ORIGIN, "log", entropy)
    archivaris = Person(new_stream(entropy), keys.generate("archivaris", "person", entropy).keys[0])
    journal = Journal(storage, heads=heads, index=index)
    return Founded(journal, entropy, log_keys, new_stream(entropy), archivaris)


def found(storage: Storage, *, seed: str = "archief", heads: Heads | None = None, index: Path | None = None) -> Founded:
    """An archive with its first commit: the archivaris is recordmanager and behandelaar too."""
    archive = unfounded(storage, seed=seed, heads=heads, index=index)
    archive.append(*founding(archive.entropy, archive.log_keys, archive.stream, archive.archivaris))
    return archive


def folder(path: Path) -> LocalStorage:
    """The storage of a new folder, with the short patience of a test."""
    path.mkdir(parents=True, exist_ok=True)
    return LocalStorage(path, wait_seconds=5.0)


def small_archive(path: Path) -> Path:
    """A small archive with everything in it: letters, documents, an edit, a signed head. Gives its folder."""
    archive = found(folder(path))
    registered = archive.append(archive.letter("Fietsenstalling", [b"Geachte raadsleden,\n"]), archive.letter())
    archive.append(edited(registered.streams[0], "Fietsenstalling station"))
    archive.sign_head()
    archive.journal.close()
    return path


def recomputed_root(storage: Storage) -> str:
    """The root over every entry, from the bytes alone."""
    return merkle.root([merkle.leaf_hash(entry) for entry in Log(storage).entries()]).hex()


def faults(storage: Storage) -> list[str]:
    """What a whole verification finds, one sentence each."""
    return [fault.sentence() for fault in verify(storage, version="test").faults]


def refuses(archive: Founded, kind: type[ArchiefError], *drafts: Draft, **how: Any) -> ArchiefError:
    """The error of an append, that left no trace; the archive goes on as if nothing was tried."""
    storage = archive.storage
    before = archive.journal.size, archive.journal.root(), recomputed_root(storage), list(storage.document_ids())
    with pytest.raises(kind) as caught:
        archive.append(*drafts, **how)
    assert before == (
        archive.journal.size, archive.journal.root(), recomputed_root(storage), list(storage.document_ids())
    )  # fmt: skip
    assert [] == faults(storage)
    return caught.value
