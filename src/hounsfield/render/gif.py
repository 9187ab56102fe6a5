"""Movies as GIF89a, written one frame at a time: gray levels as they are, colors through one palette for all frames."""

from __future__ import annotations

import io
import struct
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hounsfield.render.picture import Picture

__all__ = ["hundredths", "write_gif"]

Array = np.ndarray[Any, np.dtype[Any]]

# Browsers show frames of less than 2 hundredths of a second five times slower.
_LEAST = 2
_LOOP_FOREVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"


def write_gif(
    pictures: Iterator[Picture],
    durations: Sequence[float],
    write: Callable[[bytes], object],
    *,
    samples: Sequence[Array] = (),
) -> None:
    """Write a GIF that repeats.

    Parameters
    ----------
    pictures : iterator of Picture
        8 bit, of one size.
    durations : sequence of float
        Seconds for each; frames that are too short for GIF are left out, so that the movie lasts as long.
    write : callable
        Takes bytes.
    samples : sequence of numpy.ndarray
        Some of the pictures, from which 256 colors are chosen for all; the first one by default.
    """
    first = next(pictures).array
    rows, columns = first.shape[:2]
    palette = None if first.ndim == 2 else _palette([one for one in samples if one.ndim == 3] or [first])
    write(b"GIF89a" + struct.pack("<HHBBB", columns, rows, 0xF7, 0, 0) + _table(palette) + _LOOP_FOREVER)
    for array, delay in zip(chain([first], (one.array for one in pictures)), hundredths(durations), strict=True):
        if delay:
            write(b"\x21\xf9\x04\x04" + struct.pack("<HBB", delay, 0, 0) + _frame(array, palette))
    write(b"\x3b")


def hundredths(durations: Sequence[float]) -> list[int]:
    """Round times to hundredths of a second so that their sum stays right; 0 is a frame to leave out.

    Examples
    --------
    >>> hundredths([1 / 30] * 6)
    [3, 4, 3, 3, 4, 3]
    >>> hundredths([0.01] * 4)
    [2, 0, 2, 0]
    """
    found: list[int] = []
    time, shown = 0.0, 0
    for number, seconds in enumerate(durations):
        time += seconds * 100
        delay = round(time) - shown
        if number and delay <= 0:
            # The frame before, which had to be longer than it should, takes the place of this one.
            found.append(0)
            continue
        delay = min(65535, max(_LEAST, delay))
        shown += delay
        found.append(delay)
    return found


def _palette(arrays: Sequence[Array]) -> Any:
    from PIL import Image

    wide = max(array.shape[1] for array in arrays)
    padded = [np.pad(array, ((0, 0), (0, wide - array.shape[1]), (0, 0))) for array in arrays]
    picture = Image.fromarray(np.concatenate(padded))
    # Most colors for what there is most of, grays as a rule; some for what there is little of, a mark or a small jet.
    often = picture.quantize(192, method=Image.Quantize.MEDIANCUT).getpalette() or []
    seldom = picture.quantize(64, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*often[: 3 * 192], *seldom[: 3 * 64]])
    return palette


def _table(palette: Any) -> bytes:
    if palette is None:
        return bytes(level for gray in range(256) for level in (gray, gray, gray))
    return bytes(palette.getpalette()).ljust(768, b"\0")[:768]


def _frame(array: Array, palette: Any) -> bytes:
    """Image descriptor and compressed indices, which Pillow makes, without the header around them."""
    from PIL import Image

    if palette is None:
        gray = array if array.ndim == 2 else array.mean(axis=2).astype(np.uint8)
        picture = Image.fromarray(np.ascontiguousarray(gray))
    else:
        color = array if array.ndim == 3 else np.repeat(array[..., np.newaxis], 3, axis=2)
        picture = Image.fromarray(np.ascontiguousarray(color)).quantize(palette=palette, dither=Image.Dither.NONE)
    return _descriptor(picture)


def _descriptor(picture: Any) -> bytes:
    """Encode indices as one frame of a GIF (20, 22 and Appendix F of its specification)."""
    from PIL import Image

    indices = Image.frombytes("P", picture.size, picture.tobytes())
    indices.putpalette(bytes(level for gray in range(256) for level in (gray, gray, gray)))
    out = io.BytesIO()
    indices.save(out, "GIF", optimize=False, interlace=0)
    data = out.getvalue()
    # Header of 13 bytes, a table of 256 colors, perhaps extensions, then the descriptor.
    at = 13 + 3 * (2 << (data[10] & 7)) * (data[10] >> 7)
    while data[at] == 0x21:
        at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    columns, rows = picture.size
    return b"\x2c" + struct.pack("<HHHHB", 0, 0, columns, rows, 0) + data[at + 10 : -1]
