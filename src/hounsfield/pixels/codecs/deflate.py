"""Deflated Image Frame (PS3.5 A.4.12): native frames, deflated by zlib one by one."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.codecs import encapsulated

if TYPE_CHECKING:
    from hounsfield.pixels.codecs.stream import Stream
    from hounsfield.pixels.layout import Layout

__all__ = ["decode", "encode"]

Array = np.ndarray[Any, np.dtype[Any]]


def decode(data: bytes, layout: Layout) -> tuple[Array, Stream]:
    """Inflate no more than the frame has, and one byte to see whether there is more."""
    needed = -(-layout.native_bits // 8)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    found = inflater.decompress(data, needed + 1 + needed % 2)
    pixels, stream = encapsulated.decode(found[:needed], layout)
    # A frame of an odd length may be padded before it is deflated.
    return pixels, stream._replace(notes=("surplus",) if len(found) > needed + needed % 2 else ())


def encode(
    pixels: Array,
    layout: Layout,
    *,
    uid: str,
    quality: float | None,
    keep_ybr: bool,
) -> tuple[bytes, str, bool]:
    """Give the native encoding of the frame, deflated without zlib's header."""
    native, photometric, lossy = encapsulated.encode(pixels, layout, uid=uid, quality=quality, keep_ybr=keep_ybr)
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(native) + packer.flush(), photometric, lossy
