"""Frames of many files in one array: uncompressed ones read by the core, compressed ones decoded on threads.

Nothing is copied on the way of uncompressed data. Sizes are checked against the files before anything is allocated.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hounsfield import _core
from hounsfield.errors import Issue, LimitError, TruncatedError, UnsupportedError
from hounsfield.pixels.frames import Frames
from hounsfield.pixels.layout import source_input
from hounsfield.settings import threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hounsfield.pixels.layout import FrameSource
    from hounsfield.settings import Limits

__all__ = ["FrameJob", "Gathered", "allocate", "check_room", "gather"]

Array = np.ndarray[Any, np.dtype[Any]]

_THREADS = 2
# Members of archives are held in memory while they are read, so not all at once.
_MEMBERS_AT_ONCE = 32
# Blank frames compress 2,600 times in JPEG 2000; beyond this the header is lying.
_MOST_COMPRESSED = 20_000
_SMALL = 64 << 20


class FrameJob(NamedTuple):
    """One frame to read.

    Parameters
    ----------
    source : FrameSource
        The file.
    frame : int
        Frame in it, from 0.
    offset : int
        Added to each sample with wrap-around (a whole Rescale Intercept, undone by the same subtraction).
    """

    source: FrameSource
    frame: int
    offset: int = 0


class Gathered(NamedTuple):
    """What came of gathering.

    Parameters
    ----------
    low, high : int or None
        Least and greatest stored value, before the offsets; ``None`` for floating point.
    issues : tuple of Issue
        Missing parts, where these were tolerated.
    """

    low: int | None
    high: int | None
    issues: tuple[Issue, ...]


def check_room(jobs: Sequence[FrameJob], limits: Limits) -> None:
    """Refuse to make room for more than files can hold.

    Raises
    ------
    TruncatedError
        When a file is smaller than its pixels; `LimitError` when compressed data promise too much.
    """
    sources = {id(job.source): job.source for job in jobs}
    counts = Counter(id(job.source) for job in jobs)
    for key, source in sources.items():
        _check_size(source, counts[key], limits)


def allocate(jobs: Sequence[FrameJob], limits: Limits) -> Array:
    """Make the array for `jobs`, after checking that their files can hold so much.

    Returns
    -------
    numpy.ndarray
        ``(frame, row, column)`` or ``(frame, row, column, sample)`` of the stored type, not initialized.

    Raises
    ------
    TruncatedError
        When a file is smaller than its pixels; `LimitError` when compressed data promise too much.
    """
    check_room(jobs, limits)
    layout = jobs[0].source.layout
    shape: tuple[int, ...] = (len(jobs), layout.rows, layout.columns)
    if layout.samples > 1:
        shape = (*shape, layout.samples)
    try:
        return np.empty(shape, layout.dtype)
    except (MemoryError, ValueError):
        raise LimitError(
            f"{len(jobs):,} frames of {layout.frame_bytes:,} bytes do not fit into memory", where=jobs[0].source.name
        ) from None


def _check_size(source: FrameSource, frames: int, limits: Limits) -> None:
    """Refuse to make room for more than the file can hold."""
    layout = source.layout
    if source.member is not None:
        return
    size = len(source.held) if source.held is not None else _size(source)
    if source.syntax.endswith(".1.99"):
        needed = -(-layout.native_bits * source.frames // 8)
        if needed > limits.inflated_bytes:
            raise LimitError(
                f"its pixels need {needed:,} bytes, more than may be inflated",
                where=source.name,
                hint="If you trust it, allow more with Limits(inflated_bytes=...).",
            )
    elif source.compressed:
        needed = layout.frame_bytes * frames
        if needed > max(_SMALL, size * _MOST_COMPRESSED):
            raise LimitError(f"{size:,} bytes cannot hold pixels of {needed:,} bytes", where=source.name)
    elif (needed := -(-layout.native_bits * frames // 8)) > size:
        raise TruncatedError(
            f"its pixels need {needed:,} bytes, but the file has {size:,}",
            where=source.name,
            tag=0x7FE00010,
            offset=size,
            code="pixels-truncated",
        )


def _size(source: FrameSource) -> int:
    try:
        return Path(source.path).stat().st_size
    except OSError as error:
        raise TruncatedError(f"the file cannot be read: {error.strerror}", where=source.name) from None


def gather(jobs: Sequence[FrameJob], out: Array, *, limits: Limits, tolerant: bool = False) -> Gathered:
    """Read frames into an array.

    Parameters
    ----------
    jobs : sequence of FrameJob
        In the order of `out`.
    out : numpy.ndarray
        C-ordered, as from `allocate`.
    limits : Limits
        What reading may cost.
    tolerant : bool
        Missing parts are filled with zeros and reported, instead of being an error.

    Raises
    ------
    ReadError, PixelError
        Naming the file, and the tag and byte or the frame.
    """
    low: list[int] = []
    high: list[int] = []
    issues: list[Issue] = []
    for start, run in _runs(jobs):
        part = out[start : start + len(run)]
        plain = not run[0].source.compressed and run[0].source.layout.whole_bytes
        read = _copy_run if plain else _decode_run
        for bounds, issue in read(run, part, limits, tolerant):
            if bounds is not None:
                low.append(bounds[0])
                high.append(bounds[1])
            if issue is not None:
                issues.append(issue)
    return Gathered(min(low, default=None), max(high, default=None), tuple(issues))


_Outcome = tuple[tuple[int, int] | None, Issue | None]


def _runs(jobs: Sequence[FrameJob]) -> Iterator[tuple[int, list[FrameJob]]]:
    """Stretches of jobs that can be read in one go, each with the index of its first."""
    start = 0
    for (_, _, member), group in groupby(
        jobs, key=lambda job: (job.source.compressed, job.source.layout, job.source.member is not None)
    ):
        run = list(group)
        step = _MEMBERS_AT_ONCE if member else len(run)
        for at in range(0, len(run), step):
            yield start + at, run[at : at + step]
        start += len(run)


def _copy_run(run: list[FrameJob], out: Array, limits: Limits, tolerant: bool) -> list[_Outcome]:  # noqa: FBT001
    layout = run[0].source.layout
    sources = {id(job.source): job.source for job in run}
    index = {key: number for number, key in enumerate(sources)}
    inputs = [source_input(source, limits) for source in sources.values()]
    names = [source.name for source in sources.values()]
    jobs = [(index[id(job.source)], job.frame, job.offset) for job in run]
    fill = 0 if tolerant else None
    found = _core.gather(inputs, names, jobs, layout, out.reshape(-1).view(np.uint8), limits, threads(_THREADS), fill)
    outcomes: list[_Outcome] = []
    for job, (bounds, lut, issue) in zip(run, found, strict=True):
        _refuse_lut(lut, job.source)
        missing = None
        if issue is not None:
            code, message, tag, offset, _ = issue
            place = f" [({(tag or 0) >> 16:04X},{(tag or 0) & 0xFFFF:04X}), byte {offset:,}]"
            missing = Issue(code, "error", job.source.name, f"{message}{place}; filled with zeros")
        outcomes.append((bounds, missing))
    if layout.samples == 3 and layout.photometric.startswith("YBR_"):
        from hounsfield.pixels.color import to_rgb

        for frame in out:
            frame[...] = to_rgb(frame, layout.photometric, bits=layout.bits_stored)
    return outcomes


def _refuse_lut(lut: bool, source: FrameSource) -> None:  # noqa: FBT001
    if lut:
        raise UnsupportedError(
            "its values go through a Modality LUT Sequence, which is not applied",
            where=source.name,
            tag=0x00283000,
            code="modality-lut",
        )


def _decode_run(run: list[FrameJob], out: Array, limits: Limits, tolerant: bool) -> list[_Outcome]:  # noqa: FBT001, ARG001
    from concurrent.futures import ThreadPoolExecutor

    files = {key: Frames(source, limits) for key, source in {id(job.source): job.source for job in run}.items()}

    def one(job: FrameJob, place: Array) -> _Outcome:
        frames = files[id(job.source)]
        _refuse_lut(frames.index.modality_lut, job.source)
        decoded = frames.stored(job.frame)
        if decoded.dtype.kind == "f":
            place[...] = decoded
            return None, None
        np.add(decoded, np.array(job.offset).astype(decoded.dtype), out=place)
        return (int(decoded.min()), int(decoded.max())), None

    with ThreadPoolExecutor(threads(_THREADS)) as pool:
        outcomes = list(pool.map(one, run, out))
    return outcomes + [(None, issue) for issue in _contradictions(files.values())]


def _contradictions(files: Iterable[Frames]) -> list[Issue]:
    """Give what code streams contradict, once for all files, with the name of the first."""
    met: dict[str, list[Issue]] = {}
    for file in files:
        for issue in file.contradictions:
            met.setdefault(issue.code, []).append(issue)
    return [replace(issues[0], count=len(issues)) for issues in met.values()]
