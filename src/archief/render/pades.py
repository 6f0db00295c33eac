"""Signatures in a PDF: PAdES baseline B-B, B-T and B-LT (ETSI EN 319 142-1), and their validation (EN 319 102-1).

This is the ondertekening inside the file, made with an office-holder's certificate; who appended what to the log is
another signature, made with another key. A signature is added behind the file and shows nothing on the page: the letter
prints its own block, and a stamp would break PDF/A-3a and PDF/UA-1.

Knows certificates and bytes. Does not ask the network itself: a timestamp authority is a function that is handed in;
so are lists of revoked certificates, unless ``online`` lets pyhanko fetch them.

    signer = signer_of(Path("burgemeester.p12").read_bytes(), b"geheim")
    signed = sign(pdf, signer, now)                                                  # B-B
    signed = sign(pdf, signer, now, stamp=ask_authority)                             # B-T
    signed = sign(pdf, signer, now, stamp=ask_authority, trust=Trust(roots, crls))   # B-LT
    for one in validations(signed, Trust(roots, crls), now): ...
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import importlib
import io
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from archief.errors import (
    ExtraMissingError,
    KeyRefusedError,
    MalformedError,
    PassphraseError,
    SignatureError,
    UsageError,
)

T = TypeVar("T")

Stamp = Callable[[bytes], bytes]
"""A timestamp authority: a request (RFC 3161, DER) in, its response out."""

Level = Literal["B-B", "B-T", "B-LT"]
Result = Literal["valid", "invalid", "indeterminate"]
_RESULTS: dict[str, Result] = {"PASSED": "valid", "FAILED": "invalid", "INDETERMINATE": "indeterminate"}
"""The standard's words (EN 319 102-1 section 5.1.3), and those of ``signature_validated``."""

FIELD = "Handtekening"


class Trust(NamedTuple):
    """What a chain of certificates is judged by.

    Attributes:
        roots: the certificates trusted (PEM): the issuers' and the timestamp authority's; empty when none is.
        crls: lists of revoked certificates (DER or PEM).
        online: whether lists and OCSP answers that a certificate names may be fetched.
    """

    roots: bytes
    crls: Sequence[bytes] = ()
    online: bool = False


class Signer(NamedTuple):
    """A certificate with its key, opened.

    Attributes:
        holder: whom the certificate names.
        sha256: of the certificate, 64 hex digits.
        opened: pyhanko's own object; the key is in it.
    """

    holder: str
    sha256: str
    opened: Any


class Validation(NamedTuple):
    """What was found of one signature: the facts and data of ``signature_validated`` (Archiefregeling 24c).

    Attributes:
        holder: whom the certificate names by its common name.
        result: valid, invalid or indeterminate (EN 319 102-1 section 5.1.3).
        reason: the standard's word for why it is not valid, such as NO_CERTIFICATE_CHAIN_FOUND; empty when it is.
        level: what the signature carries.
        claimed: when the signer says that it was made; None when it is not said.
        stamped: when a timestamp authority says that it was there; None without a stamp.
        whole: whether it covers the whole file, nothing was added behind it but what it allows.
        issuer: who issued the certificate, and the next four what identifies it.
        serial: lower-case hex.
        sha256: of the certificate.
        subject: whom the certificate names, whole.
    """

    holder: str
    result: Result
    reason: str
    level: Level
    claimed: dt.datetime | None
    stamped: dt.datetime | None
    whole: bool
    issuer: str
    serial: str
    sha256: str
    subject: str

    def data(self) -> dict[str, str]:
        """The fields of ``SignatureValidatedData`` that follow from it; the document's id is the caller's."""
        note = f"PAdES {self.level}" + (f"; {self.reason}" if self.reason else "")
        return {
            "holder": self.holder,
            "certificate_issuer": self.issuer,
            "certificate_serial": self.serial,
            "certificate_sha256": self.sha256,
            "certificate_subject": self.subject,
            "note": note,
        }


