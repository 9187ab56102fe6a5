"""Siemens mosaics: the slices of a volume as tiles of one picture (Image Type has MOSAIC).

The position of the file is that of the corner of the whole picture, as if it had been centered like a single slice: the
first tile lies half of (mosaic - tile) further. Slices follow the normal of the CSA header, which may point against
row x column. Sources: nibabel's description of the format (https://nipy.org/nibabel/dicom/dicom_mosaic.html), and
dcm_qa_nih, whose reference these planes equal.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hounsfield.errors import MalformedError
from hounsfield.volumes.geometry import normal_of
from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule
from hounsfield.volumes.vendors.siemens_csa import numbers, parse_csa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.volumes.plane import Plane

__all__ = ["ATTRIBUTES", "RULE", "is_mosaic", "mosaic_planes"]

RULE = Rule(
    "siemens-mosaic",
    "the tiles of each picture are the slices of one volume",
    "(0008,0008), (0019,xx0A), (0029,xx10)",
    "nibabel's description of the mosaic format; dcm_qa_nih",
)
ATTRIBUTES = (
    Attribute("Tiles", (0x0019100A,), "US", "SIEMENS MR HEADER"),
    Attribute("ImageCSA", (0x00291010,), "OB", "SIEMENS CSA HEADER"),
)
_MOST = 4096


def is_mosaic(plane: Plane) -> bool:
    """Whether Image Type calls it a mosaic."""
    return "MOSAIC" in str(plane.facts.get("ImageType", "")).split("\\")


def mosaic_planes(plane: Plane, values: Mapping[str, Any]) -> list[Plane] | str:
    """Take a mosaic apart.

    Parameters
    ----------
    plane : Plane
        The whole picture.
    values : mapping
        Of `ATTRIBUTES`.

    Returns
    -------
    list of Plane or str
        The slices, or the reason why they cannot be told apart.
    """
    try:
        header = parse_csa(values["ImageCSA"]) if "ImageCSA" in values else {}
    except MalformedError:
        header = {}
    stated = values.get("Tiles") or numbers(header, "NumberOfImagesInMosaic")
    if not stated or not 1 <= stated[0] <= _MOST:
        return "a Siemens mosaic without its private attributes: how many slices it has is not known"
    normal = numbers(header, "SliceNormalVector")
    return tiles(plane, int(stated[0]), normal if len(normal) == 3 else None)


def tiles(plane: Plane, count: int, normal: tuple[float, ...] | None = None) -> list[Plane] | str:
    """Divide a picture of ceil(sqrt(count)) by ceil(sqrt(count)) tiles into slices."""
    side = math.ceil(math.sqrt(count))
    layout = plane.source.layout
    rows, columns = layout.rows // side, layout.columns // side
    if rows == 0 or columns == 0:
        return f"a mosaic of {count} slices in {layout.columns} x {layout.rows} pixels"
    gap = plane.thickness or 1.0
    place = _first(plane, rows, columns)
    own = normal_of(plane.orientation) if plane.orientation else (0.0, 0.0, 1.0)
    sign = 1.0
    if normal is not None and sum(a * b for a, b in zip(normal, own, strict=True)) < 0:
        sign = -1.0
    made = []
    for index in range(count):
        row, column = divmod(index, side)
        position = None
        if place is not None:
            x, y, z = (at + sign * gap * index * part for at, part in zip(place, own, strict=True))
            position = (x, y, z)
        facts = {**plane.facts, "MosaicIndex": index}
        tile = (row * rows, column * columns, rows, columns)
        made.append(replace(plane, position=position, tile=tile, facts=facts))
    return made


def _first(plane: Plane, rows: int, columns: int) -> tuple[float, ...] | None:
    if plane.position is None or plane.orientation is None or plane.spacing is None:
        return None
    layout = plane.source.layout
    right = (layout.columns - columns) / 2 * plane.spacing[1]
    down = (layout.rows - rows) / 2 * plane.spacing[0]
    x, y = plane.orientation[:3], plane.orientation[3:]
    return tuple(at + right * a + down * b for at, a, b in zip(plane.position, x, y, strict=True))
