"""Values as 8-bit gray for people to look at, through the window of the header (PS3.3 C.11.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hounsfield.volumes.header import parse
from hounsfield.volumes.voxels import blocks, value_dtype

if TYPE_CHECKING:
    from hounsfield.volumes.volume import Volume

__all__ = ["Window", "show", "window_of"]

Array = np.ndarray[Any, np.dtype[Any]]


class Window(NamedTuple):
    """Values that become black and white, and where they come from: ``header``, ``range`` or ``none``."""

    low: float
    high: float
    origin: str

    def described(self) -> dict[str, Any]:
        """Give it as JSON says it."""
        return {"low": self.low, "high": self.high, "from": self.origin}


def window_of(volume: Volume) -> Window:
    """Choose the window: the header's first, else from the smallest to the largest finite value.

    Color of 8 bits is shown as it is.
    """
    if value_dtype(volume) == np.uint8 and "sample" in volume.axes:
        return Window(0.0, 255.0, "none")
    center = parse(_first(volume.attributes.get("WindowCenter")), 1)
    width = parse(_first(volume.attributes.get("WindowWidth")), 1)
    if center is not None and width is not None and width[0] > 1:
        # PS3.3 C.11.2.1.2.1: from c - 0.5 - (w-1)/2 to c - 0.5 + (w-1)/2.
        half = (width[0] - 1) / 2
        return Window(center[0] - 0.5 - half, center[0] - 0.5 + half, "header")
    low, high = np.inf, -np.inf
    for _, piece in blocks(volume):
        finite = piece if piece.dtype.kind != "f" else piece[np.isfinite(piece)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return Window(low, high, "range") if low < high else Window(0.0, 1.0, "range")


def _first(found: Any) -> Any:
    return found.split("\\", 1)[0] if isinstance(found, str) else found


def show(plane: Array, window: Window, photometric: str) -> Array:
    """Give a plane as uint8; what is not a number is black."""
    if window.origin == "none":
        return np.ascontiguousarray(plane)
    scaled = (plane.astype(np.float32) - np.float32(window.low)) * np.float32(255 / (window.high - window.low))
    shown = np.clip(np.nan_to_num(scaled, nan=0.0) + np.float32(0.5), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(255 - shown if photometric == "MONOCHROME1" else shown)
