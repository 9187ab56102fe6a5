"""The frames of one file, each found, read and decoded when it is asked for (PS3.5 8.2, A.4)."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield import _core
from hounsfield.errors import HounsfieldError, Issue, PixelError, TruncatedError
from hounsfield.pixels.layout import source_input
from hounsfield.pixels.syntaxes import syntax_of

if TYPE_CHECKING:
    from hounsfield.pixels.layout import FrameSource
    from hounsfield.settings import Limits

__all__ = ["Frames"]

Array = np.ndarray[Any, np.dtype[Any]]

_VIDEO = "video"


class Frames:
    """Access to the frames of one file by their number; may be used from several threads.

    Parameters
    ----------
    source : FrameSource
        The file.
    limits : Limits
        What reading may cost.

    Raises
    ------
    ReadError
        When the file has no pixel data, or cannot be read.
    """

    def __init__(self, source: FrameSource, limits: Limits) -> None:
        self.source, self.limits = source, limits
        known = syntax_of(source.syntax)
        self._decoder = known.decoder if known is not None else ""
        # A clip is one stream, whatever the number of its frames.
        count = 1 if self._decoder == _VIDEO else source.frames
        self.index = _core.FrameIndex(source_input(source, limits), source.name, count, limits)
        self._clip: Any = None
        # What code streams contradict, each once for all frames.
        self._met: dict[str, Issue] = {}
        self._lock = threading.Lock()

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with the offset table, where it could not be used, and with the frames that were decoded."""
        met = self.contradictions
        note = self.index.note
        if note is None:
            return met
        code, message, tag, offset, _ = note
        place = f"({(tag or 0) >> 16:04X},{(tag or 0) & 0xFFFF:04X}), byte {offset:,}"
        return (Issue(code, "warning", self.source.name, f"{message} [{place}]"), *met)

    @property
    def contradictions(self) -> tuple[Issue, ...]:
        """What the code streams that were decoded contradict in the header, each once."""
        return tuple(self._met.values())

    def encoded(self, frame: int) -> bytes:
        """Read one frame as it is stored: its code stream, or its uncompressed bytes, little endian.

        Frames of cells that do not fill bytes are moved to begin with a byte. A frame of video is the whole clip.

        Raises
        ------
        ReadError, PixelError
            Naming the file and the frame.
        """
        if self.source.compressed:
            return self.index.read(0 if self._decoder == _VIDEO else frame)
        data, skip = self._native(frame)
        if skip:
            bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
            return np.packbits(bits[skip : skip + self.source.layout.native_bits], bitorder="little").tobytes()
        return data

    def stored(self, frame: int) -> Array:
        """Read and decode one frame.

        Returns
        -------
        numpy.ndarray
            Stored values, ``(row, column)`` or ``(row, column, sample)``; color as RGB.

        Raises
        ------
        ReadError, PixelError
            Naming the file and the frame.
        """
        try:
            if not self.source.compressed:
                return self._uncompressed(frame)
            if self._decoder == _VIDEO:
                return self._of_clip(frame)
            from hounsfield.pixels.decode import decode_frame

            met: list[Issue] = []
            decoded = decode_frame(self.index.read(frame), self.source.syntax, self.source.layout, issues=met)
        except HounsfieldError as error:
            if isinstance(error, PixelError) and not error.message.startswith("frame "):
                error.message = f"frame {frame + 1}: {error.message}"
            raise error.at(self.source.name) from None
        self._met |= {issue.code: replace(issue, where=self.source.name) for issue in met}
        return decoded

    def _uncompressed(self, frame: int) -> Array:
        layout = self.source.layout
        if layout.whole_bytes:
            out = np.empty((layout.rows, layout.columns, layout.samples), layout.dtype)
            self.index.gather([frame], layout, out.reshape(-1).view(np.uint8), 1, None)
            if layout.samples == 1:
                return out[..., 0]
            if not layout.photometric.startswith("YBR_"):
                return out
            from hounsfield.pixels.color import to_rgb

            return to_rgb(out, layout.photometric, bits=layout.bits_stored)
        from hounsfield.pixels.native import from_native

        data, skip = self._native(frame)
        return from_native(data, layout, skip=skip)

    def _native(self, frame: int) -> tuple[bytes, int]:
        """Bytes that hold an uncompressed frame, and bits of the first that belong to the frame before."""
        layout = self.source.layout
        begin = frame * layout.native_bits
        until = begin + layout.native_bits
        width = layout.bits_allocated // 8 if layout.whole_bytes else 1
        length = -(-until // 8) - begin // 8
        data = self.index.raw(begin // 8, length, width)
        if len(data) < length:
            raise TruncatedError(
                f"frame {frame + 1} needs {length:,} bytes, but the pixel data have only {len(data):,} of them",
                where=self.source.name,
                tag=self.index.tag,
                code="pixels-truncated",
            )
        return data, begin % 8

    def _of_clip(self, frame: int) -> Array:
        from hounsfield.pixels.video import Clip

        with self._lock:
            if self._clip is None:
                self._clip = Clip(self.index.read(0), self.source.syntax, self.source.layout)
            found: Array = self._clip.frame(frame)
        return found
