"""Keys and certificates for tests: an authority, sites that it vouches for, and ones that it does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Identity", "identity", "write"]


@dataclass(frozen=True)
class Identity:
    """A private key and its certificate."""

    key: Any
    certificate: x509.Certificate


def identity(
    name: str, *, kind: str = "rsa", issuers: tuple[str, ...] = ("authority",), days: tuple[int, int] = (-1, 365)
) -> Identity:
    """Make one, once: `kind` is rsa, rsa-1024, ec, authority, stamp (for time stamps) or seal (not for signatures).

    `issuers` are the authorities above it, the nearest first; without any it vouches for itself.
    """
    return _identity(name, kind, issuers, days)


@cache
def _identity(name: str, kind: str, issuers: tuple[str, ...], days: tuple[int, int]) -> Identity:
    key: Any = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else _rsa(1024 if kind == "rsa-1024" else 2048)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Hospital"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    by = _identity(issuers[0], "authority", issuers[1:], (-1, 365)) if issuers else None
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=kind == "authority", path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if kind == "stamp":
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if kind == "seal":
        builder = builder.add_extension(_usage(key_encipherment=True), critical=True)
    return Identity(key, builder.sign(by.key if by else key, hashes.SHA256()))


def write(folder: Path, name: str, found: Identity, *, password: bytes | None = None) -> tuple[str, str]:
    """Write key and certificate as PEM; gives both paths."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    protection: Any = BestAvailableEncryption(password) if password else NoEncryption()
    key.write_bytes(found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
    certificate.write_bytes(found.certificate.public_bytes(Encoding.PEM))
    return str(key), str(certificate)


def _rsa(size: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})
