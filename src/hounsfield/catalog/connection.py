"""What catalogs are asked through: a file of SQLite, or a database of PostgreSQL that takes the same statements."""

from __future__ import annotations

import sqlite3
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Connection", "Cursor", "add_rows", "changes", "checked_url", "connect", "is_url", "rows", "shown"]

_SCHEMES = ("postgresql://", "postgres://")


class Cursor(Protocol):
    """Rows of an answer."""

    def fetchone(self) -> Any:
        """Give the next row, or nothing."""

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""

    def fetchmany(self, size: int = ..., /) -> list[Any]:
        """Give some of the rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Give row after row."""


class Connection(Protocol):
    """A connection; its errors are those of `sqlite3`, whatever the database is."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Any:
        """Run a statement of SQL, whose values are question marks."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Any:
        """Run it once for each row of values."""

    def close(self) -> None:
        """End it."""


def is_url(where: str | os.PathLike[str] | None) -> bool:
    """Tell whether a database is named by its address, not as a file."""
    return isinstance(where, str) and where.startswith(_SCHEMES)


def checked_url(said: str) -> str:
    """Give the address of a database.

    Raises
    ------
    UsageError
        When it is none, or when what connects to it is not installed.
    """
    if not is_url(said):
        shorter = shown(f"postgresql://{said}").removeprefix("postgresql://") if "@" in said else said
        raise UsageError(f"{shorter!r:.60} is no address of a database", hint="postgresql://user@host/database")
    import_module("hounsfield.catalog.postgres")
    return said


def shown(where: str) -> str:
    """Give the address of a database without its password, to tell people."""
    if not is_url(where):
        return where
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(where)
    user, at, host = parts.netloc.rpartition("@")
    kept = "&".join(one for one in parts.query.split("&") if not one.lower().startswith(("password=", "sslpassword=")))
    return urlunsplit(parts._replace(netloc=f"{user.split(':', 1)[0]}{at}{host}", query=kept))


def connect(where: str | os.PathLike[str]) -> Connection:
    """Connect to a catalog in order to read it, from any thread.

    Raises
    ------
    sqlite3.Error
        When it cannot be opened.
    """
    if is_url(where):
        from hounsfield.catalog.postgres import PostgresConnection

        return PostgresConnection(str(where), writes=False)
    from pathlib import Path

    address = f"{Path(where).as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None, timeout=60)


def rows(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
    """Give the rows of an answer of any length, without having all of them in memory."""
    if isinstance(connection, sqlite3.Connection):
        yield from connection.execute(sql, values)
        return
    from hounsfield.catalog.postgres import PostgresConnection

    assert isinstance(connection, PostgresConnection)
    yield from connection.rows(sql, values)


def add_rows(connection: Connection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Add whole rows to a table of `hounsfield.catalog.schema`."""
    if not rows:
        return
    if isinstance(connection, sqlite3.Connection):
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        return
    from hounsfield.catalog.postgres import PostgresConnection

    assert isinstance(connection, PostgresConnection)
    connection.add_rows(table, rows)


def changes(connection: Connection) -> int:
    """Give a number that changes with what others write."""
    if isinstance(connection, sqlite3.Connection):
        return int(connection.execute("PRAGMA data_version").fetchone()[0])
    return int(connection.execute("SELECT value FROM meta WHERE key = 'changes'").fetchone()[0])
