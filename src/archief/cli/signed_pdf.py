"""The PDF of a letter with an office-holder's signature in it (PAdES), as ``archief sign --pdf`` makes and keeps it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archief.cli import drafting, keyring, rendering, timestamping
from archief.cli.at_hand import Letter
from archief.cli.records import Happened
from archief.cli.session import Session
from archief.cli.wording import draft
from archief.cli.writing import Writer
from archief.draft import Draft
from archief.errors import MalformedError, PassphraseError, UsageError
from archief.events.base import DocumentRef
from archief.storage.base import NewDocument

if TYPE_CHECKING:
    from archief.render.pades import Signer, Validation

TITLE = "Ondertekende weergave van de brief"
"""How a signed rendition is called."""

NAME = "brief-ondertekend-{number}.pdf"
"""Numbered by the signatures in it."""

CONTENT = ("letter_edited", "document_attached", "document_converted")
"""After one of these the letter reads otherwise than the PDF that was signed before."""

PKCS12_BYTES_MAX = 1 << 20


class SignedPdf(NamedTuple):
    """A letter's PDF, signed now and not kept yet.

    Attributes:
        ref: the file, as a payload registers it.
        document: its bytes, to be stored.
        found: what a validation finds of the newest signature in it.
        moment: when it was signed and validated.
    """

    ref: dict[str, Any]
    document: NewDocument
    found: Validation
    moment: dt.datetime

    def members(self) -> dict[str, Any]:
        """What JSON tells of it."""
        one = self.found
        return {
            "document": self.document.id,
            "pades": one.level,
            "result": one.result,
            "reason": one.reason or None,
            "holder": one.holder,
            "certificate": one.sha256,
        }

    def told(self) -> str:
        """What a person is told of it."""
        why = f" ({self.found.reason})" if self.found.reason else ""
        return f"{TITLE}: PAdES {self.found.level} by {self.found.holder}; validation: {self.found.result}{why}"


def level_of(typed: str | None) -> str:
    """The level of the ondertekening when the PDF is signed.

    Advanced: the certificate names its holder, and a change afterwards shows (eIDAS 26). More it cannot be: a qualified
    signature is made by a device, and the key is in a file here (eIDAS 3, 12). Who thinks less of it says so.

    Args:
        typed: the level that a person gave.

    Raises:
        UsageError: a qualified one.
    """
    if typed == "qualified":
        raise UsageError(
            "a key in a file makes no qualified signature: that takes a device (eIDAS 3, 12)",
            where="--level",
            remedy="leave --level out: it is advanced",
        )
    return typed or "advanced"


def signed(made: Writer, letter: Letter, certificate: Path, tsa: str | None, *, dry_run: bool) -> SignedPdf:
    """Sign a letter's PDF: the one that others signed, the rendition that is kept, or one made now.

    Args:
        made: the open archive.
        letter: the letter.
        certificate: a PKCS#12 file.
        tsa: where a timestamp authority listens; None for none. A dry run does not ask it.
        dry_run: nothing will be appended.

    Raises:
        ArchiefError: as :func:`archief.render.pades.sign` and :func:`archief.cli.rendering.rendition`.
    """
    from archief.render import pades  # noqa: PLC0415 - only who signs a PDF pays

    session = made.session
    signer = _opened(session, certificate)
    before = _before(letter.happened)
    if before is not None:
        content = rendering.stored(made.log, before)
    else:
        content = rendering.rendition(session, made.log, letter.stream).content
    moment = session.clock().replace(microsecond=0)
    stamp = functools.partial(timestamping.ask, tsa) if tsa is not None and not dry_run else None
    content = pades.sign(content, signer, moment, stamp=stamp)
    # No roots: whose word counts is not ours to say here. What was changed is found all the same.
    found = pades.validations(content, pades.Trust(b""), moment)
    ref, document = rendering.stored_as(content, session.entropy, NAME.format(number=len(found)))
    return SignedPdf(ref, document, found[-1], moment)


def _before(happened: Sequence[Happened]) -> DocumentRef | None:
    """The PDF that others signed since the letter last changed."""
    found: DocumentRef | None = None
    for one in happened:
        word = one.event.type.rpartition(".v")[0]
        if word in CONTENT:
            found = None
        elif word == "signature_validated" and one.data is not None and one.data.documents:
            found = one.data.documents[0]
    return found


def validated(made: Writer, letter: Letter, pdf: SignedPdf, seq: int | None) -> Draft:
    """The event that tells what was found of the signature (Archiefregeling 24c); the signer answers for it.

    Args:
        made: the open archive.
        letter: the letter.
        pdf: what was signed.
        seq: the entry of the letter_signed that goes with it; None when there is none yet.
    """
    facts = {
        "method": "pades",
        "officer": made.person,
        "result": pdf.found.result,
        "time": f"{pdf.moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        **({"signed": seq} if seq is not None else {}),
    }
    data = {**pdf.found.data(), "document": pdf.document.id, "documents": [pdf.ref]}
    return draft("signature_validated", letter.stream, facts, data, documents=[pdf.document])


def _opened(session: Session, path: Path) -> Signer:
    """The certificate with its key, opened as key files are."""
    from archief.render import pades  # noqa: PLC0415 - only who signs a PDF pays

    with drafting.opened(str(path)) as stream:
        raw = stream.read(PKCS12_BYTES_MAX + 1)
    if len(raw) > PKCS12_BYTES_MAX:
        raise MalformedError("longer than any PKCS#12 file", where=str(path), remedy="name the .p12 or .pfx file")
    keyring.warn_of_mode(session, path)
    refusal: PassphraseError | None = None
    for passphrase in session.passphrases(f"certificate {path.name}"):
        try:
            return pades.signer_of(raw, passphrase, str(path))
        except PassphraseError as error:
            refusal = error
    raise refusal or PassphraseError("no passphrase was given", where=str(path))
