"""What ``archief doctor`` looks at: keys, people, heads, what this machine remembers, and what can be made again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from archief import publishing
from archief.cli import authority, keyring
from archief.cli.output import counted
from archief.cli.people import founding
from archief.cli.session import Session
from archief.errors import ArchiefError, ForkError, RollbackError
from archief.heads import Head, Incident
from archief.log import Log
from archief.memory import check_extension
from archief.rules.authority import Authority
from archief.tlog import tiles

Level = Literal["ok", "warning", "problem"]


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        level: how it is.
        what: what was found.
        next: what to do; empty when nothing is.
    """

    level: Level
    what: str
    next: str = ""


def keys(session: Session) -> Iterator[Finding]:
    """The folder of keys and its files."""
    folder = session.keys_folder
    if not folder.is_dir():
        yield Finding("warning", f"no keys on this machine ({folder})", "archief key new NAME")
        return
    if keyring.loose_mode(folder):
        yield Finding("problem", f"{folder}: others on this machine can look into it", f"chmod 700 {folder}")
    found = list(keyring.listed(session))
    for one in found:
        if keyring.loose_mode(one.path):
            yield Finding("problem", f"{one.path}: others on this machine can read it", f"chmod 600 {one.path}")
    yield Finding("ok", f"{counted(len(found), 'key file')} in {folder}")


def archive(session: Session, log: Log) -> Iterator[Finding]:
    """What the log says of its people and keys, and whether its end opens for writing."""
    known = authority.of(session, log)
    holders = known.archivarissen()
    if len(holders) < 2:
        yield Finding(
            "warning",
            f"archivarissen with a key: {len(holders)}; when that key is lost nobody can enrol another",
            "archief person add NAME --role archivaris --key",
        )
    else:
        yield Finding("ok", f"archivarissen with a key: {len(holders)}")
    if keyring.log_key(session, known.log_keys) is None:
        yield Finding("ok", "the log's key is not on this machine; heads are signed where it is")
    yield from _heads(log, known)
    if not known.test:
        kept = founding.kept_by(session.archive)
        if kept:
            yield Finding(
                "problem", f"{kept}: what is destroyed here stays in its history", "move the archive out of it"
            )


def _heads(log: Log, known: Authority) -> Iterator[Finding]:
    try:
        newest = publishing.newest_head(log.storage, known)
    except ArchiefError as error:
        yield Finding("problem", f"the newest head: {error}", "archief verify")
        return
    if newest is None:
        yield Finding("warning", "no head is signed", "archief checkpoint")
        return
    size = newest.head.size
    if size > log.size:
        what = f"a head of {counted(size, 'entry')} was signed, the log has {log.size:,}: entries were cut off"
        yield Finding("problem", what, "bring back the newest copy of the log")
        return
    if size < log.size:
        what = f"{counted(log.size - size, 'entry')} not covered by a signed head"
        yield Finding("warning", what, "archief checkpoint")
    else:
        yield Finding("ok", f"the head is signed up to the end: size {size}")
    there = set(log.storage.public_paths())
    wanted = {tiles.tile_path(one.level or 0, one.index, one.width) for one in tiles.tiles_for(0, size)}
    missing = len(wanted - there)
    if missing:
        yield Finding("warning", f"{counted(missing, 'tile')} of the signed head missing", "archief doctor --repair")
    else:
        yield Finding("ok", f"tiles of the signed head: all there ({len(wanted)})")


def memory(session: Session, log: Log) -> Iterator[Finding]:
    """What this machine remembers of the archive."""
    heads = session.heads()
    for incident in incidents(session, log):
        word = "accepted" if incident.accepted else "not settled"
        what = (
            f"an incident ({incident.kind}, {word}): {counted(incident.remembered.size, 'entry')} remembered,"
            f" {incident.found.size:,} found"
        )
        remedy = "find out where that copy came from; then `archief doctor --accept-head` settles it"
        yield Finding("ok", what, "") if incident.accepted else Finding("problem", what, remedy)
    settled = True
    for one in conflicts(session, log):
        settled = False
        yield Finding("problem", str(one.error), one.error.remedy)
    if not settled:
        return
    remembered, receipt = heads.recall(log.origin), heads.receipt(log.origin)
    if remembered is None:
        yield Finding("ok", "this machine remembers no head of this log yet")
    else:
        what = f"the log extends the head that this machine remembers ({counted(remembered.size, 'entry')})"
        yield Finding("ok", what)
    if receipt is None or receipt.size > log.size:
        yield Finding("warning", "never verified whole on this machine", "archief verify")
    else:
        yield Finding("ok", f"verified whole up to {counted(receipt.size, 'entry')}")


def incidents(session: Session, log: Log) -> list[Incident]:
    """The incidents that this machine keeps of the log, under its name of now and earlier ones."""
    origins = [log.origin, *(origin for origin, _ in authority.of(session, log).former_origins)]
    return [one for origin in origins for one in session.heads().incidents(origin)]


class Conflict(NamedTuple):
    """A head that this machine remembers and the archive does not extend.

    Attributes:
        remembered: that head.
        found: what there is in its place, under the same name.
        error: what it means.
    """

    remembered: Head
    found: Head
    error: ArchiefError


def conflicts(session: Session, log: Log) -> Iterator[Conflict]:
    """Where the archive is not an extension of what this machine remembers, under its name of now and earlier ones."""
    heads, known = session.heads(), authority.of(session, log)
    now = Head(origin=log.origin, root=log.root().hex(), size=log.size)
    for origin, kept in ((log.origin, None), *known.former_origins):
        remembered = heads.recall(origin)
        if remembered is None:
            continue
        if kept is not None and remembered.size > kept:
            many = counted(remembered.size, "entry")
            lost = f"the log goes on from entry {kept} after a loss, this machine remembers {many}"
            found = Head(origin=origin, root=log.root(kept).hex(), size=kept)
            yield Conflict(remembered, found, RollbackError(lost, where=origin, remedy="archief doctor --accept-head"))
            continue
        try:
            check_extension(log.storage, msgspec.structs.replace(remembered, origin=log.origin), log.last_commit, now)
        except (RollbackError, ForkError) as error:
            yield Conflict(remembered, msgspec.structs.replace(now, origin=origin), error)


def leftovers(log: Log) -> Iterator[Finding]:
    """What stands in the archive and should not."""
    strangers = list(log.storage.strangers())
    for name in strangers:
        yield Finding(
            "problem", f"{name}: the format does not know this file", "move it out of the archive, or --repair"
        )
    cut = sum(1 for _ in log.storage.recovered())
    if cut:
        yield Finding("ok", f"{counted(cut, 'cut tail')} kept in recovered/")
    if not strangers:
        yield Finding("ok", "no file that the format does not know")
