"""One of several scalings that the files of a stack state, chosen by name; real-world values of any vendor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.errors import UsageError
from hounsfield.pixels.layout import source_input
from hounsfield.volumes.header import parse

if TYPE_CHECKING:
    from hounsfield.pixels.layout import FrameSource
    from hounsfield.settings import Limits
    from hounsfield.volumes.plane import Plane
    from hounsfield.volumes.stack import Stack

__all__ = ["REAL_WORLD", "with_scaling"]

REAL_WORLD = "real-world"
# Real World Value Mapping Sequence (PS3.3 C.7.6.16.2.11): slope, intercept, code of the unit.
_MAPPING = 0x00409096
_VALUES = ((_MAPPING, 0x00409225), (_MAPPING, 0x00409224), (_MAPPING, 0x004008EA, 0x00080100))
_SHARED, _PER_FRAME = 0x52009229, 0x52009230

Mapping = tuple[float, float, str]


def with_scaling(stack: Stack, name: str, limits: Limits) -> Stack:
    """Give the stack with the scaling of this name; empty for the one it has.

    Raises
    ------
    UsageError
        When its files do not state it.
    """
    if not name:
        return stack
    mapped: dict[int, list[Mapping | None]] = {}
    planes = []
    for plane in stack.planes:
        scalings = plane.facts.get("Scalings", {"display": (plane.slope, plane.intercept)})
        if name == REAL_WORLD:
            source = plane.source
            if id(source) not in mapped:
                mapped[id(source)] = _mappings(source, limits)
            found = mapped[id(source)][plane.frame]
            if found is not None:
                planes.append(replace(plane, slope=found[0], intercept=found[1], unit=found[2]))
                continue
        if name not in scalings:
            raise _missing(plane, name, list(scalings))
        slope, intercept = scalings[name]
        planes.append(replace(plane, slope=slope, intercept=intercept))
    return replace(stack, planes=tuple(planes))


def _missing(plane: Plane, name: str, known: list[str]) -> UsageError:
    return UsageError(f"there is no scaling {name!r}", hint=f"It has: {', '.join(known)}.", where=plane.name)


def _mappings(source: FrameSource, limits: Limits) -> list[Mapping | None]:
    """Read the first mapping of each frame: its own, that of all frames, or that of the object."""
    paths = [list(path) for path in _VALUES]
    paths += [[outer, *path] for outer in (_SHARED, _PER_FRAME) for path in _VALUES]
    found = _core.columns(source_input(source, limits), source.name, paths, limits)
    columns: list[list[Any]] = [[None] * source.frames for _ in _VALUES]
    for group in range(3):
        for index in range(len(_VALUES)):
            for frame, value in found[group * len(_VALUES) + index]:
                if group == 2 and frame < source.frames:
                    columns[index][frame] = value
                elif group < 2 and frame == 0:
                    columns[index] = [value] * source.frames
    return [_mapping(*values) for values in zip(*columns, strict=True)]


def _mapping(slope: Any, intercept: Any, unit: Any) -> Mapping | None:
    first, second = parse(slope, 1), parse(intercept, 1)
    if first is None or first[0] == 0:
        return None
    # UCUM writes 1 for what has no unit.
    return first[0], second[0] if second else 0.0, "" if unit in (None, "1") else str(unit)
