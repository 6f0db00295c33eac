"""The key files of this machine: finding, opening and making them.

A key file is ``NAME.key`` in the folder of keys. Its public part can be read without the passphrase; nothing of that
part is believed before the file is opened. Files are never overwritten.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import stat
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from archief import durable, keys
from archief.cli.session import Session
from archief.errors import (
    AmbiguousError,
    ArchiefError,
    KeyMissingError,
    KeyRefusedError,
    MalformedError,
    PassphraseError,
    UsageError,
)
from archief.keys import KeyCard, KeyFile, PublicKey, Use

ENDING = ".key"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
ID_DIGITS_MIN = 4


class KeyPath(NamedTuple):
    """A key file and what it says of itself.

    Attributes:
        path: the file.
        card: its name, use and public halves; nothing of it is proved before it is opened.
    """

    path: Path
    card: KeyCard

    @property
    def name(self) -> str:
        """What it is called on this machine."""
        return self.path.name.removesuffix(ENDING)

    @property
    def public(self) -> PublicKey:
        """Its first public half."""
        return self.card.public[0]


class Opening(threading.Thread):
    """Derives what opens a key file, in a thread: scrypt takes as long as all the rest of a command, and lets go of
    Python's lock meanwhile.

    Args:
        encoded: the key file.
        passphrase: its bytes.
    """

    def __init__(self, encoded: bytes, passphrase: bytes) -> None:
        super().__init__(name="key file", daemon=True)
        self._given = encoded, passphrase
        self._derived: bytes | None = None
        self.start()

    def run(self) -> None:
        """Derive it; what fails here fails again where the file is opened, and is told there."""
        with contextlib.suppress(ArchiefError, ValueError, MemoryError):
            self._derived = keys.opener(*self._given)

    def derived(self) -> bytes | None:
        """It, when it is there; None where it could not be."""
        self.join()
        return self._derived


def path_for(session: Session, name: str) -> Path:
    """Where a key file of that name is, or would be.

    Raises:
        UsageError: a name that is no file name.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            "a key's name is made of letters, digits, dots, dashes, plus signs and underscores",
            where=name[:40],
            remedy="name it after the office, such as burgemeester",
        )
    return session.keys_folder / f"{name}{ENDING}"


def name_from(origin: str) -> str:
    """The name of a log key's file, made from the log's origin: what is no letter or digit becomes a dash."""
    return re.sub(r"[^a-z0-9]+", "-", origin.lower()).strip("-") or "log"


