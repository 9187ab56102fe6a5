"""Which way a picture of a volume looks: its axes in the patient, as radiologists hang images.

Axial pictures are seen from the feet (patient's right on the left), coronal ones from the front, sagittal ones from the
patient's left (front on the left); the head is up where it can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hounsfield.render.view import View
    from hounsfield.volumes.volume import Volume

__all__ = ["ENDS", "Axes", "axes_of", "letters", "turned"]

Array = np.ndarray[Any, np.dtype[Any]]

# Towards lesser and greater values of each axis: right and left, front and back, feet and head.
ENDS = ("RL", "AP", "FH")
# The sine of 15 degrees: less of a direction has no letter.
_LETTER = 0.26

_STANDARD = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
}
# Below this share of the normal's length, the head can no longer be told from the picture's middle.
_NEARLY_AXIAL = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """Unit vectors of a picture in the patient, LPS: to the right, down, and away from the viewer."""

    right: Array
    down: Array
    away: Array


def axes_of(view: View, volume: Volume) -> Axes:
    """Give the axes of a view of a volume."""
    if view.plane == "acquisition" or not volume.geometry.known:
        _, down, right = volume.direction
        # Columns and rows need not be at a right angle in a broken header; a picture's are.
        down = _unit(down - right * (down @ right))
        return Axes(right, down, np.cross(right, down))
    if view.plane == "oblique":
        return _oblique(np.array(view.normal, float), None if view.up is None else np.array(view.up, float))
    right, down = (np.array(axis, float) for axis in _STANDARD[view.plane])
    return Axes(right, down, np.cross(right, down))


def _oblique(normal: Array, up: Array | None) -> Axes:
    away = _unit(normal)
    if up is None:
        # Seen from the feet, the front or the left: whichever the plane is nearest to.
        largest = int(np.argmax(np.abs(away)))
        away = away if (away[largest] > 0) == (largest > 0) else -away
        up = np.array((0.0, -1.0, 0.0) if abs(away[2]) > _NEARLY_AXIAL else (0.0, 0.0, 1.0))
    down = -_unit(up - away * (up @ away))
    return Axes(np.cross(down, away), down, away)


def turned(axes: Axes, azimuth: float, elevation: float) -> Axes:
    """Walk around the patient by `azimuth` degrees (to the right in the picture), then climb by `elevation`."""
    right, down, away = axes.right, axes.down, axes.away
    a, e = np.radians(azimuth), np.radians(elevation)
    right, away = right * np.cos(a) + away * np.sin(a), away * np.cos(a) - right * np.sin(a)
    down, away = down * np.cos(e) - away * np.sin(e), away * np.cos(e) + down * np.sin(e)
    return Axes(right, down, away)


def letters(direction: Array) -> str:
    """Name a direction in the patient, e.g. ``L``, ``PH``: at most two letters, the larger part first."""
    order = sorted(range(3), key=lambda axis: -abs(direction[axis]))
    named = [ENDS[axis][int(direction[axis] > 0)] for axis in order if abs(direction[axis]) > _LETTER]
    return "".join(named[:2])


def _unit(vector: Array) -> Array:
    return vector / (float(np.linalg.norm(vector)) or 1.0)
