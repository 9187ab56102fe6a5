"""The catalog: patients, studies, series and instances found by a scan, and what was wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

from hounsfield.catalog import store
from hounsfield.catalog.checks import gathered
from hounsfield.catalog.query import Query
from hounsfield.errors import ExistsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from hounsfield.catalog.connection import Connection, Cursor
    from hounsfield.catalog.facts import SeriesFacts
    from hounsfield.catalog.record import File, Instance, Patient, Series, Study
    from hounsfield.errors import Issue

__all__ = ["Catalog"]


class Catalog:
    """An index of DICOM files that stay where they are.

    Made by `hounsfield.scan`, or opened again with `Catalog.open`. Iterating gives its series.

    Parameters
    ----------
    connection : Connection
        The database, of SQLite or PostgreSQL, with the tables of `hounsfield.catalog.schema`.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> catalog = hu.scan(get_testdata_file("MR_small.dcm"))
    >>> [(series.Modality, len(series.instances)) for series in catalog]
    [('MR', 1)]
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Catalog:
        """Open a catalog that was kept.

        Raises
        ------
        ReadError
            When it is not there.
        UsageError
            When the file is something else.
        """
        return cls(store.open_database(path, create=False))

    @property
    def patients(self) -> Query[Patient]:
        """All patients."""
        return Query(self, "patients")

    @property
    def studies(self) -> Query[Study]:
        """All studies."""
        return Query(self, "studies")

    @property
    def series(self) -> Query[Series]:
        """All series."""
        return Query(self, "series")

    @property
    def instances(self) -> Query[Instance]:
        """All objects."""
        return Query(self, "instances")

    @property
    def files(self) -> Query[File]:
        """Every file that was met, DICOM or not, with its `status` and the `reason` where it is no object."""
        return Query(self, "files")

    @property
    def issues(self) -> list[Issue]:
        """Everything that is wrong, those of one kind gathered into one with a count, the worst first."""
        return gathered(self._connection)

    @property
    def counts(self) -> dict[str, int]:
        """Numbers: files by status, patients, studies, series, instances, and bytes of all files."""
        kinds = ("dicom", "dicomdir", "archive", "envelope", "encrypted", "other", "broken", "unreadable", "passed")
        found = dict.fromkeys(kinds, 0)
        total = size = 0
        for status, number, length in self.execute(
            "SELECT status, count(*), sum(CASE WHEN member IS NULL THEN size END) FROM files GROUP BY status"
        ):
            found[status] = number
            total += number
            size += length or 0
        levels = {
            level: self.execute(f"SELECT count(*) FROM {level}").fetchone()[0]  # noqa: S608
            for level in ("patients", "studies", "series", "instances")
        }
        return {"files": total, **found, **levels, "bytes": size}

    def facts(self, *series: int) -> dict[int, SeriesFacts]:
        """Derive what the headers of some series (by the `id` of their records), or of all, say together."""
        from hounsfield.catalog.facts import facts_of

        return facts_of(self._connection, series)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor:
        """Ask the database itself; see `hounsfield.catalog.schema` for its tables."""
        found: Cursor = self._connection.execute(sql, values)
        return found

    @property
    def connection(self) -> Connection:
        """The database itself."""
        return self._connection

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Keep the catalog in a file, for `Catalog.open` and for a later scan.

        Raises
        ------
        ExistsError
            When the file is there already and `overwrite` is not given.
        """
        where = os.fspath(path)
        if os.path.exists(where):
            if not overwrite:
                raise ExistsError("the file is there already", where=where, hint="Pass overwrite=True to replace it.")
            os.remove(where)  # noqa: PTH107 - importing pathlib costs a tenth of a scan's start
        store.copy(self._connection, where)

    def close(self) -> None:
        """Close the database; one in memory is gone then."""
        self._connection.close()

    def __iter__(self) -> Iterator[Series]:
        """Series, by patient, date and number."""
        return iter(self.series)

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def __repr__(self) -> str:
        """Numbers."""
        found = self.counts
        return (
            f"<Catalog: {found['patients']:,} patients, {found['studies']:,} studies, {found['series']:,} series, "
            f"{found['instances']:,} instances>"
        )
