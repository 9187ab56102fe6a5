"""PostgreSQL as a catalog uses it: statements, values and errors are those of SQLite.

Attributes that may be numbers are JSON there, so that numbers stay numbers and text stays text, as in SQLite; all other
ones are text in the order of its bytes.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import sqlite3
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hounsfield.errors import UsageError

try:
    import psycopg
    from psycopg.types.json import Jsonb
    from psycopg.types.numeric import NumericLoader
    from psycopg.types.string import StrDumper
except ImportError as error:
    raise UsageError("psycopg is not installed", hint="pip install 'hounsfield[postgresql]'") from error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["DatabaseGoneError", "PostgresConnection", "like", "test_of"]

_CONNECT_SECONDS = 10
# As long as SQLite waits for others that write; and a process that hangs keeps nobody waiting for good.
_SETTINGS = (
    "SET lock_timeout = '60s'",
    "SET idle_in_transaction_session_timeout = '600s'",
    "SET synchronous_commit = on",
    "SET timezone = 'UTC'",
    "SET client_min_messages = warning",
)
_READS = ("SET default_transaction_read_only = on", "SET default_transaction_isolation = 'repeatable read'")
_BLOCK = 1000
_KEEP_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}


class DatabaseGoneError(sqlite3.OperationalError):
    """The server cannot be reached, or has ended the connection.

    Parameters
    ----------
    message : str
        What it said.
    committing : bool
        Whether nobody knows if the last transaction was made to last.
    """

    def __init__(self, message: str, *, committing: bool = False) -> None:
        super().__init__(message)
        self.committing = committing


class _Text(StrDumper):
    """Text without what PostgreSQL cannot keep."""

    def dump(self, obj: str) -> bytes:
        return _clean(obj).encode("utf-8")


class _Whole(NumericLoader):
    """Sums of whole numbers are whole numbers."""

    def load(self, data: Any) -> Any:
        found = super().load(data)
        return int(found) if found == found.to_integral_value() else float(found)


def _clean(text: str) -> str:
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text


@lru_cache(maxsize=512)
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class PostgresConnection:
    """A connection, made when it is needed and once more when it was lost outside a transaction.

    Parameters
    ----------
    url : str
        ``postgresql://user@host:port/database``; what is not said there is taken from the environment (``PGPASSWORD``,
        ``PGSSLMODE``) and ``~/.pgpass``, as by all programs of PostgreSQL.
    writes : bool
        Whether anything may be changed; otherwise a transaction sees one state of the database.
    """

    def __init__(self, url: str, *, writes: bool = True) -> None:
        self.url = url
        self._settings = _SETTINGS if writes else (*_SETTINGS, *_READS)
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Any] | None = None
        self._columns: dict[str, list[str]] = {}
        self._within = False
        self._names = itertools.count()
        self._connected()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""
        return self._within

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run a statement of SQL, whose values are question marks."""
        word = sql[:8].upper()
        with self._lock, _translating(committing=word.startswith("COMMIT")):
            try:
                found = self._run(_translated(sql), values)
            except psycopg.Error:
                if word.startswith(("COMMIT", "ROLLBACK")):
                    self._within = False
                raise
        if word.startswith("BEGIN"):
            self._within = True
        elif word.startswith(("COMMIT", "ROLLBACK")):
            self._within = False
        return found

    def _run(self, sql: str, values: Sequence[Any]) -> psycopg.Cursor[Any]:
        try:
            return self._connected().execute(sql, tuple(values))
        except (psycopg.OperationalError, psycopg.InterfaceError):
            lost = self._connection is None or self._connection.closed or self._connection.broken
            if self._within or not lost:
                raise
            # It was idle while the server was started again.
            return self._connected().execute(sql, tuple(values))

    def rows(self, sql: str, values: Sequence[Any] = (), /) -> Iterator[Any]:
        """Give the rows of an answer of any length, of which the server keeps what was not asked for yet."""
        with self._lock, _translating():
            cursor = self._connected().cursor(f"rows{next(self._names)}", withhold=True)
        try:
            with self._lock, _translating():
                cursor.execute(_translated(sql), tuple(values))
            while True:
                with self._lock, _translating():
                    block = cursor.fetchmany(_BLOCK)
                if not block:
                    return
                yield from block
        finally:
            with self._lock, contextlib.suppress(psycopg.Error):
                cursor.close()

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Run it once for each row of values."""
        with self._lock, _translating(), self._connected().cursor() as cursor:
            cursor.executemany(_translated(sql), [tuple(row) for row in rows])

    def add_rows(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Add whole rows to a table; its columns say what is kept as JSON."""
        kinds = self._kinds(table)
        made = [[_value(one, kind) for one, kind in zip(row, kinds, strict=True)] for row in rows]
        marks = ", ".join("?" * len(kinds))
        if rows[0][0] is None:
            # The database gives them their numbers.
            made, marks = [row[1:] for row in made], f"DEFAULT, {marks[3:]}"
        self.executemany(f"INSERT INTO {table} VALUES ({marks})", made)  # noqa: S608 - names of our own tables

    def _kinds(self, table: str) -> list[str]:
        if table not in self._columns:
            found = self.execute(
                "SELECT data_type FROM information_schema.columns WHERE table_schema = current_schema() "
                "AND table_name = ? ORDER BY ordinal_position",
                (table,),
            )
            self._columns[table] = [kind for (kind,) in found]
        return self._columns[table]

    def close(self) -> None:
        """End it."""
        with self._lock, contextlib.suppress(psycopg.Error):
            if self._connection is not None:
                self._connection.close()

    def _connected(self) -> psycopg.Connection[Any]:
        """Give the connection; a new one where there is none, or where it was lost and nothing hangs on it."""
        known = self._connection
        if known is not None and not (known.closed or known.broken):
            return known
        if self._within:
            raise psycopg.OperationalError("the connection was lost")
        with _translating():
            made = psycopg.connect(self.url, autocommit=True, connect_timeout=_CONNECT_SECONDS, **_KEEP_ALIVE)  # type: ignore[arg-type]  # words of libpq
            made.adapters.register_dumper(str, _Text)
            made.adapters.register_loader("numeric", _Whole)
            for statement in self._settings:
                made.execute(statement)
        self._connection = made
        return made