def signer_of(pkcs12: bytes, passphrase: bytes | None, where: str = "PKCS#12") -> Signer:
    """Open a file with a certificate, its chain and its key (PKCS#12).

    Args:
        pkcs12: the file.
        passphrase: what opens it; None when nothing does.
        where: how to name it in an error.

    Raises:
        MalformedError: it is no PKCS#12 file.
        PassphraseError: the passphrase does not open it.
        KeyRefusedError: it holds no certificate or no key.
        ExtraMissingError: the extra ``sign`` is not installed.
    """
    signers = _library("pyhanko.sign.signers")
    serialization = importlib.import_module("cryptography.hazmat.primitives.serialization.pkcs12")
    try:
        _library("asn1crypto.pkcs12").Pfx.load(pkcs12, strict=True)["version"].native  # noqa: B018 - reads it
    except (ValueError, TypeError):
        raise MalformedError("not a PKCS#12 file", where=where, remedy="name the .p12 or .pfx file") from None
    try:
        key, certificate, _ = serialization.load_key_and_certificates(pkcs12, passphrase)
    except ValueError:
        raise PassphraseError(
            "the passphrase does not open this certificate's file", where=where, remedy="type its own passphrase"
        ) from None
    if key is None or certificate is None:
        raise KeyRefusedError("it holds no certificate with a key", where=where, remedy="export both into one file")
    opened = signers.SimpleSigner.load_pkcs12_data(pkcs12, (), passphrase)
    cert = opened.signing_cert
    return Signer(_common_name(cert), hashlib.sha256(cert.dump()).hexdigest(), opened)


def sign(
    pdf: bytes, signer: Signer, moment: dt.datetime, *, stamp: Stamp | None = None, trust: Trust | None = None
) -> bytes:
    """Sign a PDF; what was there stays, byte for byte, and the signature comes behind it.

    Args:
        pdf: the file, as it was kept.
        signer: the certificate with its key.
        moment: when, for the claim in the signature; with a time zone.
        stamp: the timestamp authority; makes it B-T.
        trust: what the chain is checked by; with ``stamp`` it makes B-LT: everything to check it later goes in.

    Raises:
        UsageError: ``trust`` without ``stamp``.
        SignatureError: the certificate does not hold at that moment, its chain does not lead to a root, or is revoked;
            the stamp is over other bytes.
        MalformedError: not a PDF that can be signed, or the authority gave no timestamp.
        ExtraMissingError: the extra ``sign`` is not installed.
    """
    if trust is not None and stamp is None:
        raise UsageError("B-LT needs a timestamp authority", remedy="name one, or leave the roots out")
    held = signer.opened.signing_cert
    if not held.not_valid_before <= moment <= held.not_valid_after:
        raise SignatureError(
            f"the certificate holds from {held.not_valid_before:%Y-%m-%d} to {held.not_valid_after:%Y-%m-%d}, not now",
            where=signer.sha256[:16],
            remedy="sign with one that holds",
        )
    return _run(_signed(pdf, signer, moment, stamp, trust))


def validations(pdf: bytes, trust: Trust, moment: dt.datetime) -> list[Validation]:
    """Validate every signature of a PDF, in the order in which they were made.

    A signature is valid when nothing of what it covers changed, its chain leads to a root that is trusted, and nothing
    in the chain was revoked, as lists say that are in the file or in ``trust``. Without such lists nobody knows, and it
    is indeterminate.

    Args:
        pdf: the file.
        trust: what the chains are judged by.
        moment: when it is judged; with a time zone.

    Raises:
        MalformedError: not a PDF.
        ExtraMissingError: the extra ``sign`` is not installed.
    """
    return _run(_validated(pdf, trust, moment))


# signing


async def _signed(pdf: bytes, signer: Signer, moment: dt.datetime, stamp: Stamp | None, trust: Trust | None) -> bytes:
    signers, fields = _library("pyhanko.sign.signers"), _library("pyhanko.sign.fields")

    class At(signers.PdfSigner):  # type: ignore[name-defined, misc]
        """Signs at a moment that is given: pyhanko would read the clock."""

        def init_signing_session(self, *args: Any, **settings: Any) -> Any:  # noqa: ANN401 - pyhanko's own
            session = super().init_signing_session(*args, **settings)
            session.system_time = moment
            return session

    writer = _writer(pdf)
    name = f"{FIELD}{len(writer.prev.embedded_signatures) + 1}"
    context = _context(trust, moment) if trust is not None else None
    meta = signers.PdfSignatureMetadata(
        field_name=name,
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=context is not None,
        validation_context=context,
    )
    # PDF/A-3 wants what is invisible to be printable, PDF/UA-1 wants it hidden or outside the page: it is outside.
    outside = fields.InvisSigSettings(box_out_of_bounds=True)
    field = fields.SigFieldSpec(name, readable_field_name=FIELD, invis_sig_settings=outside)
    made = At(meta, signer.opened, timestamper=_stamper(stamp) if stamp is not None else None, new_field_spec=field)
    refusals = (
        _library("pyhanko.sign.general").SigningError,
        _library("pyhanko_certvalidator.errors").PathError,
        _library("pyhanko_certvalidator.errors").ValidationError,
    )
    try:
        output = await made.async_sign_pdf(writer)
    except refusals as error:
        raise SignatureError(
            f"the certificate cannot sign: {_one_line(error)}",
            where=signer.sha256[:16],
            remedy="renew it, or add roots",
        ) from None
    finally:
        if context is not None:
            await context.aclose()
    content: bytes = output.getvalue()
    return content


