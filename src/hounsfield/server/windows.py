"""Windows that a viewer begins with: those of the file, those of the modality, those of all values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError
from hounsfield.pixels.values import physical
from hounsfield.pixels.window import PRESETS, window_around, windows_of
from hounsfield.volumes.header import number

if TYPE_CHECKING:
    from hounsfield.catalog.record import Instance
    from hounsfield.server.images import Opened

__all__ = ["frame_window", "presets_of"]


def frame_window(row: Instance) -> dict[str, Any] | None:
    """Give the first window that a single-frame instance states."""
    center, width = number(row, "WindowCenter"), number(row, "WindowWidth")
    if center is None or width is None or width <= 0:
        return None
    return {"center": center, "width": width, "function": "linear"}


def presets_of(opened: Opened, modality: str) -> list[dict[str, Any]]:
    """Give the windows of the file, what shows nearly all values, and for CT the usual ones."""
    image = opened.image
    if opened.type.samples == 3:
        return []
    middle = image.frames // 2
    found = [
        {"name": one.explanation or "As stored", "center": one.center, "width": one.width, "function": one.function}
        for one in windows_of(image.dataset, middle)
    ]
    try:
        center, width = window_around(physical(image, middle, real_world=False).values.ravel()[::7].astype(np.float64))
    except HounsfieldError:
        return found
    found.append({"name": "Full range", "center": center, "width": width, "function": "linear"})
    if modality == "CT":
        found += [
            {"name": name.replace("-", " ").capitalize(), "center": center, "width": width, "function": "linear"}
            for name, (center, width) in PRESETS.items()
        ]
    return found
