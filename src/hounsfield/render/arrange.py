"""A picture mirrored, rotated and resized, with its pixels made square."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.render.grid import Place
from hounsfield.render.view import LARGEST

if TYPE_CHECKING:
    from hounsfield.render.picture import Picture
    from hounsfield.render.view import View

__all__ = ["arranged", "resized", "squared"]

Array = np.ndarray[Any, np.dtype[Any]]


def arranged(picture: Picture, view: View) -> Picture:
    """Mirror, then rotate clockwise, as a view says; the place follows."""
    array, spacing, place = picture.array, picture.spacing, picture.place
    rows, columns = array.shape[:2]
    if view.flip_horizontal:
        array = array[:, ::-1]
        place = place and _seen(place, (0, columns - 1), (0, -1), (1, 0))
    if view.flip_vertical:
        array = array[::-1]
        place = place and _seen(place, (rows - 1, 0), (0, 1), (-1, 0))
    for _ in range(view.rotate // 90):
        rows = array.shape[0]
        # A quarter turn clockwise: the first row becomes the last column.
        array = np.rot90(array, -1)
        place = place and _seen(place, (rows - 1, 0), (-1, 0), (0, 1))
        spacing = spacing and (spacing[1], spacing[0])
    return replace(picture, array=np.ascontiguousarray(array), spacing=spacing, place=place)


def _seen(place: Place, first: tuple[int, int], right: tuple[int, int], down: tuple[int, int]) -> Place:
    """Give the place of a picture whose first pixel, and steps, are these (row, column) of the old one."""

    def moved(step: tuple[int, int]) -> tuple[float, float, float]:
        x, y, z = (d * step[0] + r * step[1] for d, r in zip(place.down, place.right, strict=True))
        return x, y, z

    x, y, z = (a + b for a, b in zip(place.origin, moved(first), strict=True))
    return Place((x, y, z), moved(right), moved(down))


def squared(shape: tuple[int, ...], spacing: tuple[float, float] | None, size: int | None) -> tuple[int, int]:
    """Give the rows and columns of a picture with square pixels, its longer side of `size` pixels.

    Raises
    ------
    UsageError
        When one pixel is so much longer than wide that the picture would be huge.
    """
    rows, columns = (float(length) for length in shape[:2])
    if spacing is not None and abs(spacing[0] / spacing[1] - 1) > 1e-3:
        # The finer direction keeps its pixels.
        finest = min(spacing)
        rows, columns = rows * spacing[0] / finest, columns * spacing[1] / finest
    scale = size / max(rows, columns) if size else 1.0
    found = max(1, round(rows * scale)), max(1, round(columns * scale))
    if size is None and max(found) > max(LARGEST, *shape[:2]):
        raise UsageError(
            f"a picture with square pixels would have {found[1]} x {found[0]} of them", hint="Choose a size."
        )
    return found


def resized(array: Array, shape: tuple[int, int], *, smooth: bool = True) -> Array:
    """Resize a picture of 8 bit: smaller ones average what they leave out, larger ones are smooth where wanted."""
    if array.shape[:2] == shape:
        return array
    from PIL import Image

    rows, columns = shape
    larger = rows >= array.shape[0] and columns >= array.shape[1]
    kind = Image.Resampling.NEAREST if not smooth else Image.Resampling.BICUBIC if larger else Image.Resampling.LANCZOS
    picture = Image.fromarray(np.ascontiguousarray(array))
    return np.asarray(picture.resize((columns, rows), kind))
