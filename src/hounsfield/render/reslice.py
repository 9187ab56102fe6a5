"""A volume cut along any plane, or through a slab of it: values, not yet gray levels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.render.grid import grid_of
from hounsfield.volumes.sampling import Blend, sample

if TYPE_CHECKING:
    from hounsfield.render.grid import Grid
    from hounsfield.render.view import View
    from hounsfield.volumes.volume import Volume

__all__ = ["at_time", "reslice", "times_of"]

Array = np.ndarray[Any, np.dtype[Any]]

# Pixels of a picture that are larger than voxels are the mean of at most so many points along a side.
_MOST_POINTS = 6


def reslice(volume: Volume, view: View) -> tuple[Array, Grid]:
    """Cut a volume.

    Parameters
    ----------
    volume : Volume
        Gray, or color with samples as last axis; of one in time, `view.time` says which.
    view : View
        Plane, slab and pixels; its window is not applied.

    Returns
    -------
    numpy.ndarray
        float32 ``(row, column)`` or ``(row, column, sample)`` in the unit of the volume; NaN outside it.
    Grid
        Where the pixels are.

    Raises
    ------
    UsageError
        For a time or slice that the volume does not have.

    Examples
    --------
    >>> values, grid = reslice(volume, View(plane="coronal", slab=20))  # doctest: +SKIP
    """
    grid = grid_of(view, volume)
    voxels, slope, intercept = at_time(volume, view.time)
    blend: Blend = view.blend
    if slope < 0:
        blend = {"mip": "minip", "minip": "mip", "mean": "mean"}[blend]  # type: ignore[assignment]
    nearest = view.interpolation == "nearest"
    times = 1 if nearest else _finer(grid, volume)
    fine = grid.finer(times) if times > 1 else grid
    values = sample(voxels, fine.rays(volume), (fine.rows, fine.columns), blend=blend, nearest=nearest)
    if (slope, intercept) != (1.0, 0.0):
        values *= np.float32(slope)
        values += np.float32(intercept)
    return (_mean(values, times) if times > 1 else values), grid


def at_time(volume: Volume, time: int = 1) -> tuple[Array, float, float]:
    """Give the voxels of one time, ``(slice, row, column)`` (and sample), with their slope and intercept.

    Raises
    ------
    UsageError
        When the volume does not have that time.
    """
    uniform = volume.uniform
    array = volume.stored if uniform else volume.array
    kept = 3 + ("sample" in volume.axes)
    times = array.reshape(-1, *array.shape[array.ndim - kept :])
    if time > len(times):
        axis = volume.axes[0] if array.ndim > kept else "time"
        raise UsageError(f"there is no {axis} {time}: the volume has {len(times)}")
    found: Array = times[time - 1]
    return found, *((volume.slopes[0], volume.intercepts[0]) if uniform else (1.0, 0.0))


def times_of(volume: Volume) -> int:
    """Count the times, echoes or whatever its first axis is; 1 where it has none."""
    kept = 3 + ("sample" in volume.axes)
    return math.prod(volume.shape[: len(volume.shape) - kept])


def _finer(grid: Grid, volume: Volume) -> int:
    """Points along a side of a pixel, so that no voxel is passed over."""
    rays = grid.rays(volume)
    largest = max(np.abs(rays.right).max(), np.abs(rays.down).max())
    return int(min(_MOST_POINTS, max(1, np.floor(largest + 0.5))))


def _mean(values: Array, times: int) -> Array:
    rows, columns = values.shape[0] // times, values.shape[1] // times
    blocks = values.reshape(rows, times, columns, times, *values.shape[2:])
    inside = ~np.isnan(blocks)
    sums = np.where(inside, blocks, 0).sum(axis=(1, 3), dtype=np.float32)
    with np.errstate(invalid="ignore"):
        mean: Array = sums / inside.sum(axis=(1, 3))
    return mean.astype(np.float32)
