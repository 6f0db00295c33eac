"""A disk that fails at a step of one's choice: every call that changes something is a step.

    steps = Steps(monkeypatch, at=3, how="torn")
    with steps:
        archive.append(…)

Also a disk that loses its power: what was not synced is there, half there or not there.
"""

from __future__ import annotations

import errno
import itertools
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pytest

from archief import durable

How = Literal["refused", "lost reply", "full", "killed before", "killed after", "torn", "interrupted"]
HOWS: tuple[How, ...] = ("refused", "lost reply", "full", "killed before", "killed after", "torn", "interrupted")
"""Refused: an error, nothing done. Lost reply: done, and an error. Full: as much as fits is written, then nothing more.
Torn: the process dies in the middle of a write. Interrupted: Ctrl-C.
"""

NAMES = ("open", "write", "pwrite", "fsync", "ftruncate", "replace", "unlink", "mkdir", "rmdir")
GROWING = ("open", "write", "pwrite", "mkdir")


class Killed(BaseException):
    """The process is gone. Nothing that it would still do is done."""


class Steps:
    """Counts the steps; at number ``at`` (from 0) something happens.

    Args:
        patch: for the time of the ``with``.
        at: the step; None only counts.
        how: what happens.
        share: how much of a torn write gets through, 0 to 1.
        watch: told name and arguments of every step before and after it is done.
    """

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        at: int | None = None,
        how: How = "refused",
        *,
        share: float = 0.5,
        watch: Callable[[str, str, tuple[Any, ...], Any], None] | None = None,
    ) -> None:
        self.patch = patch
        self.at = at
        self.how = how
        self.share = share
        self.watch = watch
        self.made: list[str] = []
        self.dead = False
        self.full = False

    def __enter__(self) -> Self:
        self._context = self.patch.context()
        patch = self._context.__enter__()
        for name in NAMES:
            patch.setattr(os, name, self._step(name, getattr(os, name)))
        patch.setattr(durable, "sync", self._step("sync", durable.sync))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, error, trace)

    def _step(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if name == "open" and (not args[1] & os.O_CREAT or Path(args[0]).exists()):
                result = function(*args, **named)
                self._tell("after", name, args, result)
                return result
            if self.dead:
                raise Killed
            number = len(self.made)
            self.made.append(name)
            self._tell("before", name, args, None)
            if self.full and name in GROWING:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            result = self._happen(name, function, args, named) if number == self.at else function(*args, **named)
            self._tell("after", "create" if name == "open" else name, args, result)
            return result

        return call

    def _tell(self, when: str, name: str, args: tuple[Any, ...], result: Any) -> None:
        if self.watch is not None:
            self.watch(when, name, args, result)

    def _happen(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if self.how == "interrupted":
            raise KeyboardInterrupt
        if self.how == "refused":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if self.how in ("full", "torn") and name in ("write", "pwrite"):
            written = function(args[0], args[1][: int(len(args[1]) * self.share)], *args[2:])
            if self.how == "full":
                self.full = True
                return written
        elif self.how in ("lost reply", "killed after"):
            result = function(*args, **named)
            if name == "open":
                os.close(result)
        if self.how == "full":
            self.full = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.how == "lost reply":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.dead = True
        raise Killed


class Disk:
    """Knows what of a folder would survive a power cut: contents by sync, names by sync of their folder.

    Args:
        folder: everything that is in it now is on the disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count()
        self.things: dict[Path, int] = {path: next(self.numbers) for path in [folder, *folder.rglob("*")]}
        self.opened: dict[int, int] = {}
        self.contents: dict[int, bytes] = {}
        self.names: dict[int, dict[str, int]] = {}
        for path in self.things:
            self._keep(path)

    def watch(self, when: str, name: str, args: tuple[Any, ...], result: Any) -> None:
        """A step, as :class:`Steps` tells it."""
        if when == "before":
            return
        path = Path(args[0]) if isinstance(args[0], str | Path) else Path()
        if name in ("create", "mkdir"):
            self.things[path] = next(self.numbers)
        if name in ("create", "open"):
            self.opened[result] = self.things[path]
        elif name == "replace":
            self.things[Path(args[1])] = self.things.pop(path)
        elif name in ("unlink", "rmdir"):
            self.things.pop(path, None)
        elif name in ("sync", "fsync"):
            thing = self.opened[args[0]]
            for place in [place for place, one in self.things.items() if one == thing]:
                self._keep(place)

    def _keep(self, path: Path) -> None:
        if path.is_dir():
            self.names[self.things[path]] = self._listed(path)
        else:
            self.contents[self.things[path]] = path.read_bytes()

    def _listed(self, folder: Path) -> dict[str, int]:
        return {path.name: thing for path, thing in self.things.items() if path.parent == folder}

    def after_power_cut(self, target: Path, chance: random.Random | None = None) -> None:
        """Write what is left into a new folder.

        Args:
            target: the folder.
            chance: decides for each name and content that was not synced whether it got to the disk, and how far;
                None for the worst: nothing that was not synced.
        """
        shutil.rmtree(target, ignore_errors=True)
        places = {thing: path for path, thing in self.things.items()}
        folders = {thing for path, thing in self.things.items() if path.is_dir()} | self.names.keys()

        def restore(thing: int, at: Path) -> None:
            now = places.get(thing)
            if thing not in folders:
                kept = self.contents.get(thing, b"")
                if chance is not None and now is not None and chance.random() < 0.7:
                    kept = _between(kept, now.read_bytes(), chance)
                at.write_bytes(kept)
                return
            at.mkdir()
            names = dict(self.names.get(thing, {}))
            listed = self._listed(now) if chance is not None and now is not None else names
            for name in sorted(names.keys() | listed.keys()):
                if chance is not None and chance.random() < 0.5:
                    names.pop(name, None)
                    names |= {name: listed[name]} if name in listed else {}
            for name, below in names.items():
                restore(below, at / name)

        restore(self.things[self.folder], target)


def _between(kept: bytes, now: bytes, chance: random.Random) -> bytes:
    """A content on its way from one to the other: it grows in place, or is the one or the other."""
    if now.startswith(kept):
        return now[: chance.randint(len(kept), len(now))]
    return chance.choice([kept, now])
