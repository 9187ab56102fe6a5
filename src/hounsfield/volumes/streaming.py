"""A stack as a volume whose pixels are read when they are asked for, for writers that go through it once."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.gather import FrameJob, check_room, gather
from hounsfield.volumes.loading import load_stack, made_volume, prepared
from hounsfield.volumes.rescale import integer_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hounsfield.settings import Limits
    from hounsfield.volumes.loading import Prepared
    from hounsfield.volumes.stack import Stack
    from hounsfield.volumes.volume import Volume

__all__ = ["PlaneStream", "stream_stack"]

Array = np.ndarray[Any, np.dtype[Any]]

_BLOCK = 8 << 20
# Below this, reading twice to find the range of values costs more than memory is worth.
_SMALL = 256 << 20


class PlaneStream:
    """Stored values of all planes, in the place of an array; nothing of them is kept.

    Parameters
    ----------
    jobs : sequence of FrameJob
        One for each plane.
    shape : tuple of int
        Of the whole array.
    dtype : numpy.dtype
        Of the values, after the offsets of the jobs.
    limits : Limits
        What reading may cost.
    """

    def __init__(self, jobs: Sequence[FrameJob], shape: tuple[int, ...], dtype: np.dtype[Any], limits: Limits) -> None:
        self.jobs = jobs
        self.shape = shape
        self.dtype = dtype
        self.limits = limits
        layout = jobs[0].source.layout
        self._plane = (layout.rows, layout.columns, *((layout.samples,) if layout.samples > 1 else ()))

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return math.prod(self.shape) * self.dtype.itemsize

    def blocks(self, planes: range, size: int) -> Iterator[tuple[int, Array]]:
        """Give stretches of whole planes; one is read while the one before is used, and memory is used again.

        Yields
        ------
        int
            Index of the first plane.
        numpy.ndarray
            ``(plane, row, column)`` or with samples; to be used up before the next is asked for.
        """
        step = max(1, max(size, _BLOCK) // max(1, math.prod(self._plane) * self.dtype.itemsize))
        starts = range(planes.start, planes.stop, step)
        if not starts:
            return
        most = min(step, len(planes))
        buffers = [np.empty((most, *self._plane), self.dtype) for _ in range(min(2, len(starts)))]
        with ThreadPoolExecutor(1) as reader:
            waiting = reader.submit(self._read, range(starts[0], min(starts[0] + step, planes.stop)), buffers[0])
            for number, start in enumerate(starts):
                piece = waiting.result()
                if number + 1 < len(starts):
                    after = range(starts[number + 1], min(starts[number + 1] + step, planes.stop))
                    waiting = reader.submit(self._read, after, buffers[(number + 1) % 2])
                yield start, piece

    def _read(self, planes: range, buffer: Array) -> Array:
        out = buffer[: len(planes)]
        gather(self.jobs[planes.start : planes.stop], out, limits=self.limits)
        return out


def stream_stack(stack: Stack, **options: Any) -> Volume:
    """Give a stack as a volume to be written: like `load_stack`, but `stored` may be a `PlaneStream`.

    Pixels are read as they are written, and where a whole intercept asks for the range of all values before, twice;
    mosaics, volumes to be resampled, and those of which that is not worth it are loaded.
    """
    if options.get("resample"):
        return load_stack(stack, **options)
    found = prepared(stack, **{key: value for key, value in options.items() if key != "resample"})
    plane, layout = found.stack.planes[0], found.layout
    size = len(found.stack.planes) * layout.frame_bytes
    if plane.tile is not None or size < _BLOCK or (found.rescale.offset and size < _SMALL):
        return load_stack(stack, **options)
    jobs = [FrameJob(one.source, one.frame, found.rescale.offset) for one in found.stack.planes]
    check_room(jobs, found.limits)
    color = (layout.samples,) if layout.samples > 1 else ()
    shape = (*found.stack.shape, layout.rows, layout.columns, *color)
    dtype, slopes, intercepts = np.dtype(layout.dtype), found.rescale.slopes, found.rescale.intercepts
    if found.rescale.whole and not layout.float:
        fitting = _fitting(found, jobs, shape) if found.rescale.offset else layout.dtype
        if fitting is None:
            jobs = [job._replace(offset=0) for job in jobs]
        else:
            dtype, slopes, intercepts = np.dtype(fitting), (1.0,), (0.0,)
    stored: Any = PlaneStream(jobs, shape, dtype, found.limits)
    return made_volume(found, stored, (slopes, intercepts), ())


def _fitting(found: Prepared, jobs: Sequence[FrameJob], shape: tuple[int, ...]) -> str | None:
    """Read everything once to find the integer type that holds it."""
    stream = PlaneStream(jobs, shape, np.dtype(found.layout.dtype), found.limits)
    step = max(1, _BLOCK // max(1, found.layout.frame_bytes))
    buffer = np.empty((min(step, len(jobs)), *stream._plane), stream.dtype)  # noqa: SLF001
    low: list[int] = []
    high: list[int] = []
    for start in range(0, len(jobs), step):
        part = jobs[start : start + step]
        bounds = gather(part, buffer[: len(part)], limits=found.limits)
        if bounds.low is None or bounds.high is None:
            return None
        low.append(bounds.low)
        high.append(bounds.high)
    offset = found.rescale.offset
    return integer_dtype(found.layout, min(low) + offset, max(high) + offset)
