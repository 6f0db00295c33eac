"""The examples of docs/format.md, out of the sample archive: a block whose first line names one is filled in here.

    ```json entry 44
    {"facts":{},"payload":…}
    ```

The name is a word of ``EXAMPLES`` and its arguments. Long base64 (an ML-DSA-44 key or signature) is shortened with …, a
zero byte is shown as ␀. Knows where examples come from; does not know what the page says about them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archief import canonical, keys, publishing
from archief.cli.headfile import Consistency, End
from archief.events import envelope
from archief.events.envelope import Event
from archief.heads import Anchor, Head, Incident, Receipt
from archief.index import Index
from archief.log import Log
from archief.rules.authority import Authority
from archief.storage.local import LocalStorage
from archief.tlog import note, proof
from scripts import founding_days as days
from scripts import founding_letters as letters

BLOCK = re.compile(
    r"^```(?P<language>[a-z]+) (?P<name>[a-z-]+(?: [^\n`]+)?)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
"""A block with an example's name; one without is prose."""

LONG = re.compile(r"[A-Za-z0-9+/]{400,}={0,2}")
KEPT = 24
"""Characters kept at either end of what is too long to show."""

KEY_FILE_PASSPHRASE = b"published passphrase"


@dataclass(frozen=True)
class Sample:
    """The sample archive, opened for reading."""

    folder: Path

    @property
    def log(self) -> Log:
        """Its log."""
        return Log(LocalStorage(self.folder))

    @property
    def authority(self) -> Authority:
        """What held at its end."""
        authority = Authority()
        events: list[Event] = []
        for entry in self.log.entries():
            if envelope.is_commit(entry):
                authority.admit(envelope.decode_commit(entry), events)
                events = []
            else:
                events.append(envelope.decode_event(entry))
        return authority

    def entry(self, seq: str) -> bytes:
        """An entry's bytes."""
        return self.log.entry(int(seq))

    def payload(self, seq: str) -> bytes:
        """An entry's payload line."""
        return self.log.payload_line(int(seq)) or b""

    def public(self, path: str) -> bytes:
        """A public file."""
        return (self.folder / "public" / path).read_bytes()

    def leaf(self, seq: str) -> bytes:
        """The hash of an entry in the lowest tile that has it."""
        tile = self.public("tile/0/000.p/86")
        return tile[int(seq) * 32 : int(seq) * 32 + 32].hex().encode()

    def bundle(self, count: str) -> bytes:
        """The first bytes of the entry bundle, in hex."""
        return self.public("tile/entries/000.p/86")[: int(count)].hex(" ").encode()

    def tree(self) -> bytes:
        """The files."""
        paths = sorted(path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        shown = [path.as_posix() for path in paths if path.parts[0] in ("documents", "log", "payload", "public")]
        return "\n".join(f"events/{path}" for path in shown).encode()

    # what is signed

    def commit_message(self, seq: str) -> bytes:
        """What a commit's signature is over."""
        return envelope.commit_message(self.entry(seq))

    def possession_message(self, seq: str) -> bytes:
        """What the proof of possession in a key_enrolled is over."""
        event = self.log.event(int(seq))
        fact = event.facts.key
        public = keys.PublicKey(fact.type, canonical.base64_decode(fact.public))
        return envelope.possession_message(self.log.origin, event.stream, public.id)

    def letter_message(self, seq: str) -> bytes:
        """What the inner signature of a letter_signed is over."""
        event = self.log.event(int(seq))
        facts = event.facts
        return envelope.letter_message(
            self.log.origin, event.stream, facts.covers, facts.role, facts.on_behalf_of, facts.basis
        )

    def cosignature_message(self, path: str) -> bytes:
        """What the cosignature of a kept head is over."""
        text = note.parse_note(self.public(path)).text
        stamp = self.log.event(84).facts.time
        name = publishing.cosigner_name(days.AUDITOR.cosigner_key.public)
        return note.signed_message(text, name, keys.COSIGNATURE_ED25519, stamp)

    def vkeys(self) -> bytes:
        """The log's keys and the cosigner's as others paste them."""
        origin = self.log.origin
        known = [note.verifier(origin, key.public.type, key.public.public) for key in days.log_keys()]
        known += publishing.cosigner_verifiers(self.authority)
        return "\n".join(one.vkey for one in known).encode()

    # proofs

    def proof(self, seq: str) -> bytes:
        """The proof file of an entry."""
        hashes = tuple(self.log.inclusion_proof(int(seq)))
        return proof.format_proof(proof.LogProof(int(seq), hashes, self.public("checkpoint")))

    def consistency(self, old: str) -> bytes:
        """The proof that the log extends an earlier size."""
        log, tree = self.log, self.log.tree()
        made = Consistency(
            new=End(root=tree.root(log.size).hex(), size=log.size),
            old=End(root=tree.root(int(old)).hex(), size=int(old)),
            origin=log.origin,
            proof=[canonical.base64_encode(one) for one in log.consistency_proof(int(old))],
        )
        return canonical.encode(made)

    # outside the archive, and passing

    def key_file(self) -> bytes:
        """A person's key file, its seed sealed with a published passphrase."""
        file = keys.KeyFile(name="behandelaar", use="person", keys=(days.REINTS.key,))
        return keys.seal(file, KEY_FILE_PASSPHRASE, days.entropy("key file")).rstrip(b"\n")

    def head(self) -> bytes:
        """What a machine remembers that saw the sample's signed head."""
        return canonical.encode(self._head(self.log.size, self.public("checkpoint").decode()))

    def receipt(self) -> bytes:
        """What a machine remembers that verified the sample."""
        known, digest = self._head(self.log.size), self._digest()
        receipt = Receipt(authority=digest, origin=known.origin, root=known.root, size=known.size, version="0.1.0")
        return canonical.encode(receipt)

    def anchor(self) -> bytes:
        """What a machine remembers of authority in the sample."""
        return canonical.encode(Anchor(digest=self._digest(), origin=self.log.origin, size=self.log.size))

    def incident(self) -> bytes:
        """What a machine keeps that remembers the sample and is shown an old copy of it."""
        made = Incident(kind="rollback", remembered=self._head(86), found=self._head(83))
        return canonical.encode(made)

    def lock(self) -> bytes:
        """What stands in the lock while the letter of entry 42 is appended."""
        return canonical.encode({"documents": [days.document_id(letters.INVITATION)], "size": 42})

    def _digest(self) -> str:
        index = Index(None)
        index.follow(self.log.storage, self.log.tail, None)
        return index.digest(self.log.size)

    def _head(self, size: int, signed: str | None = None) -> Head:
        return Head(origin=self.log.origin, root=self.log.root(size).hex(), size=size, note=signed)


EXAMPLES: dict[str, Callable[..., bytes]] = {
    "anchor": Sample.anchor,
    "bundle": Sample.bundle,
    "checkpoint": Sample.public,
    "commit-message": Sample.commit_message,
    "consistency": Sample.consistency,
    "cosignature-message": Sample.cosignature_message,
    "entry": Sample.entry,
    "head": Sample.head,
    "incident": Sample.incident,
    "key-file": Sample.key_file,
    "leaf": Sample.leaf,
    "letter-message": Sample.letter_message,
    "lock": Sample.lock,
    "payload": Sample.payload,
    "possession-message": Sample.possession_message,
    "proof": Sample.proof,
    "receipt": Sample.receipt,
    "tree": Sample.tree,
    "vkeys": Sample.vkeys,
}


def example(sample: Sample, name: str) -> bytes:
    """The bytes that a name stands for, such as ``entry 44``."""
    word, *arguments = name.split(" ")
    return EXAMPLES[word](sample, *arguments)


def shown(content: bytes) -> str:
    """An example as a page shows it."""
    text = content.decode().replace("\0", "␀").removesuffix("\n")
    return LONG.sub(lambda long: f"{long[0][:KEPT]}…{long[0][-KEPT:]}", text)


def filled(page: str, sample: Sample) -> str:
    """The page with every named block filled in."""

    def fill(block: re.Match[str]) -> str:
        return f"```{block['language']} {block['name']}\n{shown(example(sample, block['name']))}\n```"

    return BLOCK.sub(fill, page)
