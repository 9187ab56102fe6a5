"""Calibrated regions of ultrasound images (PS3.3 C.8.5.5)."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.pixels.header import items, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom import Dataset

__all__ = ["regions_of"]

# Physical Units X Direction (0018,6024); Y direction likewise.
_UNITS: Mapping[int, str] = MappingProxyType(
    {
        0: "",
        1: "%",
        2: "dB",
        3: "cm",
        4: "s",
        5: "Hz",
        6: "dB/s",
        7: "cm/s",
        8: "cm2",
        9: "cm2/s",
        10: "cm3",
        11: "cm3/s",
        12: "degrees",
    }
)
# Region Spatial Format (0018,6012).
_FORMATS: Mapping[int, str] = MappingProxyType(
    {0: "none", 1: "2D", 2: "M-mode", 3: "spectral", 4: "waveform", 5: "graphics"}
)
_MOST = 64


def regions_of(dataset: Dataset) -> list[dict[str, Any]]:
    """Give the regions of an image; those without corners or scale are passed over."""
    found = []
    for item in items(dataset, "SequenceOfUltrasoundRegions")[:_MOST]:
        corners = [_number(said(item, f"RegionLocation{name}")) for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        deltas = _number(said(item, "PhysicalDeltaX")), _number(said(item, "PhysicalDeltaY"))
        if None in corners or None in deltas or 0 in deltas:
            continue
        units = [_UNITS.get(int(_number(said(item, f"PhysicalUnits{axis}Direction")) or 0), "") for axis in "XY"]
        found.append(
            {
                "box": corners,
                "delta_x": deltas[0],
                "delta_y": deltas[1],
                "unit_x": units[0],
                "unit_y": units[1],
                "format": _FORMATS.get(int(_number(said(item, "RegionSpatialFormat")) or 0), "none"),
                "reference_x": _number(said(item, "ReferencePixelX0")),
                "reference_y": _number(said(item, "ReferencePixelY0")),
            }
        )
    return found


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None
