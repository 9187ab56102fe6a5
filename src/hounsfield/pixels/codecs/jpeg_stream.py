"""The headers of JPEG streams: lossy, lossless (ISO/IEC 10918-1 B) and JPEG-LS (ISO/IEC 14495-1 C)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hounsfield.pixels.codecs.stream import Stream, broken, costly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.pixels.codecs.stream import Color

__all__ = ["LOSSLESS", "inspect", "with_height"]

LOSSLESS = "lossless"
_LS = 0xF7
_PROCESSES = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: LOSSLESS,
    0xC9: "extended, arithmetic",
    0xCA: "progressive, arithmetic",
    0xCB: "lossless, arithmetic",
    _LS: "JPEG-LS",
}
_HIERARCHICAL = (0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF, 0xDE)
_APP0, _APP14, _SOS, _EOI = 0xE0, 0xEE, 0xDA, 0xD9
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
# Every scan goes over the whole frame. Real streams have at most a few dozen; libjpeg-turbo's tools draw the same line.
_MOST_SCANS = 500
# Writers leave this many bytes after the end of a stream.
_PADDING = 4096
_ADOBE_LENGTH = 12


class _Frame(NamedTuple):
    marker: int
    bits: int
    rows: int
    columns: int
    ids: bytes
    at: int


def inspect(data: bytes) -> Stream:
    """Read the header of a stream.

    Raises
    ------
    PixelError
        When there is none, or the stream breaks off.
    LimitError
        When it has more scans than any picture needs.
    """
    if data[:2] != b"\xff\xd8":
        raise broken("it does not begin like a JPEG stream")
    frame, color = _header(data)
    if frame.marker != _LS and data.rfind(b"\xff\xd9", max(0, len(data) - _PADDING)) < 0:
        # libjpeg makes up what is missing.
        raise broken("the JPEG stream breaks off: it has no end marker", code="frame-truncated")
    scans = data.count(b"\xff\xda") if _several_scans(data, frame) else 1
    if scans > _MOST_SCANS:
        raise costly(f"the JPEG stream has {scans:,} scans, each over the whole frame", code="jpeg-scans")
    if not frame.columns or not frame.ids or not frame.bits:
        raise broken("the JPEG stream has no columns, components or bits", code="frame-shape")
    notes = () if frame.rows else ("no-height",)
    process = _PROCESSES[frame.marker]
    return Stream(frame.rows, frame.columns, len(frame.ids), frame.bits, color=color, process=process, notes=notes)


def _several_scans(data: bytes, frame: _Frame) -> bool:
    """Say whether decoders go on after the first scan: progressive streams, and those with components apart."""
    first = data.find(b"\xff\xda", frame.at)
    return "progressive" in _PROCESSES[frame.marker] or (
        frame.marker != _LS and first >= 0 and data[first + 4 : first + 5] != bytes([len(frame.ids)])
    )


def with_height(data: bytes, rows: int) -> bytes:
    """State the number of rows in the frame header, where the stream leaves it to a marker after the first scan.

    libjpeg does not follow that marker (DNL, ISO/IEC 10918-1 B.2.5).
    """
    frame, _ = _header(data)
    return data[: frame.at + 1] + rows.to_bytes(2, "big") + data[frame.at + 3 :]


def _header(data: bytes) -> tuple[_Frame, Color]:
    frame: _Frame | None = None
    jfif, adobe = False, -1
    for marker, start, end in _segments(data):
        if marker in _HIERARCHICAL:
            raise broken("it is a hierarchical JPEG stream, which no decoder in use reads", code="jpeg-process")
        if marker in _PROCESSES and frame is None:
            frame = _frame(data, marker, start, end)
        elif marker == _APP0 and data[start : start + 5] == b"JFIF\0":
            jfif = True
        elif marker == _APP14 and data[start : start + 5] == b"Adobe" and end - start >= _ADOBE_LENGTH:
            # A shorter segment does not say which transformation was used.
            adobe = data[start + 11]
    if frame is None:
        raise broken("the JPEG stream has no frame header", code="frame-truncated")
    return frame, _color(frame.ids, adobe, jfif=jfif)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Markers up to the first scan, with where what they hold begins and ends."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            # libjpeg passes over what is not a marker, too.
            at = data.find(b"\xff", at)
            if at < 0:
                return
            continue
        marker = data[at + 1]
        if marker in (_SOS, _EOI):
            return
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(data):
            raise broken("the header of the JPEG stream breaks off", code="frame-truncated")
        yield marker, at + 4, end
        at = end


def _frame(data: bytes, marker: int, start: int, end: int) -> _Frame:
    head = data[start:end]
    count = head[5] if len(head) > 5 else 0
    if len(head) < 6 + 3 * count:
        raise broken("the frame header of the JPEG stream breaks off", code="frame-truncated")
    ids = bytes(head[6 + 3 * index] for index in range(count))
    return _Frame(marker, head[0], int.from_bytes(head[1:3], "big"), int.from_bytes(head[3:5], "big"), ids, start)


def _color(ids: bytes, adobe: int, *, jfif: bool) -> Color:
    """Give the color space that the stream names, as libjpeg understands it."""
    if len(ids) != 3:
        return ""
    if jfif or adobe == 1:
        return "YCbCr"
    return "RGB" if adobe == 0 or ids == b"RGB" else ""
