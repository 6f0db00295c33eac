"""What verification finds, and how grave it is."""

from __future__ import annotations

from typing import Literal

import msgspec

from archief.errors import (
    ArchiefError,
    CorruptError,
    FindingsError,
    ForkError,
    LossError,
    RollbackError,
)
from archief.rules.destructions import Destructions

Grade = Literal["rollback", "fork", "loss", "corruption", "finding"]
"""From gravest to mildest. A finding leaves the bytes intact: a rule was broken, or something stands here that should
not.
"""

ERRORS: dict[str, type[ArchiefError]] = {
    "rollback": RollbackError,
    "fork": ForkError,
    "loss": LossError,
    "corruption": CorruptError,
    "finding": FindingsError,
}
"""The error, and so the exit code, of each grade; the gravest found decides."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong, and where. Never content of a record.

    Attributes:
        kind: a word for programs: what is wrong.
        grade: how grave it is.
        file: the file under the archive, or an address.
        what: one sentence.
        line: the line in that file, from 1.
        entry: the entry of the log.
        expected: what should be there (a hash, a number).
        found: what is there.
        remedy: what to do next.
    """

    kind: str
    grade: Grade
    file: str
    what: str
    line: int | None = None
    entry: int | None = None
    expected: str | None = None
    found: str | None = None
    remedy: str | None = None

    def sentence(self) -> str:
        """The fault as one line of text."""
        place = self.file
        if self.line is not None:
            place += f":{self.line}"
        if self.entry is not None:
            place += f" (entry {self.entry})"
        text = f"{place}: {self.what}"
        if self.expected is not None or self.found is not None:
            text += f"; expected {self.expected or 'nothing'}, found {self.found or 'nothing'}"
        return text


class Report(msgspec.Struct, kw_only=True):
    """What a verification looked at and what it found.

    Attributes:
        origin: the log's name.
        size: entries verified up to here.
        root: the root over them, in hex.
        since: where it began: 0 for a whole verification.
        events, commits, payloads, documents: how many were looked at.
        destroyed: payloads that are lawfully gone.
        erased: of those the payloads that were erased by themselves (AVG).
        certificates: of these, how many under which certificate (the record that holds it).
        copies: the certificates among them that are of copies, left here after a transfer.
        executing: of these, how many in a destruction that is not closed.
        unauthorised: the commits (by entry) that replay skips.
        head_size: the size of the newest signed head; None when nothing is signed.
        cosignatures: valid cosignatures on all heads in the archive.
        cosigned_size: the size of the newest cosigned head; None when there is none.
        test: whether it is a test archive.
        faults: everything that is wrong, in order of place.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    since: int = 0
    events: int = 0
    commits: int = 0
    payloads: int = 0
    documents: int = 0
    destroyed: int = 0
    erased: int = 0
    certificates: dict[str, int] = msgspec.field(default_factory=dict)
    copies: list[str] = msgspec.field(default_factory=list)
    executing: int = 0
    unauthorised: list[int] = msgspec.field(default_factory=list)
    head_size: int | None = None
    cosignatures: int = 0
    cosigned_size: int | None = None
    test: bool = False
    faults: list[Fault] = msgspec.field(default_factory=list)

    def gone(self, seq: int, stream: str, destructions: Destructions) -> None:
        """Count a payload that is lawfully gone, and under what."""
        self.destroyed += 1
        if destructions.by_itself(seq, stream):
            self.erased += 1
            return
        certificate = destructions.certificate(stream)
        if certificate is None:
            self.executing += 1
        else:
            self.certificates[certificate] = self.certificates.get(certificate, 0) + 1
            if destructions.of_copy(stream) and certificate not in self.copies:
                self.copies.append(certificate)

    def gravest(self) -> Grade | None:
        """The gravest grade found; None when all is well."""
        for grade in ERRORS:
            if any(fault.grade == grade for fault in self.faults):
                return grade  # type: ignore[return-value]
        return None

    def error(self, where: str) -> ArchiefError | None:
        """The error that says how this verification ended; None when all is well."""
        grade = self.gravest()
        if grade is None:
            return None
        worst = next(fault for fault in self.faults if fault.grade == grade)
        count = len(self.faults)
        what = f"{count} fault{'' if count == 1 else 's'} found; the gravest: {worst.sentence()}"
        remedy = worst.remedy or "keep the archive as it is, compare it with a back-up, and look at `archief doctor`"
        return ERRORS[grade](what, where=where, remedy=remedy)
