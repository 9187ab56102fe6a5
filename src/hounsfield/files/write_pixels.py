"""Pixel data as a file stores them: native, or encapsulated with offset tables (PS3.5 8, A.4; PS3.3 C.7.6.3.1.8)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from hounsfield.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hounsfield.files.write import Encoding

__all__ = ["PIXEL_DATA", "Offsets", "encapsulate", "native", "offset_tables"]

Offsets = Literal["basic", "extended", "empty"]

PIXEL_DATA = 0x7FE00010
_MOST = 0xFFFFFFFE
_UNDEFINED = 0xFFFFFFFF
_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD


def native(tag: int, vr: str, length: int, encoding: Encoding) -> bytes:
    """Return the header of native pixel data of so many bytes, an even number.

    Raises
    ------
    UnsupportedError
        When the length does not fit 32 bits.
    """
    if length >= _MOST:
        raise UnsupportedError(
            f"{length:,} bytes of pixel data are more than an uncompressed element can hold",
            tag=tag,
            hint="Use an encapsulated transfer syntax: encapsulated, deflated-image, rle, jpeg-ls, htj2k, ...",
            code="pixels-too-long",
        )
    order = ">" if encoding.big_endian else "<"
    if encoding.implicit:
        return struct.pack(order + "HHI", tag >> 16, tag & 0xFFFF, length)
    return struct.pack(order + "HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)


def offset_tables(lengths: Sequence[int], *, offsets: Offsets = "basic") -> tuple[bytes, bytes]:
    """Return the Basic Offset Table, or the elements of the Extended Offset Table, which leave the basic one empty.

    Parameters
    ----------
    lengths : sequence of int
        Bytes of each frame, which is one fragment.
    offsets : {'basic', 'extended', 'empty'}
        Which one is wanted; the extended one is given anyway where the basic one is too narrow.

    Returns
    -------
    basic, extended : bytes
        The value of the one; the elements (7FE0,0001) and (7FE0,0002) of the other, or nothing.
    """
    if offsets == "empty":
        return b"", b""
    starts = [0]
    for length in lengths[:-1]:
        starts.append(starts[-1] + 8 + length + length % 2)
    if offsets == "basic" and starts[-1] <= _MOST:
        return struct.pack(f"<{len(starts)}I", *starts), b""
    count = len(starts)
    elements = [
        struct.pack(f"<HH2sHI{count}Q", tag >> 16, tag & 0xFFFF, b"OV", 0, 8 * count, *values)
        for tag, values in ((0x7FE00001, starts), (0x7FE00002, lengths))
    ]
    return b"", b"".join(elements)


def encapsulate(
    lengths: Sequence[int],
    frames: Iterable[Iterable[bytes]],
    write: Callable[[bytes], object],
    *,
    offsets: Offsets = "basic",
) -> None:
    """Write Pixel Data (7FE0,0010) of one fragment for each frame, with offset tables.

    Parameters
    ----------
    lengths : sequence of int
        Bytes of each frame.
    frames : iterable of iterable of bytes
        The bytes of each frame, in pieces.
    write : callable
        Takes the bytes.
    offsets : {'basic', 'extended', 'empty'}
        The offset table.

    Raises
    ------
    UnsupportedError
        When a frame is longer than a fragment can be.
    """
    longest = max(lengths)
    if longest >= _MOST:
        raise UnsupportedError(f"a frame of {longest:,} bytes is longer than a fragment can be", tag=PIXEL_DATA)
    basic, extended = offset_tables(lengths, offsets=offsets)
    write(extended)
    write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, _UNDEFINED))
    write(_item(_ITEM, len(basic)) + basic)
    for length, frame in zip(lengths, frames, strict=True):
        write(_item(_ITEM, length + length % 2))
        for piece in frame:
            write(piece)
        if length % 2:
            write(b"\0")
    write(_item(_END, 0))


def _item(tag: int, length: int) -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, length)
