"""Planes of one part in order: by position, and by time where positions repeat."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield.errors import Issue
from hounsfield.volumes.geometry import along, normal_of
from hounsfield.volumes.splitting import positions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hounsfield.volumes.plane import Plane

__all__ = ["Ordered", "order"]

# What may number the volumes of a series, best first; each is used only where it numbers whole volumes.
_TIMES = (
    "VolumeIndex",
    "VolumeOrder",
    "TemporalPositionIndex",
    "TemporalPositionIdentifier",
    "DiffusionBValue",
    "FrameReferenceTime",
    "TriggerTime",
    "AcquisitionNumber",
    "AcquisitionTime",
    "ContentTime",
)
# Volumes are in the order of all of these but the b-value: diffusion is kept in the order of its instances.
_UNORDERED = ("DiffusionBValue",)
# b-values that differ by less than this part are one: some vendors state them for each slice.
_SAME_WEIGHT = 0.05
_HALF_A_DAY = 120_000.0
# What makes an axis something else than time, where it differs between volumes and not within them.
_AXES = (
    ("DiffusionBValue", "diffusion"),
    ("DiffusionGradientOrientation", "diffusion"),
    ("InversionTime", "inversion"),
    ("Coil", "coil"),
)
_SHOWN = 8
_MOVED_MM = 0.05


class Ordered(NamedTuple):
    """A part in order.

    Parameters
    ----------
    planes : tuple of Plane
        All times of the first position in the array's order: time by time, each from the first to the last slice.
    slices : int
        Positions.
    axis : str
        What repeats: ``time``, ``diffusion``, ``inversion`` or ``coil``; empty where nothing does.
    times : tuple
        Its coordinate: values of `by`, or numbers from 1.
    by : str
        The keyword that tells volumes apart.
    issues : tuple of Issue
        ``duplicate-instance``, ``duplicate-positions``, ``incomplete-volume``.
    left_out : tuple of Plane
        Of volumes that are not complete.
    """

    planes: tuple[Plane, ...]
    slices: int
    axis: str
    times: tuple[Any, ...]
    by: str
    issues: tuple[Issue, ...]
    left_out: tuple[Plane, ...] = ()


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
    left_out: list[Plane] = []
    if len(counts) > 1:
        kept = _complete(groups)
        if kept is None:
            issues.append(_uneven_repeats(groups, where))
            flat = tuple(plane for group in groups for plane in sorted(group, key=_instance))
            return Ordered(flat, len(groups), "", (), "", tuple(issues))
        left_out = [plane for plane in members if id(plane) not in {id(one) for group in kept for one in group}]
        issues.append(_incomplete(left_out, len(groups), where))
        groups = kept
    found = _volumes(groups)
    if found is None:
        issues.append(_untold(groups, where))
        flat = tuple(plane for group in groups for plane in group)
        return Ordered(flat, len(groups), "", (), "", tuple(issues))
    by, times, volumes = found
    issues += _moved(groups, where)
    if len(volumes) == 1:
        return Ordered(tuple(volumes[0]), len(groups), "", (), "", tuple(issues), tuple(left_out))
    flat = tuple(plane for volume in volumes for plane in volume)
    return Ordered(flat, len(groups), _axis(volumes), times, by, tuple(issues), tuple(left_out))


def _moved(groups: Sequence[Sequence[Plane]], where: str) -> list[Issue]:
    """Say that the slices of mosaics follow the head; the geometry is that of the first volume."""
    most = max((_apart(group) for group in groups), default=0.0)
    if most < _MOVED_MM:
        return []
    message = f"slices lie up to {most:.3g} mm apart in different volumes; the geometry is that of the first"
    return [Issue("moved", "info", where, message, "Prospective motion correction does that.")]


def _apart(group: Sequence[Plane]) -> float:
    if "MosaicIndex" not in group[0].facts:
        return 0.0
    first = group[0].position or (0.0, 0.0, 0.0)
    return max(math.dist(first, plane.position or first) for plane in group)


def _axis(volumes: Sequence[Sequence[Plane]]) -> str:
    """Name what tells volumes apart."""
    for keyword, axis in _AXES:
        values = [{plane.facts.get(keyword) for plane in volume} for volume in volumes]
        if all(len(own) == 1 for own in values) and len(set.union(*values)) > 1:
            return axis
    return "time"


def _complete(groups: Sequence[Sequence[Plane]]) -> list[list[Plane]] | None:
    """Keep the volumes that hold each position once, where at least two do and a number tells volumes apart."""
    members = [plane for group in groups for plane in group]
    for keyword in ("TemporalPositionIndex", "TemporalPositionIdentifier", "FrameReferenceTime", "AcquisitionNumber"):
        tables = [Counter(plane.facts.get(keyword) for plane in group) for group in groups]
        values = {plane.facts.get(keyword) for plane in members}
        whole = {value for value in values if value is not None and all(table[value] == 1 for table in tables)}
        if len(whole) > 1:
            return [[plane for plane in group if plane.facts.get(keyword) in whole] for group in groups]
    return _complete_runs(groups)


def _complete_runs(groups: Sequence[Sequence[Plane]]) -> list[list[Plane]] | None:
    """Keep what comes first, where instances follow each other volume by volume and the last breaks off."""
    place = {id(plane): index for index, group in enumerate(groups) for plane in group}
    ordered = sorted((plane for group in groups for plane in group), key=_instance)
    slices = len(groups)
    whole = len(ordered) // slices
    runs = [ordered[start * slices : (start + 1) * slices] for start in range(whole)]
    if whole < 2 or any(len({place[id(plane)] for plane in run}) != slices for run in runs):
        return None
    return [
        list(group) for group in zip(*(sorted(run, key=lambda plane: place[id(plane)]) for run in runs), strict=True)
    ]


def _incomplete(left_out: Sequence[Plane], slices: int, where: str) -> Issue:
    names = ", ".join(plane.name for plane in left_out[:_SHOWN])
    more = f" and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
    return Issue(
        "incomplete-volume",
        "warning",
        where,
        f"{len(left_out)} images are of volumes without all {slices} slices and are left out: {names}{more}",
        "It was stopped while it ran, or images are missing.",
        len(left_out),
    )


def _instance(plane: Plane) -> tuple[float, str, int]:
    number = plane.facts.get("InstanceNumber")
    return (float(number) if isinstance(number, int | float) else 0.0, plane.source.uid, plane.frame)


def _number(plane: Plane) -> tuple[Any, int]:
    return plane.facts.get("InstanceNumber"), plane.frame


def _without_copies(planes: Sequence[Plane], where: str) -> tuple[list[Plane], list[Issue]]:
    seen: dict[tuple[str, int, Any], Plane] = {}
    members, copies = [], []
    for plane in planes:
        key = (plane.source.uid, plane.frame, plane.tile)
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
    for keyword, rank in _RANKS:
        if all(len({rank(plane) for plane in group}) == len(group) for group in groups):
            volumes = [list(volume) for volume in zip(*(sorted(group, key=rank) for group in groups), strict=True)]
            if all(map(_alike, volumes)):
                return keyword, tuple(range(1, len(volumes) + 1)), volumes
    return _by_weighting(groups)


def _by_weighting(groups: Sequence[Sequence[Plane]]) -> tuple[str, tuple[Any, ...], list[list[Plane]]] | None:
    """Give the volumes by b-value and direction together, where instances are in no order."""

    def key(plane: Plane) -> Any:
        return plane.facts.get("DiffusionBValue"), plane.facts.get("DiffusionGradientOrientation")

    tables = [{key(plane): plane for plane in group} for group in groups]
    if any(len(table) != len(groups[0]) or table.keys() != tables[0].keys() for table in tables):
        return None
    volumes = [[table[value] for table in tables] for value in tables[0]]
    volumes.sort(key=lambda volume: min(map(_instance, volume)))
    return "DiffusionGradientOrientation", tuple(range(1, len(volumes) + 1)), volumes


def _alike(volume: Sequence[Plane]) -> bool:
    """Whether the slices of what may be a volume are weighted alike: instances may be numbered in no order."""
    weights = {plane.facts.get("DiffusionBValue") for plane in volume}
    if len(weights) == 1:
        return True
    known = [float(weight) for weight in weights if isinstance(weight, int | float | str)]
    return len(known) == len(weights) and max(known) - min(known) <= _SAME_WEIGHT * max(known)


def _clock(keyword: str) -> Callable[[Plane], tuple[Any, ...]]:
    return lambda plane: _sortable(plane.facts.get(keyword))


# What numbers the images at each position where nothing numbers whole volumes, best first.
_RANKS: tuple[tuple[str, Callable[[Plane], tuple[Any, ...]]], ...] = (
    ("InstanceNumber", lambda plane: (_instance(plane)[0], plane.frame)),
    ("AcquisitionTime", _clock("AcquisitionTime")),
    ("ContentTime", _clock("ContentTime")),
)


def _by(groups: Sequence[Sequence[Plane]], keyword: str) -> tuple[tuple[Any, ...], list[list[Plane]]] | None:
    """Give the volumes by one attribute, if each of its values occurs once at every position."""
    tables: list[dict[Any, Plane]] = []
    for group in groups:
        table = {plane.facts.get(keyword): plane for plane in group}
        if None in table or len(table) != len(group) or (tables and table.keys() != tables[0].keys()):
            return None
        tables.append(table)
    volumes = {value: [table[value] for table in tables] for value in tables[0]}
    numbered = len({_number(plane) for plane in groups[0]}) == len(groups[0])
    if keyword == "VolumeIndex" or (keyword == "VolumeOrder" and not _consecutive(list(volumes.values()))):
        values = sorted(volumes)
    elif keyword == "VolumeOrder" or (keyword in _UNORDERED and numbered):
        values = sorted(volumes, key=lambda value: min(_instance(plane) for plane in volumes[value]))
    else:
        values = sorted(volumes, key=_sortable)
        if keyword in ("AcquisitionTime", "ContentTime") and _past_midnight(values):
            values.sort(key=lambda value: (_sortable(value)[1] < _HALF_A_DAY, _sortable(value)))
    return tuple(values), [volumes[value] for value in values]


def _consecutive(volumes: Sequence[Sequence[Plane]]) -> bool:
    """Whether instances are numbered volume by volume: then that is their order."""
    ranges = sorted((min(map(_instance, volume)), max(map(_instance, volume))) for volume in volumes)
    return all(last[1][0] < following[0][0] for last, following in pairwise(ranges))


def _sortable(value: Any) -> tuple[int, Any]:
    """Sort times as numbers: they are text in DICOM (HHMMSS.FFF), but may have been read as numbers."""
    try:
        return (0, float(value))
    except (TypeError, ValueError):
        return (1, str(value))


def _past_midnight(values: Sequence[Any]) -> bool:
    """Whether clock times (HHMMSS) of one acquisition are more than half a day apart: it went on past midnight."""
    first, last = _sortable(values[0]), _sortable(values[-1])
    return first[0] == last[0] == 0 and last[1] < 240_000 and last[1] - first[1] > _HALF_A_DAY
