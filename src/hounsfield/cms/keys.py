"""The keys that may open what is encrypted: private keys, their certificates, and passwords."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.cms.keyfiles import read_certificates, read_private_key
from hounsfield.errors import KeyFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.x509 import Certificate

__all__ = ["Keys", "read_password"]

# What a person may set once instead of naming keys in every call.
_KEY, _CERTIFICATE, _KEY_PASSWORD, _PASSWORD = (
    "HOUNSFIELD_PRIVATE_KEY",
    "HOUNSFIELD_CERTIFICATE",
    "HOUNSFIELD_KEY_PASSWORD_FILE",
    "HOUNSFIELD_PASSWORD_FILE",
)
# A password is a line; more is another file by mistake.
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Keys:
    """What is tried on an envelope.

    Parameters
    ----------
    private : tuple of private keys
        RSA or elliptic curve, of cryptography.
    certificates : tuple of Certificate
        Certificates of these keys, where known: they tell which recipient a key belongs to.
    passwords : tuple of bytes
        For envelopes that a password opens.
    """

    private: tuple[Any, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    passwords: tuple[bytes, ...] = field(default=(), repr=False)
    # A password becomes a key by slow work on purpose; files sealed in one run share its salt.
    derived: dict[tuple[bytes, bytes, int, str, int], bytes] = field(default_factory=dict, repr=False, compare=False)

    def __bool__(self) -> bool:
        """Whether there is anything to try."""
        return bool(self.private or self.passwords)

    @classmethod
    def read(
        cls,
        private_keys: Iterable[str | os.PathLike[str]] = (),
        *,
        certificates: Iterable[str | os.PathLike[str]] = (),
        key_password: bytes | None = None,
        passwords: Iterable[bytes] = (),
    ) -> Keys:
        """Read keys and certificates from files.

        Parameters
        ----------
        private_keys, certificates : iterable of paths
            PEM or DER.
        key_password : bytes, optional
            Opens encrypted private keys.
        passwords : iterable of bytes
            For envelopes that a password opens.

        Raises
        ------
        KeyFileError
            When a file holds no key or certificate, or a key needs another password.
        """
        return cls(
            tuple(read_private_key(path, password=key_password) for path in private_keys),
            tuple(found for path in certificates for found in read_certificates(path)),
            tuple(passwords),
        )

    @classmethod
    def configured(cls) -> Keys:
        """Read the keys that the environment names; none where it names none.

        ``HOUNSFIELD_PRIVATE_KEY``, ``HOUNSFIELD_CERTIFICATE`` and ``HOUNSFIELD_PASSWORD_FILE`` name files;
        ``HOUNSFIELD_KEY_PASSWORD_FILE`` holds the password of the private key.

        Raises
        ------
        KeyFileError
            When what it names cannot be used.
        """
        named = tuple(os.environ.get(name, "") for name in (_KEY, _CERTIFICATE, _KEY_PASSWORD, _PASSWORD))
        return _named(named, tuple(map(_changed, named)))


def read_password(source: str | os.PathLike[str]) -> bytes:
    """Read a password: the first line of a file, without its end.

    Raises
    ------
    KeyFileError
        When there is none in it.
    """
    name = os.fspath(source)
    try:
        with Path(name).open("rb") as opened:
            line = opened.readline(_LONGEST + 2)
    except OSError as error:
        raise KeyFileError(f"the password cannot be read: {error.strerror}", where=name) from None
    password = line.rstrip(b"\r\n")
    if not password or len(password) > _LONGEST:
        raise KeyFileError(
            "the first line is no password", where=name, hint=f"It must have 1 to {_LONGEST} bytes.", code="password"
        )
    return password


def _changed(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns if path else 0
    except OSError:
        return 0


# Checking a private key takes longer than opening a file with it.
@lru_cache(maxsize=4)
def _named(names: tuple[str, ...], _when: tuple[int, ...]) -> Keys:
    key, certificate, key_password, password = names
    if not key and not password:
        return Keys()
    return Keys.read(
        [key] if key else (),
        certificates=[certificate] if certificate else (),
        key_password=read_password(key_password) if key_password else None,
        passwords=[read_password(password)] if password else (),
    )