def _writer(pdf: bytes) -> Any:  # noqa: ANN401 - pyhanko's own
    module = _library("pyhanko.pdf_utils.incremental_writer")
    try:
        return module.IncrementalPdfFileWriter(io.BytesIO(pdf))
    except _library("pyhanko.pdf_utils.misc").PdfError:
        raise MalformedError("not a PDF that can be signed", where="document") from None


def _stamper(stamp: Stamp) -> Any:  # noqa: ANN401 - pyhanko's own
    """The timestamp authority as pyhanko asks it."""
    tsp = _library("asn1crypto.tsp")

    class Stamper(_library("pyhanko.sign.timestamps").TimeStamper):  # type: ignore[misc]
        async def async_request_tsa_response(self, req: Any) -> Any:  # noqa: ANN401 - pyhanko's own
            answer = stamp(req.dump())
            try:
                response = tsp.TimeStampResp.load(answer, strict=True)
                info = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
            except (ValueError, TypeError, KeyError):
                raise MalformedError(
                    "the answer holds no timestamp (RFC 3161)",
                    where="timestamp authority",
                    remedy="it refused, or the address is another's; nothing was signed",
                ) from None
            if (
                info["message_imprint"].dump() != req["message_imprint"].dump()
                or info["nonce"].native != req["nonce"].native
            ):
                raise SignatureError("the timestamp is not over this signature", where="timestamp authority")
            return response

    return Stamper()


# validating


async def _validated(pdf: bytes, trust: Trust, moment: dt.datetime) -> list[Validation]:
    module = _library("pyhanko.pdf_utils.reader")
    try:
        reader = module.PdfFileReader(io.BytesIO(pdf))
        signatures = reader.embedded_regular_signatures
    except _library("pyhanko.pdf_utils.misc").PdfError:
        raise MalformedError("not a PDF that can be read", where="document") from None
    errors = _library("pyhanko.sign.validation.errors"), _library("pyhanko.sign.general")
    unreadable = (errors[0].SignatureValidationError, errors[1].CMSExtractionError, errors[1].SigningError)
    try:
        evidence = _evidence(reader)
        return [await _validation(one, trust, evidence, moment) for one in signatures]
    except (*unreadable, ValueError, TypeError, KeyError, AttributeError):
        raise MalformedError("a signature in it cannot be read", where="document") from None


class _Evidence(NamedTuple):
    """What a file carries to be checked by later (ETSI EN 319 142-1 section 5.4.2)."""

    certificates: list[Any]
    crls: list[Any]
    ocsps: list[Any]


def _evidence(reader: Any) -> _Evidence | None:  # noqa: ANN401 - pyhanko's own
    """The document security store of a PDF; None when it has none."""
    dss, archival = _library("pyhanko.sign.validation.dss"), _library("pyhanko_certvalidator.revinfo.archival")
    if "/DSS" not in reader.root:
        return None
    store = dss.DocumentSecurityStore.read_dss(reader)
    ocsp = _library("asn1crypto.ocsp").OCSPResponse
    return _Evidence(
        list(store.load_certs()),
        [_crl(one.get_object().data) for one in store.crls],
        [one for raw in store.ocsps for one in archival.OCSPContainer.load_multi(ocsp.load(raw.get_object().data))],
    )


async def _validation(embedded: Any, trust: Trust, evidence: _Evidence | None, moment: dt.datetime) -> Validation:  # noqa: ANN401 - pyhanko's own
    embedded.compute_integrity_info()
    token = _token(embedded)
    result, reason = await _judged(embedded, trust, evidence, moment)
    if result == "indeterminate" and token is not None and evidence is not None and moment > token:
        # What the file carries is old by now: it tells how things stood when it was stamped, and that is what counts.
        earlier = await _judged(embedded, trust, evidence, token)
        if earlier[0] == "valid" and not reason.startswith("REVOKED"):
            result, reason = earlier
    whole = bool(embedded.summarise_integrity_info()["docmdp_ok"])
    if result == "valid" and not whole:
        result, reason = "invalid", "CHANGED_AFTERWARDS"
    certificate = embedded.signer_cert
    return Validation(
        holder=_common_name(certificate),
        result=result,
        reason=reason,
        level="B-B" if token is None else "B-T" if evidence is None else "B-LT",
        claimed=embedded.self_reported_timestamp,
        stamped=token if result == "valid" else None,
        whole=whole,
        issuer=certificate.issuer.human_friendly,
        serial=f"{certificate.serial_number:x}",
        sha256=hashlib.sha256(certificate.dump()).hexdigest(),
        subject=certificate.subject.human_friendly,
    )


