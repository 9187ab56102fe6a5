"""The files of one run: folders are walked, ZIP archives are looked into, and nothing is read yet."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.errors import HounsfieldError, ReadError, UsageError
from hounsfield.files.batch import pairs
from hounsfield.files.source import open_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hounsfield.settings import Limits

__all__ = ["Found", "batches", "find"]

# Files handed to the core at once; bytes of archives that are held at once.
_COUNT, _BYTES = 512, 256 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """One input.

    Parameters
    ----------
    name : str
        Its path, or the archive's and the member's.
    state : str
        Changes when the file does: name, size and time.
    size : int
        Bytes, as far as is known.
    regular : bool
        Whether it is a file and no device or pipe.
    """

    name: str
    state: str
    size: int
    regular: bool


def find(sources: Iterable[str | os.PathLike[str]], output: str | None) -> list[Found]:
    """Find all files of `sources`.

    Raises
    ------
    UsageError
        When there is nothing to look at, or the output lies inside an input.
    ReadError
        When a folder or an archive cannot be read.
    """
    given = [os.fspath(source) for source in sources]
    if not given:
        raise UsageError("there is nothing to de-identify", hint="Name files, folders or ZIP archives.")
    # Where nothing is written, no place below any input is meant.
    target = output if output is not None else os.path.join(os.path.realpath(os.sep), "nowhere-at-all")
    found: dict[str, Found] = {}
    for source in given:
        if not os.path.lexists(source) and ".zip" not in source.lower():
            raise ReadError("there is no such file or folder", where=source)
        for name, _ in pairs([source], target, archives=True):
            found.setdefault(name, _found(name))
    return list(found.values())


def _found(name: str) -> Found:
    try:
        about = Path(name).stat()
    except OSError:
        # A member of an archive, or a file that the core will report.
        return Found(name, _archive_state(name), 0, regular=True)
    return Found(name, f"{name}\0{about.st_size}\0{about.st_mtime_ns}", about.st_size, stat.S_ISREG(about.st_mode))


def _archive_state(name: str) -> str:
    end = name.lower().rfind(".zip") + 4
    try:
        about = Path(name[:end]).stat()
    except OSError:
        return name
    return f"{name}\0{about.st_size}\0{about.st_mtime_ns}"


def batches(found: Iterable[Found], limits: Limits) -> Iterator[list[tuple[Found, str | bytes | HounsfieldError]]]:
    """Give the inputs a few at a time: a path, the bytes of a member, or why there is neither."""
    batch: list[tuple[Found, str | bytes | HounsfieldError]] = []
    held = 0
    for each in found:
        content: str | bytes | HounsfieldError = each.name
        if not each.regular:
            content = ReadError("it is no regular file", where=each.name, code="not-a-file")
        elif not os.path.exists(each.name):
            try:
                opened = open_input(each.name, limits=limits)
                content = opened.data if opened.data is not None else each.name
                held += len(opened.data or b"")
            except HounsfieldError as error:
                content = error
        batch.append((each, content))
        if len(batch) >= _COUNT or held >= _BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
