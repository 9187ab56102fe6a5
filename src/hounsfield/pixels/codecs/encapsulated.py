"""Frames as they are, in fragments: Encapsulated Uncompressed Explicit VR Little Endian (PS3.5 A.4.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError
from hounsfield.pixels.codecs.samples import cells, to_codec
from hounsfield.pixels.codecs.stream import Stream
from hounsfield.pixels.color import to_rgb
from hounsfield.pixels.trust import check

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

__all__ = ["decode", "encode", "frame_bytes"]

Array = np.ndarray[Any, np.dtype[Any]]


def frame_bytes(layout: Layout) -> int:
    """Bytes of a native frame."""
    return -(-layout.rows * layout.columns * layout.samples * layout.bits_allocated // 8)


def decode(data: bytes, layout: Layout) -> tuple[Array, Stream]:
    """Take native pixels out of a fragment; color as RGB."""
    stream = Stream(layout.rows, layout.columns, layout.samples, layout.bits_stored)
    check(stream, layout, "native form")
    needed, bits = frame_bytes(layout), layout.bits_allocated
    if len(data) < needed:
        raise PixelError(f"the frame has {len(data):,} bytes instead of {needed:,}", code="frame-truncated")
    count = layout.rows * layout.columns * layout.samples
    if bits == 1:
        values: Array = np.unpackbits(np.frombuffer(data, np.uint8), count=count, bitorder="little")
    else:
        values = cells(np.frombuffer(data, f"<u{bits // 8}", count).astype(f"u{bits // 8}", copy=False), layout)
    if layout.samples == 1:
        return values.reshape(layout.rows, layout.columns), stream
    if layout.planar:
        planes = values.reshape(layout.samples, layout.rows, layout.columns)
        return to_rgb(np.ascontiguousarray(planes.transpose(1, 2, 0)), layout.photometric), stream
    return to_rgb(values.reshape(layout.rows, layout.columns, layout.samples), layout.photometric), stream


def encode(
    pixels: Array,
    layout: Layout,
    *,
    uid: str,  # noqa: ARG001 - all encoders are called alike
    quality: float | None,  # noqa: ARG001
    keep_ybr: bool,
) -> tuple[bytes, str, bool]:
    """Give the native encoding of the frame."""
    if layout.bits_allocated == 1:
        data = np.packbits(pixels.reshape(-1) & 1, bitorder="little").tobytes()
    else:
        values = to_codec(pixels, layout, narrow=False)
        data = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    photometric = "RGB" if layout.samples > 1 and not keep_ybr else layout.photometric
    return data, photometric, False
