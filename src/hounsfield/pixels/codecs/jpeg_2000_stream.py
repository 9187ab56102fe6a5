"""The headers of JPEG 2000 code streams (ISO/IEC 15444-1 A), of High-Throughput ones, too (15444-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hounsfield.pixels.codecs.stream import Stream, broken, costly

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["inspect"]

_START = b"\xff\x4f\xff\x51"
_BOXES = b"\0\0\0\x0cjP  "
_CAP, _COD, _COC, _SOT, _SOD, _EOC, _MCT = 0xFF50, 0xFF52, 0xFF53, 0xFF90, 0xFF93, 0xFFD9, 0xFF74
_SOT_BYTES = 12
_MOST_COMPONENTS = 16384
# Tiles at an edge have fewer packets than are counted here.
_SLACK = 4


class _Size(NamedTuple):
    right: int
    bottom: int
    left: int
    top: int
    tile_columns: int
    tile_rows: int
    tile_left: int
    tile_top: int

    @property
    def tiles(self) -> int:
        across = -(-(self.right - self.tile_left) // self.tile_columns)
        return across * -(-(self.bottom - self.tile_top) // self.tile_rows)


class _Style(NamedTuple):
    """What decides how many packets a tile has."""

    layers: int
    transformed: bool
    precincts: bytes
    levels: int


def inspect(data: bytes) -> Stream:
    """Read the header of a stream.

    Raises
    ------
    PixelError
        When there is none, or it contradicts itself.
    LimitError
        When it promises more tiles or packets than its bytes can hold: each takes memory, even where it is empty.
    """
    notes: tuple[str, ...] = ()
    if data[:8] == _BOXES:
        data, notes = _code_stream(data), ("boxes",)
    if data[:4] != _START:
        raise broken("it does not begin like a JPEG 2000 code stream")
    segments = _segments(data, 2)
    _, start, end = next(segments)
    size, bits, signed, count = _size(data, start, end)
    if size.tiles > len(data) // _SOT_BYTES:
        text = f"the JPEG 2000 stream names {size.tiles:,} tiles, and has {len(data):,} bytes for them"
        raise costly(text, code="jpeg-2000-tiles")
    style, fast = None, False
    for marker, start, end in segments:
        if marker == _COD:
            found = _style(data, start, end)
            style = _dearer(style, (found.levels, found.precincts), found.layers) or found
        elif marker == _COC:
            # Components that are coded in ways of their own count like the most costly of them.
            at = start + (1 if count < 257 else 2) + 1
            style = _dearer(style, _precincts(data, at, end, own=bool(data[at - 1] & 1)))
        fast = fast or marker == _CAP
    if style is None:
        raise broken("the JPEG 2000 stream does not say how it is coded")
    _check_packets(data, size, style, count)
    process = "HTJ2K" if fast else "JPEG 2000"
    rows, columns = size.bottom - size.top, size.right - size.left
    return Stream(rows, columns, count, bits, signed, "", style.transformed, process, notes)


def _code_stream(data: bytes) -> bytes:
    """Find the code stream among the boxes of a JP2 file."""
    at = 0
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if kind == b"jp2c":
            return data[at + head : at + length if length else None]
        if length < head:
            break
        at += length
    raise broken("there is no code stream among the boxes of the JP2 file")


def _segments(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Marker segments of the main header and of the headers of tile-parts, with where they begin and end."""
    part = 0
    while at + 4 <= len(data):
        marker = int.from_bytes(data[at : at + 2], "big")
        if marker == _EOC:
            return
        if marker == _SOD:
            if not part:
                # The last tile-part may leave its length open.
                return
            at, part = part, 0
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker < 0xFF00 or end < at + 4 or end > len(data):
            raise broken("the header of the JPEG 2000 stream is damaged", code="frame-truncated")
        if marker == _SOT:
            length = int.from_bytes(data[at + 6 : at + 10], "big")
            if length and length < _SOT_BYTES:
                raise broken("a tile-part of the JPEG 2000 stream has no length")
            part = at + length if length else 0
        yield marker, at + 4, end
        at = end


