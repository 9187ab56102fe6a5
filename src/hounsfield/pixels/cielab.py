"""Colors as headers write them, CIELab in three words (PS3.3 C.10.7.1.1), as sRGB."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["srgb_of"]

# From XYZ with the white of D50, which ICC's connection space has, to linear sRGB (W3C CSS Color 4, 17: Bradford).
_LINEAR = (
    (3.1341359569958707, -1.6173863321612538, -0.4906619460083532),
    (-0.978795502912089, 1.916254567259524, 0.03344273116131949),
    (0.07195537988411677, -0.2289768264158322, 1.405386058324125),
)
_WHITE = (0.3457 / 0.3585, 1.0, (1.0 - 0.3457 - 0.3585) / 0.3585)


def srgb_of(words: Any) -> tuple[int, int, int] | None:
    """Give the 8-bit sRGB of a color.

    Parameters
    ----------
    words : sequence of int
        L*, a* and b*: 0 to 65535 stand for 0 to 100, and for -128 to 127.

    Returns
    -------
    tuple of int or None
        Red, green, blue; `None` where there are not three numbers.

    Examples
    --------
    >>> srgb_of([65535, 0x8080, 0x8080]), srgb_of([0, 0x8080, 0x8080]), srgb_of(None)
    ((255, 255, 255), (0, 0, 0), None)
    """
    try:
        light, green_red, blue_yellow = (float(int(word) & 0xFFFF) for word in words)
    except (TypeError, ValueError):
        return None
    middle = (light / 655.35 + 16) / 116
    parts = np.array((middle + (green_red / 257 - 128) / 500, middle, middle - (blue_yellow / 257 - 128) / 200))
    # CIE 15: a straight line below the cube root of 216/24389.
    parts = np.where(parts > 6 / 29, parts**3, (116 * parts - 16) * 27 / 24389)
    linear = np.clip(np.array(_LINEAR) @ (parts * _WHITE), 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (round(float(one) * 255) for one in coded)
    return red, green, blue