def free_name(session: Session, word: str, taken: Collection[str] = ()) -> str:
    """A name for a new key: a role or a use, never a person's name, because file names are seen by others.

    Args:
        session: names the folder.
        word: the role or the use; a number goes behind it when there is such a file already.
        taken: names that are as good as there.
    """
    names = itertools.chain((word,), (f"{word}-{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken and not path_for(session, name).exists())


def listed(session: Session, use: Use | None = None) -> Iterator[KeyPath]:
    """The key files of this machine, by name; damaged ones are told and passed over.

    Args:
        session: names the folder.
        use: only those with this use.
    """
    for path in sorted(session.keys_folder.glob(f"*{ENDING}"), key=lambda each: each.stem):
        try:
            card = keys.read_card(path.read_bytes(), str(path))
        except (MalformedError, KeyRefusedError) as error:
            session.output.warn(str(error))
            continue
        if use is None or card.use == use:
            yield KeyPath(path, card)


def find(session: Session, wanted: str, use: Use | None = None) -> KeyPath:
    """The key file that a person means.

    Args:
        session: names the folder.
        wanted: its name, or the first digits of a public half's id.
        use: only those with this use.

    Raises:
        KeyMissingError: there is none.
        AmbiguousError: the digits fit several.
    """
    found = list(listed(session, use))
    named = [one for one in found if one.name == wanted]
    if not named and len(wanted) >= ID_DIGITS_MIN and re.fullmatch("[0-9a-f]+", wanted):
        named = [one for one in found if any(public.id.startswith(wanted) for public in one.card.public)]
    if len(named) > 1:
        raise AmbiguousError(f"several keys: {_names(named)}", where=wanted, remedy="type its name or more digits")
    if not named:
        kind = f"{use} key" if use else "key"
        raise KeyMissingError(
            f"no {kind} of that name on this machine (there are: {_names(found) or 'none'})",
            where=str(session.keys_folder / wanted),
            remedy="see `archief key list`, or make one with `archief key new`",
        )
    return named[0]


def chosen(session: Session, enrolled: Collection[str] = ()) -> KeyPath:
    """The person's key that signs: the one of ``--as``, or the only one there is.

    Args:
        session: the options.
        enrolled: ids of the keys that may append; they decide when there are several on this machine.

    Raises:
        KeyMissingError: there is none.
        AmbiguousError: there are several.
    """
    if session.options.as_key:
        return find(session, session.options.as_key, "person")
    found = list(listed(session, "person"))
    if len(found) > 1:
        found = [one for one in found if one.public.id in enrolled] or found
    if not found:
        raise KeyMissingError(
            "there is no person's key on this machine",
            where=str(session.keys_folder),
            remedy="make one with `archief key new NAME`, and let an archivaris enrol it with `archief key enrol`",
        )
    if len(found) > 1:
        raise AmbiguousError(
            f"several keys could sign: {_names(found)}", remedy="choose: --as NAME; whose they are: archief key list"
        )
    return found[0]


def begin_opening(session: Session) -> None:
    """Begin to open the key files that a run will most likely need, when the environment holds the passphrase: the
    person's of ``--as``, or the only one, and the log's, if there is one. Says nothing: who opens them tells.
    """
    with contextlib.suppress(ArchiefError, OSError):
        passphrase = session.given_passphrase()
        if passphrase is None:
            return
        cards = []
        for path in session.keys_folder.glob(f"*{ENDING}"):
            with contextlib.suppress(ArchiefError, OSError):
                cards.append(KeyPath(path, keys.read_card(path.read_bytes(), str(path))))
        for use in ("person", "log"):
            found = [one for one in cards if one.card.use == use]
            if use == "person" and session.options.as_key:
                found = [one for one in found if one.name == session.options.as_key]
            if len(found) == 1:
                begin(session, found[0], passphrase)


def begin(session: Session, key: KeyPath, passphrase: bytes) -> None:
    """Begin to open a key file, in a thread: ``opened`` and ``opened_silently`` wait for it."""
    raw = key.path.read_bytes()
    if (raw, passphrase) not in session.openings:
        session.openings[raw, passphrase] = Opening(raw, passphrase)


def opened(session: Session, key: KeyPath) -> KeyFile:
    """Open a key file with a passphrase of the environment, of this run, or typed now.

    Raises:
        PassphraseError: none opens it.
    """
    raw = key.path.read_bytes()
    warn_of_mode(session, key.path)
    refusal: PassphraseError | None = None
    for passphrase in session.passphrases(f"key {key.name}"):
        try:
            file = keys.unseal(raw, passphrase, str(key.path), _derived(session, raw, passphrase))
        except PassphraseError as error:
            refusal = error
            continue
        session.opened_with(passphrase)
        return file
    raise refusal or PassphraseError("no passphrase was given", where=str(key.path))


def _derived(session: Session, raw: bytes, passphrase: bytes) -> bytes | None:
    begun = session.openings.get((raw, passphrase))
    return begun.derived() if begun is not None else None


def opened_silently(session: Session, key: KeyPath) -> KeyFile | None:
    """Open a key file with a passphrase that opened another one in this run; None when that does not."""
    raw = key.path.read_bytes()
    for passphrase in session.known_passphrases:
        try:
            return keys.unseal(raw, passphrase, str(key.path), _derived(session, raw, passphrase))
        except PassphraseError:
            continue
    return None


def made(session: Session, name: str, use: Use, *, title: str | None = None, types: tuple[int, ...] = ()) -> KeyFile:
    """Make a new key file.

    Args:
        session: the folder, passphrase and randomness.
        name: the file's name.
        use: what it may sign.
        title: the name inside, if it is another one (a log's origin).
        types: the key types, where the use leaves a choice.

    Raises:
        KeyRefusedError: there is one of that name already.
        PassphraseError: no passphrase.
    """
    path = path_for(session, name)
    refuse_existing(path)
    file = keys.generate(title or name, use, session.entropy, types)
    keep(session, name, file)
    return file


def keep(session: Session, name: str, file: KeyFile) -> Path:
    """Write a key that is not in a file yet.

    Args:
        session: the folder, passphrase and randomness.
        name: the file's name.
        file: the key.

    Raises:
        KeyRefusedError: there is one of that name already.
        PassphraseError: no passphrase.
    """
    path = path_for(session, name)
    refuse_existing(path)
    passphrase = session.new_passphrase(f"the new key {name}")
    sealed = keys.seal(file, passphrase, session.entropy, session.cost or keys.DEFAULT_COST)
    session.opened_with(passphrase)
    durable.make_folder(path.parent, mode=0o700)
    durable.write_new(path, sealed, mode=0o600)
    return path


def refuse_existing(path: Path) -> None:
    """Refuse to write over a key file.

    Raises:
        KeyRefusedError: it is there.
    """
    if path.exists():
        raise KeyRefusedError(
            "there is a key of that name already; key files are never overwritten",
            where=str(path),
            remedy="choose another name, or move the file away if it is really no longer needed",
        )


def log_key(session: Session, log_keys: Collection[PublicKey]) -> KeyPath | None:
    """The key file on this machine that holds the log's keys; None when it is elsewhere."""
    wanted = {key.id for key in log_keys}
    return next((one for one in listed(session, "log") if {key.id for key in one.card.public} == wanted), None)


def loose_mode(path: Path) -> bool:
    """Whether others on this machine can read or change a file or folder."""
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def warn_of_mode(session: Session, path: Path) -> None:
    """Tell when others on this machine can read a file with a key."""
    if loose_mode(path):
        session.output.warn(f"{path}: others on this machine can read this key file (chmod 600 {path})")


def _names(found: list[KeyPath]) -> str:
    return ", ".join(one.name for one in found)