def _size(data: bytes, start: int, end: int) -> tuple[_Size, int, bool, int]:
    head = data[start:end]
    if len(head) < 39:
        raise broken("the header of the JPEG 2000 stream breaks off", code="frame-truncated")
    numbers = [int.from_bytes(head[at : at + 4], "big") for at in range(2, 34, 4)]
    size, count = _Size(*numbers), int.from_bytes(head[34:36], "big")
    if not 0 < count <= _MOST_COMPONENTS or len(head) < 36 + 3 * count:
        raise broken("the JPEG 2000 stream has no components", code="frame-shape")
    parts = {head[36 + 3 * index : 39 + 3 * index] for index in range(count)}
    first = head[36:39]
    if any(part[1:] != b"\1\1" for part in parts):
        raise broken("components of the JPEG 2000 stream are subsampled, which DICOM does not know", code="frame-shape")
    if len(parts) > 1:
        raise broken("components of the JPEG 2000 stream differ in precision or sign", code="frame-shape")
    if not (size.tile_columns and size.tile_rows and size.left < size.right and size.top < size.bottom):
        raise broken("the JPEG 2000 stream has no rows, columns or tiles", code="frame-shape")
    if size.tile_left > size.left or size.tile_top > size.top:
        raise broken("the tiles of the JPEG 2000 stream do not cover it")
    return size, (first[0] & 0x7F) + 1, bool(first[0] & 0x80), count


def _style(data: bytes, start: int, end: int) -> _Style:
    head = data[start:end]
    if len(head) < 10:
        raise broken("the header of the JPEG 2000 stream breaks off", code="frame-truncated")
    layers = int.from_bytes(head[2:4], "big")
    levels, precincts = _precincts(data, start + 5, end, own=bool(head[0] & 1))
    return _Style(layers, head[4] == 1, precincts, levels)


def _precincts(data: bytes, at: int, end: int, *, own: bool) -> tuple[int, bytes]:
    """Levels of decomposition, and the size of the precincts of each resolution."""
    levels = data[at]
    if levels > 32:
        raise broken(f"the JPEG 2000 stream has {levels} levels of decomposition; 32 is the most")
    sizes = data[at + 5 : end] if own else b""
    if own and len(sizes) < levels + 1:
        raise broken("the header of the JPEG 2000 stream breaks off", code="frame-truncated")
    return levels, sizes[: levels + 1]


def _dearer(style: _Style | None, other: tuple[int, bytes], layers: int = 0) -> _Style | None:
    """Put together what makes most packets, of the whole stream and of a component or tile."""
    if style is None:
        return None
    levels = max(style.levels, other[0])
    mine, theirs = (given or b"\xff" * (levels + 1) for given in (style.precincts, other[1]))
    sizes = bytes(min(a & 15, b & 15) | min(a >> 4, b >> 4) << 4 for a, b in zip(mine, theirs, strict=False))
    return style._replace(layers=max(layers, style.layers), levels=levels, precincts=sizes)


def _halved(number: int, times: int) -> int:
    return -(-number >> times)


def _check_packets(data: bytes, size: _Size, style: _Style, components: int) -> None:
    """Refuse more packets than the stream has bytes: the shortest takes one (ISO/IEC 15444-1 B.10)."""
    packets = 0
    columns = min(size.tile_columns, size.right - size.left)
    rows = min(size.tile_rows, size.bottom - size.top)
    for resolution in range(style.levels + 1):
        exponents = style.precincts[resolution] if resolution < len(style.precincts) else 0xFF
        down = style.levels - resolution
        across = _halved(_halved(columns, down), exponents & 15)
        packets += across * _halved(_halved(rows, down), exponents >> 4)
    packets *= style.layers * components * size.tiles
    if packets > _SLACK * len(data):
        text = f"the JPEG 2000 stream names {packets:,} packets, and has {len(data):,} bytes for them"
        raise costly(text, code="jpeg-2000-packets")
