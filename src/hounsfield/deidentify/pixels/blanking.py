"""Blanking rectangles of frames in the darkest value that the image has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError
from hounsfield.pixels.palette import palette_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.deidentify.pixels.boxes import Box
    from hounsfield.pixels.image import Image

__all__ = ["black_of", "blanked"]

Array = np.ndarray[Any, np.dtype[Any]]


def black_of(image: Image, stored: Array) -> int:
    """Give the stored value that is shown darkest, of those that the frame has, or of the palette."""
    layout = image.layout
    if layout.samples > 1:
        return 0
    if layout.photometric == "PALETTE COLOR":
        present = np.unique(stored)
        try:
            colors = palette_of(image.dataset, layout, name=image.name)(present)
        except HounsfieldError:
            return int(present[0])
        return int(present[int(colors.astype(np.int64).sum(axis=-1).argmin())])
    return int(stored.max() if layout.photometric == "MONOCHROME1" else stored.min())


def blanked(image: Image, stored: Array, boxes: Iterable[Box]) -> Array:
    """Give the frame with `boxes` blanked."""
    made = stored.copy()
    black = black_of(image, stored)
    for box in boxes:
        made[box.y : box.bottom, box.x : box.right] = black
    return made
