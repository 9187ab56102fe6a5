"""Volumes as MP4 (H.264): time or slices one after the other, through the window; slices in time side by side."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.convert.packages import package
from hounsfield.convert.window import Window, show, window_of
from hounsfield.errors import UnsupportedError
from hounsfield.volumes.voxels import blocks, plane_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.convert.output import Place
    from hounsfield.volumes.volume import Volume

__all__ = ["write"]

Array = np.ndarray[Any, np.dtype[Any]]

_RATE = 10
_FASTEST, _SLOWEST = 60, 1
_QUALITY = "18"
# What players and level 5.2 of H.264 take.
_MOST = 4096
# FFmpeg's numbers of what `_yuv` makes.
_LIMITED, _BT601 = 1, 6


def write(volume: Volume, place: Place) -> None:
    """Write ``.mp4``.

    Raises
    ------
    UnsupportedError
        When a picture would be larger than players take.
    """
    av = package("av", "video")
    window = window_of(volume)
    tiles = _tiles(volume)
    height = volume.shape[volume.axes.index("row")] * tiles[0]
    width = volume.shape[volume.axes.index("column")] * tiles[1]
    if max(height, width) > _MOST:
        raise UnsupportedError(
            f"{width} x {height} pixels are more than video players take", hint="PNG and JPEG keep them."
        )
    with av.open(str(place.partial), "w", format="mp4") as container:
        container.flags |= av.container.Flags.bitexact.value
        stream = container.add_stream("libx264", rate=_rate(volume))
        # Chrominance of two pixels is stored once: an odd side gets another pixel.
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.color_range, stream.codec_context.colorspace = _LIMITED, _BT601
        stream.codec_context.flags |= av.codec.context.Flags.bitexact.value
        # Without looking ahead: what x264 finds there differs from run to run.
        stream.options = {"crf": _QUALITY, "preset": "medium", "tune": "zerolatency"}
        for picture in _pictures(volume, window, tiles):
            container.mux(stream.encode(_frame(av, _yuv(picture))))
        container.mux(stream.encode(None))


def _frame(av: Any, planes: list[Array]) -> Any:
    """Make a frame without leaving memory beside the pixels as it was: the encoder looks at it where widths are odd."""
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for place, plane in zip(frame.planes, planes, strict=True):
        lines = np.zeros((place.buffer_size // place.line_size, place.line_size), np.uint8)
        lines[: plane.shape[0], : plane.shape[1]] = plane
        place.update(lines)
    return frame


def _yuv(picture: Array) -> list[Array]:
    """Give luminance and the two of chrominance, half as wide and high (BT.601); an odd side gets another pixel."""
    edges = ((0, picture.shape[0] % 2), (0, picture.shape[1] % 2), *((0, 0),) * (picture.ndim - 2))
    even = np.pad(picture, edges, mode="edge").astype(np.float32)
    height, width = even.shape[:2]
    if even.ndim == 2:
        gray = np.full((height // 2, width // 2), 128, np.uint8)
        return [np.rint(16 + even * np.float32(219 / 255)).astype(np.uint8), gray, gray]
    red, green, blue = even[..., 0], even[..., 1], even[..., 2]
    light = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    made = [np.rint(16 + light * np.float32(219 / 255)).astype(np.uint8)]
    for color, scale in ((blue, 1.772), (red, 1.402)):
        part = (color - light) * np.float32(224 / 255 / scale) + 128
        made.append(np.rint(part.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))).astype(np.uint8))
    return made


def _tiles(volume: Volume) -> tuple[int, int]:
    """Give rows and columns of slices in one picture: one, unless there is an axis of time or the like, too."""
    slices = volume.shape[volume.axes.index("slice")]
    if plane_count(volume) == slices:
        return 1, 1
    columns = math.ceil(math.sqrt(slices))
    return -(-slices // columns), columns


def _rate(volume: Volume) -> Fraction:
    """Give pictures per second: as fast as they were taken where the header says it, within what can be looked at."""
    milliseconds = volume.attributes.get("FrameTime")
    rate = volume.attributes.get("CineRate")
    if isinstance(milliseconds, int | float) and milliseconds > 0:
        rate = 1000 / milliseconds
    if not isinstance(rate, int | float) or rate <= 0:
        rate = _RATE
    return Fraction(min(max(float(rate), _SLOWEST), _FASTEST)).limit_denominator(1000)


def _pictures(volume: Volume, window: Window, tiles: tuple[int, int]) -> Iterator[Array]:
    waiting: list[Array] = []
    slices = 1 if tiles == (1, 1) else volume.shape[volume.axes.index("slice")]
    for _, piece in blocks(volume):
        for plane in piece:
            waiting.append(show(plane, window, volume.photometric))
            if len(waiting) == slices:
                yield _side_by_side(waiting, tiles)
                waiting = []


def _side_by_side(planes: list[Array], tiles: tuple[int, int]) -> Array:
    if tiles == (1, 1):
        return planes[0]
    rows, columns = tiles
    full = planes + [np.zeros_like(planes[0])] * (rows * columns - len(planes))
    return np.concatenate([np.concatenate(full[row * columns : (row + 1) * columns], axis=1) for row in range(rows)])
