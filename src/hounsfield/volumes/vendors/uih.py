"""United Imaging MR: GRID pictures (Image Type has VFRAME) and private diffusion attributes.

The tags are those of the table that the vendor gave to the authors of dcm2niix (its notes on UIH, from S. C. Young).
Slices of a GRID state their positions and times in (0065,xx51).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.header import parse
from hounsfield.volumes.vendors.logical import from_image
from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hounsfield.volumes.plane import Plane

__all__ = ["ATTRIBUTES", "DIFFUSION", "GRID", "SLICE_POSITION", "SLICE_TIME", "facts", "grid_planes", "is_grid"]

GRID = Rule(
    "uih-grid",
    "the tiles of each picture are the slices of one volume, at the positions and times of their items",
    "(0065,xx50), (0065,xx51)",
    "notes of dcm2niix on UIH, after the vendor",
)
DIFFUSION = Rule(
    "uih-diffusion",
    "b-value and gradient, in the frame of the image",
    "(0065,xx09), (0065,xx37)",
    "notes of dcm2niix on UIH, after the vendor, and what it makes of such files",
)
_CREATOR = "Image Private Header"
ATTRIBUTES = (
    Attribute("UihB", (0x00651009,), "FD", _CREATOR),
    Attribute("UihGradient", (0x00651037,), "FD", _CREATOR),
    Attribute("UihSlices", (0x00651050,), "DS", _CREATOR),
)
SLICE_POSITION, SLICE_TIME = (0x00651051, 0x00200032), (0x00651051, 0x00080032)
_MOST = 4096


def is_grid(plane: Plane) -> bool:
    """Whether Image Type calls it a GRID."""
    return "VFRAME" in str(plane.facts.get("ImageType", "")).split("\\")


def facts(values: Mapping[str, Any], orientation: Sequence[float] | None) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    """Give what the private attributes tell of one file."""
    if not values.get("UihB"):
        return {}, ()
    found: dict[str, Any] = {"DiffusionBValue": values["UihB"][0]}
    gradient = values.get("UihGradient")
    if gradient and len(gradient) == 3 and orientation is not None:
        found["DiffusionGradientOrientation"] = from_image(gradient, orientation)
    return found, (DIFFUSION,)


def grid_planes(
    plane: Plane, values: Mapping[str, Any], places: Sequence[Any], times: Sequence[Any] = ()
) -> list[Plane] | str:
    """Take a GRID apart; `places` are the positions of its slices and `times` their clock times, as the file states."""
    stated = values.get("UihSlices")
    if not stated or not 1 <= stated[0] <= _MOST:
        return "a UIH GRID without its private attributes: how many slices it has is not known"
    count = int(stated[0])
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    layout = plane.source.layout
    height, width = layout.rows // rows, layout.columns // columns
    if height == 0 or width == 0:
        return f"a GRID of {count} slices in {layout.columns} x {layout.rows} pixels"
    found = [parse(place, 3) for place in places]
    if len(found) != count or any(place is None for place in found):
        return f"a UIH GRID of {count} slices that states the positions of {len(found)}"
    made = []
    for index, place in enumerate(found):
        row, column = divmod(index, columns)
        x, y, z = place or (0.0, 0.0, 0.0)
        facts = {**plane.facts, "MosaicIndex": index}
        if len(times) == count:
            facts["AcquisitionTime"] = times[index]
        tile = (row * height, column * width, height, width)
        made.append(replace(plane, position=(x, y, z), tile=tile, facts=facts))
    return made
