"""The pakbon: what a package says of itself as a whole. MDTO names its fields; no schema of it exists.

Ours is plain XML. Its hash is over the list of all other files: a line ``<SHA-256>  <path>`` each, in the order of
their paths as bytes. A pakbon of others is searched for numbers by the names that are in use.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from archief.exports import mdto

NAME = "pakbon.xml"
METHOD = "SHA-256 over de regels '<SHA-256>  <pad>' van alle andere bestanden, op volgorde van pad"

_NUMBERS = {
    "informatieobjecten": re.compile(r"aantal(aangeleverde)?informatieobject(en)?"),
    "bestanden": re.compile(r"aantal(aangeleverde)?bestand(en)?"),
    "andere": re.compile(r"aantalbestanden(anders|ongelijk|niet|zonder).*|aantalniet-?mdto.*|aantaloverigebestanden"),
    "bytes": re.compile(r"(totale)?omvang(inhoud)?(inbytes)?|aantalbytes"),
}
"""How the numbers are called, in lower case without spaces, dashes and underscores."""


class Pakbon(NamedTuple):
    """The packing slip of a delivery.

    Attributes:
        nummer: unique number of the package.
        titel: what is in it.
        doellocatie: where in the records office it goes.
        tijdstempel: the moment of the state it was made from.
        archiefvormer: whose records they are.
        contact: whom to ask.
        informatieobjecten, bestanden: how many there are.
        andere: how many files do not end in ``.mdto.xml``; the pakbon itself is not counted.
        omvang: bytes in those.
        hash: over all files but the pakbon.
        opmerkingen: remarks.
    """

    nummer: str
    titel: str
    doellocatie: str
    tijdstempel: str
    archiefvormer: str
    contact: str
    informatieobjecten: int
    bestanden: int
    andere: int
    omvang: int
    hash: str
    opmerkingen: str = ""


class Told(NamedTuple):
    """What a pakbon of whomever says: its numbers by ``informatieobjecten``, ``bestanden``, ``andere`` and ``bytes``;
    the hash when it is made as ours is.
    """

    numbers: dict[str, str]
    hash: str | None


def package_hash(digests: Iterable[tuple[str, str]]) -> str:
    """The hash of a package.

    Args:
        digests: path and SHA-256 of every file but the pakbon.
    """
    lines = sorted(((path.encode("utf-8", "surrogateescape"), digest) for path, digest in digests))
    whole = hashlib.sha256()
    for path, digest in lines:
        whole.update(digest.encode() + b"  " + path + b"\n")
    return whole.hexdigest()


def write(slip: Pakbon) -> bytes:
    """Write a pakbon."""
    etree = mdto.library()
    root = etree.Element("pakbon", versie="1")
    fields: Mapping[str, object] = {
        "uniekNummer": slip.nummer,
        "titel": slip.titel,
        "doellocatie": slip.doellocatie,
        "tijdstempel": slip.tijdstempel,
        "archiefvormer": slip.archiefvormer,
        "contact": slip.contact,
        "aantalInformatieobjecten": slip.informatieobjecten,
        "aantalBestanden": slip.bestanden,
        "aantalBestandenAndersDanMdto": slip.andere,
        "omvangInBytes": slip.omvang,
        "hashAlgoritme": "SHA-256",
        "hashGrondslag": METHOD,
        "hash": slip.hash,
        "opmerkingen": slip.opmerkingen,
    }
    for name, value in fields.items():
        etree.SubElement(root, name).text = str(value)
    written: bytes = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return written


def read(raw: bytes) -> Told | str:
    """What a pakbon says, whoever made it; a sentence when it cannot be read."""
    told = texts(raw)
    if isinstance(told, str):
        return told
    numbers: dict[str, str] = {}
    for name, text in told.items():
        for number, pattern in _NUMBERS.items():
            if pattern.fullmatch(name) and text:
                numbers.setdefault(number, text)
    return Told(numbers, told.get("hash") if told.get("hashgrondslag") == METHOD else None)


def texts(raw: bytes) -> dict[str, str] | str:
    """What each element of a pakbon says, by its name in lower case without spaces, dashes and underscores.

    A sentence when it cannot be read.
    """
    root: Any = mdto.parse_xml(raw)
    if isinstance(root, str):
        return root
    found: dict[str, str] = {}
    for element in root.iter():
        name = re.sub(r"[\s_-]", "", str(element.tag).rpartition("}")[2]).casefold()
        text = (element.text or "").strip()
        if not found.get(name):
            found[name] = text
    return found


def is_pakbon(path: str) -> bool:
    """Whether a path is that of a pakbon: in the package's own folder, by its name."""
    return "/" not in path and path.casefold().startswith("pakbon")
