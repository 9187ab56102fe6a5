"""One patient, study, series, instance or file of a catalog: attributes under their keywords."""

from __future__ import annotations

import os
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from hounsfield.catalog.schema import CONTEXT, INSTANCE, PATIENT, SERIES, STUDY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydicom import FileDataset

    from hounsfield.catalog.catalog import Catalog
    from hounsfield.catalog.facts import SeriesFacts
    from hounsfield.catalog.query import Query
    from hounsfield.volumes import Stack

__all__ = ["RECORDS", "File", "Instance", "Patient", "Record", "Series", "Study"]

Row = tuple[Any, ...]


def _places(*names: str) -> Mapping[str, int]:
    return MappingProxyType({name: index for index, name in enumerate(names)})


@lru_cache(64)
def _getter(kind: type[Record], keys: tuple[str, ...]) -> itemgetter[Any]:
    return itemgetter(*(kind.places.get(key, -1) for key in keys))


class Record:
    """A row of a catalog: ``record.Modality`` and ``record["Modality"]``; absent values are ``None``.

    Parameters
    ----------
    catalog : Catalog
        Where it comes from.
    row : tuple
        Its values.
    shared : tuple, optional
        Values that it has in common with others, which follow its own.
    """

    __slots__ = ("_catalog", "_row", "_shared")
    places: ClassVar[Mapping[str, int]] = MappingProxyType({})
    shown: ClassVar[tuple[str, ...]] = ()

    def __init__(self, catalog: Catalog, row: Row, shared: Row = ()) -> None:
        self._catalog = catalog
        self._row = row
        self._shared = shared

    def __getitem__(self, key: str) -> Any:
        """Value of a keyword; `KeyError` for one that the catalog does not keep."""
        index = self.places[key]
        own = len(self._row)
        value = self._row[index] if index < own else self._shared[index - own]
        return os.fsdecode(value) if type(value) is bytes else value

    def many(self, keys: tuple[str, ...]) -> tuple[Any, ...]:
        """Values of two or more keywords at once, ``None`` for those that the catalog does not keep."""
        # Behind the values stands the one of all keywords that there are not.
        take = _getter(type(self), keys)  # type: ignore[arg-type]  # it is the class that is hashed, no record
        found: tuple[Any, ...] = take((*self._row, *self._shared, None))
        return tuple(os.fsdecode(one) for one in found) if bytes in map(type, found) else found

    def __getattr__(self, name: str) -> Any:
        """Value of a keyword."""
        try:
            return self[name]
        except KeyError:
            kind = type(self).__name__
            raise AttributeError(f"{kind} has no {name!r}; record.keys() lists what a catalog keeps") from None

    def __dir__(self) -> list[str]:
        """Names for completion."""
        return sorted({*super().__dir__(), *self.places})

    def __iter__(self) -> Iterator[str]:
        """Keywords, as of a mapping."""
        return iter(self.places)

    def __len__(self) -> int:
        """Return the number of keywords."""
        return len(self.places)

    def __eq__(self, other: object) -> bool:
        """Two records with equal values are equal."""
        return isinstance(other, type(self)) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        """Hash of the number of its row."""
        return hash((type(self), self["id"]))

    def __repr__(self) -> str:
        """Kind and the values that name it."""
        values = ", ".join(f"{key}={self[key]!r}" for key in self.shown if self[key] is not None)
        return f"<{type(self).__name__} {values}>"

    def keys(self) -> list[str]:
        """List the keywords."""
        return list(self.places)

    def get(self, key: str, default: Any = None) -> Any:
        """Value of a keyword, or `default` where the catalog does not keep it."""
        return self[key] if key in self.places else default

    def to_dict(self) -> dict[str, Any]:
        """All values by keyword."""
        values = (*self._row, *self._shared)
        return {
            key: os.fsdecode(value) if type(value) is bytes else value
            for key, value in zip(self.places, values, strict=True)
        }


class Patient(Record):
    """A patient: a Patient ID and its issuer."""

    __slots__ = ()
    places = _places("id", *PATIENT)
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
    places = _places("id", "patient_id", *STUDY, *PATIENT)
    shown = ("StudyInstanceUID", "StudyDate", "StudyDescription")

    @property
    def series(self) -> Query[Series]:
        """Series of this study."""
        return self._catalog.series.of(study_id=self["id"])


class Series(Record):
    """A series of one study."""

    __slots__ = ()
    places = _places("id", "study_id", "patient_id", *SERIES, *STUDY, *PATIENT)
    shown = ("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription")

    @property
    def instances(self) -> Query[Instance]:
        """Objects of this series, in the order of Instance Number."""
        return self._catalog.instances.of(series_id=self["id"])

    @property
    def facts(self) -> SeriesFacts:
        """What the headers of its instances say together: numbers, spacing, gaps."""
        return self._catalog.facts(self["id"])[self["id"]]

    @property
    def stacks(self) -> list[Stack]:
        """How it divides into volumes, with the reason for what cannot become one; see `hounsfield.volumes.stacks`."""
        from hounsfield.volumes import stacks

        return stacks(self.instances)


class Instance(Record):
    """One object: what its own file says, and where that is (`path`, and `member` within a ZIP archive)."""

    __slots__ = ()
    places = _places("id", "series_id", "path", "member", "size", "mtime_ns", "pixel_offset", *INSTANCE, *CONTEXT)
    shown = ("SOPInstanceUID", "path")

    def read(self, **options: Any) -> FileDataset:
        """Read the whole object; `options` are those of `hounsfield.read`."""
        from hounsfield.files.read import read

        return read(self["path"] if self["member"] is None else f"{self['path']}/{self['member']}", **options)


class File(Record):
    """A file or member of an archive, DICOM or not, with the reason where it is none."""

    __slots__ = ()
    places = _places("id", "path", "member", "size", "mtime_ns", "status", "reason")
    shown = ("path", "member", "status")


RECORDS: Mapping[str, type[Record]] = MappingProxyType(
    {"patients": Patient, "studies": Study, "series": Series, "instances": Instance, "files": File}
)
