"""Every error a person can meet: its word, its exit code, what happened, where, and what to do next.

    ArchiefError
    ├── UsageError                    2  the command was given something it does not take
    ├── WriteFailedError              3  the disk refused (full, read-only, gone)
    ├── Interrupted                 130  Ctrl-C
    ├── about the archive
    │   ├── NoArchiveError           10  no archive in that folder
    │   ├── ArchiveInUseError        11  another process writes
    │   ├── ArchiveExistsError       12  a folder that is not empty
    │   ├── UnsafeFolderError        13  a version-control system would keep what is destroyed
    │   ├── TestArchiveError         14  a test archive is written to only when it is named
    │   ├── ClockError               15  this machine's clock is behind the log
    │   └── ExtraMissingError        16  the command needs an extra that is not installed
    ├── about keys
    │   ├── KeyMissingError          17  no such key on this machine
    │   ├── PassphraseError          18  the passphrase does not open the key
    │   └── KeyRefusedError          19  a key that no archive may accept (weak, malformed, already known)
    ├── about events
    │   ├── MalformedError           20  form: not canonical, not of the schema, too long
    │   ├── RefusedError             21  rule: this person may not do this, or not now
    │   ├── ConflictError            22  somebody else wrote first
    │   ├── NotFoundError            23  no such record, entry, event type or file
    │   └── AmbiguousError           24  several records answer to that name
    ├── about files from outside
    │   ├── UnreadableFileError      40  nothing can be read from the file
    │   ├── LockedFileError          41  the file opens with a password only
    │   ├── NoTextError              42  the file holds pictures of text, or nothing
    │   ├── FileTooLargeError        43  more bytes, packed or unpacked, than are looked at
    │   └── ReadingStoppedError      44  reading took too long or too much memory, and was ended
    └── about trust
        ├── CorruptError             30  the bytes of the archive are not what was signed
        ├── RollbackError            31  the archive is behind what this machine remembers
        ├── ForkError                32  the archive is another history than this machine remembers
        ├── LossError                33  a payload or document is gone and no destruction covers it
        ├── SignatureError           34  a signature does not verify
        ├── ProofError               35  a proof does not lead to its root
        ├── TailError                36  the last commit is complete but does not verify
        ├── FindingsError            37  bytes are intact, rules were broken
        └── UnsoundPackageError      38  a package for a records office has errors

Each class has its own exit code, never reused for another meaning. An unknown exit code is a failure; 1 is a bug of
ours.
"""

from __future__ import annotations

from typing import ClassVar


class ArchiefError(Exception):
    """Base of all errors that a person is shown.

    Args:
        what: what is wrong, one sentence, no capital, no full stop. Never content of a record.
        where: the place: a file and line, an entry, a field path, an option. Empty when there is none.
        remedy: what to type or do next. Empty when there is nothing to do.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"
    usual_remedy: ClassVar[str] = ""
    """What to do about an error of this class when the place that found it says nothing better."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what

    @property
    def next_step(self) -> str:
        """What to type or do next, as a person is told it."""
        return self.remedy or self.usual_remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders (verification workers) whole."""
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(cls: type[ArchiefError], what: str, where: str, remedy: str) -> ArchiefError:
    return cls(what, where=where, remedy=remedy)


class UsageError(ArchiefError):
    """The command was given something it does not take."""

    exit_code = 2
    code = "usage"
    usual_remedy = "see --help of the command"


class WriteFailedError(ArchiefError):
    """The disk refused a write: full, read-only or gone. Nothing was acknowledged."""

    exit_code = 3
    code = "write-failed"


class Interrupted(ArchiefError):  # noqa: N818 - it is not an error of anybody
    """The person pressed Ctrl-C; what was acknowledged stays, the rest was not done."""

    exit_code = 130
    code = "interrupted"


class NoArchiveError(ArchiefError):
    """There is no archive in that folder."""

    exit_code = 10
    code = "no-archive"


class ArchiveInUseError(ArchiefError):
    """Another process holds the archive's lock."""

    exit_code = 11
    code = "archive-in-use"


class ArchiveExistsError(ArchiefError):
    """An archive is founded in an empty or absent folder only."""

    exit_code = 12
    code = "archive-exists"


class UnsafeFolderError(ArchiefError):
    """The folder's surroundings keep what the archive must be able to destroy."""

    exit_code = 13
    code = "unsafe-folder"


