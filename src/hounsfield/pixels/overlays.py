"""Overlay planes 60xx: of their own data, or in unused bits of the pixels (PS3.3 C.9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import Issue
from hounsfield.pixels.header import said

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.pixels.image import Image

__all__ = ["Overlay", "bits_of", "overlays_of"]

Array = np.ndarray[Any, np.dtype[Any]]

_GROUPS = range(0x6000, 0x6020, 2)


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay plane.

    Parameters
    ----------
    group : int
        60xx.
    rows, columns : int
        Its size.
    top, left : int
        Row and column of the image that its first pixel lies on, from 0; may be outside.
    kind : {'G', 'R'}
        Graphics, or a region of interest.
    frames, first : int
        How many frames it has, and which frame of the image the first belongs to, from 0. One frame belongs to all.
    embedded : int
        Bit of the pixels that it is in; -1 where it has data of its own.
    label : str
        What it shows.
    """

    group: int
    rows: int
    columns: int
    top: int
    left: int
    kind: str
    frames: int
    first: int
    embedded: int
    label: str


def overlays_of(dataset: Dataset, issues: list[Issue] | None = None, *, name: str = "") -> list[Overlay]:
    """Find the overlays of a header.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    issues : list of Issue, optional
        Receives why an overlay cannot be shown.
    name : str
        What messages call the file.
    """
    found = []
    for group in _GROUPS:
        if not any((group, element) in dataset for element in (0x3000, 0x0010, 0x0100)):
            continue
        overlay = _overlay(dataset, group)
        if overlay is not None:
            found.append(overlay)
        elif issues is not None:
            issues.append(
                Issue("overlay", "warning", name, f"the overlay in group {group:04X} has no size that means anything")
            )
    return found


def bits_of(overlay: Overlay, image: Image, index: int) -> Array | None:
    """Give the pixels of frame `index` that an overlay covers; `None` where it covers none.

    Parameters
    ----------
    overlay : Overlay
        One of the image's, or of a presentation state's for it.
    image : Image
        What it lies on.
    index : int
        Frame, from 0.

    Returns
    -------
    numpy.ndarray or None
        bool, ``(row, column)`` of the image; what lies outside of it is cut off.
    """
    plane = _embedded(overlay, image, index) if overlay.embedded >= 0 else plane_of(overlay, image.dataset, index)
    return None if plane is None else placed(plane, overlay, (image.layout.rows, image.layout.columns))


def plane_of(overlay: Overlay, dataset: Dataset, index: int) -> Array | None:
    """Unpack the bits of an overlay for frame `index`; `None` where it has none for it."""
    number = 0 if overlay.frames == 1 and overlay.first == 0 else index - overlay.first
    if not 0 <= number < overlay.frames:
        return None
    data: Any = said(dataset, (overlay.group, 0x3000))
    if hasattr(data, "value"):
        data = data.value
    size = overlay.rows * overlay.columns
    if not isinstance(data, bytes) or len(data) * 8 < size * (number + 1):
        return None
    if dataset.original_encoding[1] is False and str(dataset[overlay.group, 0x3000].VR) == "OW":
        data = np.frombuffer(data[: len(data) // 2 * 2], ">u2").astype("<u2").tobytes()
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    return bits[size * number : size * (number + 1)].reshape(overlay.rows, overlay.columns).astype(bool)


def placed(plane: Array, overlay: Overlay, shape: tuple[int, int]) -> Array | None:
    """Lay a plane on an image of `shape`; `None` where nothing of it lies on it."""
    top, left = max(overlay.top, 0), max(overlay.left, 0)
    bottom = min(overlay.top + plane.shape[0], shape[0])
    right = min(overlay.left + plane.shape[1], shape[1])
    if bottom <= top or right <= left:
        return None
    out = np.zeros(shape, bool)
    out[top:bottom, left:right] = plane[
        top - overlay.top : bottom - overlay.top, left - overlay.left : right - overlay.left
    ]
    return out


def _embedded(overlay: Overlay, image: Image, index: int) -> Array | None:
    """Take a bit of the pixels: only uncompressed cells, and codecs of bytes, still have it."""
    layout = image.layout
    if layout.samples != 1 or layout.float or overlay.embedded >= layout.bits_allocated:
        return None
    from dataclasses import replace

    whole = replace(layout, bits_stored=layout.bits_allocated, high_bit=layout.bits_allocated - 1, signed=False)
    cells = image.with_layout(whole).stored(index)
    found: Array = (cells >> overlay.embedded & 1).astype(bool)
    return found


def _overlay(dataset: Dataset, group: int) -> Overlay | None:
    rows, columns = _number(dataset, group, 0x0010), _number(dataset, group, 0x0011)
    if not rows or not columns or min(rows, columns) <= 0:
        return None
    origin: Any = _value(dataset, group, 0x0050)
    try:
        # Beginning at 1; writers that mean the corner also write 0, and -32768 where they mean nothing.
        top, left = (int(place) - 1 for place in origin)
    except (TypeError, ValueError):
        top = left = 0
    own = (group, 0x3000) in dataset
    position = _number(dataset, group, 0x0102) or 0
    return Overlay(
        group=group,
        rows=rows,
        columns=columns,
        top=top,
        left=left,
        kind=str(_value(dataset, group, 0x0040) or "G").strip() or "G",
        frames=max(1, _number(dataset, group, 0x0015) or 1),
        first=max(0, (_number(dataset, group, 0x0051) or 1) - 1),
        embedded=-1 if own else position,
        label=str(_value(dataset, group, 0x1500) or _value(dataset, group, 0x0022) or ""),
    )


def _value(dataset: Dataset, group: int, element: int) -> Any:
    found: Any = said(dataset, (group, element))
    return getattr(found, "value", found)


def _number(dataset: Dataset, group: int, element: int) -> int | None:
    try:
        return int(_value(dataset, group, element))
    except (TypeError, ValueError):
        return None
