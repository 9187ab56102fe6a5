"""JPEG XL (ISO/IEC 18181, PS3.5 8.2.15): lossless, lossy, and JPEG streams recompressed, by libjxl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.codecs import jpeg, jpeg_xl_stream
from hounsfield.pixels.codecs.ratio import by_ratio
from hounsfield.pixels.codecs.samples import as_rgb, check_depth, check_unsigned, to_codec
from hounsfield.pixels.trust import check

if TYPE_CHECKING:
    from hounsfield.pixels.codecs.stream import Stream
    from hounsfield.pixels.layout import Layout

__all__ = ["decode", "encode", "recompress"]

Array = np.ndarray[Any, np.dtype[Any]]

_RECOMPRESSION = "1.2.840.10008.1.2.4.111"
_BASELINE = "1.2.840.10008.1.2.4.50"


def decode(data: bytes, layout: Layout) -> tuple[Array, Stream]:
    """Decode; color as RGB, of which YBR_FULL is the only one that the codec does not know about."""
    stream = jpeg_xl_stream.inspect(data)
    check(stream, layout, "JPEG XL")
    import imagecodecs

    decoded = np.asarray(imagecodecs.jpegxl_decode(data, numthreads=1))
    return as_rgb(decoded, layout) if layout.photometric == "YBR_FULL" else decoded, stream


def encode(
    pixels: Array, layout: Layout, *, uid: str, quality: float | None, keep_ybr: bool
) -> tuple[bytes, str, bool]:
    """Encode without loss, or with `quality` that many times smaller than the pixels."""
    import imagecodecs

    if uid == _RECOMPRESSION:
        data, photometric, lossy = jpeg.encode(pixels, layout, uid=_BASELINE, quality=quality, keep_ybr=keep_ybr)
        return recompress(data), photometric, lossy
    check_depth(layout, "JPEG XL", 16)
    color = layout.samples > 1
    values = to_codec(pixels, layout)
    keywords: dict[str, Any] = {
        "photometric": "RGB" if color else "GRAY",
        "bitspersample": layout.bits_stored,
        "usecontainer": False,
        "numthreads": 1,
    }
    photometric = "RGB" if color and not keep_ybr else layout.photometric
    if quality is None:
        return bytes(imagecodecs.jpegxl_encode(values, lossless=True, **keywords)), photometric, False
    check_unsigned(layout, "JPEG XL")
    size = values.size * max(1, layout.bits_allocated // 8)
    data = by_ratio(
        lambda distance: bytes(imagecodecs.jpegxl_encode(values, lossless=False, distance=distance, **keywords)),
        size,
        quality,
        finest=0.02,
        coarsest=25.0,
    )
    return data, "XYB" if color and not keep_ybr else photometric, True


def recompress(data: bytes) -> bytes:
    """Give a JPEG stream as JPEG XL."""
    import imagecodecs

    return bytes(imagecodecs.jpegxl_encode_jpeg(data, numthreads=1))
