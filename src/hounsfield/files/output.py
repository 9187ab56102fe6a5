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

__all__ = ["writing"]


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
    if os.path.isdir(path):
        raise WriteError("the output is a folder", where=path, hint="Name a file in it.")
    if os.path.lexists(path) and not overwrite:
        raise _exists(path)
    if dry_run:
        yield _nothing
        return
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.part")
    try:
        with open(temporary, "xb") as opened:
            yield opened.write
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
