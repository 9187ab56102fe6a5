"""The database of a catalog: opened, checked to be one, its rows written and forgotten."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from itertools import islice
from typing import TYPE_CHECKING

from hounsfield.catalog.connection import add_rows, connect, is_url, rows, shown
from hounsfield.catalog.schema import APPLICATION, INDEXES, TABLES, VERSION
from hounsfield.errors import ReadError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.catalog.connection import Connection

__all__ = [
    "COPIED",
    "add_passed",
    "copy",
    "copy_rows",
    "forget",
    "known_files",
    "next_numbers",
    "open_database",
    "passed_over",
    "tidy",
]

Path = str | bytes
# Tables whose rows make a catalog.
COPIED = ("files", "patients", "studies", "series", "contexts", "instances", "issues")
_BLOCK = 1000


def open_database(path: str | os.PathLike[str] | None, *, create: bool = True) -> sqlite3.Connection:
    """Open a catalog, or make an empty one.

    Parameters
    ----------
    path : path or None
        ``None`` keeps it in memory.
    create : bool
        Whether a missing or empty file becomes a new catalog.

    Raises
    ------
    UsageError
        When the file is something else, or a catalog of another version.
    ReadError
        When it is not there and must not be made, or cannot be opened.
    """
    if is_url(path):
        return _opened_url(str(path), create=create)  # type: ignore[return-value]  # it takes the same statements
    where = ":memory:" if path is None else os.fspath(path)
    if path is not None and not create and not os.path.isfile(where):
        raise ReadError("no such catalog", where=where, hint="hu scan PATH --catalog FILE makes one.")
    try:
        connection = sqlite3.connect(where, isolation_level=None)
        try:
            _prepare(connection, where)
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        raise ReadError(f"the catalog cannot be opened: {error}", where=where) from None
    except sqlite3.DatabaseError:
        raise _foreign(where) from None
    return connection


def _opened_url(url: str, *, create: bool) -> Connection:
    if create:
        raise UsageError("catalogs are made in files, not in databases", where=shown(url))
    try:
        connection = connect(url)
    except sqlite3.Error as error:
        raise ReadError(f"the catalog cannot be opened: {error}", where=shown(url)) from None
    try:
        connection.execute("SELECT value FROM meta WHERE key = 'changes'").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise ReadError(f"the database has no catalog: {error}", where=shown(url)) from None
    return connection


def _foreign(where: str) -> UsageError:
    return UsageError(
        "this file is not a catalog", where=where, hint="Name another file: nothing has been written to this one."
    )


def _prepare(connection: sqlite3.Connection, where: str) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not empty and application != APPLICATION:
        raise _foreign(where)
    if not empty and version != VERSION:
        raise UsageError(
            f"the catalog has version {version} of the tables, this program needs {VERSION}",
            where=where,
            hint="Scan again into a new file.",
        )
    # One transaction holds a whole scan: with a journal a crash leaves the catalog as it was before.
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA synchronous = NORMAL")
    if empty:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        for statement in TABLES:
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('schema', ?)", (VERSION,))
        connection.execute("COMMIT")


def next_numbers(connection: Connection) -> tuple[int, int]:
    """Return the numbers for the next file and the next context."""
    first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM files").fetchone()[0]
    second = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM contexts").fetchone()[0]
    return int(first), int(second)


def _below(path: str, roots: list[str]) -> bool:
    return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def known_files(connection: sqlite3.Connection, roots: list[str]) -> dict[str, tuple[int, int]]:
    """Size and time of the files below `roots` that the catalog knows."""
    rows = connection.execute(
        "SELECT path, size, mtime_ns FROM files "
        "WHERE member IS NULL AND status NOT IN ('unreadable', 'passed', 'encrypted')"
    )
    named = ((os.fsdecode(path), size, time) for path, size, time in rows)
    return {path: (size, time) for path, size, time in named if _below(path, roots)}


def passed_over(connection: sqlite3.Connection, roots: list[str]) -> list[Path]:
    """Paths below `roots` that could not be read or were passed over the last time."""
    rows = connection.execute(
        "SELECT DISTINCT path FROM files WHERE status IN ('unreadable', 'passed', 'encrypted') AND member IS NULL"
    )
    return [path for (path,) in rows if _below(os.fsdecode(path), roots)]


def forget(connection: Connection, paths: Iterable[Path]) -> None:
    """Remove files, with their members and what was read from them."""
    listed = [(path,) for path in paths]
    if not listed:
        return
    connection.execute("CREATE INDEX IF NOT EXISTS files_path ON files (path)")
    connection.execute("CREATE INDEX IF NOT EXISTS issues_file ON issues (file_id)")
    for table, key in (("issues", "file_id"), ("instances", "id")):
        connection.executemany(
            f"DELETE FROM {table} WHERE {key} IN (SELECT id FROM files WHERE path = ?)",  # noqa: S608
            listed,
        )
    connection.executemany("DELETE FROM files WHERE path = ?", listed)


def tidy(connection: sqlite3.Connection) -> None:
    """Remove contexts, series, studies and patients that nothing belongs to any more."""
    for table, child, key in (
        ("contexts", "instances", "context_id"),
        ("series", "contexts", "series_id"),
        ("studies", "series", "study_id"),
        ("patients", "studies", "patient_id"),
    ):
        connection.execute(f"DELETE FROM {table} WHERE id NOT IN (SELECT {key} FROM {child})")  # noqa: S608


def copy(connection: Connection, path: str) -> None:
    """Copy the whole database into a new file; of one of PostgreSQL, what a catalog has."""
    if isinstance(connection, sqlite3.Connection):
        with contextlib.closing(sqlite3.connect(path)) as target:
            connection.backup(target)
        return
    with contextlib.closing(open_database(path)) as target:
        copy_rows(connection, target, COPIED)
        for statement in INDEXES:
            target.execute(statement)


def copy_rows(source: Connection, target: Connection, tables: Iterable[str]) -> None:
    """Copy all rows of some tables as they are at one moment, from a connection that reads and has not begun."""
    source.execute("BEGIN")
    target.execute("BEGIN IMMEDIATE")
    try:
        for table in tables:
            found = rows(source, f"SELECT * FROM {table}")  # noqa: S608 - our own names
            while block := list(islice(found, _BLOCK)):
                add_rows(target, table, block)
        target.execute("COMMIT")
    finally:
        source.execute("ROLLBACK")


def add_passed(connection: sqlite3.Connection, reasons: Iterable[tuple[Path, str]], status: str) -> None:
    """List what could not be looked into, or was passed over, with the reason."""
    connection.executemany(
        "INSERT INTO files VALUES (NULL, ?, NULL, NULL, NULL, ?, ?)",
        [(path, status, reason) for path, reason in reasons],
    )
