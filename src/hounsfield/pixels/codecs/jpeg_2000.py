"""JPEG 2000 (ISO/IEC 15444-1) by OpenJPEG and High-Throughput JPEG 2000 (15444-15) by OpenJPH; PS3.5 8.2.4, 8.2.14."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.pixels.codecs import jpeg_2000_stream
from hounsfield.pixels.codecs.apart import decode_htj2k
from hounsfield.pixels.codecs.ratio import by_ratio
from hounsfield.pixels.codecs.samples import as_rgb, check_depth
from hounsfield.pixels.trust import check

if TYPE_CHECKING:
    from hounsfield.pixels.codecs.stream import Stream
    from hounsfield.pixels.layout import Layout

__all__ = ["decode", "encode"]

Array = np.ndarray[Any, np.dtype[Any]]

_HIGH_THROUGHPUT = "1.2.840.10008.1.2.4.20"
_RPCL = "1.2.840.10008.1.2.4.202"
_SIZ = b"\xff\x51"
_QCD = b"\xff\x5c"
_EXPOUNDED = 2
_MOST_GUARD_BITS = 7
# The thumbnail that HTJ2K RPCL must hold is at most this wide or high (PS3.5 10.18).
_THUMBNAIL = 64
# OpenJPEG decodes High-Throughput streams of no more bits.
_MOST_FAST = 16
# OpenJPEG calculates in 32 bits, of which the wavelets need some.
_MOST = 24


def decode(data: bytes, layout: Layout) -> tuple[Array, Stream]:
    """Decode; RCT and ICT are undone by the codec, YBR_FULL, which is no part of JPEG 2000, by the header."""
    stream = jpeg_2000_stream.inspect(data)
    check(stream, layout, stream.process)
    import imagecodecs

    # OpenJPH is twice as fast with High-Throughput streams, but crashes on damaged ones.
    if stream.process != "HTJ2K" or stream.bits <= _MOST_FAST:
        return as_rgb(np.asarray(imagecodecs.jpeg2k_decode(data)), layout), stream
    decoded = decode_htj2k(data, stream)
    if decoded.ndim == 3 and not stream.transformed:
        # Components that have nothing to do with each other come as planes.
        decoded = np.ascontiguousarray(decoded.transpose(1, 2, 0))
    return as_rgb(decoded, layout), stream


def encode(
    pixels: Array, layout: Layout, *, uid: str, quality: float | None, keep_ybr: bool
) -> tuple[bytes, str, bool]:
    """Encode; with `quality` that many times smaller than the pixels, by the irreversible transforms.

    Sign and precision of the code stream are those of the header. Color is transformed (RCT, ICT) unless it is YBR.
    """
    fast = uid.startswith(_HIGH_THROUGHPUT)
    check_depth(layout, "HTJ2K" if fast else "JPEG 2000", 32 if fast else _MOST)
    size = layout.rows * layout.columns * layout.samples * max(1, layout.bits_allocated // 8)
    transformed = layout.samples == 3 and not keep_ybr
    one = _HighThroughput(pixels, layout, uid, lossy=quality is not None) if fast else _Classic(pixels, layout)
    if quality is None:
        data = one.reversible(transformed=transformed)
    elif fast:
        data = by_ratio(
            lambda step: one.irreversible(step, transformed=transformed),
            size,
            quality,
            finest=1e-7,
            coarsest=one.coarsest,
        )
    else:
        # PSNR counts the other way round.
        data = by_ratio(
            lambda step: one.irreversible(1 / step, transformed=transformed),
            size,
            quality,
            finest=1 / 200,
            coarsest=1 / 12,
        )
    color = "YBR_RCT" if quality is None else "YBR_ICT"
    photometric = color if transformed else layout.photometric
    return data, photometric, quality is not None


class _Classic:
    """OpenJPEG: LRCP, 64x64 blocks, as many resolutions as the frame has room for."""

    coarsest = 1.0

    def __init__(self, pixels: Array, layout: Layout) -> None:
        narrow = layout.bits_stored <= 8 and pixels.dtype.itemsize > 1
        self.pixels = pixels.astype("i1" if layout.signed else "u1") if narrow else pixels
        self.keywords: dict[str, Any] = {"codecformat": "j2k", "bitspersample": layout.bits_stored}
        if layout.samples == 3:
            self.keywords["colorspace"] = "SRGB"

    def reversible(self, *, transformed: bool) -> bytes:
        import imagecodecs

        return bytes(imagecodecs.jpeg2k_encode(self.pixels, 0, reversible=True, mct=transformed, **self.keywords))

    def irreversible(self, quality: Any, *, transformed: bool) -> bytes:
        import imagecodecs

        return bytes(
            imagecodecs.jpeg2k_encode(self.pixels, quality, reversible=False, mct=transformed, **self.keywords)
        )


class _HighThroughput:
    """OpenJPH: RPCL, 64x64 blocks."""

    def __init__(self, pixels: Array, layout: Layout, uid: str, *, lossy: bool) -> None:
        self.bits, self.signed = layout.bits_stored, layout.signed
        if self.bits <= 8 < 8 * pixels.dtype.itemsize:
            pixels = pixels.astype("i1" if self.signed else "u1")
        self.shift = 8 * pixels.dtype.itemsize - self.bits
        if lossy and self.shift > _MOST_GUARD_BITS - 1:
            self.shift = 0
        self.coarsest = 0.9 / (1 << self.shift)
        if self.shift and not self.signed:
            # What a decoder adds for unsigned samples depends on the precision, which is stated afterwards.
            middle = 1 << (self.bits - 1)
            pixels = (pixels - pixels.dtype.type(middle)).view(f"i{pixels.dtype.itemsize}")
        self.pixels = pixels
        self.keywords: dict[str, Any] = {}
        if uid == _RPCL:
            smallest, levels = min(layout.rows, layout.columns), 5
            while smallest > _THUMBNAIL << levels:
                levels += 1
            self.keywords = {"tlm": True, "resolutions": levels}

    def reversible(self, *, transformed: bool) -> bytes:
        return self._encode({"reversible": True}, transformed=transformed)

    def irreversible(self, step: float, *, transformed: bool) -> bytes:
        return self._encode({"reversible": False, "level": step}, transformed=transformed)

    def _encode(self, keywords: dict[str, Any], *, transformed: bool) -> bytes:
        import imagecodecs

        color: dict[str, Any] = {"rgb": transformed} if self.pixels.ndim == 3 else {}
        data = bytearray(imagecodecs.htj2k_encode(self.pixels, **keywords, **self.keywords, **color))
        if self.shift:
            _state_precision(data, self.bits, self.shift, signed=self.signed)
        return bytes(data)


def _state_precision(data: bytearray, bits: int, shift: int, *, signed: bool) -> None:
    """Write the precision of all components, of which OpenJPH only knows the type: Ssiz, and what depends on it.

    Steps of irreversible quantization are relative to the precision (15444-1 E.1.1): their exponents become smaller
    by `shift`, and guard bits make up for it, so that the number of bit planes stays what it is.
    """
    start = data.index(_SIZ)
    count = int.from_bytes(data[start + 38 : start + 40], "big")
    for component in range(count):
        data[start + 40 + 3 * component] = (0x80 if signed else 0) | (bits - 1)
    at = data.index(_QCD, start + 40 + 3 * count)
    end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    if data[at + 4] & 0x1F == _EXPOUNDED:
        data[at + 4] += shift << 5
        for place in range(at + 5, end, 2):
            if data[place] >> 3 < shift:
                raise UsageError("the wanted ratio is out of the reach of this codec", code="quality")
            data[place] -= shift << 3
