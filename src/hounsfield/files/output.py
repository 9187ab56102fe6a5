"""Writing a file so that it is there whole or not at all, and never over another one unasked."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hounsfield.errors import ExistsError, WriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedRandom

__all__ = ["check_free", "staged", "writing"]


@contextmanager
def writing(
    output: str | os.PathLike[str] | BinaryIO, *, overwrite: bool = False, dry_run: bool = False
) -> Iterator[Callable[[bytes], object]]:
    """Give a function that writes bytes; when the block ends without error, they become `output`.

    Raises
    ------
    ExistsError
        When the output exists and is not to be overwritten.
    WriteError
        When it cannot be written.
    """
    if not isinstance(output, str | os.PathLike):
        yield _nothing if dry_run else output.write
        return
    path = os.fspath(output)
    if path == "-":
        yield _nothing if dry_run else sys.stdout.buffer.write
        return
    check_free(path, overwrite=overwrite)
    if dry_run:
        yield _nothing
        return
    with staged(path, overwrite=overwrite) as opened:
        yield opened.write


def check_free(path: str, *, overwrite: bool) -> None:
    """Raise what writing `path` would raise because of what is there already."""
    if os.path.isdir(path):
        raise WriteError("the output is a folder", where=path, hint="Name a file in it.")
    if os.path.lexists(path) and not overwrite:
        raise _exists(path)


@contextmanager
def staged(path: str, *, overwrite: bool = False) -> Iterator[BufferedRandom]:
    """Give a temporary file beside `path`, which takes its place when the block ends without error.

    Raises
    ------
    ExistsError, WriteError
        As `writing` does.
    """
    check_free(path, overwrite=overwrite)
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.part")
    try:
        with open(temporary, "x+b") as opened:
            yield opened
        _publish(temporary, path, overwrite=overwrite)
    except OSError as error:
        raise WriteError(f"the output cannot be written: {error.strerror or error}", where=path) from None
    finally:
        with suppress(OSError):
            Path(temporary).unlink()


def _publish(temporary: str, path: str, *, overwrite: bool) -> None:
    if overwrite:
        Path(temporary).replace(path)
        return
    try:
        # Unlike a rename, a link fails where somebody else was faster.
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:
        Path(temporary).rename(path)


def _exists(path: str) -> ExistsError:
    return ExistsError("the output exists already", where=path, hint="To replace it, use --overwrite (overwrite=True).")


def _nothing(_: bytes) -> None:
    """Write nowhere."""
