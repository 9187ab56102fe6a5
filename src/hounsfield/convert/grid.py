"""What the grids of other formats can and cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.errors import GeometryError

if TYPE_CHECKING:
    from hounsfield.volumes.volume import Volume

__all__ = ["check_rectangular", "step_of"]

_SKEW = 1e-3


def check_rectangular(volume: Volume, form: str) -> None:
    """Refuse a sheared grid (gantry tilt) for a format that cannot express it.

    Raises
    ------
    GeometryError
        Naming the formats that can.
    """
    slices, rows, columns = volume.geometry.direction
    skew = max(abs(_dot(slices, rows)), abs(_dot(slices, columns)))
    if skew > _SKEW:
        raise GeometryError(
            f"the stack is tilted, and {form} cannot express a sheared grid",
            hint="Resample it, or choose a format that keeps the shear: nifti, nrrd, numpy, hdf5.",
            code="tilt",
        )


def _dot(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def step_of(volume: Volume, axis: str) -> float | None:
    """Give the seconds from one index of the axis of time to the next; ``None`` where nothing says it."""
    if axis != "time":
        return None
    if volume.timing.repetition_time:
        return volume.timing.repetition_time
    milliseconds = volume.attributes.get("RepetitionTime") or volume.attributes.get("FrameTime")
    if isinstance(milliseconds, int | float) and milliseconds > 0:
        return float(milliseconds) / 1000
    return None
