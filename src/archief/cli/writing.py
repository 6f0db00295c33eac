"""What every command that appends does around the append: choose and open the key, check, tell, sign the head.

Nothing here knows what the events mean.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from archief.cli import keyring
from archief.cli.keyring import KeyPath
from archief.cli.output import Output, counted
from archief.cli.session import Session
from archief.draft import Draft
from archief.errors import ArchiefError
from archief.journal import Appended, Journal
from archief.keys import KeyFile, SigningKey
from archief.log import Log


class Writer:
    """An open archive and the key that signs.

    Args:
        session: the surroundings.
        journal: the archive.
        key: the person's key.
    """

    def __init__(self, session: Session, journal: Journal, key: SigningKey) -> None:
        self.session = session
        self.journal = journal
        self.key = key
        self.accept_clock = False
        self._log_key = self._find_log_key()
        if self._log_key is not None:  # most often it has the passphrase that opened the person's
            with contextlib.suppress(ArchiefError, OSError):
                keyring.begin(session, self._log_key, session.known_passphrases[0])

    def _find_log_key(self) -> KeyPath | None:
        """The log's key file, when it is here and something was opened already: nobody is asked for it."""
        if not self.session.known_passphrases:
            return None
        return keyring.log_key(self.session, self.journal.authority.log_keys)

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.journal.authority.origin

    @property
    def log(self) -> Log:
        """The archive, for reading."""
        return Log(self.journal.storage)

    @property
    def person(self) -> str | None:
        """The person whose key signs."""
        return self.journal.authority.person_of(self.key.public.id)

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        commit_id: str | None = None,
        retry_from: int | None = None,
        expect_size: int | None = None,
    ) -> Appended:
        """Append events and their commit, now.

        Raises:
            ArchiefError: as :meth:`archief.journal.Journal.append`.
        """
        return self.journal.append(
            drafts, self.key, self.session.clock(), self.session.entropy,
            commit_id=commit_id, retry_from=retry_from, expect_size=expect_size, accept_clock=self.accept_clock,
        )  # fmt: skip

    def check(self, drafts: Sequence[Draft]) -> None:
        """Raise what an append would raise, append nothing."""
        self.journal.check(drafts, self.key, self.session.clock(), accept_clock=self.accept_clock)

    def sign_head(self) -> dict[str, Any] | None:
        """Sign the head when the log's key is here and the same passphrase opens it; None when it was not signed."""
        from archief import publishing  # noqa: PLC0415 - needs the other signature types

        here, wanted = self._log_key, {key.id for key in self.journal.authority.log_keys}
        if here is not None and {key.id for key in here.card.public} != wanted:
            here = self._find_log_key()  # this append changed the log's keys
        opened = self._opened(here) if here is not None else None
        if opened is None:
            return None
        publishing.sign_head(self.journal, opened.keys)
        return {"size": self.journal.size, "root": self.journal.root().hex()}

    def _opened(self, here: KeyPath) -> KeyFile | None:
        """The log's key file, opened; None when no passphrase of this run does, or it is damaged."""
        with contextlib.suppress(ArchiefError, OSError):
            return keyring.opened_silently(self.session, here)
        return None


@contextlib.contextmanager
def writer(session: Session, *, accept_clock: bool = False) -> Iterator[Writer]:
    """Open the archive and the key that signs.

    Raises:
        ArchiefError: no archive, no key, or the archive is not what is remembered of it.
    """
    keyring.begin_opening(session)
    with session.journal() as journal:
        here = keyring.chosen(session, journal.authority.keys)
        made = Writer(session, journal, keyring.opened(session, here).keys[0])
        made.accept_clock = accept_clock
        yield made


def finish(
    made: Writer,
    drafts: Sequence[Draft],
    *,
    dry_run: bool,
    told: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> None:
    """Append (or only check) and tell what was done.

    Args:
        made: the open archive and key.
        drafts: the events.
        dry_run: check and show them, append nothing.
        told: lines for a person, before the figures.
        more: members for JSON, behind those that every append has.

    Raises:
        ArchiefError: the archive refuses.
    """
    if dry_run:
        made.check(drafts)
        tell_dry(made, drafts, told, more)
        return
    appended = made.append(drafts)
    tell(made, appended, signed_head(made), told, more=more)


def signed_head(made: Writer) -> dict[str, Any] | None:
    """Sign the head after an append. What was appended stays when that fails, so a failure is only told."""
    try:
        return made.sign_head()
    except ArchiefError as error:
        made.session.output.warn(f"the append stands, but its head was not signed: {error}")
        return None


def tell(
    made: Writer,
    appended: Appended,
    head: dict[str, Any] | None,
    told: Sequence[str] = (),
    *,
    streams: bool = True,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Tell what an append did."""
    output, commit = made.session.output, appended.commit
    if output.json:
        output.members(
            {
                "test": made.journal.authority.test,
                "commit": commit.id,
                "seqs": list(appended.seqs),
                "streams": list(appended.streams),
                "size": appended.size,
                "time": commit.time,
                "key": commit.key,
                "known": appended.known,
                "head": head,
                **(more or {}),
            }
        )
        return
    for line in told:
        output.line(line)
    for stream in dict.fromkeys(appended.streams) if streams else ():
        output.line(f"stream {stream}")
    count, first = len(appended.seqs), appended.seqs[0]
    entries = f"entry {first}" if count == 1 else f"entries {first} to {appended.seqs[-1]}"
    output.note(f"appended {counted(count, 'event')} ({entries}); the log has {appended.size} entries")
    tell_head(output, head)


def tell_head(output: Output, head: dict[str, Any] | None) -> None:
    """Tell whether the head is signed."""
    if head is not None:
        output.note(f"signed head: size {head['size']}, root {head['root']}")
    else:
        output.note("the head is not signed yet: whoever holds the log key runs `archief checkpoint`")


def tell_dry(
    made: Writer, drafts: Sequence[Draft], told: Sequence[str] = (), more: Mapping[str, Any] | None = None
) -> None:
    """Show what would be appended."""
    output = made.session.output
    events = [
        {
            "type": one.tag,
            "stream": one.stream,
            "facts": msgspec.json.decode(one.facts),
            "data": msgspec.json.decode(one.data) if one.data is not None else None,
        }
        for one in drafts
    ]
    if output.json:
        output.members({"test": made.journal.authority.test, "dry_run": True, "events": events, **(more or {})})
        return
    for line in told:
        output.line(line)
    for event in events:
        output.line(f"{event['type']} in stream {event['stream']}")
        for part in ("facts", "data"):
            values = event[part]
            if isinstance(values, dict) and values:
                output.line(f"  {part}")
                output.fields(list(values.items()), indent="    ")
    output.note("a dry run: nothing was appended")
