"""The inner signature of a letter: what it covers, and the signature itself, for whoever signs (format.md §2)."""

from __future__ import annotations

from typing import Any, NamedTuple

from archief import canonical
from archief.cli import records
from archief.cli.writing import Writer
from archief.errors import MalformedError, RefusedError
from archief.events import envelope
from archief.events.catalogue import CONTENT_TAGS


class Covered(NamedTuple):
    """A content event under a signature."""

    commitment: str
    seq: int


def completed(made: Writer, stream: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the program knows: the version's content events, the signatory, the key and its signature.

    Args:
        made: the open archive and the office-holder's key.
        stream: the letter.
        facts: what was typed; a signature that was made elsewhere is left as it is.

    Raises:
        MalformedError: role or basis is absent.
        RefusedError: there is nothing to sign.
    """
    if "signature" in facts:
        return facts
    for name in ("role", "basis"):
        if name not in facts:
            raise MalformedError("a letter is signed in an office, on a ground", where=f"facts.{name}", remedy=_REMEDY)
    covers = _covers(made, stream)
    message = envelope.letter_message(
        made.origin, stream, covers, facts["role"], facts.get("on_behalf_of"), facts["basis"]
    )
    return {
        "level": "simple",
        "signatory": made.person,
        **facts,
        "covers": [one._asdict() for one in covers],
        "key": made.key.public.id,
        "signature": canonical.base64_encode(made.key.sign(message)),
    }


_REMEDY = "for example: --set role=burgemeester --set basis=gemeentewet:59a.1 --set on_behalf_of=college"


def _covers(made: Writer, stream: str) -> list[Covered]:
    """Every content event that makes up the letter's version now."""
    session = made.session
    log = session.log()
    happened = records.happened(log, records.find(session, log, stream))
    found = [Covered(one.event.payload or "", one.event.seq) for one in happened if one.event.type in CONTENT_TAGS]
    if not found:
        raise RefusedError("there is no content to sign in this stream", where=stream)
    return found
