"""A bag around a package: BagIt 1.0 (RFC 8493), with SHA-256 throughout.

Nothing of it is drawn from the clock: the bagging date is the day of the state that the package was made from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

INSIDE = "data/"
"""Where the content lies."""


def files(digests: Mapping[str, str], sizes: Mapping[str, int], info: Mapping[str, str]) -> dict[str, bytes]:
    """What stands around the content.

    Args:
        digests: path and SHA-256 of every file of the content.
        sizes: bytes of each.
        info: what bag-info.txt says, beside the size.
    """
    oxum = f"{sum(sizes.values())}.{len(sizes)}"
    told = {**info, "Payload-Oxum": oxum}
    made = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{name}: {' '.join(text.split())}\n" for name, text in told.items()).encode(),
        "manifest-sha256.txt": _manifest({f"{INSIDE}{path}": digest for path, digest in digests.items()}),
    }
    tags = {path: hashlib.sha256(content).hexdigest() for path, content in made.items()}
    return {**made, "tagmanifest-sha256.txt": _manifest(tags)}


def manifest(raw: bytes) -> dict[str, str]:
    """Path and digest of each line of a manifest; a line that is none is left out."""
    found = {}
    for line in raw.decode("utf-8", "surrogateescape").splitlines():
        digest, _, path = line.partition(" ")
        if path.strip():
            found[_unescaped(path.lstrip(" *"))] = digest.lower()
    return found


def _manifest(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {_escaped(path)}\n" for path, digest in sorted(digests.items())).encode()


def _escaped(path: str) -> str:
    """A path as RFC 8493 writes it: percent and line ends by their number."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _unescaped(path: str) -> str:
    return path.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
