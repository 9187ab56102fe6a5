"""Keys: what pseudonyms are made with. Who has the key can link them to the patients, nobody else can."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field

from hounsfield.errors import ExistsError, ReadError, UsageError, WriteError

__all__ = ["Key", "new_key", "read_key"]

LENGTH = 32
_NOTE = "# Key of hounsfield. Who has it can link pseudonyms to patients: keep it secret, and keep it.\n"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret.

    Parameters
    ----------
    secret : bytes
        At least 32 bytes; never shown.
    kept : bool
        Whether anybody keeps it: false for a key that is made for one run and forgotten.
    """

    secret: bytes = field(repr=False)
    kept: bool = True

    @classmethod
    def random(cls) -> Key:
        """Make a key that is forgotten: nobody can link anything afterwards, and nothing can be added later."""
        return cls(secrets.token_bytes(LENGTH), kept=False)

    def fingerprint(self) -> str:
        """Name the key without telling anything about it."""
        return hmac.new(self.secret, b"fingerprint", hashlib.sha256).hexdigest()[:16]

    def mark(self, text: str) -> str:
        """Give what stands for `text` in files that may be shared."""
        return hmac.new(self.secret, b"mark" + text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:32]


def new_key(path: str | os.PathLike[str]) -> Key:
    """Make a random key and write it into a new file that only its owner can read.

    Parameters
    ----------
    path : path
        Is never overwritten: with the old key the way back would be lost.

    Raises
    ------
    ExistsError, WriteError

    Examples
    --------
    >>> import hounsfield as hu, tempfile, os
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     key = hu.new_key(os.path.join(folder, "trial.key"))
    ...     hu.read_key(os.path.join(folder, "trial.key")) == key
    True
    """
    key = Key(secrets.token_bytes(LENGTH))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        hint = "A key that is lost cannot be made again: choose another name."
        raise ExistsError("the file is there already", where=os.fspath(path), hint=hint) from None
    except OSError as error:
        raise WriteError(f"the key cannot be written: {error.strerror}", where=os.fspath(path)) from None
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(f"{_NOTE}{key.secret.hex()}\n")
    return key


def read_key(path: str | os.PathLike[str]) -> Key:
    """Read a key.

    Parameters
    ----------
    path : path
        Of a file as `new_key` writes it: 64 or more hexadecimal digits; lines that begin with ``#`` do not count.

    Raises
    ------
    ReadError
        When there is no such file.
    UsageError
        When it holds no key, or one that is too short.
    """
    where = os.fspath(path)
    try:
        with open(path, "rb") as opened:
            text = opened.read(1 << 16).decode("ascii", "replace")
    except FileNotFoundError:
        raise UsageError("there is no such key file", where=where, hint=f"hu key new {where} makes one.") from None
    except OSError as error:
        raise ReadError(f"the key cannot be read: {error.strerror}", where=where) from None
    digits = "".join("".join(line.split()) for line in text.splitlines() if not line.startswith("#"))
    if not re.fullmatch("[0-9a-fA-F]*", digits) or len(digits) % 2:
        raise UsageError("the file holds no key", where=where, hint="hu key new FILE makes one.")
    secret = bytes.fromhex(digits)
    if len(secret) < LENGTH:
        message = f"the key is too short: {len(secret)} bytes, at least {LENGTH} are needed"
        raise UsageError(message, where=where, hint="hu key new FILE makes one.")
    return Key(secret)
