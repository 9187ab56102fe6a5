"""What a frame looks like: from stored values to 8-bit gray or RGB (PS3.4 N.2, PS3.3 C.11).

Gray: modality, then VOI (window or table), then presentation, then overlays, then shutter.
Color: palette or RGB, then ICC profile, then overlays, then shutter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.header import groups, items, said
from hounsfield.pixels.icc import to_srgb
from hounsfield.pixels.lut import lut_of_item
from hounsfield.pixels.modality import modality_of
from hounsfield.pixels.overlays import bits_of, overlays_of
from hounsfield.pixels.palette import has_palette, palette_of
from hounsfield.pixels.shutter import hidden, shutter_of
from hounsfield.pixels.window import Function, levels, parse_window, window_around, windows_of

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.errors import Issue
    from hounsfield.pixels.image import Image
    from hounsfield.pixels.lut import Table
    from hounsfield.pixels.modality import Mapping

__all__ = ["Appearance", "Voi", "display", "gray", "voi_of"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """How a frame is shown.

    Parameters
    ----------
    window : tuple of 2 floats or str, optional
        Center and width; ``auto``; a preset such as ``lung``; by default what the file asks for, and ``auto`` where it
        asks for nothing.
    function : {'linear', 'linear-exact', 'sigmoid'}, optional
        VOI LUT Function; by default the file's.
    choice : int
        Of several windows or VOI tables of the file, the one to use, from 0; windows come first.
    invert : bool
        Exchange black and white.
    overlays : bool
        Draw overlays, in white.
    shutter : bool
        Hide what a shutter hides.
    icc : bool
        Convert color by the file's profile to sRGB.
    """

    window: tuple[float, float] | str | None = None
    function: Function | None = None
    choice: int = 0
    invert: bool = False
    overlays: bool = True
    shutter: bool = True
    icc: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Voi:
    """What values are shown between black and white: a window, or a table.

    Parameters
    ----------
    window : tuple of 2 floats, optional
        Center and width.
    function : str
        How a window is applied.
    table : Table, optional
        Instead of a window.
    """

    window: tuple[float, float] | None = None
    function: str = "linear"
    table: Table | None = None

    def __call__(self, values: Array) -> Array:
        """Give levels from 0 to 1 as float32."""
        if self.table is not None:
            most = (1 << self.table.bits) - 1
            found: Array = np.clip(self.table(np.rint(values)) / np.float32(most), 0, 1).astype(np.float32)
            return found
        return levels(values, self.window or (0.5, 1.0), self.function)


_PLAIN = Appearance()


def display(
    image: Image, index: int = 0, *, appearance: Appearance = _PLAIN, issues: list[Issue] | None = None
) -> Array:
    """Show one frame.

    Parameters
    ----------
    image : Image
        As `open_image` gives it.
    index : int
        Frame, from 0.
    appearance : Appearance
        How.
    issues : list of Issue, optional
        Receives what could not be shown as the file asks.

    Returns
    -------
    numpy.ndarray
        uint8: ``(row, column)``, or ``(row, column, 3)`` for color.

    Raises
    ------
    PixelError, ReadError
        When the frame cannot be decoded, or a look-up table makes no sense.
    UsageError
        For a window that is none.
    """
    told = issues if issues is not None else []
    stored = image.stored(index)
    shown = _colors(image, stored, appearance, told)
    if shown is None:
        shown = _gray(image, index, stored, appearance)
        shown = _supplemented(image, stored, shown, told)
    if appearance.overlays:
        shown = _overlaid(image, index, shown, told)
    if appearance.shutter:
        visible = shutter_of(image.dataset, shown.shape[:2])
        if visible is not None:
            shown = hidden(shown, visible, image.dataset)
    return np.ascontiguousarray(shown, np.uint8)


def _colors(image: Image, stored: Array, appearance: Appearance, told: list[Issue]) -> Array | None:
    """RGB of an image that is color; `None` for a gray one."""
    if stored.ndim == 3:
        bits = image.layout.bits_stored
        color = stored.astype(np.uint8) if bits <= 8 else (stored >> (bits - 8)).astype(np.uint8)
        # Of four samples the last is no color.
        color = color[..., :3]
    elif image.layout.photometric == "PALETTE COLOR":
        palette = palette_of(image.dataset, image.layout, name=image.name)
        told += palette.issues
        color = palette(stored)
    else:
        return None
    profile = _profile(image.dataset) if appearance.icc else None
    if profile is not None:
        color, issue = to_srgb(np.ascontiguousarray(color), profile, name=image.name)
        told += [issue] if issue is not None else []
    return 255 - color if appearance.invert else color


def _profile(dataset: Dataset) -> bytes | None:
    value = said(dataset, "ICCProfile")
    if value is None:
        # Whole-slide images have one for each optical path.
        paths = items(dataset, "OpticalPathSequence")
        value = said(paths[0], "ICCProfile") if len(paths) == 1 else None
    return value if isinstance(value, bytes) and len(value) > 128 else None


def _gray(image: Image, index: int, stored: Array, appearance: Appearance) -> Array:
    mapping = modality_of(image.dataset, index, image.layout, name=image.name)
    voi = voi_of(image, index, appearance)
    if voi is None:
        voi = Voi(window_around(_without_padding(mapping(stored), stored, image)), appearance.function or "linear")
    turned = image.layout.photometric == "MONOCHROME1"
    turned ^= str(said(image.dataset, "PresentationLUTShape") or "").upper() == "INVERSE" and not turned
    return gray(stored, mapping, voi, invert=turned != appearance.invert)


def gray(stored: Array, mapping: Mapping, voi: Voi, *, invert: bool = False, after: Table | None = None) -> Array:
    """Take stored values through modality, VOI and presentation; uint8.

    Parameters
    ----------
    stored : numpy.ndarray
        Of any shape. Values of 16 bits and less go through a table that is made once.
    mapping : Mapping
        To the values of the modality.
    voi : Voi
        To levels.
    invert : bool
        Exchange black and white.
    after : Table, optional
        Presentation LUT, on the levels.
    """

    def show(values: Array) -> Array:
        found = voi(mapping(values))
        if after is not None:
            wide = np.float32(after.entries.size - 1)
            found = after(np.rint(found * wide) + after.first) / np.float32((1 << after.bits) - 1)
        if invert:
            found = 1 - found
        made: Array = (found * np.float32(255) + np.float32(0.5)).astype(np.uint8)
        return made

    if stored.dtype.kind not in "iu" or stored.dtype.itemsize > 2 or stored.size < 4096:
        return show(stored)
    low, high = int(stored.min()), int(stored.max())
    table = show(np.arange(low, high + 1, dtype=np.int64).astype(stored.dtype))
    # Places in a table of at most 65,536 entries; wrap-around gives the same.
    places = stored.view(f"u{stored.dtype.itemsize}") - np.array(low).astype(f"i{stored.dtype.itemsize}").view(
        f"u{stored.dtype.itemsize}"
    )
    found: Array = table[places]
    return found


def voi_of(image: Image, index: int, appearance: Appearance) -> Voi | None:
    """Find the VOI that a frame is shown with; `None` where it is to be found from its values.

    Raises
    ------
    UsageError
        For a window that is none.
    PixelError
        When a VOI LUT makes no sense.
    """
    window = appearance.window
    if isinstance(window, str):
        window = parse_window(window) if window != "auto" else None
        if window is None or window == "auto":
            return None
        return Voi((float(window[0]), float(window[1])), appearance.function or "linear")
    if window is not None:
        return Voi(window, appearance.function or "linear")
    stated = windows_of(image.dataset, index)
    if appearance.choice < len(stated):
        found = stated[appearance.choice]
        return Voi((found.center, found.width), appearance.function or found.function)
    tables = _tables(image.dataset, index)
    place = appearance.choice - len(stated)
    if 0 <= place < len(tables):
        signed = modality_of(image.dataset, index, image.layout, name=image.name).intercept < 0 or image.layout.signed
        return Voi(table=lut_of_item(tables[place], signed=signed, name=image.name))
    return None


def _tables(dataset: Dataset, index: int) -> list[Any]:
    for group in groups(dataset, index):
        for item in items(group, "FrameVOILUTSequence")[:1]:
            if len(items(item, "VOILUTSequence")):
                return list(items(item, "VOILUTSequence"))
    return list(items(dataset, "VOILUTSequence"))


def _without_padding(values: Array, stored: Array, image: Image) -> Array:
    """Values that are not padding (PS3.3 C.7.5.1.1.2)."""
    try:
        first = int(said(image.dataset, "PixelPaddingValue"))
    except (TypeError, ValueError):
        return values
    limit = said(image.dataset, "PixelPaddingRangeLimit")
    last = int(limit) if isinstance(limit, int) else first
    low, high = min(first, last), max(first, last)
    kept = values[(stored < low) | (stored > high)]
    return kept if kept.size else values


def _supplemented(image: Image, stored: Array, shown: Array, told: list[Issue]) -> Array:
    """Color the values that a supplemental palette has colors for (PS3.3 C.8.16.2.1.1.1)."""
    presentation = str(said(image.dataset, "PixelPresentation") or "").upper()
    if presentation not in ("COLOR", "MIXED") or not has_palette(image.dataset):
        return shown
    palette = palette_of(image.dataset, image.layout, name=image.name)
    told += palette.issues
    covered = palette.covers(stored)
    color = np.repeat(shown[..., None], 3, axis=-1)
    color[covered] = palette(stored[covered])
    return color


def _overlaid(image: Image, index: int, shown: Array, told: list[Issue]) -> Array:
    for overlay in overlays_of(image.dataset, told, name=image.name):
        mask = bits_of(overlay, image, index)
        if mask is not None:
            shown = shown.copy()
            shown[mask] = 255
    return shown
