r"""The text of a checkpoint: which log, how many entries, which root (C2SP tlog-checkpoint v1.0.0).

    <origin>\n
    <size, decimal without leading zeros>\n
    <root, base64>\n

Other logs may add extension lines. Ours never does, and a checkpoint of ours that has one is refused: ML-DSA-44
cosignatures do not cover them, and no monitor can check them.

>>> head = parse_head(b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")
>>> head.size
20852163
>>> print(format_head(head).decode(), end="")
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""

from __future__ import annotations

import re

import msgspec

from archief import canonical
from archief.errors import MalformedError
from archief.tlog.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX

ORIGIN_BYTES_MAX = 255
"""An ML-DSA-44 cosignature has one byte for the length of an origin (C2SP tlog-cosignature)."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LINES_WITH_EXTENSIONS_MAX = 64


class Checkpoint(msgspec.Struct, frozen=True, order=False):
    """The head of a log at one moment.

    Args:
        origin: the log's name.
        size: number of entries.
        root: 32 bytes, the RFC 6962 root over them.
    """

    origin: str
    size: int
    root: bytes


def format_head(head: Checkpoint) -> bytes:
    """Write the text that is signed.

    Raises:
        MalformedError: a head that cannot be written so that it is read back the same.
    """
    text = f"{head.origin}\n{head.size}\n{canonical.base64_encode(head.root)}\n".encode()
    assert parse_head(text) == head, "what is refused in reading is refused in writing; the rest reads back the same"
    return text


def parse_head(text: bytes, where: str = "", *, extensions: bool = False) -> Checkpoint:
    """Read the text of a checkpoint.

    Args:
        text: the note's text, with its last newline.
        where: the place to name in an error.
        extensions: whether lines after the root may stand there (other people's logs).

    Raises:
        MalformedError: not of the form, or an empty log whose root is not that of an empty tree.
    """
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise MalformedError("a checkpoint that is not UTF-8", where=where) from None
    *lines, rest = lines
    if rest or len(lines) < 3 or "" in lines or len(lines) > _LINES_WITH_EXTENSIONS_MAX:
        raise MalformedError("a checkpoint that is not made of an origin, a size and a root", where=where)
    if len(lines) > 3 and not extensions:
        raise MalformedError("a checkpoint with extension lines", where=where)
    origin, size_text, root_text = lines[:3]
    if len(origin.encode()) > ORIGIN_BYTES_MAX:
        raise MalformedError(f"an origin longer than {ORIGIN_BYTES_MAX} bytes", where=where)
    if not _SIZE.fullmatch(size_text) or int(size_text) > SIZE_MAX:
        raise MalformedError("a checkpoint whose size is not a plain decimal number", where=where)
    root = canonical.base64_decode(root_text, where)
    if len(root) != HASH_BYTES:
        raise MalformedError(f"a checkpoint whose root has not {HASH_BYTES} bytes", where=where)
    if size_text == "0" and root != EMPTY_ROOT:
        raise MalformedError("a checkpoint of an empty log whose root is not the empty root", where=where)
    return Checkpoint(origin, int(size_text), root)
