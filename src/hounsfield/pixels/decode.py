"""Compressed frames as arrays of stored values (PS3.5 8.2), decoded by imagecodecs.

Codecs give unsigned numbers; the sign is restored here. Color comes out as RGB.
"""

from __future__ import annotations

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

    decoded = np.asarray(imagecodecs.jpeg2k_decode(data))
    # RCT and ICT are undone by the codec; YBR_FULL is not part of JPEG 2000.
    return to_rgb(decoded, layout.photometric)


def _rle(data: bytes, layout: Layout) -> Array:
    import imagecodecs

    unsigned = np.dtype(f"u{layout.bits_allocated // 8}")
    count = layout.rows * layout.columns * layout.samples
    planes = np.frombuffer(imagecodecs.dicomrle_decode(data, unsigned), unsigned, count)
    if layout.samples == 1:
        return planes.reshape(layout.rows, layout.columns)
    color = planes.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    return to_rgb(np.ascontiguousarray(color), layout.photometric)


_DECODERS: dict[str, Callable[[bytes, Layout], Array]] = {
    "jpeg": _jpeg,
    "jpeg-lossless": _jpeg_lossless,
    "jpeg-ls": _jpeg_ls,
    "jpeg-2000": _jpeg_2000,
    "rle": _rle,
}
