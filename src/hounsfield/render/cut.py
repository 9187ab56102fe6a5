"""A picture of a volume: cut, windowed, colored, hung and labeled as a view says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.window import levels
from hounsfield.render.arrange import arranged
from hounsfield.render.body import body
from hounsfield.render.hanging import position_text, sides_of
from hounsfield.render.labels import labeled
from hounsfield.render.levels import colored, window_of
from hounsfield.render.picture import Picture
from hounsfield.render.reslice import reslice

if TYPE_CHECKING:
    from hounsfield.render.grid import Grid
    from hounsfield.render.view import View
    from hounsfield.volumes.volume import Volume

__all__ = ["cut"]

Array = np.ndarray[Any, np.dtype[Any]]


def cut(volume: Volume, view: View) -> Picture:
    """Render a volume; see `render`."""
    if view.rendering is not None:
        picture = body(volume, view)
    else:
        values, grid = reslice(volume, view)
        spacing = (grid.pixel, grid.pixel)
        place = grid.place if volume.geometry.known else None
        if view.depth == 16:
            picture = Picture(_kept(values, volume), spacing, place)
        else:
            shown, window = _shown(values, volume, view)
            picture = Picture(shown, spacing, place, window)
        picture = replace(picture, caption=_caption(volume, view, grid))
    sides = {} if picture.place is None else sides_of(np.array(picture.place.right), np.array(picture.place.down))
    picture = arranged(picture, view)
    return labeled(picture, sides, view) if view.labels and view.depth == 8 else picture


def _shown(values: Array, volume: Volume, view: View) -> tuple[Array, tuple[float, float] | None]:
    if values.ndim == 3:
        shown = np.nan_to_num(values + 0.5).clip(0, 255).astype(np.uint8)
        return (255 - shown if view.invert else shown), None
    window = window_of(volume, view)
    shown = levels(values, window, view.function)
    if view.invert != (volume.photometric == "MONOCHROME1"):
        shown = 1 - shown
        shown[np.isnan(values)] = 0
    return colored(shown, view.colors), window


def _kept(values: Array, volume: Volume) -> Array:
    """Values in the type of the volume where that holds them; what is outside becomes its least value."""
    kind = volume.stored.dtype if volume.exact else np.dtype(np.float32)
    if kind.kind not in "iu":
        return values
    wide: np.dtype[Any] = np.dtype(np.uint8 if kind == np.uint8 else np.int16 if kind.kind == "i" else np.uint16)
    if kind.itemsize > wide.itemsize:
        return values
    limits = np.iinfo(wide)
    outside = min(0, int(volume.stored.min(initial=0)))
    kept: Array = np.rint(np.nan_to_num(values, nan=outside)).clip(limits.min, limits.max).astype(wide)
    return kept


def _caption(volume: Volume, view: View, grid: Grid) -> str:
    """Where the plane is: along the axis of the patient that it is nearest to, as on a scanner's screen."""
    if not volume.geometry.known:
        return f"{view.frame}" if view.frame else ""
    name = {"mip": "MIP", "minip": "MinIP", "mean": "Mean"}[view.blend]
    if view.slab == "all":
        return name
    position = position_text(grid.origin, grid.axes.away)
    return f"{position}, {name} {view.slab:g} mm" if view.slab else position
