"""Compressed frames as arrays of stored values (PS3.5 8.2), decoded by imagecodecs.

Codecs give unsigned numbers; the sign is restored here. Color comes out as RGB.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError
from hounsfield.pixels.color import to_rgb
from hounsfield.pixels.syntaxes import syntax_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hounsfield.pixels.layout import Layout

__all__ = ["decode_frame"]

Array = np.ndarray[Any, np.dtype[Any]]

# Writers leave this many bytes after the end of a JPEG stream.
_PADDING = 4096
# OpenJPEG calculates in 32 bits.
_MOST_OPENJPEG = 24


def decode_frame(data: bytes, syntax: str, layout: Layout) -> Array:
    """Decode one frame.

    Parameters
    ----------
    data : bytes
        Its fragments, joined.
    syntax : str
        Transfer Syntax UID.
    layout : Layout
        What the frame should be.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, samples)`` of the stored type; color as RGB.

    Raises
    ------
    PixelError
        When the codec fails, or gives something else than the header promises.
    """
    known = syntax_of(syntax)
    if known is None or known.decoder not in _DECODERS:
        raise PixelError(f"transfer syntax {syntax} cannot be decoded", code="syntax-unknown")
    try:
        decoded = _DECODERS[known.decoder](data, layout)
    except PixelError:
        raise
    except Exception as error:  # noqa: BLE001 - each codec has an exception class of its own
        raise PixelError(f"the frame cannot be decoded as {known.name}: {error}", code="codec") from None
    return _stored(np.asarray(decoded), layout, known.name)


def _stored(decoded: Array, layout: Layout, name: str) -> Array:
    wanted: tuple[int, ...] = (layout.rows, layout.columns)
    if layout.samples > 1:
        wanted = (*wanted, layout.samples)
    if decoded.shape != wanted:
        raise PixelError(
            f"the frame decoded as {name} is {'x'.join(map(str, decoded.shape))}, "
            f"the header promises {'x'.join(map(str, wanted))}",
            code="frame-shape",
        )
    if layout.bits_allocated == 1:
        return decoded
    width = layout.bits_allocated // 8
    unsigned = np.dtype(f"u{width}")
    if decoded.dtype.itemsize != width:
        decoded = decoded.astype(unsigned)
    values = decoded.view(unsigned)
    unused = layout.bits_allocated - layout.bits_stored
    if layout.signed:
        signed = np.dtype(f"i{width}")
        return (values << unused).view(signed) >> unused if unused else values.view(signed)
    return values


def _check_end(data: bytes) -> None:
    """Refuse a stream without End of Image: libjpeg makes up what is missing."""
    if data.rfind(b"\xff\xd9", max(0, len(data) - _PADDING)) < 0:
        raise PixelError("the JPEG stream breaks off: it has no end marker", code="frame-truncated")


def _jpeg(data: bytes, layout: Layout) -> Array:
    import imagecodecs

    _check_end(data)
    if layout.samples == 1:
        return np.asarray(imagecodecs.jpeg_decode(data))
    # Without a marker that says so, libjpeg takes three components for YCbCr; the header knows better.
    space = "RGB" if layout.photometric == "RGB" and not _has_color_marker(data) else None
    return np.asarray(imagecodecs.jpeg_decode(data, colorspace=space, outcolorspace=space))


def _has_color_marker(data: bytes) -> bool:
    if b"JFIF\0" in data[:64]:
        return True
    # libjpeg passes over an APP14 segment that is too short to name a transformation.
    at = data.find(b"Adobe", 0, 4096)
    return at >= 2 and int.from_bytes(data[at - 2 : at], "big") >= 14


def _jpeg_lossless(data: bytes, layout: Layout) -> Array:
    import imagecodecs

    _check_end(data)
    return to_rgb(np.asarray(imagecodecs.jpeg_decode(data)), layout.photometric)


def _jpeg_ls(data: bytes, layout: Layout) -> Array:
    import imagecodecs

    return to_rgb(np.asarray(imagecodecs.jpegls_decode(data)), layout.photometric)


def _jpeg_2000(data: bytes, layout: Layout) -> Array:
    import imagecodecs

    after_sizes = 4 + int.from_bytes(data[4:6], "big")
    if layout.bits_stored > _MOST_OPENJPEG and data[after_sizes : after_sizes + 2] == b"\xff\x50":
        # High-Throughput streams say so in a marker of their own.
        return to_rgb(np.asarray(imagecodecs.htj2k_decode(data)), layout.photometric)
    decoded = np.asarray(imagecodecs.jpeg2k_decode(data))
    # RCT and ICT are undone by the codec; YBR_FULL is not part of JPEG 2000.
    return to_rgb(decoded, layout.photometric)


def _rle(data: bytes, layout: Layout) -> Array:
    import imagecodecs

    unsigned = np.dtype(f"u{layout.bits_allocated // 8}")
    count = layout.rows * layout.columns * layout.samples
    planes = _cells(np.frombuffer(imagecodecs.dicomrle_decode(data, unsigned), unsigned, count), layout)
    if layout.samples == 1:
        return planes.reshape(layout.rows, layout.columns)
    color = planes.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    return to_rgb(np.ascontiguousarray(color), layout.photometric)


def _jpeg_xl(data: bytes, layout: Layout) -> Array:
    import imagecodecs

    decoded = np.asarray(imagecodecs.jpegxl_decode(data, numthreads=1))
    return to_rgb(decoded, layout.photometric) if layout.photometric == "YBR_FULL" else decoded


def _deflate(data: bytes, layout: Layout) -> Array:
    needed = _frame_bytes(layout)
    return _plain(zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, needed), layout)


def _plain(data: bytes, layout: Layout) -> Array:
    """Native pixels in a fragment (PS3.5 A.4.11, A.4.12)."""
    needed, bits = _frame_bytes(layout), layout.bits_allocated
    if len(data) < needed or bits not in (1, 8, 16, 32, 64):
        raise PixelError(f"the frame has {len(data):,} bytes instead of {needed:,}", code="frame-truncated")
    count = layout.rows * layout.columns * layout.samples
    if bits == 1:
        values: Array = np.unpackbits(np.frombuffer(data, np.uint8), count=count, bitorder="little")
    else:
        values = _cells(np.frombuffer(data, f"<u{bits // 8}", count).astype(f"u{bits // 8}", copy=False), layout)
    if layout.samples == 1:
        return values.reshape(layout.rows, layout.columns)
    if layout.planar:
        planes = values.reshape(layout.samples, layout.rows, layout.columns)
        return to_rgb(np.ascontiguousarray(planes.transpose(1, 2, 0)), layout.photometric)
    return to_rgb(values.reshape(layout.rows, layout.columns, layout.samples), layout.photometric)


def _frame_bytes(layout: Layout) -> int:
    return -(-layout.rows * layout.columns * layout.samples * layout.bits_allocated // 8)


def _cells(values: Array, layout: Layout) -> Array:
    """Leave out what is outside Bits Stored, e.g. overlays."""
    if layout.bits_stored >= layout.bits_allocated:
        return values
    low = max(0, layout.high_bit + 1 - layout.bits_stored)
    mask = values.dtype.type((1 << layout.bits_stored) - 1)
    kept: Array = np.bitwise_and(values >> values.dtype.type(low), mask)
    return kept


_DECODERS: dict[str, Callable[[bytes, Layout], Array]] = {
    "deflate": _deflate,
    "encapsulated": _plain,
    "jpeg": _jpeg,
    "jpeg-lossless": _jpeg_lossless,
    "jpeg-ls": _jpeg_ls,
    "jpeg-2000": _jpeg_2000,
    "jpeg-xl": _jpeg_xl,
    "rle": _rle,
}
