"""Stored values as the code stream of one frame (PS3.5 8.2), and what the header must then say.

Which syntax, and whether anything may be lost, is the caller's choice; offset tables and data sets are left to `files`.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import numpy as np

from hounsfield.errors import HounsfieldError, PixelError, UnsupportedError, UsageError
from hounsfield.pixels.syntaxes import syntax_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.pixels.layout import Layout
    from hounsfield.pixels.syntaxes import Syntax

__all__ = ["Encoded", "encode_frame", "recompress_jpeg"]

Array = np.ndarray[Any, np.dtype[Any]]


class Encoded(NamedTuple):
    """One encoded frame, and what its header must say.

    Parameters
    ----------
    data : bytes
        The code stream, of even length.
    photometric : str
        Photometric Interpretation (0028,0004).
    planar : bool
        Planar Configuration (0028,0006) is 1.
    lossy : bool
        Information was lost: Lossy Image Compression (0028,2110) is 01.
    bits_allocated : int
        Bits Allocated (0028,0100).
    """

    data: bytes
    photometric: str
    planar: bool
    lossy: bool
    bits_allocated: int


class _Encoder(Protocol):
    def encode(
        self,
        pixels: Array,
        layout: Layout,
        *,
        uid: str,
        quality: float | None,
        keep_ybr: bool,
    ) -> tuple[bytes, str, bool]: ...


_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "encapsulated": "encapsulated",
        "deflate": "deflate",
        "jpeg": "jpeg",
        "jpeg-lossless": "jpeg_lossless",
        "jpeg-ls": "jpeg_ls",
        "jpeg-2000": "jpeg_2000",
        "jpeg-xl": "jpeg_xl",
        "rle": "rle",
    }
)
_KEEPS_PACKED = ("encapsulated", "deflate")


def encode_frame(
    pixels: Array, syntax: str, layout: Layout, *, quality: float | None = None, keep_ybr: bool = False
) -> Encoded:
    """Encode one frame.

    Parameters
    ----------
    pixels : numpy.ndarray
        Stored values, ``(rows, columns)`` or ``(rows, columns, samples)``, as `decode_frame` gives them: color as RGB.
    syntax : str
        Transfer Syntax UID.
    layout : Layout
        What the values are. Its photometric interpretation matters for gray and palette images; of color only where
        `keep_ybr` is set.
    quality : float, optional
        What may be lost. JPEG: 1 to 100; JPEG-LS: the largest error of a value; JPEG 2000, HTJ2K and JPEG XL: how many
        times smaller than the uncompressed pixels. ``None``: nothing, which syntaxes that always lose refuse.
    keep_ybr : bool
        `pixels` are YBR as the layout says, and stay so.

    Returns
    -------
    Encoded
        The code stream and what the header must say.

    Raises
    ------
    UsageError
        When the quality is missing, out of range, or given for a syntax that loses nothing.
    UnsupportedError
        When the syntax cannot hold such pixels, with what can.
    PixelError
        When the codec fails.
    """
    known = syntax_of(syntax)
    if known is None or known.encoder in {"", "none"}:
        raise UnsupportedError(f"frames cannot be encoded as {known.name if known else syntax}", code="syntax-unknown")
    _check(pixels, known, layout, quality)
    module = cast("_Encoder", import_module(f"hounsfield.pixels.codecs.{_MODULES[known.encoder]}"))
    try:
        data, photometric, lossy = module.encode(
            np.ascontiguousarray(pixels), layout, uid=syntax, quality=quality, keep_ybr=keep_ybr
        )
    except HounsfieldError:
        raise
    except Exception as error:  # noqa: BLE001 - each codec has an exception class of its own
        raise PixelError(f"the frame cannot be encoded as {known.name}: {error}", code="codec") from None
    bits = layout.bits_allocated if known.encoder in _KEEPS_PACKED else -(-layout.bits_allocated // 8) * 8
    return Encoded(data + b"\0" * (len(data) & 1), photometric, planar=False, lossy=lossy, bits_allocated=bits)


def recompress_jpeg(data: bytes) -> bytes:
    """Give a JPEG code stream as JPEG XL, from which the same bytes can be made again (PS3.5 A.4.13).

    Parameters
    ----------
    data : bytes
        One frame of JPEG Baseline, Extended (8 bit) or progressive; the photometric interpretation stays what it is.

    Raises
    ------
    PixelError
        When it is not a whole JPEG stream that JPEG XL can hold.
    """
    from hounsfield.pixels.codecs import jpeg_xl

    try:
        made = jpeg_xl.recompress(data)
    except Exception as error:  # noqa: BLE001 - the codec has an exception class of its own
        raise PixelError(f"the JPEG stream cannot be recompressed as JPEG XL: {error}", code="codec") from None
    return made + b"\0" * (len(made) & 1)


def _check(pixels: Array, known: Syntax, layout: Layout, quality: float | None) -> None:
    wanted = (layout.rows, layout.columns) + ((layout.samples,) if layout.samples > 1 else ())
    if pixels.shape != wanted:
        raise UsageError(f"the pixels are {pixels.shape}, the layout says {wanted}", code="frame-shape")
    if layout.float or pixels.dtype.kind not in "iub":
        raise UnsupportedError(
            f"{known.name} holds whole numbers only",
            hint="Write floating-point pixels uncompressed or as Deflated Explicit VR Little Endian.",
            code="float-pixels",
        )
    if known.lossy == "never" and quality is not None:
        raise UsageError(f"{known.name} loses nothing, so that it takes no quality", code="quality")
    if known.lossy == "always" and quality is None:
        raise UsageError(
            f"{known.name} loses information, so that its quality must be stated",
            hint="JPEG takes 1 to 100, JPEG-LS the largest error of a value.",
            code="quality",
        )
    if quality is not None and layout.photometric == "PALETTE COLOR":
        raise UnsupportedError(
            "indices of a palette cannot be compressed with loss: neighboring numbers are not like colors",
            hint="Choose a lossless syntax.",
            code="lossy-palette",
        )
