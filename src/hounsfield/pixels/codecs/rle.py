"""RLE (PS3.5 G): byte planes packed by the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield import _core
from hounsfield.pixels.codecs.samples import as_rgb, cells, to_codec
from hounsfield.pixels.codecs.stream import Stream
from hounsfield.pixels.trust import check

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

__all__ = ["decode", "encode"]

Array = np.ndarray[Any, np.dtype[Any]]


def decode(data: bytes, layout: Layout) -> tuple[Array, Stream]:
    """Decode into cells of Bits Allocated; color as RGB."""
    stream = Stream(layout.rows, layout.columns, layout.samples, layout.bits_stored)
    check(stream, layout, "RLE")
    if layout.bits_allocated == 1:
        return _bits(data, layout, stream)
    width = max(1, layout.bits_allocated // 8)
    shape = (layout.rows, layout.columns) + ((layout.samples,) if layout.samples > 1 else ())
    out = np.empty(shape, f"<u{width}")
    sizes = (layout.rows, layout.columns, layout.samples, width)
    if _core.rle_decode(data, sizes, out.reshape(-1).view(np.uint8)):
        stream = stream._replace(notes=("surplus",))
    return as_rgb(cells(out.astype(f"u{width}", copy=False), layout), layout), stream


def _bits(data: bytes, layout: Layout, stream: Stream) -> tuple[Array, Stream]:
    """Unpack samples of one bit, eight of which are one byte of the only segment."""
    count = layout.rows * layout.columns * layout.samples
    packed = np.empty(-(-count // 8), np.uint8)
    if _core.rle_decode(data, (1, packed.size, 1, 1), packed):
        stream = stream._replace(notes=("surplus",))
    values: Array = np.unpackbits(packed, count=count, bitorder="little")
    return values.reshape(layout.rows, layout.columns), stream


def encode(
    pixels: Array,
    layout: Layout,
    *,
    uid: str,  # noqa: ARG001 - all encoders are called alike
    quality: float | None,  # noqa: ARG001
    keep_ybr: bool,
) -> tuple[bytes, str, bool]:
    """Encode all bits of the allocated type."""
    if layout.bits_allocated == 1:
        packed = np.packbits(pixels.reshape(-1) & 1, bitorder="little")
        return _core.rle_encode(packed, (1, packed.size, 1, 1)), layout.photometric, False
    values = to_codec(pixels, layout, narrow=False)
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    sizes = (layout.rows, layout.columns, layout.samples, values.dtype.itemsize)
    data = _core.rle_encode(little.reshape(-1).view(np.uint8), sizes)
    return data, "RGB" if layout.samples > 1 and not keep_ybr else layout.photometric, False
