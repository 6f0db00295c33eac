"""One run of the program: what was asked for, and the surroundings it runs in.

The clock, the environment, randomness and the folders of this machine enter here and are arguments everywhere else. A
test makes a :class:`Session` with surroundings of its own.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archief.errors import NoArchiveError, PassphraseError, TestArchiveError, UsageError

if TYPE_CHECKING:
    from archief.cli.keyring import Opening
    from archief.cli.output import Output
    from archief.heads import Heads
    from archief.journal import Journal
    from archief.keys import Cost, Entropy
    from archief.log import Log
    from archief.storage.local import LocalStorage

DEFAULT_ARCHIVE = "events"
PASSPHRASE_BYTES_MAX = 4_096
LOCK_WAIT_SECONDS = 30.0


def version() -> str:
    """The installed version of the program."""
    from importlib.metadata import PackageNotFoundError  # noqa: PLC0415 - 10 ms, and only who asks pays
    from importlib.metadata import version as installed  # noqa: PLC0415 - as above

    try:
        return installed("archief")
    except PackageNotFoundError:
        return "0+unknown"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Options:
    """The global options as they were typed; the same names as in ``cli/verbs.py``."""

    archive: str | None = None
    as_key: str | None = None
    json: bool = False
    color: str = "auto"
    quiet: bool = False
    verbose: int = 0
    version: bool = False


@dataclass
class Session:
    """What was asked for, and the surroundings.

    Args:
        environ: environment variables.
        clock: gives the time in UTC.
        entropy: gives fresh random bytes.
        cost: what opening a new key file shall cost; None for the usual.
        lock_seconds: how long to wait for another writer.
        options: the global options.
        openings: of key files, under way, by file and passphrase (``keyring.begin``).
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Callable[[], dt.datetime] = _now
    entropy: Entropy = os.urandom
    cost: Cost | None = None
    lock_seconds: float = LOCK_WAIT_SECONDS
    options: Options = field(default_factory=Options)
    openings: dict[tuple[bytes, bytes], Opening] = field(default_factory=dict)
    _given: bytes | None = None
    _passphrases: list[bytes] = field(default_factory=list)
    _test_told: bool = False

    # what was asked for

    @property
    def output(self) -> Output:
        """Where results and notes go."""
        from archief.cli.output import Output  # noqa: PLC0415 - so that --version pays nothing

        return Output(quiet=self.options.quiet, verbose=self.options.verbose, color=self.color, json=self.options.json)

    @property
    def color(self) -> bool | None:
        """True or False where it was asked for; None leaves it to the terminal. NO_COLOR: https://no-color.org."""
        if self.options.color != "auto":
            return self.options.color == "always"
        return False if self.environ.get("NO_COLOR") else None

    # folders

    @property
    def named(self) -> bool:
        """Whether the archive was named, and not only found in this folder."""
        return bool(self.options.archive or self.environ.get("ARCHIEF_ARCHIVE"))

    @property
    def archive(self) -> Path:
        """The archive's folder."""
        return Path(self.options.archive or self.environ.get("ARCHIEF_ARCHIVE") or DEFAULT_ARCHIVE)

    @property
    def keys_folder(self) -> Path:
        """Where key files are (interfaces: 0700, files 0600)."""
        return self._folder("ARCHIEF_KEYS", ".config/archief/keys")

    @property
    def state_folder(self) -> Path:
        """What is neither archive nor throw-away: heads, receipts, incidents, resume files."""
        return self._folder("ARCHIEF_STATE", ".local/state/archief")

    def _folder(self, variable: str, below_home: str) -> Path:
        named = self.environ.get(variable)
        if named:
            return Path(named)
        home = self.environ.get("HOME")
        if not home:
            raise UsageError(f"neither {variable} nor HOME is set", remedy=f"name a folder in {variable}")
        return Path(home) / below_home

    def own_cache(self, origin: str) -> Path:
        """What can be thrown away of an archive and lies outside of it, for this person alone."""
        return self.state_folder / "cache" / origin.replace("/", "+")

    def cache_folder(self, origin: str) -> Path:
        """Where what can be thrown away goes: in the archive; where that is read-only, or where anybody may write it,
        in the state folder, for this person alone.

        Raises:
            WriteFailedError: the state folder cannot be written.
        """
        here = self.archive / "cache"
        if os.access(here if here.is_dir() else self.archive, os.W_OK) and not _open_to_all(here):
            return here
        from archief import durable  # noqa: PLC0415 - seldom

        elsewhere = self.own_cache(origin)
        durable.make_folder(elsewhere, mode=0o700)
        with durable.reported(elsewhere):
            elsewhere.chmod(0o700)
        return elsewhere

    # the archive

    def storage(self) -> LocalStorage:
        """The archive's bytes.

        Raises:
            NoArchiveError: there is nothing at that place.
        """
        from archief.storage.local import LocalStorage  # noqa: PLC0415 - not every command has an archive

        if not self.archive.is_dir():
            here = not self.named and Path("log").is_dir()
            raise NoArchiveError(
                "there is no such folder" if not self.archive.exists() else "this is not a folder",
                where=str(self.archive),
                remedy="this folder looks like an archive itself: name it with --archive ."
                if here
                else "name an archive with --archive, or found one with `archief init`",
            )
        return LocalStorage(self.archive, wait_seconds=self.lock_seconds)

    def heads(self) -> Heads:
        """What this machine remembers."""
        from archief.heads import Heads  # noqa: PLC0415 - not every command has an archive

        return Heads(self.state_folder / "seen")

    def log(self) -> Log:
        """The archive, for reading.

        Raises:
            NoArchiveError: there is none.
        """
        from archief.log import Log  # noqa: PLC0415 - not every command has an archive

        return Log(self.storage())

    @contextlib.contextmanager
    def journal(self) -> Iterator[Journal]:
        """The archive, for appending; its head is remembered at the end.

        Raises:
            NoArchiveError: there is none.
            TestArchiveError: it is a test archive that was not named.
        """
        from archief.journal import Journal  # noqa: PLC0415 - not every command appends

        log = self.log()
        index = self.cache_folder(log.origin) / "index.sqlite"
        with Journal(log.storage, heads=self.heads(), index=index) as journal:
            journal.open()
            if journal.authority.test and not self.named:
                raise TestArchiveError(
                    "this is a test archive; it is appended to only when it is named",
                    where=str(self.archive),
                    remedy=f"name it: --archive {self.archive}, or found an archive of your own with `archief init`",
                )
            self.tell_test(test=journal.authority.test)
            yield journal

    def is_test(self, log: Log) -> bool:
        """Whether an archive is a test archive, told once on standard error when it is."""
        from archief.events import envelope  # noqa: PLC0415 - not every command has an archive

        first = log.storage.read(log.storage.log_segments()[0], 0, envelope.ENTRY_BYTES_MAX + 1).partition(b"\n")[0]
        test = bool(getattr(envelope.decode_event(first, "entry 0").facts, "test", False))
        self.tell_test(test=test)
        return test

    def tell_test(self, *, test: bool) -> None:
        """Say once that what is shown comes from a test archive. JSON says it in a member of its own."""
        if test and not self._test_told and not self.options.json:
            self.output.note("this is a test archive")
        self._test_told = self._test_told or test

    # passphrases

    def passphrases(self, what: str) -> Iterator[bytes]:
        """Passphrases to try: those of the environment and those typed before, then what the person types.

        Args:
            what: what is to be opened, for the question.

        Raises:
            PassphraseError: there is nobody to ask.
        """
        given = self.given_passphrase()
        if given is not None:
            yield given
        yield from [known for known in self._passphrases if known != given]
        if not sys.stdin.isatty():
            if given is None:
                raise _nobody_to_ask(what)
            return
        for _ in range(3):
            yield self._ask(f"Passphrase of {what}: ")

    def new_passphrase(self, what: str) -> bytes:
        """A passphrase for a new key file: the environment's, or typed twice.

        Raises:
            PassphraseError: there is nobody to ask, or the two differ.
        """
        given = self.given_passphrase()
        if given is not None:
            return given
        if not sys.stdin.isatty():
            raise _nobody_to_ask(what)
        first = self._ask(f"New passphrase of {what}: ")
        if first != self._ask("The same again: "):
            raise PassphraseError("the two passphrases differ", remedy="run the command again")
        return first

    def opened_with(self, passphrase: bytes) -> None:
        """Remember for this run what opened a key file: another one often has the same."""
        if passphrase not in self._passphrases:
            self._passphrases.append(passphrase)

    @property
    def known_passphrases(self) -> list[bytes]:
        """What opened a key file in this run."""
        return list(self._passphrases)

    def given_passphrase(self) -> bytes | None:
        """The passphrase of the environment; None where there is none. Read once: the file may be a pipe.

        Raises:
            PassphraseError: it stands in a file that cannot be read.
        """
        if self._given is None:
            self._given = self._read_passphrase()
        return self._given

    def _read_passphrase(self) -> bytes | None:
        named = self.environ.get("ARCHIEF_PASSPHRASE_FILE")
        if named:
            try:
                with Path(named).open("rb") as file:
                    content = file.read(PASSPHRASE_BYTES_MAX + 1)
            except OSError as error:
                raise PassphraseError(
                    f"could not read it: {os.strerror(error.errno or 0).lower()}",
                    where=named,
                    remedy="correct ARCHIEF_PASSPHRASE_FILE",
                ) from None
            if len(content) > PASSPHRASE_BYTES_MAX:
                raise PassphraseError("a passphrase of more than 4,096 bytes", where=named)
            return content.removesuffix(b"\n").removesuffix(b"\r")
        typed = self.environ.get("ARCHIEF_PASSPHRASE")
        return typed.encode("utf-8", "surrogateescape") if typed else None

    def _ask(self, question: str) -> bytes:
        import getpass  # noqa: PLC0415 - only who is asked pays

        from archief.cli.output import printable  # noqa: PLC0415 - as above

        typed = getpass.getpass(printable(question)).encode("utf-8", "surrogateescape")
        if not typed:
            raise PassphraseError("an empty passphrase", remedy="run the command again")
        return typed

    # a person's word

    def confirm(self, question: str, *, yes: bool, instead: str = "") -> None:
        """Ask before what cannot be undone.

        Args:
            question: ends with a question mark.
            yes: the person said so in advance.
            instead: what else could be done; empty when there is nothing.

        Raises:
            UsageError: the answer is no, or there is nobody to ask.
        """
        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(
                f"this asks for a person's word: {question}",
                remedy="; ".join(filter(None, [instead, "give it with --yes"])),
            )
        import click  # noqa: PLC0415 - is imported already

        from archief.cli.output import printable  # noqa: PLC0415 - as above

        if not click.confirm(printable(question), err=True):
            raise UsageError("not confirmed; nothing was done")


def _open_to_all(folder: Path) -> bool:
    """Whether a folder of the archive leads elsewhere, or any user of this machine may put a file into it."""
    return folder.is_symlink() or any(
        each.is_dir() and each.stat().st_mode & stat.S_IWOTH for each in (folder, folder.parent)
    )


def _nobody_to_ask(what: str) -> PassphraseError:
    return PassphraseError(
        "no passphrase was given, and there is no terminal to ask on",
        where=what,
        remedy="put it in a file that only you can read and name that in ARCHIEF_PASSPHRASE_FILE",
    )


def described(value: Any) -> Any:  # noqa: ANN401 - any struct
    """A struct as plain values for JSON."""
    import msgspec  # noqa: PLC0415 - is imported already

    return msgspec.to_builtins(value)
