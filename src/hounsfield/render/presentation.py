"""A presentation state applied to a frame (PS3.3 A.33, PS3.4 N): grays, shutter, displayed area, rotation, annotations.

Of overlays, those in the presentation state are shown whose layer is activated.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError, UsageError
from hounsfield.pixels.display import Appearance, Voi, display, gray, voi_of
from hounsfield.pixels.header import UNREADABLE, items, said
from hounsfield.pixels.icc import to_srgb
from hounsfield.pixels.lut import lut_of_item
from hounsfield.pixels.modality import modality_of
from hounsfield.pixels.overlays import overlays_of, placed, plane_of
from hounsfield.pixels.palette import has_palette, palette_of
from hounsfield.pixels.shutter import bitmap_of, hidden, shutter_of
from hounsfield.render.annotations import annotated
from hounsfield.render.arrange import arranged, resized, squared
from hounsfield.render.hanging import hanging_of
from hounsfield.render.labels import labeled, sides_after
from hounsfield.render.levels import colored
from hounsfield.render.picture import Picture
from hounsfield.render.references import item_for, refers
from hounsfield.render.spacing import spacing_of
from hounsfield.render.transform import Transform
from hounsfield.render.view import LARGEST

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.pixels.image import Image
    from hounsfield.pixels.modality import Mapping
    from hounsfield.render.hanging import Sides
    from hounsfield.render.view import View

__all__ = ["present"]

Array = np.ndarray[Any, np.dtype[Any]]

_USUAL_LARGEST = 4096
_FUNCTIONS = {"LINEAR_EXACT": "linear-exact", "SIGMOID": "sigmoid"}


def present(image: Image, index: int, view: View, state: Dataset) -> Picture:
    """Show a frame as a presentation state has it; what the view asks for comes after that.

    Raises
    ------
    UsageError
        When the presentation state is none, or is for other images.
    PixelError
        When what it says makes no sense.
    """
    _check(image, index, state)
    try:
        shown = _levels(image, index, view, state)
        picture, transform, sides = _placed(shown, image, index, view, state)
        texts = annotated(picture.array, transform, state, (image.dataset, index))
    except UNREADABLE as error:
        raise PixelError(f"the presentation state cannot be applied: {error}", where=_name(state)) from None
    return labeled(replace(picture, array=texts), sides, view) if view.labels else replace(picture, array=texts)


def _name(state: Dataset) -> str:
    return str(getattr(state, "filename", None) or "the presentation state")


def _check(image: Image, index: int, state: Dataset) -> None:
    if not items(state, "DisplayedAreaSelectionSequence"):
        raise UsageError("this is no presentation state: it has no displayed area", where=_name(state))
    uid = str(said(image.dataset, "SOPInstanceUID"))
    every = [
        one for series in items(state, "ReferencedSeriesSequence") for one in items(series, "ReferencedImageSequence")
    ]
    if every and not any(refers(one, uid, index) for one in every):
        raise UsageError(f"the presentation state is for {len(every)} other images", where=_name(state))


def _levels(image: Image, index: int, view: View, state: Dataset) -> Array:
    plain = Appearance(window=view.window, function=view.function, invert=view.invert, overlays=False, shutter=False)
    if image.layout.samples > 1 or image.layout.photometric == "PALETTE COLOR":
        shown = display(image, index, appearance=plain)
    else:
        # What a state does not say is not done, even where the image says it (PS3.4 N.2.1).
        mapping = modality_of(state, 0, image.layout, name=_name(state))
        asked = voi_of(image, index, plain) if view.window is not None else None
        voi = asked or _voi(image, index, state, mapping)
        tables = items(state, "PresentationLUTSequence")
        after = lut_of_item(tables[0], signed=False, name=_name(state)) if len(tables) else None
        # In a presentation state the polarity is its own, whatever the image says (PS3.3 C.11.6).
        inverse = str(said(state, "PresentationLUTShape") or "").upper() == "INVERSE"
        shown = gray(image.stored(index), mapping, voi, invert=inverse != view.invert, after=after)
        shown = _pseudo(shown, image, state)
    shape = (shown.shape[0], shown.shape[1])
    visible, bitmap = shutter_of(state, shape), bitmap_of(state)
    for overlay in overlays_of(state):
        if overlay.group != bitmap and not said(state, (overlay.group, 0x1001)):
            continue
        bits = plane_of(overlay, state, index)
        mask = None if bits is None else placed(bits, overlay, shape)
        if mask is None:
            continue
        if overlay.group == bitmap:
            visible = ~mask if visible is None else visible & ~mask
        else:
            shown = np.where(mask if shown.ndim == 2 else mask[..., np.newaxis], np.uint8(255), shown)
    if visible is not None:
        shown = hidden(shown, visible, state)
    return colored(shown / np.float32(255), view.colors) if view.colors != "gray" and shown.ndim == 2 else shown


def _pseudo(shown: Array, image: Image, state: Dataset) -> Array:
    """Give the grays colors, where the state has a palette for them: all of it from black to white (PS3.4 N.2.4.2)."""
    if not has_palette(state):
        return shown
    palette = palette_of(state, image.layout, name=_name(state))
    first, length = palette.tables[0].first, palette.tables[0].entries.size
    entries = np.rint(np.arange(256) * ((length - 1) / 255)).astype(np.int64) + first
    colors = palette(entries)[shown]
    profile = said(state, "ICCProfile")
    return to_srgb(colors, bytes(profile), name=_name(state))[0] if profile else colors


def _voi(image: Image, index: int, state: Dataset, mapping: Mapping) -> Voi:
    item = item_for(items(state, "SoftcopyVOILUTSequence"), image.dataset, index)
    if item is not None:
        center, width = (said(item, f"Window{part}") for part in ("Center", "Width"))
        if center is not None and width is not None:
            function = _FUNCTIONS.get(str(said(item, "VOILUTFunction") or "").upper(), "linear")
            window = float(np.atleast_1d(center)[0]), float(np.atleast_1d(width)[0])
            if not np.isfinite(window).all() or window[1] <= 0:
                raise PixelError(f"its window has a width of {window[1]:g}", where=_name(state), tag=0x00281051)
            return Voi(window, function)
        tables = items(item, "VOILUTSequence")
        if len(tables):
            signed = mapping.intercept < 0 or image.layout.signed
            return Voi(table=lut_of_item(tables[0], signed=signed, name=_name(state)))
    # No VOI: all that can be stored, from black to white.
    bits, signed = image.layout.bits_stored, image.layout.signed
    least = -(1 << (bits - 1)) if signed else 0
    ends = mapping(np.array([least, least + (1 << bits) - 1], np.int64)).astype(float)
    return Voi(((ends.min() + ends.max()) / 2, max(float(ends.max() - ends.min()), 1.0)), "linear-exact")


def _placed(shown: Array, image: Image, index: int, view: View, state: Dataset) -> tuple[Picture, Transform, Sides]:
    """Cut out the displayed area, turn it as the state and then the view say, and give it its size."""
    area = item_for(items(state, "DisplayedAreaSelectionSequence"), image.dataset, index)
    left, top, right, bottom = _area(area, shown.shape)
    shown = _cut(shown, (left, top, right, bottom))
    spacing, ratio = _spacing(area, image, index)
    sides, caption = hanging_of(image.dataset, index)
    transform = Transform((right - left, bottom - top)).moved(-left, -top)
    picture = Picture(np.ascontiguousarray(shown), spacing or ratio, caption=caption)
    turn = int(said(state, "ImageRotation") or 0) % 360 // 90 * 90
    flip = str(said(state, "ImageHorizontalFlip") or "N").upper() == "Y"
    # The state rotates before it flips, a view flips before it rotates.
    for step in (
        view.with_(rotate=turn, flip_horizontal=False, flip_vertical=False),
        view.with_(rotate=0, flip_horizontal=flip, flip_vertical=False),
        view,
    ):
        picture = arranged(picture, step)
        transform = transform.arranged(step)
        sides = sides if step is view else sides_after(sides, step)
    whole = max(image.layout.rows, image.layout.columns)
    shape = squared(picture.array.shape, picture.spacing, view.size or _size(area, picture.array.shape, whole))
    rows, columns = picture.array.shape[:2]
    transform = transform.scaled(shape[1] / columns, shape[0] / rows)
    known = (
        None
        if spacing is None or picture.spacing is None
        else (
            picture.spacing[0] * rows / shape[0],
            picture.spacing[1] * columns / shape[1],
        )
    )
    smooth = view.interpolation == "linear"
    return replace(picture, array=resized(picture.array, shape, smooth=smooth), spacing=known), transform, sides


def _area(area: Any, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """First column and row, and those after the last, from 0; may be outside of the image."""
    if area is None:
        return 0, 0, shape[1], shape[0]
    first = [int(place) for place in said(area, "DisplayedAreaTopLeftHandCorner") or (1, 1)]
    last = [int(place) for place in said(area, "DisplayedAreaBottomRightHandCorner") or shape[1::-1]]
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(first, last, strict=True))
    if right - left >= LARGEST or bottom - top >= LARGEST:
        raise PixelError(f"the displayed area is {right - left + 1} x {bottom - top + 1} pixels")
    return left - 1, top - 1, right, bottom


def _cut(shown: Array, area: tuple[int, int, int, int]) -> Array:
    left, top, right, bottom = area
    out = np.zeros((bottom - top, right - left, *shown.shape[2:]), np.uint8)
    rows = slice(max(top, 0), max(0, min(bottom, shown.shape[0])))
    columns = slice(max(left, 0), max(0, min(right, shown.shape[1])))
    part = shown[rows, columns]
    out[rows.start - top : rows.start - top + part.shape[0], columns.start - left :][:, : part.shape[1]] = part
    return out


def _spacing(area: Any, image: Image, index: int) -> tuple[Any, Any]:
    for keyword, known in (("PresentationPixelSpacing", True), ("PresentationPixelAspectRatio", False)):
        values = said(area, keyword) if area is not None else None
        if values is not None and len(values) == 2 and all(float(value) > 0 for value in values):
            pair = (float(values[0]), float(values[1]))
            return (pair, None) if known else (spacing_of(image.dataset, index)[0], pair)
    return spacing_of(image.dataset, index)


def _size(area: Any, shape: tuple[int, ...], whole: int) -> int | None:
    """Pixels of the longer side, where the state magnifies, or shows much around the image, `whole` pixels long."""
    longest = max(shape[:2])
    usual = None if longest <= max(_USUAL_LARGEST, whole) else _USUAL_LARGEST
    if area is None or str(said(area, "PresentationSizeMode") or "").upper() != "MAGNIFY":
        return usual
    ratio = float(said(area, "PresentationPixelMagnificationRatio") or 1.0)
    return max(1, min(_USUAL_LARGEST, round(longest * ratio))) if 0 < ratio < LARGEST else usual
