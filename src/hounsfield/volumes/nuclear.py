"""Which frame of a nuclear medicine object is which (PS3.3 C.8.4.8 to C.8.4.15): energy, detector, phase, view, slice.

The Frame Increment Pointer names vectors with a number for each frame. Reconstructed slices lie along the normal of the
first detector's orientation; everything else has no place in the patient, but axes with names.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield import _core
from hounsfield.pixels.layout import source_input
from hounsfield.volumes.geometry import normal_of
from hounsfield.volumes.header import parse, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.settings import Limits
    from hounsfield.volumes.header import Header
    from hounsfield.volumes.plane import Plane

__all__ = ["Frames", "arrange"]

# Attributes of Frame Increment Pointer by the name of the axis.
_VECTORS: Mapping[int, str] = MappingProxyType(
    {
        0x00540010: "energy",
        0x00540020: "detector",
        0x00540030: "phase",
        0x00540050: "rotation",
        0x00540060: "rr",
        0x00540070: "time",
        0x00540080: "slice",
        0x00540090: "view",
        0x00540100: "time",
    }
)
_POINTER, _SLICE = 0x00280009, 0x00540080
_POSITION, _ORIENTATION = (0x00540022, 0x00200032), (0x00540022, 0x00200037)
_SPACING = 0x00180088


class Frames(NamedTuple):
    """Planes in the order of an array.

    Parameters
    ----------
    planes : tuple of Plane
        All frames.
    axes : tuple of str
        Before row and column; the last is ``slice``.
    shape : tuple of int
        Their lengths.
    placed : bool
        Whether the slices have their place in the patient.
    """

    planes: tuple[Plane, ...]
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    placed: bool


def arrange(row: Header, planes: list[Plane], limits: Limits) -> Frames | str:
    """Put the frames of one object in order.

    Parameters
    ----------
    row : Header
        Its header record.
    planes : list of Plane
        Its frames.
    limits : Limits
        What reading its vectors may cost.

    Returns
    -------
    Frames or str
        Or the reason why they have none.
    """
    source = planes[0].source
    paths = [[_POINTER], [_SPACING], list(_POSITION), list(_ORIENTATION), *([tag] for tag in _VECTORS)]
    found = [
        column[0][1] if column else None
        for column in _core.columns(source_input(source, limits), source.name, paths, limits)
    ]
    pointer, spacing, position, orientation, *vectors = found
    pointed = parse(pointer, str(pointer).count("\\") + 1) if pointer is not None else None
    if pointed is None:
        return (
            "a nuclear medicine object without Frame Increment Pointer (0028,0009): nothing says which frame is which"
        )
    known = dict(zip(_VECTORS, vectors, strict=True))
    numbers: dict[str, tuple[float, ...]] = {}
    for tag in map(int, pointed):
        own = parse(known.get(tag), len(planes))
        if own is not None and tag in _VECTORS and len(set(own)) > 1:
            numbers[_VECTORS[tag]] = own
    return _ordered(row, planes, numbers, (spacing, position, orientation))


def _ordered(
    row: Header, planes: list[Plane], numbers: dict[str, tuple[float, ...]], place: tuple[Any, Any, Any]
) -> Frames | str:
    axes = [axis for axis in numbers if axis != "slice"]
    values = [sorted(set(numbers[axis])) for axis in (*axes, *(("slice",) if "slice" in numbers else ()))]
    keys = [
        tuple(numbers[axis][index] for axis in (*axes, *(("slice",) if "slice" in numbers else ())))
        for index in range(len(planes))
    ]
    shape = tuple(len(own) for own in values)
    count = 1
    for length in shape:
        count *= length
    if count != len(planes) or len(set(keys)) != len(planes):
        listed = ", ".join(f"{axis} {length}" for axis, length in zip(numbers, shape, strict=False)) or "nothing"
        return f"a nuclear medicine object of {len(planes)} frames whose vectors number {count} ({listed})"
    order = sorted(range(len(planes)), key=lambda index: keys[index])
    made = [planes[index] for index in order]
    slices = shape[-1] if "slice" in numbers else 1
    placed = _placed(made, slices, place) if "RECON" in text(row, "ImageType") else None
    return Frames(
        tuple(placed or made),
        (*axes, "slice"),
        shape if "slice" in numbers else (*shape, 1),
        placed is not None,
    )


def _placed(planes: list[Plane], slices: int, place: tuple[Any, Any, Any]) -> list[Plane] | None:
    """Give reconstructed slices their places: the first is that of the detector, the others follow the normal."""
    spacing, position, orientation = parse(place[0], 1), parse(place[1], 3), parse(place[2], 6)
    orientation = orientation or planes[0].orientation
    position = position or planes[0].position
    step = spacing[0] if spacing else planes[0].thickness
    if orientation is None or position is None or not step or planes[0].spacing is None:
        return None
    normal = normal_of(orientation)
    made = []
    for index, plane in enumerate(planes):
        x, y, z = (at + step * (index % slices) * part for at, part in zip(position, normal, strict=True))
        made.append(replace(plane, position=(x, y, z), orientation=orientation))
    return made
