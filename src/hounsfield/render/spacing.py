"""How far apart the pixels of a frame are (PS3.3 10.7.1.3): in mm where that is known, otherwise their shape alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hounsfield.pixels.header import groups, items, said

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["spacing_of"]

Pair = tuple[float, float]

# At the patient; at the detector, as large or larger; on a scanned film.
_STATED = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
# Beyond this, one side of a pixel is not so much longer than the other: somebody wrote nonsense.
_MOST_UNEQUAL = 100.0


def spacing_of(dataset: Dataset, index: int = 0) -> tuple[Pair | None, Pair | None]:
    """Find the spacing of a frame.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    index : int
        Frame, from 0.

    Returns
    -------
    tuple of 2 floats or None
        Distance of rows and of columns in mm.
    tuple of 2 floats or None
        Height and width of a pixel, in whatever unit: Pixel Aspect Ratio (0028,0034), where there is no spacing.
    """
    for group in groups(dataset, index):
        measures = items(group, "PixelMeasuresSequence")
        found = _pair(measures[0], "PixelSpacing") if measures else None
        if found is not None:
            return found, None
    for keyword in _STATED:
        found = _pair(dataset, keyword)
        if found is not None:
            return found, None
    region = _region(dataset)
    if region is not None:
        return region, None
    return None, _pair(dataset, "PixelAspectRatio")


def _pair(dataset: Any, keyword: str) -> Pair | None:
    try:
        row, column = (float(number) for number in said(dataset, keyword) or ())
    except (TypeError, ValueError):
        return None
    plausible = all(math.isfinite(side) and side > 0 for side in (row, column))
    return (row, column) if plausible and 1 / _MOST_UNEQUAL <= row / column <= _MOST_UNEQUAL else None


def _region(dataset: Dataset) -> Pair | None:
    """Spacing of an ultrasound image of a single region that is a picture of tissue (PS3.3 C.8.5.5)."""
    regions = items(dataset, "SequenceOfUltrasoundRegions")
    flat = [region for region in regions if said(region, "RegionSpatialFormat") == 1]
    if len(flat) != 1 or any(said(flat[0], f"PhysicalUnits{axis}Direction") != 3 for axis in "XY"):
        return None
    try:
        row, column = (abs(float(said(flat[0], f"PhysicalDelta{axis}"))) * 10 for axis in "YX")
    except (TypeError, ValueError):
        return None
    return (row, column) if row > 0 and column > 0 and 0.5 < row / column < 2 else None
