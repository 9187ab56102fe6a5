"""Small words in a picture: where the patient's sides are, and the position. Nothing of the patient's identity."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from hounsfield.render.hanging import Sides
    from hounsfield.render.picture import Picture
    from hounsfield.render.view import View

__all__ = ["font_of", "labeled", "sides_after", "written"]


Array = np.ndarray[Any, np.dtype[Any]]

_INK = (235, 235, 235)
_SHADE = (0, 0, 0)


# Letters cover too much of a smaller picture.
_LEAST = 128


def labeled(picture: Picture, sides: Sides, view: View) -> Picture:
    """Write the sides of the patient, and the caption, into a picture that has been arranged as its view says."""
    if min(picture.array.shape[:2]) < _LEAST:
        return picture
    return replace(picture, array=written(picture.array, {**sides_after(sides, view), "corner": picture.caption}))


def sides_after(sides: Sides, view: View) -> Sides:
    """Say what is on the sides of a picture that has been mirrored, then rotated."""
    around = ["left", "top", "right", "bottom"]
    found = {**sides}
    if view.flip_horizontal and sides:
        found["left"], found["right"] = found["right"], found["left"]
    if view.flip_vertical and sides:
        found["top"], found["bottom"] = found["bottom"], found["top"]
    # A quarter turn clockwise brings the left side to the top.
    steps = view.rotate // 90
    return {around[(place + steps) % 4]: found[side] for place, side in enumerate(around) if side in found}


def written(array: Array, texts: dict[str, str], *, height: int | None = None) -> Array:
    """Write texts into a picture of 8 bit.

    Parameters
    ----------
    array : numpy.ndarray
        ``(row, column)`` or ``(row, column, 3)``; is not changed.
    texts : dict
        Where (``left``, ``right``, ``top``, ``bottom``, ``corner``: lower left) and what.
    height : int, optional
        Of the letters in pixels; by default a thirtieth of the picture.
    """
    from PIL import Image, ImageDraw

    rows, columns = array.shape[:2]
    size = height or max(11, min(28, min(rows, columns) // 28))
    font = font_of(size)
    picture = Image.fromarray(np.ascontiguousarray(array))
    draw = ImageDraw.Draw(picture)
    ink, shade = (_INK[0], _SHADE[0]) if array.ndim == 2 else (_INK, _SHADE)
    edge = max(3, size // 3)
    places = {
        "left": ((edge, rows / 2), "lm"),
        "right": ((columns - edge, rows / 2), "rm"),
        "top": ((columns / 2, edge), "mt"),
        "bottom": ((columns / 2, rows - edge), "mb"),
        "corner": ((edge, rows - edge), "lb"),
    }
    for where, text in texts.items():
        at, anchor = places[where]
        if draw.textlength(text, font=font) <= columns - 2 * edge:
            draw.text(at, text, fill=ink, font=font, anchor=anchor, stroke_width=max(2, size // 8), stroke_fill=shade)
    return np.asarray(picture)


@cache
def font_of(size: int) -> FreeTypeFont | ImageFont:
    """Give the letters that come with Pillow, so high in pixels."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
