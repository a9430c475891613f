"""Certificates for the TLS faults: one good, one self-signed, one expired, one for another name."""

import ssl
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Certificate(Enum):
    """Which certificate a server shows."""

    GOOD = "good"
    SELF_SIGNED = "self-signed"
    EXPIRED = "expired"
    WRONG_NAME = "wrong-name"


class Authority:
    """A certificate authority of one test; its certificate is what a client may trust.

    Args:
        folder: Where the PEM files are written, e.g. pytest's ``tmp_path``.
        names: Host names of the good certificate, beside the address 127.0.0.1.
    """

    def __init__(self, folder: Path, names: tuple[str, ...] = ("localhost",)) -> None:
        self._folder = folder
        self._names = names
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name("Relais test authority")

    @cached_property
    def file(self) -> Path:
        """PEM file of the authority, for a client's ``cafile``."""
        path = self._folder / "authority.pem"
        path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def server_context(self, kind: Certificate) -> ssl.SSLContext:
        """Return a server context that shows a certificate of this kind."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._issue(kind))
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return a verifying client context that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self.file))

    @cached_property
    def _certificate(self) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = _builder(self._name, self._name, self._key, now - timedelta(days=30))
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return builder.add_extension(_CA_KEY_USAGE, critical=True).sign(self._key, hashes.SHA256())

    def _issue(self, kind: Certificate) -> Path:
        """Write key and certificate of *kind* into one PEM file and return its path."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = ("elsewhere.example",) if kind is Certificate.WRONG_NAME else self._names
        addresses = (
            [] if kind is Certificate.WRONG_NAME else [x509.IPAddress(IPv4Address("127.0.0.1"))]
        )
        # The builder makes certificates valid for a year: two years ago is long expired.
        age = timedelta(days=730 if kind is Certificate.EXPIRED else 1)
        subject = _common_name(names[0])
        self_signed = kind is Certificate.SELF_SIGNED
        issuer, signer = (subject, key) if self_signed else (self._name, self._key)
        certificate = (
            _builder(subject, issuer, key, datetime.now(UTC) - age)
            .add_extension(
                x509.SubjectAlternativeName([*map(x509.DNSName, names), *addresses]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
            .sign(signer, hashes.SHA256())
        )
        path = self._folder / f"{kind.value}.pem"
        path.write_bytes(_private_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        return path


_CA_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, since: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=365))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
