"""YBR color as RGB (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["to_rgb"]

_MATRIX = ((1.0, 0.0, 1.402), (1.0, -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587), (1.0, 1.772, 0.0))


def to_rgb(pixels: np.ndarray[Any, np.dtype[Any]], photometric: str) -> np.ndarray[Any, np.dtype[Any]]:
    """Convert full-range YBR to RGB.

    Parameters
    ----------
    pixels : numpy.ndarray
        ``(…, 3)`` of 8-bit samples; anything else, and color that is RGB already, is returned as it is.
    photometric : str
        Photometric Interpretation (0028,0004).

    Returns
    -------
    numpy.ndarray
        ``(…, 3)``, 8 bit.

    Examples
    --------
    >>> to_rgb(np.array([[76, 85, 255]], dtype="u1"), "YBR_FULL").tolist()
    [[254, 0, 0]]
    """
    if photometric not in ("YBR_FULL", "YBR_FULL_422") or pixels.shape[-1] != 3 or pixels.dtype.itemsize != 1:
        return pixels
    values = pixels.astype(np.float32)
    values[..., 1:] -= 128
    converted = values @ np.array(_MATRIX, dtype=np.float32).T
    rounded: np.ndarray[Any, np.dtype[Any]] = np.clip(np.rint(converted), 0, 255).astype(np.uint8)
    return rounded
