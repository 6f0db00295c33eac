"""The back-ups of an archive that this machine knows, so that a destruction reaches them, or names them with the day on
which they go.

One line a target in the state folder, per archive: its random id, place, expiry, and how far it went. What other
machines made is known from the log: by the target's label and its expiry, never by a place.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from archief import canonical, durable
from archief.backups import folder as folders
from archief.backups.copying import Copying, Whose
from archief.backups.folder import Folder, Manifest
from archief.cli import keyring
from archief.cli.session import Session
from archief.errors import ArchiefError, KeyMissingError, NotFoundError, PassphraseError, RefusedError
from archief.events import envelope
from archief.keys import SigningKey
from archief.log import Log
from archief.rules.authority import Authority
from archief.storage.base import Erased

_STREAM, _NO_PAYLOAD = b'"stream":"', b'"payload":null,"seq":'
_MADE = b'"type":"backup_made.v1"}'


class Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A back-up that somebody made.

    Attributes:
        label: what the log calls it.
        place: its folder; empty when another machine made it.
        size: the log's size that it goes up to.
        expires: the day on which it is thrown away; None when nobody said so.
    """

    label: str
    place: str = ""
    size: canonical.Count
    expires: str | None = None

    @property
    def day(self) -> dt.date | None:
        """The day on which it is thrown away."""
        return dt.date.fromisoformat(self.expires) if self.expires is not None else None

    @property
    def reachable(self) -> bool:
        """Whether its folder is here now, and is that back-up."""
        with contextlib.suppress(ArchiefError, OSError):
            found = Folder(Path(self.place)).manifest if self.place else None
            return found is not None and found.label == self.label
        return False


_decoder = msgspec.json.Decoder(Known)


def note(session: Session, manifest: Manifest, place: Path) -> None:
    """Write down where a back-up is.

    Raises:
        WriteFailedError: the state folder cannot be written.
    """
    made = Known(label=manifest.label, place=str(place.resolve()), size=manifest.size, expires=manifest.expires)
    path = _path(session, manifest.origin)
    others = [
        one for one in _read(path) if one.place != made.place and (one.label != made.label or one.reachable)
    ]  # a copy that another tool made of a back-up is one more back-up; one that was moved is the same
    durable.make_folder(path.parent, 0o700)
    durable.replace(path, b"".join(canonical.encode_struct(one) + b"\n" for one in (*others, made)), mode=0o600)


def known(session: Session, log: Log, authority: Authority, today: dt.date) -> list[Known]:
    """Every back-up of an archive that may still be there, by label.

    Args:
        session: where this machine's are written down.
        log: the archive.
        authority: its names; those before a restore too.
        today: what was to be thrown away before that day, and is not here, is left out.
    """
    found: dict[tuple[str, str], Known] = {}
    for entry in log.entries():
        if entry.endswith(_MADE):
            facts = envelope.decode_event(entry).facts
            found[facts.target, ""] = Known(label=facts.target, size=facts.size, expires=facts.expires)
    for origin in (*(origin for origin, _ in authority.former_origins), authority.origin):
        for one in _read(_path(session, origin)):
            found.pop((one.label, ""), None)
            found[one.label, one.place] = one
    return [
        one
        for _, one in sorted(found.items())
        if one.expires is None or one.expires >= today.isoformat() or one.reachable
    ]


def payloads_of(log: Log, streams: Collection[str]) -> list[int]:
    """The entries of records that have, or had, a payload."""
    wanted = {stream.encode() for stream in streams}
    found: list[int] = []
    for seq, entry in enumerate(log.entries()):
        at = entry.rfind(_STREAM) + len(_STREAM)
        if entry[at : at + 36] in wanted and _NO_PAYLOAD not in entry and not envelope.is_commit(entry):
            found.append(seq)
    return found


def was_at(session: Session, origin: str, place: Path) -> bool:
    """Whether a back-up of an archive was made at that place before."""
    return any(one.place == str(place.resolve()) for one in _read(_path(session, origin)))


def erase(session: Session, one: Known, seqs: Collection[int]) -> Erased:
    """Erase the payloads of entries in a back-up, and the documents that they register. Again changes nothing.

    Args:
        session: how long to wait for somebody else who uses it.
        one: the back-up.
        seqs: the entries.

    Raises:
        NotFoundError: it is not within reach.
        ArchiveInUseError, WriteFailedError: as :func:`archief.backups.folder.erase`.
    """
    if not one.reachable:
        raise NotFoundError("the back-up is not within reach", where=one.label, remedy="attach its disk, or mount it")
    return folders.erase(Path(one.place), seqs, wait_seconds=session.lock_seconds)


def follow(session: Session, one: Known, log: Log, authority: Authority) -> None:
    """Bring a back-up that is within reach up to date, so that its own log says what was destroyed in it.

    Raises:
        NotFoundError: it is not within reach.
        ArchiefError: as :class:`archief.backups.copying.Copying`.
    """
    folder = Folder(Path(one.place), wait_seconds=session.lock_seconds) if one.reachable else None
    if folder is None or folder.manifest is None:
        raise NotFoundError("the back-up is not within reach", where=one.label, remedy="attach its disk, or mount it")
    whose = Whose(folder.manifest.id, f"{session.clock():%Y-%m-%dT%H:%M:%SZ}", folder.manifest.expires)
    with folder.locked():
        Copying(log, authority, folder, whose).run()


def signer(
    session: Session, authority: Authority, tags: Sequence[str], folder: Path, *, needed: bool = False
) -> SigningKey | None:
    """The key that puts a back-up or restore into the log. Without one it is done all the same, and that is told.

    Args:
        session: the options and keys.
        authority: who may append what.
        tags: the types of the events.
        folder: where they are written.
        needed: nothing is done without a key.

    Raises:
        KeyMissingError, PassphraseError: the key of ``--as`` is not here, or cannot be opened.
        AmbiguousError: several could sign.
        RefusedError: that of ``--as`` may not. (The same where a key is needed.)
    """
    asked = needed or session.options.as_key is not None
    try:
        if not asked and not os.access(folder, os.W_OK):
            raise KeyMissingError("it is read-only", where=str(folder))  # noqa: TRY301 - told like the others
        key = keyring.chosen(session, authority.keys)
        reasons = authority.judge(key.public.id, authority.origin, tags)
        if reasons:
            raise RefusedError("; ".join(reasons), where=f"key {key.name}", remedy="use another key with --as")  # noqa: TRY301 - as above
        return keyring.opened(session, key).keys[0]
    except (KeyMissingError, PassphraseError, RefusedError) as error:
        if asked:
            raise
        session.output.warn(f"this will not stand in the log: {error}")
    return None


def _read(path: Path) -> Iterator[Known]:
    for line in path.read_bytes().splitlines() if path.exists() else ():
        yield canonical.decode_as(_decoder, line, str(path))


def _path(session: Session, origin: str) -> Path:
    return session.state_folder / "backups" / f"{origin.replace('/', '+')}.jsonl"
