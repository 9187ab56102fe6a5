"""Queries on a catalog: `catalog.series.where(Modality="CT", Rows=512)`."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hounsfield.catalog.connection import rows
from hounsfield.catalog.record import RECORDS, Record
from hounsfield.catalog.schema import ATTRIBUTES, CONTEXT, INSTANCE, PATIENT, SERIES, STUDY, selected
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import pandas as pd
    import pyarrow as pa

    from hounsfield.catalog.catalog import Catalog

__all__ = ["Query"]

R = TypeVar("R", bound=Record)


# Where each kind comes from.
_TABLES = {
    "patients": "patients AS p",
    "studies": "studies AS t JOIN patients AS p ON p.id = t.patient_id",
    "series": "series AS s JOIN studies AS t ON t.id = s.study_id JOIN patients AS p ON p.id = t.patient_id",
    "instances": "instances AS i JOIN contexts AS c ON c.id = i.context_id JOIN files AS f ON f.id = i.id",
    "files": "files AS f",
}
_OF_STUDY = 'p."PatientID" NULLS FIRST, t.patient_id, t."StudyDate" NULLS FIRST, t."StudyTime" NULLS FIRST'
# What is absent comes first, in every database.
_ORDER = {
    "patients": 'p."PatientID" NULLS FIRST, p."PatientName" NULLS FIRST, p.id',
    "studies": f"{_OF_STUDY}, t.id",
    "series": f'{_OF_STUDY}, t.id, s."SeriesNumber" NULLS FIRST, s.id',
    "instances": 'c.series_id, i."InstanceNumber" NULLS FIRST, i.id',
    "files": "f.id",
}
_ALIAS = {"patients": "p", "studies": "t", "series": "s", "instances": "i", "files": "f"}
# How a condition on attributes of the instances reaches the levels above.
_REACH = {"patients": "t.patient_id", "studies": "s.study_id", "series": "c.series_id"}
_BELOW = (
    "instances AS i JOIN contexts AS c ON c.id = i.context_id JOIN series AS s ON s.id = c.series_id "
    "JOIN studies AS t ON t.id = s.study_id"
)
_LEVELS = (("i", INSTANCE), ("c", CONTEXT))
# Which table has which names, as seen from each kind.
_NAMES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "patients": (("p", ("id", *PATIENT)),),
    "studies": (("t", ("id", "patient_id", *STUDY)), ("p", PATIENT)),
    "series": (("s", ("id", "study_id", *SERIES)), ("t", ("patient_id", *STUDY)), ("p", PATIENT)),
    "instances": (
        ("i", ("id", "pixel_offset", *INSTANCE)),
        ("c", ("series_id", *CONTEXT)),
        ("f", ("path", "member", "size", "mtime_ns")),
    ),
    "files": (("f", ("id", "path", "member", "size", "mtime_ns", "status", "reason")),),
}
# Shared values are fetched once for all instances that have them.
_ONE = f"SELECT {selected('c', CONTEXT)} FROM contexts AS c WHERE c.id = ?"  # noqa: S608 - our own names


def _column(kind: str, keyword: str) -> tuple[str, bool]:
    """Return the SQL of an attribute as seen from `kind`, and whether it lies below it."""
    for alias, names in _NAMES[kind]:
        if keyword in names:
            return f'{alias}."{keyword}"', False
    if kind in _REACH:
        for alias, names in _LEVELS:
            if keyword in names:
                return f'{alias}."{keyword}"', True
    known = ATTRIBUTES if kind != "files" else tuple(RECORDS[kind].places)
    raise _unknown(keyword, known)


def _columns(kind: str) -> str:
    names = RECORDS[kind].places
    return ", ".join(_column(kind, name)[0] for name in names if kind != "instances" or name not in _IN_CONTEXT)


_IN_CONTEXT = frozenset(CONTEXT)


def _unknown(keyword: str, known: tuple[str, ...]) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(keyword, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"It keeps {', '.join(sorted(known))}."
    return UsageError(f"the catalog does not keep {keyword}", hint=hint)


def _test(catalog: Catalog, column: str, wanted: Any) -> tuple[str, list[Any]]:
    """Return SQL and parameters of one condition."""
    if wanted is None:
        return f"{column} IS NULL", []
    if isinstance(wanted, list | tuple | set | frozenset):
        tests = [_test(catalog, column, one) for one in wanted]
        if not tests:
            return "1 = 0", []
        return f"({' OR '.join(test for test, _ in tests)})", [value for _, values in tests for value in values]
    if not isinstance(catalog.connection, sqlite3.Connection):
        from hounsfield.catalog.postgres import test_of

        return test_of(column, wanted)
    if not isinstance(wanted, str):
        return f"{column} = ?", [wanted]
    if "*" in wanted or "?" in wanted:
        # Numbers are compared as they would be written; brackets mean nothing in DICOM's wildcards (PS3.4 C.2.2.2.4).
        return f"CAST({column} AS TEXT) GLOB ?", [wanted.replace("[", "[[]")]
    try:
        number = float(wanted)
    except ValueError:
        return f"{column} = ?", [wanted]
    return f"{column} IN (?, ?)", [wanted, number]


class Query(Generic[R]):
    """Records of one kind that fulfil some conditions; nothing is read from the catalog until it is used.

    Parameters
    ----------
    catalog : Catalog
        What to ask.
    kind : {'patients', 'studies', 'series', 'instances', 'files'}
        Kind of records.
    """

    def __init__(
        self, catalog: Catalog, kind: str, *, _tests: tuple[str, ...] = (), _values: tuple[Any, ...] = ()
    ) -> None:
        self._catalog = catalog
        self._kind = kind
        self._tests = _tests
        self._values = _values

    def where(self, **conditions: Any) -> Query[R]:
        """Keep those with these values.

        Parameters
        ----------
        **conditions
            Keyword and value: a number, text with the wildcards ``*`` and ``?``, a list of which one must match, or
            ``None`` for absent. Attributes of a level above or below may be asked for too: series with any instance
            that fulfils the conditions on instances together.

        Returns
        -------
        Query
            A new one; this one stays as it is.

        Raises
        ------
        UsageError
            For a keyword that the catalog does not keep.

        Examples
        --------
        >>> import hounsfield as hu
        >>> from pydicom.data import get_testdata_file
        >>> catalog = hu.scan(get_testdata_file("CT_small.dcm"))
        >>> [series.PatientID for series in catalog.series.where(Modality=["CT", "PT"], Rows=128, Manufacturer="GE*")]
        ['1CT1']
        """
        tests: list[str] = []
        values: list[Any] = []
        below: list[str] = []
        below_values: list[Any] = []
        for keyword, wanted in conditions.items():
            column, lower = _column(self._kind, keyword)
            test, found = _test(self._catalog, column, wanted)
            (below if lower else tests).append(test)
            (below_values if lower else values).extend(found)
        if below:
            alias = _ALIAS[self._kind]
            tests.append(f"{alias}.id IN (SELECT {_REACH[self._kind]} FROM {_BELOW} WHERE {' AND '.join(below)})")  # noqa: S608
        return self._narrower(tests, [*values, *below_values])

    def of(self, **parents: int) -> Query[R]:
        """Keep those that belong to a record above: ``patient_id``, ``study_id`` or ``series_id``."""
        alias = {"patient_id": "t", "study_id": "s", "series_id": "c"}
        return self._narrower([f"{alias[name]}.{name} = ?" for name in parents], list(parents.values()))

    def _narrower(self, tests: list[str], values: list[Any]) -> Query[R]:
        return Query(self._catalog, self._kind, _tests=(*self._tests, *tests), _values=(*self._values, *values))

    def _condition(self) -> str:
        return f" WHERE {' AND '.join(self._tests)}" if self._tests else ""

    def _sql(self, columns: str) -> str:
        tables = _TABLES[self._kind]
        return f"SELECT {columns} FROM {tables}{self._condition()} ORDER BY {_ORDER[self._kind]}"  # noqa: S608

    def __iter__(self) -> Iterator[R]:
        """Give the records in a stable order: by patient, date and number."""
        return self._records("")

    def _records(self, limit: str) -> Iterator[R]:
        catalog, make = self._catalog, RECORDS[self._kind]
        if self._kind != "instances":
            for row in rows(catalog.connection, self._sql(_columns(self._kind)) + limit, self._values):
                yield make(catalog, row)  # type: ignore[misc]
            return
        shared: dict[int, tuple[Any, ...]] = {}
        sql = self._sql(f"{_columns('instances')}, i.context_id") + limit
        for *row, context in rows(catalog.connection, sql, self._values):
            found = shared.get(context)
            if found is None:
                found = shared[context] = catalog.execute(_ONE, (context,)).fetchone()
            yield make(catalog, tuple(row), found)  # type: ignore[misc]

    def __len__(self) -> int:
        """Return the number of records."""
        sql = f"SELECT count(*) FROM {_TABLES[self._kind]}{self._condition()}"  # noqa: S608
        return int(self._catalog.execute(sql, self._values).fetchone()[0])

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.first() is not None

    def __repr__(self) -> str:
        """Kind and number."""
        return f"<Query: {len(self):,} {self._kind}>"

    def first(self) -> R | None:
        """Return the first record, or ``None``."""
        return next(self._records(" LIMIT 1"), None)

    def columns(self) -> dict[str, list[Any]]:
        """All values by keyword, as a list for each."""
        names = list(RECORDS[self._kind].places)
        sql = self._sql(", ".join(_column(self._kind, name)[0] for name in names))
        values = list(zip(*rows(self._catalog.connection, sql, self._values), strict=True))
        return {name: list(values[index]) if values else [] for index, name in enumerate(names)}

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas `DataFrame` with a row for each record (needs ``hounsfield[pandas]``)."""
        from hounsfield.catalog.export import to_pandas

        return to_pandas(self.columns())

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a row for each record (needs ``hounsfield[arrow]``)."""
        from hounsfield.catalog.export import to_arrow

        return to_arrow(self.columns())

    def to_parquet(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write a Parquet file with a row for each record (needs ``hounsfield[arrow]``).

        Raises
        ------
        ExistsError
            When the file is there already and `overwrite` is not given.
        """
        from hounsfield.catalog.export import to_parquet

        to_parquet(self.columns(), path, overwrite=overwrite)
