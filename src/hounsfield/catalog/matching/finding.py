"""`find` and `count`: from a query to answers in the JSON of DICOM."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.matching.attributes import COUNTS, RETURNED, TABLES, column, kept, known, value_of
from hounsfield.catalog.matching.conditions import condition, register
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from hounsfield.catalog.matching.query import Query

    Index = Catalog | sqlite3.Connection | str | os.PathLike[str]

__all__ = ["count", "find", "numbers"]

_ALIAS = {"patient": "p", "study": "t", "series": "s", "instance": "i"}
_ORDER = {
    "patient": 'p."PatientID", p.id',
    "study": 't."StudyDate" DESC, t."StudyTime" DESC, t.id',
    "series": 't."StudyDate" DESC, t.id, s."SeriesNumber", s.id',
    "instance": 'c.series_id, i."InstanceNumber", i.id',
}
_BLOCK = 500


def find(index: Index, query: Query) -> Iterator[dict[str, Any]]:
    """Answer a query.

    Parameters
    ----------
    index : Catalog, sqlite3.Connection or path
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

    Examples
    --------
    >>> import hounsfield as hu
    >>> from hounsfield.catalog.matching import Query, find
    >>> from pydicom.data import get_testdata_file
    >>> catalog = hu.scan(get_testdata_file("CT_small.dcm"))
    >>> [study["00100020"]["Value"] for study in find(catalog, Query("study", {"PatientName": "compressed*"}))]
    [['1CT1']]
    """
    with _connected(index) as connection:
        where, values = _where(query)
        columns = _returned(query)
        own = _ALIAS[query.level]
        chosen = ", ".join(column(query.level, keyword) or "NULL" for keyword in columns)
        sql = (
            f"SELECT {own}.id, {chosen} FROM {TABLES[query.level]}{where} "  # noqa: S608 - names of our own tables
            f"ORDER BY {_ORDER[query.level]} LIMIT ? OFFSET ?"
        )
        limit = -1 if query.limit is None else query.limit
        rows = connection.execute(sql, [*values, limit, query.offset])
        named = [(known(keyword) or ("", ""), place) for place, keyword in enumerate(columns, 1)]
        while block := rows.fetchmany(_BLOCK):
            counted = _counted(connection, query.level, [row[0] for row in block])
            for row in block:
                found = {tag: value_of(vr, row[place]) for (tag, vr), place in named}
                found |= counted.get(row[0], {})
                found["00080056"] = {"vr": "CS", "Value": ["ONLINE"]}
                yield dict(sorted(found.items()))


def count(index: Index, query: Query) -> int:
    """Tell how many answers a query has, without its limit; errors as for `find`."""
    with _connected(index) as connection:
        where, values = _where(query)
        sql = f"SELECT count(*) FROM {TABLES[query.level]}{where}"  # noqa: S608 - names of our own tables
        return int(connection.execute(sql, values).fetchone()[0])


def numbers(index: Index, query: Query) -> list[int]:
    """Give the `id` of what answers a query, in the tables of `hounsfield.catalog.schema`; errors as for `find`."""
    with _connected(index) as connection:
        where, values = _where(query)
        own = _ALIAS[query.level]
        sql = f"SELECT {own}.id FROM {TABLES[query.level]}{where} ORDER BY {own}.id"  # noqa: S608 - names of our own
        return [row[0] for row in connection.execute(sql, values)]


@contextmanager
def _connected(index: Index) -> Iterator[sqlite3.Connection]:
    if isinstance(index, str | os.PathLike):
        with Catalog.open(index) as catalog:
            connection = catalog.connection
            register(connection)
            yield connection
        return
    connection = index.connection if isinstance(index, Catalog) else index
    register(connection)
    yield connection


def _where(query: Query) -> tuple[str, list[Any]]:
    tests: list[str] = []
    values: list[Any] = []
    for keyword, value in query.keys.items():
        found = _test(query, keyword, str(value))
        if found is not None:
            tests.append(found[0])
            values += found[1]
    return (f" WHERE {' AND '.join(tests)}" if tests else ""), values


def _test(query: Query, keyword: str, value: str) -> tuple[str, list[Any]] | None:
    named = known(keyword)
    if named is None:
        raise UsageError(f"there is no attribute {keyword!r:.60}")
    if keyword == "ModalitiesInStudy" and query.level in ("study", "series", "instance"):
        inner = condition('m."Modality"', "CS", value) if "\\" not in value else _any_of('m."Modality"', value)
        if inner is None:
            return None
        return f"EXISTS (SELECT 1 FROM series AS m WHERE m.study_id = t.id AND {inner[0]})", inner[1]  # noqa: S608
    if keyword == "SOPClassesInStudy" and query.level == "study":
        listed = value.split("\\")
        marks = ", ".join("?" * len(listed))
        below = "series AS m JOIN contexts AS c ON c.series_id = m.id WHERE m.study_id = t.id"
        return f'EXISTS (SELECT 1 FROM {below} AND c."SOPClassUID" IN ({marks}))', list(listed)  # noqa: S608
    where = column(query.level, keyword)
    # What is not kept matches everything, as optional keys that are not supported do (PS3.4 C.2.2.1.3).
    return None if where is None else condition(where, named[1], value, fuzzy=query.fuzzy)


def _any_of(where: str, value: str) -> tuple[str, list[Any]]:
    listed = value.split("\\")
    return f"{where} IN ({', '.join('?' * len(listed))})", list(listed)


def _returned(query: Query) -> list[str]:
    wanted = [*RETURNED[query.level], *query.keys]
    wanted += kept(query.level) if "all" in query.include else query.include
    for keyword in wanted:
        if known(keyword) is None and keyword != "all":
            raise UsageError(f"there is no attribute {keyword!r:.60}")
    return [one for one in dict.fromkeys(wanted) if one not in COUNTS[query.level] and known(one) is not None]


def _counted(connection: sqlite3.Connection, level: str, ids: list[int]) -> dict[int, dict[str, Any]]:
    """Give the attributes that are counted from the levels below."""
    marks = ", ".join("?" * len(ids))
    if level == "study":
        sql = (
            'SELECT s.study_id, count(DISTINCT s.id), count(i.id), group_concat(DISTINCT s."Modality") '  # noqa: S608
            "FROM series AS s JOIN contexts AS c ON c.series_id = s.id JOIN instances AS i ON i.context_id = c.id "
            f"WHERE s.study_id IN ({marks}) GROUP BY s.study_id"
        )
    elif level == "series":
        sql = (
            "SELECT c.series_id, count(i.id) FROM contexts AS c JOIN instances AS i ON i.context_id = c.id "  # noqa: S608
            f"WHERE c.series_id IN ({marks}) GROUP BY c.series_id"
        )
    elif level == "patient":
        sql = f"SELECT patient_id, count(*) FROM studies WHERE patient_id IN ({marks}) GROUP BY patient_id"  # noqa: S608
    else:
        return {}
    found = {}
    for number, *values in connection.execute(sql, ids):
        found[number] = {
            tag: value_of(vr, str(value).replace(",", "\\") if vr == "CS" else value)
            for (tag, vr), value in zip(map(_known, COUNTS[level]), values, strict=True)
            if value is not None
        }
    return found


def _known(keyword: str) -> tuple[str, str]:
    return known(keyword) or ("", "")
