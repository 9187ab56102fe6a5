"""Secrets for commands: from a file, or asked for without echo; never from the command line, which everybody sees."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hounsfield.errors import KeyFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ask", "from_file_or_asked", "with_key_password"]


def ask(what: str, *, again: bool = False) -> bytes:
    """Ask for a secret, twice where it is a new one.

    Raises
    ------
    UsageError
        Where there is nobody to ask, or the two differ.
    """
    import getpass

    if not sys.stdin.isatty():
        raise UsageError(f"there is no terminal to ask for {what}", hint="Put it into a file, and name that.")
    given = getpass.getpass(f"{what[0].upper()}{what[1:]}: ")
    if again and getpass.getpass("Once more: ") != given:
        raise UsageError("the two are not the same")
    return given.encode()


def from_file_or_asked(file: str | None, what: str, *, wanted: bool, again: bool = False) -> bytes | None:
    """Read a secret from `file`, or ask for it where it is `wanted`; otherwise there is none."""
    if file is not None:
        from hounsfield.cms.keys import read_password

        return read_password(file)
    return ask(what, again=again) if wanted else None


def with_key_password(read: Callable[[bytes | None], Any], file: str | None) -> Any:
    """Call `read` with the password of a private key, which is asked for only where the key is encrypted."""
    password = from_file_or_asked(file, "password of the private key", wanted=False)
    try:
        return read(password)
    except KeyFileError as error:
        if error.code != "password-missing" or not sys.stdin.isatty():
            raise
        return read(ask(f"password of {error.where}"))
