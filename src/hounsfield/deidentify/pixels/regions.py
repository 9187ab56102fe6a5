"""Ultrasound regions (0018,6011): where the image is, so that all else is frame (PS3.3 C.8.5.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.deidentify.pixels.boxes import Box, outside

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["outside_regions"]

_CORNERS = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")


def outside_regions(dataset: Dataset, rows: int, columns: int) -> list[Box]:
    """Give boxes over everything outside of all regions; none where the header has no region that makes sense."""
    value: Any = dataset.get("SequenceOfUltrasoundRegions")
    regions = []
    for item in value if value is not None and hasattr(value, "__iter__") else ():
        corners = [item.get(keyword) for keyword in _CORNERS]
        if not all(isinstance(corner, int) for corner in corners):
            continue
        left, top, right, bottom = corners
        # The corners are pixels of the region.
        if 0 <= left <= right < columns and 0 <= top <= bottom < rows:
            regions.append(Box(left, top, right - left + 1, bottom - top + 1, "region"))
    return outside(regions, rows, columns) if regions else []
