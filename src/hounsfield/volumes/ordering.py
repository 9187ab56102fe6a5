"""Planes of one part in order: by position, and by time where positions repeat."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield.errors import Issue
from hounsfield.volumes.geometry import along, normal_of
from hounsfield.volumes.splitting import positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.volumes.plane import Plane

__all__ = ["Ordered", "order"]

# What may number the volumes of a series, best first; each is used only where it numbers whole volumes.
_TIMES = (
    "TemporalPositionIndex",
    "TemporalPositionIdentifier",
    "DiffusionBValue",
    "FrameReferenceTime",
    "TriggerTime",
    "AcquisitionNumber",
    "AcquisitionTime",
    "ContentTime",
)
_SHOWN = 8


class Ordered(NamedTuple):
    """A part in order.

    Parameters
    ----------
    planes : tuple of Plane
        All times of the first position in the array's order: time by time, each from the first to the last slice.
    slices : int
        Positions.
    axis : str
        What repeats: ``time`` or ``diffusion``; empty where nothing does.
    times : tuple
        Its coordinate: values of `by`, or numbers from 1.
    by : str
        The keyword that tells volumes apart.
    issues : tuple of Issue
        ``duplicate-instance``, ``duplicate-positions``.
    """

    planes: tuple[Plane, ...]
    slices: int
    axis: str
    times: tuple[Any, ...]
    by: str
    issues: tuple[Issue, ...]


def order(planes: Sequence[Plane], where: str) -> Ordered:
    """Put planes of one orientation in order.

    Parameters
    ----------
    planes : sequence of Plane
        All with a position.
    where : str
        What issues call the stack.
    """
    members, issues = _without_copies(planes, where)
    groups = positions(members)
    counts = {len(group) for group in groups}
    if counts == {1}:
        return Ordered(tuple(group[0] for group in groups), len(groups), "", (), "", tuple(issues))
    if len(counts) > 1:
        issues.append(_uneven_repeats(groups, where))
        flat = tuple(plane for group in groups for plane in sorted(group, key=_instance))
        return Ordered(flat, len(groups), "", (), "", tuple(issues))
    found = _volumes(groups)
    if found is None:
        issues.append(_untold(groups, where))
        flat = tuple(plane for group in groups for plane in group)
        return Ordered(flat, len(groups), "", (), "", tuple(issues))
    by, times, volumes = found
    axis = "diffusion" if by == "DiffusionBValue" or _varies(members, "DiffusionBValue") else "time"
    flat = tuple(plane for volume in volumes for plane in volume)
    return Ordered(flat, len(groups), axis, times, by, tuple(issues))


def _instance(plane: Plane) -> tuple[float, str, int]:
    number = plane.facts.get("InstanceNumber")
    return (float(number) if isinstance(number, int | float) else 0.0, plane.source.uid, plane.frame)


def _varies(planes: Sequence[Plane], keyword: str) -> bool:
    return len({plane.facts.get(keyword) for plane in planes}) > 1


def _without_copies(planes: Sequence[Plane], where: str) -> tuple[list[Plane], list[Issue]]:
    seen: dict[tuple[str, int], Plane] = {}
    members, copies = [], []
    for plane in planes:
        key = (plane.source.uid, plane.frame)
        if plane.source.uid and key in seen and seen[key].position == plane.position:
            copies.append(plane.name)
            continue
        seen[key] = plane
        members.append(plane)
    if not copies:
        return members, []
    listed = ", ".join(copies[:_SHOWN]) + (" ..." if len(copies) > _SHOWN else "")
    files = "file holds an instance" if len(copies) == 1 else "files hold instances"
    message = f"{len(copies)} {files} already taken from elsewhere; each instance is used once. Left out: {listed}"
    return members, [Issue("duplicate-instance", "warning", where, message, count=len(copies))]


def _uneven_repeats(groups: Sequence[Sequence[Plane]], where: str) -> Issue:
    usual = Counter(len(group) for group in groups).most_common(1)[0][0]
    normal = normal_of(groups[0][0].orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    odd = [(along(group[0], normal), len(group)) for group in groups if len(group) != usual]
    listed = ", ".join(f"{count} at {place:.2f}" for place, count in odd[:_SHOWN])
    more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    return Issue(
        "duplicate-positions",
        "error",
        where,
        f"positions do not repeat equally: most hold {usual} images, but others {listed}{more} mm along the normal",
        "It broke off or has copies; in Python, hounsfield.load(..., allow=('duplicate-positions',)) keeps the first.",
    )


def _untold(groups: Sequence[Sequence[Plane]], where: str) -> Issue:
    names = ", ".join(plane.name for plane in groups[0][:_SHOWN])
    return Issue(
        "duplicate-positions",
        "error",
        where,
        f"{len(groups[0])} images are at each position, and nothing tells them apart: {names} at the first",
        "In Python, hounsfield.load(..., allow=('duplicate-positions',)) keeps the first image of each position.",
    )


def _volumes(groups: Sequence[Sequence[Plane]]) -> tuple[str, tuple[Any, ...], list[list[Plane]]] | None:
    for keyword in _TIMES:
        found = _by(groups, keyword)
        if found is not None:
            return (keyword, *found)
    if any(len({plane.facts.get("InstanceNumber") for plane in group}) < len(group) for group in groups):
        return None
    ordered = [sorted(group, key=_instance) for group in groups]
    volumes = [list(volume) for volume in zip(*ordered, strict=True)]
    return "InstanceNumber", tuple(range(1, len(volumes) + 1)), volumes


def _by(groups: Sequence[Sequence[Plane]], keyword: str) -> tuple[tuple[Any, ...], list[list[Plane]]] | None:
    """Give the volumes by one attribute, if each of its values occurs once at every position."""
    tables: list[dict[Any, Plane]] = []
    for group in groups:
        table = {plane.facts.get(keyword): plane for plane in group}
        if None in table or len(table) != len(group) or (tables and table.keys() != tables[0].keys()):
            return None
        tables.append(table)
    try:
        values = sorted(tables[0], key=_sortable)
    except TypeError:
        return None
    return tuple(values), [[table[value] for table in tables] for value in values]


def _sortable(value: Any) -> tuple[int, Any]:
    """Sort times as numbers: they are text in DICOM (HHMMSS.FFF), but may have been read as numbers."""
    try:
        return (0, float(value))
    except (TypeError, ValueError):
        return (1, str(value))
