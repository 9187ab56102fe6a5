"""Planes that share a frame (mosaics): frames are read some at a time, and their tiles laid out as slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.gather import FrameJob, Gathered, allocate, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.settings import Limits
    from hounsfield.volumes.plane import Plane

__all__ = ["gather_tiles"]

Array = np.ndarray[Any, np.dtype[Any]]

# So many bytes of whole frames are held beside the result.
_AT_ONCE = 16 << 20


def gather_tiles(
    planes: Sequence[Plane], offset: int, limits: Limits, *, tolerant: bool = False
) -> tuple[Array, Gathered]:
    """Read planes that are tiles of frames.

    Parameters
    ----------
    planes : sequence of Plane
        In the order of the result, all of one size.
    offset : int
        As `FrameJob` has it.
    limits : Limits
        What reading may cost.
    tolerant : bool
        As `gather` has it.

    Returns
    -------
    numpy.ndarray
        ``(plane, row, column)``.
    Gathered
        Least and greatest value (of whole frames), and issues.
    """
    frames: dict[tuple[int, int], list[int]] = {}
    for index, plane in enumerate(planes):
        frames.setdefault((id(plane.source), plane.frame), []).append(index)
    layout = planes[0].source.layout
    out = np.empty((len(planes), planes[0].rows, planes[0].columns), layout.dtype)
    step = max(1, _AT_ONCE // max(1, layout.frame_bytes))
    members = list(frames.values())
    parts = []
    for start in range(0, len(members), step):
        run = members[start : start + step]
        jobs = [FrameJob(planes[indices[0]].source, planes[indices[0]].frame, offset) for indices in run]
        whole = allocate(jobs, limits)
        parts.append(gather(jobs, whole, limits=limits, tolerant=tolerant))
        for frame, indices in zip(whole, run, strict=True):
            _lay_out(frame, indices, planes, out)
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    issues = tuple(issue for part in parts for issue in part.issues)
    return out, Gathered(min(lows, default=None), max(highs, default=None), issues)


def _lay_out(frame: Array, indices: Sequence[int], planes: Sequence[Plane], out: Array) -> None:
    for index in indices:
        row, column, rows, columns = planes[index].tile or (0, 0, *frame.shape[:2])
        out[index] = frame[row : row + rows, column : column + columns]
