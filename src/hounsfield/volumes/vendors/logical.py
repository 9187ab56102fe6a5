"""Gradients in the scanner's logical frame (frequency, phase, slice), turned into the patient's.

Which way each axis points depends on the plane and on the direction of phase encoding. The signs are those that
dcm2niix uses, which its authors have compared with tractography for axial slices with phase encoding along columns; it
calls the others of limited validation.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from hounsfield.volumes.geometry import normal_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Turned", "from_image", "from_logical"]

Vector = tuple[float, float, float]
# By the axis nearest to the normal (x, y, z) and whether phase is encoded along rows: signs across, down and through.
# Along rows, phase lies across and frequency down.
_SIGNS: Mapping[tuple[int, bool], Vector] = MappingProxyType(
    {
        (0, False): (1, 1, -1),
        (0, True): (1, -1, -1),
        (1, False): (-1, 1, 1),
        (1, True): (1, 1, 1),
        (2, False): (-1, -1, 1),
        (2, True): (-1, 1, 1),
    }
)


class Turned(NamedTuple):
    """A gradient in the patient's frame, and whether the signs are beyond doubt."""

    vector: Vector
    sure: bool


def from_logical(logical: Sequence[float], orientation: Sequence[float], axis: str) -> Turned | None:
    """Turn (frequency, phase, slice) into a unit vector in the patient's frame.

    Parameters
    ----------
    logical : sequence of 3 floats
        Of any length but 0.
    orientation : sequence of 6 floats
        Image Orientation (Patient).
    axis : str
        In-plane Phase Encoding Direction (0018,1312): ``COL`` or ``ROW``; otherwise there is no answer.

    Examples
    --------
    >>> from_logical((1, 0, 0), (1, 0, 0, 0, 1, 0), "COL")
    Turned(vector=(-1.0, 0.0, 0.0), sure=True)
    """
    if axis not in ("ROW", "COL", "COLUMN"):
        return None
    along_rows = axis == "ROW"
    normal = normal_of(orientation)
    plane = max(range(3), key=lambda index: abs(normal[index]))
    frequency, phase, through = logical
    first, second = (phase, frequency) if along_rows else (frequency, phase)
    across, down, slicewise = _SIGNS[plane, along_rows]
    vector = from_image((across * first, down * second, slicewise * through), orientation)
    return None if vector is None else Turned(vector, plane == 2 and not along_rows)


def from_image(vector: Sequence[float], orientation: Sequence[float]) -> Vector | None:
    """Turn a vector along (columns, rows, slices) of an image into a unit vector in the patient's frame."""
    length = math.hypot(*vector)
    if length == 0:
        return None
    axes = (orientation[:3], orientation[3:], normal_of(orientation))
    x, y, z = (sum(part * axis[index] for part, axis in zip(vector, axes, strict=True)) / length for index in range(3))
    return (x + 0.0, y + 0.0, z + 0.0)
