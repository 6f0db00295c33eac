"""The PDF of a letter with an office-holder's signature in it (PAdES), as ``archief sign --pdf`` makes and keeps it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archief.cli import drafting, keyring
from archief.cli.letters import rendering
from archief.cli.letters.at_hand import Letter
from archief.cli.records import Happened
from archief.cli.session import Session
from archief.cli.trust import timestamping
from archief.cli.wording import draft, typed_at
from archief.cli.writing import Writer
from archief.draft import Draft
from archief.errors import MalformedError, PassphraseError, UsageError
from archief.events.base import DocumentRef
from archief.storage.base import NewDocument

if TYPE_CHECKING:
    from archief.render.pades import Signer, Trust, Validation

TITLE = "Ondertekende weergave van de brief"
"""How a signed rendition is called."""

NAME = "brief-ondertekend-{number}.pdf"
"""Numbered by the signatures in it."""

CONTENT = ("letter_edited", "document_attached", "document_converted")
"""After one of these the letter reads otherwise than the PDF that was signed before."""

PKCS12_BYTES_MAX = 1 << 20
TRUST_BYTES_MAX = 1 << 26
"""A list of revoked certificates of a large issuer has tens of megabytes."""


class Asked(NamedTuple):
    """What a person asked of a signature in a PDF.

    Attributes:
        certificate: a PKCS#12 file.
        tsa: where a timestamp authority listens; None for none.
        roots: a file of certificates that are trusted (PEM); None: nobody's word counts.
        crls: files with lists of revoked certificates.
        level: b, t or lt.
    """

    certificate: Path
    tsa: str | None
    roots: Path | None
    crls: Sequence[Path]
    level: str

    def trust(self) -> Trust:
        """What certificates are judged by."""
        from archief.render.pades import Trust  # noqa: PLC0415 - only who signs a PDF pays

        roots = _read(self.roots, TRUST_BYTES_MAX, "a list of trusted certificates") if self.roots is not None else b""
        return Trust(roots, [_read(one, TRUST_BYTES_MAX, "a list of revoked certificates") for one in self.crls])


def asked(
    certificate: Path | None, *, tsa: str | None, roots: Path | None, crls: Sequence[Path], pades: str | None
) -> Asked | None:
    """What the options of ``sign`` ask for, at the highest level that they allow; None for no signature in a PDF.

    Raises:
        UsageError: options that need ``--pdf``, or a level that needs more than was given.
    """
    options = {"--tsa": tsa, "--roots": roots, "--crl": crls, "--pades": pades}
    if certificate is None:
        for name, value in options.items():
            if value:
                raise UsageError("this is about a signature in a PDF", where=name, remedy="add --pdf FILE")
        return None
    lacking = [name for name in ("--tsa", "--roots", "--crl") if not options[name]]
    level = pades or ("lt" if not lacking else "t" if tsa is not None else "b")
    needed = {"b": [], "t": ["--tsa"], "lt": ["--tsa", "--roots", "--crl"]}[level]
    if missing := [name for name in needed if name in lacking]:
        raise UsageError(
            f"level {level} needs {' and '.join(missing)} too",
            where="--pades",
            remedy="give them, or leave --pades out",
        )
    return Asked(certificate, tsa, roots, crls, level)


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


def signed(made: Writer, letter: Letter, wanted: Asked, *, dry_run: bool) -> SignedPdf:
    """Sign a letter's PDF: the one that others signed, the rendition that is kept, or one made now.

    Args:
        made: the open archive.
        letter: the letter.
        wanted: how.
        dry_run: nothing will be appended; the timestamp authority is not asked, so the level is B-B.

    Raises:
        ArchiefError: as :func:`archief.render.pades.sign` and :func:`archief.cli.letters.rendering.rendition`.
    """
    from archief.render import pades  # noqa: PLC0415 - only who signs a PDF pays

    session = made.session
    signer, trust = _opened(session, wanted.certificate), wanted.trust()
    before = _before(letter.happened)
    if before is not None:
        content = rendering.stored(made.log, before)
    else:
        content = rendering.rendition(session, made.log, letter.stream).content
    moment = session.clock().replace(microsecond=0)
    level = "b" if dry_run else wanted.level
    stamp = functools.partial(timestamping.ask, wanted.tsa) if wanted.tsa is not None and level != "b" else None
    with typed_at({"roots": "--roots", "crl": "--crl"}):
        content = pades.sign(content, signer, moment, stamp=stamp, trust=trust if level == "lt" else None)
        # Without roots it is indeterminate: nobody said whose word counts. What was changed is found all the same.
        found = pades.validations(content, trust, moment)
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

    raw = _read(path, PKCS12_BYTES_MAX, "a PKCS#12 file")
    keyring.warn_of_mode(session, path)
    refusal: PassphraseError | None = None
    for passphrase in session.passphrases(f"certificate {path.name}"):
        try:
            return pades.signer_of(raw, passphrase, str(path))
        except PassphraseError as error:
            refusal = error
    raise refusal or PassphraseError("no passphrase was given", where=str(path))


def _read(path: Path, most: int, what: str) -> bytes:
    with drafting.opened(str(path)) as stream:
        raw = stream.read(most + 1)
    if len(raw) > most:
        raise MalformedError(f"longer than {what} is", where=str(path), remedy="name another file")
    return raw
