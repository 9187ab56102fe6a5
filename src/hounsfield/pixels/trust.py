"""Whom to believe where a code stream and the header contradict each other (PS3.5 8.2): docs/concepts/pixel-trust.md.

Sizes must agree. The stream says how many bits it holds and how its color is coded; the header says what the bits mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import Issue, PixelError, UnsupportedError
from hounsfield.pixels.codecs.stream import NATIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.errors import Severity
    from hounsfield.pixels.codecs.stream import Stream
    from hounsfield.pixels.layout import Layout
    from hounsfield.pixels.syntaxes import Syntax

__all__ = ["RULES", "check", "checked_shape", "contradictions", "restore"]

Array = np.ndarray[Any, np.dtype[Any]]

_ROWS, _SAMPLES, _ALLOCATED = 0x00280010, 0x00280002, 0x00280100

# What contradicts what, and what is then done; the documentation and the tests are held to this table.
RULES: tuple[tuple[str, str, str], ...] = (
    (
        "stream-bits",
        "the code stream has more bits than Bits Stored (0028,0101), and uses them",
        "bits above Bits Stored are left out",
    ),
    (
        "stream-sign",
        "JPEG 2000 says signed and Pixel Representation (0028,0103) unsigned, or the other way round",
        "the header is believed: the bits are taken as it says, the highest of them is the sign",
    ),
    (
        "stream-color",
        "JPEG names a color space (JFIF, Adobe, component names) that Photometric Interpretation (0028,0004) denies",
        "the stream is believed, and the pixels become RGB as it says",
    ),
    (
        "stream-transform",
        "JPEG 2000 transforms color where Photometric Interpretation is not YBR_RCT or YBR_ICT, or the other way round",
        "the stream is believed: the codec undoes what was done, and nothing else",
    ),
    (
        "stream-process",
        "the code stream is of another process than the transfer syntax names",
        "the stream is decoded as what it is",
    ),
    (
        "stream-boxes",
        "JPEG 2000 comes as a JP2 file instead of a code stream",
        "the code stream in it is decoded; its color boxes are passed over",
    ),
    (
        "stream-height",
        "the JPEG frame header leaves the number of lines open",
        "Rows (0028,0010) is taken",
    ),
    (
        "stream-surplus",
        "RLE or deflated data give more bytes than the frame has",
        "what is beyond the frame is left out",
    ),
)
_SAID = {code: (problem, answer) for code, problem, answer in RULES}
# What is wrong on paper, and can have no effect.
_HARMLESS = ("stream-process", "stream-height", "stream-surplus")
_TRANSFORMED = ("YBR_RCT", "YBR_ICT")
_PROCESSES = {
    ".50": ("baseline",),
    ".51": ("baseline", "extended"),
    ".52": ("extended, arithmetic",),
    ".53": ("progressive",),
    ".54": ("progressive, arithmetic",),
    ".55": ("progressive",),
    ".56": ("progressive, arithmetic",),
    ".57": ("lossless",),
    ".70": ("lossless",),
    ".80": ("JPEG-LS",),
    ".81": ("JPEG-LS",),
    ".90": ("JPEG 2000",),
    ".91": ("JPEG 2000",),
    "201": ("HTJ2K",),
    "202": ("HTJ2K",),
    "203": ("HTJ2K",),
}


def issue(code: str) -> Issue:
    """Make the issue of a rule; who knows the file puts it in."""
    problem, answer = _SAID[code]
    severity: Severity = "info" if code in _HARMLESS else "warning"
    return Issue(code, severity, "", problem, f"{answer[0].upper()}{answer[1:]}.")


def check(stream: Stream, layout: Layout, name: str) -> None:
    """Refuse a code stream that is not of the size that the header promises, before anything is decoded.

    Raises
    ------
    PixelError
        Naming the attribute that it contradicts.
    UnsupportedError
        When samples are allocated a number of bits that compressed pixels cannot have.
    """
    if layout.bits_allocated not in (1, 8, 16, 32, 64):
        raise UnsupportedError(
            f"compressed samples of {layout.bits_allocated} bits are not known", tag=_ALLOCATED, code="bits-allocated"
        )
    found, wanted = (stream.rows, stream.columns), (layout.rows, layout.columns)
    if found != wanted or stream.samples != layout.samples:
        raise _shape((*found, stream.samples), layout, name, _ROWS if found != wanted else _SAMPLES)


def checked_shape(decoded: Array, layout: Layout, name: str) -> Array:
    """Hold what a codec gave against the header."""
    wanted = (layout.rows, layout.columns) + ((layout.samples,) if layout.samples > 1 else ())
    if decoded.shape != wanted:
        raise _shape(decoded.shape, layout, name, _ROWS)
    return decoded


def _shape(found: tuple[int, ...], layout: Layout, name: str, tag: int) -> PixelError:
    wanted = (layout.rows, layout.columns, layout.samples)
    return PixelError(
        f"the frame in {name} is {'x'.join(map(str, found))}, the header promises {'x'.join(map(str, wanted))}",
        tag=tag,
        code="frame-shape",
    )


def contradictions(stream: Stream, layout: Layout, syntax: str, known: Syntax) -> Iterator[Issue]:
    """Give an issue for each contradiction that the headers alone show."""
    if stream.signed is not None and stream.signed != layout.signed:
        yield issue("stream-sign")
    ybr = layout.photometric.startswith("YBR")
    if stream.color and layout.samples == 3 and ybr != (stream.color == "YCbCr"):
        yield issue("stream-color")
    said = layout.photometric in _TRANSFORMED
    if known.decoder == "jpeg-2000" and layout.samples == 3 and stream.transformed != said:
        yield issue("stream-transform")
    processes = _PROCESSES.get(syntax[-3:])
    if processes and stream.process not in processes:
        yield issue("stream-process")
    if "boxes" in stream.notes:
        yield issue("stream-boxes")
    if "no-height" in stream.notes:
        yield issue("stream-height")
    if "surplus" in stream.notes:
        yield issue("stream-surplus")


def restore(decoded: Array, stream: Stream, layout: Layout) -> tuple[Array, list[Issue]]:
    """Give stored values of what a codec gave: cells of Bits Allocated, the sign where the header says it is.

    Parameters
    ----------
    decoded : numpy.ndarray
        Numbers of the precision of the stream.
    stream : Stream
        Its header.
    layout : Layout
        The header of the data set.

    Raises
    ------
    PixelError
        When values do not fit into Bits Allocated (0028,0100).
    """
    if layout.bits_allocated == 1 or stream.process == NATIVE:
        return decoded, []
    width = layout.bits_allocated
    _fits(decoded, stream, width)
    unsigned = np.dtype(f"u{width // 8}")
    if decoded.dtype.itemsize * 8 != width:
        decoded = decoded.astype(unsigned)
    values = decoded.view(unsigned)
    stored = layout.bits_stored if 0 < layout.bits_stored < width else width
    # Writers state the precision of the type, or of the values: the sign is the highest bit that both know.
    precision = min(stored, stream.bits or stored) if stream.signed is False or stream.signed is None else stored
    issues = []
    if stored < width:
        issues = _beyond(values, stream, layout, stored)
        if not layout.signed and (issues or stream.signed):
            values = values & unsigned.type((1 << stored) - 1)
    if not layout.signed:
        return values, issues
    signed, unused = np.dtype(f"i{width // 8}"), width - max(2, precision)
    return (values << unused).view(signed) >> unused if unused else values.view(signed), issues


def _fits(decoded: Array, stream: Stream, width: int) -> None:
    """Refuse values that Bits Allocated has no room for, instead of cutting them."""
    if max(stream.bits, 1) <= width or not decoded.size:
        return
    low = -(1 << (width - 1)) if decoded.dtype.kind == "i" else 0
    if decoded.min() < low or decoded.max() >= 1 << width:
        raise PixelError(
            f"samples of the code stream have {stream.bits} bits, and do not fit into {width}",
            tag=_ALLOCATED,
            code="stream-depth",
        )


def _beyond(values: Array, stream: Stream, layout: Layout, stored: int) -> list[Issue]:
    """Find out whether bits above Bits Stored say anything: more than the sign that they may repeat."""
    if stream.bits and stream.bits <= stored:
        return []
    high = int(np.bitwise_or.reduce(values, axis=None)) >> stored
    if not high:
        return []
    if layout.signed or stream.signed:
        tops = values >> values.dtype.type(stored - 1)
        full = (1 << (max(stream.bits, stored) - stored + 1)) - 1
        wide = (1 << (8 * values.dtype.itemsize - stored + 1)) - 1
        if bool(np.isin(tops, np.array([0, full, wide], values.dtype)).all()):
            return []
    return [issue("stream-bits")]
