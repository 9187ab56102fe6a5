"""Stored values as physical ones (PS3.3 C.11.1): exactly in the stored width where possible, otherwise float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.pixels.layout import Layout
    from hounsfield.volumes.plane import Plane

__all__ = ["Rescale", "integer_dtype", "plan", "to_float"]

Array = np.ndarray[Any, np.dtype[Any]]


class Rescale(NamedTuple):
    """How a stack is rescaled.

    Parameters
    ----------
    slopes, intercepts : tuple of float
        Of each plane; of length 1 where all are the same.
    offset : int
        The whole intercept to be added while gathering; 0 where there is none or it is not whole.
    whole : bool
        Whether integers stay integers: slope 1 and a whole intercept for all.
    """

    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]
    offset: int
    whole: bool


def plan(planes: Sequence[Plane], layout: Layout) -> Rescale:
    """Decide how the planes of a stack are rescaled, before their pixels are known."""
    pairs = {(plane.slope, plane.intercept) for plane in planes}
    if len(pairs) > 1:
        return Rescale(
            tuple(plane.slope for plane in planes), tuple(plane.intercept for plane in planes), 0, whole=False
        )
    slope, intercept = next(iter(pairs))
    whole = slope == 1 and intercept == int(intercept) and abs(intercept) < 1 << 31 and not layout.float
    return Rescale((slope,), (intercept,), int(intercept) if whole else 0, whole)


def integer_dtype(layout: Layout, low: int, high: int) -> str | None:
    """Find the integer type of the stored width that holds `low` to `high`; ``None`` where neither does.

    The stored signedness is kept where it fits.
    """
    width = layout.bits_allocated
    ranges = {"i": (-(1 << (width - 1)), (1 << (width - 1)) - 1), "u": (0, (1 << width) - 1)}
    for kind in "iu" if layout.signed else "ui":
        least, most = ranges[kind]
        if least <= low and high <= most:
            return f"{kind}{width // 8}"
    return None


def to_float(stored: Array, slopes: Sequence[float], intercepts: Sequence[float]) -> Array:
    """Rescale to float32, plane by plane.

    Parameters
    ----------
    stored : numpy.ndarray
        ``(plane, …)``.
    slopes, intercepts : sequence of float
        One for each plane, or one for all.

    Returns
    -------
    numpy.ndarray
        float32, of the same shape; each value is rounded once.
    """
    out = np.empty(stored.shape, np.float32)
    for index, plane in enumerate(stored):
        which = index if len(slopes) > 1 else 0
        out[index] = plane * np.float64(slopes[which]) + np.float64(intercepts[which])
    return out
