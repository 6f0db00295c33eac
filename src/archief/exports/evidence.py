"""The evidence bundle of one record: all that a third party needs to check it without us (format.md §7).

Its entries and those of the commits that seal them, the payloads and documents that are still here, the events of the
keys, roles, mandates and destructions that they rest on, a proof of each to one signed head, a readable page, and
``check.py``. After a destruction it proves existence, dates, decisions and destruction, without content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING

from archief import canonical, publishing
from archief.errors import LossError, NotFoundError
from archief.events import envelope
from archief.exports import evidence_check as bundle
from archief.exports import history
from archief.exports.evidence_proofs import CHECKPOINT, Refused
from archief.exports.proofs import Prover
from archief.law import roles
from archief.log import Log
from archief.rules.authority import Authority
from archief.tlog import note
from archief.tlog import proof as tlog_proof

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MARK = "# --8<-- what stands below goes into check.py\n"
PARTS = ("evidence_proofs.py", "evidence_page.py", "evidence_check.py")
PROGRAM_HEAD = '''"""Gaat de bewijsbundel van één stuk na, zonder archief of internet, met het pakket `cryptography`.

    python3 check.py [--vkey SLEUTEL|BESTAND] [--checkpoint BESTAND] [MAP|ZIP]

Checks the evidence bundle of one record: every file, proof, signature and authority in it. A bundle is worth what
its log's keys or its head are worth: get those by another way, and give them with --vkey or --checkpoint.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

