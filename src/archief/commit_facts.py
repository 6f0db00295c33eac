"""What the events of a commit say that later appends must know, kept until it is known whether the commit counts.

Authority, what a letter has reached, numbers that a series issued. Read out of the entries' bytes, without decoding the
many that say nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from archief.errors import MalformedError
from archief.events import envelope
from archief.rules import lifecycle, numbering
from archief.rules.authority import AUTHORITY_TYPES, Authority

Line = tuple[int, bytes, str]
"""Entry index, entry, and for a commit the types of its events."""

ALLOWED_MAX = 1_000
"""So many answers of authority are remembered: who appends what repeats."""

_AUTHORITY = frozenset(tag.encode() for tag in AUTHORITY_TYPES)
_MILESTONES: dict[bytes, int] = {tag.encode(): reached for tag, reached in lifecycle.MILESTONES.items()}
_ISSUING = frozenset(tag.encode() for tag in numbering.ISSUING_TYPES)
_ISSUED = re.compile(rb'"series":"([^"]+)","year":([0-9]{4})')

SAYING = _AUTHORITY | _ISSUING | set(_MILESTONES)
"""The types of events that say something of it."""


class CommitFacts:
    """What the events of a commit say, kept until it is known whether the commit counts.

    Args:
        fold: gives what authority says before the first of them.
    """

    def __init__(self, fold: Callable[[], Authority]) -> None:
        self._fold = fold
        self._authority: Authority | None = None
        self._allowed: dict[tuple[bytes, str], bool] = {}  # key and origin, types: while authority stays as it is
        self.lines: list[Line] = []
        self.milestones: list[tuple[str, int]] = []
        self.issued: list[tuple[str, int]] = []

    def see(self, seq: int, tag: bytes, stream: str, entry: bytes) -> None:
        """Note what an event says."""
        if tag in _AUTHORITY:
            self.lines.append((seq, entry, ""))
        if tag in _MILESTONES:
            self.milestones.append((stream, _MILESTONES[tag]))
        if tag in _ISSUING and (found := _ISSUED.search(entry)):
            self.issued.append((found[1].decode("ascii", "replace"), int(found[2])))

    def authorised(self, entry: bytes, names: str) -> bool:
        """Whether a commit over these counts; takes those into account that authority rests on."""
        if self._authority is None:
            self._authority = self._fold()
        asked = entry[entry.find(b'"key":"') : entry.rfind(b'"root":"')], names
        if not self.lines and asked in self._allowed:
            return self._allowed[asked]
        try:
            commit = envelope.decode_commit(entry)
            events = [envelope.decode_event(line) for _, line, _ in self.lines]
        except MalformedError:
            return False  # what cannot be read says nothing; ``fold`` and verification name it
        allowed = not self._authority.judge(commit.key, commit.origin, names.split())
        if events:
            allowed = allowed and not self._authority.take(commit, events).unauthorised
        if self.lines or len(self._allowed) == ALLOWED_MAX:
            self._allowed.clear()
        else:
            self._allowed[asked] = allowed
        return allowed

    def clear(self) -> None:
        """Forget a commit's events."""
        self.lines, self.milestones, self.issued = [], [], []
