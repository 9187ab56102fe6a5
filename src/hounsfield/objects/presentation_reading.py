"""Presentation states as JSON: how images are shown, as far as a viewer can follow (PS3.3 C.10, C.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.objects.presentation import FUNCTIONS, MOST, PIXEL, SHAPES, Graphic, Pixels, Shown
from hounsfield.objects.sources import said

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["read_presentation_state"]


def read_presentation_state(dataset: Dataset) -> tuple[list[Shown], list[str]]:
    """Give how images are shown, and the names of what cannot be given as JSON."""
    flipped, turned = str(said(dataset, "ImageHorizontalFlip", "N")) == "Y", int(said(dataset, "ImageRotation", 0))
    whole: dict[str, Any] = {
        "invert": str(said(dataset, "PresentationLUTShape", "")) == "INVERSE",
        "rotate": (-turned if flipped else turned) % 360,
        "flip_horizontal": flipped,
    }
    left_out = [
        name
        for keyword, name in (
            ("ModalityLUTSequence", "modality table"),
            ("PresentationLUTSequence", "presentation table"),
            ("MaskSubtractionSequence", "subtraction"),
            ("ShutterShape", "shutter"),
        )
        if said(dataset, keyword) is not None
    ]
    found: dict[tuple[str, int | None], dict[str, Any]] = {}
    for series in said(dataset, "ReferencedSeriesSequence", ()) or ():
        for key in _references(series):
            found.setdefault(key, {})
    for item in said(dataset, "SoftcopyVOILUTSequence", ()) or ():
        _put(found, item, "window", _read_window(item))
    for item in said(dataset, "DisplayedAreaSelectionSequence", ()) or ():
        _put(found, item, "area", _read_area(item))
    for item in said(dataset, "GraphicAnnotationSequence", ()) or ():
        graphics = _read_graphics(item, left_out)
        for key in _references(item) or list(found):
            place = found.setdefault(key, {})
            place["graphics"] = (*place.get("graphics", ()), *graphics)
    framed = {uid for uid, frame in found if frame is not None}
    kept = {key: values for key, values in found.items() if values or key[1] is not None or key[0] not in framed}
    shown = [Shown(sop_instance_uid=uid, frame=frame, **values, **whole) for (uid, frame), values in kept.items()]
    return shown[:MOST], left_out


def _references(item: Any) -> list[tuple[str, int | None]]:
    found: list[tuple[str, int | None]] = []
    for reference in said(item, "ReferencedImageSequence", ()) or ():
        uid, frames = str(said(reference, "ReferencedSOPInstanceUID", "")), said(reference, "ReferencedFrameNumber")
        listed = [] if frames is None else list(frames) if hasattr(frames, "__iter__") else [frames]
        found += [(uid, int(frame)) for frame in listed] or [(uid, None)]
    return found


def _put(found: dict[tuple[str, int | None], dict[str, Any]], item: Any, name: str, value: Any) -> None:
    # Without references it holds for all (PS3.3 C.11.8).
    for key in _references(item) or list(found):
        if value is not None:
            found.setdefault(key, {})[name] = value


def _floats(value: Any) -> list[float]:
    try:
        return [float(one) for one in (value if hasattr(value, "__iter__") and not isinstance(value, str) else [value])]
    except (TypeError, ValueError):
        return []


def _read_window(item: Any) -> tuple[float, float, str] | None:
    center, width = _floats(said(item, "WindowCenter")), _floats(said(item, "WindowWidth"))
    if not center or not width or width[0] <= 0:
        return None
    names = {code: name for name, code in FUNCTIONS.items()}
    return center[0], width[0], names.get(str(said(item, "VOILUTFunction", "LINEAR")), "linear")


def _read_area(item: Any) -> tuple[float, float, float, float] | None:
    first = _floats(said(item, "DisplayedAreaTopLeftHandCorner"))
    last = _floats(said(item, "DisplayedAreaBottomRightHandCorner"))
    if len(first) != 2 or len(last) != 2:
        return None
    # Of a picture that is turned or flipped, the corners change places.
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(first, last, strict=True))
    return left - 1, top - 1, right - 1, bottom - 1


def _read_graphics(item: Any, left_out: list[str]) -> list[Graphic]:
    found = []
    shapes: dict[str, Any] = {code: kind for kind, code in SHAPES.items()} | {"INTERPOLATED": "polyline"}
    for one in said(item, "GraphicObjectSequence", ()) or ():
        data = _floats(said(one, "GraphicData"))
        kind = str(said(one, "GraphicType", ""))
        places = tuple((x - PIXEL, y - PIXEL) for x, y in zip(data[::2], data[1::2], strict=False))
        if str(said(one, "GraphicAnnotationUnits", "")) != "PIXEL" or not places:
            left_out.append(f"{kind.lower() or 'graphic'} in units of the display")
        elif kind == "CIRCLE" and len(places) == 2:
            found.append(Graphic(kind="ellipse", points=_circle(places), filled=said(one, "GraphicFilled") == "Y"))
        elif kind in shapes:
            found.append(Graphic(kind=shapes[kind], points=places, filled=said(one, "GraphicFilled") == "Y"))
        else:
            left_out.append(kind.lower() or "graphic")
    for one in said(item, "TextObjectSequence", ()) or ():
        place = _floats(said(one, "AnchorPoint")) or _floats(said(one, "BoundingBoxTopLeftHandCorner"))
        units = said(one, "AnchorPointAnnotationUnits") or said(one, "BoundingBoxAnnotationUnits")
        if len(place) == 2 and units == "PIXEL":
            text = str(said(one, "UnformattedTextValue", ""))
            found.append(Graphic(kind="text", points=((place[0] - PIXEL, place[1] - PIXEL),), text=text))
        else:
            left_out.append("text in units of the display")
    return found


def _circle(places: Pixels) -> Pixels:
    (x, y), (u, v) = places
    across, down = u - x, v - y
    return ((x - across, y - down), (u, v), (x + down, y - across), (x - down, y + across))
