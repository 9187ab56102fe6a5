"""How the key of an envelope is hidden for one recipient (RFC 5652 6.2), and found again.

RSA key transport (RFC 3370), RSAES-OAEP (RFC 3560), agreement on elliptic curves (RFC 5753), passwords (RFC 3211).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield.errors import AlteredError, KeyFileError, UnsupportedError

if TYPE_CHECKING:
    from asn1crypto.cms import KeyAgreeRecipientInfo, KeyTransRecipientInfo, PasswordRecipientInfo, RecipientInfo
    from cryptography.x509 import Certificate

    from hounsfield.cms.keys import Keys

__all__ = [
    "Password",
    "agreed_recipient",
    "open_agreed",
    "open_password",
    "open_transport",
    "password_recipient",
    "transport_recipient",
]

# OWASP's advice for PBKDF2 with HMAC-SHA-256, 2023.
_ROUNDS = 600_000
# More would only keep the reader busy.
_MOST_ROUNDS = 10_000_000
_PWRI_KEK = "1.2.840.113549.1.9.16.3.9"
# RFC 5753 7.1.4: dhSinglePass-stdDH-<hash>kdf-scheme.
_AGREEMENTS = {
    "1.3.133.16.840.63.0.2": "SHA1",
    "1.3.132.1.11.0": "SHA224",
    "1.3.132.1.11.1": "SHA256",
    "1.3.132.1.11.2": "SHA384",
    "1.3.132.1.11.3": "SHA512",
}
_AGREEMENT = "1.3.132.1.11.1"
_WRAPS = {"2.16.840.1.101.3.4.1.5": 16, "2.16.840.1.101.3.4.1.25": 24, "2.16.840.1.101.3.4.1.45": 32}
_WRAP = "2.16.840.1.101.3.4.1.45"  # AES-256 key wrap
_SHORTEST_RSA = 2048


class Password(NamedTuple):
    """A password as a key: made once, used for all files of a run.

    Parameters
    ----------
    key, salt : bytes
        What PBKDF2 (RFC 8018) made, and from which salt.
    """

    key: bytes
    salt: bytes

    @classmethod
    def derive(cls, password: bytes) -> Password:
        """Make a key of a password, which takes part of a second on purpose.

        Raises
        ------
        KeyFileError
            When it is empty.
        """
        if not password:
            raise KeyFileError("the password is empty", code="password")
        salt = secrets.token_bytes(16)
        return cls(_derive(password, salt, _ROUNDS, "sha256", 32), salt)


def transport_recipient(certificate: Certificate, key: bytes, *, oaep: bool) -> RecipientInfo:
    """Hide `key` with the RSA key of a certificate.

    Raises
    ------
    KeyFileError
        When its key is shorter than 2048 bits, or not meant to encrypt keys.
    """
    from asn1crypto.cms import KeyTransRecipientInfo, RecipientInfo
    from asn1crypto.core import Null
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    public: Any = certificate.public_key()
    if public.key_size < _SHORTEST_RSA:
        raise KeyFileError(
            f"an RSA key of {public.key_size} bits is too short", where=_subject(certificate), code="key-short"
        )
    _may(certificate, "key_encipherment", "to encrypt keys")
    algorithm = (
        {"algorithm": "rsaes_oaep", "parameters": _oaep_parameters()}
        if oaep
        else {"algorithm": "rsaes_pkcs1v15", "parameters": Null()}
    )
    info = KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": _identifier(certificate, agreement=False),
            "key_encryption_algorithm": algorithm,
            "encrypted_key": public.encrypt(key, _oaep("sha256") if oaep else PKCS1v15()),
        }
    )
    return RecipientInfo(name="ktri", value=info)


def open_transport(info: KeyTransRecipientInfo, private: Any) -> bytes | None:
    """Find the key that was hidden for an RSA key; a wrong key gives ``None``, or bytes that open nothing.

    Raises
    ------
    UnsupportedError
        When it was hidden in a way that is not known.
    """
    from asn1crypto.algos import RSAESOAEPParams
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if not isinstance(private, RSAPrivateKey):
        return None
    algorithm = info["key_encryption_algorithm"]
    name = algorithm["algorithm"].native
    if name == "rsaes_pkcs1v15":
        pad: Any = PKCS1v15()
    elif name == "rsaes_oaep":
        given = algorithm["parameters"]
        # asn1crypto has read them where it knows the algorithm; absent, they are the defaults.
        parameters = given if isinstance(given, RSAESOAEPParams) else RSAESOAEPParams()
        pad = _oaep(
            parameters["hash_algorithm"]["algorithm"].native,
            parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native,
        )
    else:
        raise UnsupportedError(f"keys hidden by {name} cannot be read", code="key-algorithm")
    try:
        key: bytes = private.decrypt(info["encrypted_key"].native, pad)
    except ValueError:
        return None
    return key


def agreed_recipient(certificate: Certificate, key: bytes) -> RecipientInfo:
    """Hide `key` for the elliptic-curve key of a certificate, by a key that is made for this once (RFC 5753 3.1).

    Raises
    ------
    KeyFileError
        When its key is not meant for that.
    """
    from asn1crypto.cms import KeyAgreeRecipientInfo, RecipientInfo
    from asn1crypto.keys import PublicKeyInfo
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    _may(certificate, "key_agreement", "to agree on keys")
    public: Any = certificate.public_key()
    once = ec.generate_private_key(public.curve)
    wrapping = _agree(once.exchange(ec.ECDH(), public), _AGREEMENT, (_WRAP, _wrap_algorithm(_WRAP).dump()), b"")
    ours = PublicKeyInfo.load(once.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    info = KeyAgreeRecipientInfo(
        {
            "version": "v3",
            "originator": {"originator_key": ours},
            "key_encryption_algorithm": {"algorithm": _AGREEMENT, "parameters": _wrap_algorithm(_WRAP)},
            "recipient_encrypted_keys": [
                {"rid": _identifier(certificate, agreement=True), "encrypted_key": aes_key_wrap(wrapping, key)}
            ],
        }
    )
    return RecipientInfo(name="kari", value=info)


def open_agreed(info: KeyAgreeRecipientInfo, encrypted: bytes, private: Any) -> bytes | None:
    """Find the key that was hidden for an elliptic-curve key; ``None`` where it was for another.

    Raises
    ------
    UnsupportedError
        When it was hidden in a way that is not known.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    if not isinstance(private, ec.EllipticCurvePrivateKey):
        return None
    algorithm = info["key_encryption_algorithm"]
    scheme = algorithm["algorithm"].dotted
    inner = algorithm["parameters"].parse(_key_encryption())["algorithm"].dotted
    if scheme not in _AGREEMENTS or inner not in _WRAPS or info["originator"].name != "originator_key":
        raise UnsupportedError(f"keys hidden by {scheme} with {inner} cannot be read", code="key-algorithm")
    theirs = info["originator"].chosen.copy()
    if not theirs["algorithm"]["parameters"].native:
        theirs = _with_curve(theirs, private)
    try:
        public: Any = load_der_public_key(theirs.untag().dump())
        shared = private.exchange(ec.ECDH(), public)
        extra = info["ukm"].native or b""
        return aes_key_unwrap(_agree(shared, scheme, (inner, algorithm["parameters"].dump()), extra), encrypted)
    except (ValueError, TypeError, InvalidUnwrap):
        return None


