"""What one input is: a path, bytes, a file object, standard input, a member of a ZIP archive, or an encrypted file."""

from __future__ import annotations

import os
import sys
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from hounsfield.errors import LimitError, MalformedError, ReadError, UsageError
from hounsfield.files import sealed
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Input", "open_input", "read_member"]

# A member that grows more than this when it is inflated counts as a bomb once it passes the limit on inflated bytes.
_SUSPICIOUS_RATIO = 100


@dataclass(frozen=True, slots=True)
class Input:
    """One input: a path that the core opens itself, or bytes that are here already.

    Parameters
    ----------
    name : str
        Names it in messages.
    path : str or None
        A file of its own.
    data : bytes or None
        The bytes, where it is no file of its own.
    """

    name: str
    path: str | None
    data: bytes | None


def open_input(source: str | os.PathLike[str] | bytes | BinaryIO, *, limits: Limits | None = None) -> Input:
    """Find out what `source` is; ``-`` is standard input, ``export.zip/DICOM/IM0001`` a member of an archive.

    Raises
    ------
    UsageError
        For anything that is neither a path, bytes nor a binary file.
    ReadError
        When a member is not in its archive, or cannot be read from it.
    LockedError, AlteredError, KeyFileError
        When an encrypted file is not opened by the keys that are configured.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return Input("<bytes>", None, bytes(source))
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        if path == "-":
            return Input("<standard input>", None, sys.stdin.buffer.read())
        return _path(path, limits or Limits())
    if not hasattr(source, "read"):
        raise UsageError(f"expected a path, bytes or a binary file, not {type(source).__name__}")
    data = source.read()
    if not isinstance(data, bytes):
        raise UsageError("the file is open in text mode", hint="Open it with mode 'rb'.")
    return Input(str(getattr(source, "name", "<file>")), None, data)


def _path(path: str, limits: Limits) -> Input:
    if sealed.keys_are_configured() and sealed.is_sealed(path):
        return Input(path, None, sealed.open_sealed(path))
    lower = path.lower()
    if ".zip" not in lower or os.path.exists(path):
        return Input(path, path, None)
    start = 0
    while (found := lower.find(".zip", start)) >= 0:
        start = found + 4
        archive, rest = path[:start], path[start:]
        if rest[:1] in ("/", os.sep) and os.path.isfile(archive):
            return Input(path, None, read_member(archive, rest[1:], limits=limits))
    return Input(path, path, None)


def read_member(archive: str | Path, member: str, *, limits: Limits | None = None) -> bytes:
    """Return the bytes of one member of a ZIP archive, or of the file inside an envelope.

    Raises
    ------
    ReadError
        When archive or member are missing, encrypted or damaged; `LimitError` when it inflates beyond the limits.
    """
    if member == sealed.INSIDE:
        return sealed.open_sealed(archive)
    limits = limits or Limits()
    where = f"{os.fspath(archive)}/{member}"
    try:
        with zipfile.ZipFile(archive) as opened:
            info = opened.getinfo(member)
            ratio = info.file_size / max(info.compress_size, 1)
            if info.file_size > limits.inflated_bytes and ratio > _SUSPICIOUS_RATIO:
                raise LimitError(
                    f"the member inflates {ratio:,.0f} times, to {info.file_size:,} bytes",
                    where=where,
                    hint="If you trust it, allow more with Limits(inflated_bytes=...).",
                )
            return opened.read(info)
    except KeyError:
        raise ReadError("the archive has no such member", where=where) from None
    except (OSError, RuntimeError, NotImplementedError) as error:
        raise ReadError(f"the member cannot be read: {error}", where=where) from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise MalformedError(f"the archive is damaged: {error}", where=where) from None
