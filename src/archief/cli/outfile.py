"""Files that a command writes because a person named them: never over another, never into the archive or keys."""

from __future__ import annotations

from pathlib import Path

from archief import durable
from archief.cli.session import Session
from archief.errors import NotFoundError, UsageError


def target(session: Session, path: Path, option: str, *, force: bool | None = None) -> Path:
    """A path that may be written.

    Args:
        session: says where the archive and the keys are.
        path: what the person named.
        option: the option it was named with, for the message.
        force: whether a plain file that is there may be written over; None where the command has no ``--force``.

    Raises:
        UsageError: something is there already, or it lies in the archive or among the keys.
        NotFoundError: there is no such folder.
    """
    refuse_place(session, path, option)
    if (path.exists() or path.is_symlink()) and not (force and path.is_file() and not path.is_symlink()):
        remedy = "name another file, or " + ("move that one away" if force is None else "write over it with --force")
        raise UsageError(f"{path} is there already", where=option, remedy=remedy)
    return path


def folder(session: Session, path: Path, option: str) -> Path:
    """A folder that may be filled: one that is new, or empty.

    Raises:
        UsageError: there is something in it, or it lies in the archive or among the keys.
        NotFoundError: its own folder is not there.
    """
    refuse_place(session, path, option)
    if path.is_symlink() or (path.exists() and not path.is_dir()) or (path.is_dir() and any(path.iterdir())):
        raise UsageError(
            f"there is something in {path} already", where=option, remedy="name a folder that is empty or new"
        )
    return path


def refuse_place(session: Session, path: Path, option: str) -> None:
    """Refuse a path in the archive or among the keys, or one whose folder is not there.

    Raises:
        UsageError: it lies there.
        NotFoundError: there is no such folder.
    """
    real = path.resolve()
    for place, whose in ((session.archive, "the archive"), (session.keys_folder, "the keys' folder")):
        if real.is_relative_to(place.resolve()):
            raise UsageError(f"{path} lies in {whose}", where=option, remedy="name a place elsewhere")
    if not real.parent.is_dir():
        raise NotFoundError(f"there is no folder {real.parent}", where=option, remedy="make it, or name another one")


def write(session: Session, path: Path, content: bytes, option: str = "--out", *, force: bool | None = None) -> None:
    """Write a file that a person named.

    Raises:
        UsageError, NotFoundError: as :func:`target`.
        WriteFailedError: the disk refused.
    """
    durable.replace(target(session, path, option, force=force), content)
