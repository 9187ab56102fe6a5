"""One of several scalings that the files of a stack state, chosen by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.volumes.stack import Stack

__all__ = ["with_scaling"]


def with_scaling(stack: Stack, name: str) -> Stack:
    """Give the stack with the scaling of this name; empty for the one it has.

    Raises
    ------
    UsageError
        When its files do not state it.
    """
    if not name:
        return stack
    planes = []
    for plane in stack.planes:
        scalings = plane.facts.get("Scalings", {"display": (plane.slope, plane.intercept)})
        if name not in scalings:
            raise UsageError(f"there is no scaling {name!r}", hint=f"It has: {', '.join(scalings)}.", where=plane.name)
        slope, intercept = scalings[name]
        planes.append(replace(plane, slope=slope, intercept=intercept))
    return replace(stack, planes=tuple(planes))
