"""Where a stack of planes lies in the patient (PS3.3 C.7.6.2.1.1): LPS, millimeters, measured from positions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from hounsfield.errors import Issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.volumes.plane import Plane, Vector

__all__ = ["Geometry", "along", "measure", "normal_of", "unplaced"]

# Positions are written with few decimals: deviations from an even grid below these are noise.
_NOISE_MM = 0.02
_NOISE_SHARE = 0.05
# Positions with one decimal are up to 0.05 mm off, and the ends that the grid is measured by as well.
_ROUNDED_MM, _ROUNDED_SHARE = 0.11, 0.2
# Degrees between the stack's direction and the normal of its planes.
_TILT_DEGREES = 0.2
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Geometry:
    """The grid of a stack.

    Parameters
    ----------
    origin : tuple of 3 floats
        Center of the first voxel, LPS, mm.
    column_step, row_step, slice_step : tuple of 3 floats
        From one column, row or slice to the next, LPS, mm.
    known : bool
        Whether the patient's space is known at all; otherwise only distances within a plane mean something.
    """

    origin: Vector
    column_step: Vector
    row_step: Vector
    slice_step: Vector
    known: bool = True

    @property
    def affine(self) -> tuple[tuple[float, float, float, float], ...]:
        """4x4, from (column, row, slice) indices to LPS in mm."""
        axes = zip(self.column_step, self.row_step, self.slice_step, self.origin, strict=True)
        return (*axes, (0.0, 0.0, 0.0, 1.0))

    @property
    def spacing(self) -> Vector:
        """Distance between (slices, rows, columns), mm."""
        return (math.hypot(*self.slice_step), math.hypot(*self.row_step), math.hypot(*self.column_step))

    @property
    def direction(self) -> tuple[Vector, ...]:
        """Unit vectors of increasing (slice, row, column) index, LPS."""
        return (_unit(self.slice_step), _unit(self.row_step), _unit(self.column_step))


def _unit(vector: Sequence[float]) -> Vector:
    length = math.hypot(*vector) or 1.0
    return (vector[0] / length, vector[1] / length, vector[2] / length)


def _dot(first: Sequence[float], second: Sequence[float]) -> float:
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]


def _scaled(vector: Sequence[float], factor: float) -> Vector:
    return (vector[0] * factor, vector[1] * factor, vector[2] * factor)


def _difference(first: Sequence[float], second: Sequence[float]) -> Vector:
    return (first[0] - second[0], first[1] - second[1], first[2] - second[2])


def normal_of(orientation: Sequence[float]) -> Vector:
    """Give the unit normal of a plane: row direction x column direction."""
    x, y = orientation[:3], orientation[3:]
    return _unit((x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]))


def along(plane: Plane, normal: Sequence[float]) -> float:
    """Measure how far along the normal a plane lies, in mm."""
    return _dot(plane.position or (0.0, 0.0, 0.0), normal)


def unplaced(plane: Plane) -> Geometry:
    """Give the grid of pictures that have no place in the patient."""
    row, column = plane.spacing or (1.0, 1.0)
    thickness = plane.thickness if plane.thickness and plane.thickness > 0 else 1.0
    return Geometry((0.0, 0.0, 0.0), (column, 0.0, 0.0), (0.0, row, 0.0), (0.0, 0.0, thickness), known=False)


def measure(planes: Sequence[Plane], where: str) -> tuple[Geometry, list[Issue]]:
    """Measure a stack.

    Parameters
    ----------
    planes : sequence of Plane
        Of one orientation, size and spacing, in order along the normal, each at a place of its own.
    where : str
        What issues call the stack.

    Returns
    -------
    Geometry
        With a slice step from the first plane to the last, divided.
    list of Issue
        Errors: ``missing-slices``, ``uneven-spacing``, ``misaligned-slices``, ``orientation-invalid``. Warning:
        ``tilt``.
    """
    first = planes[0]
    orientation = first.orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    x, y = _unit(orientation[:3]), _unit(orientation[3:])
    normal = normal_of(orientation)
    row, column = first.spacing or (1.0, 1.0)
    issues = _check_frame(first, orientation, where)
    origin = first.position or (0.0, 0.0, 0.0)
    if len(planes) > 1:
        last = planes[-1].position or origin
        step = _scaled(_difference(last, origin), 1 / (len(planes) - 1))
        issues += _check_stack(planes, normal, step, where)
    else:
        thick = first.thickness if first.thickness and first.thickness > 0 else 1.0
        step = _scaled(normal, thick)
        issues.append(Issue("single-slice", "info", where, f"one slice: its thickness of {thick:g} mm is as stated"))
    return Geometry(origin, _scaled(x, column), _scaled(y, row), step), issues


def _check_frame(plane: Plane, orientation: Sequence[float], where: str) -> list[Issue]:
    issues = []
    x, y = orientation[:3], orientation[3:]
    lengths = (math.hypot(*x), math.hypot(*y))
    if abs(_dot(x, y)) > 0.01 or not all(0.99 < length < 1.01 for length in lengths):
        shown = "\\".join(f"{number:g}" for number in orientation)
        issues.append(
            Issue(
                "orientation-invalid",
                "error",
                where,
                f"Image Orientation (Patient) {shown} is not two unit vectors at a right angle",
            )
        )
    if plane.spacing is None:
        issues.append(Issue("spacing-unknown", "error", where, "the distance between pixels is not stated"))
    return issues


def _check_stack(planes: Sequence[Plane], normal: Vector, step: Vector, where: str) -> list[Issue]:
    places = [along(plane, normal) for plane in planes]
    gaps = [after - before for before, after in pairwise(places)]
    usual = sorted(gaps)[(len(gaps) - 1) // 2]
    noise = max(_NOISE_MM, _NOISE_SHARE * usual, min(_ROUNDED_MM, _ROUNDED_SHARE * usual))
    mean = (places[-1] - places[0]) / (len(places) - 1)
    worst = max(abs(place - places[0] - index * mean) for index, place in enumerate(places))
    if worst > noise or max(abs(gap - usual) for gap in gaps) > 2 * noise:
        return [_uneven(places, gaps, usual, where)]
    sideways = [
        _off_line(plane.position or (0.0, 0.0, 0.0), planes[0].position or (0.0, 0.0, 0.0), step, index)
        for index, plane in enumerate(planes)
    ]
    if max(sideways) > max(_NOISE_MM * 2, noise):
        return [
            Issue(
                "misaligned-slices",
                "error",
                where,
                f"the slices are shifted against each other by up to {max(sideways):.3g} mm within their plane",
            )
        ]
    cosine = min(1.0, abs(_dot(_unit(step), normal)))
    degrees = math.degrees(math.acos(cosine))
    if degrees > _TILT_DEGREES:
        return [
            Issue(
                "tilt",
                "warning",
                where,
                f"the stack leans {degrees:.3g} degrees against the normal of its slices (gantry tilt)",
                "Its affine is sheared, which some programs ignore; resample gives a straight volume.",
            )
        ]
    return []


def _off_line(position: Vector, origin: Vector, step: Vector, index: int) -> float:
    expected = (origin[0] + step[0] * index, origin[1] + step[1] * index, origin[2] + step[2] * index)
    offset = _difference(position, expected)
    forward = _unit(step)
    lateral = _difference(offset, _scaled(forward, _dot(offset, forward)))
    return math.hypot(*lateral)


def _uneven(places: Sequence[float], gaps: Sequence[float], usual: float, where: str) -> Issue:
    holes = [
        (place, gap)
        for place, gap in zip(places, gaps, strict=False)
        if abs(gap - usual) > max(_NOISE_MM, 0.05 * usual)
    ]
    whole = usual > 0 and all(gap > 1.5 * usual and abs(gap / usual - round(gap / usual)) < 0.1 for _, gap in holes)
    missing = [place + usual * count for place, gap in holes for count in range(1, round(gap / usual))] if whole else []
    if missing and len(missing) <= len(places):
        return Issue(
            "missing-slices",
            "error",
            where,
            f"{len(missing)} of {len(places) + len(missing)} slices are missing, at {_listed(missing)} mm "
            f"along the normal (spacing {usual:g} mm)",
            "Complete the series; in Python, hounsfield.load(..., allow=('missing-slices',)) loads it all the same.",
        )
    odd = ", ".join(f"{gap:.4g} after {place:.2f}" for place, gap in holes[:_SHOWN])
    listed = odd or f"positions {_listed(places)}"
    return Issue(
        "uneven-spacing",
        "error",
        where,
        f"the distance between slices varies from {min(gaps):.4g} to {max(gaps):.4g} mm: {listed}",
        "In Python, hounsfield.load(..., allow=('uneven-spacing',)) loads it all the same.",
    )


def _listed(places: Sequence[float]) -> str:
    shown = ", ".join(f"{place:.2f}" for place in places[:_SHOWN])
    return f"{shown} and {len(places) - _SHOWN} more" if len(places) > _SHOWN else shown
