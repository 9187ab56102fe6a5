"""Secure DICOM Files: encrypting a file as a whole, and back (PS3.10 7.4, PS3.15 D.1)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hounsfield.cms.envelope import Wrapping, is_envelope, seal
from hounsfield.cms.integrity import digested, signed
from hounsfield.errors import KeyFileError, NotDicomError, UsageError
from hounsfield.files.source import open_input
from hounsfield.protect.writing import put_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cryptography.x509 import Certificate

    from hounsfield.cms.integrity import Checked
    from hounsfield.cms.keys import Keys
    from hounsfield.cms.recipients import Password
    from hounsfield.settings import Limits

__all__ = ["Recipients", "decrypt", "encrypt"]


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who can open what is encrypted, and who vouches for it.

    Parameters
    ----------
    certificates : tuple of Certificate
        Each of their keys opens it.
    password : Password, optional
        Opens it too.
    wrapping : {'pkcs1', 'oaep'}
        How RSA hides the key. PS3.15 names PKCS #1 v1.5; ``oaep`` is an extension that other programs may not read.
    signer : tuple, optional
        Private key and certificates of who signs the content inside. Without it a digest protects it, which tells
        damage but not who made it.
    """

    certificates: tuple[Certificate, ...] = ()
    password: Password | None = None
    wrapping: Wrapping = "pkcs1"
    signer: tuple[Any, tuple[Certificate, ...]] | None = None

    @classmethod
    def read(
        cls,
        certificates: Iterable[str | os.PathLike[str]] = (),
        *,
        password: bytes | None = None,
        wrapping: Wrapping = "pkcs1",
        signer: tuple[str | os.PathLike[str], str | os.PathLike[str]] | None = None,
        signer_password: bytes | None = None,
    ) -> Recipients:
        """Read certificates from files; `signer` names a private key and its certificate.

        Raises
        ------
        KeyFileError
            When a file holds nothing usable, or the signer's key and certificate do not belong together.
        UsageError
            When nobody could open it.
        """
        from hounsfield.cms.keyfiles import read_certificates, read_private_key
        from hounsfield.cms.recipients import Password

        found = tuple(certificate for path in certificates for certificate in read_certificates(path)[:1])
        if not found and password is None:
            raise UsageError("nobody could open it", hint="Name a recipient's certificate, or a password.")
        by: tuple[Any, tuple[Certificate, ...]] | None = None
        if signer is not None:
            key, chain = read_private_key(signer[0], password=signer_password), read_certificates(signer[1])
            if key.public_key() != chain[0].public_key():
                raise KeyFileError(
                    "key and certificate do not belong together", where=os.fspath(signer[1]), code="key-mismatch"
                )
            by = key, tuple(chain)
        return cls(found, Password.derive(password) if password is not None else None, wrapping, by)


def encrypt(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    recipients: Recipients,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
    limits: Limits | None = None,
) -> int:
    """Encrypt a DICOM file as a whole.

    Parameters
    ----------
    source, output : path
        Files in and out.
    recipients : Recipients
        Who can open it.
    overwrite : bool
        Replace an existing output.
    dry_run : bool
        Check everything, write nothing.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    int
        Bytes written. The whole file is held in memory, about three times.

    Raises
    ------
    NotDicomError
        When it is no DICOM file, or encrypted already.
    ReadError, WriteError, KeyFileError
        When it cannot be read or written, or not be encrypted for one of the recipients.
    """
    name = os.fspath(source)
    data = _plain(name, limits)
    if recipients.signer is None:
        inner, kind = digested(data), "digested_data"
    else:
        key, chain = recipients.signer
        inner, kind = signed(data, key, list(chain)), "signed_data"
    sealed = seal(
        inner,
        recipients.certificates,
        content_type=kind,
        password=recipients.password,
        wrapping=recipients.wrapping,
    )
    put_file(sealed, output, overwrite=overwrite, dry_run=dry_run)
    return len(sealed)


def decrypt(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    keys: Keys,
    *,
    accept: Callable[[Checked], None] | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
) -> Checked:
    """Write the plain file that is inside an encrypted one, after its digest or signatures were found to fit.

    Parameters
    ----------
    source, output : path
        Files in and out.
    keys : Keys
        What to try.
    accept : callable, optional
        Is called with what was found before anything is written, and may raise.
    overwrite : bool
        Replace an existing output.
    dry_run : bool
        Check everything, write nothing.

    Returns
    -------
    Checked
        With the signatures over the content.

    Raises
    ------
    NotDicomError
        When it is not encrypted.
    LockedError, AlteredError
        When no key opens it, or it was altered; nothing is written then.
    ReadError, WriteError
        When it cannot be read or written.
    """
    from hounsfield.files.sealed import unseal

    name = os.fspath(source)
    data = _bytes(name)
    if not is_envelope(data[:32]):
        raise NotDicomError("it is not encrypted as a whole", where=name, code="not-an-envelope")
    checked = unseal(data, where=name, keys=keys)
    if accept is not None:
        accept(checked)
    put_file(checked.content, output, overwrite=overwrite, dry_run=dry_run)
    return checked


def _plain(name: str, limits: Limits | None) -> bytes:
    """Read a file that a DICOM reader understands; what is encrypted already stays so."""
    from hounsfield.files.read import read

    data = _bytes(name)
    if is_envelope(data[:32]):
        raise NotDicomError("it is encrypted already", where=name, code="encrypted")
    read(data, stop_before_pixels=True, limits=limits, issues=[])
    return data


def _bytes(name: str) -> bytes:
    if ".zip" in name.lower() and not os.path.exists(name):
        return open_input(name).data or b""
    from pathlib import Path

    from hounsfield.errors import ReadError

    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ReadError(f"the file cannot be read: {error.strerror}", where=name) from None
