"""Certificates for tests: a root, office-holders and a timestamp authority below it, lists of what is revoked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.unit.test_cli_timestamp import CONFIG

PASSPHRASE = b"geheim"
HOUR = dt.timedelta(hours=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(**given: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


@dataclass
class Authority:
    """Who issues certificates. Its lists are those of a moment.

    Args:
        name: what it is called.
        now: the moment.
    """

    name: str
    now: dt.datetime
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.certificate = (
            self._builder(_name(self.name), self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def holder(self, name: str, *, until: dt.timedelta = 1000 * HOUR, passphrase: bytes = PASSPHRASE) -> bytes:
        """A certificate with its key, as PKCS#12."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._leaf(name, key, _usage(digital_signature=True, content_commitment=True), until)
        encryption = (
            serialization.PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(1_000)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .build(passphrase)
        )
        return pkcs12.serialize_key_and_certificates(b"x", key, certificate, [self.certificate], encryption)

    def timestamps(self, folder: Path) -> Path:
        """A timestamp authority below it, as files for ``openssl ts``; gives the folder."""
        key = ec.generate_private_key(ec.SECP256R1())
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        certificate = self._leaf("Test TSA", key, _usage(digital_signature=True), 1000 * HOUR, stamping)
        pem, clear = serialization.Encoding.PEM, serialization.NoEncryption()
        (folder / "root.pem").write_bytes(self.pem)
        (folder / "tsa.pem").write_bytes(certificate.public_bytes(pem))
        (folder / "tsa.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, clear))
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        return folder

    def crl(self, *revoked: int) -> bytes:
        """What is revoked, by serial number (DER)."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(self.now - HOUR).next_update(self.now + 1000 * HOUR)
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
        for serial in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self.now - 50 * HOUR).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _leaf(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        usage: x509.KeyUsage,
        until: dt.timedelta,
        purpose: x509.ExtendedKeyUsage | None = None,
    ) -> x509.Certificate:
        builder = self._builder(_name(name), key.public_key(), until)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        if purpose is not None:
            builder = builder.add_extension(purpose, critical=True)
        return builder.sign(self.key, hashes.SHA256())

    def _builder(
        self, name: x509.Name, public: ec.EllipticCurvePublicKey, until: dt.timedelta = 10_000 * HOUR
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(_name(self.name))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - 100 * HOUR)
            .not_valid_after(self.now + until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
