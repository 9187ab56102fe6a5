"""Frames as they are, in fragments: Encapsulated Uncompressed Explicit VR Little Endian (PS3.5 A.4.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.codecs.samples import to_codec
from hounsfield.pixels.codecs.stream import NATIVE, Stream
from hounsfield.pixels.native import from_native

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

__all__ = ["decode", "encode"]

Array = np.ndarray[Any, np.dtype[Any]]


def decode(data: bytes, layout: Layout) -> tuple[Array, Stream]:
    """Take native pixels out of a fragment; color as RGB."""
    stream = Stream(layout.rows, layout.columns, layout.samples, layout.bits_stored, process=NATIVE)
    return from_native(data, layout), stream


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
