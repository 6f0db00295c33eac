"""Names in a package: which ones every system takes, what a metadata file is called, and names made to fit.

Source: MDTO SIP-specificatie (names), and what pre-ingest tools look for: lower-case ``.bestand.mdto.xml`` behind the
whole name of the file.

>>> clean("Brief aan de raad: 2021.pdf")
'Brief-aan-de-raad-2021.pdf'
>>> sidecar("sip/brief.pdf.bestand.MDTO.xml")
('sip/brief.pdf', 'bestand')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

PATH_MAX = 255
NAME_MAX = 200
"""Names we give leave room for folders above and endings behind."""

FILE_ENDING = ".bestand.mdto.xml"
OBJECT_ENDING = ".mdto.xml"
NORM_FILE_ENDING = ".bestand.MDTO.xml"
NORM_OBJECT_ENDING = ".MDTO.xml"

_FORBIDDEN = re.compile(r'[<>:"/\\|?*#&\s\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(PRN|AUX|NUL|CON|COM[0-9¹²³]|LPT[0-9¹²³])(\..*)?", re.IGNORECASE)
_SIDECAR = re.compile(r"(.+?)(\.bestand)?\.mdto\.xml", re.IGNORECASE | re.DOTALL)


def sidecar(path: str) -> tuple[str, str] | None:
    """What a metadata file is about, by its name: the path without the ending, and the kind; None for another file."""
    found = _SIDECAR.fullmatch(path)
    return None if found is None else (found[1], "bestand" if found[2] else "informatieobject")


def faults(path: str) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a path's last name, and with its length: rule, what, remedy."""
    name = path.rpartition("/")[2]
    if _FORBIDDEN.search(name):
        yield (
            "name-characters",
            'a space, a control character or one of < > : " / \\ | ? * # &',
            "rename it, with its metadata",
        )
    if _RESERVED.fullmatch(name):
        yield "name-reserved", "a name that Windows keeps for a device", "rename it, with its metadata"
    if name.endswith(".") or name.startswith("."):
        yield "name-dot", "a name that begins or ends with a dot", "rename it, or take it out"
    if len(path) > PATH_MAX:
        yield "name-length", f"a path of more than {PATH_MAX} characters", "make the names shorter"
    if not _is_utf8(path):
        yield "name-encoding", "a name that is not UTF-8", "rename it in UTF-8"
    elif unicodedata.normalize("NFC", name) != name:
        yield "name-normal-form", "accents apart from their letters (not NFC)", "rename it in NFC"


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def clean(name: str) -> str:
    """A name that every system takes, as near to the given one as can be."""
    name = "".join(char if char.isprintable() else "-" if char.isspace() else "" for char in name)
    name = _plain(unicodedata.normalize("NFC", name))
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 16:
        stem, dot, ending = name, "", ""
    made = f"{stem[:NAME_MAX].strip('-. ') or 'bestand'}{dot}{ending}"
    # A metadata file that came along is a file like any other, and may not look like one of ours.
    made = re.sub(r"\.mdto\.xml$", "-mdto.xml", made, flags=re.IGNORECASE)
    return f"bestand-{made}" if _RESERVED.fullmatch(made) else made


def _plain(name: str) -> str:
    """Dashes for what no name may hold, never two together, none beside a dot or at an end."""
    return re.sub(r"-*\.+[-.]*", ".", re.sub(r"-{2,}", "-", _FORBIDDEN.sub("-", name))).strip("-. ")


class Taken:
    """The names that a delivery has: each once, also where capitals do not count.

    Args:
        taken: those that it has already.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}
        self._last: dict[str, int] = {}  # numbers below it are taken: ten thousand files may have one name

    def unique(self, name: str) -> str:
        """This name, or with a number when it is taken."""
        stem, dot, ending = name.rpartition(".")
        if not dot:
            stem, ending = name, ""
        made, number = name, self._last.get(name.casefold(), 1)
        while made.casefold() in self._taken:
            number += 1
            made = f"{stem}-{number}{dot}{ending}"
        self._last[name.casefold()] = number
        self._taken.add(made.casefold())
        return made
