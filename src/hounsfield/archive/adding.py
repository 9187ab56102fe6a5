"""Objects from files: written to the disk by several threads, and stored many with one commit."""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.archive.stored import Stored
from hounsfield.archive.storing import CANNOT_UNDERSTAND, store
from hounsfield.errors import HounsfieldError, ReadError, WriteError
from hounsfield.files.source import open_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from typing import BinaryIO

    from hounsfield.archive.opened import Opened

__all__ = ["add", "written"]

# What several threads have synchronized at once, a disk writes at once.
_WRITERS = 8
_BATCH, _BATCH_BYTES = 512, 64 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Written:
    """A file that this process wrote."""

    path: str
    size: int
    sha256: bytes
    sop_class: str = ""
    sop_instance: str = ""
    calling: str = ""
    source: str = ""


def add(archive: Opened, paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[Stored]:
    """Store every DICOM object below some paths; see `hounsfield.archive.Archive.add`."""
    with ThreadPoolExecutor(_WRITERS, "archive-add") as pool:
        before: list[Future[_Written | Stored]] = []
        coming: list[Future[_Written | Stored]] = []
        try:
            for batch in _batches(_listed(archive, paths)):
                # While a batch is stored, the next one is written.
                coming = [pool.submit(_copied, archive, *one) for one in batch]
                yield from _stored(archive, before)
                before, coming = coming, []
            yield from _stored(archive, before)
        finally:
            # After an error, and when whoever asked stops early.
            _drop([*before, *coming])


def written(archive: Opened, data: bytes, source: str) -> _Written:
    """Write an object to the folder for arrivals, down to the disk.

    Raises
    ------
    WriteError
        When it cannot be written.
    """
    return _write(archive, source, lambda file: file.write(data), lambda: hashlib.sha256(data).digest())


def _stored(archive: Opened, batch: list[Future[_Written | Stored]]) -> Iterator[Stored]:
    rows = [one.result() for one in batch]
    known = iter(store(archive, [one for one in rows if isinstance(one, _Written)]))
    batch.clear()
    for one in rows:
        yield one if isinstance(one, Stored) else next(known)


def _drop(batch: list[Future[_Written | Stored]]) -> None:
    for one in batch:
        one.cancel()
    for one in batch:
        with contextlib.suppress(OSError, HounsfieldError, CancelledError):
            found = one.result()
            if isinstance(found, _Written):
                Path(found.path).unlink()


def _listed(
    archive: Opened, paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
) -> list[tuple[str, str | None, int]]:
    """Give path, member of a ZIP archive, and bytes of all objects."""
    from hounsfield.catalog.scan import scan

    sql = "SELECT path, member, size FROM files WHERE status = 'dicom' ORDER BY id"
    with scan(paths, limits=archive.limits) as found:
        return [(os.fsdecode(path), member, size or 0) for path, member, size in found.execute(sql)]


def _batches(objects: list[tuple[str, str | None, int]]) -> Iterator[list[tuple[str, str | None]]]:
    batch: list[tuple[str, str | None]] = []
    total = 0
    for path, member, size in objects:
        batch.append((path, member))
        total += size
        if len(batch) >= _BATCH or total >= _BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _copied(archive: Opened, path: str, member: str | None) -> _Written | Stored:
    """Copy an object to the folder for arrivals; a file of any size by and by."""
    source = path if member is None else f"{path}/{member}"
    try:
        if member is None:
            with open(path, "rb") as file:
                found = hashlib.sha256()
                return _write(archive, source, lambda to: _pass(file, to, found), found.digest)
        data = open_input(source, limits=archive.limits).data or b""
    except (OSError, ReadError) as error:
        return Stored("refused", reason=str(error), status=CANNOT_UNDERSTAND, source=source)
    return written(archive, data, source)


def _pass(file: BinaryIO, to: BinaryIO, found: Any) -> int:
    size = 0
    while True:
        try:
            chunk = file.read(_CHUNK)
        except OSError as error:
            raise ReadError(f"cannot be read: {error.strerror}", where=file.name) from error
        if not chunk:
            return size
        found.update(chunk)
        size += to.write(chunk)


def _write(archive: Opened, source: str, fill: Callable[[BinaryIO], int], digest: Callable[[], bytes]) -> _Written:
    path = os.path.join(archive.arrivals.folder, f"add-{uuid.uuid4().hex}")
    try:
        with open(path, "xb") as file:
            size = fill(file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        with contextlib.suppress(OSError):
            Path(path).unlink()
        if not isinstance(error, OSError):
            raise
        raise WriteError(f"the object cannot be stored: {error.strerror}", where=source or archive.root) from error
    return _Written(path, size, digest(), source=source)
