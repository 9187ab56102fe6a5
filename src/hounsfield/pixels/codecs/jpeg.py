"""JPEG (ISO/IEC 10918-1, PS3.5 8.2.1) by libjpeg-turbo: every process decoded; baseline and extended encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UnsupportedError, UsageError
from hounsfield.pixels.codecs import jpeg_stream
from hounsfield.pixels.codecs.samples import as_rgb, check_depth, check_unsigned, to_codec
from hounsfield.pixels.trust import check

if TYPE_CHECKING:
    from hounsfield.pixels.codecs.stream import Stream
    from hounsfield.pixels.layout import Layout

__all__ = ["decode", "encode"]

Array = np.ndarray[Any, np.dtype[Any]]

_BASELINE = "1.2.840.10008.1.2.4.50"


def decode(data: bytes, layout: Layout) -> tuple[Array, Stream]:
    """Decode any process, lossless ones, too; color as RGB.

    Lossy streams may name their color space; where they do not, and for lossless ones, Photometric Interpretation
    (0028,0004) does.
    """
    stream = jpeg_stream.inspect(data)
    if not stream.rows:
        data = jpeg_stream.with_height(data, layout.rows)
        stream = stream._replace(rows=layout.rows)
    check(stream, layout, "JPEG")
    import imagecodecs

    if stream.samples != 3:
        return np.asarray(imagecodecs.jpeg8_decode(data)), stream
    if stream.process.startswith(jpeg_stream.LOSSLESS):
        pixels = np.asarray(imagecodecs.jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB"))
        # Markers of lossless streams are left over from a color space that nobody converted to.
        return as_rgb(pixels, layout), stream._replace(color="")
    # Without a marker that says so, libjpeg takes three components for YCbCr; the header knows better.
    space = "YCBCR" if (stream.color or layout.photometric) != "RGB" else "RGB"
    return np.asarray(imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace="RGB")), stream


def encode(
    pixels: Array, layout: Layout, *, uid: str, quality: float | None, keep_ybr: bool
) -> tuple[bytes, str, bool]:
    """Encode at a quality of 1 to 100; color as YCbCr with half the columns of chroma, as the standard names it."""
    import imagecodecs

    if quality is None or not 1 <= quality <= 100:
        raise UsageError(f"JPEG takes a quality of 1 to 100, not {quality}", code="quality")
    name = "JPEG Baseline" if uid == _BASELINE else "JPEG Extended"
    check_unsigned(layout, name)
    bits = 8 if uid == _BASELINE else 12
    check_depth(layout, name, bits)
    if max(pixels.shape[:2]) > 0xFFFF:
        raise UnsupportedError("JPEG holds at most 65,535 rows and columns", code="frame-shape")
    values = to_codec(pixels, layout)
    if values.dtype.itemsize == 1 and bits == 12 and uid != _BASELINE:
        bits = 8
    if layout.samples == 1:
        data = imagecodecs.jpeg8_encode(values, round(quality), bitspersample=bits)
        return bytes(data), layout.photometric, True
    space = "YCBCR" if keep_ybr else "RGB"
    data = imagecodecs.jpeg8_encode(
        values, round(quality), bitspersample=bits, colorspace=space, outcolorspace="YCBCR", subsampling="422"
    )
    return bytes(data), "YBR_FULL_422", True
