"""Whether a signature fits what it covers: RSA (PKCS #1 v1.5 and PSS) and elliptic curves."""

from __future__ import annotations

from typing import Any

from hounsfield.errors import UnsupportedError

__all__ = ["signature_fits"]


def signature_fits(info: Any, public: Any, digest: str, covered: bytes) -> bool:
    """Check the signature of a SignerInfo (RFC 5652 5.3).

    Parameters
    ----------
    info : asn1crypto.cms.SignerInfo
        The signature.
    public : public key
        The signer's.
    digest : str
        Name of the digest algorithm.
    covered : bytes
        The content, or the signed attributes as a set.

    Raises
    ------
    UnsupportedError
        For other kinds of signature.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    kinds: dict[str, Any] = {
        "sha1": hashes.SHA1,
        "sha224": hashes.SHA224,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    algorithm, made = info["signature_algorithm"], info["signature"].native
    name = algorithm.signature_algo
    hasher = kinds[digest]()
    try:
        if name == "rsassa_pkcs1v15" and isinstance(public, rsa.RSAPublicKey):
            public.verify(made, covered, padding.PKCS1v15(), hasher)
        elif name == "rsassa_pss" and isinstance(public, rsa.RSAPublicKey):
            length = algorithm["parameters"]["salt_length"].native
            public.verify(made, covered, padding.PSS(padding.MGF1(hasher), length), hasher)
        elif name == "ecdsa" and isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(made, covered, ec.ECDSA(hasher))
        else:
            raise UnsupportedError(f"signatures of kind {name} are not checked", code="signature-algorithm")
    except InvalidSignature:
        return False
    return True
