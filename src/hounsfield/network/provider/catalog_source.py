"""A catalog of files that stay where they are, as what a provider answers from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, Protocol

from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.matching import Query, find
from hounsfield.network.provider.matching import answer, keys_of
from hounsfield.network.storage.sending import Outgoing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydicom import Dataset

__all__ = ["CatalogSource", "Kept"]

_UNIQUE = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


class Kept(Protocol):
    """What has the files of a catalog, such as a `hounsfield.Archive`."""

    def local(self, path: str) -> str:
        """Give a file to open for the path that the catalog has; `ReadError` where there is none."""

    def keeps(self, path: str) -> bool:
        """Tell whether it is kept for good."""


class CatalogSource:
    """Answers from a catalog that was kept in a file.

    Parameters
    ----------
    path : path
        The catalog, as `hounsfield.scan` or ``hu scan --catalog`` kept it.
    kept : Kept, optional
        What has its files; without, they are where the catalog says.
    """

    def __init__(self, path: str | os.PathLike[str], kept: Kept | None = None) -> None:
        self._path, self._kept = os.fspath(path), kept

    def find(self, level: str, identifier: Dataset, *, combined: bool, fuzzy: bool) -> Iterator[Dataset]:
        """Give an answer for everything at a level that matches; errors as for `hounsfield.catalog.matching.find`."""
        from pydicom import Dataset as Made

        query = Query("instance" if level == "image" else level, keys_of(identifier), fuzzy=fuzzy, combined=combined)
        with Catalog.open(self._path) as catalog:
            for row in find(catalog, query):
                yield answer(Made.from_json(row), identifier)

    def objects(self, keys: Mapping[str, Sequence[str]]) -> Iterator[Outgoing]:
        """Give the objects that have one of the values of each key, each instance once."""
        tests, values = [], []
        for keyword in _UNIQUE:
            if keyword in keys:
                tests.append(f'h."{keyword}" IN ({", ".join("?" * len(keys[keyword]))})')
                values += list(keys[keyword])
        where = " AND ".join(tests) or "1 = 0"
        sql = (
            'SELECT h.id, h.path, h."SOPClassUID", h."SOPInstanceUID", h."TransferSyntaxUID" FROM headers AS h '  # noqa: S608 - names are those of the schema
            f'WHERE h.member IS NULL AND {where} ORDER BY h.series_id, h."InstanceNumber" NULLS FIRST, h.id'
        )
        with Catalog.open(self._path) as catalog:
            rows = catalog.execute(sql, values).fetchall()
        # Of several with one UID, the newest.
        newest = {instance: number for number, _, _, instance, _ in sorted(rows, key=lambda row: row[0])}
        for number, path, sop_class, instance, syntax in rows:
            if sop_class and instance and syntax and newest[instance] == number:
                yield Outgoing(os.fsdecode(path), sop_class, instance, syntax)

    def local(self, path: str) -> str:
        """Give a file to open."""
        return path if self._kept is None else self._kept.local(path)

    def _is_kept(self, path: str) -> bool:
        return os.path.isfile(path) if self._kept is None else self._kept.keeps(path)

    def holds(self, sop_class: str, sop_instance: str) -> Literal["yes", "no", "other-class"]:
        """Whether an object is in a file that is there."""
        found = list(self.objects({"SOPInstanceUID": [sop_instance]}))
        if not found or not self._is_kept(found[0].path):
            return "no"
        return "yes" if found[0].sop_class == sop_class else "other-class"
