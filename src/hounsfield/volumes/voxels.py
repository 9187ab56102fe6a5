"""The values of a volume in pieces, so that a writer never holds a second copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.volumes.rescale import to_float

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.volumes.volume import Volume

__all__ = ["blocks", "plane_count", "value_dtype"]

Array = np.ndarray[Any, np.dtype[Any]]

_BLOCK = 1 << 20


def value_dtype(volume: Volume) -> np.dtype[Any]:
    """Give the type of `Volume.array`, little endian, without computing it."""
    return (volume.stored.dtype if volume.exact else np.dtype(np.float32)).newbyteorder("<")


def plane_count(volume: Volume) -> int:
    """Count the planes: the product of all axes before row and column."""
    count = 1
    for axis, length in zip(volume.axes, volume.shape, strict=True):
        if axis not in ("row", "column", "sample"):
            count *= length
    return count


def blocks(
    volume: Volume, *, size: int = _BLOCK, planes: range | None = None, rescaled: bool = True
) -> Iterator[tuple[int, Array]]:
    """Give physical values as stretches of whole planes.

    Parameters
    ----------
    volume : Volume
        What to read.
    size : int
        About how many bytes of stored values a stretch has; at least one plane.
    planes : range, optional
        Only these, one after the other.
    rescaled : bool
        Give stored values instead where this is false.

    Yields
    ------
    int
        Index of the first plane.
    numpy.ndarray
        ``(plane, row, column)`` or ``(plane, row, column, sample)``, of `value_dtype`.
    """
    convert = rescaled and not volume.exact
    dtype = value_dtype(volume) if rescaled else volume.stored.dtype.newbyteorder("<")
    chosen = range(plane_count(volume)) if planes is None else planes
    for start, stored in _stored(volume, chosen, size):
        piece = stored
        if convert:
            several = slice(start, start + len(stored)) if len(volume.slopes) > 1 else slice(None)
            piece = to_float(stored, volume.slopes[several], volume.intercepts[several])
        yield start, piece.astype(dtype, copy=False)


def _stored(volume: Volume, planes: range, size: int) -> Iterator[tuple[int, Array]]:
    """Give stored values: of the array, or from the files where the volume is a stream."""
    stream = getattr(volume.stored, "blocks", None)
    if stream is not None:
        yield from stream(planes, size)
        return
    every = volume.stored.reshape(plane_count(volume), *volume.shape[volume.axes.index("row") :])
    step = max(1, size // max(1, every[:1].nbytes))
    for start in range(planes.start, planes.stop, step):
        yield start, every[start : min(start + step, planes.stop)]