def password_recipient(password: Password, key: bytes) -> RecipientInfo:
    """Hide `key` with a password (RFC 3211 2.3.1)."""
    from asn1crypto.algos import EncryptionAlgorithm
    from asn1crypto.cms import PasswordRecipientInfo, RecipientInfo

    start = secrets.token_bytes(16)
    plain = bytes([len(key)]) + bytes(byte ^ 0xFF for byte in key[:3]) + key
    plain += secrets.token_bytes(max(32 - len(plain), -len(plain) % 16))
    # Encrypted twice, the second time from the last block of the first, so that every bit depends on every other.
    once = _aes(password.key, start, plain, encrypt=True)
    twice = _aes(password.key, once[-16:], once, encrypt=True)
    info = PasswordRecipientInfo(
        {
            "version": "v0",
            "key_derivation_algorithm": {
                "algorithm": "pbkdf2",
                "parameters": {
                    "salt": {"specified": password.salt},
                    "iteration_count": _ROUNDS,
                    "key_length": 32,
                    "prf": {"algorithm": "sha256"},
                },
            },
            "key_encryption_algorithm": {
                "algorithm": _PWRI_KEK,
                "parameters": EncryptionAlgorithm({"algorithm": "aes256_cbc", "parameters": start}),
            },
            "encrypted_key": twice,
        }
    )
    return RecipientInfo(name="pwri", value=info)


