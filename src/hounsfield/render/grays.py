"""Gray levels and colors of one frame, as its file and a view ask for: modality and VOI, palette, overlays.

PS3.3 C.11.1, C.11.2, C.7.6.16.2, C.7.9, C.9.2; look-up tables are applied by pydicom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError
from hounsfield.render.header import UNREADABLE, groups, items, said
from hounsfield.render.levels import asked_window, colored, levels_of, window_around, window_stated

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.pixels.image import Image
    from hounsfield.render.view import View

__all__ = ["levels_of_frame", "window_of_frame"]

Array = np.ndarray[Any, np.dtype[Any]]

_FUNCTIONS = {"LINEAR": "linear", "LINEAR_EXACT": "linear-exact", "SIGMOID": "sigmoid"}
_OVERLAYS = range(0x6000, 0x6020, 2)


def levels_of_frame(image: Image, index: int, view: View) -> Array:
    """Give a frame as uint8 ``(row, column)`` or ``(row, column, 3)``.

    Raises
    ------
    PixelError
        When it cannot be decoded, or a look-up table means nothing.
    """
    stored = image.stored(index)
    header = image.dataset
    try:
        if stored.ndim == 3:
            return _eight(stored, image.layout.bits_stored)
        if said(header, "PhotometricInterpretation") == "PALETTE COLOR":
            return _palette(stored, header)
        shown = _gray(stored, header, index, view)
        return _overlaid(shown, header, index) if view.overlays else shown
    except UNREADABLE as error:
        raise PixelError(f"its look-up tables cannot be applied: {error}", where=image.name) from None


def window_of_frame(header: Dataset, index: int) -> tuple[float, float] | None:
    """Give the first window that is stated for a frame: of its own functional group, or of the whole object."""
    for group in groups(header, index):
        for item in items(group, "FrameVOILUTSequence")[:1]:
            found = window_stated(item)
            if found is not None:
                return found
    return window_stated(header)


def _eight(color: Array, bits: int) -> Array:
    return color.astype(np.uint8) if bits <= 8 else (color >> (bits - 8)).astype(np.uint8)


def _palette(stored: Array, header: Dataset) -> Array:
    from pydicom.pixels.processing import apply_color_lut

    color = apply_color_lut(stored, _little(header))
    return color.astype(np.uint8) if color.dtype.itemsize == 1 else (color >> 8).astype(np.uint8)


def _little(header: Dataset) -> Dataset:
    """Swap the bytes of the palette of a big-endian object, which pydicom leaves as they are."""
    if getattr(header, "original_encoding", (None, True))[1] is not False:
        return header
    from pydicom import Dataset

    swapped = Dataset()
    swapped.set_original_encoding(is_implicit_vr=False, is_little_endian=True)
    for element in header.group_dataset(0x0028):
        swapped.add(element)
    for element in list(swapped):
        if "PaletteColorLookupTableData" in element.keyword and len(element.value) % 2 == 0:
            setattr(swapped, element.keyword, np.frombuffer(element.value, "<u2").byteswap().tobytes())
    return swapped


def _gray(stored: Array, header: Dataset, index: int, view: View) -> Array:
    from pydicom.pixels.processing import apply_voi

    values = _values(stored, header, index)
    window = asked_window(view)
    if window is None and view.window is None:
        window = window_of_frame(header, index)
        if window is None and items(header, "VOILUTSequence"):
            bits = int(header.VOILUTSequence[0].LUTDescriptor[2])
            levels = (apply_voi(values.astype(np.int64), header) / (2**bits - 1)).astype(np.float32)
            return _turned(np.clip(levels, 0, 1), header, view)
    function = view.function or _FUNCTIONS.get(str(said(header, "VOILUTFunction")).upper())
    return _turned(levels_of(values, window or window_around(values), function), header, view)


def _values(stored: Array, header: Dataset, index: int) -> Array:
    from pydicom.pixels.processing import apply_modality_lut

    for group in groups(header, index):
        for item in items(group, "PixelValueTransformationSequence")[:1]:
            return stored * float(item.RescaleSlope) + float(item.RescaleIntercept)
    found: Array = apply_modality_lut(stored, header)
    return found


def _turned(levels: Array, header: Dataset, view: View) -> Array:
    """Invert what the file or the view wants inverted."""
    low_is_bright = said(header, "PhotometricInterpretation") == "MONOCHROME1"
    low_is_bright |= said(header, "PresentationLUTShape") == "INVERSE" and not low_is_bright
    return colored(1 - levels if view.invert != low_is_bright else levels, "gray")


def _overlaid(shown: Array, header: Dataset, index: int) -> Array:
    """Draw overlays in white; those in unused bits of the pixels are left out."""
    out = shown.copy()
    rows, columns = out.shape
    for group in _OVERLAYS:
        if (group, 0x3000) not in header:
            continue
        plane = header.overlay_array(group)
        if plane.ndim == 3:
            first = int(header[group, 0x0051].value) if (group, 0x0051) in header else 1
            if not 0 <= index + 1 - first < len(plane):
                continue
            plane = plane[index + 1 - first]
        top, left = (int(place) - 1 for place in header[group, 0x0050].value) if (group, 0x0050) in header else (0, 0)
        mask = np.zeros_like(out, bool)
        height, width = min(rows - top, plane.shape[0]), min(columns - left, plane.shape[1])
        if top < 0 or left < 0 or height <= 0 or width <= 0:
            continue
        mask[top : top + height, left : left + width] = plane[:height, :width] > 0
        out[mask] = 255
    return out
