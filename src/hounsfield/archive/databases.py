"""The index of an archive in SQLite, a file in its folder, and in PostgreSQL, which many machines may write to."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hounsfield.archive.index import Index
from hounsfield.archive.migrations import is_empty, migrate, tables_of
from hounsfield.catalog import store
from hounsfield.catalog.connection import changes, is_url, shown
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.catalog.connection import Connection
    from hounsfield.catalog.postgres import PostgresConnection
    from hounsfield.settings import Limits

__all__ = ["PostgresIndex", "SqliteIndex", "empty_again", "open_index", "state_of"]

# Whoever writes holds this lock (pg_advisory_xact_lock) until the transaction ends.
_LOCK = 0x68756172
_TABLES = ("removals", "objects", "words", "names", "issues", "instances", "contexts", "series", "studies", "patients")


class SqliteIndex(Index):
    """An index in a file.

    Parameters
    ----------
    path : str
        The file.
    root : str
        Folder of the archive.
    limits : Limits
        What reading a header may cost.
    """

    connection: sqlite3.Connection

    def __init__(self, path: str, root: str, limits: Limits) -> None:
        store.open_database(path).close()
        # Threads take turns by the lock of the archive.
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
        super().__init__(connection, limits)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            migrate(connection, path)
            self.settle(root)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise

    def _begin(self) -> int:
        self.connection.execute("BEGIN IMMEDIATE")
        return changes(self.connection)

    def _commit(self) -> None:
        self.connection.execute("COMMIT")

    def _rollback(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


class PostgresIndex(Index):
    """An index in a database of its own.

    Parameters
    ----------
    url : str
        Its address.
    root : str
        Folder of the archive.
    limits : Limits
        What reading a header may cost.
    own : bool
        Whether the folder is known to have its index there, and may have been moved.
    """

    connection: PostgresConnection

    def __init__(self, url: str, root: str, limits: Limits, *, own: bool = False) -> None:
        from hounsfield.catalog.postgres import PostgresConnection

        super().__init__(PostgresConnection(url), limits)
        try:
            self._lock()
            _check_own(self.connection, shown(url), "" if own else root)
            migrate(self.connection, shown(url))
            self.settle(root)
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.close()
            raise

    def _lock(self) -> None:
        self.connection.execute("BEGIN")
        self.connection.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))

    def _begin(self) -> int:
        self._lock()
        return changes(self.connection)

    def _commit(self) -> None:
        number = self._version + 1
        self.connection.execute("UPDATE meta SET value = ? WHERE key = 'changes'", (str(number),))
        self.connection.execute("COMMIT")
        self._version = number

    def _rollback(self) -> None:
        if self.connection.in_transaction:
            # A connection that is lost has ended its transaction.
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")


def _check_own(connection: Connection, where: str, root: str) -> None:
    """Refuse a database that has something else, or the index of another archive."""
    there = tables_of(connection)
    if "meta" not in there and there & {*_TABLES, "files"}:
        raise UsageError("the database has tables of something else", where=where, hint="Make one for the archive.")
    if "meta" in there and root:
        known = connection.execute("SELECT value FROM meta WHERE key = 'root'").fetchone()
        if known is not None and known[0] != root:
            raise UsageError(f"the database has the index of another archive, {known[0]}", where=where)


def open_index(where: str, root: str, limits: Limits, *, own: bool = False) -> Index:
    """Open the index of an archive; an old one is brought up to date.

    Raises
    ------
    sqlite3.Error
        When it cannot be opened.
    UsageError
        When it is something else, or a newer program made it.
    """
    return PostgresIndex(where, root, limits, own=own) if is_url(where) else SqliteIndex(where, root, limits)


def state_of(where: str) -> Literal["gone", "empty", "used"]:
    """Tell whether there is an index, and whether anything was ever in it."""
    if not is_url(where):
        there = os.path.exists(where)
        return "gone" if not there else "used" if Path(where).stat().st_size else "empty"
    from hounsfield.catalog.postgres import PostgresConnection

    with contextlib.closing(PostgresConnection(where)) as connection:
        if is_empty(connection):
            return "gone"
        return "used" if connection.execute("SELECT 1 FROM objects LIMIT 1").fetchone() else "empty"


def empty_again(url: str, root: str, limits: Limits, *, own: bool = False) -> None:
    """Make the index of an archive in a database once more, without anything in it.

    Raises
    ------
    sqlite3.Error
        When the database cannot be reached.
    UsageError
        When it has something else.
    """
    from hounsfield.catalog.postgres import PostgresConnection

    with contextlib.closing(PostgresConnection(url)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
        _check_own(connection, shown(url), "" if own else root)
        if "meta" in tables_of(connection):
            connection.execute("DROP VIEW IF EXISTS headers")
            for table in (*_TABLES, "files", "meta"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute("COMMIT")
    open_index(url, root, limits).connection.close()
