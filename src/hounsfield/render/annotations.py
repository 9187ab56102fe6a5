"""Graphic annotations of a presentation state (PS3.3 C.10.5): lines, circles, ellipses, points and texts in layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.cielab import srgb_of
from hounsfield.pixels.header import items, said
from hounsfield.render.labels import font_of
from hounsfield.render.references import item_for

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.render.transform import Transform

__all__ = ["annotated"]

Array = np.ndarray[Any, np.dtype[Any]]

_MOST_POINTS = 100_000
_ROUND = np.linspace(0, 2 * np.pi, 97)


def annotated(array: Array, transform: Transform, state: Dataset, frame: tuple[Dataset, int]) -> Array:
    """Draw what a presentation state has for a frame.

    Parameters
    ----------
    array : numpy.ndarray
        uint8 picture; is not changed.
    transform : Transform
        From the pixels of the image to those of the picture.
    state : pydicom.Dataset
        The presentation state.
    frame : tuple of pydicom.Dataset and int
        Header of the image, and frame from 0.
    """
    from PIL import Image, ImageDraw

    mine = [item for item in items(state, "GraphicAnnotationSequence") if item_for([item], *frame) is not None]
    if not mine:
        return array
    picture = Image.fromarray(np.ascontiguousarray(array))
    draw = ImageDraw.Draw(picture)
    layers = {str(said(layer, "GraphicLayer")): layer for layer in items(state, "GraphicLayerSequence")}
    mine.sort(key=lambda item: _order(layers.get(str(said(item, "GraphicLayer")))))
    width = max(1, round(max(array.shape[:2]) / 500))
    for item in mine:
        color = _ink(layers.get(str(said(item, "GraphicLayer"))), color=array.ndim == 3)
        for graphic in items(item, "GraphicObjectSequence"):
            _graphic(draw, graphic, transform, color, width)
        for text in items(item, "TextObjectSequence"):
            _text(draw, text, transform, color, width)
    return np.asarray(picture)


def _order(layer: Any) -> int:
    return int(said(layer, "GraphicLayerOrder") or 0) if layer is not None else 0


def _ink(layer: Any, *, color: bool) -> int | tuple[int, int, int]:
    value = said(layer, "GraphicLayerRecommendedDisplayGrayscaleValue") if layer is not None else None
    gray = 255 if value is None else min(255, int(value) >> 8)
    if not color:
        return gray
    asked = srgb_of(said(layer, "GraphicLayerRecommendedDisplayCIELabValue")) if layer is not None else None
    return asked or (gray, gray, gray)


def _places(values: Any, units: Any, transform: Transform) -> Array:
    """Points in pixels of the picture; those in DISPLAY units are shares of its width and height."""
    points = np.array([float(value) for value in values or ()][: 2 * _MOST_POINTS])
    points = points[: points.size // 2 * 2].reshape(-1, 2)
    points = points * transform.size if str(units).upper() == "DISPLAY" else transform(points)
    # Lines that lead far away take long to draw, though nobody sees them.
    far = 4 * max(transform.size)
    near: Array = np.clip(np.nan_to_num(points), -far, far)
    return near


def _graphic(draw: Any, graphic: Any, transform: Transform, color: Any, width: int) -> None:
    units = said(graphic, "GraphicAnnotationUnits")
    points = _places(said(graphic, "GraphicData"), units, transform)
    kind = str(said(graphic, "GraphicType") or "").upper()
    if kind == "POINT" and len(points):
        arm = 4.0 * width
        x, y = points[0]
        draw.line([(x - arm, y), (x + arm, y)], fill=color, width=width)
        draw.line([(x, y - arm), (x, y + arm)], fill=color, width=width)
        return
    if kind == "CIRCLE" and len(points) >= 2:
        points = _ellipse(points[0], points[1] - points[0], None)
    elif kind == "ELLIPSE" and len(points) >= 4:
        points = _ellipse(points[:2].mean(axis=0), (points[1] - points[0]) / 2, (points[3] - points[2]) / 2)
    elif kind == "INTERPOLATED" and len(points) > 2:
        points = _curve(points)
    if len(points) < 2:
        return
    line = [(float(x), float(y)) for x, y in points]
    if str(said(graphic, "GraphicFilled") or "N").upper() == "Y" and len(line) > 2:
        draw.polygon(line, fill=color)
    # A dark edge, for bright ground.
    draw.line(line, fill=_dark(color), width=width + 2, joint="curve")
    draw.line(line, fill=color, width=width, joint="curve")


def _ellipse(center: Array, first: Array, second: Array | None) -> Array:
    """Points around; a circle where the second half axis is as long as the first."""
    if second is None:
        second = np.array((-first[1], first[0]))
    found: Array = center + np.cos(_ROUND)[:, None] * first + np.sin(_ROUND)[:, None] * second
    return found


def _curve(points: Array) -> Array:
    """Lay a smooth curve through points (Catmull-Rom)."""
    ends = np.concatenate((points[:1], points, points[-1:]))
    share = np.linspace(0, 1, 12, endpoint=False)[:, None]
    parts = []
    for before, start, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        bend = 2 * before - 5 * start + 4 * end - after
        twist = 3 * (start - end) + after - before
        parts.append((2 * start + (end - before) * share + bend * share**2 + twist * share**3) / 2)
    return np.concatenate((*parts, points[-1:]))


def _text(draw: Any, item: Any, transform: Transform, color: Any, width: int) -> None:
    text = str(said(item, "UnformattedTextValue") or "")[:1000].replace("\r\n", "\n").replace("\r", "\n")
    units = said(item, "BoundingBoxAnnotationUnits")
    corners = [said(item, f"BoundingBox{corner}HandCorner") for corner in ("TopLeft", "BottomRight")]
    anchor = said(item, "AnchorPoint")
    place, look, size = None, "la", max(12.0, transform.size[1] / 30)
    if all(corner is not None for corner in corners):
        box = _places([*corners[0], *corners[1]], units, transform)
        (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
        lines = text.count("\n") + 1
        size = float(np.clip((bottom - top) / lines * 0.75, 9, max(12.0, transform.size[1] / 16)))
        just = str(said(item, "BoundingBoxTextHorizontalJustification") or "LEFT").upper()
        across = {"LEFT": left, "CENTER": (left + right) / 2, "RIGHT": right}.get(just, left)
        place, look = (across, top), {"LEFT": "la", "CENTER": "ma", "RIGHT": "ra"}.get(just, "la")
    if anchor is not None:
        point = _places(anchor, said(item, "AnchorPointAnnotationUnits"), transform)[0]
        if place is None:
            place = (point[0] + 3 * width, point[1])
        if str(said(item, "AnchorPointVisibility") or "N").upper() == "Y":
            draw.line([tuple(point), place], fill=color, width=width)
    if place is None or not text:
        return
    font = font_of(int(size))
    draw.text(place, text, fill=color, font=font, anchor=look, stroke_width=1, stroke_fill=_dark(color))


def _dark(color: Any) -> Any:
    return 0 if isinstance(color, int) else (0, 0, 0)
