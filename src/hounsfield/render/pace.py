"""How long each frame of a cine is shown (PS3.3 C.7.6.5, C.7.6.6)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield.pixels.header import said

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["USUAL_RATE", "Paces", "paces_of"]

USUAL_RATE = 10.0
_FRAME_TIME_VECTOR = 0x00181065
# Milliseconds, and frames per second, that somebody can have meant.
_TIMES = (0.5, 60_000.0)
_RATES = (0.05, 2000.0)


class Paces(NamedTuple):
    """Which frames are shown, from 0, and how long each, in seconds."""

    frames: tuple[int, ...]
    durations: tuple[float, ...]


def paces_of(dataset: Dataset, frames: int) -> Paces | None:
    """Find how fast a cine is shown.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    frames : int
        How many frames there are.

    Returns
    -------
    Paces or None
        ``None`` where nothing is said.
    """
    shown = _trimmed(dataset, frames)
    vector = _vector(dataset, frames)
    rate = _number(dataset, "RecommendedDisplayFrameRate", _RATES)
    time = _number(dataset, "FrameTime", _TIMES)
    cine = _number(dataset, "CineRate", _RATES)
    if rate is not None:
        seconds = 1 / rate
    elif vector is not None:
        return Paces(shown, tuple(vector[frame] for frame in shown))
    elif time is not None:
        seconds = time / 1000
    elif cine is not None:
        seconds = 1 / cine
    else:
        return None
    return Paces(shown, (seconds,) * len(shown))


def _number(dataset: Dataset, keyword: str, between: tuple[float, float]) -> float | None:
    try:
        found = float(said(dataset, keyword))
    except (TypeError, ValueError):
        return None
    return found if between[0] <= found <= between[1] else None


def _vector(dataset: Dataset, frames: int) -> list[float] | None:
    """Frame Time Vector, where Frame Increment Pointer (0028,0009) points to it: ms since the frame before."""
    pointer: Any = said(dataset, "FrameIncrementPointer")
    if pointer != _FRAME_TIME_VECTOR:
        return None
    try:
        times = [float(time) for time in said(dataset, "FrameTimeVector") or ()]
    except (TypeError, ValueError):
        return None
    if len(times) != frames or frames < 2 or not all(map(math.isfinite, times)):
        return None
    later = times[1:]
    if not all(_TIMES[0] <= time <= _TIMES[1] for time in later):
        return None
    # A frame is shown until the next one is due; the last one as long as the one before it.
    return [time / 1000 for time in (*later, later[-1])]


def _trimmed(dataset: Dataset, frames: int) -> tuple[int, ...]:
    """Frames from Start Trim (0008,2142) to Stop Trim (0008,2143)."""
    start = _number(dataset, "StartTrim", (1, frames)) or 1
    stop = _number(dataset, "StopTrim", (1, frames)) or frames
    return tuple(range(int(start) - 1, int(stop))) if start <= stop - 1 else tuple(range(frames))
