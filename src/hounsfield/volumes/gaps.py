"""Stacks with gaps or uneven spacing, on request: cut into even pieces, or interpolated to an even grid."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hounsfield.volumes.geometry import along, measure, normal_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.volumes.plane import Plane
    from hounsfield.volumes.stack import Stack

__all__ = ["places", "split_at_gaps"]

_UNEVEN = ("missing-slices", "uneven-spacing")
_SHARE = 0.05
_LEAST_MM = 0.02


def places(planes: Sequence[Plane]) -> list[float]:
    """Give how far along the normal of the first plane each lies, mm."""
    normal = normal_of(planes[0].orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    return [along(plane, normal) for plane in planes]


def split_at_gaps(stack: Stack) -> list[Stack]:
    """Cut a stack where the distance between its slices changes.

    Parameters
    ----------
    stack : Stack
        Any stack.

    Returns
    -------
    list of Stack
        Pieces of even spacing, from the first slice to the last, named ``part1`` and so on; each carries the issues
        that remain. The stack itself where it is even or has no positions.
    """
    if not any(issue.code in _UNEVEN for issue in stack.issues) or not stack.shape:
        return [stack]
    slices = stack.shape[-1]
    runs = _runs(places(stack.planes[:slices]))
    kept = tuple(issue for issue in stack.issues if issue.code not in _UNEVEN)
    pieces = []
    for number, (begin, end) in enumerate(runs, 1):
        name = "_".join(filter(None, (stack.name, f"part{number}")))
        planes = tuple(
            plane
            for start in range(0, len(stack.planes), slices)
            for plane in stack.planes[start + begin : start + end]
        )
        geometry, issues = measure(planes[: end - begin], name)
        shape = (*stack.shape[:-1], end - begin)
        pieces.append(replace(stack, name=name, planes=planes, shape=shape, geometry=geometry, issues=(*kept, *issues)))
    return pieces


def _runs(positions: Sequence[float]) -> list[tuple[int, int]]:
    """Stretches of equal distances, as ``(begin, end)``; a slice belongs to the first that it fits."""
    gaps = [after - before for before, after in pairwise(positions)]
    runs, begin = [], 0
    usual: float | None = None
    for index, gap in enumerate(gaps):
        if usual is None:
            following = gaps[index + 1] if index + 1 < len(gaps) else None
            if following is not None and gap > following + max(_LEAST_MM, _SHARE * following):
                # The slice stands alone before a gap.
                runs.append((begin, index + 1))
                begin = index + 1
                continue
            usual = gap
        elif abs(gap - usual) > max(_LEAST_MM, _SHARE * usual):
            runs.append((begin, index + 1))
            begin, usual = index + 1, None
    return [*runs, (begin, len(positions))]