async def _judged(embedded: Any, trust: Trust, evidence: _Evidence | None, moment: dt.datetime) -> tuple[Result, str]:  # noqa: ANN401 - pyhanko's own
    """Result and the standard's word for what is wrong, as of a moment."""
    ades = _library("pyhanko.sign.validation.ades")
    timing = _library("pyhanko_certvalidator.ltv.types").ValidationTimingInfo(moment, moment, False)
    judge = ades.ades_basic_validation if _token(embedded) is None else ades.ades_with_time_validation
    found = await judge(
        embedded.signed_data, _policy(trust, evidence), timing_info=timing, raw_digest=embedded.compute_digest()
    )
    result = _RESULTS[found.ades_subindic.status.name]
    return result, "" if result == "valid" else found.ades_subindic.name


def _token(embedded: Any) -> dt.datetime | None:  # noqa: ANN401 - pyhanko's own
    """The time in a signature's timestamp; None when it has none."""
    for attribute in embedded.signer_info["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            token = attribute["values"][0]["content"]["encap_content_info"]["content"].parsed
            time: dt.datetime = token["gen_time"].native
            return time
    return None


def _policy(trust: Trust, evidence: _Evidence | None) -> Any:  # noqa: ANN401 - pyhanko's own
    """Of every certificate it must be known that it was not revoked."""
    context, policies = _library("pyhanko_certvalidator.context"), _library("pyhanko_certvalidator.policy_decl")
    declared = _library("pyhanko.sign.validation.policy_decl")
    fetching = declared.RevinfoOnlineFetchingRule
    rule = fetching.NO_HISTORICAL_FETCH if trust.online else fetching.LOCAL_ONLY
    carried = evidence or _Evidence([], [], [])
    return declared.SignatureValidationSpec(
        cert_validation_policy=context.CertValidationPolicySpec(
            trust_manager=_library("pyhanko_certvalidator.registry").SimpleTrustManager.build(_roots(trust)),
            revinfo_policy=policies.CertRevTrustPolicy(policies.REQUIRE_REVINFO),
        ),
        revinfo_gathering_policy=declared.RevocationInfoGatheringSpec(online_fetching_rule=rule),
        local_knowledge=declared.LocalKnowledge(
            known_certs=carried.certificates,
            known_crls=[*map(_crl, trust.crls), *carried.crls],
            known_ocsps=carried.ocsps,
        ),
    )


def _crl(der: bytes) -> Any:  # noqa: ANN401 - pyhanko's own
    archival, pem = _library("pyhanko_certvalidator.revinfo.archival"), _library("asn1crypto.pem")
    try:
        der = pem.unarmor(der)[2] if pem.detect(der) else der
        return archival.CRLContainer(_library("asn1crypto.crl").CertificateList.load(der, strict=True))
    except ValueError:
        raise MalformedError("not a list of revoked certificates (DER or PEM)", where="crl") from None


# both


def _context(trust: Trust, moment: dt.datetime) -> Any:  # noqa: ANN401 - pyhanko's own
    """What a chain is checked by before it signs. Fetching and another moment than now exclude each other."""
    made = _library("pyhanko_certvalidator").ValidationContext
    lists = [_crl(der).crl_data for der in trust.crls]
    when = {"allow_fetching": True} if trust.online else {"moment": moment}
    return made(trust_roots=_roots(trust), crls=lists, revocation_mode="require", **when)


def _roots(trust: Trust) -> list[Any]:
    pem, x509 = _library("asn1crypto.pem"), _library("asn1crypto.x509")
    if not trust.roots:
        return []
    try:
        return [x509.Certificate.load(der) for _, _, der in pem.unarmor(trust.roots, multiple=True)]
    except ValueError:
        raise MalformedError("no certificates in PEM", where="roots") from None


def _common_name(certificate: Any) -> str:  # noqa: ANN401 - asn1crypto's own
    name = certificate.subject.native.get("common_name") or certificate.subject.human_friendly
    return str(name)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run pyhanko's asynchronous work. What it logs is for its developers: what is wrong is raised."""
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return asyncio.run(work)


def _library(name: str) -> Any:  # noqa: ANN401 - a module that may not be there
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ExtraMissingError(
            "signatures in PDF need the extra `sign`, which is not installed",
            where="archief sign",
            remedy="pip install 'archief[sign]'",
        ) from None
