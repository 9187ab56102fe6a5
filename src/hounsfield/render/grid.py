"""The pixels of a picture of a volume: how many, how large, and where each lies in the patient."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.render.planes import axes_of, turned
from hounsfield.render.view import LARGEST

if TYPE_CHECKING:
    from hounsfield.render.planes import Axes
    from hounsfield.render.view import View
    from hounsfield.volumes.sampling import Rays
    from hounsfield.volumes.volume import Volume

__all__ = ["Grid", "Place", "depths_of", "grid_of", "point_of"]

Array = np.ndarray[Any, np.dtype[Any]]

# Pixels of a picture whose size nobody asked for.
_USUAL_LARGEST = 2048
_USUAL_LEAST = 512


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture lies in the patient: LPS, mm.

    Parameters
    ----------
    origin : tuple of 3 floats
        Center of the first pixel.
    right, down : tuple of 3 floats
        From one column, or row, to the next.
    """

    origin: tuple[float, float, float]
    right: tuple[float, float, float]
    down: tuple[float, float, float]

    def pixel_of(self, point: tuple[float, float, float]) -> tuple[float, float]:
        """Give (row, column) of the pixel that a point is seen at."""
        steps = np.array((self.down, self.right)).T
        found, *_ = np.linalg.lstsq(steps, np.subtract(point, self.origin), rcond=None)
        return float(found[0]), float(found[1])


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Pixels of a picture, in the patient.

    Parameters
    ----------
    axes : Axes
        Unit vectors.
    origin : numpy.ndarray
        Center of the first pixel, on the plane itself.
    pixel : float
        Size of a pixel, mm; pixels are square.
    rows, columns : int
        How many.
    depths : tuple of 3 numbers
        First layer, distance of layers in mm, number of layers, along `axes.away`.
    """

    axes: Axes
    origin: Array
    pixel: float
    rows: int
    columns: int
    depths: tuple[float, float, int]

    @property
    def place(self) -> Place:
        """Where the picture lies."""
        right, down = self.axes.right * self.pixel, self.axes.down * self.pixel
        return Place(_floats(self.origin), _floats(right), _floats(down))

    def finer(self, times: int) -> Grid:
        """Give the same picture with each pixel divided into `times` x `times`."""
        pixel = self.pixel / times
        corner = self.origin - (self.axes.right + self.axes.down) * (self.pixel - pixel) / 2
        return Grid(self.axes, corner, pixel, self.rows * times, self.columns * times, self.depths)

    def rays(self, volume: Volume) -> Rays:
        """Express the grid in indices of a volume."""
        from hounsfield.volumes.sampling import Rays

        inverse = inverse_of(volume)
        start, step, count = self.depths
        first = inverse @ np.append(self.origin + self.axes.away * start, 1.0)
        turn = inverse[:3, :3]
        return Rays(
            _floats(first[:3]),
            _floats(turn @ self.axes.right * self.pixel),
            _floats(turn @ self.axes.down * self.pixel),
            _floats(turn @ self.axes.away * step),
            count,
        )


def inverse_of(volume: Volume) -> Array:
    """Give 4x4, from LPS in mm to (column, row, slice) indices.

    Raises
    ------
    UsageError
        When the axes of the volume lie in one plane.
    """
    try:
        inverse = np.linalg.inv(volume.affine)
    except np.linalg.LinAlgError:
        inverse = np.full((4, 4), np.nan)
    if not np.isfinite(inverse).all():
        raise UsageError("the volume is flat: its slices, rows and columns do not span a space")
    return inverse


def point_of(view: View, volume: Volume) -> Array:
    """Give the point that the plane of a view goes through; by default the middle voxel of the volume.

    Raises
    ------
    UsageError
        When the view asks for a slice that is not there.
    """
    slices, rows, columns = _lengths(volume)
    index = [columns // 2, rows // 2, slices // 2]
    if view.plane == "acquisition" and view.frame is not None:
        if view.frame > slices:
            raise UsageError(f"there is no slice {view.frame}: the volume has {slices}")
        index[2] = view.frame - 1
    elif view.point is not None:
        return np.array(view.point)
    point: Array = (volume.affine @ np.array([*index, 1.0]))[:3]
    return point


def grid_of(view: View, volume: Volume) -> Grid:
    """Lay the pixels of a view over a volume."""
    axes = axes_of(view, volume)
    low, high = _extent(volume, axes)
    if view.rendering is not None:
        axes, low, high = _room_to_turn(volume, axes, view.turn)
    point = point_of(view, volume)
    center = (low + high) / 2
    chosen = view.center if view.center is not None else view.point if view.zoom > 1 else None
    if chosen is not None:
        center[:2] = np.array(chosen) @ axes.right, np.array(chosen) @ axes.down
    width, height = ((high - low) / view.zoom)[:2]
    pixel, columns, rows = _pixels(view, volume, axes, (float(width), float(height)))
    depth = point @ axes.away
    left, top = center[:2] - np.array((columns - 1, rows - 1)) * pixel / 2
    origin = axes.right * left + axes.down * top + axes.away * depth
    depths = _depths(view, volume, axes, (low[2] - depth, high[2] - depth))
    return Grid(axes, origin, pixel, rows, columns, depths)


def _room_to_turn(volume: Volume, axes: Axes, turn: tuple[float, float]) -> tuple[Axes, Array, Array]:
    """Give axes and ends of a body that is looked at: its picture stays as large when one walks around it."""
    low, high = _extent(volume, axes)
    half, middle = (high - low) / 2, (low + high) / 2
    center = axes.right * middle[0] + axes.down * middle[1] + axes.away * middle[2]
    axes = turned(axes, *turn)
    low, high = _extent(volume, axes)
    climb = math.radians(turn[1])
    wide = math.hypot(half[0], half[2])
    tall = half[1] * abs(math.cos(climb)) + wide * abs(math.sin(climb))
    for axis, (direction, length) in enumerate(((axes.right, wide), (axes.down, tall))):
        low[axis], high[axis] = center @ direction - length, center @ direction + length
    return axes, low, high


def depths_of(view: View, volume: Volume) -> list[tuple[float, float, float]]:
    """Give points of parallel planes, from one end of a volume to the other, a voxel or a slab apart."""
    axes = axes_of(view, volume)
    low, high = _extent(volume, axes)
    step = max(_voxel(inverse_of(volume)[:3, :3], axes.away), 0.0 if view.slab == "all" else float(view.slab))
    count = max(1, math.floor(float(high[2] - low[2]) / step + 1e-6)) if view.slab != "all" else 1
    middle = (low + high) / 2
    first = float(middle[2]) - step * (count - 1) / 2
    flat = axes.right * middle[0] + axes.down * middle[1]
    return [_floats(flat + axes.away * (first + step * number)) for number in range(count)]


def _extent(volume: Volume, axes: Axes) -> tuple[Array, Array]:
    """Outermost places of a volume along the axes of a picture."""
    ends = [(-0.5, length - 0.5) for length in _lengths(volume)[::-1]]
    corners = np.array([[*corner, 1.0] for corner in itertools.product(*ends)])
    placed = (volume.affine @ corners.T)[:3].T @ np.array((axes.right, axes.down, axes.away)).T
    if not np.isfinite(placed).all():
        raise UsageError("the volume has no place: its affine is not made of numbers")
    return placed.min(axis=0), placed.max(axis=0)


def _pixels(view: View, volume: Volume, axes: Axes, field: tuple[float, float]) -> tuple[float, int, int]:
    width, height = field
    longest = max(width, height)
    if view.size is not None:
        pixel = longest / view.size
    else:
        inverse = inverse_of(volume)[:3, :3]
        pixel = min(_voxel(inverse, axes.right), _voxel(inverse, axes.down)) / view.zoom
        pixel = max(pixel, longest / _USUAL_LARGEST)
        if view.plane != "acquisition" and view.depth == 8:
            # Between voxels, pixels may be of any size: of one that is good to look at.
            pixel = min(pixel, longest / _USUAL_LEAST)
    columns, rows = (max(1, min(LARGEST, math.floor(length / pixel + 0.5))) for length in field)
    return pixel, columns, rows


def _voxel(inverse: Array, direction: Array) -> float:
    """Millimeters along a direction in which no index grows by more than 1."""
    return 1.0 / float(np.abs(inverse @ direction).max())


def _depths(view: View, volume: Volume, axes: Axes, ends: tuple[float, float]) -> tuple[float, float, int]:
    """Lay layers through a slab: one lies on the plane itself, so that slices are met, not passed between."""
    step = _voxel(inverse_of(volume)[:3, :3], axes.away)
    if view.rendering is not None:
        step /= 2 if view.rendering != "mip" else 1
    elif view.slab != "all":
        half = float(view.slab) / 2
        ends = (max(-half, ends[0]), min(half, ends[1]))
    first, last = math.ceil(ends[0] / step - 1e-6), math.floor(ends[1] / step + 1e-6)
    if view.rendering is None and view.slab != "all" and (first > last or not view.slab):
        first = last = 0
    return first * step, step, max(1, last - first + 1)


def _lengths(volume: Volume) -> tuple[int, int, int]:
    slices, rows, columns = volume.shape[len(volume.axes) - 3 - ("sample" in volume.axes) :][:3]
    return slices, rows, columns


def _floats(vector: Array) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in vector)
    return x, y, z
