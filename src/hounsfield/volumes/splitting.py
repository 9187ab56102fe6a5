"""A series divided into what can each be one volume, and what tells the parts apart.

Some attributes always divide (series number, which copies of a series may change without a new UID, size, orientation,
kind of image, stack; of MR also echo and complex component); others only where positions would otherwise repeat, since
they may vary from slice to slice of one volume. What else repeats positions (time, b-value, inversion time, flip angle)
becomes an axis: `ordering`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from operator import sub
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.geometry import along, normal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hounsfield.volumes.plane import Plane

__all__ = ["Part", "label_parts", "positions", "split"]

# Orientations closer than this are one: at 500 mm it moves a voxel by half a millimeter.
_SAME_DIRECTION = 1e-3
# Planes nearer to each other than this are at one position.
_SAME_POSITION_MM = 0.01
# Pixel spacings are written with few decimals.
_SAME_SPACING_MM = 1e-3
# In this order they are tried where positions repeat.
_DIVIDING = ("EchoTime", "EchoNumbers", "FlipAngle", "Component")
_ECHOES = ("EchoTime", "EchoNumbers", "FlipAngle")
_LAST_RESORT = ("AcquisitionNumber",)


@dataclass(slots=True)
class Part:
    """Planes that belong together.

    Parameters
    ----------
    planes : list of Plane
        In no order yet.
    marks : dict
        What it was told apart by: keyword to value.
    """

    planes: list[Plane]
    marks: dict[str, Any] = field(default_factory=dict)


def positions(planes: Iterable[Plane]) -> list[list[Plane]]:
    """Gather planes by position along their normal, in order.

    Parameters
    ----------
    planes : iterable of Plane
        Of one orientation, all with a position.

    Returns
    -------
    list of list of Plane
        The planes at each position.
    """
    members = list(planes)
    if all("MosaicIndex" in plane.facts for plane in members):
        return _tiles(members)
    normal = normal_of(members[0].orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    placed = sorted(((along(plane, normal), index) for index, plane in enumerate(members)))
    found: list[list[Plane]] = []
    last = None
    for place, index in placed:
        if last is None or place - last > _SAME_POSITION_MM:
            found.append([])
            last = place
        found[-1].append(members[index])
    return found


def _tiles(members: Sequence[Plane]) -> list[list[Plane]]:
    """Gather tiles of mosaics by their number: with prospective motion correction their positions follow the head."""
    groups: dict[int, list[Plane]] = defaultdict(list)
    for plane in members:
        groups[plane.facts["MosaicIndex"]].append(plane)
    normal = normal_of(members[0].orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    return sorted(groups.values(), key=lambda group: along(group[0], normal))


def split(planes: Sequence[Plane]) -> list[Part]:
    """Divide the planes of a series; every plane is in exactly one part."""
    parts = [Part(list(planes))]
    for keyword, key in _ALWAYS:
        parts = [piece for part in parts for piece in _divide(part, keyword, key)]
    for keyword in _DIVIDING:
        parts = [piece for part in parts for piece in _divide_repeated(part, keyword)]
    for keyword in _LAST_RESORT:
        parts = [piece for part in parts for piece in _divide_uneven(part, keyword)]
    return parts


def _size(planes: Sequence[Plane]) -> list[Any]:
    return [
        (plane.columns, plane.rows, layout.samples, layout.dtype, layout.photometric)
        for plane, layout in ((plane, plane.source.layout) for plane in planes)
    ]


def _spacing(planes: Sequence[Plane]) -> list[Any]:
    return _nearest([plane.spacing for plane in planes], _SAME_SPACING_MM)


def _nearest(values: Sequence[tuple[float, ...] | None], tolerance: float) -> list[Any]:
    """Give for each value the first that is as good as equal to it."""
    known: dict[tuple[float, ...], tuple[float, ...]] = {}
    first: list[tuple[float, ...]] = []
    found: list[Any] = []
    for value in values:
        if value is not None and value not in known:
            near = (other for other in first if max(map(abs, map(sub, other, value))) < tolerance)
            known[value] = next(near, value)
            if known[value] is value:
                first.append(value)
        found.append(None if value is None else known[value])
    return found


def _orientation(planes: Sequence[Plane]) -> list[Any]:
    return _nearest([None if plane.position is None else plane.orientation for plane in planes], _SAME_DIRECTION)


def _fact(keyword: str) -> Callable[[Sequence[Plane]], list[Any]]:
    return lambda planes: [plane.facts.get(keyword) for plane in planes]


def _kinds(planes: Sequence[Plane]) -> list[Any]:
    """Kinds of images; trace images are of another kind only among weighted images with directions."""
    directions = any("DiffusionGradientOrientation" in plane.facts for plane in planes)
    return [kind_of(plane.facts if directions else _without_trace(plane.facts)) for plane in planes]


def _without_trace(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in facts.items() if key != "DiffusionDirectionality"}


def kind_of(facts: Mapping[str, Any]) -> Any:
    r"""Say what kind of image it is: of MR and CT original or derived, component, and map; of others Image Type.

    Vendors note filters, normalization and sequences in Image Type as well, which differ within one volume.

    Examples
    --------
    >>> kind_of({"ImageType": "ORIGINAL\\PRIMARY\\M\\NORM", "Component": "magnitude"})
    'magnitude'
    >>> kind_of({"ImageType": "DERIVED\\PRIMARY\\DIFFUSION\\ADC", "Component": "magnitude"})
    'derived\\adc'
    """
    stated = facts.get("ImageType")
    if "Component" not in facts and facts.get("Modality") != "CT":
        return stated
    words = str(stated or "").upper().split("\\")
    found = ["derived"] if words[0] == "DERIVED" else []
    component = facts.get("Component", "magnitude")
    if component != "magnitude":
        found.append(str(component))
    if facts.get("DiffusionDirectionality") == "ISOTROPIC":
        found.append("isotropic")
    found += [word.lower() for word in words[1:] if word in _MAPS]
    return "\\".join(dict.fromkeys(found)) or ("magnitude" if "Component" in facts else "original")


# Words of Image Type that name an image of another meaning (PS3.3 C.8.13.3.1.4; vendors' conformance statements).
_MAPS = frozenset(
    (
        *("ADC", "ADC_UNSPECIFIED", "EADC", "EXP_ADC", "FA", "RA", "TRACE", "TRACEW", "TENSOR", "COLFA", "ISOTROPIC"),
        *("T1 MAP", "T2 MAP", "T2_STAR MAP", "R2 MAP", "R2_STAR MAP", "T1_MAP", "T2_MAP", "B0 MAP", "B1 MAP", "S0"),
        *("CBF", "CBV", "MTT", "TTP", "PBP", "RELCBF", "RCBV", "WATER", "FAT", "IN_PHASE", "OUT_PHASE", "OPP_PHASE"),
        *("MIP", "MINIP", "MPR", "PROJECTION IMAGE", "SUBTRACTION", "SUB", "LOCALIZER", "FIELD_MAP", "CALC_BVALUE"),
    )
)

_ALWAYS: tuple[tuple[str, Callable[[Sequence[Plane]], list[Any]]], ...] = (
    ("SeriesNumber", _fact("SeriesNumber")),
    ("size", _size),
    ("spacing", _spacing),
    ("orientation", _orientation),
    ("ImageType", _kinds),
    ("StackID", _fact("StackID")),
    ("Polarity", _fact("Polarity")),
)


def _divide(part: Part, keyword: str, key: Callable[[Sequence[Plane]], list[Any]]) -> list[Part]:
    groups: dict[Any, list[Plane]] = defaultdict(list)
    for plane, value in zip(part.planes, key(part.planes), strict=True):
        groups[value].append(plane)
    if len(groups) == 1:
        part.marks[keyword] = next(iter(groups))
        return [part]
    return [Part(planes, {**part.marks, keyword: value}) for value, planes in groups.items()]


def _counts(planes: Sequence[Plane]) -> list[int]:
    if any(plane.position is None or plane.orientation is None for plane in planes):
        return [1]
    return [len(group) for group in positions(planes)]


def _same(planes: Sequence[Plane], keyword: str) -> bool:
    """Whether an attribute has one value, which is quicker to find out than where planes lie."""
    return len({plane.facts.get(keyword) for plane in planes}) == 1


def _divide_repeated(part: Part, keyword: str) -> list[Part]:
    if _same(part.planes, keyword):
        return [part]
    most = max(_counts(part.planes))
    if most == 1:
        return [part]
    pieces = _divide(part, keyword, _fact(keyword))
    # Each echo and flip angle of MR is an image of its own, whether or not that resolves all repeats.
    echoes = keyword in _ECHOES and "Component" in part.planes[0].facts
    if len(pieces) > 1 and (echoes or all(max(_counts(piece.planes)) < most for piece in pieces)):
        return pieces
    return [part]


def _divide_uneven(part: Part, keyword: str) -> list[Part]:
    """Divide where a grid of time and position would have holes, if the pieces have none."""
    if _same(part.planes, keyword) or len(set(_counts(part.planes))) == 1:
        return [part]
    pieces = _divide(part, keyword, _fact(keyword))
    if len(pieces) > 1 and all(len(set(_counts(piece.planes))) == 1 for piece in pieces):
        return pieces
    return [part]


def label_parts(parts: Sequence[Part]) -> list[str]:
    """Name each part by what tells it apart from the others; empty where there is only one."""
    if len(parts) == 1:
        return [""]
    names = ["_".join(filter(None, (_label(part, parts, keyword) for keyword in _LABELS))) for part in parts]
    repeated = {name for name, count in Counter(names).items() if count > 1}
    numbers: Counter[str] = Counter()
    unique = []
    for name in names:
        numbers[name] += 1
        unique.append(f"{name}_{numbers[name]}".lstrip("_") if name in repeated or not name else name)
    return unique


_LABELS = (
    "SeriesNumber",
    "orientation",
    "size",
    "spacing",
    "ImageType",
    "StackID",
    "Polarity",
    *_DIVIDING,
    *_LAST_RESORT,
)


def _label(part: Part, parts: Sequence[Part], keyword: str) -> str:
    value = part.marks.get(keyword)
    stated = {other.marks[keyword] for other in parts if other.marks.get(keyword) is not None}
    if value is None or (len(stated) == 1 and all(keyword in other.marks for other in parts)):
        return ""
    if len(stated) == 1 and keyword in _DIVIDING:
        return ""
    if keyword == "Component" and _label(part, parts, "ImageType"):
        return ""
    if keyword == "orientation":
        return orientation_name(value)
    if keyword == "size":
        return f"{value[0]}x{value[1]}"
    if keyword == "spacing":
        return f"{value[1]:g}x{value[0]:g}mm"
    if keyword == "ImageType":
        return _image_type_label(value, [other.marks.get(keyword) for other in parts])
    short = {
        "SeriesNumber": "series",
        "StackID": "stack",
        "EchoTime": "te",
        "EchoNumbers": "echo",
        "FlipAngle": "flip",
        "AcquisitionNumber": "acquisition",
    }.get(keyword, "")
    return f"{short}{value:g}" if isinstance(value, int | float) else f"{short}{value}".lower()


def _image_type_label(value: str, others: Sequence[str | None]) -> str:
    everywhere = set.intersection(*(set(str(other or "").split("\\")) for other in others))
    own = [word for word in value.split("\\") if word and word not in everywhere]
    return "-".join(dict.fromkeys(own)).lower().replace(" ", "-")


def orientation_name(orientation: Sequence[float]) -> str:
    """Name the plane nearest to an orientation.

    Examples
    --------
    >>> orientation_name((0, 1, 0, 0, 0, -1))
    'sagittal'
    """
    normal = [abs(part) for part in normal_of(orientation)]
    return ("sagittal", "coronal", "axial")[normal.index(max(normal))]
