"""Whether a document is the one that its payload registered."""

from __future__ import annotations

import hashlib

from archief.errors import ArchiefError
from archief.events.base import DocumentRef
from archief.storage import base
from archief.storage.base import Storage
from archief.verification.fault import Fault

DOCUMENT_MISSING = "document-missing"
"""The kind of fault that a destruction under way explains."""


def check_document(storage: Storage, document: DocumentRef, seq: int) -> list[Fault]:
    """Compare a document with what its payload registered; the faults, at most one.

    Args:
        storage: where it is.
        document: its id, size and digest.
        seq: the entry that registers it.
    """
    file = f"documents/{document.id[:2]}/{document.id}.bin"
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with storage.open_document(document.id) as stream:
            while piece := stream.read(base.PIECE_BYTES):
                digest.update(piece)
                size_bytes += len(piece)
    except (ArchiefError, OSError):
        missing = Fault(
            kind=DOCUMENT_MISSING,
            grade="loss",
            file=file,
            entry=seq,
            what="a document is missing",
            expected=document.sha256,
            remedy="bring it back from a back-up: its payload is here, so no destruction covers it",
        )
        return [missing]
    if digest.hexdigest() == document.sha256 and size_bytes == document.size:
        return []
    changed = Fault(
        kind="document-changed",
        grade="corruption",
        file=file,
        entry=seq,
        what="a document is not the one that was registered",
        expected=document.sha256,
        found=digest.hexdigest(),
    )
    return [changed]
