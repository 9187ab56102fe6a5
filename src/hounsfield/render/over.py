"""What a presentation state draws over a frame, by itself: overlays, annotations, shutter (PS3.3 C.10.5, C.11.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError
from hounsfield.pixels.header import UNREADABLE, said
from hounsfield.pixels.overlays import overlays_of, placed, plane_of
from hounsfield.pixels.shutter import bitmap_of, hidden, shutter_of
from hounsfield.render.annotations import annotated
from hounsfield.render.references import item_for
from hounsfield.render.transform import Transform

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["drawn_over"]

Array = np.ndarray[Any, np.dtype[Any]]


def drawn_over(state: Dataset, frame: tuple[Dataset, int], shape: tuple[int, int], *, longest: int = 1536) -> Array:
    """Draw what a presentation state has for a frame, and nothing else.

    Parameters
    ----------
    state : pydicom.Dataset
        The presentation state.
    frame : tuple of pydicom.Dataset and int
        Header of the image, and frame from 0.
    shape : tuple of int
        Rows and columns of the image.
    longest : int
        Pixels that the longer side has at least, so that letters are sharp; a whole number for each of the image.

    Returns
    -------
    numpy.ndarray
        uint8, ``(row, column, 2)``: gray and how much it covers; all zero where the state is for other frames.

    Raises
    ------
    PixelError
        When what it says makes no sense.
    """
    times = max(1, -(-longest // max(shape)))
    size = (shape[0] * times, shape[1] * times)
    found = np.zeros((*size, 2), np.uint8)
    if item_for(state.get("DisplayedAreaSelectionSequence") or [], *frame) is None:
        return found
    # A value on black and on white: what differs shows through.
    try:
        black, white = (_on(np.full(shape, ground, np.uint8), state, frame, times) for ground in (0, 255))
    except UNREADABLE as error:
        raise PixelError(f"the presentation state cannot be applied: {error}") from None
    covered = 255 - (white.astype(np.int16) - black)
    found[..., 1] = np.clip(covered, 0, 255)
    found[..., 0] = np.clip(black.astype(np.int32) * 255 // np.maximum(covered, 1), 0, 255)
    return found


def _on(ground: Array, state: Dataset, frame: tuple[Dataset, int], times: int) -> Array:
    shape = (ground.shape[0], ground.shape[1])
    visible, bitmap = shutter_of(state, shape), bitmap_of(state)
    for overlay in overlays_of(state):
        if overlay.group != bitmap and not said(state, (overlay.group, 0x1001)):
            continue
        bits = plane_of(overlay, state, frame[1])
        mask = None if bits is None else placed(bits, overlay, shape)
        if mask is None:
            continue
        if overlay.group == bitmap:
            visible = ~mask if visible is None else visible & ~mask
        else:
            ground = np.where(mask, np.uint8(255), ground)
    if visible is not None:
        ground = hidden(ground, visible, state)
    large = ground.repeat(times, axis=0).repeat(times, axis=1)
    return annotated(large, Transform((shape[1], shape[0])).scaled(times, times), state, frame)
