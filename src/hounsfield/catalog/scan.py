"""`scan`: from folders to a catalog. Threads of the core find and read ahead; this writes the rows.

Files stay where they are. A scan into a catalog that is kept reads only what is new or has changed since.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.catalog import store
from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.checks import check
from hounsfield.catalog.schema import CONTEXT, INDEXES, INSTANCE
from hounsfield.catalog.writer import Writer
from hounsfield.errors import HounsfieldError, ReadError, UsageError, WriteError
from hounsfield.files.sealed import INSIDE, keys_are_configured, open_sealed
from hounsfield.progress import Progress, Silent
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["scan"]

# Reading waits for disks and networks as much as it computes, so there are more threads than processors, within reason.
_MOST_THREADS = 16


def scan(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    catalog: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
    shared: Callable[[], object] | None = None,
) -> Catalog:
    """Find every DICOM object below some paths and index it.

    Parameters
    ----------
    paths : path or iterable of paths
        Folders, files and ZIP archives. Files are recognized by what is in them, whatever their names.
    catalog : path, optional
        Keep the catalog in this file. A later scan into it reads only files that are new or have changed, and forgets
        those that are gone. Without it the catalog lives in memory.
    progress : Progress, optional
        Is told how far the scan is.
    limits : Limits, optional
        What each file may cost.
    shared : callable, optional
        Make what has been read visible to others who read the kept catalog, batch by batch, and call this after each.
        A scan that is stopped then leaves what it had found so far.

    Returns
    -------
    Catalog
        Patients, studies, series, instances, and the files that are none of these with the reason.

    Raises
    ------
    ReadError
        When none of the paths exists.
    UsageError
        When there is no path, or `catalog` is a file of something else.
    WriteError
        When `catalog` cannot be written: the disk is full, or another scan writes to it.

    Notes
    -----
    Only headers are read, and only as far as the last attribute that the catalog keeps. Broken files are listed, never
    fatal.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> catalog = hu.scan(get_testdata_file("CT_small.dcm"))
    >>> catalog.series.first().Modality
    'CT'
    """
    roots = _roots(paths)
    connection = store.open_database(catalog)
    try:
        _load(connection, roots, progress or Silent(), limits or Limits(), shared)
    except sqlite3.Error as error:
        connection.close()
        where = "" if catalog is None else os.fspath(catalog)
        raise WriteError(f"the catalog cannot be written: {error}", where=where) from None
    except BaseException:
        connection.rollback()
        connection.close()
        raise
    return Catalog(connection)


def _roots(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise UsageError("there is no path to scan")
    for path in given:
        if not isinstance(path, str | os.PathLike):
            raise UsageError(f"expected paths, not {type(path).__name__}")
    roots = [os.path.abspath(os.fspath(path)) for path in given]
    if not any(map(os.path.lexists, roots)):
        missing = os.fspath(given[0])
        raise ReadError("no such file or folder", where=missing, hint="Check the spelling, and that the disk is there.")
    return roots


def _load(
    connection: sqlite3.Connection,
    roots: list[str],
    progress: Progress,
    limits: Limits,
    shared: Callable[[], object] | None,
) -> None:
    known = store.known_files(connection, roots)
    scanner = _core.Scan(
        roots,
        (list(CONTEXT), list(INSTANCE)),
        limits=limits,
        known=known,
        first=store.next_numbers(connection),
        threads=_threads(),
    )
    try:
        progress.start("Looking for files", None, "files")
        total, unreadable, passed, gone = scanner.find()
        progress.finish()
        connection.execute("BEGIN IMMEDIATE")
        store.forget(connection, [*gone, *store.passed_over(connection, roots)])
        progress.start("Reading headers", total, "files")
        _insert(connection, scanner, progress, shared)
        if keys_are_configured():
            _insert_sealed(connection, scanner)
        store.add_passed(connection, unreadable, "unreadable")
        store.add_passed(connection, passed, "passed")
    finally:
        progress.finish()
        scanner.close()
    if known:
        store.tidy(connection)
    for statement in INDEXES:
        connection.execute(statement)
    check(connection)
    connection.commit()


def _threads() -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(2 * available, _MOST_THREADS)


def _insert(
    connection: sqlite3.Connection, scanner: _core.Scan, progress: Progress, shared: Callable[[], object] | None
) -> None:
    writer = Writer(connection)
    while (batch := scanner.next_batch()) is not None:
        done = writer.add(batch)
        if shared is not None:
            connection.execute("COMMIT")
            shared()
            connection.execute("BEGIN IMMEDIATE")
        progress.advance(done)


def _insert_sealed(connection: sqlite3.Connection, scanner: _core.Scan) -> None:
    """Open the encrypted files with the keys that are configured; what does not open stays listed with the reason."""
    writer = Writer(connection)
    sealed = list(
        connection.execute("SELECT id, path, mtime_ns FROM files WHERE status = 'encrypted' AND member IS NULL")
    )
    for number, path, modified in sealed:
        try:
            data = open_sealed(os.fsdecode(path))
        except HounsfieldError as error:
            connection.execute("UPDATE files SET reason = ? WHERE id = ?", (error.message, number))
            continue
        writer.add(scanner.opened(path, INSIDE, modified, data))
        connection.execute("UPDATE files SET reason = NULL, status = 'envelope' WHERE id = ?", (number,))
