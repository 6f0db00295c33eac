"""An event on its way into the log: checked against its type and brought into its one byte form."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from archief import canonical
from archief.errors import MalformedError
from archief.events import catalogue, envelope
from archief.events.base import EventType, Word
from archief.index import Stream
from archief.keys import Entropy, SigningKey
from archief.rules import numbering
from archief.storage.base import NewDocument
from archief.tlog import merkle


class Draft(NamedTuple):
    """An event on its way into the log, its bytes checked already. Made with :func:`draft`."""

    tag: str
    stream: str
    facts: bytes
    data: bytes | None
    documents: tuple[NewDocument, ...] = ()
    expect_version: int | None = None


def draft(
    tag: str,
    stream: str,
    facts: msgspec.Struct | dict[str, Any] | None = None,
    data: msgspec.Struct | dict[str, Any] | None = None,
    *,
    documents: Sequence[NewDocument] = (),
    expect_version: int | None = None,
) -> Draft:
    """Check an event against its type and bring it into its one byte form.

    Args:
        tag: the event type with its version.
        stream: the stream it belongs to; a fresh UUIDv4 when it opens one.
        facts: what stands in the log; None for none.
        data: what stands in the payload; None for none. A letter whose facts name a series and that has no number is
            given the next one when it is appended.
        documents: the files that the payload registers.
        expect_version: the newest ``stream_seq`` of the stream that the writer saw.

    Raises:
        MalformedError: not of the type's schema; the field's path is named.
        NotFoundError: no such type.
    """
    known = catalogue.TYPES.get(tag) or catalogue.newest(tag)
    data = _to_be_numbered(known, facts, data)
    if not envelope.STREAM_PATTERN.fullmatch(stream):
        raise MalformedError("a stream id is a UUIDv4 in lower case with dashes", where="stream")
    made, payload = _structs(known, {} if facts is None else facts, data)
    encoded_facts = canonical.encode_struct(made)
    encoded_data = canonical.encode_struct(payload) if payload is not None else None
    # Pair of checks: what was encoded is read back by the very decoder that every reader will use.
    canonical.decode_as(catalogue.facts_decoder(known.tag), encoded_facts, "facts")
    if encoded_data is not None:
        canonical.decode_as(catalogue.data_decoder(known.tag), encoded_data, "data")
    read_data = payload
    named = {document.id: document.sha256 for document in getattr(read_data, "documents", None) or ()}
    if named != {document.id: document.sha256 for document in documents}:
        raise MalformedError("the documents are not those that the payload registers", where="data.documents")
    return Draft(known.tag, stream, encoded_facts, encoded_data, tuple(documents), expect_version)


def _to_be_numbered(
    known: EventType, facts: msgspec.Struct | dict[str, Any] | None, data: msgspec.Struct | dict[str, Any] | None
) -> msgspec.Struct | dict[str, Any] | None:
    """Data with a mark for the number, where a series shall issue one: it is drawn under the lock of the append."""
    if known.tag not in numbering.ISSUING_TYPES or not isinstance(facts, dict) or "series" not in facts:
        return data
    if isinstance(data, msgspec.Struct) or "number" in (data or {}):
        return data
    return {**(data or {}), "number": numbering.TO_BE_DRAWN}


def numbered(one: Draft, number: str) -> Draft:
    """An event with the number that was drawn for it.

    Args:
        one: the event, marked.
        number: the number.

    Raises:
        MalformedError: not a number that its type takes.
    """
    assert one.data is not None, "a number stands in the payload"
    encoded = canonical.encode({**msgspec.json.decode(one.data), "number": number})
    canonical.decode_as(catalogue.data_decoder(one.tag), encoded, "data")
    return one._replace(data=encoded)


def _structs(
    known: EventType, facts: msgspec.Struct | Mapping[str, Any], data: msgspec.Struct | Mapping[str, Any] | None
) -> tuple[Word, Word | None]:
    """Facts and data as the type's structs, checked whole, whichever way they came."""
    if isinstance(facts, known.facts) and (data is None or (known.data is not None and isinstance(data, known.data))):
        catalogue.check(known, facts, data)
        return facts, data
    plain = _plain(facts)
    return catalogue.convert(known, plain if plain is not None else {}, _plain(data))


