"""Whether an archive extends what this machine remembers of it, and what was signed of it (format.md §5)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from archief.errors import ForkError, MalformedError, ProofError, RollbackError
from archief.events.envelope import Commit
from archief.heads import Head, Heads, Incident
from archief.storage.base import Storage
from archief.stored_tree import StoredTree
from archief.tlog import head as tlog_head
from archief.tlog import merkle, note

_REMEDY = (
    "do not go on with this archive: somebody cut or rewrote it, or it is an old copy. Bring back the newest copy;"
    " when a loss is known and accepted, `archief doctor --accept-head`"
)


def signed_size(storage: Storage) -> int:
    """The size of the newest signed head in the archive, as it says itself; 0 when there is none or it is
    unreadable.
    """
    raw = storage.read_public("checkpoint")
    if raw is None:
        return 0
    try:
        return tlog_head.parse_head(note.parse_note(raw).text).size
    except MalformedError:
        return 0


def check_memory(
    heads: Heads, storage: Storage, commit: Commit, found: Head, former: Iterable[tuple[str, int]] = ()
) -> None:
    """Refuse an archive that is no extension of the head that this machine remembers.

    Args:
        heads: what this machine remembers.
        storage: where the archive is.
        commit: its last commit.
        found: its origin, size and root now.
        former: names that the log had before a restore, each with the size up to which it was kept (format.md §6).

    Raises:
        RollbackError: it is shorter. Both sides are kept as an incident.
        ForkError: it is another history. Both sides are kept as an incident.
    """
    for origin, kept_size in ((found.origin, None), *former):
        remembered = heads.recall(origin)
        if remembered is None:
            continue
        try:
            if kept_size is not None and remembered.size > kept_size:
                raise RollbackError(  # noqa: TRY301 - kept as an incident like the others
                    f"the log goes on from entry {kept_size} after a loss, but this machine remembers"
                    f" {remembered.size} entries of {origin}",
                    where=storage.place,
                    remedy=_REMEDY,
                )
            check_extension(storage, msgspec.structs.replace(remembered, origin=found.origin), commit, found)
        except (RollbackError, ForkError) as error:
            kind = "rollback" if isinstance(error, RollbackError) else "fork"
            path = heads.keep_incident(Incident(kind=kind, remembered=remembered, found=found))
            error.remedy = f"{error.remedy}; both sides are kept in {path}"
            raise


def check_extension(storage: Storage, earlier: Head, commit: Commit, found: Head) -> None:
    """Refuse a log that does not extend an earlier head.

    Args:
        storage: where the log is.
        earlier: a head that was remembered, signed or handed out.
        commit: the log's last commit: its base root is signed.
        found: the log's size and root now.

    Raises:
        RollbackError: the log is shorter than the earlier head.
        ForkError: the log is another history.
    """
    if earlier.origin != found.origin:
        raise ForkError(f"the head is of log {earlier.origin}, this log is {found.origin}", where=storage.place)
    if earlier.size > found.size:
        raise RollbackError(
            f"the archive has {found.size} entries, but {earlier.size} were there before",
            where=storage.place,
            remedy=_REMEDY,
        )
    if earlier.size == found.size:
        if earlier.root != found.root:
            raise _fork(storage, earlier)
        return
    if earlier.size == 0:
        return
    for from_log in (False, True):
        tree = StoredTree(storage, found.size, from_log=from_log)
        try:
            target = (commit.base.size, commit.base.root)
            if earlier.size > commit.base.size:
                target = (found.size, found.root)
            proof = merkle.consistency_proof(earlier.size, target[0], tree)
            merkle.verify_consistency(
                earlier.size, target[0], bytes.fromhex(earlier.root), bytes.fromhex(target[1]), proof
            )
        except ProofError:
            continue
        return
    raise _fork(storage, earlier)


def _fork(storage: Storage, earlier: Head) -> ForkError:
    return ForkError(
        f"the first {earlier.size} entries are not those that were there before",
        where=storage.place,
        remedy=_REMEDY,
    )
