"""A frame as a reader of text sees it: 8-bit RGB, at each window that may show text which another one hides."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError
from hounsfield.pixels.display import Appearance, display

if TYPE_CHECKING:
    from hounsfield.pixels.image import Image

__all__ = ["views"]

Array = np.ndarray[Any, np.dtype[Any]]

# Of the pixels, those that a window may cut off at each end.
_SHARES = (0.0, 2.0)
_SAME = 4.0


def views(image: Image, index: int, stored: Array) -> list[Array]:
    """Give the views of one frame, the window of the file first.

    Parameters
    ----------
    image : Image
        The image.
    index : int
        The frame.
    stored : numpy.ndarray
        Its stored values.

    Returns
    -------
    list of numpy.ndarray
        uint8, ``(row, column, 3)``; those that look alike are given once.
    """
    found: list[Array] = []
    appearance = Appearance(overlays=False, shutter=False, icc=False)
    # A table that cannot be used hides nothing from the other windows.
    with suppress(HounsfieldError):
        found.append(_rgb(display(image, index, appearance=appearance)))
    if stored.ndim == 2 and image.layout.photometric.startswith("MONOCHROME"):
        values = stored.astype(np.float32)
        for share in _SHARES:
            low, high = np.percentile(values, (share, 100 - share))
            if high > low:
                found.append(_rgb(np.clip((values - low) * (255 / (high - low)), 0, 255).astype(np.uint8)))
    elif not found:
        found.append(_rgb(_eight(stored)))
    kept: list[Array] = []
    for view in found:
        if all(np.abs(view.astype(np.int16) - other).mean() > _SAME for other in kept):
            kept.append(view)
    return kept


def _eight(stored: Array) -> Array:
    low, high = float(stored.min()), float(stored.max())
    made: Array = ((stored.astype(np.float32) - low) * (255 / max(high - low, 1))).astype(np.uint8)
    return made


def _rgb(shown: Array) -> Array:
    return shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, axis=-1)
