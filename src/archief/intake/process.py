"""Reading apart: in a process of its own, with bounds on time and memory, so that no file can harm the one who reads.

The process gets a file's bytes through a pipe and gives its reading back through another. It opens nothing, and nothing
is written. One process reads many files; it is ended and started anew when a file holds it up.

A message is four bytes of length, then MessagePack.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from archief import errors
from archief.errors import (
    ArchiefError,
    FileTooLargeError,
    NotFoundError,
    ReadingStoppedError,
    UnreadableFileError,
)
from archief.intake import reading
from archief.intake.reading import Reading

SECONDS = 15
"""So long a file may be read; with the process's start and end it takes less than twenty seconds."""

MEMORY = 1 << 30
"""So many bytes of memory reading a file may take beyond what the process has at its start."""

_LENGTH = struct.Struct(">I")
_ANSWER_MAX = 2 * reading.BYTES_MAX
_START_SECONDS = 30


class Request(msgspec.Struct):
    """A file to read."""

    name: str
    data: bytes
    seconds: int


class Answer(msgspec.Struct):
    """What came of it: a reading without the first file's bytes, or an error of ours."""

    reading: Reading | None = None
    code: str = ""
    what: str = ""
    where: str = ""
    remedy: str = ""


def load(path: Path, *, links: bool = True) -> bytes:
    """The bytes of a file, when it is one: no folder, no pipe, no device, and not too large.

    Args:
        path: the file.
        links: whether a symbolic link is followed. Who types a name may type a link's; in a folder that others fill, a
            link is no file.

    Raises:
        NotFoundError: there is no such file.
        UnreadableFileError: it cannot be opened.
        FileTooLargeError: too many bytes.
    """
    where = path.name
    try:
        # Opening a pipe would wait for somebody to write into it.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW))
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError("there is no such file", where=str(path), remedy="name another file") from None
    except OSError as error:
        if not links and error.errno == errno.ELOOP:
            raise UnreadableFileError(
                "a symbolic link", where=where, remedy="put the file itself in its place"
            ) from None
        raise UnreadableFileError(*_refused(error), where=where) from None
    except ValueError:
        raise UnreadableFileError("no file can have this name", where="a file's name") from None
    try:
        known = os.fstat(handle)
        if not stat.S_ISREG(known.st_mode):
            kind = "a folder" if stat.S_ISDIR(known.st_mode) else "no file but a pipe or a device"
            raise UnreadableFileError(f"this is {kind}", where=where, remedy="name the files to read")
        if known.st_size > reading.BYTES_MAX:
            raise FileTooLargeError(
                f"{known.st_size // 1_000_000} MB; at most {reading.BYTES_MAX // 1_000_000} MB is read",
                where=where,
                remedy="make it smaller, or type its fields with --set and keep it as a document",
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(reading.BYTES_MAX + 1)
    except OSError as error:
        raise UnreadableFileError(*_refused(error), where=where) from None
    finally:
        os.close(handle)


def _refused(error: OSError) -> tuple[str]:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return ("you may not read this file",)
    return (f"it cannot be opened: {os.strerror(error.errno or 0).lower()}",)


def read_apart(path: Path, *, seconds: int = SECONDS, memory: int = MEMORY) -> Reading:
    """Read one file in a process of its own.

    Args:
        path: the file.
        seconds: how long it may take.
        memory: how many bytes it may take.

    Raises:
        ArchiefError: as :func:`archief.intake.reading.read`, :func:`load`, or
        ReadingStoppedError: too long, too much memory, or the process broke down.
    """
    with Reader(seconds=seconds, memory=memory) as reader:
        return reader.read(path)


class Reader:
    """A process that reads files one after another.

    Args:
        seconds: how long a file may take.
        memory: how many bytes a file may take.
    """

    def __init__(self, *, seconds: int = SECONDS, memory: int = MEMORY) -> None:
        self.seconds = seconds
        self.memory = memory
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, path: Path) -> Reading:
        """Read a file.

        Raises:
            ArchiefError: see :func:`read_apart`.
        """
        return self.read_bytes(path.name, load(path))

    def read_bytes(self, name: str, data: bytes) -> Reading:
        """Read bytes that somebody has already.

        Args:
            name: the file's name; of a name that is not UTF-8 what is, the rest as question marks.
            data: its bytes.

        Raises:
            ArchiefError: see :func:`read_apart`.
        """
        name = name.encode("utf-8", "replace").decode()
        process = self._started()
        try:
            content = self._asked(process, name, data)
        except (OSError, EOFError):
            self._end()
            raise ReadingStoppedError(
                "reading it broke down or took too much memory; nothing was understood",
                where=name,
                remedy="type its fields with --set, and keep the file as a document",
            ) from None
        answer = msgspec.msgpack.decode(content, type=Answer)
        if answer.reading is None:
            raise _error(answer, name)
        files = [msgspec.structs.replace(answer.reading.files[0], data=data), *answer.reading.files[1:]]
        return msgspec.structs.replace(answer.reading, files=files)

    def _asked(self, process: subprocess.Popen[bytes], name: str, data: bytes) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        until = time.monotonic() + self.seconds
        request = msgspec.msgpack.encode(Request(name, data, self.seconds))
        try:
            _send(process.stdin, request, until)
            (length,) = _LENGTH.unpack(_receive(process.stdout, _LENGTH.size, until))
            if length > _ANSWER_MAX:
                raise EOFError
            return _receive(process.stdout, length, until)
        except _TooLongError:
            self._end()
            raise ReadingStoppedError(
                f"reading it took more than {self.seconds} seconds, and was ended",
                where=name,
                remedy="type its fields with --set, and keep the file as a document",
            ) from None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        # -I: neither the folder nor the environment decides what is imported; the path is handed over as it is here.
        program = (
            f"import sys; sys.path[:] = {sys.path!r}; from archief.intake.process import serve; serve({self.memory})"
        )
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-I", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        try:
            _receive(self._process.stdout, 1, time.monotonic() + _START_SECONDS)
        except (_TooLongError, EOFError, OSError):
            self._end()
            raise ReadingStoppedError(
                "the process that reads files does not start", remedy="run `archief doctor`"
            ) from None
        return self._process

    def _end(self) -> None:
        """End the process, whatever it does; it has nothing to lose."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process = None


class _TooLongError(Exception):
    """The time is up."""


def _send(pipe: IO[bytes], content: bytes, until: float) -> None:
    left = memoryview(_LENGTH.pack(len(content)) + content)
    while left:
        rest = until - time.monotonic()
        if rest <= 0 or not select.select([], [pipe], [], rest)[1]:
            raise _TooLongError
        try:
            left = left[os.write(pipe.fileno(), left[:65_536]) :]
        except BlockingIOError:
            continue


def _receive(pipe: IO[bytes], count: int, until: float) -> bytes:
    parts: list[bytes] = []
    while count:
        rest = until - time.monotonic()
        if rest <= 0 or not select.select([pipe], [], [], rest)[0]:
            raise _TooLongError
        part = os.read(pipe.fileno(), min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _error(answer: Answer, name: str) -> ArchiefError:
    """The error of the other process, of the class that its word names."""
    classes = {
        each.code: each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ArchiefError)
    }
    made = classes.get(answer.code, ArchiefError)
    return made(answer.what, where=answer.where or name, remedy=answer.remedy)


# the other side


def serve(memory: int) -> None:
    """Read files for the process that started this one, until it closes the pipe.

    Args:
        memory: how many bytes a file may take beyond what is there at the start.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _warm()
    _bound(memory)
    target.write(b"+")
    target.flush()
    while head := source.read(_LENGTH.size):
        request = msgspec.msgpack.decode(source.read(_LENGTH.unpack(head)[0]), type=Request)
        if hasattr(signal, "setitimer"):
            # The other side ends us; should it be gone, we end ourselves.
            signal.alarm(request.seconds + 5)
        content = msgspec.msgpack.encode(_answered(request))
        target.write(_LENGTH.pack(len(content)) + content)
        target.flush()


