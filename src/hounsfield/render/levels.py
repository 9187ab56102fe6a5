"""Values of a volume as gray levels or colors: window (PS3.3 C.11.2), inversion, palettes (PS3.6 B)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError, UsageError
from hounsfield.render.header import said

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.render.view import View
    from hounsfield.volumes.volume import Volume

__all__ = ["COLORS", "asked_window", "colored", "levels_of", "window_around", "window_of", "window_stated"]

Array = np.ndarray[Any, np.dtype[Any]]

# The palettes of PS3.6 Annex B by their UIDs; pydicom has their tables.
COLORS = {
    "gray": "",
    "hot-iron": "1.2.840.10008.1.5.1",
    "pet": "1.2.840.10008.1.5.2",
    "hot-metal-blue": "1.2.840.10008.1.5.3",
    "pet-20-step": "1.2.840.10008.1.5.4",
    "spring": "1.2.840.10008.1.5.5",
    "summer": "1.2.840.10008.1.5.6",
    "fall": "1.2.840.10008.1.5.7",
    "winter": "1.2.840.10008.1.5.8",
}
_PRESETS = {
    "soft-tissue": (40.0, 400.0),
    "lung": (-600.0, 1500.0),
    "bone": (400.0, 1800.0),
    "brain": (40.0, 80.0),
}


def window_of(volume: Volume, view: View) -> tuple[float, float]:
    """Give center and width of the window that a volume is shown with.

    In this order: what the view says; what the file of the middle slice says; soft tissue for Hounsfield units; from
    what values there are.

    Raises
    ------
    UsageError
        For a preset that is not known.
    """
    asked = asked_window(view)
    if asked is not None:
        return asked
    if view.window is None:
        found = _stated(volume)
        if found is not None:
            return found
        if volume.unit == "HU":
            return _PRESETS["soft-tissue"]
    return _automatic(volume, view)


def asked_window(view: View) -> tuple[float, float] | None:
    """Give center and width that a view names; `None` where it leaves them to the file or to the values.

    Raises
    ------
    UsageError
        For a preset that is not known.
    """
    if view.window is None or view.window == "auto":
        return None
    return _named(view.window) if isinstance(view.window, str) else view.window


def _named(text: str) -> tuple[float, float]:
    if text in _PRESETS:
        return _PRESETS[text]
    center, slash, width = text.partition("/")
    try:
        numbers = float(center), float(width)
    except ValueError:
        numbers = float("nan"), 0.0
    if not slash or not np.isfinite(numbers).all() or numbers[1] <= 0:
        raise UsageError(
            f"{text!r} is not a window",
            hint=f"Center/width such as 40/400, auto, or one of {', '.join(_PRESETS)}.",
        )
    return numbers


def _stated(volume: Volume) -> tuple[float, float] | None:
    """Window Center and Width of the file that the middle slice is from."""
    from hounsfield.files.read import read

    if not volume.sources:
        return None
    try:
        dataset = read(volume.sources[len(volume.sources) // 2].path, stop_before_pixels=True, issues=[])
    except (HounsfieldError, OSError):
        return None
    return window_stated(dataset)


def window_stated(dataset: Dataset) -> tuple[float, float] | None:
    """Give the first Window Center and Width (0028,1050), (0028,1051) of a header, where they mean something."""
    try:
        center, width = (float(np.atleast_1d(said(dataset, f"Window{part}"))[0]) for part in ("Center", "Width"))
    except (ValueError, TypeError, IndexError):
        return None
    return (center, width) if np.isfinite([center, width]).all() and width >= 1 else None


def _automatic(volume: Volume, view: View) -> tuple[float, float]:
    """Choose a window from a part of the values."""
    from hounsfield.render.reslice import at_time

    voxels, slope, intercept = at_time(volume, view.time)
    thin = voxels[tuple(slice(None, None, max(1, length // 96)) for length in voxels.shape[:3])]
    return window_around(thin.astype(np.float64) * slope + intercept)


def window_around(values: Array) -> tuple[float, float]:
    """Give the window of nearly all values (99 of 100) that are not background, the least value."""
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.5, 1.0
    background = values.min()
    inside = values[values > background]
    low, high = np.percentile(inside if inside.size > values.size // 50 else values, (0.5, 99.5))
    if inside.size and (values == background).mean() > 0.2:
        low = min(low, background)
    return (float(low + high) / 2, max(float(high - low), 1e-6)) if high > low else (float(low), 1.0)


def levels_of(values: Array, window: tuple[float, float], function: str | None = None) -> Array:
    """Give the level of each value, 0 to 1 as float32: what lies outside (NaN) is 0.

    Parameters
    ----------
    values : numpy.ndarray
        Of any shape.
    window : tuple of 2 floats
        Center and width.
    function : {'linear', 'linear-exact', 'sigmoid'}, optional
        PS3.3 C.11.2.1.2, C.11.2.1.3.
    """
    center, width = window
    values = values.astype(np.float32, copy=True)
    if function == "sigmoid":
        with np.errstate(over="ignore"):
            levels: Array = 1 / (1 + np.exp(-4 * (values - center) / width))
    elif function == "linear-exact" or width <= 1:
        levels = (values - np.float32(center)) / np.float32(width) + np.float32(0.5)
    else:
        levels = (values - np.float32(center - 0.5)) / np.float32(width - 1) + np.float32(0.5)
    np.nan_to_num(levels, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
    return np.clip(levels, 0, 1, out=levels)


def colored(levels: Array, colors: str) -> Array:
    """Turn levels from 0 to 1 into 8 bit: gray ``(row, column)``, or RGB ``(row, column, 3)`` by a palette.

    Raises
    ------
    UsageError
        For a palette that is not known.
    """
    gray: Array = (levels * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    table = _palette(colors)
    if table is None:
        return gray
    found: Array = table[gray]
    return found


@cache
def _palette(colors: str) -> Array | None:
    """256 x 3 table of a palette; `None` for gray."""
    if colors not in COLORS:
        raise UsageError(f"there are no colors {colors!r:.40}", hint=f"Colors: {', '.join(COLORS)}.")
    if colors == "gray":
        return None
    from pydicom.pixels.processing import apply_color_lut

    indices = np.arange(256, dtype=np.uint8).reshape(1, 256)
    table: Array = apply_color_lut(indices, palette=COLORS[colors])[0].astype(np.uint8)
    return table