'''
PROGRAM_FOOT = '\n\nif __name__ == "__main__":\n    raise SystemExit(main(sys.argv[1:]))\n'

RESTS_ON = ("archive_founded.v1", "log_key_rotated.v1", "log_continued.v1")
PERSON_TYPES = ("person_enrolled.v1", "key_enrolled.v1", "key_revoked.v1", "role_granted.v1", "role_withdrawn.v1")


def program() -> bytes:
    """``check.py``: its parts in one file."""
    folder = resources.files("archief.exports")
    parts = [folder.joinpath(name).read_text("utf-8").partition(MARK)[2].strip("\n") for name in PARTS]
    return (PROGRAM_HEAD + "\n\n\n".join(parts) + PROGRAM_FOOT).encode()


def packed(files: Mapping[str, bytes]) -> bytes:
    """A bundle as a ZIP; the same files give the same bytes."""
    import io  # noqa: PLC0415 - few pack
    import zipfile  # noqa: PLC0415 - as above

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for path, content in sorted(files.items()):
            info = zipfile.ZipInfo(path)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, content)
    return stream.getvalue()


def make(log: Log, database: DuckDBPyConnection, prover: Prover, authority: Authority, stream: str) -> dict[str, bytes]:
    """The files of a bundle, by path; the documents are read whole. The same state gives the same bytes.

    Args:
        log: the archive, verified.
        database: its state.
        prover: makes proofs to the head that goes along.
        authority: whose keys sign and cosign.
        stream: the record.

    Raises:
        NotFoundError: no such record, or the head does not cover it.
        LossError: a document or payload is gone and no destruction covers it.
    """
    size = prover.head.head.size
    own = _seqs(database, "stream = cast(? as uuid)", [stream])
    if not own:
        raise NotFoundError("there is no such record", where=stream, remedy="see `archief list`")
    gathered = _Gathered(log, database, size)
    gathered.add(own)
    if (begun := authority.destructions.executing.get(stream)) is not None:
        gathered.stream(begun)
    stamped = gathered.stamp(max(own))
    entries = gathered.entries
    kept = _payloads(log, entries, stream)
    head = _known_lines(prover.head.raw, authority, prover.head.head.origin)
    files: dict[str, bytes] = {
        CHECKPOINT: head,
        bundle.ENTRIES: b"".join(entries[seq] + b"\n" for seq in sorted(entries)),
        bundle.PAYLOADS: b"".join(kept[seq] + b"\n" for seq in sorted(kept)),
        bundle.ROLES: canonical.encode(_roles(entries.values())) + b"\n",
        bundle.STAMPS: canonical.encode(_stamp_proofs(log, stamped, size)) + b"\n",
        bundle.COMMIT_PROOFS: canonical.encode(_commit_proofs(prover, gathered.commit_of)) + b"\n",
        bundle.PROGRAM: program(),
    }
    for seq, entry in entries.items():
        proof = tlog_proof.LogProof(seq, tuple(prover.inclusion(seq, entry)), head)
        files[f"proofs/{seq}.tlog-proof"] = tlog_proof.format_proof(proof)
    for path, document in _documents(entries, kept, stream):
        try:
            with log.storage.open_document(document) as source:
                files[path] = source.read()
        except NotFoundError:
            raise LossError(
                "a document is gone and no destruction covers it", where=f"document {document}",
                remedy="run `archief verify`, and bring it back from a back-up",
            ) from None  # fmt: skip
    return _finished(files, stream)


def _finished(files: dict[str, bytes], stream: str) -> dict[str, bytes]:
    """Add the page, which the check makes, and the manifest: the check passes what we hand out, or we say why not."""

    def manifest() -> bytes:
        digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
        return canonical.encode({"files": digests, "form": bundle.FORM, "stream": stream}) + b"\n"

    def read(path: str) -> bytes:
        return manifest() if path == bundle.MANIFEST else files[path]

    files[bundle.PAGE] = b""
    try:
        files[bundle.PAGE] = bundle.examine([*files, bundle.MANIFEST], read).page
        bundle.check([*files, bundle.MANIFEST], read)
    except Refused as refused:
        raise LossError(
            refused.what, where=refused.where, remedy="run `archief verify`: it names every place"
        ) from None
    files[bundle.MANIFEST] = manifest()
    return files


class _Gathered:
    """Entries of a record and, step by step, of all that they rest on.

    Attributes:
        entries: by index, commits too.
        commit_of: the commit that seals each event.
    """

    def __init__(self, log: Log, database: DuckDBPyConnection, size: int) -> None:
        self._log = log
        self._database = database
        self._size = size
        self._streams: set[str] = set()
        self.entries: dict[int, bytes] = {}
        self.commit_of: dict[int, int] = {}
        marks = ", ".join("?" * len(RESTS_ON))
        self.add(_seqs(database, f"type in ({marks})", RESTS_ON))
        for (person,) in database.execute(
            "select distinct cast(stream as varchar) from key where use = 'cosigner'"
        ).fetchall():
            self._person(person)

    def add(self, wanted: Mapping[int, int]) -> None:
        """Take events, their commits, and what those rest on."""
        fresh = {seq: commit for seq, commit in wanted.items() if seq not in self.entries and commit < self._size}
        if not fresh:
            return
        self.commit_of |= fresh
        self.entries |= history.entries_of(self._log, [*fresh, *fresh.values()])
        for commit in set(fresh.values()):
            key = envelope.decode_commit(self.entries[commit]).key
            row = self._database.execute("select cast(stream as varchar) from key where id = ?", [key]).fetchone()
            if row is not None:
                self._person(row[0])
        for seq in fresh:
            self._named(envelope.decode_event(self.entries[seq], f"entry {seq}"))

    def stamp(self, last: int) -> dict[int, int]:
        """Take the first timestamp over a head that covers an entry; gives its entry and that head's size."""
        for seq, commit in _seqs(self._database, "type = 'timestamp_obtained.v1' and seq > ?", [last]).items():
            entry = history.entries_of(self._log, [seq])[seq]
            size = envelope.decode_event(entry, f"entry {seq}").facts.size
            if size > last and commit < self._size:
                self.add({seq: commit})
                return {seq: size}
        return {}

    def _named(self, event: envelope.Event) -> None:
        """What the facts of an event point to: signatories, mandates, destructions, timestamps."""
        facts = event.facts
        for person in (getattr(facts, "signatory", None), getattr(facts, "officer", None)):
            if person is not None:
                self._person(person)
        mandate = getattr(facts, "mandate", None)
        if mandate is not None:
            self.stream(mandate)
        if event.type == "destruction_proposed.v1" and facts.transfer is not None:
            self.stream(facts.transfer)
        if event.type == "record_destroyed.v1":
            (row,) = self._database.execute(
                "select cast(stream as varchar) from event where seq = ?", [facts.authorisation]
            ).fetchall()
            self.stream(row[0])

    def _person(self, person: str) -> None:
        if person not in self._streams:
            self._streams.add(person)
            marks = ", ".join("?" * len(PERSON_TYPES))
            self.add(_seqs(self._database, f"stream = cast(? as uuid) and type in ({marks})", [person, *PERSON_TYPES]))

    def stream(self, stream: str) -> None:
        """Take all events of another stream that the record rests on."""
        if stream not in self._streams:
            self._streams.add(stream)
            self.add(_seqs(self._database, "stream = cast(? as uuid)", [stream]))


def _seqs(database: DuckDBPyConnection, where: str, values: Iterable[object]) -> dict[int, int]:
    """Events and their commits."""
    query = f"select seq, commit_seq from event where {where} order by seq"  # noqa: S608 - our own words
    return dict(database.execute(query, list(values)).fetchall())


def _payloads(log: Log, entries: Mapping[int, bytes], stream: str) -> dict[int, bytes]:
    """The payloads that go along: the record's own, the names of the people in it, whose archive it is."""
    wanted = []
    for seq, entry in entries.items():
        if not envelope.is_commit(entry):
            event = envelope.decode_event(entry, f"entry {seq}")
            if event.stream == stream or event.type in ("person_enrolled.v1", "archive_founded.v1"):
                wanted.append(seq)
    return dict(history.payload_lines_of(log, wanted))


def _documents(entries: Mapping[int, bytes], kept: Mapping[int, bytes], stream: str) -> Iterator[tuple[str, str]]:
    for seq, line in sorted(kept.items()):
        event = envelope.decode_event(entries[seq], f"entry {seq}")
        if event.stream == stream:
            data = envelope.decode_payload(event.type, line, f"payload of entry {seq}").data
            for document in getattr(data, "documents", None) or ():
                yield f"documents/{document.id}.bin", document.id


def _roles(entries: Iterable[bytes]) -> dict[str, list[str]]:
    names = {envelope.tag_of(entry).rpartition(".v")[0] for entry in entries if not envelope.is_commit(entry)}
    return {name: list(roles.roles_for(name)) for name in sorted(names)}


def _commit_proofs(prover: Prover, commit_of: Mapping[int, int]) -> dict[str, list[str]]:
    commits = prover.commits(sorted(set(commit_of.values())))
    return {
        str(seq): [canonical.base64_encode(one) for one in prover.in_commit(seq, commits[commit][1])]
        for seq, commit in sorted(commit_of.items())
    }


def _stamp_proofs(log: Log, stamped: Mapping[int, int], size: int) -> dict[str, list[str]]:
    """The way from each stamped head to the head of the bundle."""
    return {
        str(seq): [canonical.base64_encode(one) for one in log.consistency_proof(old, size)]
        for seq, old in stamped.items()
    }


def _known_lines(raw: bytes, authority: Authority, origin: str) -> bytes:
    """The head with the signatures of keys that the log knows; a line of anybody else proves nothing here."""
    known = {(origin, note.Verifier(origin, key.type, key.public).key_id) for key in authority.log_keys}
    known |= {(one.name, one.key_id) for one in publishing.cosigner_verifiers(authority)}
    parsed = note.parse_note(raw)
    return note.format_note(parsed.text, [line for line in parsed.lines if (line.name, line.key_id) in known])
