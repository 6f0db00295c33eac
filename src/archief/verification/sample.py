"""Verify a random sample of events, with their payloads and documents: the fixity check of a day.

Each chosen entry is proved to stand in the tree whose root the last commit sealed. Says nothing of the others: a whole
verification does.
"""

from __future__ import annotations

from collections.abc import Callable

from archief import canonical, keys
from archief.errors import ArchiefError, CorruptError, ProofError
from archief.events import envelope
from archief.index import Index
from archief.log import Log
from archief.rules.authority import Authority
from archief.storage.base import Storage
from archief.stored_tree import StoredTree
from archief.tlog import merkle
from archief.verification.documents import check_document
from archief.verification.fault import Fault, Report


def verify_sample(storage: Storage, count: int, choose: Callable[[int], int]) -> Report:
    """Verify some events, chosen at random.

    Args:
        storage: where the archive is.
        count: how many to choose; each is looked at once.
        choose: gives a random number below its argument.

    Raises:
        CorruptError: the tiles and the log do not fold to what the last commit sealed.
        NoArchiveError: there is no archive.
    """
    log = Log(storage)
    commit = log.last_commit
    authority = _authority(log)
    tree = StoredTree(storage, log.size)
    if tree.root(commit.base.size).hex() != commit.base.root:
        tree = StoredTree(storage, log.size, from_log=True)
        if tree.root(commit.base.size).hex() != commit.base.root:
            raise CorruptError(
                "the entries before the last commit are not those that it sealed",
                where=storage.place,
                remedy="run `archief verify`: it names the place",
            )
    public = authority.public_key(commit.key)
    if public is not None:
        keys.verify(
            public, envelope.commit_message(log.tail.commit), canonical.base64_decode(commit.sig), "last commit"
        )
    report = Report(origin=log.origin, size=log.size, root=tree.root().hex(), test=authority.test)
    wanted = min(count, commit.base.size)
    chosen: set[int] = set()
    while len(chosen) < wanted:
        chosen.add(choose(commit.base.size))
    for seq in sorted(chosen):
        _look(log, tree, seq, authority, report)
    return report


def _authority(log: Log) -> Authority:
    index = Index(None)
    index.open()
    index.add(0, log.entries())
    return index.fold()


def _look(log: Log, tree: StoredTree, seq: int, authority: Authority, report: Report) -> None:
    """One entry: its proof, its payload, its documents."""
    base_head, entry = log.last_commit.base, log.entry(seq)
    file = f"log/{seq - seq % envelope.SEGMENT_ENTRIES:012d}.jsonl"
    try:
        proof = merkle.inclusion_proof(seq, base_head.size, tree)
        leaf = merkle.leaf_hash(entry)
        merkle.verify_inclusion(leaf, seq, base_head.size, proof, bytes.fromhex(base_head.root), file)
        if envelope.is_commit(entry):
            report.commits += 1
            return
        report.events += 1
        event = envelope.decode_event(entry, file)
        if event.payload is None:
            return
        data = log.payload(event)
    except ProofError:
        what = "the entry is not the one that was sealed"
        report.faults.append(Fault(kind="entry-changed", grade="corruption", file=file, entry=seq, what=what))
        return
    except ArchiefError as error:
        payload = file.replace("log/", "payload/")
        report.faults.append(
            Fault(kind="payload-changed", grade="corruption", file=payload, entry=seq, what=error.what)
        )
        return
    if data is not None:
        report.payloads += 1
        for document in getattr(data, "documents", None) or ():
            report.documents += 1
            report.faults += check_document(log.storage, document, seq)
    elif authority.destructions.cover(seq, event.stream, event.stream_seq):
        report.gone(seq, event.stream, authority.destructions)
    else:
        what = "a payload is missing and no destruction covers it"
        payload = file.replace("log/", "payload/")
        report.faults.append(Fault(kind="payload-missing", grade="loss", file=payload, entry=seq, what=what))
