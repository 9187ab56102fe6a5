"""`find` and `count`: from a query to answers in the JSON of DICOM."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal_column, select

from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.connection import rows
from hounsfield.catalog.matching.attributes import COUNTS, RETURNED, C, I, P, S, T, column, kept, own, tables
from hounsfield.catalog.matching.conditions import Dialect
from hounsfield.catalog.matching.elements import known, value_of
from hounsfield.catalog.matching.functions import register
from hounsfield.catalog.matching.headers import Headers
from hounsfield.catalog.matching.keys import below, beyond, is_column, where
from hounsfield.catalog.matching.tables import compiled
from hounsfield.errors import ReadError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select

    from hounsfield.catalog.connection import Connection
    from hounsfield.catalog.matching.query import Query

    Index = Catalog | Connection | str | os.PathLike[str]
    Row = tuple[Any, ...]

__all__ = ["count", "find", "numbers", "supported"]

_ORDER = {
    "patient": (P.c.PatientID.asc().nulls_first(), P.c.id),
    "study": (T.c.StudyDate.desc().nulls_last(), T.c.StudyTime.desc().nulls_last(), T.c.id),
    "series": (T.c.StudyDate.desc().nulls_last(), T.c.id, S.c.SeriesNumber.asc().nulls_first(), S.c.id),
    "instance": (C.c.series_id, I.c.InstanceNumber.asc().nulls_first(), I.c.id),
}
_BLOCK = 500
# The number of answers stands before their values.
_Answer = dict[str, Any]


def find(index: Index, query: Query) -> Iterator[_Answer]:
    """Answer a query.

    Parameters
    ----------
    index : Catalog, connection or path
        A catalog.
    query : Query
        What is asked.

    Yields
    ------
    dict
        An object of DICOM JSON: the attributes of the level, those that were asked for, and those that are keys. Of
        studies the newest comes first.

    Raises
    ------
    UsageError
        For a keyword that there is none of, or a value that means nothing.
    LimitError
        When too many headers would have to be looked into.
    ReadError
        When the database cannot be read.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from hounsfield.catalog.matching import Query, find
    >>> from pydicom.data import get_testdata_file
    >>> catalog = hu.scan(get_testdata_file("CT_small.dcm"))
    >>> [study["00100020"]["Value"] for study in find(catalog, Query("study", {"PatientName": "compressed*"}))]
    [['1CT1']]
    """
    with _connected(index) as (connection, dialect):
        columns = _returned(query)
        kept_here = [(keyword, column(query.level, keyword)) for keyword in columns]
        chosen = [literal_column("NULL") if one is None else one for _, one in kept_here]
        named = [((known(keyword) or ("", "")), place) for place, (keyword, _) in enumerate(kept_here, 1)]
        looked_up = [keyword for keyword, one in kept_here if one is None]
        headers = Headers(connection, query) if dialect.headers else None
        for block in _blocks(connection, dialect, query, chosen, headers):
            counted = _counted(connection, dialect, query.level, [row[0] for row in block])
            for row in block:
                found = {tag: value_of(vr, row[place]) for (tag, vr), place in named}
                if headers is not None and looked_up:
                    found |= headers.values(row[0], looked_up)
                found |= counted.get(row[0], {})
                found["00080056"] = {"vr": "CS", "Value": ["ONLINE"]}
                yield dict(sorted(found.items()))


def count(index: Index, query: Query) -> int:
    """Tell how many answers a query has, without its limit; errors as for `find`."""
    with _connected(index) as (connection, dialect):
        if not beyond(dialect, query):
            statement = select(func.count()).select_from(tables(query.level)).where(*where(dialect, query))
            return int(_run(connection, dialect, statement).fetchone()[0])
        return len(_numbers(connection, dialect, query))


def numbers(index: Index, query: Query) -> list[int]:
    """Give the `id` of what answers a query, in the tables of `hounsfield.catalog.schema`; errors as for `find`."""
    with _connected(index) as (connection, dialect):
        return _numbers(connection, dialect, query)


def supported(index: Index, query: Query) -> list[str]:
    """Give the keys of a query that this catalog can match; all others match everything."""
    with _connected(index) as (_, dialect):
        inner = below(query)
        return [
            name
            for name, value in query.keys.items()
            if dialect.headers or name in inner or is_column(query, name, value)
        ]


def _numbers(connection: Connection, dialect: Dialect, query: Query) -> list[int]:
    number = own(query.level).c.id
    statement = select(number).select_from(tables(query.level)).where(*where(dialect, query)).order_by(number)
    found = [row[0] for row in _run(connection, dialect, statement)]
    wanted = beyond(dialect, query)
    if not wanted:
        return found
    headers = Headers(connection, query)
    return [one for one in found if headers.match(one, wanted)]


def _blocks(
    connection: Connection, dialect: Dialect, query: Query, chosen: list[Any], headers: Headers | None
) -> Iterator[list[Row]]:
    """Give the rows that answer, some at a time."""
    statement = select(own(query.level).c.id, *chosen).select_from(tables(query.level)).where(*where(dialect, query))
    statement = statement.order_by(*_ORDER[query.level])
    wanted = beyond(dialect, query)
    if not wanted:
        if query.limit is not None or query.offset:
            # SQLite has no offset without a limit.
            statement = statement.limit((1 << 62) if query.limit is None else query.limit).offset(query.offset)
        yield from _in_blocks(rows(connection, *compiled(statement, dialect.name)))
        return
    assert headers is not None
    matching = (row for row in _run(connection, dialect, statement).fetchall() if headers.match(row[0], wanted))
    yield from _in_blocks(islice(matching, query.offset, None if query.limit is None else query.offset + query.limit))


def _in_blocks(found: Iterator[Row]) -> Iterator[list[Row]]:
    while block := list(islice(found, _BLOCK)):
        yield block


def _run(connection: Connection, dialect: Dialect, statement: Select[Any]) -> Any:
    return connection.execute(*compiled(statement, dialect.name))


@contextmanager
def _connected(index: Index) -> Iterator[tuple[Connection, Dialect]]:
    try:
        if isinstance(index, str | os.PathLike):
            with Catalog.open(index) as catalog:
                yield catalog.connection, _dialect(catalog.connection)
            return
        connection: Connection = index.connection if isinstance(index, Catalog) else index
        yield connection, _dialect(connection)
    except sqlite3.Error as error:
        raise ReadError(f"the catalog cannot be read: {error}") from error


def _dialect(connection: Connection) -> Dialect:
    """Tell what the database is, and what it has besides the tables of a catalog."""
    if not isinstance(connection, sqlite3.Connection):
        return Dialect("postgresql", names=True, headers=True)
    register(connection)
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('names', 'objects')")
    there = {name for (name,) in rows}
    return Dialect("sqlite", names="names" in there, headers="objects" in there)


def _returned(query: Query) -> list[str]:
    wanted = [*RETURNED[query.level], *query.keys]
    wanted += kept(query.level) if "all" in query.include else query.include
    for keyword in wanted:
        if known(keyword) is None and keyword != "all":
            raise UsageError(f"there is no attribute {keyword!r:.60}")
    return [one for one in dict.fromkeys(wanted) if one not in COUNTS[query.level] and known(one) is not None]


def _counted(connection: Connection, dialect: Dialect, level: str, ids: list[int]) -> dict[int, dict[str, Any]]:
    """Give the attributes that are counted from the levels below."""
    if level == "instance":
        return {}
    rows: list[Any]
    if level == "study":
        joined = S.join(C, C.c.series_id == S.c.id).join(I, I.c.context_id == C.c.id)
        numbers = (S.c.study_id, func.count(S.c.id.distinct()), func.count(I.c.id))
        statement = select(*numbers).select_from(joined).where(S.c.study_id.in_(ids)).group_by(S.c.study_id)
        kinds: dict[int, list[str]] = {}
        listed = select(S.c.study_id, S.c.Modality).where(S.c.study_id.in_(ids), S.c.Modality.is_not(None)).distinct()
        for number, modality in _run(connection, dialect, listed.order_by(S.c.study_id, S.c.Modality)):
            kinds.setdefault(number, []).append(str(modality))
        rows = [(*row, "\\".join(kinds.get(row[0], []))) for row in _run(connection, dialect, statement)]
    elif level == "series":
        joined = C.join(I, I.c.context_id == C.c.id)
        statement = select(C.c.series_id, func.count(I.c.id)).select_from(joined).where(C.c.series_id.in_(ids))
        rows = _run(connection, dialect, statement.group_by(C.c.series_id)).fetchall()
    else:
        statement = select(T.c.patient_id, func.count()).where(T.c.patient_id.in_(ids)).group_by(T.c.patient_id)
        rows = _run(connection, dialect, statement).fetchall()
    named = [known(keyword) or ("", "") for keyword in COUNTS[level]]
    return {
        number: {tag: value_of(vr, value) for (tag, vr), value in zip(named, values, strict=True) if value is not None}
        for number, *values in rows
    }
