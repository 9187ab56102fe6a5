"""Display shutters: what is not to be seen (PS3.3 C.7.6.11, C.7.6.15 for bitmaps)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.cielab import srgb_of
from hounsfield.pixels.header import said

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["bitmap_of", "hidden", "shutter_color", "shutter_of"]

Array = np.ndarray[Any, np.dtype[Any]]


def shutter_of(dataset: Dataset, shape: tuple[int, int]) -> Array | None:
    """Give the pixels that the shutters of a header leave visible.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Of an image, or of a presentation state for it.
    shape : tuple of int
        Rows and columns of the image.

    Returns
    -------
    numpy.ndarray or None
        bool, ``(row, column)``: inside of all shapes; `None` where there is no shutter. Bitmaps are overlays:
        `bitmap_of` names theirs.
    """
    visible: Array | None = None
    for kind in _kinds(dataset):
        shape_mask = _mask(kind, dataset, shape)
        if shape_mask is not None:
            visible = shape_mask if visible is None else visible & shape_mask
    return visible


def bitmap_of(dataset: Dataset) -> int | None:
    """Give the group of the overlay whose ones hide what is below them, where a bitmap is a shutter."""
    if "BITMAP" not in _kinds(dataset):
        return None
    found = _integers(said(dataset, "ShutterOverlayGroup"), 1)
    return found[0] if found else None


def hidden(shown: Array, visible: Array, dataset: Dataset) -> Array:
    """Put the gray or color of a shutter where something is not visible.

    Parameters
    ----------
    shown : numpy.ndarray
        uint8, ``(row, column)`` or ``(row, column, 3)``.
    visible : numpy.ndarray
        bool, ``(row, column)``.
    dataset : pydicom.Dataset
        Whose shutter it is.
    """
    if shown.ndim == 2:
        found: Array = np.where(visible, shown, np.uint8(shutter_color(dataset)))
        return found
    gray = shutter_color(dataset)
    color = srgb_of(said(dataset, "ShutterPresentationColorCIELabValue")) or (gray, gray, gray)
    return np.where(visible[..., np.newaxis], shown, np.array(color, np.uint8))


def _kinds(dataset: Dataset) -> list[str]:
    kinds = said(dataset, "ShutterShape")
    return [str(kind).upper() for kind in ([kinds] if isinstance(kinds, str) else list(kinds or ()))]


def shutter_color(dataset: Dataset) -> int:
    """Give the gray of what a shutter hides, 0 to 255; black where it is not said (Shutter Presentation Value)."""
    try:
        value = int(said(dataset, "ShutterPresentationValue"))
    except (TypeError, ValueError):
        return 0
    return max(0, min(value, 0xFFFF)) >> 8


def _mask(kind: str, dataset: Dataset, shape: tuple[int, int]) -> Array | None:
    # Places count from 1, the edge itself is visible.
    rows, columns = np.arange(1, shape[0] + 1)[:, None], np.arange(1, shape[1] + 1)[None, :]
    if kind == "RECTANGULAR":
        edges = [_integers(said(dataset, f"Shutter{side}Edge"), 1) for side in _EDGES]
        if any(edge is None for edge in edges):
            return None
        left, right, upper, lower = (edge[0] for edge in edges if edge is not None)
        # The hidden area begins beyond the edges.
        found: Array = (columns >= left) & (columns <= right) & (rows >= upper) & (rows <= lower)
        return found
    if kind == "CIRCULAR":
        center = _integers(said(dataset, "CenterOfCircularShutter"), 2)
        radius = _integers(said(dataset, "RadiusOfCircularShutter"), 1)
        if center is None or radius is None:
            return None
        inside: Array = (rows - center[0]) ** 2 + (columns - center[1]) ** 2 <= radius[0] ** 2
        return inside
    if kind == "POLYGONAL":
        return _polygon(said(dataset, "VerticesOfThePolygonalShutter"), shape)
    return None


_EDGES = ("LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal")


def _integers(value: Any, count: int) -> list[int] | None:
    try:
        found = [int(number) for number in np.atleast_1d(value)]
    except (TypeError, ValueError):
        return None
    return found if len(found) == count else None


def _polygon(value: Any, shape: tuple[int, int]) -> Array | None:
    from PIL import Image, ImageDraw

    try:
        places = [int(number) for number in value]
    except (TypeError, ValueError):
        return None
    corners = [(places[at + 1] - 1, places[at] - 1) for at in range(0, len(places) - 1, 2)]
    if len(corners) < 3:
        return None
    canvas = Image.new("1", (shape[1], shape[0]))
    ImageDraw.Draw(canvas).polygon(corners, fill=1, outline=1)
    return np.asarray(canvas, dtype=bool)
