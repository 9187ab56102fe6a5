"""Stored values as the unsigned numbers that codecs take, and back (PS3.5 8.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UnsupportedError
from hounsfield.pixels.color import to_rgb

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

__all__ = ["as_rgb", "cells", "check_depth", "check_unsigned", "to_codec"]

Array = np.ndarray[Any, np.dtype[Any]]


def to_codec(pixels: Array, layout: Layout, *, narrow: bool = True) -> Array:
    """Give stored values as unsigned numbers: two's complement of Bits Stored bits.

    Parameters
    ----------
    pixels : numpy.ndarray
        Stored values.
    layout : Layout
        How many bits they have.
    narrow : bool
        Values of at most 8 bits come as bytes, whatever they are allocated.
    """
    unsigned = pixels.view(np.dtype(f"u{pixels.dtype.itemsize}"))
    if layout.signed and layout.bits_stored < 8 * pixels.dtype.itemsize:
        unsigned = unsigned & unsigned.dtype.type((1 << layout.bits_stored) - 1)
    if narrow and layout.bits_stored <= 8 and unsigned.dtype.itemsize > 1:
        unsigned = unsigned.astype(np.uint8)
    return unsigned


def as_rgb(values: Array, layout: Layout) -> Array:
    """Convert YBR that the codec knows nothing about."""
    return to_rgb(values, layout.photometric, bits=layout.bits_stored) if layout.samples == 3 else values


def cells(values: Array, layout: Layout) -> Array:
    """Leave out what is outside Bits Stored, e.g. overlays in unused bits; in place, where that can be."""
    if not 0 < layout.bits_stored < layout.bits_allocated:
        return values
    low = max(0, layout.high_bit + 1 - layout.bits_stored)
    mask = values.dtype.type((1 << layout.bits_stored) - 1)
    shifted = values >> values.dtype.type(low) if low else values
    kept: Array = np.bitwise_and(shifted, mask, out=shifted if shifted.flags.writeable else None)
    return kept


def check_depth(layout: Layout, name: str, most: int) -> None:
    """Refuse what the codec has too few bits for."""
    if layout.bits_stored > most:
        raise UnsupportedError(
            f"{name} holds at most {most} bits of a sample; these have {layout.bits_stored}",
            tag=0x00280101,
            hint="RLE, Deflated Image Frame and HTJ2K hold 32 bits.",
            code="bits-stored",
        )


def check_unsigned(layout: Layout, name: str) -> None:
    """Refuse signed values where losing a little could turn the sign round."""
    if layout.signed:
        raise UnsupportedError(
            f"{name} has no signed samples, and what it loses would turn signs round",
            tag=0x00280103,
            hint="JPEG 2000 and HTJ2K compress signed values with loss; lossless syntaxes keep them.",
            code="signed-lossy",
        )
