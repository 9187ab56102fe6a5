"""From stored values to those of the modality: rescale, Modality LUT, real-world value maps.

PS3.3 C.11.1, C.7.6.16.2.9 (per frame), C.7.6.16.2.11 (real-world values).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.header import groups, items, said
from hounsfield.pixels.lut import Table, lut_of_item

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.pixels.layout import Layout

__all__ = ["Mapping", "modality_of", "real_world_of"]

Array = np.ndarray[Any, np.dtype[Any]]

# Rescale Type (0028,1054) says nothing where it is unspecified.
_NO_UNIT = frozenset({"", "US"})


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """How stored values become others.

    Parameters
    ----------
    slope, intercept : float
        Of a straight line, where there is no table.
    table : Table or None
        Instead of it.
    values : numpy.ndarray or None
        Of a real-world table, by stored value from `table.first` on.
    unit : str
        Of what comes out; empty where it is not said.
    """

    slope: float = 1.0
    intercept: float = 0.0
    table: Table | None = None
    values: Array | None = None
    unit: str = ""

    @property
    def identity(self) -> bool:
        """Nothing is changed."""
        return self.table is None and self.values is None and self.slope == 1 and self.intercept == 0

    def __call__(self, stored: Array) -> Array:
        """Map stored values: whole numbers stay whole where slope and intercept are, otherwise float32 (or 64)."""
        if self.values is not None:
            first = int(self.intercept)
            found: Array = self.values[np.clip(stored.astype(np.int64) - first, 0, self.values.size - 1)]
            return found
        if self.table is not None:
            return self.table(stored)
        if self.identity:
            return stored
        if stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2 and self.slope == 1 and self.intercept.is_integer():
            return stored.astype(np.int32) + np.int32(self.intercept)
        # 24 bits are all that a float32 holds.
        kind = np.float64 if stored.dtype.itemsize > 2 and stored.dtype.kind != "f" else np.float32
        if stored.dtype == np.float64:
            kind = np.float64
        made: Array = (stored.astype(np.float64) * self.slope + self.intercept).astype(kind)
        return made


def modality_of(dataset: Dataset, index: int, layout: Layout, *, name: str) -> Mapping:
    """Find the Modality LUT or rescale of a frame.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    index : int
        Frame, from 0.
    layout : Layout
        How its pixels are stored.
    name : str
        What messages call the file.

    Raises
    ------
    PixelError
        When a table makes no sense, naming the tag.
    """
    for group in groups(dataset, index):
        for item in items(group, "PixelValueTransformationSequence")[:1]:
            return _line(item)
    for item in items(dataset, "ModalityLUTSequence")[:1]:
        table = lut_of_item(item, signed=layout.signed, name=name)
        unit = str(said(item, "ModalityLUTType") or "")
        return Mapping(table=table, unit="" if unit in _NO_UNIT else unit)
    return _line(dataset)


def _line(header: Any) -> Mapping:
    slope, intercept = _float(said(header, "RescaleSlope")), _float(said(header, "RescaleIntercept"))
    unit = str(said(header, "RescaleType") or "")
    # A slope of 0 would make all values one: writers mean that there is none.
    return Mapping(slope or 1.0, intercept or 0.0, unit="" if unit in _NO_UNIT else unit)


def real_world_of(dataset: Dataset, index: int) -> list[Mapping]:
    """Find the real-world value maps of a frame, in their order; ones that make no sense are passed over."""
    found = []
    for group in [*groups(dataset, index), dataset]:
        for item in items(group, "RealWorldValueMappingSequence"):
            mapping = _real_world(item)
            if mapping is not None:
                found.append(mapping)
    return found


def _real_world(item: Any) -> Mapping | None:
    codes = items(item, "MeasurementUnitsCodeSequence")
    unit = str(said(codes[0], "CodeValue") or "") if len(codes) else ""
    table = said(item, "RealWorldValueLUTData")
    if table is not None:
        first = _float(said(item, "RealWorldValueFirstValueMapped"))
        values = np.atleast_1d(np.asarray(table, dtype=np.float64))
        return None if first is None else Mapping(intercept=first, values=values, unit=unit)
    slope, intercept = _float(said(item, "RealWorldValueSlope")), _float(said(item, "RealWorldValueIntercept"))
    if slope is None or intercept is None:
        return None
    return Mapping(slope, intercept, unit=unit)


def _float(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if np.isfinite(found) else None
