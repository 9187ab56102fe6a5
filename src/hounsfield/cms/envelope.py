"""Sealing bytes for recipients: enveloped-data (RFC 5652 6), AES-256 in CBC mode (RFC 3565)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal

from hounsfield.cms.recipients import Password, agreed_recipient, password_recipient, transport_recipient
from hounsfield.errors import KeyFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asn1crypto.cms import RecipientInfo
    from cryptography.x509 import Certificate

__all__ = ["Wrapping", "is_envelope", "seal"]

Wrapping = Literal["pkcs1", "oaep"]

# id-envelopedData, as the first member of a ContentInfo.
_OID = bytes.fromhex("06092a864886f70d010703")
# Longest DER head of a sequence: tag, length of length, eight bytes of length.
_HEAD = 10


def is_envelope(start: bytes) -> bool:
    """Tell from its first 32 bytes whether something is a CMS envelope (ContentInfo with enveloped-data)."""
    if start[:1] != b"\x30" or len(start) < len(_OID) + 2:
        return False
    first = start[1]
    at = 2 + (first & 0x7F if first & 0x80 else 0)
    return at <= _HEAD and start[at : at + len(_OID)] == _OID


def seal(
    content: bytes,
    recipients: Sequence[Certificate],
    *,
    content_type: str = "data",
    password: Password | None = None,
    wrapping: Wrapping = "pkcs1",
) -> bytes:
    """Encrypt `content` so that each of several recipients can open it.

    Parameters
    ----------
    content : bytes
        What to encrypt.
    recipients : sequence of Certificate
        With RSA keys, or keys on elliptic curves (RFC 5753, an extension to what DICOM names).
    content_type : str
        What it is, in asn1crypto's names: ``data``, ``signed_data``, ``digested_data``.
    password : Password, optional
        Opens it too.
    wrapping : {'pkcs1', 'oaep'}
        How RSA hides the key; PS3.15 names PKCS #1 v1.5 (RFC 3370), OAEP is an extension.

    Returns
    -------
    bytes
        A ContentInfo in DER.

    Raises
    ------
    UsageError
        When there is nobody to open it.
    KeyFileError
        When the key of a certificate is of another kind, too short, or not meant to hide keys.
    """
    from asn1crypto.cms import ContentInfo
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if not recipients and password is None:
        raise UsageError("nobody could open it", hint="Name a recipient's certificate or a password.")
    key, start = secrets.token_bytes(32), secrets.token_bytes(16)
    infos = [_recipient(certificate, key, wrapping) for certificate in recipients]
    if password is not None:
        infos.append(password_recipient(password, key))
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(start)).encryptor()
    left = 16 - len(content) % 16
    encrypted = encryptor.update(content) + encryptor.update(bytes([left]) * left) + encryptor.finalize()
    made = ContentInfo(
        {
            "content_type": "enveloped_data",
            "content": {
                "version": _version(infos),
                "recipient_infos": infos,
                "encrypted_content_info": {
                    "content_type": content_type,
                    "content_encryption_algorithm": {"algorithm": "aes256_cbc", "parameters": start},
                    "encrypted_content": encrypted,
                },
            },
        }
    )
    sealed: bytes = made.dump()
    return sealed


def _recipient(certificate: Certificate, key: bytes, wrapping: Wrapping) -> RecipientInfo:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    public = certificate.public_key()
    if isinstance(public, RSAPublicKey):
        return transport_recipient(certificate, key, oaep=wrapping == "oaep")
    if isinstance(public, EllipticCurvePublicKey):
        return agreed_recipient(certificate, key)
    raise KeyFileError(
        f"nothing can be encrypted for a key of this kind ({type(public).__name__.removesuffix('PublicKey')})",
        where=certificate.subject.rfc4514_string(),
        hint="A recipient needs an RSA or an elliptic-curve key.",
        code="key-kind",
    )


def _version(infos: Sequence[RecipientInfo]) -> str:
    """RFC 5652 6.1."""
    names = {info.name for info in infos}
    if "pwri" in names:
        return "v3"
    return "v2" if "kari" in names else "v0"
