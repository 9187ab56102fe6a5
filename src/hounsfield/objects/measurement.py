"""A measurement as JSON has it, checked: where it is, what it is of, what it says (docs/reference/server.md)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.errors import LimitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "Measurement", "Quantity", "measurements_of"]

# How many points each kind has; outlines have 3 or more.
KINDS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "length": (2, 2),
        "angle": (3, 3),
        "cobb": (4, 4),
        "bidirectional": (4, 4),
        "ellipse": (4, 4),
        "rectangle": (4, 4),
        "freehand": (3, 100_000),
        "polygon": (3, 100_000),
        "probe": (1, 1),
        "arrow": (2, 2),
        "text": (1, 1),
    }
)
_QUANTITIES = frozenset(
    "length long_axis short_axis angle area perimeter mean sd min max value count".split()  # noqa: SIM905 - a list of words
)
_MOST, _MOST_LETTERS = 5000, 4096


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a measurement.

    Parameters
    ----------
    name : str
        What it is, e.g. ``length`` or ``mean``.
    value : float
        How much.
    unit : str
        In UCUM.
    """

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was measured, and where.

    Parameters
    ----------
    id : str
        Tells it apart from others; its Tracking UID where it is one.
    kind : str
        One of `KINDS`.
    label : str
        What the person calls it; may be empty.
    series_instance_uid : str
        Series that it was drawn on.
    sop_instance_uid : str or None
        Image that it was drawn on; ``None`` on a plane cut from a volume.
    frame : int or None
        Frame of it, from 1.
    frame_of_reference_uid : str or None
        Space of the points.
    points : tuple of (x, y, z), optional
        LPS in mm.
    pixels : tuple of (column, row), optional
        On the image, 0 in the middle of the first pixel.
    quantities : tuple of Quantity
        What it says.
    """

    id: str
    kind: str
    label: str = ""
    series_instance_uid: str = ""
    sop_instance_uid: str | None = None
    frame: int | None = None
    frame_of_reference_uid: str | None = None
    points: tuple[tuple[float, float, float], ...] | None = None
    pixels: tuple[tuple[float, float], ...] | None = None
    quantities: tuple[Quantity, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Any) -> Measurement:
        """Check JSON and make a measurement of it; keys that are not known are left out.

        Raises
        ------
        UsageError
            For what means nothing, in words.
        """
        if not isinstance(given, dict):
            raise UsageError("a measurement is a JSON object")
        kind = given.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise UsageError(f"there is no measurement of kind {kind!r:.40}", hint=f"Kinds: {', '.join(KINDS)}.")
        points, pixels = _places(given.get("points"), kind, 3), _places(given.get("pixels"), kind, 2)
        image = _optional(given, "sop_instance_uid")
        if (image is None or pixels is None) and (points is None or not _optional(given, "frame_of_reference_uid")):
            raise UsageError("a measurement needs pixels on an image, or points and their frame of reference")
        frame = given.get("frame")
        if frame is not None and (not isinstance(frame, int) or frame < 1):
            raise UsageError(f"frame is a number from 1, not {frame!r:.40}")
        quantities = given.get("quantities") or []
        if not isinstance(quantities, list | tuple) or len(quantities) > 100:
            raise UsageError("quantities is a list of at most 100")
        return cls(
            id=_optional(given, "id") or "",
            kind=kind,
            label=_optional(given, "label") or "",
            series_instance_uid=_optional(given, "series_instance_uid") or "",
            sop_instance_uid=image,
            frame=frame,
            frame_of_reference_uid=_optional(given, "frame_of_reference_uid"),
            points=points,  # type: ignore[arg-type]
            pixels=pixels,  # type: ignore[arg-type]
            quantities=tuple(_quantity(one) for one in quantities),
        )


def measurements_of(given: Any) -> list[Measurement]:
    """Check a list of measurements.

    Raises
    ------
    UsageError
        For what means nothing, or an empty list.
    LimitError
        For more than 5,000.
    """
    if not isinstance(given, list) or not given:
        raise UsageError("there are no measurements")
    if len(given) > _MOST:
        raise LimitError(f"at most {_MOST:,} measurements are written into one report")
    return [Measurement.from_dict(one) for one in given]


def _optional(given: dict[str, Any], key: str) -> str | None:
    found = given.get(key)
    if found is None:
        return None
    if not isinstance(found, str) or len(found) > _MOST_LETTERS:
        raise UsageError(f"{key} is a text of at most {_MOST_LETTERS:,} letters")
    return found


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _places(given: Any, kind: str, size: int) -> tuple[tuple[float, ...], ...] | None:
    if given is None:
        return None
    least, most = KINDS[kind]
    valid = isinstance(given, list | tuple) and all(
        isinstance(one, list | tuple) and len(one) == size and all(map(_number, one)) for one in given
    )
    if not valid or not least <= len(given) <= most:
        wanted = str(least) if least == most else f"{least} or more"
        raise UsageError(f"a measurement of kind {kind} has {wanted} points of {size} numbers")
    return tuple(tuple(float(number) for number in one) for one in given)


def _quantity(given: Any) -> Quantity:
    if not isinstance(given, dict) or given.get("name") not in _QUANTITIES or not _number(given.get("value")):
        raise UsageError(f"{given!r:.60} is no quantity", hint=f"Names: {', '.join(sorted(_QUANTITIES))}.")
    unit = given.get("unit") or "1"
    if not isinstance(unit, str) or not 0 < len(unit) <= 16:
        raise UsageError(f"{unit!r:.40} is no unit", hint="Units are UCUM, at most 16 letters.")
    return Quantity(given["name"], float(given["value"]), unit)
