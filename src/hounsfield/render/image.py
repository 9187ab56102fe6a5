"""A picture of one frame of an image: gray or color as its file asks for, pixels made square."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError, UsageError
from hounsfield.pixels.display import Appearance, display
from hounsfield.render.arrange import arranged, resized, squared
from hounsfield.render.hanging import hanging_of
from hounsfield.render.labels import labeled
from hounsfield.render.levels import colored
from hounsfield.render.picture import Picture
from hounsfield.render.presentation import present
from hounsfield.render.spacing import spacing_of

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.pixels.image import Image
    from hounsfield.render.view import View

__all__ = ["show"]

Array = np.ndarray[Any, np.dtype[Any]]


def show(image: Image, index: int, view: View, *, presentation: Dataset | None = None) -> Picture:
    """Render frame `index`, from 0, of an image; see `render`."""
    if not 0 <= index < image.frames:
        count = f"{image.frames} frames" if image.frames > 1 else "one frame"
        raise PixelError(f"there is no frame {index + 1}: it has {count}", where=image.name, code="no-frame")
    known, ratio = spacing_of(image.dataset, index)
    sides, caption = hanging_of(image.dataset, index)
    if view.depth == 16:
        return arranged(Picture(_kept(image, index, view), known, caption=caption), view)
    if presentation is not None:
        return present(image, index, view, presentation)
    shown = _display(image, index, view)
    if view.colors != "gray" and shown.ndim == 2:
        shown = colored(shown / np.float32(255), view.colors)
    if view.zoom > 1:
        shown = _middle(shown, view.zoom)
    shape = squared(shown.shape, known or ratio, view.size)
    if known is not None:
        known = (known[0] * shown.shape[0] / shape[0], known[1] * shown.shape[1] / shape[1])
    if not caption and image.frames > 1:
        caption = f"frame {index + 1}"
    smooth = view.interpolation == "linear"
    picture = arranged(Picture(resized(shown, shape, smooth=smooth), known, caption=caption), view)
    return labeled(picture, sides, view) if view.labels else replace(picture, caption=caption)


def _middle(array: Array, zoom: float) -> Array:
    rows, columns = (max(1, round(length / zoom)) for length in array.shape[:2])
    top, left = (array.shape[0] - rows) // 2, (array.shape[1] - columns) // 2
    return array[top : top + rows, left : left + columns]


def _kept(image: Image, index: int, view: View) -> Array:
    """Give stored values as they are."""
    if view.size is not None or view.zoom != 1:
        raise UsageError("the values of an image are kept as they are: without size and zoom", where=image.name)
    stored = image.stored(index)
    return stored if stored.dtype.itemsize <= 2 else stored.astype(np.float32)


def _display(image: Image, index: int, view: View) -> Array:
    """Gray levels or colors as the file and the view ask for."""
    appearance = Appearance(
        window=view.window, function=view.function, invert=view.invert, overlays=view.overlays, shutter=view.overlays
    )
    return display(image, index, appearance=appearance)
