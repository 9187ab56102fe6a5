"""PALETTE COLOR as RGB: plain, segmented and supplemental tables (PS3.3 C.7.9, C.8.16.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import Issue, PixelError
from hounsfield.pixels.lut import Table, read_table, segments

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.pixels.layout import Layout

__all__ = ["Palette", "has_palette", "palette_of"]

Array = np.ndarray[Any, np.dtype[Any]]

_COLORS = ("red", "green", "blue")
_DESCRIPTORS = (0x00281101, 0x00281102, 0x00281103)
_DATA = (0x00281201, 0x00281202, 0x00281203)
_SEGMENTED = (0x00281221, 0x00281222, 0x00281223)


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """A color for each stored value.

    Parameters
    ----------
    tables : tuple of 3 Table
        Red, green, blue.
    issues : tuple of Issue
        What was wrong with them and could be passed over.
    """

    tables: tuple[Table, Table, Table]
    issues: tuple[Issue, ...] = ()

    def __call__(self, stored: Array) -> Array:
        """Give RGB, 8 bit, ``(…, 3)``; entries of 16 bits keep their upper half."""
        first = self.tables[0].first
        length = max(table.entries.size for table in self.tables)
        colors = np.stack([self._eight(table, length) for table in self.tables], axis=-1)
        found: Array = colors[np.clip(stored.astype(np.int64) - first, 0, length - 1)]
        return found

    def covers(self, stored: Array) -> Array:
        """Tell which values have a color of their own, which matters for supplemental palettes (PS3.3 C.8.16.2.1.1)."""
        first, length = self.tables[0].first, max(table.entries.size for table in self.tables)
        found: Array = (stored >= first) & (stored < first + length)
        return found

    @staticmethod
    def _eight(table: Table, length: int) -> Array:
        entries = table.entries if table.bits <= 8 else table.entries >> (table.bits - 8)
        filled = np.full(length, entries[-1], np.uint8)
        filled[: entries.size] = entries & 0xFF
        return filled


def has_palette(dataset: Dataset) -> bool:
    """Whether a header has palette tables, for all values or supplemental ones."""
    return all(tag in dataset for tag in _DESCRIPTORS)


def palette_of(dataset: Dataset, layout: Layout, *, name: str) -> Palette:
    """Read the palette of an image.

    A table with fewer entries than its descriptor promises is used as far as it goes, with an issue: the last entry
    stands for the rest.

    Raises
    ------
    PixelError
        When a table is missing or makes no sense, naming the tag.
    """
    tables, issues = [], []
    for color, descriptor, data, segmented in zip(_COLORS, _DESCRIPTORS, _DATA, _SEGMENTED, strict=True):
        if descriptor not in dataset:
            raise PixelError(
                f"the image is PALETTE COLOR, but has no table for {color}",
                where=name,
                tag=descriptor,
                code="lut-missing",
            )
        if data not in dataset and segmented in dataset:
            table = _segmented(dataset, descriptor, segmented, layout, name)
        else:
            table = read_table(dataset, descriptor, data, signed=layout.signed, name=name)
        if table.short:
            found = f"{table.entries.size:,} entries of {table.stated:,}"
            message = f"the {color} table has {found}; the last stands for the rest"
            issues.append(Issue("palette-short", "warning", name, message))
        tables.append(table)
    if all(table.bits > 8 and table.entries.max() < 256 for table in tables):
        # Colors of 16 bits would all be black: some writers put 8 bits into words.
        tables = [replace(table, bits=8) for table in tables]
        message = "the palette says it has entries of 16 bits, and none is above 255: they are taken for 8 bits"
        issues.append(Issue("palette-depth", "warning", name, message))
    red, green, blue = tables
    return Palette((red, green, blue), tuple(issues))


def _segmented(dataset: Dataset, descriptor: int, tag: int, layout: Layout, name: str) -> Table:
    value: Any = dataset[tag].value
    stated, first, bits = (int(part) & 0xFFFF for part in dataset[descriptor].value)
    if not isinstance(value, bytes) or bits not in (8, 16):
        raise PixelError("the segmented look-up table makes no sense", where=name, tag=tag, code="lut-segment")
    entries = segments(value, bits, name=name, tag=tag, big=dataset.original_encoding[1] is False)
    if layout.signed and first >= 0x8000:
        first -= 0x10000
    if not entries.size:
        raise PixelError("the segmented look-up table is empty", where=name, tag=tag, code="lut-missing")
    return Table(first, entries[: stated or 65536], bits, stated or 65536)
