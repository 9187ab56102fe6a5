"""Movies as MP4 (H.264, 4:2:0, BT.709), which every browser and every presentation plays; by PyAV."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hounsfield.render.picture import Picture

__all__ = ["write_mp4"]

Array = np.ndarray[Any, np.dtype[Any]]

# What frame times are multiples of, in seconds.
_TICK = Fraction(1, 90_000)


def write_mp4(pictures: Iterator[Picture], durations: Sequence[float], write: Callable[[bytes], object]) -> None:
    """Write an MP4 without sound and without any words in it.

    Parameters
    ----------
    pictures : iterator of Picture
        8 bit, of one size; an odd row or column is doubled, which 4:2:0 needs.
    durations : sequence of float
        Seconds for each; they need not be equal.
    write : callable
        Takes bytes.

    Raises
    ------
    UnsupportedError
        Without PyAV.
    """
    try:
        import av
    except ImportError:
        raise UnsupportedError(
            "movies in MP4 need PyAV", hint="pip install 'hounsfield[video]', or write a .gif.", code="no-video"
        ) from None
    first = _even(next(pictures).array)
    # What a player needs first is written last and moved to the front, for which the file is opened again.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "movie.mp4"
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
            _encode(container, first, (_even(one.array) for one in pictures), durations)
        write(path.read_bytes())


def _encode(container: Any, first: Array, later: Iterator[Array], durations: Sequence[float]) -> None:
    import av

    stream = container.add_stream("libx264", rate=_rate(durations))
    stream.height, stream.width = first.shape[:2]
    stream.pix_fmt = "yuv420p"
    stream.options = {"crf": "17", "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709"}
    stream.codec_context.time_base = stream.time_base = _TICK
    time = 0.0
    for array, seconds in zip(chain([first], later), durations, strict=True):
        frame = av.VideoFrame.from_ndarray(_rgb(array), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        frame.pts, frame.time_base, frame.duration = round(time / _TICK), _TICK, round(seconds / _TICK)
        container.mux(stream.encode(frame))
        time += seconds
    container.mux(stream.encode(None))


def _rate(durations: Sequence[float]) -> Fraction:
    return Fraction(len(durations) / sum(durations)).limit_denominator(1000)


def _even(array: Array) -> Array:
    rows, columns = array.shape[:2]
    edges = [(0, rows % 2), (0, columns % 2), (0, 0)][: array.ndim]
    return np.pad(array, edges, mode="edge") if rows % 2 or columns % 2 else array


def _rgb(array: Array) -> Array:
    return np.repeat(array[..., np.newaxis], 3, axis=2) if array.ndim == 2 else np.ascontiguousarray(array)
