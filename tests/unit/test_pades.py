"""Signatures in a PDF: what each level carries, what a validation finds, and what is refused."""

from __future__ import annotations

import datetime as dt
import importlib
import io
import shutil
import sys
from typing import Any

import msgspec
import pytest

from archief.errors import (
    ExtraMissingError,
    KeyRefusedError,
    MalformedError,
    PassphraseError,
    SignatureError,
    UsageError,
)
from archief.events.letters import SignatureValidatedData
from archief.render import pades
from archief.render.pades import Signer, Stamp, Trust
from tests import rendered
from tests.certificates import PASSPHRASE, Authority
from tests.conftest import Requires
from tests.unit.test_cli_timestamp import reply

DAY = dt.timedelta(days=1)
# openssl stamps with the machine's clock; the rest goes by a moment just behind it.
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(minutes=10)
HOLDER = "A.E. van Lierop-Dassen"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Test CA", NOW)


@pytest.fixture(scope="module")
def signer(authority: Authority) -> Signer:
    return pades.signer_of(authority.holder(HOLDER), PASSPHRASE)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return rendered.made(rendered.BRIEF)


@pytest.fixture(scope="module")
def stamp(authority: Authority, requires: Requires, tmp_path_factory: pytest.TempPathFactory) -> Stamp:
    """A timestamp authority below the same root, as openssl is one."""
    requires("openssl", shutil.which("openssl") is not None, "openssl is not installed")
    folder = authority.timestamps(tmp_path_factory.mktemp("tsa"))

    def stamped(request: bytes) -> bytes:
        (folder / "asked.tsq").write_bytes(request)
        reply(folder, folder / "asked.tsq", folder / "answer.tsr")
        return (folder / "answer.tsr").read_bytes()

    return stamped


def found(pdf: bytes, trust: Trust, moment: dt.datetime = NOW) -> list[tuple[str, str]]:
    return [(one.result, one.reason) for one in pades.validations(pdf, trust, moment)]


def serial(signer: Signer) -> int:
    number: int = signer.opened.signing_cert.serial_number
    return number


def test_a_signature_comes_behind_the_file_and_names_its_holder(
    pdf: bytes, signer: Signer, authority: Authority
) -> None:
    signed = pades.sign(pdf, signer, NOW)
    assert signed.startswith(pdf)
    (one,) = pades.validations(signed, Trust(authority.pem, [authority.crl()]), NOW)
    assert ("valid", "", "B-B", True) == (one.result, one.reason, one.level, one.whole)
    assert (HOLDER, NOW, None) == (one.holder, one.claimed, one.stamped)
    assert (signer.sha256, f"{serial(signer):x}") == (one.sha256, one.serial)
    assert "Test CA" in one.issuer
    assert HOLDER in one.subject


def test_what_is_found_fits_the_event(pdf: bytes, signer: Signer, authority: Authority) -> None:
    (one,) = pades.validations(pades.sign(pdf, signer, NOW), Trust(authority.pem), NOW)
    data = msgspec.convert(one.data(), SignatureValidatedData)
    assert (HOLDER, signer.sha256) == (data.holder, data.certificate_sha256)
    assert "PAdES B-B; CERTIFICATE_CHAIN_GENERAL_FAILURE" == data.note


def test_two_office_holders_sign_one_file(pdf: bytes, signer: Signer, authority: Authority) -> None:
    other = pades.signer_of(authority.holder("T.H.M. Vrancken"), PASSPHRASE)
    signed = pades.sign(pades.sign(pdf, signer, NOW), other, NOW + DAY)
    found = pades.validations(signed, Trust(authority.pem, [authority.crl()]), NOW)
    assert [(HOLDER, "valid"), ("T.H.M. Vrancken", "valid")] == [(one.holder, one.result) for one in found]


def test_without_lists_nobody_knows_whether_it_was_revoked(pdf: bytes, signer: Signer, authority: Authority) -> None:
    assert [("indeterminate", "CERTIFICATE_CHAIN_GENERAL_FAILURE")] == found(
        pades.sign(pdf, signer, NOW), Trust(authority.pem)
    )


def test_a_revoked_certificate_is_told(pdf: bytes, signer: Signer, authority: Authority) -> None:
    trust = Trust(authority.pem, [authority.crl(serial(signer))])
    assert [("indeterminate", "REVOKED_NO_POE")] == found(pades.sign(pdf, signer, NOW), trust)


def test_a_list_may_be_in_pem(pdf: bytes, signer: Signer, authority: Authority) -> None:
    pem: Any = importlib.import_module("asn1crypto.pem")
    trust = Trust(authority.pem, [pem.armor("X509 CRL", authority.crl())])
    assert [("valid", "")] == found(pades.sign(pdf, signer, NOW), trust)


def test_another_root_leads_nowhere(pdf: bytes, signer: Signer) -> None:
    trust = Trust(Authority("Test CA", NOW).pem)
    assert "valid" != found(pades.sign(pdf, signer, NOW), trust)[0][0]


def test_a_changed_byte_makes_it_invalid(pdf: bytes, signer: Signer, authority: Authority) -> None:
    signed = bytearray(pades.sign(pdf, signer, NOW))
    signed[signed.index(b"stream") + 40] ^= 1
    assert [("invalid", "HASH_FAILURE")] == found(bytes(signed), Trust(authority.pem, [authority.crl()]))


