"""File systems of one's own for a test: a small one, or one that cannot be written."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def mounted(place: Path, options: str) -> Iterator[Path | None]:
    """A file system in memory at this place for the length of the ``with``; None where that is not allowed."""
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if (
        mount is None
        or umount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", options, "tmpfs", place], check=False, capture_output=True
        ).returncode
    ):
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run([umount, "-l", place], check=True)
