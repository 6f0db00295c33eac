"""How files of an archive in a folder are named (format.md §4), and in which of them a line stands."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from archief.events import envelope

SEGMENT_NAME = re.compile(r"[0-9]{12}\.jsonl")
DOCUMENT_ID = re.compile(r"[0-9a-f]{32}")
DOCUMENT_NAME = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{30})\.bin")
RECOVERED_NAME = re.compile(r"[0-9]{12}\.[0-9a-f]{64}\.tail")
PUBLIC_NAME = re.compile(
    r"checkpoint|checkpoints/[0-9]{12}|tile/(?:[0-9]|[1-5][0-9]|6[0-3]|entries)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)
DOCUMENT_FOLDER = re.compile(r"[0-9a-f]{2}")
PUBLIC_FOLDER = re.compile(r"checkpoints|tile(?:/(?:[0-9]{1,2}|entries)(?:/x[0-9]{3})*(?:/[0-9]{3}\.p)?)?")
FOLDERS = ("log", "payload", "documents", "public", "recovered", "cache")


def is_segment_name(name: str) -> bool:
    """Whether a file name is a segment's: twelve digits, a multiple of a segment's entries."""
    return bool(SEGMENT_NAME.fullmatch(name)) and int(name[:12]) % envelope.SEGMENT_ENTRIES == 0


def is_known(kind: str, path: str) -> bool:
    """Whether a folder of the archive may hold a file of that name.

    Args:
        kind: the folder.
        path: the file, within it.
    """
    patterns = {"documents": DOCUMENT_NAME, "public": PUBLIC_NAME, "recovered": RECOVERED_NAME}
    return bool(patterns[kind].fullmatch(path)) if kind in patterns else is_segment_name(path)


def is_folder(kind: str, path: str) -> bool:
    """Whether a folder of the archive may hold a folder of that name."""
    patterns = {"documents": DOCUMENT_FOLDER, "public": PUBLIC_FOLDER}
    return kind in patterns and bool(patterns[kind].fullmatch(path))


def segment_first(seq: int) -> int:
    """The first entry of the segment that an entry stands in."""
    return seq - seq % envelope.SEGMENT_ENTRIES


def growing(size: int) -> tuple[str, str, str, str]:
    """The files that an append to a log of that size extends or begins: log and payload, and the pair after them."""
    return _growing(segment_first(max(size - 1, 0)))


@functools.lru_cache(maxsize=8)  # asked of the same segment again and again
def _growing(first: int) -> tuple[str, str, str, str]:
    then = first + envelope.SEGMENT_ENTRIES
    return (
        f"log/{first:012d}.jsonl",
        f"payload/{first:012d}.jsonl",
        f"log/{then:012d}.jsonl",
        f"payload/{then:012d}.jsonl",
    )


def by_segment(kind: str, numbered: Sequence[tuple[int, bytes]]) -> Iterator[tuple[str, list[bytes]]]:
    """Lines with their entry index, split over the segments they belong to, earlier one first."""
    while numbered:
        first = segment_first(numbered[0][0])
        stop = first + envelope.SEGMENT_ENTRIES
        here = [line for seq, line in numbered if seq < stop]
        yield f"{kind}/{first:012d}.jsonl", here
        numbered = numbered[len(here) :]
