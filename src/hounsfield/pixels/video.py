"""Video as frames (PS3.5 8.2.5 to 8.2.8): MPEG-2, H.264 and H.265 by FFmpeg through PyAV, a few pictures at a time.

The kind of container is found here and not left to FFmpeg, some of whose formats open other files. How fragments are
joined is left to who opens the file.
"""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np

from hounsfield.errors import PixelError, UnsupportedError
from hounsfield.pixels.codecs.stream import PIXEL_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from hounsfield.pixels.layout import Layout

__all__ = ["Clip", "decode_clip", "decode_clip_frame"]

Array = np.ndarray[Any, np.dtype[Any]]

_CODECS = ("mpeg1video", "mpeg2video", "h264", "hevc")
_H265 = ("1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108")
_MPEG_2 = ("1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101")
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp")
# Codecs work in blocks of up to 64 x 64 pixels.
_BLOCK = 64
# Streams that do not name a matrix are BT.709 from this many rows on, as players have it, and BT.601 below.
_HIGH_DEFINITION = 720
# FFmpeg's numbers of matrices (ISO/IEC 23091-2) and of full range.
_UNSPECIFIED, _FULL = (0, 2), 2
_MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M", 9: "BT2020", 10: "BT2020"}


class Clip:
    """One video, whose pictures are decoded when they are asked for. Not for several threads at once.

    Parameters
    ----------
    data : bytes or binary file
        The fragments of the pixel data, joined.
    syntax : str
        Transfer Syntax UID.
    layout : Layout
        What its pictures should be.

    Raises
    ------
    PixelError
        When it is no video, or its pictures are of another size than the header promises.
    UnsupportedError
        When PyAV is not installed.
    """

    def __init__(self, data: bytes | BinaryIO, syntax: str, layout: Layout) -> None:
        self._file: BinaryIO = io.BytesIO(data) if isinstance(data, bytes) else data
        self._layout = layout
        self._container = _open(self._file, syntax)
        self._times: list[int] | None = None
        self._keys: list[int] = []
        self._stream = _stream(self._container, layout)
        # What plays, which picture comes next, and the one that was given last.
        self._playing: Iterator[Any] = iter(())
        self._next = 0
        self._last: tuple[int, Array] | None = None

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._container.close()

    def frames(self) -> Iterator[Array]:
        """Decode all pictures in the order in which they are shown.

        Yields
        ------
        numpy.ndarray
            ``(rows, columns, 3)`` RGB, or ``(rows, columns)`` where the header says that there is one sample.
        """
        self._rewind()
        for picture in self._playing:
            yield self._pixels(picture)

    def frame(self, index: int) -> Array:
        """Decode one picture: on from the one that was asked for last, or from the key frame before it.

        Raises
        ------
        PixelError
            When the clip ends before.
        """
        if self._last is None or self._last[0] != index:
            picture = self._picture(index) if index >= 0 else None
            if picture is None:
                raise PixelError(f"the clip ends after {self._count():,} frames", tag=PIXEL_DATA, code="clip-short")
            self._last = index, self._pixels(picture)
        return self._last[1]

    def _picture(self, index: int) -> Any:
        if self._times is None:
            self._times = self._index()
        if self._times:
            return self._timed(index, self._times) if index < len(self._times) else None
        # Streams without times, and times that repeat: pictures are counted.
        if index < self._next:
            self._rewind()
        found = next(islice(self._playing, index - self._next, None), None)
        self._next = index + 1
        return found

    def _timed(self, index: int, times: list[int]) -> Any:
        wanted = times[index]
        key = max((time for time in self._keys if time <= wanted), default=times[0])
        if not (0 < self._next <= index and key <= times[self._next]):
            self._container.seek(key, stream=self._stream)
            self._playing = _pictures(self._container, self._stream)
        self._next = index + 1
        found = self._until(wanted)
        if found is None:
            # Some containers do not find their key frames.
            self._rewind()
            self._next = index + 1
            found = self._until(wanted)
        return found

    def _until(self, time: int) -> Any:
        for picture in self._playing:
            if picture.pts is None or picture.pts >= time:
                return picture if picture.pts == time else None
        return None

    def _count(self) -> int:
        if self._times:
            return len(self._times)
        self._rewind()
        return sum(1 for _ in self._playing)

    def _index(self) -> list[int]:
        """Give the times of all pictures in the order in which they are shown; empty where some have none."""
        times: list[int | None] = []
        self._rewind()
        for packet in _packets(self._container, self._stream):
            times.append(packet.pts)
            if packet.is_keyframe and packet.pts is not None:
                self._keys.append(packet.pts)
        self._rewind()
        known = sorted(time for time in times if time is not None)
        return known if len(known) == len(times) == len(set(known)) else []

    def _rewind(self) -> None:
        self._container.close()
        self._file.seek(0)
        self._container = self._again()
        self._stream = _stream(self._container, self._layout)
        self._playing, self._next = _pictures(self._container, self._stream), 0

    def _again(self) -> Any:
        return _opened(self._file, self._container.format.name.partition(",")[0])

    def _pixels(self, picture: Any) -> Array:
        layout = self._layout
        _check(picture.width, picture.height, layout)
        matrix = _MATRICES.get(picture.colorspace)
        if matrix is None or picture.colorspace in _UNSPECIFIED:
            matrix = "ITU709" if picture.height >= _HIGH_DEFINITION else "ITU601"
        wide = layout.bits_allocated > 8
        form = ("rgb48le" if wide else "rgb24") if layout.samples == 3 else ("gray16le" if wide else "gray")
        spread = "JPEG" if picture.color_range == _FULL else "MPEG"
        found = picture.reformat(
            format=form, src_colorspace=matrix, src_color_range=spread, dst_color_range="JPEG", threads=1
        )
        pixels: Array = found.to_ndarray()
        return pixels >> (16 - layout.bits_stored) if wide else pixels


