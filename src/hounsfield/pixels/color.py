"""YBR color as RGB (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["to_rgb"]

# ITU-R BT.601, full range.
_MATRIX = ((1.0, 0.0, 1.402), (1.0, -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587), (1.0, 1.772, 0.0))
_FULL, _PARTIAL = ("YBR_FULL", "YBR_FULL_422"), ("YBR_PARTIAL_422", "YBR_PARTIAL_420")


def to_rgb(
    pixels: np.ndarray[Any, np.dtype[Any]], photometric: str, *, bits: int = 8
) -> np.ndarray[Any, np.dtype[Any]]:
    """Convert YBR to RGB.

    Parameters
    ----------
    pixels : numpy.ndarray
        ``(…, 3)`` of unsigned samples; anything else, and color that is RGB already, is returned as it is.
    photometric : str
        Photometric Interpretation (0028,0004).
    bits : int
        Bits Stored (0028,0101): half of the range is no color.

    Returns
    -------
    numpy.ndarray
        ``(…, 3)`` of the same type.

    Examples
    --------
    >>> to_rgb(np.array([[76, 85, 255]], dtype="u1"), "YBR_FULL").tolist()
    [[254, 0, 0]]
    """
    if photometric not in _FULL + _PARTIAL or pixels.shape[-1] != 3 or pixels.dtype.kind != "u":
        return pixels
    values: np.ndarray[Any, np.dtype[Any]] = pixels.astype(np.float32 if bits <= 16 else np.float64)
    values[..., 1:] -= 1 << (bits - 1)
    if photometric in _PARTIAL:
        # Black is 16 and white 235 of 255; differences span 224 (PS3.3 C.7.6.3.1.2).
        unit = (1 << bits) / 256
        values[..., 0] = (values[..., 0] - 16 * unit) * (255 / 219)
        values[..., 1:] *= 255 / 224
    converted = values @ np.array(_MATRIX, dtype=values.dtype).T
    np.rint(converted, out=converted)
    np.clip(converted, 0, (1 << bits) - 1, out=converted)
    rounded: np.ndarray[Any, np.dtype[Any]] = converted.astype(pixels.dtype)
    return rounded
