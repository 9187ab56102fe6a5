"""Look-up tables: descriptors, plain and segmented data (PS3.3 C.7.6.3.1.5, C.7.9.2, C.11.1.1, C.11.2.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError
from hounsfield.pixels.header import said

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["Table", "lut_of_item", "read_table", "segments"]

Array = np.ndarray[Any, np.dtype[Any]]

_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2
_MOST_ENTRIES = 65536


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A look-up table.

    Parameters
    ----------
    first : int
        The input value that the first entry is for; lower ones get the first entry too, ones beyond the end the last.
    entries : numpy.ndarray
        What comes out, unsigned.
    bits : int
        Bits of an entry.
    stated : int
        Number of entries that the descriptor promises.
    """

    first: int
    entries: Array
    bits: int
    stated: int

    @property
    def short(self) -> bool:
        """There are fewer entries than promised."""
        return self.entries.size < self.stated

    def __call__(self, values: Array) -> Array:
        """Look values up."""
        places = np.clip(values.astype(np.int64) - self.first, 0, self.entries.size - 1)
        found: Array = self.entries[places]
        return found


def lut_of_item(item: Dataset, *, signed: bool, name: str) -> Table:
    """Read the table of an item of a Modality, VOI or Presentation LUT Sequence.

    Parameters
    ----------
    item : pydicom.Dataset
        With LUT Descriptor (0028,3002) and LUT Data (0028,3006).
    signed : bool
        Inputs may be negative, so that the first value mapped is read as signed.
    name : str
        What messages call the file.

    Raises
    ------
    PixelError
        When descriptor or data are missing or make no sense, naming the tag.
    """
    return read_table(item, 0x00283002, 0x00283006, signed=signed, name=name)


def read_table(header: Any, descriptor: int, data: int, *, signed: bool, name: str) -> Table:
    """Read a table by the tags of its descriptor and data; a table without all its entries is `short`.

    Raises
    ------
    PixelError
        When one of them is missing, or makes no sense.
    """
    stated, first, bits = _descriptor(header, descriptor, signed=signed, name=name)
    value = said(header, data)
    value = getattr(value, "value", value)
    if value is None or (not isinstance(value, int) and len(value) == 0):
        raise PixelError("the look-up table has no data", where=name, tag=data, code="lut-missing")
    entries = _entries(value, stated, bits, big=header.original_encoding[1] is False)
    if not entries.size:
        raise PixelError("the look-up table has no whole entry", where=name, tag=data, code="lut-missing")
    return Table(first, entries[:stated], bits, stated)


def _descriptor(header: Any, tag: int, *, signed: bool, name: str) -> tuple[int, int, int]:
    value = said(header, tag)
    value = getattr(value, "value", value)
    try:
        stated, first, bits = (int(part) for part in value)
    except (TypeError, ValueError):
        raise PixelError(
            "the look-up table has no descriptor of three numbers", where=name, tag=tag, code="lut-descriptor"
        ) from None
    # Number of entries and bits are unsigned, whatever the representation of the middle one; 0 stands for 65536.
    stated = (stated & 0xFFFF) or _MOST_ENTRIES
    first &= 0xFFFF
    if signed and first >= 0x8000:
        first -= 0x10000
    bits &= 0xFFFF
    if not 8 <= bits <= 16:
        # What writers put here is often the depth of the image; the data tell better.
        bits = 16 if bits > 16 or bits == 0 else 8
    return stated, first, bits


def _entries(value: Any, stated: int, bits: int, *, big: bool) -> Array:
    if isinstance(value, int):
        return np.array([value & 0xFFFF], dtype=np.uint16)
    if not isinstance(value, bytes):
        return np.array([int(entry) & 0xFFFF for entry in value], dtype=np.uint16)
    if bits == 8 and len(value) < 2 * stated:
        # One entry in each byte; an odd number of them is padded.
        return np.frombuffer(value, np.uint8).astype(np.uint16)
    return np.frombuffer(value[: len(value) // 2 * 2], ">u2" if big else "<u2").astype(np.uint16)


def segments(data: bytes, bits: int, *, name: str, tag: int, big: bool = False) -> Array:
    """Expand segmented data (PS3.3 C.7.9.2): runs of entries, slopes, and repetitions of what came before.

    Raises
    ------
    PixelError
        When a segment refers to what is not there, or they never end.
    """
    words: Array = np.frombuffer(
        data[: len(data) // 2 * 2] if bits > 8 else data, (">u2" if big else "<u2") if bits > 8 else np.uint8
    )
    out: list[int] = []
    _expand(words.tolist(), out, 0, None, (4 if bits <= 8 else 2, name, tag))
    return np.array(out[:_MOST_ENTRIES], dtype=np.uint16)


def _expand(words: list[int], out: list[int], at: int, most: int | None, told: tuple[int, str, int]) -> None:
    """Expand segments from `at`; `most` of them, or all. Repeated ones hold no repetitions themselves.

    Every segment makes an entry at least, so that the number of entries bounds the work.
    """
    done, parts = 0, told[0]
    while at + 2 < len(words) and (most is None or done < most) and len(out) <= _MOST_ENTRIES:
        kind, length = words[at], words[at + 1]
        done += 1
        at += 2
        if kind == _DISCRETE and 0 < length <= len(words) - at:
            out.extend(words[at : at + length])
            at += length
        elif kind == _LINEAR and length and out:
            start, end = out[-1], words[at]
            out.extend(round(start + (end - start) * step / length) for step in range(1, length + 1))
            at += 1
        elif kind == _INDIRECT and length and most is None and parts <= len(words) - at:
            # The offset is in bytes, as two words or four bytes, the least significant first.
            width = 4 // parts
            offset = sum(part << (8 * width * place) for place, part in enumerate(words[at : at + parts]))
            if offset % width or offset // width >= at - 2:
                raise _segment_error(told)
            _expand(words, out, offset // width, length, told)
            at += parts
        else:
            raise _segment_error(told)


def _segment_error(told: tuple[int, str, int]) -> PixelError:
    return PixelError("a segment of the look-up table makes no sense", where=told[1], tag=told[2], code="lut-segment")