def open_password(info: PasswordRecipientInfo, password: bytes, keys: Keys) -> bytes | None:
    """Find the key that a password hides; ``None`` where it is another password.

    Raises
    ------
    UnsupportedError
        When it was hidden in a way that is not known, or by more work than anybody would wait for.
    """
    from asn1crypto.algos import EncryptionAlgorithm

    derivation, outer = info["key_derivation_algorithm"], info["key_encryption_algorithm"]
    if derivation["algorithm"].native != "pbkdf2" or outer["algorithm"].dotted != _PWRI_KEK:
        raise UnsupportedError("the password hides the key in a way that cannot be read", code="key-algorithm")
    inner = outer["parameters"].parse(EncryptionAlgorithm)
    if inner.encryption_cipher != "aes" or inner.encryption_mode != "cbc":
        raise UnsupportedError("the password hides the key by something else than AES", code="key-algorithm")
    parameters = derivation["parameters"]
    rounds = int(parameters["iteration_count"].native)
    if not 0 < rounds <= _MOST_ROUNDS:
        raise UnsupportedError(f"a password of {rounds:,} rounds is not tried", code="key-rounds")
    kind = parameters["prf"]["algorithm"].native
    hidden = info["encrypted_key"].native
    if len(hidden) < 32 or len(hidden) % 16 or len(hidden) > 4096 or kind not in {"sha1", "sha256", "sha384", "sha512"}:
        raise AlteredError("the key that the password hides is damaged", code="envelope-damaged")
    salt = parameters["salt"].native
    point = (password, salt, rounds, kind, inner.key_length)
    if point not in keys.derived:
        keys.derived[point] = _derive(password, salt, rounds, kind, inner.key_length)
    made = keys.derived[point]
    # The last block was made from the one before it: it gives the start of the outer layer.
    last = _aes(made, hidden[-32:-16], hidden[-16:], encrypt=False)
    once = _aes(made, last, hidden, encrypt=False)
    plain = _aes(made, inner.encryption_iv, once, encrypt=False)
    length, check, key = plain[0], plain[1:4], plain[4 : 4 + plain[0]]
    whole = len(key) == length and all(a ^ b == 0xFF for a, b in zip(check, key, strict=False))
    return key if whole and length >= 8 else None


def _derive(password: bytes, salt: bytes, rounds: int, kind: str, length: int) -> bytes:
    import hashlib

    return hashlib.pbkdf2_hmac(kind, password, salt, rounds, length)


def _aes(key: bytes, start: bytes, data: bytes, *, encrypt: bool) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES(key), modes.CBC(start))
    work = cipher.encryptor() if encrypt else cipher.decryptor()
    return work.update(data) + work.finalize()


def _oaep(digest: str, mask: str = "") -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP

    known: dict[str, Any] = {
        "sha1": hashes.SHA1,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    if digest not in known or (mask or digest) not in known:
        raise UnsupportedError(f"keys hidden by OAEP with {digest} cannot be read", code="key-algorithm")
    return OAEP(MGF1(known[mask or digest]()), known[digest](), None)


def _oaep_parameters() -> Any:
    from asn1crypto.algos import RSAESOAEPParams

    sha256 = {"algorithm": "sha256"}
    return RSAESOAEPParams(
        {"hash_algorithm": sha256, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256}}
    )


def _agree(shared: bytes, scheme: str, wrap: tuple[str, bytes], extra: bytes) -> bytes:
    """RFC 5753 7.2: the key that wraps, from the secret that both sides have."""
    from asn1crypto.core import OctetString
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

    length, parts = _WRAPS[wrap[0]], wrap[1]
    if extra:
        parts += OctetString(extra, explicit=0).dump()
    parts += OctetString((length * 8).to_bytes(4, "big"), explicit=2).dump()
    info = b"\x30" + _der_length(len(parts)) + parts
    return X963KDF(getattr(hashes, _AGREEMENTS[scheme])(), length, info).derive(shared)


def _der_length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    body = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(body)]) + body


def _wrap_algorithm(wrap: str) -> Any:
    return _key_encryption()({"algorithm": wrap})


def _key_encryption() -> Any:
    from asn1crypto.cms import KeyEncryptionAlgorithm

    return KeyEncryptionAlgorithm


def _with_curve(public: Any, private: Any) -> Any:
    """Name the curve, which the sender may leave out: it is the recipient's."""
    from asn1crypto.keys import PublicKeyInfo
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    own = PublicKeyInfo.load(private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return PublicKeyInfo({"algorithm": own["algorithm"], "public_key": public["public_key"].native})


def _identifier(certificate: Certificate, *, agreement: bool) -> Any:
    from asn1crypto import cms, x509
    from cryptography.hazmat.primitives.serialization import Encoding

    issuer = x509.Certificate.load(certificate.public_bytes(Encoding.DER)).issuer
    kind = cms.KeyAgreementRecipientIdentifier if agreement else cms.RecipientIdentifier
    value = cms.IssuerAndSerialNumber({"issuer": issuer, "serial_number": certificate.serial_number})
    return kind(name="issuer_and_serial_number", value=value)


def _may(certificate: Certificate, usage: str, what: str) -> None:
    """Refuse a certificate whose Key Usage does not allow what is to be done (RFC 5280 4.2.1.3)."""
    from cryptography.x509 import ExtensionNotFound, KeyUsage

    try:
        allowed = certificate.extensions.get_extension_for_class(KeyUsage).value
    except ExtensionNotFound:
        return
    if not getattr(allowed, usage):
        raise KeyFileError(
            f"this certificate is not meant {what} (Key Usage)", where=_subject(certificate), code="key-usage"
        )


def _subject(certificate: Certificate) -> str:
    return certificate.subject.rfc4514_string()