def _plain(part: msgspec.Struct | Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return msgspec.to_builtins(part) if isinstance(part, msgspec.Struct) else part


def write_events(
    drafts: Sequence[Draft], first: int, versions: Mapping[str, Stream], entropy: Entropy
) -> tuple[list[tuple[int, bytes]], list[bytes]]:
    """Payload lines with their entry index, and event entries, in order.

    Args:
        drafts: the events.
        first: the entry index of the first.
        versions: per stream its newest ``stream_seq`` before these events, -1 for none.
        entropy: where the salts come from.

    Raises:
        MalformedError: a payload line or an entry is too long.
    """
    salts = entropy(envelope.SALT_BYTES * len(drafts))
    moving = {stream: known.version for stream, known in versions.items()}
    payloads: list[tuple[int, bytes]] = []
    entries: list[bytes] = []
    for seq, (tag, stream, facts, data, _, _) in enumerate(drafts, first):
        held = None
        if data is not None:
            begin = (seq - first) * envelope.SALT_BYTES
            line = envelope.encode_payload(data, salts[begin : begin + envelope.SALT_BYTES], seq)
            if len(line) > envelope.PAYLOAD_BYTES_MAX:
                raise MalformedError(
                    f"a payload of {len(line):,} bytes; the limit is {envelope.PAYLOAD_BYTES_MAX:,}",
                    where=f"event {seq - first + 1}",
                    remedy="attach the text as a document with --document",
                )
            payloads.append((seq, line))
            held = envelope.commitment(line)
        version = moving[stream] = moving[stream] + 1
        entry = envelope.encode_event(facts, held, seq, stream, version, tag)
        if len(entry) > envelope.ENTRY_BYTES_MAX:
            raise MalformedError(
                f"facts too long: an entry of {len(entry):,} bytes; the limit is {envelope.ENTRY_BYTES_MAX:,}",
                where=f"event {seq - first + 1}",
                remedy="split its list over several events",
            )
        entries.append(entry)
    return payloads, entries


def seal_commit(
    head: envelope.Base, leaves: Sequence[bytes], signer: SigningKey, commit_id: str, time: str, origin: str
) -> tuple[envelope.Commit, bytes]:
    """The commit over some events, signed, and its bytes.

    Args:
        head: root and size of the tree before them.
        leaves: the leaf hashes of the events.
        signer: the person's key.
        commit_id: a UUIDv7.
        time: as it will stand in the commit.
        origin: the log's name.

    Raises:
        MalformedError: the commit could not be read back: the key makes other signatures than a commit holds.
    """
    commit = envelope.Commit(
        base=head,
        events=len(leaves),
        id=commit_id,
        key=signer.public.id,
        origin=origin,
        root=merkle.root(leaves).hex(),
        seq=head.size + len(leaves),
        sig="",
        time=time,
        type="commit.v1",
    )
    message = envelope.commit_message(canonical.encode_struct(commit))
    signed = msgspec.structs.replace(commit, sig=canonical.base64_encode(signer.sign(message)))
    entry = canonical.encode_struct(signed)
    envelope.decode_commit(entry, "the new commit")  # a pair of checks: what nobody could read back is never written
    return signed, entry


def new_stream(entropy: Entropy) -> str:
    """A fresh stream id: a UUIDv4 (RFC 9562 section 5.4)."""
    return str(uuid.UUID(bytes=entropy(16), version=4))


def new_commit_id(now: dt.datetime, entropy: Entropy) -> str:
    """A fresh commit id: a UUIDv7 of that second (RFC 9562 section 5.7)."""
    milliseconds = int(now.timestamp()) * 1000
    raw = bytearray(milliseconds.to_bytes(6, "big") + entropy(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
