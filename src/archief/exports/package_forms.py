"""The forms that a SIP goes out in: as it is, in a bag (BagIt 1.0), or as the representation of an E-ARK SIP."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from archief.exports import bag, documentation, eark, pakbon, target

if TYPE_CHECKING:
    from archief.exports.sip import Written
    from archief.exports.target import Target

INSIDE = {"bagit": bag.INSIDE, "e-ark": eark.INSIDE}
"""Where the SIP lies in the folder, by profile; elsewhere it is the folder itself."""


class Form:
    """A folder that takes a SIP, and what goes around it.

    Attributes:
        target: takes the SIP.
    """

    def __init__(self, taker: Target, profile: str, version: str) -> None:
        self.target = taker
        self._profile = profile
        self._version = version

    def close(self, made: Written) -> None:
        """Write what goes around the SIP, when it is whole.

        Raises:
            WriteFailedError: the disk refused.
        """
        around = {"bagit": self._bag, "e-ark": self._eark}.get(self._profile)
        for path, content in around(made).items() if around is not None else ():
            self.target.put_around(path, content)

    def _bag(self, made: Written) -> dict[str, bytes]:
        info = {
            "Source-Organization": made.organisation,
            "External-Identifier": made.number,
            "External-Description": made.titel,
            "Bagging-Date": made.tijdstempel[:10],
            "Bag-Software-Agent": f"archief {self._version}",
        }
        return bag.files(self.target.digests, self.target.sizes, info)

    def _eark(self, made: Written) -> dict[str, bytes]:
        taker = self.target
        content = {
            path: eark.Held(f"data/{path}", digest, taker.sizes[path]) for path, digest in sorted(taker.digests.items())
        }

        def copied(path: str) -> bytes:
            return (taker.folder / path).read_bytes()

        around = {
            eark.PAKBON: copied(pakbon.NAME),
            f"documentation/{documentation.TEXT_NAME}": copied(f"{documentation.NAME}/{documentation.TEXT_NAME}"),
            f"schemas/{documentation.SCHEMA_NAME}": copied(f"{documentation.NAME}/{documentation.SCHEMA_NAME}"),
        }
        head = eark.Head(made.number, made.titel, made.tijdstempel, made.organisation, self._version)
        return eark.files(head, content, around)


@contextlib.contextmanager
def folder(place: Path, key: str, profile: str, version: str) -> Iterator[Form]:
    """Write a package in a form; whole or not at all, as :func:`archief.exports.target.folder`.

    Args:
        place: a folder that is not there, or is empty.
        key: names the export; a stopped run of the same key is taken up.
        profile: the form.
        version: of the program.

    Raises:
        UsageError: there is something in it.
        WriteFailedError: the disk refused.
    """
    with target.folder(place, key, INSIDE.get(profile, "")) as taker:
        yield Form(taker, profile, version)
