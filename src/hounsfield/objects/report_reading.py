"""Measurements out of structured reports: ours, and those of others as far as they are of the same kinds.

The content tree is walked as it stands (PS3.16 TID 1410, 1501), without demanding that all of the template is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.objects.codes import TITLES, kind_of_code, name_of_code
from hounsfield.objects.measurement import KINDS, Measurement, Quantity
from hounsfield.objects.report import PIXEL
from hounsfield.objects.sources import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset

__all__ = ["read_report"]

_GROUP = "125007"
_TRACKING, _TRACKING_UID = "112039", "112040"
_FINDING = "121071"
_DERIVATION = "121401"
_MOST_ITEMS, _MOST_DEPTH = 50_000, 32


def read_report(dataset: Dataset) -> tuple[list[Measurement], list[str]]:
    """Give the measurements of a report.

    Parameters
    ----------
    dataset : pydicom.Dataset
        A structured report.

    Returns
    -------
    list of Measurement
        Points where the report has them, otherwise pixels of an image.
    list of str
        Measurement groups that are of another kind, by name.
    """
    found, left_out = [], []
    for group in _groups(dataset):
        one = _measurement(group)
        if one is None:
            left_out.append(_text_of(group, _TRACKING) or "a measurement without coordinates")
        else:
            found.append(one)
    return found, left_out


def _items(item: Any) -> list[Any]:
    return list(said(item, "ContentSequence", ()) or ())


def _code(item: Any, keyword: str = "ConceptNameCodeSequence") -> tuple[str, str, str]:
    for one in said(item, keyword, ()) or ():
        value = said(one, "CodeValue") or said(one, "LongCodeValue") or said(one, "URNCodeValue") or ""
        return str(value), str(said(one, "CodingSchemeDesignator", "")), str(said(one, "CodeMeaning", ""))
    return "", "", ""


def _groups(dataset: Any) -> Iterator[Any]:
    """Give all measurement groups, wherever they are."""
    waiting, seen = [(dataset, 0)], 0
    while waiting:
        item, depth = waiting.pop()
        seen += 1
        if seen > _MOST_ITEMS:
            return
        if _code(item)[0] == _GROUP:
            yield item
        elif depth < _MOST_DEPTH:
            waiting += [(one, depth + 1) for one in reversed(_items(item))]


def _text_of(group: Any, code: str) -> str:
    for item in _items(group):
        if _code(item)[0] == code:
            return str(said(item, "TextValue") or said(item, "UID") or _code(item, "ConceptCodeSequence")[2] or "")
    return ""


def _measurement(group: Any) -> Measurement | None:
    shapes = list(_shapes(group))
    quantities = [one for item in _items(group) if (one := _quantity(item)) is not None]
    finding = next((_code(one, "ConceptCodeSequence") for one in _items(group) if _code(one)[0] == _FINDING), None)
    kind = kind_of_code(finding[0], finding[1]) if finding is not None else None
    if not shapes:
        return None
    places = _places(shapes, kind)
    kind = kind or _guessed(shapes, quantities)
    if kind is None or places is None:
        return None
    if shapes[0].kind in ("POLYLINE", "POLYGON") and kind in ("rectangle", "freehand", "polygon", "arrow"):
        places = places[:-1] if len(places) > 1 and places[0] == places[-1] else places
    least, most = KINDS[kind]
    if not least <= len(places) <= most:
        return None
    label = _text_of(group, _TRACKING)
    flat = shapes[0].flat
    return Measurement(
        id=_text_of(group, _TRACKING_UID),
        kind=kind,
        label="" if label == TITLES[kind] and finding is not None else label,
        sop_instance_uid=shapes[0].image,
        frame=shapes[0].frame,
        frame_of_reference_uid=shapes[0].space,
        pixels=tuple((x - PIXEL, y - PIXEL) for x, y in places) if flat else None,
        points=None if flat else tuple(places),
        quantities=tuple(quantities),
    )


class _Shape:
    """Coordinates of a content item, and what they are on."""

    def __init__(self, item: Any) -> None:
        self.kind = str(said(item, "GraphicType", ""))
        self.flat = said(item, "ValueType") == "SCOORD"
        size = 2 if self.flat else 3
        data = said(item, "GraphicData", ())
        numbers = [float(one) for one in (data if hasattr(data, "__len__") else ())]
        self.places: list[Any] = list(zip(*(numbers[axis::size] for axis in range(size)), strict=False))
        self.space = str(said(item, "ReferencedFrameOfReferenceUID") or "") or None
        self.image: str | None = None
        self.frame: int | None = None
        for below in _items(item):
            for reference in said(below, "ReferencedSOPSequence", ()) or ():
                self.image = str(said(reference, "ReferencedSOPInstanceUID", "")) or None
                frames = said(reference, "ReferencedFrameNumber")
                first = frames[0] if hasattr(frames, "__len__") and not isinstance(frames, str) else frames
                self.frame = int(first) if first is not None else 1


def _shapes(group: Any) -> Iterator[_Shape]:
    """Give the coordinates of a group, and of its numbers; each once."""
    seen = set()
    for item in [one for each in _items(group) for one in (each, *_items(each))]:
        if said(item, "ValueType") in ("SCOORD", "SCOORD3D"):
            shape = _Shape(item)
            key = (shape.kind, tuple(shape.places), shape.image, shape.frame)
            if shape.places and key not in seen:
                seen.add(key)
                yield shape


def _places(shapes: list[_Shape], kind: str | None) -> list[Any] | None:
    """Give the points; two lines of one image follow each other."""
    if len(shapes) == 1:
        return list(shapes[0].places)
    same = len({(shape.flat, shape.image, shape.frame, shape.space) for shape in shapes}) == 1
    pair = len(shapes) == 2 and all(len(shape.places) == 2 for shape in shapes)
    return [*shapes[0].places, *shapes[1].places] if same and pair and kind in (None, "bidirectional", "cobb") else None


def _guessed(shapes: list[_Shape], quantities: list[Quantity]) -> str | None:
    """Tell what others drew from shape and numbers."""
    names = {quantity.name for quantity in quantities}
    count = sum(len(shape.places) for shape in shapes)
    shape = shapes[0].kind
    if shape == "POINT":
        return "probe" if "value" in names else "text"
    if shape == "ELLIPSE":
        return "ellipse"
    if shape not in ("POLYLINE", "POLYGON", "MULTIPOINT"):
        return None
    if len(shapes) == 2 or names & {"long_axis", "short_axis"}:
        return "bidirectional" if count == 4 else None
    lines = {2: "length", 3: "angle", 4: "cobb"}
    if count == 2 or ("angle" in names and count in lines):
        return lines[count]
    return "polygon" if shapes[0].places[0] == shapes[0].places[-1] or shape == "POLYGON" else None


def _quantity(item: Any) -> Quantity | None:
    if said(item, "ValueType") != "NUM":
        return None
    derivation = next(
        (_code(one, "ConceptCodeSequence")[0] for one in _items(item) if _code(one)[0] == _DERIVATION), None
    )
    name = name_of_code(_code(item)[0], derivation)
    for measured in said(item, "MeasuredValueSequence", ()) or ():
        value = said(measured, "NumericValue")
        unit = _code(measured, "MeasurementUnitsCodeSequence")[0]
        try:
            return Quantity(name, float(value), unit) if name is not None else None
        except (TypeError, ValueError):
            return None
    return None