def _answered(request: Request) -> Answer:
    try:
        found = reading.read(request.name, request.data)
    except ArchiefError as error:
        return Answer(code=error.code, what=error.what, where=error.where, remedy=error.remedy)
    except MemoryError:
        return _stopped("reading it took too much memory; nothing was understood")
    except Exception as error:  # noqa: BLE001 - whatever a file makes a library raise, it ends here
        return _stopped(f"reading it failed ({type(error).__name__}); nothing was understood")
    files = [msgspec.structs.replace(found.files[0], data=b""), *found.files[1:]]
    return Answer(reading=msgspec.structs.replace(found, files=files))


def _stopped(what: str) -> Answer:
    remedy = "type its fields with --set, and keep the file as a document"
    return Answer(code=ReadingStoppedError.code, what=what, remedy=remedy)


def _warm() -> None:
    """Load what reading needs, before memory is bounded and the first file's time runs."""
    from archief.intake import identification, pdf, word_file  # noqa: F401, PLC0415 - loaded for their own sake

    with contextlib.suppress(ArchiefError, ImportError):
        identification.identify(b"Geachte heer", "text")
    with contextlib.suppress(ArchiefError, ImportError):
        pdf.read(b"%PDF-1.4\n")


def _bound(memory: int) -> None:
    """Bound the process, where the system can: memory beyond what it has now, no files, no core."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    bounds: list[tuple[Any, int]] = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, reading.BYTES_MAX + (1 << 20))]
    taken = _size()
    if taken:
        bounds.append((resource.RLIMIT_AS, taken + memory))
    for which, bound in bounds:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (bound, bound))


def _size() -> int:
    """How many bytes of address space the process has; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
