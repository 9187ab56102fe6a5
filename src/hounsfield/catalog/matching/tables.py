"""The tables of `hounsfield.catalog.schema`, and those that archives have besides, as SQLAlchemy knows them.

SQLite has no types for attributes; in PostgreSQL those that may be numbers are JSON, all others text in the order of
its bytes.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import UserDefinedType

from hounsfield.catalog.schema import CONTEXT, INSTANCE, PATIENT, SERIES, STUDY
from hounsfield.standard.dictionary import attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.sql.elements import ClauseElement

__all__ = ["METADATA", "NUMBERS", "TABLES", "Number", "compiled", "creation", "is_number"]

NUMBERS = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})
METADATA = MetaData()


class Number(UserDefinedType[Any]):
    """A number, or text where a file has no number."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Give what it is in PostgreSQL."""
        return "JSONB"


@lru_cache(maxsize=512)
def is_number(keyword: str) -> bool:
    """Tell whether values of an attribute are numbers."""
    found = attribute(keyword)
    return found is not None and found.vr.split(" ", 1)[0] in NUMBERS


def _text(name: str, **options: Any) -> Column[Any]:
    return Column(name, Text(collation="C"), **options)


def _whole(name: str, **options: Any) -> Column[Any]:
    return Column(name, BigInteger, autoincrement=False, **options)


def _table(name: str, keys: tuple[Column[Any], ...], keywords: tuple[str, ...] = (), more: Any = ()) -> Table:
    columns = [Column(one, Number()) if is_number(one) else _text(one) for one in keywords]
    return Table(name, METADATA, *keys, *columns, *more)


def _number() -> Column[Any]:
    return _whole("id", primary_key=True)


META = Table("meta", METADATA, _text("key", primary_key=True), _text("value"))
FILES = Table(
    "files",
    METADATA,
    _number(),
    _text("path", nullable=False),
    _text("member"),
    _whole("size"),
    _whole("mtime_ns"),
    _text("status", nullable=False),
    _text("reason"),
)
PATIENTS = _table("patients", (_number(),), PATIENT)
STUDIES = _table("studies", (_number(), _whole("patient_id", nullable=False)), STUDY)
SERIES_TABLE = _table("series", (_number(), _whole("study_id", nullable=False)), SERIES)
CONTEXTS = _table("contexts", (_number(), _whole("series_id", nullable=False)), CONTEXT)
INSTANCES = _table("instances", (_number(), _whole("context_id", nullable=False), _whole("pixel_offset")), INSTANCE)
ISSUES = Table(
    "issues",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    _whole("file_id"),
    _text("code", nullable=False),
    _text("severity", nullable=False),
    _text("where"),
    _text("message", nullable=False),
    _whole("tag"),
    _whole("offset"),
    _whole("count", nullable=False),
)
# Of archives.
OBJECTS = Table(
    "objects",
    METADATA,
    _number(),
    _text("sha256", nullable=False, unique=True),
    _whole("size", nullable=False),
    _text("stored", nullable=False),
    _text("sender", nullable=False),
    Column("header", LargeBinary),
)
REMOVALS = Table("removals", METADATA, _text("path", primary_key=True))
NAMES = Table("names", METADATA, _text("value", nullable=False), _text("plain", nullable=False), _text("start"))
WORDS = Table("words", METADATA, _text("value", nullable=False), _text("word", nullable=False))

TABLES: Mapping[str, Table] = MappingProxyType(dict(METADATA.tables))
_DIALECTS = {"sqlite": SQLiteDialect(paramstyle="qmark"), "postgresql": PGDialect(paramstyle="qmark")}  # type: ignore[no-untyped-call]


def creation(table: str) -> str:
    """Give the statement that makes a table in PostgreSQL."""
    return str(CreateTable(TABLES[table]).compile(dialect=_DIALECTS["postgresql"]))


def compiled(statement: ClauseElement, dialect: str) -> tuple[str, list[Any]]:
    """Give the SQL of a statement, with question marks, and its values in their order."""
    made: Any = statement.compile(dialect=_DIALECTS[dialect], compile_kwargs={"render_postcompile": True})
    values = made.construct_params()
    return str(made), [values[name] for name in made.positiontup or ()]