def test_a_page_changed_behind_the_signature_makes_it_invalid(pdf: bytes, signer: Signer, authority: Authority) -> None:
    generic: Any = importlib.import_module("pyhanko.pdf_utils.generic")
    writers: Any = importlib.import_module("pyhanko.pdf_utils.incremental_writer")
    writer = writers.IncrementalPdfFileWriter(io.BytesIO(pades.sign(pdf, signer, NOW)))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = generic.NumberObject(180)
    writer.update_container(page)
    changed = io.BytesIO()
    writer.write(changed)
    trust = Trust(authority.pem, [authority.crl()])
    assert [("invalid", "CHANGED_AFTERWARDS")] == found(changed.getvalue(), trust)


def test_a_stamp_says_when_it_was_there(pdf: bytes, signer: Signer, authority: Authority, stamp: Stamp) -> None:
    signed = pades.sign(pdf, signer, NOW, stamp=stamp)
    (one,) = pades.validations(signed, Trust(authority.pem, [authority.crl()]), NOW)
    assert ("valid", "B-T") == (one.result, one.level)
    assert one.stamped is not None
    assert abs(one.stamped - NOW) < dt.timedelta(hours=1)


def test_what_is_needed_later_is_in_the_file(pdf: bytes, signer: Signer, authority: Authority, stamp: Stamp) -> None:
    signed = pades.sign(pdf, signer, NOW, stamp=stamp, trust=Trust(authority.pem, [authority.crl()]))
    (one,) = pades.validations(signed, Trust(authority.pem), NOW)
    assert ("valid", "B-LT") == (one.result, one.level)
    # The certificate and its lists have run out; what the file carries tells how it was.
    assert [("valid", "")] == found(signed, Trust(authority.pem), NOW + 100 * DAY)
    stamped = pades.sign(pdf, signer, NOW, stamp=stamp)
    assert "valid" != found(stamped, Trust(authority.pem, [authority.crl()]), NOW + 100 * DAY)[0][0]


def test_a_list_that_says_it_was_revoked_before_outweighs_what_the_file_carries(
    pdf: bytes, signer: Signer, authority: Authority, stamp: Stamp
) -> None:
    signed = pades.sign(pdf, signer, NOW, stamp=stamp, trust=Trust(authority.pem, [authority.crl()]))
    later = Authority("Test CA", NOW + DAY, authority.key)
    trust = Trust(authority.pem, [later.crl(serial(signer))])
    assert [("indeterminate", "REVOKED_NO_POE")] == found(signed, trust, NOW + DAY)


def test_a_chain_that_cannot_be_checked_is_refused_before_it_signs(
    pdf: bytes, signer: Signer, authority: Authority, stamp: Stamp
) -> None:
    for trust in (
        Trust(authority.pem),
        Trust(Authority("Elders", NOW).pem, [authority.crl()]),
        Trust(authority.pem, [authority.crl(serial(signer))]),
    ):
        with pytest.raises(SignatureError, match="the certificate cannot sign"):
            pades.sign(pdf, signer, NOW, stamp=stamp, trust=trust)


def test_a_stamp_over_other_bytes_is_refused(pdf: bytes, signer: Signer, stamp: Stamp) -> None:
    tsp: Any = importlib.import_module("asn1crypto.tsp")

    def other(request: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(request)
        asked["message_imprint"]["hashed_message"] = bytes(32)
        return stamp(asked.dump(force=True))

    with pytest.raises(SignatureError, match="not over this signature"):
        pades.sign(pdf, signer, NOW, stamp=other)


@pytest.mark.parametrize("answer", [b"<html>", b"", bytes.fromhex("30053003020102")])
def test_an_authority_that_gives_no_stamp_is_told(answer: bytes, pdf: bytes, signer: Signer) -> None:
    with pytest.raises(MalformedError, match="the answer holds no timestamp"):
        pades.sign(pdf, signer, NOW, stamp=lambda _: answer)


def test_long_term_needs_a_stamp(pdf: bytes, signer: Signer, authority: Authority) -> None:
    with pytest.raises(UsageError, match="needs a timestamp authority"):
        pades.sign(pdf, signer, NOW, trust=Trust(authority.pem))


@pytest.mark.parametrize("passphrase", [b"verkeerd", None, b""])
def test_another_passphrase_opens_nothing(passphrase: bytes | None, authority: Authority) -> None:
    with pytest.raises(PassphraseError):
        pades.signer_of(authority.holder(HOLDER), passphrase)


def test_a_file_without_a_key_is_refused(authority: Authority) -> None:
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

    only = pkcs12.serialize_key_and_certificates(b"x", None, None, [authority.certificate], NoEncryption())
    with pytest.raises(KeyRefusedError, match="no certificate with a key"):
        pades.signer_of(only, None)


@pytest.mark.parametrize("content", [b"", b"Geachte raadsleden,\n", b"%PDF-1.7\n%%EOF\n"])
def test_what_is_no_pdf_is_refused(content: bytes, signer: Signer, authority: Authority) -> None:
    with pytest.raises(MalformedError):
        pades.sign(content, signer, NOW)
    with pytest.raises(MalformedError):
        pades.validations(content, Trust(authority.pem), NOW)


def test_what_is_no_root_and_no_list_is_refused(pdf: bytes, signer: Signer, authority: Authority) -> None:
    signed = pades.sign(pdf, signer, NOW)
    for trust in (Trust(b"geen"), Trust(authority.pem, [b"geen"])):
        with pytest.raises(MalformedError):
            pades.validations(signed, trust, NOW)


def test_a_pdf_without_signatures_has_none(pdf: bytes, authority: Authority) -> None:
    assert [] == pades.validations(pdf, Trust(authority.pem), NOW)


def test_the_extra_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhanko.sign.signers", None)
    with pytest.raises(ExtraMissingError, match="the extra `sign`"):
        pades.signer_of(b"", None)
