"""Uncompressed frames as stored values (PS3.5 8.1.1, 8.2): cells of any width, and YBR with shared chrominance.

Frames whose samples fill bytes are read by the core, many at a time (`hounsfield.pixels.gather`); this is for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError
from hounsfield.pixels.color import to_rgb

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

__all__ = ["cells", "from_native", "stored_values"]

Array = np.ndarray[Any, np.dtype[Any]]


def from_native(data: bytes, layout: Layout, *, skip: int = 0, keep_ybr: bool = False) -> Array:
    """Give one frame as stored values; YBR as RGB.

    Parameters
    ----------
    data : bytes
        The frame, little endian.
    layout : Layout
        What it is.
    skip : int
        Bits of `data` before the frame.
    keep_ybr : bool
        Leave YBR alone; shared chrominance is given to each pixel.

    Returns
    -------
    numpy.ndarray
        ``(row, column)`` or ``(row, column, sample)``.

    Raises
    ------
    PixelError
        When there are fewer bytes than the frame needs.
    """
    if len(data) * 8 - skip < layout.native_bits:
        raise PixelError(
            f"the frame needs {-(-layout.native_bits // 8):,} bytes, but there are {len(data):,}",
            tag=0x7FE00010,
            code="pixels-truncated",
        )
    if layout.shared_chrominance:
        full = _upsampled(data, layout)
        return full if keep_ybr else to_rgb(full, layout.photometric)
    values = cells(data, layout, skip=skip)
    if not layout.float:
        values = stored_values(values, layout)
    if layout.samples == 1:
        return values.reshape(layout.rows, layout.columns)
    if layout.planar:
        planes = values.reshape(layout.samples, layout.rows, layout.columns)
        values = np.ascontiguousarray(planes.transpose(1, 2, 0))
    color = values.reshape(layout.rows, layout.columns, layout.samples)
    return color if keep_ybr else to_rgb(color, layout.photometric, bits=layout.bits_stored)


def cells(data: bytes, layout: Layout, *, skip: int = 0) -> Array:
    """Give the cells of a frame, with all their bits, in the order of the file."""
    bits, count = layout.bits_allocated, layout.rows * layout.columns * layout.samples
    if layout.float or bits in (8, 16, 32, 64):
        kind = "f" if layout.float else "u"
        return np.frombuffer(data, f"<{kind}{bits // 8}", count, skip // 8)
    # Cells follow each other without gaps, the lowest bit first.
    single = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[skip : skip + count * bits]
    if bits == 1:
        return single
    wide = np.dtype(layout.dtype.replace("i", "u"))
    found: Array = single.reshape(count, bits).astype(wide) @ (wide.type(1) << np.arange(bits, dtype=wide))
    return found


def stored_values(values: Array, layout: Layout) -> Array:
    """Mask what is outside of Bits Stored, and restore the sign (PS3.5 8.1.1).

    Parameters
    ----------
    values : numpy.ndarray
        Unsigned cells.
    layout : Layout
        Bits Stored, High Bit, Pixel Representation.
    """
    width = 8 * values.dtype.itemsize
    signed = np.dtype(f"i{values.dtype.itemsize}")
    unsigned = np.dtype(f"u{values.dtype.itemsize}")
    values = values.astype(unsigned, copy=False)
    if layout.bits_stored >= width:
        return values.view(signed) if layout.signed else values
    up, down = max(0, width - 1 - layout.high_bit), width - layout.bits_stored
    shifted = values << unsigned.type(up)
    if layout.signed:
        found: Array = np.right_shift(shifted.view(signed), signed.type(down))
    else:
        found = np.right_shift(shifted, unsigned.type(down))
    return found


def _upsampled(data: bytes, layout: Layout) -> Array:
    """Two luminances, one blue and one red difference for two pixels (PS3.3 C.7.6.3.1.2): give each its own."""
    rows, columns = layout.rows, layout.columns
    if columns % 2:
        raise PixelError(
            f"two pixels cannot share their chrominance in rows of {columns}", tag=0x00280011, code="odd-columns"
        )
    pairs = np.frombuffer(data, np.uint8, rows * columns * 2).reshape(rows, columns // 2, 4)
    full = np.empty((rows, columns, 3), np.uint8)
    full[..., 0] = pairs[..., :2].reshape(rows, columns)
    full[..., 1] = np.repeat(pairs[..., 2], 2, axis=1)
    full[..., 2] = np.repeat(pairs[..., 3], 2, axis=1)
    return full
