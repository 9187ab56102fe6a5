"""Small volumes whose values are known everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from hounsfield.volumes.geometry import Geometry
from hounsfield.volumes.volume import Volume

Array = np.ndarray[Any, np.dtype[Any]]

# Steps of a column, a row and a slice, in the columns of each matrix: oblique, of unequal spacing, and leaning.
ROTATION = np.array([[0.8, -0.48, 0.36], [0.6, 0.64, -0.48], [0.0, 0.6, 0.8]])
OBLIQUE = ROTATION @ np.diag([0.7, 1.1, 2.5])
LEANING = np.array([[0.7, 0.0, 0.0], [0.0, 1.1, 0.9], [0.0, 0.0, 2.5]])
ORIGIN = (-12.0, 30.0, -55.0)


def volume(array: Array, steps: Array, *, unit: str = "HU", rescale: tuple[float, float] = (1.0, 0.0)) -> Volume:
    column, row, along = (tuple(float(value) for value in step) for step in steps.T)
    geometry = Geometry(ORIGIN, column, row, along)  # type: ignore[arg-type]
    axes = ("time", "slice", "row", "column")[4 - array.ndim :]
    return Volume(array, (rescale[0],), (rescale[1],), geometry, axes, unit)


def noise(shape: tuple[int, ...] = (14, 20, 17)) -> Array:
    return np.random.default_rng(7).integers(-1000, 2000, shape).astype(np.int16)


def ramp(steps: Array, shape: tuple[int, int, int] = (14, 20, 17)) -> tuple[Array, Array]:
    """Values that grow evenly through space, which trilinear sampling keeps; and by how much per mm."""
    slope = np.array([1.5, -2.0, 3.0])
    slices, rows, columns = np.meshgrid(*map(np.arange, shape), indexing="ij")
    points = np.stack((columns, rows, slices), axis=-1) @ steps.T + ORIGIN
    return (points @ slope).astype(np.float32), slope
