"""Frames of MPEG-2, H.264 and H.265 clips (PS3.5 8.2.5-8.2.8), decoded by FFmpeg through PyAV.

A clip is decoded from its beginning, or from the last frame that was asked for: its frames depend on each other.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.pixels.layout import Layout

__all__ = ["Clip"]

Array = np.ndarray[Any, np.dtype[Any]]

# Frames that were passed on the way to a later one are kept within this many bytes, since viewers go back a little.
_KEPT = 64 << 20


class Clip:
    """One clip; not to be used from two threads at a time.

    Parameters
    ----------
    data : bytes
        The whole stream: an elementary stream, a transport or program stream, or MP4.
    layout : Layout
        What its frames should be.

    Raises
    ------
    UnsupportedError
        When PyAV is not installed.
    PixelError
        When there is no video in it, or of another size than the header says.
    """

    def __init__(self, data: bytes, layout: Layout) -> None:
        try:
            import av
        except ImportError:
            raise UnsupportedError(
                "video is decoded by PyAV, which is not installed",
                hint="pip install 'hounsfield[video]'",
                code="no-av",
            ) from None
        av.logging.set_level(av.logging.PANIC)
        self._av, self._data, self._layout = av, data, layout
        self._kept: dict[int, Array] = {}
        self._next = 0
        self._decoding: Iterator[Any] | None = None

    def frame(self, index: int) -> Array:
        """Decode frame `index`: RGB ``(row, column, sample)``, or ``(row, column)`` for monochrome.

        Raises
        ------
        PixelError
            When the clip ends before, or cannot be decoded.
        """
        if index in self._kept:
            return self._kept[index]
        if self._decoding is None or index < self._next:
            self._decoding, self._next = self._decode(), 0
        most = max(1, _KEPT // max(1, self._layout.frame_bytes))
        while self._next <= index:
            picture = self._advance()
            if picture is None:
                raise PixelError(f"the clip ends after {self._next} frames", code="clip-short")
            if index - self._next < most:
                self._kept[self._next] = self._pixels(picture)
            self._next += 1
            while len(self._kept) > most:
                del self._kept[next(iter(self._kept))]
        return self._kept[index]

    def _advance(self) -> Any:
        try:
            return next(self._decoding) if self._decoding is not None else None
        except StopIteration:
            return None
        except (self._av.FFmpegError, ValueError, EOFError) as error:
            raise PixelError(f"the clip cannot be decoded: {error}", code="codec") from None

    def _decode(self) -> Iterator[Any]:
        with self._av.open(io.BytesIO(self._data), "r") as container:
            if not container.streams.video:
                raise PixelError("there is no video in the clip", code="clip-empty")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            size = stream.codec_context.height, stream.codec_context.width
            if size != (self._layout.rows, self._layout.columns):
                raise PixelError(
                    f"the clip is {size[0]}x{size[1]}, the header promises {self._layout.rows}x{self._layout.columns}",
                    code="frame-shape",
                )
            yield from container.decode(stream)

    def _pixels(self, picture: Any) -> Array:
        wide = self._layout.bits_allocated > 8
        if self._layout.samples == 1:
            found = picture.to_ndarray(format="gray16le" if wide else "gray")
        else:
            found = picture.reformat(format="rgb48le" if wide else "rgb24").to_ndarray()
        array: Array = np.ascontiguousarray(found)
        return array
