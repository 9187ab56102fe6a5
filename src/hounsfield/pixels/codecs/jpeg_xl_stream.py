"""The headers of JPEG XL code streams (ISO/IEC 18181-1 D) and of their container (18181-2)."""

from __future__ import annotations

from hounsfield.pixels.codecs.stream import Stream, broken

__all__ = ["inspect"]

_CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
_START = b"\xff\x0a"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_GRAY = 1
# Much more than the fields that are read take.
_HEAD = 256


class _Bits:
    """Bits from the lowest of each byte on."""

    def __init__(self, data: bytes) -> None:
        self.value, self.left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        self.left -= count
        if self.left < 0:
            raise broken("the header of the JPEG XL stream breaks off", code="frame-truncated")
        found = self.value & ((1 << count) - 1)
        self.value >>= count
        return found

    def one_of(self, *choices: tuple[int, int]) -> int:
        """Take a number of a variable length: an offset, and how many bits are added to it."""
        offset, count = choices[self.take(2)]
        return offset + self.take(count)


def inspect(data: bytes) -> Stream:
    """Read the header of a stream.

    Raises
    ------
    PixelError
        When there is none, or it is an animation, or has more than one picture.
    """
    container = data[:12] == _CONTAINER
    head = _boxes(data) if container else data[:_HEAD]
    if head[:2] != _START:
        raise broken("it does not begin like a JPEG XL stream")
    bits = _Bits(head[2:])
    rows, columns = _size(bits)
    if bits.take(1):
        return Stream(rows, columns, 3, 8, transformed=True)
    if bits.take(1):
        orientation = bits.take(3)
        if orientation:
            raise broken("the JPEG XL stream turns its picture, which DICOM does not know", code="jpeg-xl-form")
        if bits.take(1):
            _size(bits)
        if bits.take(2):
            raise broken("the JPEG XL stream is an animation or has a preview", code="jpeg-xl-form")
    depth = _depth(bits)
    bits.take(1)
    if bits.one_of((0, 0), (1, 0), (2, 4), (1, 12)):
        raise broken("the JPEG XL stream has channels beside color, e.g. transparency", code="frame-shape")
    transformed = bool(bits.take(1))
    samples = 3
    # Color by default is sRGB; otherwise an ICC profile may stand in for what follows the color space.
    if not bits.take(1):
        bits.take(1)
        samples = 1 if bits.one_of((0, 0), (1, 0), (2, 4), (18, 6)) == _GRAY else 3
    return Stream(rows, columns, samples, depth, transformed=transformed)


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)
    rows = 8 * (bits.take(5) + 1) if small else _length(bits)
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio - 1]
        return rows, rows * across // down
    return rows, 8 * (bits.take(5) + 1) if small else _length(bits)


def _length(bits: _Bits) -> int:
    return bits.one_of((1, 9), (1, 13), (1, 18), (1, 30))


def _depth(bits: _Bits) -> int:
    if bits.take(1):
        raise broken("samples of the JPEG XL stream are floating-point numbers", code="frame-shape")
    return bits.one_of((8, 0), (10, 0), (12, 0), (1, 6))


def _boxes(data: bytes) -> bytes:
    """Give the beginning of the code stream in a container, whole (jxlc) or in parts (jxlp)."""
    at, found = 0, b""
    while at + 8 <= len(data) and len(found) < _HEAD:
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        end = at + length if length else len(data)
        if length and length < head:
            break
        if kind == b"jxlc":
            return data[at + head : min(end, at + head + _HEAD)]
        if kind == b"jxlp":
            found += data[at + head + 4 : min(end, at + head + 4 + _HEAD)]
        at = end
    return found
