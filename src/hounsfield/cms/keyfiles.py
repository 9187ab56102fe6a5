"""Private keys and certificates in PEM or DER files; secrets come from a prompt, an environment variable or a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.errors import KeyFileError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ["read_certificates", "read_private_key"]

# A chain of certificates of a hospital is a few kilobytes.
_MOST = 4 << 20


def read_private_key(source: str | os.PathLike[str], *, password: bytes | None = None) -> Any:
    """Read a private key.

    Parameters
    ----------
    source : path
        PEM or DER, PKCS#8 or traditional, encrypted or not.
    password : bytes, optional
        Opens an encrypted key.

    Returns
    -------
    cryptography private key
        RSA, or of an elliptic curve.

    Raises
    ------
    KeyFileError
        When it is no key, when it is encrypted and no password or a wrong one is given.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

    data, name = _read(source)
    load = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
    try:
        return load(data, password)
    except TypeError:
        if password is None:
            raise KeyFileError(
                "the private key is encrypted", where=name, hint="Give its password.", code="password-missing"
            ) from None
        return load(data, None)
    except (ValueError, UnsupportedAlgorithm):
        why = "or the password is wrong" if password is not None else "in PEM or DER form"
        raise KeyFileError(f"it is no private key {why}", where=name, code="key-unreadable") from None


def read_certificates(source: str | os.PathLike[str]) -> list[Certificate]:
    """Read the certificates of a file, in its order.

    Raises
    ------
    KeyFileError
        When there is none in it.
    """
    from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificates

    data, name = _read(source)
    try:
        if b"-----BEGIN" in data:
            return load_pem_x509_certificates(data)
        return [load_der_x509_certificate(data)]
    except ValueError:
        raise KeyFileError("it holds no certificate in PEM or DER form", where=name, code="key-unreadable") from None


def _read(source: str | os.PathLike[str]) -> tuple[bytes, str]:
    name = os.fspath(source)
    try:
        size = Path(name).stat().st_size
        if size > _MOST:
            raise KeyFileError(f"{size:,} bytes are too many for a key or certificate", where=name)
        return Path(name).read_bytes(), name
    except OSError as error:
        raise KeyFileError(f"the file cannot be read: {error.strerror}", where=name) from None
