"""Content with its digest (RFC 5652 7) or signatures (RFC 5652 5), and checking them."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hounsfield.cms.signature_check import signature_fits
from hounsfield.errors import AlteredError, UnsupportedError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ["Checked", "Signature", "check", "digested", "signed"]

_DIGESTS = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512"})
_MOST_SIGNERS = 100


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature that fits its content.

    Parameters
    ----------
    certificate : Certificate
        Of the signer.
    time : datetime, optional
        When it was signed, as the signer says.
    """

    certificate: Certificate
    time: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Checked:
    """Content whose digest or signatures fit.

    Parameters
    ----------
    content : bytes
        What was protected.
    signatures : tuple of Signature
        Empty where only a digest protects it.
    certificates : tuple of Certificate
        Those that came along, for chains of trust.
    """

    content: bytes
    signatures: tuple[Signature, ...] = ()
    certificates: tuple[Certificate, ...] = ()


def digested(content: bytes) -> bytes:
    """Give content with its SHA-256, as DigestedData in DER."""
    from asn1crypto.cms import DigestedData

    made: bytes = DigestedData(
        {
            "version": "v0",
            "digest_algorithm": {"algorithm": "sha256"},
            "encap_content_info": {"content_type": "data", "content": content},
            "digest": hashlib.sha256(content).digest(),
        }
    ).dump()
    return made


def signed(content: bytes, private: Any, certificates: list[Certificate]) -> bytes:
    """Give content with a signature, as SignedData in DER.

    Parameters
    ----------
    content : bytes
        What to sign.
    private : RSA or elliptic-curve private key
        Of the first certificate.
    certificates : list of Certificate
        The signer's, and those that vouch for it.
    """
    from asn1crypto.cms import ContentInfo
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

    builder = PKCS7SignatureBuilder().set_data(content).add_signer(certificates[0], private, SHA256())
    for certificate in certificates[1:]:
        builder = builder.add_certificate(certificate)
    made = builder.sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.NoCapabilities])
    inner: bytes = ContentInfo.load(made)["content"].untag().dump()
    return inner


def check(content: bytes, content_type: str) -> Checked:
    """Check signed-data or digested-data; plain data is given as it is.

    Parameters
    ----------
    content : bytes
        The value in DER or BER, with or without the ContentInfo around it.
    content_type : str
        ``data``, ``signed_data`` or ``digested_data``.

    Raises
    ------
    AlteredError
        When a digest or a signature does not fit.
    UnsupportedError
        For other forms.
    """
    from asn1crypto.cms import DigestedData, SignedData

    if content_type == "data":
        return Checked(content)
    kinds = {"signed_data": SignedData, "digested_data": DigestedData}
    if content_type not in kinds:
        raise UnsupportedError(f"content of type {content_type} cannot be read", code="content-type")
    try:
        value = _value(content, kinds[content_type])
        return _check_signed(value) if content_type == "signed_data" else _check_digested(value)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise AlteredError(f"what the envelope holds is damaged: {error}", code="content-damaged") from None


def _value(content: bytes, kind: Any) -> Any:
    """Take it out of a ContentInfo, which some write as they would outside and some leave away."""
    from asn1crypto.cms import ContentInfo

    try:
        info = ContentInfo.load(content)
        _ = info["content_type"].native
        return info["content"]
    except ValueError:
        return kind.load(content)


def _check_digested(value: Any) -> Checked:
    content = _octets(value["encap_content_info"])
    if content is None:
        raise UnsupportedError("the digested content is not inside", code="detached")
    found = _digest(value["digest_algorithm"]["algorithm"].native, content)
    if not hmac.compare_digest(found, value["digest"].native):
        raise AlteredError("the content does not fit its digest: it was altered", code="digest")
    return Checked(content)


def _check_signed(value: Any) -> Checked:
    from cryptography.x509 import load_der_x509_certificate

    content = _octets(value["encap_content_info"])
    if content is None:
        raise UnsupportedError("the signed content is not inside", code="detached")
    certificates = [load_der_x509_certificate(entry.chosen.dump()) for entry in value["certificates"] or ()]
    infos = list(value["signer_infos"])[: _MOST_SIGNERS + 1]
    if not infos:
        raise AlteredError("nobody has signed it", code="no-signer")
    if len(infos) > _MOST_SIGNERS:
        raise UnsupportedError(f"more than {_MOST_SIGNERS} signatures are not checked", code="signers")
    content_type = value["encap_content_info"]["content_type"].dotted
    signatures = tuple(_check_signer(info, content, content_type, certificates) for info in infos)
    return Checked(content, signatures, tuple(certificates))


def _check_signer(info: Any, content: bytes, content_type: str, certificates: list[Certificate]) -> Signature:
    certificate = _signer(info["sid"], certificates)
    kind = info["digest_algorithm"]["algorithm"].native
    attributes = info["signed_attrs"]
    digest, time, covered = _digest(kind, content), None, content
    if attributes.native:
        found = {attribute["type"].native: attribute["values"][0].native for attribute in attributes}
        about = {attribute["type"].native: attribute["values"][0] for attribute in attributes}
        if not hmac.compare_digest(found.get("message_digest", b""), digest):
            raise AlteredError("the content does not fit its signature: it was altered", code="digest")
        if about["content_type"].dotted != content_type:
            raise AlteredError("the signature is for content of another type", code="content-type")
        time = found.get("signing_time")
        covered = attributes.untag().dump()
    elif content_type != "1.2.840.113549.1.7.1":
        raise AlteredError("the signature lacks the attributes that content of this type needs", code="content-type")
    if not signature_fits(info, certificate.public_key(), kind, covered):
        raise AlteredError(f"the signature of {certificate.subject.rfc4514_string()} does not fit", code="signature")
    return Signature(certificate, time if isinstance(time, dt.datetime) else None)


def _signer(sid: Any, certificates: list[Certificate]) -> Certificate:
    from cryptography.x509 import SubjectKeyIdentifier

    for certificate in certificates:
        if sid.name == "issuer_and_serial_number":
            issuer = sid.chosen["issuer"].dump()
            if (
                certificate.serial_number == sid.chosen["serial_number"].native
                and certificate.issuer.public_bytes() == issuer
            ):
                return certificate
        elif any(
            isinstance(extension.value, SubjectKeyIdentifier) and extension.value.digest == sid.chosen.native
            for extension in certificate.extensions
        ):
            return certificate
    raise UnsupportedError("the signer's certificate is not inside", code="no-certificate")


def _octets(encapsulated: Any) -> bytes | None:
    """Give the content itself; asn1crypto would read on into what it knows the form of."""
    content = encapsulated["content"]
    return bytes(content) if content.native is not None else None


def _digest(kind: str, content: bytes) -> bytes:
    if kind not in _DIGESTS:
        raise UnsupportedError(f"digest {kind} is not known", code="digest-algorithm")
    return hashlib.new(kind, content).digest()
