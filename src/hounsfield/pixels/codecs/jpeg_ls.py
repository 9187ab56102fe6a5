"""JPEG-LS (ISO/IEC 14495-1, PS3.5 8.2.3): lossless and near-lossless, 2 to 16 bits, by CharLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UnsupportedError, UsageError
from hounsfield.pixels.codecs import jpeg_stream
from hounsfield.pixels.codecs.samples import as_rgb, check_depth, to_codec
from hounsfield.pixels.codecs.stream import broken
from hounsfield.pixels.trust import check

if TYPE_CHECKING:
    from hounsfield.pixels.codecs.stream import Stream
    from hounsfield.pixels.layout import Layout

__all__ = ["decode", "encode"]

Array = np.ndarray[Any, np.dtype[Any]]

_SPIFF = b"\xff\xe8"


def decode(data: bytes, layout: Layout) -> tuple[Array, Stream]:
    """Decode; color as RGB, from what Photometric Interpretation (0028,0004) says it is."""
    stream = jpeg_stream.inspect(data)
    if stream.process != "JPEG-LS":
        raise broken(f"it is not a JPEG-LS stream, but JPEG {stream.process}", code="jpeg-process")
    check(stream, layout, "JPEG-LS")
    import imagecodecs

    return as_rgb(np.asarray(imagecodecs.jpegls_decode(data)), layout), stream


def encode(
    pixels: Array,
    layout: Layout,
    *,
    uid: str,  # noqa: ARG001 - all encoders are called alike
    quality: float | None,
    keep_ybr: bool,
) -> tuple[bytes, str, bool]:
    """Encode with no value further off than `quality`; the precision is Bits Stored."""
    import jpeg_ls

    check_depth(layout, "JPEG-LS", 16)
    near = round(quality or 0)
    values = to_codec(pixels, layout)
    bits = max(2, layout.bits_stored)
    most = min(255, ((1 << bits) - 1) // 2)
    if near != (quality or 0) or not 0 <= near <= most:
        raise UsageError(f"JPEG-LS takes a largest error of 0 to {most}, not {quality}", code="quality")
    if near and layout.signed:
        _check_signs(pixels, near, bits)
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    try:
        data = jpeg_ls.encode_pixel_data(
            little.tobytes(),
            lossy_error=near,
            rows=layout.rows,
            columns=layout.columns,
            samples_per_pixel=layout.samples,
            bits_stored=bits,
            planar_configuration=0,
        )
    except RuntimeError:
        # It reserves no more than the size of the pixels, which tiny and noisy frames exceed.
        data = _roomy(values, near)
    photometric = "RGB" if layout.samples > 1 and not keep_ybr else layout.photometric
    return bytes(data), photometric, near > 0


def _check_signs(pixels: Array, near: int, bits: int) -> None:
    """Refuse signed values so near to the extremes that what is lost could turn their sign round."""
    most = 1 << (bits - 1)
    if int(pixels.min()) < near - most or int(pixels.max()) > most - 1 - near:
        raise UnsupportedError(
            f"JPEG-LS has no signed samples, and an error of {near} would turn the sign of the extreme values round",
            tag=0x00280103,
            hint="JPEG 2000 and HTJ2K compress signed values with loss; lossless syntaxes keep them.",
            code="signed-lossy",
        )


def _roomy(values: Array, near: int) -> bytes:
    """Encode with the precision of the type of the values; the SPIFF header in front is left out, as in DICOM."""
    import imagecodecs

    data = bytes(imagecodecs.jpegls_encode(values, near))
    while data[2:4] == _SPIFF:
        data = data[:2] + data[4 + int.from_bytes(data[4:6], "big") :]
    return data.removeprefix(b"\xff\xd8") if data[2:4] == b"\xff\xd8" else data
