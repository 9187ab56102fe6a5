"""A contact sheet: many slices, frames, or sides of a body, in one picture."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.progress import Silent
from hounsfield.render.series import sequel_of
from hounsfield.render.sources import opened
from hounsfield.render.view import LARGEST, View

if TYPE_CHECKING:
    from hounsfield.errors import Issue
    from hounsfield.progress import Progress
    from hounsfield.render.picture import Picture
    from hounsfield.render.series import Sequel
    from hounsfield.render.sources import Source
    from hounsfield.settings import Limits

__all__ = ["sheet"]

Array = np.ndarray[Any, np.dtype[Any]]

_USUAL_TILE = 256
_MOST_TILES = 100
# Between tiles, so that one black border does not run into the next.
_GAP = 2
_GRAY = 48


def sheet(
    source: Source,
    view: View | None = None,
    *,
    columns: int = 6,
    rows: int = 5,
    progress: Progress | None = None,
    limits: Limits | None = None,
    **which: Any,
) -> Picture:
    """Show many pictures in one.

    Parameters
    ----------
    source
        As for `hounsfield.render.render`.
    view : View, optional
        How each tile is shown; its `size` is that of the longer side of a tile, 256 by default. Volumes are cut at even
        distances along the plane's normal; of a body the tiles walk around it.
    columns, rows : int
        How many tiles; slices are left out evenly where there are more, rows where there are fewer.
    progress : Progress, optional
        Told of each tile.
    limits : Limits, optional
        What reading may cost.
    **which
        ``series``, ``stack`` and ``allow``; see `hounsfield.render.sources.opened`.

    Returns
    -------
    Picture
        8 bit. A frame that cannot be shown is a tile that says why, and one of its `issues`.

    Raises
    ------
    UsageError
        For a sheet that is too large; otherwise as `render` does.

    Examples
    --------
    >>> sheet("export/CT", columns=6, rows=5).save("contact.png")  # doctest: +SKIP
    """
    view = view or View()
    for name, count in (("columns", columns), ("rows", rows)):
        if not isinstance(count, int) or not 1 <= count <= _MOST_TILES:
            raise UsageError(f"{name} of a sheet are 1 to {_MOST_TILES}, not {count!r}")
    tile = view.size or _USUAL_TILE
    if max(columns, rows) * (tile + _GAP) > 2 * LARGEST:
        raise UsageError(
            f"a sheet of {columns} x {rows} tiles of {tile} pixels is too large", hint="Choose a smaller size."
        )
    view = view.with_(size=tile, depth=8)
    sequel = sequel_of(opened(source, view, limits=limits, **which), view)
    numbers = _spread(len(sequel), columns * rows)
    columns = min(columns, len(numbers))
    return _laid_out(sequel, numbers, columns, progress or Silent())


def _spread(count: int, wanted: int) -> list[int]:
    """Choose at most `wanted` of `count` numbers, evenly, without those at the very ends where some are left out."""
    if count <= wanted:
        return list(range(count))
    return [math.floor((number + 0.5) * count / wanted) for number in range(wanted)]


def _laid_out(sequel: Sequel, numbers: list[int], columns: int, progress: Progress) -> Picture:
    pictures: list[Picture] = []
    progress.start("Rendering", len(numbers), "tiles")
    for number in numbers:
        pictures.append(sequel.picture(number))
        progress.advance()
    progress.finish()
    high = max(picture.shape[0] for picture in pictures)
    wide = max(picture.shape[1] for picture in pictures)
    colored = any(picture.array.ndim == 3 for picture in pictures)
    lines = math.ceil(len(pictures) / columns)
    shape = (lines * (high + _GAP) - _GAP, columns * (wide + _GAP) - _GAP)
    array = np.full((*shape, 3) if colored else shape, _GRAY, np.uint8)
    for place in range(lines * columns):
        line, column = divmod(place, columns)
        top, left = line * (high + _GAP), column * (wide + _GAP)
        tile = pictures[place].array if place < len(pictures) else np.zeros((1, 1), np.uint8)
        array[top : top + high, left : left + wide] = _framed(tile, (high, wide), colors=colored)
    issues: tuple[Issue, ...] = tuple(issue for picture in pictures for issue in picture.issues)
    first = pictures[0]
    return replace(first, array=array, place=None, caption=f"{len(pictures)} of {len(sequel)}", issues=issues)


def _framed(array: Array, shape: tuple[int, int], *, colors: bool) -> Array:
    """Put a tile into the middle of its place."""
    if colors and array.ndim == 2:
        array = np.repeat(array[..., np.newaxis], 3, axis=2)
    out = np.zeros((*shape, *array.shape[2:]), np.uint8)
    top, left = (shape[0] - array.shape[0]) // 2, (shape[1] - array.shape[1]) // 2
    out[top : top + array.shape[0], left : left + array.shape[1]] = array
    return out
