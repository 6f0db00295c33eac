"""What was delivered: a package of ours, held against its own pakbon, before somebody signs for it."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from archief.errors import MalformedError, RefusedError
from archief.exports import mdto, pakbon
from archief.exports.package import Package
from archief.exports.target import PIECE_BYTES

_LOG = re.compile(r"Stand van logboek (\S+):")


class Delivered(NamedTuple):
    """What a package of ours says of itself.

    Attributes:
        origin: the log that it was made from.
        number: on its pakbon.
        sha256: of all its files but the pakbon, worked out from the files.
    """

    origin: str
    number: str
    sha256: str


def delivered(package: Package, where: str) -> Delivered:
    """What was delivered: the pakbon, held against the files themselves.

    Args:
        package: the package, in whatever wrapping; what lies beside the folder of the pakbon is the wrapping's.
        where: its name, for messages.

    Raises:
        MalformedError: no pakbon of ours is in it.
        RefusedError: the files are not those that the pakbon was made of.
    """
    for odd in package.oddities:
        raise MalformedError(odd.what, where=odd.path, remedy=odd.remedy)
    slips = [path for path in package.files if path.rpartition("/")[2] == pakbon.NAME]
    if not slips:
        raise MalformedError(f"there is no {pakbon.NAME} in it", where=where)
    slip = max(slips, key=lambda path: path.count("/"))  # an E-ARK SIP has a copy of it above
    inside = slip.removesuffix(pakbon.NAME)
    with package.open(slip) as stream:
        root = mdto.parse_xml(stream.read())
    texts = {} if isinstance(root, str) else {str(one.tag): (one.text or "").strip() for one in root}
    log = _LOG.match(texts.get("opmerkingen", ""))
    if log is None or texts.get("hashGrondslag") != pakbon.METHOD or not texts.get("uniekNummer"):
        raise MalformedError("its pakbon is not one that archief makes", where=where)
    content = (path for path in package.files if path.startswith(inside) and path != slip)
    found = pakbon.package_hash((path.removeprefix(inside), _digest(package, path)) for path in content)
    if found != texts.get("hash"):
        raise RefusedError(
            "its files are not those that its pakbon was made of",
            where=where,
            remedy="see which with `archief check sip`, and ask for the package again",
        )
    return Delivered(log[1], texts["uniekNummer"], found)


def _digest(package: Package, path: str) -> str:
    digest = hashlib.sha256()
    with package.open(path) as stream:
        while piece := stream.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
