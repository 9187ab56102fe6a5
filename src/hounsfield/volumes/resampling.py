"""A straight, evenly spaced volume from a tilted or uneven one, by linear interpolation; only on request.

Tilted stacks are shifted slice by slice within their plane; the grid grows so that nothing is cut off. Uneven stacks
are interpolated along the normal to their smallest distance. What lies outside of the data gets its least value.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import GeometryError, Issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.volumes.geometry import Geometry
    from hounsfield.volumes.volume import Volume

__all__ = ["equalize", "straighten"]

Array = np.ndarray[Any, np.dtype[Any]]
# Of a voxel: smaller shifts are none.
_SMALL = 1e-4
_MOST_TIMES = 16


def straighten(volume: Volume) -> Volume:
    """Remove the shear of a tilted stack.

    Parameters
    ----------
    volume : Volume
        Any volume; one that is straight is returned as it is.

    Returns
    -------
    Volume
        With slices along their normal, and an issue ``resampled``.

    Raises
    ------
    GeometryError
        When the straight grid would be many times as large as the stack.
    """
    geometry = volume.geometry
    x, y = np.array(geometry.column_step), np.array(geometry.row_step)
    step = np.array(geometry.slice_step)
    slices = volume.shape[volume.axes.index("slice")]
    across = float(step @ x / (x @ x))
    down = float(step @ y / (y @ y))
    if slices < 2 or max(abs(across), abs(down)) * (slices - 1) < _SMALL:
        return volume
    array = np.moveaxis(volume.array, volume.axes.index("slice"), 0)
    leading = array.ndim - 3 - ("sample" in volume.axes)
    rows_axis = 1 + leading
    lowest = (min(0.0, down * (slices - 1)), min(0.0, across * (slices - 1)))
    grow = tuple(math.ceil(abs(shift) * (slices - 1)) for shift in (down, across))
    shape = list(array.shape)
    shape[rows_axis] += grow[0]
    shape[rows_axis + 1] += grow[1]
    _check(math.prod(shape), array.size, volume)
    out = np.empty(shape, array.dtype)
    fill = array.min()
    for index, plane in enumerate(array):
        moved = _shifted(plane, rows_axis - 1, down * index - lowest[0], grow[0], fill)
        moved = _shifted(moved, rows_axis, across * index - lowest[1], grow[1], fill)
        out[index] = _as_stored(moved, array.dtype)
    normal = step - across * x - down * y
    origin = np.array(geometry.origin) + lowest[0] * y + lowest[1] * x
    made = replace(geometry, origin=_vector(origin), slice_step=_vector(normal))
    return _with(volume, np.moveaxis(out, 0, volume.axes.index("slice")), made, "straightened: its tilt is removed")


def equalize(volume: Volume, places: Sequence[float]) -> Volume:
    """Interpolate unevenly spaced slices to an even grid.

    Parameters
    ----------
    volume : Volume
        With the slices as they are.
    places : sequence of float
        How far along the normal each slice lies, mm, rising.

    Returns
    -------
    Volume
        Spaced by the smallest distance, and an issue ``resampled``.
    """
    gaps = [after - before for before, after in pairwise(places)]
    if not gaps or max(gaps) - min(gaps) < _SMALL:
        return volume
    spacing = min(gaps)
    count = round((places[-1] - places[0]) / max(spacing, _SMALL)) + 1
    _check(count, len(places), volume)
    spacing = (places[-1] - places[0]) / (count - 1)
    array = np.moveaxis(volume.array, volume.axes.index("slice"), 0)
    out = np.empty((count, *array.shape[1:]), array.dtype)
    for index in range(count):
        at = places[0] + index * spacing
        after = min(max(int(np.searchsorted(places, at)), 1), len(places) - 1)
        share = min(max((at - places[after - 1]) / (places[after] - places[after - 1]), 0.0), 1.0)
        mixed = array[after - 1] * (1 - share) + array[after] * share
        out[index] = _as_stored(mixed, array.dtype)
    step = np.array(volume.geometry.slice_step)
    made = replace(volume.geometry, slice_step=_vector(step / np.linalg.norm(step) * spacing))
    words = f"interpolated to slices every {spacing:.4g} mm; {count - len(places)} were added"
    return _with(volume, np.moveaxis(out, 0, volume.axes.index("slice")), made, words)


def _check(wanted: int, present: int, volume: Volume) -> None:
    """Refuse grids that consist of little but what is interpolated."""
    if wanted > _MOST_TIMES * present:
        raise GeometryError(
            f"the resampled volume would be {wanted / present:.0f} times as large as the stack",
            where=volume.name,
            hint="Its positions are hardly those of one stack; load_all(..., split_gaps=True) cuts it.",
            code="not-resampled",
        )


def _shifted(plane: Array, axis: int, shift: float, grow: int, fill: Any) -> Array:
    """Move a plane along one axis by a share of a voxel, into a longer one."""
    length = plane.shape[axis]
    where = np.arange(length + grow) - shift
    low = np.floor(where).astype(int)
    share = where - low
    outside = (where < -_SMALL) | (where > length - 1 + _SMALL)
    first = np.take(plane, np.clip(low, 0, length - 1), axis)
    second = np.take(plane, np.clip(low + 1, 0, length - 1), axis)
    form = [1] * plane.ndim
    form[axis] = -1
    share = share.reshape(form)
    mixed: Array = first * (1 - share) + second * share
    return np.where(outside.reshape(form), fill, mixed)


def _as_stored(values: Array, dtype: np.dtype[Any]) -> Array:
    return np.rint(values).astype(dtype) if dtype.kind in "iu" else values.astype(dtype)


def _vector(values: Array) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _with(volume: Volume, array: Array, geometry: Geometry, words: str) -> Volume:
    note = Issue("resampled", "info", volume.name, f"{words}; values between slices are interpolated")
    return replace(
        volume,
        stored=np.ascontiguousarray(array),
        slopes=(1.0,),
        intercepts=(0.0,),
        geometry=geometry,
        sources=(),
        issues=(*volume.issues, note),
    )
