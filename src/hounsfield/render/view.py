"""What is shown of an image or a volume, as a record that goes to JSON and back (docs/reference/view.schema.json).

The workstation and a script that hold the same `View` show the same picture. Points are LPS in millimeters; frames,
slices and times count from 1, as in DICOM.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, get_args

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LARGEST", "PLANES", "RENDERINGS", "VERSION", "View"]

Vector = tuple[float, float, float]
Window = tuple[float, float]

Plane = Literal["acquisition", "axial", "coronal", "sagittal", "oblique"]
Blend = Literal["mip", "minip", "mean"]
Rendering = Literal["bone", "skin", "angio", "lung", "surface", "mip"]
Function = Literal["linear", "linear-exact", "sigmoid"]

PLANES: tuple[str, ...] = get_args(Plane)
RENDERINGS: tuple[str, ...] = get_args(Rendering)
LARGEST = 8192
VERSION = 1

_CHOICES: dict[str, tuple[object, ...]] = {
    "plane": PLANES,
    "blend": get_args(Blend),
    "rendering": RENDERINGS,
    "function": get_args(Function),
    "interpolation": ("linear", "nearest"),
    "rotate": (0, 90, 180, 270),
    "depth": (8, 16),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown, and how.

    Parameters
    ----------
    plane : {'acquisition', 'axial', 'coronal', 'sagittal', 'oblique'}
        Which way a volume is cut; ``acquisition`` is how its slices were stored.
    normal, up : tuple of 3 floats, optional
        For ``oblique``: what stands upright on the plane, and what points up in the picture (by default the head, or
        the front where the plane is nearly axial). Without `up` it does not matter which way the normal points.
    point : tuple of 3 floats, optional
        A point of the plane; by default the middle of the volume.
    center : tuple of 3 floats, optional
        What is in the middle of the picture; by default the middle of the volume, or `point` where `zoom` is above 1.
    zoom : float
        How many times larger than what shows everything.
    size : int, optional
        Pixels of the longer side; by default no pixel of the image is lost.
    slab : float or 'all'
        Thickness in mm along the normal; 0 is a plane, ``all`` is everything.
    blend : {'mip', 'minip', 'mean'}
        What is shown of a slab: the greatest, least or mean value.
    rendering : {'bone', 'skin', 'angio', 'lung', 'surface', 'mip'}, optional
        Look at the volume as a body, along the normal of `plane` (by default from the front), instead of cutting it.
        ``surface`` and ``mip`` follow the window, the others are made for Hounsfield units.
    turn : tuple of 2 floats
        For a `rendering`: degrees to walk around the patient, and to climb.
    window : tuple of 2 floats or str, optional
        Center and width, a preset such as ``lung``, or ``auto``; by default what the file asks for.
    function : {'linear', 'linear-exact', 'sigmoid'}, optional
        VOI LUT Function; by default the file's.
    invert : bool
        Exchange black and white.
    colors : str
        ``gray``, or one of DICOM's palettes, e.g. ``hot-iron``.
    flip_horizontal, flip_vertical : bool
        Mirror the picture, before it is rotated.
    rotate : {0, 90, 180, 270}
        Degrees clockwise.
    frame : int, optional
        Of an image: which frame, from 1; of a volume in its acquisition plane: which slice, from 1.
    time : int
        Of a volume in time: which time, from 1.
    interpolation : {'linear', 'nearest'}
        Between voxels; ``nearest`` for labels.
    overlays : bool
        Draw overlays (60xx) of an image.
    presentation : str, optional
        Path of a presentation state to apply to an image.
    labels : bool
        Write where the patient's sides are, and the position, into the picture; never the patient's name.
    depth : {8, 16}
        8: gray levels or colors to look at; 16: the values themselves, without a window.

    Examples
    --------
    >>> view = View(plane="coronal", slab=20, window="lung")
    >>> View.from_json(view.to_json()) == view
    True
    """

    plane: Plane = "acquisition"
    normal: Vector | None = None
    up: Vector | None = None
    point: Vector | None = None
    center: Vector | None = None
    zoom: float = 1.0
    size: int | None = None
    slab: float | Literal["all"] = 0.0
    blend: Blend = "mip"
    rendering: Rendering | None = None
    turn: tuple[float, float] = (0.0, 0.0)
    window: Window | str | None = None
    function: Function | None = None
    invert: bool = False
    colors: str = "gray"
    flip_horizontal: bool = False
    flip_vertical: bool = False
    rotate: int = 0
    frame: int | None = None
    time: int = 1
    interpolation: Literal["linear", "nearest"] = "linear"
    overlays: bool = False
    presentation: str | None = None
    labels: bool = False
    depth: int = 8

    def __post_init__(self) -> None:
        """Check every value; numbers become floats, lists become tuples."""
        for name, allowed in _CHOICES.items():
            _choice(name, getattr(self, name), allowed)
        for name in ("normal", "up", "point", "center"):
            object.__setattr__(self, name, _vector(name, getattr(self, name), 3))
        object.__setattr__(self, "turn", _vector("turn", self.turn, 2))
        for name in ("rotate", "depth"):
            object.__setattr__(self, name, int(getattr(self, name)))
        self._check_plane()
        self._check_sizes()
        object.__setattr__(self, "window", _window(self.window))
        for name in ("invert", "flip_horizontal", "flip_vertical", "overlays", "labels"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name} is true or false, not {_shown(getattr(self, name))}")
        for name in ("colors", "presentation"):
            value = getattr(self, name)
            if not isinstance(value, str) and not (value is None and name == "presentation"):
                raise UsageError(f"{name} is a text, not {_shown(value)}")

    def _check_plane(self) -> None:
        if self.plane == "oblique" and self.normal is None:
            raise UsageError("an oblique plane needs its normal", hint="E.g. normal=(0, 0.7, 0.7), LPS.")
        if self.plane != "oblique" and (self.normal is not None or self.up is not None):
            raise UsageError(f"the {self.plane} plane has a normal of its own", hint="Use plane='oblique'.")
        for name in ("normal", "up"):
            vector = getattr(self, name)
            if vector is not None and math.hypot(*vector) < 1e-6:
                raise UsageError(f"{name} has no length: {vector}")
        if self.normal and self.up and _parallel(self.normal, self.up):
            raise UsageError("up is the normal of the plane: it cannot point up in it")

    def _check_sizes(self) -> None:
        _whole("size", self.size, 1, LARGEST, optional=True)
        _whole("frame", self.frame, 1, 2**31, optional=True)
        _whole("time", self.time, 1, 2**31)
        object.__setattr__(self, "zoom", _number("zoom", self.zoom, 0.01, 1000.0))
        if self.slab != "all":
            object.__setattr__(self, "slab", _number("slab", self.slab, 0.0, 10_000.0, "mm, or 'all'"))

    def with_(self, **changes: Any) -> View:
        """Give the same view with some values changed."""
        _known(changes)
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Give what differs from a plain `View`, as JSON has it."""
        plain = View()
        return {"version": VERSION} | {
            each.name: list(value) if isinstance(value, tuple) else value
            for each in fields(self)
            if (value := getattr(self, each.name)) != getattr(plain, each.name)
        }

    def to_json(self) -> str:
        """Give the same as JSON text."""
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> View:
        """Make a view of what JSON says.

        Raises
        ------
        UsageError
            For an unknown key, which is named with the nearest known one, and for values that mean nothing.
        """
        values = dict(values)
        version = values.pop("version", VERSION)
        if version != VERSION:
            raise UsageError(
                f"the view is of version {_shown(version)}, not {VERSION}",
                hint="A newer hounsfield may have written it.",
            )
        _known(values)
        given: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in values.items()}
        return cls(**given)

    @classmethod
    def from_json(cls, text: str | bytes) -> View:
        """Make a view of JSON text; errors as for `from_dict`."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"the view is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise UsageError("the view is not a JSON object")
        return cls.from_dict(values)


