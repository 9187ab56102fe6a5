"""Outputs that are there whole or not at all: made beside their place under another name, then moved there."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield.errors import ExistsError, HounsfieldError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PARTIAL", "Place", "as_json", "whole", "write_whole"]

PARTIAL = ".partial"


class Place(NamedTuple):
    """Where a writer writes.

    Parameters
    ----------
    partial : Path
        What is to be written now; a folder that is there, or a file.
    final : Path
        What it will be called once it is complete.
    overwrite : bool
        Whether files beside it may be replaced, too.
    """

    partial: Path
    final: Path
    overwrite: bool


def _remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _move(made: Path, target: Path, *, overwrite: bool) -> None:
    if target.exists():
        if not overwrite:
            raise ExistsError("the file is there already", where=str(target), hint="--overwrite replaces it.")
        if made.is_dir() or target.is_dir():
            # A folder cannot be replaced in one step: the old one goes away last.
            old = target.with_name(f".{target.name}.old")
            _remove(old)
            target.rename(old)
            made.rename(target)
            _remove(old)
            return
    made.replace(target)


@contextmanager
def whole(target: Path, *, folder: bool = False, overwrite: bool = False) -> Iterator[Place]:
    """Give a place to write to; when the block ends without error, it becomes `target`.

    The unfinished output has one name, so that what a killed run leaves is found and replaced by the next.

    Raises
    ------
    ExistsError
        When something is there already.
    WriteError
        When it cannot be written; nothing is left behind.
    """
    if target.exists() and not overwrite:
        raise ExistsError("the file is there already", where=str(target), hint="--overwrite replaces it.")
    partial = target.with_name(f".{target.name}{PARTIAL}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(partial)
        if folder:
            partial.mkdir()
        yield Place(partial, target, overwrite)
        _move(partial, target, overwrite=overwrite)
    except OSError as error:
        raise WriteError(f"it cannot be written: {error.strerror or error}", where=str(target)) from None
    except HounsfieldError as error:
        raise error.at(str(target)) from None
    finally:
        with suppress(OSError):
            _remove(partial)


def write_whole(target: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write bytes as a file that is there whole or not at all."""
    with whole(target, overwrite=overwrite) as place:
        place.partial.write_bytes(data)


def as_json(values: Any) -> bytes:
    """Write values as JSON, the same each time."""
    return (json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
