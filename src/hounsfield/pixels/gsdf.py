"""The Grayscale Standard Display Function: levels that look equally far apart on every display (PS3.14).

A P-value says how far between the darkest and the brightest that a display can show a gray should *look*, in
just-noticeable differences (JND); the display's own characteristic curve says which driving level has that luminance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hounsfield.errors import UsageError

__all__ = ["calibration", "jnd_of_luminance", "luminance_of_jnd"]

Array = np.ndarray[Any, np.dtype[Any]]

# PS3.14 Annex B: luminance of a JND index, and its inverse.
_RISING = (-1.3011877, 8.0242636e-2, 1.3646699e-1, -2.5468404e-2, 1.3635334e-3)
_FALLING = (-2.5840191e-2, -1.0320229e-1, 2.8745620e-2, -3.1978977e-3, 1.2992634e-4)
_INVERSE = (
    71.498068,
    94.593053,
    41.912053,
    9.8247004,
    0.28175407,
    -1.1878455,
    -0.18014349,
    0.14710899,
    -0.017046845,
)
_LAST = 1023.0


def luminance_of_jnd(index: Any) -> Any:
    """Give the luminance of a JND index, in cd/m2.

    Parameters
    ----------
    index : float or array_like
        1 to 1023; may lie between whole numbers.

    Examples
    --------
    >>> round(float(luminance_of_jnd(1)), 4), round(float(luminance_of_jnd(1023)), 2)
    (0.05, 3993.33)
    """
    found = np.asarray(index, np.float64)
    if not np.isfinite(found).all() or (found < 1).any() or (found > _LAST).any():
        raise UsageError("JND indices go from 1 to 1023", code="jnd")
    log = np.log(found)
    above = sum(factor * log**power for power, factor in enumerate(_RISING))
    below = 1 + sum(factor * log ** (power + 1) for power, factor in enumerate(_FALLING))
    return 10 ** (above / below)


def jnd_of_luminance(luminance: Any) -> Any:
    """Give the JND index of a luminance.

    Parameters
    ----------
    luminance : float or array_like
        0.05 to 3993.404 cd/m2.

    Examples
    --------
    >>> round(float(jnd_of_luminance(100.0)), 1)
    476.4
    """
    found = np.asarray(luminance, np.float64)
    if not np.isfinite(found).all() or (found < 0.0499).any() or (found > 3994).any():
        raise UsageError("the standard display function goes from 0.05 to 3993.4 cd/m2", code="luminance")
    log = np.log10(found)
    return sum(factor * log**power for power, factor in enumerate(_INVERSE))


def calibration(luminances: Any, *, levels: int = 256, ambient: float = 0.0) -> Array:
    """Make the table that a display needs to show P-values as the standard asks for.

    Parameters
    ----------
    luminances : array_like
        Characteristic curve: cd/m2 of each driving level from 0 on, measured; may not fall.
    levels : int
        How many P-values there are, from black to white.
    ambient : float
        Light of the room that the screen reflects, cd/m2; added to each.

    Returns
    -------
    numpy.ndarray
        uint16, `levels` long: the driving level of each P-value, whose luminance is the nearest to the one wanted.

    Raises
    ------
    UsageError
        When the curve falls, has no range, or lies outside of what the standard defines.

    Examples
    --------
    >>> gamma = 0.5 + 250 * (np.arange(256) / 255) ** 2.2
    >>> table = calibration(gamma)
    >>> int(table[0]), int(table[128]), int(table[255])
    (0, 96, 255)
    """
    curve = np.asarray(luminances, np.float64) + ambient
    if curve.ndim != 1 or not 2 <= curve.size <= 65536 or not np.isfinite(curve).all():
        raise UsageError("a characteristic curve is a luminance for each driving level, at least two", code="luminance")
    if (np.diff(curve) < 0).any() or curve[-1] <= curve[0]:
        raise UsageError(
            "a characteristic curve may not fall", hint="Sort or smooth what was measured.", code="luminance"
        )
    if not 2 <= levels <= 65536:
        raise UsageError(f"there are 2 to 65536 P-values, not {levels}")
    low, high = (float(jnd_of_luminance(end)) for end in (curve[0], curve[-1]))
    wanted = luminance_of_jnd(np.clip(np.linspace(low, high, levels), 1, _LAST))
    # The inverse is good to a tenth of a JND: black and white are what they are.
    wanted[0], wanted[-1] = curve[0], curve[-1]
    above = np.clip(np.searchsorted(curve, wanted), 1, curve.size - 1)
    nearer: Array = np.where(curve[above] - wanted < wanted - curve[above - 1], above, above - 1)
    table: Array = nearer.astype(np.uint16)
    return table