def like(pattern: str) -> str:
    """Give wildcards as LIKE has them, with ``!`` before what is meant as it stands."""
    for one in "!%_":
        pattern = pattern.replace(one, f"!{one}")
    return pattern.replace("*", "%").replace("?", "_")


def test_of(column: str, wanted: float | str) -> tuple[str, list[Any]]:
    """Give SQL and values of the condition that a column has one value, where text may have wildcards.

    Parameters
    ----------
    column : str
        Alias and name, such as ``c."Rows"``; attributes that may be numbers are JSON.
    wanted : number or str
        The value.
    """
    from hounsfield.catalog.matching.tables import is_number

    json = is_number(column.partition(".")[2].strip('"'))
    text = f"({column} #>> '{{}}')" if json else f"CAST({column} AS TEXT)"
    if isinstance(wanted, str) and ("*" in wanted or "?" in wanted):
        return f"{text} LIKE ? ESCAPE '!'", [like(wanted)]
    if not json:
        return f"{text} = ?", [str(wanted)]
    if not isinstance(wanted, str):
        return f"{column} = to_jsonb(CAST(? AS NUMERIC))", [repr(float(wanted))]
    test = f"{column} = to_jsonb(CAST(? AS TEXT))"
    try:
        number = float(wanted)
    except ValueError:
        return test, [wanted]
    if not math.isfinite(number):
        return test, [wanted]
    return f"({test} OR {column} = to_jsonb(CAST(? AS NUMERIC)))", [wanted, repr(number)]


def _value(value: object, kind: str) -> object:
    """Give a value as a column takes it."""
    if value is None:
        return None
    if kind == "jsonb":
        return Jsonb(_clean(value) if isinstance(value, str) else value)
    if kind == "text":
        return os.fsdecode(value) if isinstance(value, bytes) else str(value)
    return value


@contextlib.contextmanager
def _translating(*, committing: bool = False) -> Iterator[None]:
    """Raise errors as SQLite's, which everybody who asks a catalog knows."""
    try:
        yield
    except psycopg.Error as error:
        # One line, whose parts were on lines of their own.
        message = "; ".join(" ".join(line.split()) for line in str(error).splitlines() if line.strip())
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            raise DatabaseGoneError(message, committing=committing) from error
        if isinstance(error, psycopg.IntegrityError):
            raise sqlite3.IntegrityError(message) from error
        raise sqlite3.DatabaseError(message) from error
