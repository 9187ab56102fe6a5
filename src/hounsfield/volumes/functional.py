"""Planes of multi-frame objects: functional groups (PS3.3 C.7.6.16), dose grids (C.8.8.3), or nothing at all.

The core collects the chosen attributes of each frame; what all frames share is taken from the shared groups.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.pixels.layout import source_input
from hounsfield.volumes.header import parse, text
from hounsfield.volumes.units import unit_of
from hounsfield.volumes.vendors import philips_enhanced, standard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.pixels.layout import FrameSource
    from hounsfield.settings import Limits
    from hounsfield.volumes.header import Header
    from hounsfield.volumes.plane import Plane

__all__ = ["frame_planes"]

_SHARED, _PER_FRAME = 0x52009229, 0x52009230
_RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"

# Path to the attribute within the functional groups, by the name that planes know it under.
_GROUPS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "position": (0x00209113, 0x00200032),
        "orientation": (0x00209116, 0x00200037),
        "spacing": (0x00289110, 0x00280030),
        "thickness": (0x00289110, 0x00180050),
        "slope": (0x00289145, 0x00281053),
        "intercept": (0x00289145, 0x00281052),
        "rescale_type": (0x00289145, 0x00281054),
        "StackID": (0x00209111, 0x00209056),
        "InStackPositionNumber": (0x00209111, 0x00209057),
        "TemporalPositionIndex": (0x00209111, 0x00209128),
        "DimensionIndexValues": (0x00209111, 0x00209157),
        "AcquisitionNumber": (0x00209111, 0x00209156),
        "AcquisitionTime": (0x00209111, 0x00189074),
        "EchoTime": (0x00189114, 0x00189082),
        "FlipAngle": (0x00189112, 0x00181314),
        "RepetitionTime": (0x00189112, 0x00180080),
        "InversionTime": (0x00189115, 0x00189079),
        "DiffusionBValue": (0x00189117, 0x00189087),
        "DiffusionDirectionality": (0x00189117, 0x00189075),
        "DiffusionGradientOrientation": (0x00189117, 0x00189076, 0x00189089),
        "TriggerTime": (0x00189118, 0x00209153),
        "MRImageType": (0x00189226, 0x00089007),
        "CTImageType": (0x00189329, 0x00089007),
        "PETImageType": (0x00189751, 0x00089007),
        "Component": (0x00189226, 0x00089208),
        **philips_enhanced.PATHS,
    }
)
_TYPES = ("MRImageType", "CTImageType", "PETImageType")
_GEOMETRY = ("position", "orientation", "spacing", "thickness", "slope", "intercept", "rescale_type", *_TYPES)
_DIMENSIONS = [0x00209222, 0x00209165]
_GRID = [0x3004000C]
_DOSE_SCALING = [0x3004000E]
_DOSE_UNITS = [0x30040002]

_Columns = dict[str, list[Any]]


def frame_planes(row: Header, source: FrameSource, single: Plane, limits: Limits) -> list[Plane]:
    """Give one plane for each frame of a multi-frame instance.

    Parameters
    ----------
    row : Header
        Its header record.
    source : FrameSource
        The file.
    single : Plane
        What the header says of the whole.
    limits : Limits
        What reading the functional groups may cost.

    Raises
    ------
    ReadError
        When the file cannot be read.
    """
    data = source_input(source, limits)
    if text(row, "SOPClassUID") == _RT_DOSE:
        return _dose(data, source, single, limits)
    columns = _collect(data, source, limits)
    if columns is None:
        return _plain(source, single)
    made = [_plane(row, single, columns, frame) for frame in range(source.frames)]
    made = _indexed(made, columns["Dimensions"])
    if text(row, "Manufacturer").upper().startswith("PHILIPS"):
        made = [philips_enhanced.applied(plane, columns) for plane in made]
        made = philips_enhanced.in_order(made, columns)
    return made


# Dimensions that say where a frame is, not which volume it belongs to (PS3.3 C.7.6.17).
_PLACES = (0x00209056, 0x00209057, 0x00200032, 0x00209113, 0x00209111)
_POSITIONS = (0x00209057, 0x00200032)


def _indexed(planes: list[Plane], dimensions: list[Any]) -> list[Plane]:
    """Give volumes numbers by Dimension Index Values, without those that number slices.

    Where positions stand before other dimensions that vary (Philips), the last of these changes slowest; where they
    stand behind them (Bruker, Canon), the first.
    """
    values = [parse(plane.facts.get("DimensionIndexValues"), len(dimensions)) for plane in planes]
    known = [own for own in values if own is not None]
    if not dimensions or len(known) != len(planes):
        return planes
    others = [index for index, pointer in enumerate(dimensions) if pointer not in _PLACES]
    if not others:
        return planes
    # One part of a concatenation may hold one volume only: then all dimensions count.
    vary = [index for index in others if len({own[index] for own in known}) > 1] or others
    place = max((index for index, pointer in enumerate(dimensions) if pointer in _POSITIONS), default=-1)
    if place < vary[-1]:
        others.reverse()
    return [
        replace(plane, facts={**plane.facts, "VolumeIndex": tuple(int(own[index]) for index in others)})
        for plane, own in zip(planes, known, strict=True)
    ]


def _collect(data: str | bytes, source: FrameSource, limits: Limits) -> _Columns | None:
    paths = [[outer, *path] for outer in (_SHARED, _PER_FRAME) for path in _GROUPS.values()]
    found = _core.columns(data, source.name, [*paths, _DIMENSIONS], limits)
    if not any(found[:-1]):
        return None
    columns: _Columns = {}
    for index, name in enumerate(_GROUPS):
        shared, own = found[index], found[index + len(_GROUPS)]
        column: list[Any] = [shared[0][1] if shared else None] * source.frames
        for frame, value in own:
            if frame < source.frames:
                column[frame] = value
        columns[name] = column
    columns["Dimensions"] = [value for _, value in found[-1]]
    return columns


def _plane(row: Header, single: Plane, columns: _Columns, frame: int) -> Plane:
    def numbers(name: str, count: int) -> tuple[float, ...] | None:
        return parse(columns[name][frame], count)

    def number(name: str) -> float | None:
        found = numbers(name, 1)
        return found[0] if found else None

    position, spacing = numbers("position", 3), numbers("spacing", 2)
    slope, intercept = number("slope"), number("intercept")
    unit = unit_of(
        modality=text(row, "Modality"),
        rescale_type=columns["rescale_type"][frame] or "",
        units=text(row, "Units"),
        image_type=columns["CTImageType"][frame] or text(row, "ImageType"),
        rescaled=slope is not None,
    )
    return replace(
        single,
        frame=frame,
        position=(position[0], position[1], position[2]) if position else single.position,
        orientation=numbers("orientation", 6) or single.orientation,
        spacing=spacing if spacing and min(spacing) > 0 else single.spacing,
        thickness=number("thickness") or single.thickness,
        slope=slope or single.slope,
        intercept=single.intercept if intercept is None else intercept,
        unit=unit if slope is not None else single.unit,
        facts=_facts(columns, frame, single),
    )


def _facts(columns: _Columns, frame: int, single: Plane) -> Mapping[str, Any]:
    facts = {
        name: columns[name][frame]
        for name in _GROUPS
        if name not in _GEOMETRY and not name.startswith("Philips") and columns[name][frame] not in (None, "")
    }
    types = [str(columns[name][frame]) for name in _TYPES if columns[name][frame]]
    facts["ImageType"] = "\\".join(types) or single.facts.get("ImageType", "")
    if columns["MRImageType"][frame]:
        facts["Component"] = standard.component_of(facts["ImageType"], str(columns["Component"][frame] or ""))
    gradient = parse(facts.get("DiffusionGradientOrientation"), 3)
    if gradient is not None:
        facts["DiffusionGradientOrientation"] = gradient
    # One object of several that make up a series: its own acquisition comes first.
    for name in ("AcquisitionNumber", "EchoTime", "AcquisitionTime", "InstanceNumber", "Modality", "SeriesNumber"):
        if name not in facts and name in single.facts:
            facts[name] = single.facts[name]
    return facts


def _plain(source: FrameSource, single: Plane) -> list[Plane]:
    """Frames without functional groups: nothing says where each is, so they are one after the other."""
    return [
        replace(single, frame=frame, position=None if source.frames > 1 else single.position, facts=single.facts)
        for frame in range(source.frames)
    ]


def _dose(data: str | bytes, source: FrameSource, single: Plane, limits: Limits) -> list[Plane]:
    grid, scaling, units = _core.columns(data, source.name, [_GRID, _DOSE_SCALING, _DOSE_UNITS], limits)
    offsets = parse(grid[0][1], source.frames) if grid else None
    slope = parse(scaling[0][1], 1) if scaling else None
    single = replace(
        single,
        slope=slope[0] if slope else 1.0,
        intercept=0.0,
        unit={"GY": "Gy", "RELATIVE": "relative"}.get(str(units[0][1]) if units else "", ""),
    )
    if single.position is None or single.orientation is None or (offsets is None and source.frames > 1):
        return _plain(source, single)
    x, y = single.orientation[:3], single.orientation[3:]
    normal = (x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0])
    # PS3.3 C.8.8.3.2: relative offsets start at 0; absolute ones are z coordinates of an axial grid.
    first = (offsets or (0.0,))[0]
    planes = []
    for frame, offset in enumerate(offsets or (0.0,)):
        along = offset - first
        here = tuple(start + along * part for start, part in zip(single.position, normal, strict=True))
        planes.append(replace(single, frame=frame, position=(here[0], here[1], here[2])))
    return planes
