"""The tables of an archive's index, version after version: an old index is brought up to date when it is opened."""

from __future__ import annotations

import sqlite3
from types import MappingProxyType
from typing import TYPE_CHECKING

from hounsfield.archive.names import name_rows
from hounsfield.catalog.connection import add_rows
from hounsfield.catalog.schema import HEADERS, INDEXES
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hounsfield.catalog.connection import Connection

__all__ = ["VERSION", "is_empty", "migrate", "tables_of"]

_CATALOG = ("meta", "files", "patients", "studies", "series", "contexts", "instances", "issues")
_OBJECTS = (
    """CREATE TABLE IF NOT EXISTS objects (
    id INTEGER PRIMARY KEY REFERENCES files,
    sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    stored TEXT NOT NULL, -- moment, in UTC
    sender TEXT NOT NULL,
    header BLOB -- DICOM JSON (PS3.18 F), deflated
)""",
    # Files to remove: written with the change of the index, done after it, so that a crash forgets neither.
    "CREATE TABLE IF NOT EXISTS removals (path TEXT PRIMARY KEY)",
)
_NAMES = (
    # A name as it stands in the tables, and how each of its groups is compared; and the words of all of them.
    "CREATE TABLE names (value TEXT NOT NULL, plain TEXT NOT NULL, start TEXT NOT NULL)",
    "CREATE TABLE words (value TEXT NOT NULL, word TEXT NOT NULL)",
)
# Values that files bring may be longer than PostgreSQL's ordered indexes take: these are of hashes there.
_UNIQUE = (
    ("instances_uid", "instances", "SOPInstanceUID"),
    ("series_uid", "series", "SeriesInstanceUID"),
    ("studies_uid", "studies", "StudyInstanceUID"),
    ("studies_accession", "studies", "AccessionNumber"),
    ("patients_id", "patients", "PatientID"),
    ("patients_name", "patients", "PatientName"),
    ("studies_referrer", "studies", "ReferringPhysicianName"),
    ("names_value", "names", "value"),
    ("words_value", "words", "value"),
)


def migrate(connection: Connection, where: str) -> None:
    """Bring the tables up to date, within a transaction.

    Raises
    ------
    UsageError
        When a newer program made them.
    """
    version = _version(connection)
    if version > VERSION:
        raise UsageError(f"the archive has version {version}, this program knows {VERSION}", where=where)
    for number in range(version + 1, VERSION + 1):
        _STEPS[number](connection)
    if version < VERSION:
        add = "INSERT INTO meta VALUES ('archive', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        connection.execute(add, (str(VERSION),))


def _version(connection: Connection) -> int:
    if "meta" not in tables_of(connection):
        return 0
    found = connection.execute("SELECT value FROM meta WHERE key = 'archive'").fetchone()
    return 0 if found is None else int(found[0])


def is_empty(connection: Connection) -> bool:
    """Tell whether an index was never written to."""
    return _version(connection) == 0


def tables_of(connection: Connection) -> set[str]:
    """Give the names of all tables."""
    if isinstance(connection, sqlite3.Connection):
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        rows = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        )
    return {name for (name,) in rows}


def _first(connection: Connection) -> None:
    """Make the tables of a catalog, which SQLite has already, and those of the objects."""
    if isinstance(connection, sqlite3.Connection):
        for statement in (*_OBJECTS, *INDEXES):
            connection.execute(statement)
        return
    _made(connection, (*_CATALOG, "objects", "removals"))
    connection.execute(HEADERS)
    connection.execute("INSERT INTO meta VALUES ('changes', '0')")
    for statement in INDEXES:
        if "_uid" not in statement:
            connection.execute(statement)
    connection.execute("CREATE INDEX issues_file ON issues (file_id)")


def _second(connection: Connection) -> None:
    """Note names as they are compared, and find identifiers by indexes."""
    own = isinstance(connection, sqlite3.Connection)
    if own:
        for statement in _NAMES:
            connection.execute(statement)
    else:
        _made(connection, ("names", "words"))
    for name, table, column in _UNIQUE:
        kind = "" if own else " USING hash"
        connection.execute(f'CREATE INDEX IF NOT EXISTS {name} ON {table}{kind} ("{column}")')
    connection.execute("CREATE INDEX names_start ON names (start)")
    connection.execute("CREATE INDEX words_word ON words (word)")
    rows = connection.execute('SELECT "PatientName" FROM patients UNION SELECT "ReferringPhysicianName" FROM studies')
    names, words = name_rows(row[0] for row in rows.fetchall())
    add_rows(connection, "names", names)
    add_rows(connection, "words", words)


def _made(connection: Connection, tables: tuple[str, ...]) -> None:
    from hounsfield.catalog.matching.tables import creation

    for name in tables:
        connection.execute(creation(name))


_STEPS: Mapping[int, Callable[[Connection], None]] = MappingProxyType({1: _first, 2: _second})
VERSION = len(_STEPS)
