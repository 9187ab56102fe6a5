"""One patient, study, series, instance or file of a catalog: attributes under their keywords."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from pydicom import FileDataset

    from hounsfield.catalog.catalog import Catalog
    from hounsfield.catalog.query import Query

__all__ = ["RECORDS", "File", "Instance", "Patient", "Record", "Series", "Study"]


class Record:
    """A row of a catalog: ``record.Modality`` and ``record["Modality"]``; absent values are ``None``.

    Parameters
    ----------
    catalog : Catalog
        Where it comes from.
    row : sqlite3.Row
        Its values.
    """

    __slots__ = ("_catalog", "_row")
    shown: ClassVar[tuple[str, ...]] = ()

    def __init__(self, catalog: Catalog, row: sqlite3.Row) -> None:
        self._catalog = catalog
        self._row = row

    def __getitem__(self, key: str) -> Any:
        """Value of a keyword; `KeyError` for one that the catalog does not keep."""
        try:
            value = self._row[key]
        except IndexError:
            raise KeyError(key) from None
        return os.fsdecode(value) if isinstance(value, bytes) else value

    def __getattr__(self, name: str) -> Any:
        """Value of a keyword."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            kind = type(self).__name__
            raise AttributeError(f"{kind} has no {name!r}; record.keys() lists what a catalog keeps") from None

    def __dir__(self) -> list[str]:
        """Names for completion."""
        return sorted({*super().__dir__(), *self.keys()})

    def __iter__(self) -> Iterator[str]:
        """Keywords, as of a mapping."""
        return iter(self.keys())

    def __len__(self) -> int:
        """Return the number of keywords."""
        return len(self._row.keys())

    def __eq__(self, other: object) -> bool:
        """Two records of one row are equal."""
        return type(self) is type(other) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        """Hash of the number of its row."""
        return hash((type(self), self["id"]))

    def __repr__(self) -> str:
        """Kind and the values that name it."""
        values = ", ".join(f"{key}={self[key]!r}" for key in self.shown if self[key] is not None)
        return f"<{type(self).__name__} {values}>"

    def keys(self) -> list[str]:
        """List the keywords."""
        return list(self._row.keys())

    def get(self, key: str, default: Any = None) -> Any:
        """Value of a keyword, or `default` where the catalog does not keep it."""
        try:
            return self[key]
        except KeyError:
            return default

    def to_dict(self) -> dict[str, Any]:
        """All values by keyword."""
        return {key: self[key] for key in self.keys()}


class Patient(Record):
    """A patient: a Patient ID and its issuer."""

    __slots__ = ()
    shown = ("PatientID", "PatientName")

    @property
    def studies(self) -> Query[Study]:
        """Studies of this patient."""
        return self._catalog.studies.of(patient_id=self["id"])

    @property
    def series(self) -> Query[Series]:
        """Series of this patient."""
        return self._catalog.series.of(patient_id=self["id"])


class Study(Record):
    """A study of one patient."""

    __slots__ = ()
    shown = ("StudyInstanceUID", "StudyDate", "StudyDescription")

    @property
    def series(self) -> Query[Series]:
        """Series of this study."""
        return self._catalog.series.of(study_id=self["id"])


class Series(Record):
    """A series of one study."""

    __slots__ = ()
    shown = ("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription")

    @property
    def instances(self) -> Query[Instance]:
        """Objects of this series, in the order of Instance Number."""
        return self._catalog.instances.of(series_id=self["id"])


class Instance(Record):
    """One object: what its own file says, and where that is (`path`, and `member` within a ZIP archive)."""

    __slots__ = ()
    shown = ("SOPInstanceUID", "path")

    def read(self, **options: Any) -> FileDataset:
        """Read the whole object; `options` are those of `hounsfield.read`."""
        from hounsfield.files import read

        where = self["path"] if self["member"] is None else f"{self['path']}/{self['member']}"
        return read(where, **options)


class File(Record):
    """A file or member of an archive, DICOM or not, with the reason where it is none."""

    __slots__ = ()
    shown = ("path", "member", "status")


RECORDS: dict[str, type[Record]] = {
    "patients": Patient,
    "studies": Study,
    "series": Series,
    "instances": Instance,
    "files": File,
}
