"""What can go wrong, as exceptions and as values.

::

    HounsfieldError
    ├── UsageError           the call itself is wrong: an unknown keyword, a bad option
    ├── ReadError            one input cannot be read
    │   ├── NotDicomError    it is something else
    │   ├── TruncatedError   it ends too early
    │   ├── MalformedError   it contradicts itself
    │   ├── LimitError       it would cost more than the limits allow
    │   ├── UnsupportedError it is valid, but of a form not handled here
    │   ├── LockedError      it is encrypted, and no key at hand opens it
    │   └── AlteredError     it is not what was encrypted or signed
    ├── GeometryError        its planes do not form the volume that was asked for
    ├── PixelError           its pixels cannot be decoded
    ├── KeyFileError         a key, certificate or password cannot be used
    ├── UntrustedError       nobody who is trusted vouches for a certificate
    └── WriteError           the output cannot be written
        └── ExistsError      it is there already, and nobody asked to overwrite it

Every message says what, where (file, tag, byte) and what to do next. Batch work collects `Issue` records instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "AlteredError",
    "ExistsError",
    "GeometryError",
    "HounsfieldError",
    "Issue",
    "IssueWarning",
    "KeyFileError",
    "LimitError",
    "LockedError",
    "MalformedError",
    "NotDicomError",
    "PeerError",
    "PixelError",
    "ReadError",
    "Severity",
    "TruncatedError",
    "UnsupportedError",
    "UntrustedError",
    "UsageError",
    "WriteError",
]

Severity = Literal["info", "warning", "error"]


class HounsfieldError(Exception):
    """Root of all errors that this package raises on purpose.

    Parameters
    ----------
    message : str
        What is wrong.
    where : str, optional
        The file, series or element that it is about.
    tag : int, optional
        The element, as a 32-bit number.
    offset : int, optional
        Byte offset in the file, or in the inflated data set of a deflated file.
    hint : str, optional
        What to do next.
    code : str, optional
        A short stable word for programs.
    """

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        tag: int | None = None,
        offset: int | None = None,
        hint: str = "",
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.tag = tag
        self.offset = offset
        self.hint = hint
        self.code = code or _code_of(type(self))

    def __str__(self) -> str:
        """One or two lines: place, problem, and the hint below."""
        place = f"{self.where}: " if self.where else ""
        details = []
        if self.tag is not None:
            details.append(f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})")
        if self.offset is not None:
            details.append(f"byte {self.offset:,}")
        found = f" [{', '.join(details)}]" if details else ""
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.message}{found}{hint}"

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the place when the error crosses a process boundary."""
        return _rebuild, (type(self), self.message, self.where, self.tag, self.offset, self.hint, self.code)

    def at(self, where: str) -> HounsfieldError:
        """Name the file where that was not known when the error was raised; returns the error itself."""
        self.where = self.where or where
        return self


class UsageError(HounsfieldError):
    """The call itself is wrong."""


class ReadError(HounsfieldError):
    """One input cannot be read."""


class NotDicomError(ReadError):
    """The input is something else than DICOM."""


class TruncatedError(ReadError):
    """The input ends too early."""


class MalformedError(ReadError):
    """The input contradicts itself."""


class LimitError(ReadError):
    """The input would cost more than the limits allow."""


class UnsupportedError(ReadError):
    """The input is valid, but of a form that is not handled."""


class LockedError(ReadError):
    """The input is encrypted, and no key at hand opens it."""

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        tag: int | None = None,
        offset: int | None = None,
        hint: str = "",
        code: str = "",
    ) -> None:
        hint = hint or "Let HOUNSFIELD_PRIVATE_KEY name the key of a recipient, or HOUNSFIELD_PASSWORD_FILE a password."
        super().__init__(message, where=where, tag=tag, offset=offset, hint=hint, code=code)


class AlteredError(ReadError):
    """The input is not what was encrypted or signed: it was changed, or cut off."""


class GeometryError(HounsfieldError):
    """Planes that do not form the volume that was asked for."""


class PixelError(HounsfieldError):
    """Pixels that cannot be decoded."""


class KeyFileError(HounsfieldError):
    """A key, certificate or password that cannot be used."""


class UntrustedError(HounsfieldError):
    """Nobody who is trusted vouches for a certificate, or no longer."""


class PeerError(HounsfieldError):
    """A device on the network that cannot be reached, refuses, or breaks the protocol."""


class WriteError(HounsfieldError):
    """The output cannot be written."""


class ExistsError(WriteError):
    """The output is there already, and nobody asked to overwrite it."""


class IssueWarning(UserWarning):
    """A problem that was met while reading and could be passed over."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A problem as a value.

    Parameters
    ----------
    code : str
        A short stable word, e.g. ``value-truncated``.
    severity : {'info', 'warning', 'error'}
        ``error``: the result is missing or must not be trusted; ``warning``: look at it; ``info``: worth knowing.
    where : str
        File, series or element.
    message : str
        What is wrong, in a sentence.
    hint : str
        What to do next; may be empty.
    count : int
        How often it was met, when equal ones were gathered.
    """

    code: str
    severity: Severity
    where: str
    message: str
    hint: str = ""
    count: int = 1

    def __str__(self) -> str:
        """One line, for tables and warnings."""
        times = f" ({self.count:,} times)" if self.count > 1 else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.where}: {self.message}{times}.{hint}"


def _code_of(kind: type) -> str:
    name = kind.__name__.removesuffix("Error")
    return "".join("-" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("-")


def _rebuild(  # noqa: PLR0917 - called by pickle alone
    kind: type[HounsfieldError],
    message: str,
    where: str,
    tag: int | None,
    offset: int | None,
    hint: str,
    code: str,
) -> HounsfieldError:
    return kind(message, where=where, tag=tag, offset=offset, hint=hint, code=code)