class TestArchiveError(ArchiefError):
    """A test archive is appended to only when ``--archive`` names it."""

    __test__ = False
    exit_code = 14
    code = "test-archive"


class ClockError(ArchiefError):
    """The log's last commit lies more than five minutes ahead of this machine's clock."""

    exit_code = 15
    code = "clock"


class ExtraMissingError(ArchiefError):
    """The command needs a package of an extra that is not installed."""

    exit_code = 16
    code = "extra-missing"


class KeyMissingError(ArchiefError):
    """No key of that name or use on this machine."""

    exit_code = 17
    code = "key-missing"


class PassphraseError(ArchiefError):
    """No passphrase was given, or it does not open the key file."""

    exit_code = 18
    code = "passphrase"
    usual_remedy = "run the command again and type it"


class KeyRefusedError(ArchiefError):
    """A public key that no archive may accept: small order, not canonical, malformed or already enrolled."""

    exit_code = 19
    code = "key-refused"
    usual_remedy = "take another key; `archief key new` makes one"


class MalformedError(ArchiefError):
    """Bytes or values that are not in the form they must have."""

    exit_code = 20
    code = "malformed"
    usual_remedy = "correct it, or ask for it again, and run the command again"


class RefusedError(ArchiefError):
    """A rule forbids this event: no role, no mandate, or not in this state."""

    exit_code = 21
    code = "refused"
    usual_remedy = "look at what is there: `archief show`, `archief history`"


class ConflictError(ArchiefError):
    """Somebody else wrote first: the stream or the log is further than the writer saw."""

    exit_code = 22
    code = "conflict"
    usual_remedy = "look at what is there now, then run the command again"


class NotFoundError(ArchiefError):
    """No such record, entry, event type, file or folder. A file that is there but is not taken is a usage error."""

    exit_code = 23
    code = "not-found"
    usual_remedy = "look at what is there: `archief list`, `archief history RECORD`"


class AmbiguousError(ArchiefError):
    """Several records answer to that number or prefix."""

    exit_code = 24
    code = "ambiguous"


class UnreadableFileError(ArchiefError):
    """Nothing can be read from the file: no file, damaged, or of no kind that is read."""

    exit_code = 40
    code = "unreadable-file"


class LockedFileError(ArchiefError):
    """The file opens with a password only."""

    exit_code = 41
    code = "locked-file"


class NoTextError(ArchiefError):
    """The file is empty, or its pages are pictures without text."""

    exit_code = 42
    code = "no-text"


class FileTooLargeError(ArchiefError):
    """The file has more bytes, packed or unpacked, than are looked at."""

    exit_code = 43
    code = "file-too-large"


class ReadingStoppedError(ArchiefError):
    """Reading the file took too long, too much memory or the reading process down; nothing was understood."""

    exit_code = 44
    code = "reading-stopped"


class CorruptError(ArchiefError):
    """The archive's bytes are not what was signed."""

    exit_code = 30
    code = "corrupt"
    usual_remedy = "keep it as it is, compare it with a back-up, and look at `archief doctor`"


class RollbackError(ArchiefError):
    """The archive is shorter than a head that this machine remembers or was given."""

    exit_code = 31
    code = "rollback"
    usual_remedy = "do not go on with it; look for the newest copy"


class ForkError(ArchiefError):
    """The archive is another history than a head that this machine remembers or was given."""

    exit_code = 32
    code = "fork"
    usual_remedy = "do not go on with it; keep both, and find out who made the other"


class LossError(ArchiefError):
    """A payload or document is absent and no lawful destruction covers it."""

    exit_code = 33
    code = "loss"


class SignatureError(ArchiefError):
    """A signature does not verify under the key it names."""

    exit_code = 34
    code = "signature"
    usual_remedy = "do not rely on it; ask for it again, from who made it"


class ProofError(ArchiefError):
    """A proof does not lead to the root it should."""

    exit_code = 35
    code = "proof"
    usual_remedy = "do not rely on it; ask for it again, from who made it"


class TailError(ArchiefError):
    """The last commit line is complete but does not verify: it may be an acknowledged commit with a flipped bit."""

    exit_code = 36
    code = "tail"


class FindingsError(ArchiefError):
    """The bytes are intact, but rules were broken: unauthorised commits, missing cover, unknown files."""

    exit_code = 37
    code = "findings"


class UnsoundPackageError(ArchiefError):
    """A package for a records office (SIP) has errors: it would be refused."""

    exit_code = 38
    code = "unsound-package"
