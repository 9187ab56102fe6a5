"""Secure DICOM Files (PS3.10 7.4, PS3.15 D): a file inside a CMS envelope, opened with the keys at hand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hounsfield.cms.envelope import is_envelope
from hounsfield.errors import ReadError

if TYPE_CHECKING:
    from hounsfield.cms.integrity import Checked
    from hounsfield.cms.keys import Keys

__all__ = ["INSIDE", "is_sealed", "keys_are_configured", "open_sealed", "unseal"]

# What the one file inside an envelope is called where a member of a container has to be named.
INSIDE = "(decrypted)"


def keys_are_configured() -> bool:
    """Whether the environment names keys, so that encrypted files can be read like others."""
    return bool(os.environ.get("HOUNSFIELD_PRIVATE_KEY") or os.environ.get("HOUNSFIELD_PASSWORD_FILE"))


def is_sealed(path: str | os.PathLike[str]) -> bool:
    """Tell by its first bytes whether a file is a CMS envelope; one that cannot be read is none."""
    try:
        with open(path, "rb") as opened:
            return is_envelope(opened.read(32))
    except OSError:
        return False


def open_sealed(path: str | os.PathLike[str], *, keys: Keys | None = None) -> bytes:
    """Read a Secure DICOM File: the plain file inside, after its digest or signatures were found to fit.

    Parameters
    ----------
    path : path
        The encrypted file.
    keys : Keys, optional
        What to try; otherwise the keys that the environment names.

    Raises
    ------
    LockedError
        When no key opens it.
    AlteredError
        When it was altered or cut off.
    ReadError, KeyFileError
        When file or keys cannot be read.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as opened:
            data = opened.read()
    except OSError as error:
        raise ReadError(f"the file cannot be read: {error.strerror}", where=name) from None
    return unseal(data, where=name, keys=keys).content


def unseal(data: bytes, *, where: str = "", keys: Keys | None = None) -> Checked:
    """Open an envelope and check what protects its content.

    Parameters
    ----------
    data : bytes
        The envelope.
    where : str
        Names it in messages.
    keys : Keys, optional
        What to try; otherwise the keys that the environment names.

    Raises
    ------
    LockedError, AlteredError, UnsupportedError, LimitError
        When it cannot be opened, or must not be.
    """
    from hounsfield.cms.integrity import check
    from hounsfield.cms.keys import Keys
    from hounsfield.cms.opening import open_envelope

    try:
        opened = open_envelope(data, keys if keys is not None else Keys.configured())
        return check(opened.content, opened.content_type)
    except ReadError as error:
        raise error.at(where) from None
