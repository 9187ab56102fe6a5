"""Which sides of the patient a frame shows (PS3.3 C.7.6.2, C.7.6.1.1.1), and where its plane is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.header import groups, items, said
from hounsfield.render.planes import ENDS, letters

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["Sides", "hanging_of", "position_text", "sides_of"]

Array = np.ndarray[Any, np.dtype[Any]]

# What each side of a picture shows: left, right, top, bottom.
Sides = dict[str, str]

# The cosine of 26 degrees: head scans are tilted by as much, and still called axial.
_FACING = 0.9
_OPPOSITE = str.maketrans("RLAPFH", "LRPAHF")


def sides_of(right: Array, down: Array) -> Sides:
    """Name the sides of a picture by the directions of its rows and columns in the patient (LPS).

    Examples
    --------
    >>> sides_of(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
    {'left': 'R', 'right': 'L', 'top': 'A', 'bottom': 'P'}
    """
    right, down = (step / (float(np.linalg.norm(step)) or 1.0) for step in (right, down))
    return {"left": letters(-right), "right": letters(right), "top": letters(-down), "bottom": letters(down)}


def position_text(point: Array, away: Array) -> str:
    """Say where a plane through `point` is, along the axis of the patient that it faces: ``H 69.0 mm``.

    Between the axes, it is only called oblique.
    """
    axis = int(np.argmax(np.abs(away)))
    if abs(away[axis]) < _FACING:
        return "oblique"
    position = float(point @ away) * float(np.sign(away[axis]))
    return f"{ENDS[axis][int(position > 0)]} {abs(position):.1f} mm"


def hanging_of(dataset: Dataset, index: int) -> tuple[Sides, str]:
    """Find what the sides of a frame show, and where it is.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    index : int
        Frame, from 0.

    Returns
    -------
    dict
        Sides, empty where nothing is known.
    str
        Position, or an empty text.
    """
    orientation = _numbers(dataset, index, ("PlaneOrientationSequence", "ImageOrientationPatient"), 6)
    if orientation is None:
        return _stated(dataset), ""
    right, down = np.array(orientation[:3]), np.array(orientation[3:])
    away = np.cross(right, down)
    length = float(np.linalg.norm(away))
    if length < 0.5:
        return {}, ""
    position = _numbers(dataset, index, ("PlanePositionSequence", "ImagePositionPatient"), 3)
    return sides_of(right, down), "" if position is None else position_text(np.array(position), away / length)


def _numbers(dataset: Dataset, index: int, names: tuple[str, str], count: int) -> list[float] | None:
    """Numbers of a functional group, or of the data set itself where it has one frame."""
    sequence, keyword = names
    holders = [item for group in groups(dataset, index) for item in items(group, sequence)[:1]]
    for holder in (*holders, dataset):
        try:
            found = [float(number) for number in said(holder, keyword) or ()]
        except (TypeError, ValueError):
            continue
        if len(found) == count and all(map(math.isfinite, found)):
            return found
    return None


def _stated(dataset: Dataset) -> Sides:
    """Patient Orientation (0020,0020): where the rows and the columns go to."""
    value = said(dataset, "PatientOrientation")
    try:
        right, down = (str(one).strip().upper() for one in value or ())
    except (TypeError, ValueError):
        return {}
    if not right or not down or not set(right + down) <= set("RLAPFH"):
        return {}
    return {"left": right.translate(_OPPOSITE), "right": right, "top": down.translate(_OPPOSITE), "bottom": down}
