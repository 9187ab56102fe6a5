"""The window of a volume, and gray levels as colors of the well-known palettes (PS3.6 B)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError, UsageError
from hounsfield.pixels.window import PRESETS, parse_window, window_around, windows_of

if TYPE_CHECKING:
    from hounsfield.render.view import View
    from hounsfield.volumes.volume import Volume

__all__ = ["COLORS", "asked_window", "colored", "window_of"]

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
            return PRESETS["soft-tissue"]
    return _automatic(volume, view)


def asked_window(view: View) -> tuple[float, float] | None:
    """Give center and width that a view names; `None` where it leaves them to the file or to the values.

    Raises
    ------
    UsageError
        For a preset that is not known.
    """
    found = parse_window(view.window) if isinstance(view.window, str) else view.window
    return None if found is None or found == "auto" else (found[0], found[1])


def _stated(volume: Volume) -> tuple[float, float] | None:
    """Window Center and Width of the file that the middle slice is from."""
    from hounsfield.files.read import read

    if not volume.sources:
        return None
    try:
        dataset = read(volume.sources[len(volume.sources) // 2].path, stop_before_pixels=True, issues=[])
    except (HounsfieldError, OSError):
        return None
    found = windows_of(dataset, 0)
    return (found[0].center, found[0].width) if found else None


def _automatic(volume: Volume, view: View) -> tuple[float, float]:
    """Choose a window from a part of the values."""
    from hounsfield.render.reslice import at_time

    voxels, slope, intercept = at_time(volume, view.time)
    thin = voxels[tuple(slice(None, None, max(1, length // 96)) for length in voxels.shape[:3])]
    return window_around(thin.astype(np.float64) * slope + intercept)


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
