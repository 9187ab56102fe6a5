"""Points of a volume between its voxels: planes, slabs and rays, by the compiled core.

Rays are given in (column, row, slice) indices, so that any affine, oblique or sheared, is the caller's to apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hounsfield import _core
from hounsfield.errors import UsageError
from hounsfield.settings import threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.volumes.plane import Vector

__all__ = ["Blend", "Rays", "Transfer", "cast", "sample"]

Array = np.ndarray[Any, np.dtype[Any]]
Blend = Literal["mip", "minip", "mean"]

_SAMPLED = frozenset(("int16", "uint16", "uint8", "float32", "int8", "int32", "uint32", "float64"))
_MOST_POINTS = 8_000_000_000


@dataclass(frozen=True, slots=True)
class Rays:
    """Which points are sampled.

    Parameters
    ----------
    origin : tuple of 3 floats
        First point of the first ray, as (column, row, slice) index.
    right, down : tuple of 3 floats
        From one column, or row, of the picture to the next.
    through : tuple of 3 floats
        From one point of a ray to the next.
    steps : int
        Points of a ray, at least 1.
    """

    origin: Vector
    right: Vector
    down: Vector
    through: Vector
    steps: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """How values become light, for `cast`.

    Parameters
    ----------
    low, high : float
        Values of the first and the last entry of `table`.
    table : numpy.ndarray
        float32 ``(entry, [red, green, blue, opacity])``, 0 to 1; the opacity of one step.
    turn : sequence of 3 x 3 floats
        From a gradient along (column, row, slice) indices to one along (right, down, through).
    ambient : float
        How much of the light does not depend on the direction of a surface, 0 to 1.
    """

    low: float
    high: float
    table: Array
    turn: Sequence[Sequence[float]]
    ambient: float = 0.3


def sample(voxels: Array, rays: Rays, shape: tuple[int, int], *, blend: Blend = "mip", nearest: bool = False) -> Array:
    """Sample a volume along rays.

    Parameters
    ----------
    voxels : numpy.ndarray
        ``(slice, row, column)``, or ``(slice, row, column, sample)``.
    rays : Rays
        Which points.
    shape : tuple of 2 ints
        Rows and columns of the picture.
    blend : {'mip', 'minip', 'mean'}
        Of the points of a ray that are within half a voxel of the volume.
    nearest : bool
        Take the nearest voxel instead of interpolating, for labels.

    Returns
    -------
    numpy.ndarray
        float32 ``(row, column)`` or ``(row, column, sample)``; NaN where nothing of a ray is in the volume.
    """
    _check(shape, rays)
    array = voxels if voxels.ndim == 4 else voxels[..., np.newaxis]
    out = np.empty((*shape, array.shape[-1]), np.float32)
    _core.reslice(_plain(array), rays, blend, nearest, _threads(), out)
    return out if voxels.ndim == 4 else out[..., 0]


def cast(voxels: Array, rays: Rays, shape: tuple[int, int], transfer: Transfer) -> Array:
    """Cast rays through a volume of gray values, with light on its surfaces.

    Parameters
    ----------
    voxels : numpy.ndarray
        ``(slice, row, column)``.
    rays, shape
        As for `sample`.
    transfer : Transfer
        How values become light.

    Returns
    -------
    numpy.ndarray
        float32 ``(row, column, [red, green, blue, opacity])``, light being multiplied by opacity.
    """
    _check(shape, rays)
    out = np.empty((*shape, 4), np.float32)
    _core.cast(_plain(voxels[..., np.newaxis]), rays, transfer, _threads(), out)
    return out


def _check(shape: tuple[int, int], rays: Rays) -> None:
    points = shape[0] * shape[1] * rays.steps
    if points > _MOST_POINTS:
        raise UsageError(
            f"a picture of {shape[1]} x {shape[0]} pixels through {rays.steps} layers is too much work",
            hint="Choose a smaller size or a thinner slab.",
        )


def _plain(array: Array) -> Array:
    if array.dtype.name not in _SAMPLED or not array.dtype.isnative:
        array = array.astype(np.float32)
    return np.ascontiguousarray(array)


def _threads() -> int:
    return threads(16)
