"""Files that others give us: signed heads, keys to check them with, consistency proofs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from archief import canonical
from archief.cli import drafting
from archief.errors import MalformedError, NotFoundError, SignatureError, UsageError
from archief.heads import Head
from archief.keys import COSIGNATURE_ED25519, PublicKey
from archief.log import Log
from archief.stored_tree import StoredTree
from archief.tlog import head as tlog_head
from archief.tlog import merkle, note
from archief.tlog.checkpoint import OpenedCheckpoint
from archief.tlog.head import Checkpoint

BYTES_MAX = note.NOTE_BYTES_MAX + (1 << 17)


def read(path: Path) -> bytes:
    """A file that was given, or ``-`` for standard input.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it cannot be read.
        MalformedError: it is too long to be any of these.
    """
    with drafting.opened(str(path)) as stream:
        raw = stream.read(BYTES_MAX + 1)
    if len(raw) > BYTES_MAX:
        raise MalformedError("longer than any head or proof", where=str(path))
    return raw


def parse(raw: bytes, where: str) -> Checkpoint:
    """The head in a file: a signed note, or its three lines alone as a letter prints them. No signature is judged.

    Raises:
        MalformedError: neither.
    """
    text = note.parse_note(raw, where).text if b"\n\n" in raw else raw.rstrip(b"\n") + b"\n"
    return tlog_head.parse_head(text, where)


def remembered_form(path: Path) -> Head:
    """A head from a file, in the form in which this machine remembers heads.

    Raises:
        MalformedError: not a head.
    """
    raw = read(path)
    head = parse(raw, str(path))
    signed = raw.decode() if b"\n\n" in raw else None
    return Head(origin=head.origin, root=head.root.hex(), size=head.size, note=signed)


def verifiers(given: Iterable[str]) -> list[note.Verifier]:
    """Keys to check heads with: each a vkey, or a file with one a line.

    Raises:
        NotFoundError: neither a vkey nor a file.
        UsageError: a file that cannot be read.
        MalformedError: a vkey that is not one.
    """
    found: list[note.Verifier] = []
    for one in given:
        path = Path(one)
        if one.count("+") >= 2 and not path.is_file():
            found.append(note.parse_vkey(one, "--vkey"))
            continue
        try:
            lines = read(path).decode("utf-8", "replace").splitlines()
        except NotFoundError as error:
            error.remedy = "name a file with keys, or write a key itself as name+id+key"
            raise
        wanted = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        found += [note.parse_vkey(line, one) for line in wanted]
    return found


def log_keys(known: Sequence[note.Verifier], origin: str) -> tuple[list[PublicKey], list[note.Verifier]]:
    """Part keys into those of the log and those of cosigners.

    Raises:
        UsageError: none of them is the log's.
        MalformedError: a key that signs as a cosigner does, under the log's own name.
    """
    for one in known:
        if one.name == origin and one.type == COSIGNATURE_ED25519:
            raise MalformedError("a cosigner's key under the log's name", where=f"--vkey {one.vkey[:60]}")
    ours = [one.key for one in known if one.name == origin]
    if not ours:
        raise UsageError(
            f"none of the keys is one of {origin}",
            where="--vkey",
            remedy="get the log's keys from its owner (`archief checkpoint --vkeys`), by another way than this proof",
        )
    return ours, [one for one in known if one.name != origin]


def demand_no_doubt(opened: OpenedCheckpoint, where: str) -> None:
    """Refuse a head with a wrong signature of a key that was given, or one in the log's name that nobody can judge.

    A log signs with two keys for the day that one of them falls: who checks with one only would not see it.

    Raises:
        SignatureError: there is such a line.
    """
    for one in opened.findings:
        if one.verdict == "invalid":
            raise SignatureError(f"the signature of {one.name}+{one.key_id.hex()} is wrong", where=where)
        if one.name == opened.head.origin:
            raise SignatureError(
                f"a signature in the log's name by key {one.key_id.hex()}, which was not given",
                where=where,
                remedy="give all keys of the log with --vkey (`archief checkpoint --vkeys` prints them)",
            )


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head in a consistency proof."""

    root: str
    size: canonical.Count


class Consistency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consistency proof with both its ends (RFC 6962 section 2.1.2)."""

    form: Literal["archief/consistency/v1"] = "archief/consistency/v1"
    new: End
    old: End
    origin: str
    proof: list[str]


def extends(log: Log, old: int, new: int) -> bytes:
    """The proof that a log of one size extends that of another, as ``archief prove --consistency`` writes it.

    Args:
        log: the log.
        old: the smaller size, at least 1.
        new: the larger; not beyond the log's.

    Raises:
        ProofError: the tiles do not lead from the one to the other.
    """
    tree = StoredTree(log.storage, log.size)
    proof = Consistency(
        new=End(root=merkle.tree_root(new, tree).hex(), size=new),
        old=End(root=merkle.tree_root(old, tree).hex(), size=old),
        origin=log.origin,
        proof=[canonical.base64_encode(one) for one in merkle.consistency_proof(old, new, tree)],
    )
    written = canonical.encode(proof) + b"\n"
    consistency(written, log.storage.place)
    return written


def consistency(raw: bytes, where: str) -> Consistency:
    """Read a consistency proof and demand that it proves what it says.

    Raises:
        MalformedError: not of the form.
        ProofError: it does not lead from the old root to the new.
    """
    try:
        found = canonical.decode_as(msgspec.json.Decoder(Consistency), raw.removesuffix(b"\n"), where)
    except MalformedError:
        raise MalformedError(
            "neither a log proof nor a consistency proof",
            where=where,
            remedy="give the file that `archief prove` wrote",
        ) from None
    try:
        old, new = bytes.fromhex(found.old.root), bytes.fromhex(found.new.root)
    except ValueError:
        raise MalformedError("a root that is not in hex", where=where) from None
    if (found.old.root, found.new.root) != (old.hex(), new.hex()) or {len(old), len(new)} != {merkle.HASH_BYTES}:
        raise MalformedError("a root that is not 32 bytes in lower-case hex", where=where)
    proof = [canonical.base64_decode(one, where) for one in found.proof]
    merkle.verify_consistency(found.old.size, found.new.size, old, new, proof, where)
    return found