def decode_clip(data: bytes | BinaryIO, syntax: str, layout: Layout) -> Iterator[Array]:
    """Decode a whole video, one picture after the other.

    Parameters
    ----------
    data : bytes or binary file
        The fragments of the pixel data, joined.
    syntax : str
        Transfer Syntax UID.
    layout : Layout
        What its pictures should be; of more than 8 bits, they come with as many as Bits Stored (0028,0101) says.

    Yields
    ------
    numpy.ndarray
        ``(rows, columns, 3)`` RGB, full range; BT.709 or BT.601 as the stream says, else by its number of rows.

    Raises
    ------
    PixelError
        When it is no video, is damaged, or is of another size than the header promises.
    """
    with Clip(data, syntax, layout) as clip:
        yield from clip.frames()


def decode_clip_frame(data: bytes | BinaryIO, syntax: str, layout: Layout, index: int) -> Array:
    """Decode one picture of a video, from the key frame before it on; parameters are those of `decode_clip`."""
    with Clip(data, syntax, layout) as clip:
        return clip.frame(index)


def _open(file: BinaryIO, syntax: str) -> Any:
    form = _format(file.read(1024), syntax)
    file.seek(0)
    return _opened(file, form)


def _opened(file: BinaryIO, form: str) -> Any:
    try:
        import av
    except ImportError:
        raise UnsupportedError(
            "video needs PyAV, which is not installed", hint="pip install 'hounsfield[video]'", code="codec-missing"
        ) from None
    try:
        return av.open(file, format=form, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise _damaged(error) from None


def _format(head: bytes, syntax: str) -> str:
    """Tell containers and bare streams apart by how they begin."""
    if head[4:8] in _BOXES:
        return "mov"
    if any(head[at : at + 1] == b"\x47" == head[at + step : at + step + 1] for at, step in ((0, 188), (4, 192))):
        return "mpegts"
    if head[:4] == b"\0\0\1\xba":
        return "mpeg"
    if head[:3] == b"\0\0\1" or head[:4] == b"\0\0\0\1":
        return "hevc" if syntax in _H265 else "mpegvideo" if syntax.removesuffix(".1") in _MPEG_2 else "h264"
    raise PixelError("it does not begin like a video", tag=PIXEL_DATA, code="codec")


def _stream(container: Any, layout: Layout) -> Any:
    streams = container.streams.video
    if not streams or streams[0].codec_context is None or streams[0].codec_context.name not in _CODECS:
        container.close()
        raise PixelError("there is no MPEG-2, H.264 or H.265 video in it", tag=PIXEL_DATA, code="codec")
    context = streams[0].codec_context
    if context.width and context.height:
        _check(context.width, context.height, layout)
    rows, columns = (-(-size // _BLOCK) * _BLOCK for size in (layout.rows, layout.columns))
    # A stream may announce larger pictures at any time.
    context.options = {"max_pixels": str(rows * columns)}
    return streams[0]


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    import av

    try:
        yield from (packet for packet in container.demux(stream) if packet.size)
    except av.FFmpegError as error:
        raise _damaged(error) from None


def _pictures(container: Any, stream: Any) -> Iterator[Any]:
    import av

    try:
        yield from container.decode(stream)
    except (av.FFmpegError, ValueError) as error:
        raise _damaged(error) from None


def _check(columns: int, rows: int, layout: Layout) -> None:
    if (rows, columns) != (layout.rows, layout.columns):
        raise PixelError(
            f"a picture of the video is {rows} x {columns}, the header promises {layout.rows} x {layout.columns}",
            tag=0x00280010,
            code="frame-shape",
        )


def _damaged(error: Exception) -> PixelError:
    return PixelError(f"the video cannot be decoded: {error}", tag=PIXEL_DATA, code="codec")
