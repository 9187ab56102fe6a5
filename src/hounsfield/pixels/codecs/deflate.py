"""Frames without a picture codec: Deflated Image Frame (PS3.5 A.4.12) and Encapsulated Uncompressed (A.4.11)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.codecs.samples import to_codec

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

__all__ = ["encode"]

Array = np.ndarray[Any, np.dtype[Any]]

_DEFLATED = "1.2.840.10008.1.2.8.1"


def encode(
    pixels: Array,
    layout: Layout,
    *,
    uid: str,
    quality: float | None,  # noqa: ARG001 - all encoders are called alike
    keep_ybr: bool,
) -> tuple[bytes, str, bool]:
    """Give the native encoding of the frame, deflated without zlib's header where the syntax says so."""
    if layout.bits_allocated == 1:
        data = np.packbits(pixels.reshape(-1) & 1, bitorder="little").tobytes()
    else:
        values = to_codec(pixels, layout, narrow=False)
        data = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    photometric = "RGB" if layout.samples > 1 and not keep_ybr else layout.photometric
    if uid == _DEFLATED:
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        data = packer.compress(data) + packer.flush()
    return data, photometric, False