def _known(values: Mapping[str, Any]) -> None:
    names = [each.name for each in fields(View)]
    for key in values:
        if key not in names:
            near = get_close_matches(str(key), names, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(names)}."
            raise UsageError(f"a view has no {_shown(key)}", hint=hint)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."


def _choice(name: str, value: object, allowed: tuple[object, ...]) -> None:
    optional = name in ("rendering", "function") and value is None
    if not optional and (isinstance(value, bool) or value not in allowed):
        raise UsageError(f"{name} is one of {', '.join(map(str, allowed))}, not {_shown(value)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _vector(name: str, value: Any, length: int) -> tuple[float, ...] | None:
    if value is None and length == 3:
        return None
    numbers = tuple(value) if isinstance(value, tuple | list) or hasattr(value, "tolist") else ()
    numbers = tuple(one.item() if hasattr(one, "item") else one for one in numbers)
    if len(numbers) != length or not all(map(_is_number, numbers)):
        raise UsageError(f"{name} is {length} numbers, not {_shown(value)}")
    return tuple(map(float, numbers))


def _number(name: str, value: Any, least: float, most: float, unit: str = "") -> float:
    if not _is_number(value) or not least <= value <= most:
        raise UsageError(f"{name} is a number from {least:g} to {most:g}{f' {unit}' * bool(unit)}, not {_shown(value)}")
    return float(value)


def _whole(name: str, value: Any, least: int, most: int, *, optional: bool = False) -> None:
    if optional and value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UsageError(f"{name} is a whole number from {least} to {most}, not {_shown(value)}")


def _window(value: Any) -> Window | str | None:
    if value is None or isinstance(value, str):
        return value or None
    center, width = _vector("window", value, 2) or (0.0, 0.0)
    if width <= 0:
        raise UsageError(f"the width of a window is above 0, not {width:g}")
    return center, width


def _parallel(first: Vector, second: Vector) -> bool:
    dot = sum(a * b for a, b in zip(first, second, strict=True))
    return abs(dot) > 0.9999 * math.hypot(*first) * math.hypot(*second)
