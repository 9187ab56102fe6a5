"""The bytes of each frame as a file stores them: fragments joined, native ones in little endian (PS3.5 8, A.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield import _core
from hounsfield.errors import TruncatedError, UnsupportedError
from hounsfield.files.read import read
from hounsfield.files.write import DEFLATED, NATIVE
from hounsfield.files.write_pixels import PIXEL_DATA

if TYPE_CHECKING:
    from hounsfield.files.source import Input
    from hounsfield.pixels.layout import Layout
    from hounsfield.settings import Limits

__all__ = ["StoredFrames"]

_HALVED = ("YBR_FULL_422", "YBR_PARTIAL_422")


class StoredFrames:
    """Frames of one file; only the frame that is asked for is read.

    Parameters
    ----------
    origin : Input
        The file.
    layout : Layout
        How its frames are stored.
    frames : int
        How many there are.
    limits : Limits
        What reading may cost.
    syntax : str
        Transfer Syntax UID.
    """

    def __init__(self, origin: Input, layout: Layout, frames: int, limits: Limits, *, syntax: str) -> None:
        self._origin = origin
        self._layout = layout
        self._big = False
        self._data = origin.data
        self._places: list[list[tuple[int, int]]] = []
        self._deflated = syntax == DEFLATED
        if syntax not in NATIVE:
            data = origin.path if origin.path is not None else origin.data or b""
            self._places, _ = _core.frames(data, origin.name, frames, limits)
        else:
            self._start, self._length = self._value(limits)

    def _value(self, limits: Limits) -> tuple[int, int]:
        """Where the native value is; a deflated one is taken into memory."""
        source: Any = self._origin.path if self._origin.path is not None else self._origin.data or b""
        defer = None if self._deflated else 64
        dataset = read(source, defer_size=defer, limits=limits, issues=[])
        raw: Any = dataset.get_item(PIXEL_DATA, keep_deferred=True)
        big = not dataset.original_encoding[1]
        # Cells of one byte are turned around in pairs, where they are said to be words.
        self._big = big and (raw.VR == "OW" or self._layout.bits_allocated > 8)
        if raw.value is not None:
            self._data = raw.value
            return 0, len(raw.value)
        return int(raw.value_tell), int(raw.length)

    def frame(self, index: int) -> bytes:
        """Return the bytes of one frame; pixels of one bit begin at the lowest bit of the first byte.

        Raises
        ------
        TruncatedError
            When the pixel data end before it does.
        """
        if self._places:
            return b"".join(self._read(offset, length) for offset, length in self._places[index])
        layout = self._layout
        bits = layout.rows * layout.columns * layout.samples * layout.bits_allocated
        if layout.photometric in _HALVED:
            bits = bits // 3 * 2
        first, last = bits * index, bits * (index + 1)
        data = self._bytes(first // 8, -(-last // 8)) if -(-last // 8) <= self._length else b""
        if len(data) < -(-last // 8) - first // 8:
            raise TruncatedError(
                f"the pixel data break off in frame {index + 1}",
                where=self._origin.name,
                tag=PIXEL_DATA,
                offset=self._start,
                code="pixels-truncated",
            )
        if first % 8 == 0:
            return data
        if layout.bits_allocated != 1:
            raise UnsupportedError("frames of packed samples do not begin at bytes", where=self._origin.name)
        shifted = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[first % 8 :][:bits]
        return np.packbits(shifted, bitorder="little").tobytes()

    def _bytes(self, first: int, last: int) -> bytes:
        """Bytes `first` to before `last` of the value, in little endian."""
        if not self._big:
            return self._read(self._start + first, last - first)
        width = max(2, self._layout.bits_allocated // 8)
        begin, end = first // width * width, min(-(-last // width) * width, self._length)
        data = np.frombuffer(self._read(self._start + begin, end - begin), np.uint8)
        # The last word of an odd length has no second byte.
        whole = data.size // width * width
        turned = data[:whole].reshape(-1, width)[:, ::-1].tobytes() + data[whole:].tobytes()
        return turned[first - begin : last - begin]

    def _read(self, offset: int, length: int) -> bytes:
        if self._data is not None:
            return self._data[offset : offset + length]
        with open(self._origin.path or "", "rb") as file:
            file.seek(offset)
            return file.read(length)
