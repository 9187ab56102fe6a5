"""Philips enhanced MR: what stands in the private sequence (2005,140F) of each frame.

The scale slope, b-value and gradient are those of the single-frame objects. The position there is that of the corner of
the first pixel, not of its center: half a voxel from the public one, which is taken where there is one.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.header import parse
from hounsfield.volumes.vendors import philips
from hounsfield.volumes.vendors.private import decode
from hounsfield.volumes.vendors.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.volumes.plane import Plane

__all__ = ["CORNER", "PATHS", "VOLUME", "applied", "in_order"]

CORNER = Rule(
    "philips-private-position",
    "where only the private position is left, it is that of the corner of the first pixel: half a voxel is added",
    "(2005,140F), (0020,0032)",
    "files that have both (dicom2nifti, philips_enhanced); notes of dcm2niix on Philips",
)
VOLUME = Rule(
    "philips-diffusion-volume",
    "weighted volumes are in the order of their acquisition",
    "(2005,140F) > (2005,1596)",
    "notes of dcm2niix, issue 546; fixtures that it reads alike",
)
_ITEM = 0x2005140F
PATHS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "PhilipsCreator": (_ITEM, 0x20050010),
        "PhilipsScale": (_ITEM, 0x2005100E),
        "PhilipsB": (_ITEM, 0x20011003),
        "PhilipsDirection": (_ITEM, 0x20011004),
        "PhilipsX": (_ITEM, 0x200510B0),
        "PhilipsY": (_ITEM, 0x200510B1),
        "PhilipsZ": (_ITEM, 0x200510B2),
        "PhilipsVolume": (_ITEM, 0x20051596),
        "PhilipsPosition": (_ITEM, 0x00200032),
        "PhilipsOrientation": (_ITEM, 0x00200037),
        "PhilipsRealWorldSlope": (0x00409096, 0x00409225),
        "PhilipsRealWorldIntercept": (0x00409096, 0x00409224),
    }
)
_NUMBERS = ("PhilipsScale", "PhilipsB", "PhilipsX", "PhilipsY", "PhilipsZ")


def applied(plane: Plane, columns: Mapping[str, list[Any]]) -> Plane:
    """Add to a frame what its private sequence says."""
    values: dict[str, Any] = {}
    frame = plane.frame
    if str(decode(columns["PhilipsCreator"][frame] or "", "LO")).upper() == "PHILIPS MR IMAGING DD 001":
        for name in _NUMBERS:
            found = columns[name][frame]
            if found not in (None, ""):
                values[name] = decode(found, "FL")
        values["PhilipsDirection"] = decode(columns["PhilipsDirection"][frame] or "", "CS")
    for name in ("RealWorldSlope", "RealWorldIntercept"):
        found = columns[f"Philips{name}"][frame]
        if found not in (None, ""):
            values[name] = decode(found, "FD")
    if "DiffusionBValue" not in plane.facts:
        own, _ = philips.facts(values)
        plane = replace(plane, facts={**plane.facts, **own}) if own.get("DiffusionBValue") else plane
    if plane.position is None:
        plane = _from_corner(plane, columns)
    scaled, _ = philips.scaled(plane, values)
    return scaled


def _from_corner(plane: Plane, columns: Mapping[str, list[Any]]) -> Plane:
    corner = parse(columns["PhilipsPosition"][plane.frame], 3)
    orientation = plane.orientation or parse(columns["PhilipsOrientation"][plane.frame], 6)
    if corner is None or orientation is None or plane.spacing is None:
        return plane
    row, column = plane.spacing
    x, y, z = (
        at + a * column / 2 + b * row / 2 for at, a, b in zip(corner, orientation[:3], orientation[3:], strict=True)
    )
    return replace(plane, position=(x, y, z), orientation=orientation)


def in_order(planes: list[Plane], columns: Mapping[str, list[Any]]) -> list[Plane]:
    """Give volumes numbers in the order of time, where every frame states it."""
    numbers = [decode(found, "IS") if found not in (None, "") else None for found in columns["PhilipsVolume"]]
    known = [int(number[0]) for number in numbers if number and number[0] > 0]
    if len(known) != len(planes):
        return planes
    return [
        replace(plane, facts={**plane.facts, "VolumeIndex": (number,)})
        for plane, number in zip(planes, known, strict=True)
    ]
