"""Windows: which part of the values is shown between black and white (PS3.3 C.11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.pixels.header import groups, items, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom import Dataset

__all__ = ["PRESETS", "Function", "Window", "levels", "parse_window", "window_around", "windows_of"]

Array = np.ndarray[Any, np.dtype[Any]]
Function = Literal["linear", "linear-exact", "sigmoid"]

# Centers and widths in Hounsfield units that radiology departments commonly begin with.
PRESETS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "soft-tissue": (40.0, 400.0),
        "abdomen": (50.0, 400.0),
        "liver": (80.0, 150.0),
        "mediastinum": (50.0, 350.0),
        "lung": (-600.0, 1500.0),
        "bone": (400.0, 1800.0),
        "spine": (50.0, 250.0),
        "brain": (40.0, 80.0),
        "stroke": (40.0, 40.0),
        "subdural": (75.0, 215.0),
        "temporal-bone": (600.0, 2800.0),
        "angio": (300.0, 600.0),
    }
)
_FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {"LINEAR": "linear", "LINEAR_EXACT": "linear-exact", "SIGMOID": "sigmoid"}
)


@dataclass(frozen=True, slots=True)
class Window:
    """One window.

    Parameters
    ----------
    center, width : float
        In the units of the modality.
    function : {'linear', 'linear-exact', 'sigmoid'}
        VOI LUT Function (0028,1056).
    explanation : str
        What it is for, as the file says (0028,1055).
    """

    center: float
    width: float
    function: Function = "linear"
    explanation: str = ""


def parse_window(text: str) -> tuple[float, float] | Literal["auto"]:
    """Understand a window as a person writes it: ``40/400``, the name of a preset, or ``auto``.

    Raises
    ------
    UsageError
        For anything else, with what there is.

    Examples
    --------
    >>> parse_window("lung")
    (-600.0, 1500.0)
    >>> parse_window("40/400")
    (40.0, 400.0)
    """
    if text == "auto":
        return "auto"
    if text in PRESETS:
        return PRESETS[text]
    center, slash, width = text.partition("/")
    try:
        numbers = float(center), float(width)
    except ValueError:
        numbers = float("nan"), 0.0
    if not slash or not np.isfinite(numbers).all() or numbers[1] <= 0:
        raise UsageError(
            f"{text!r:.40} is not a window",
            hint=f"Center/width such as 40/400, auto, or one of {', '.join(PRESETS)}.",
        )
    return numbers


def windows_of(dataset: Dataset, index: int) -> list[Window]:
    """Give the windows that a header states for a frame, in its order.

    Ones of a width that is not positive, or that are no numbers, are passed over: nothing could be shown with them.
    """
    for group in groups(dataset, index):
        for item in items(group, "FrameVOILUTSequence")[:1]:
            found = _stated(item)
            if found:
                return found
    return _stated(dataset)


def _stated(header: Any) -> list[Window]:
    centers, widths = _numbers(said(header, "WindowCenter")), _numbers(said(header, "WindowWidth"))
    words = said(header, "WindowCenterWidthExplanation")
    words = [words] if isinstance(words, str) or words is None else list(words)
    function = _FUNCTIONS.get(str(said(header, "VOILUTFunction") or "").upper(), "linear")
    found = []
    for place, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if np.isfinite([center, width]).all() and width > 0:
            word = str(words[place] or "") if place < len(words) else ""
            found.append(Window(center, width, function, word))
    return found


def _numbers(value: Any) -> list[float]:
    try:
        return [float(number) for number in np.atleast_1d(value)] if value is not None else []
    except (TypeError, ValueError):
        return []


def window_around(values: Array) -> tuple[float, float]:
    """Give the window of nearly all values (99 of 100) that are not background, the least value."""
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.5, 1.0
    background = values.min()
    inside = values[values > background]
    low, high = np.percentile(inside if inside.size > values.size // 50 else values, (0.5, 99.5))
    if inside.size and (values == background).mean() > 0.2:
        low = min(low, background)
    return (float(low + high) / 2, max(float(high - low), 1e-6)) if high > low else (float(low), 1.0)


def levels(values: Array, window: tuple[float, float], function: str | None = None) -> Array:
    """Give the level of each value, 0 to 1 as float32: what lies outside (NaN) is 0.

    Parameters
    ----------
    values : numpy.ndarray
        Of any shape.
    window : tuple of 2 floats
        Center and width.
    function : {'linear', 'linear-exact', 'sigmoid'}, optional
        PS3.3 C.11.2.1.2, C.11.2.1.3. ``linear`` needs a width of at least 1; narrower windows are taken as exact.
    """
    center, width = window
    values = values.astype(np.float32, copy=True)
    if function == "sigmoid":
        with np.errstate(over="ignore"):
            found: Array = 1 / (1 + np.exp(-4 * (values - np.float32(center)) / np.float32(width)))
    elif function == "linear-exact" or width < 1:
        found = (values - np.float32(center)) / np.float32(width) + np.float32(0.5)
    elif width == 1:
        found = (values > np.float32(center - 0.5)).astype(np.float32)
    else:
        found = (values - np.float32(center - 0.5)) / np.float32(width - 1) + np.float32(0.5)
    np.nan_to_num(found, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
    return np.clip(found, 0, 1, out=found)
