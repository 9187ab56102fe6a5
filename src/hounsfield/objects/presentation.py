"""Windows, flips and drawings of images: presentation states (PS3.3 A.33), with highdicom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hounsfield.errors import LimitError, UsageError
from hounsfield.objects.sources import EQUIPMENT, completed, in_unicode, new_uid, said, software_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydicom import Dataset

    from hounsfield.objects.sources import Sources

__all__ = ["FUNCTIONS", "MOST", "PIXEL", "SHAPES", "Graphic", "Pixels", "Shown", "presentation_states", "shown_of"]

# Graphics count from the corner of the first pixel, JSON from its middle (PS3.3 C.10.5.1.2).
PIXEL = 0.5
MOST, _MOST_GRAPHICS, _MOST_POINTS = 1000, 2000, 100_000
FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}
)
SHAPES: Mapping[str, str] = MappingProxyType({"polyline": "POLYLINE", "ellipse": "ELLIPSE", "point": "POINT"})
Pixels = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphic:
    """Something that is drawn over an image.

    Parameters
    ----------
    kind : {'polyline', 'ellipse', 'point', 'text'}
        An ellipse has the ends of its major axis, then of its minor one; a text the point that it belongs to.
    points : tuple of (column, row)
        0 is the middle of the first pixel.
    filled : bool
        Whether the inside is drawn, too.
    text : str
        Of a text.
    """

    kind: Literal["polyline", "ellipse", "point", "text"]
    points: Pixels
    filled: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How one image is shown.

    Parameters
    ----------
    sop_instance_uid : str
        The image.
    frame : int or None
        Frame, from 1; ``None`` for all.
    window : tuple of (float, float, str) or None
        Center, width and function.
    invert : bool
        Exchange black and white.
    rotate : {0, 90, 180, 270}
        Degrees clockwise, after the flip.
    flip_horizontal : bool
        Mirror left and right.
    area : tuple of 4 floats or None
        Left, top, right and bottom pixel that are shown, from 0; ``None`` for all.
    graphics : tuple of Graphic
        What is drawn.
    """

    sop_instance_uid: str
    frame: int | None = None
    window: tuple[float, float, str] | None = None
    invert: bool = False
    rotate: int = 0
    flip_horizontal: bool = False
    area: tuple[float, float, float, float] | None = None
    graphics: tuple[Graphic, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON."""
        window = None if self.window is None else dict(zip(("center", "width", "function"), self.window, strict=True))
        area = None if self.area is None else dict(zip(("left", "top", "right", "bottom"), self.area, strict=True))
        graphics = [
            {"kind": one.kind, "points": one.points, "filled": one.filled, "text": one.text} for one in self.graphics
        ]
        return {
            "sop_instance_uid": self.sop_instance_uid,
            "frame": self.frame,
            "window": window,
            "invert": self.invert,
            "rotate": self.rotate,
            "flip_horizontal": self.flip_horizontal,
            "area": area,
            "graphics": graphics,
        }


def shown_of(given: Any) -> list[Shown]:
    """Check JSON and make a list of it.

    Raises
    ------
    UsageError
        For what means nothing, in words.
    LimitError
        For more than 1,000 images.
    """
    if not isinstance(given, list) or not given:
        raise UsageError("there are no images to describe")
    if len(given) > MOST:
        raise LimitError(f"at most {MOST:,} images are described in one presentation state")
    return [_shown(one) for one in given]


def _shown(given: Any) -> Shown:
    if not isinstance(given, dict) or not isinstance(given.get("sop_instance_uid"), str):
        raise UsageError("an image is a JSON object with a sop_instance_uid")
    frame, rotate = given.get("frame"), given.get("rotate", 0)
    if frame is not None and (not isinstance(frame, int) or frame < 1):
        raise UsageError(f"frame is a number from 1, not {frame!r:.40}")
    if rotate not in (0, 90, 180, 270):
        raise UsageError(f"rotate is 0, 90, 180 or 270, not {rotate!r:.40}")
    graphics = given.get("graphics") or []
    if not isinstance(graphics, list) or len(graphics) > _MOST_GRAPHICS:
        raise UsageError(f"graphics is a list of at most {_MOST_GRAPHICS:,}")
    return Shown(
        sop_instance_uid=given["sop_instance_uid"],
        frame=frame,
        window=_window(given.get("window")),
        invert=given.get("invert") is True,
        rotate=rotate,
        flip_horizontal=given.get("flip_horizontal") is True,
        area=_area(given.get("area")),
        graphics=tuple(map(_graphic, graphics)),
    )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _window(given: Any) -> tuple[float, float, str] | None:
    if given is None:
        return None
    function = given.get("function", "linear") if isinstance(given, dict) else ""
    if function not in FUNCTIONS or not all(_number(given.get(key)) for key in ("center", "width")):
        raise UsageError("window has center, width and a function")
    if given["width"] <= 0:
        raise UsageError("the width of a window is above 0")
    return float(given["center"]), float(given["width"]), function


def _area(given: Any) -> tuple[float, float, float, float] | None:
    if given is None:
        return None
    names = ("left", "top", "right", "bottom")
    if not isinstance(given, dict) or not all(_number(given.get(name)) for name in names):
        raise UsageError("area has left, top, right and bottom")
    left, top, right, bottom = (float(given[name]) for name in names)
    if right < left or bottom < top or max(map(abs, (left, top, right, bottom))) > 1e6:
        raise UsageError("area is empty")
    return left, top, right, bottom


def _graphic(given: Any) -> Graphic:
    kind = given.get("kind") if isinstance(given, dict) else None
    if kind not in (*SHAPES, "text"):
        raise UsageError(f"there is no graphic of kind {kind!r:.40}", hint=f"Kinds: {', '.join(SHAPES)}, text.")
    points, text = given.get("points"), given.get("text") or ""
    wanted = {"polyline": (2, _MOST_POINTS), "ellipse": (4, 4)}.get(str(kind), (1, 1))
    valid = isinstance(points, list | tuple) and all(
        isinstance(one, list | tuple) and len(one) == 2 and all(map(_number, one)) for one in points
    )
    if not valid or not wanted[0] <= len(points) <= wanted[1]:
        raise UsageError(f"the points of a {kind} are not right")
    if not isinstance(text, str) or len(text) > 1024 or (kind == "text" and not text.strip()):
        raise UsageError("a text has 1 to 1,024 letters")
    places = tuple((float(x), float(y)) for x, y in points)
    return Graphic(kind=kind, points=places, filled=given.get("filled") is True, text=text)


def presentation_states(
    images: Sequence[Shown], sources: Sources, *, title: str = "", author: str = ""
) -> list[Dataset]:
    """Write how images are shown: a state for each way of turning and inverting, which a state has but once.

    Parameters
    ----------
    images : sequence of Shown
        Of one study.
    sources : Sources
        Where their headers are.
    title : str
        Content Description.
    author : str
        Content Creator's Name.

    Returns
    -------
    list of pydicom.Dataset
        Grayscale or Color Softcopy Presentation States, of one series. Not saved.

    Raises
    ------
    UsageError
        When there is nothing to write.
    ReadError
        When an image is not there.
    """
    if not images:
        raise UsageError("there are no images to describe")
    headers = {one.sop_instance_uid: completed(sources.header(one.sop_instance_uid)) for one in images}
    if len({str(header.StudyInstanceUID) for header in headers.values()}) > 1:
        raise UsageError("images of several studies do not go into one presentation state")
    groups: dict[tuple[Any, ...], list[Shown]] = {}
    for one in images:
        header = headers[one.sop_instance_uid]
        color = int(said(header, "SamplesPerPixel", 1)) > 1 or str(header.PhotometricInterpretation).startswith("PAL")
        key = (color, one.invert, one.rotate, one.flip_horizontal, str(header.SeriesInstanceUID))
        groups.setdefault(key, []).append(one)
    series = new_uid()
    return [
        _state(members, headers, (color, series, number), title=title, author=author)
        for number, ((color, *_), members) in enumerate(groups.items(), 1)
    ]


def _state(
    members: Sequence[Shown], headers: dict[str, Dataset], place: tuple[bool, str, int], *, title: str, author: str
) -> Dataset:
    from highdicom import pr

    color, series, number = place
    referenced = [headers[uid] for uid in dict.fromkeys(one.sop_instance_uid for one in members)]
    layer = pr.GraphicLayer("DRAWN", order=1)
    drawn = [found for one in members if (found := _annotation(one, headers[one.sop_instance_uid], layer)) is not None]
    kind = pr.ColorSoftcopyPresentationState if color else pr.GrayscaleSoftcopyPresentationState
    gray: dict[str, Any] = {} if color else {"voi_lut_transformations": _windows(members, headers) or None}
    made: Dataset = kind(
        referenced_images=referenced,
        series_instance_uid=series,
        series_number=9003,
        sop_instance_uid=new_uid(),
        instance_number=number,
        manufacturer=EQUIPMENT["manufacturer"],
        manufacturer_model_name=EQUIPMENT["model"],
        software_versions=software_version(),
        device_serial_number=EQUIPMENT["serial"],
        content_label="SHOWN",
        content_description=title[:64] or None,
        content_creator_name=author[:64] or None,
        graphic_annotations=drawn or None,
        graphic_layers=[layer] if drawn else None,
        **gray,
    )
    made.SeriesDescription = (title or "Presentation states")[:64]
    made.Laterality = ""
    _turn(made, members[0], gray=not color)
    _show_areas(made, members, headers)
    return in_unicode(made)


def _turn(made: Any, one: Shown, *, gray: bool) -> None:
    if one.rotate or one.flip_horizontal:
        # DICOM turns first and flips then (PS3.3 C.10.6), JSON and `View` flip first.
        made.ImageRotation = (360 - one.rotate) % 360 if one.flip_horizontal else one.rotate
        made.ImageHorizontalFlip = "Y" if one.flip_horizontal else "N"
    if gray:
        made.PresentationLUTShape = "INVERSE" if one.invert else "IDENTITY"


def _show_areas(made: Any, members: Sequence[Shown], headers: dict[str, Dataset]) -> None:
    """Say which part of each image is shown, in pixels from 1 (PS3.3 C.10.4)."""
    from highdicom.content import ReferencedImageSequence
    from pydicom import Dataset

    areas = []
    for one in members:
        header = headers[one.sop_instance_uid]
        left, top, right, bottom = one.area or (0, 0, int(header.Columns) - 1, int(header.Rows) - 1)
        item = Dataset()
        frames = one.frame if "NumberOfFrames" in header else None
        item.ReferencedImageSequence = ReferencedImageSequence([header], referenced_frame_number=frames)
        # The corners are those of the picture, as it is seen once it has been turned and flipped.
        across, down = _corner(one)
        item.DisplayedAreaTopLeftHandCorner = [round((left, right)[across]) + 1, round((top, bottom)[down]) + 1]
        item.DisplayedAreaBottomRightHandCorner = [
            round((right, left)[across]) + 1,
            round((bottom, top)[down]) + 1,
        ]
        item.PresentationSizeMode = "SCALE TO FIT"
        spacing = said(header, "PixelSpacing")
        if spacing:
            item.PresentationPixelSpacing = list(spacing)
        else:
            item.PresentationPixelAspectRatio = [1, 1]
        areas.append(item)
    made.DisplayedAreaSelectionSequence = areas


def _corner(one: Shown) -> tuple[int, int]:
    """Tell which corner of the image is the top left one of the picture: 1 for right, 1 for bottom."""
    corners = [(0, 0), (0, 1), (1, 1), (1, 0)]
    place = one.rotate // 90
    return corners[(3 - place) % 4] if one.flip_horizontal else corners[place]


def _windows(members: Sequence[Shown], headers: dict[str, Dataset]) -> list[Any]:
    from highdicom import pr
    from highdicom.content import ReferencedImageSequence

    found: dict[tuple[float, float, str], list[Shown]] = {}
    for one in members:
        if one.window is not None:
            found.setdefault(one.window, []).append(one)
    made = []
    for (center, width, function), shown in found.items():
        for one in shown:
            header = headers[one.sop_instance_uid]
            frames = one.frame if "NumberOfFrames" in header else None
            made.append(
                pr.SoftcopyVOILUTTransformation(
                    window_center=center,
                    window_width=width,
                    voi_lut_function=FUNCTIONS[function],
                    referenced_images=ReferencedImageSequence([header], referenced_frame_number=frames),
                )
            )
    return made


def _annotation(one: Shown, header: Dataset, layer: Any) -> Any:
    from highdicom import pr

    if not one.graphics:
        return None
    shapes, texts = [], []
    for graphic in one.graphics:
        places = np.array(graphic.points, np.float64) + PIXEL
        if graphic.kind == "text":
            anchor = (float(places[0, 0]), float(places[0, 1]))
            texts.append(pr.TextObject(graphic.text, units="PIXEL", anchor_point=anchor, anchor_point_visible=False))
            continue
        closed = len(places) > 2 and bool((places[0] == places[-1]).all())
        filled = graphic.filled and (graphic.kind == "ellipse" or closed)
        shapes.append(pr.GraphicObject(SHAPES[graphic.kind], places, units="PIXEL", is_filled=filled))
    return pr.GraphicAnnotation(
        referenced_images=[header],
        graphic_layer=layer,
        referenced_frame_number=(one.frame or 1) if "NumberOfFrames" in header else None,
        graphic_objects=shapes or None,
        text_objects=texts or None,
    )
