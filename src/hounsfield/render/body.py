"""A volume seen as a body: rays of light through it, for a figure in a report (CPU, gray volumes)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.pixels.window import levels
from hounsfield.render.grid import Grid, grid_of, inverse_of
from hounsfield.render.levels import colored, window_of
from hounsfield.render.picture import Picture
from hounsfield.render.reslice import at_time, reslice
from hounsfield.volumes.sampling import Transfer, cast

if TYPE_CHECKING:
    from hounsfield.render.view import View
    from hounsfield.volumes.volume import Volume

__all__ = ["body"]

Array = np.ndarray[Any, np.dtype[Any]]

_USUAL_SIZE = 512
_LARGEST_SIZE = 1024
_ENTRIES = 2048

# Values in HU, color, and the share of light that a millimeter keeps back.
_Points = tuple[tuple[float, tuple[float, float, float], float], ...]

_PRESETS: dict[str, _Points] = {
    "bone": (
        (130, (0.70, 0.36, 0.26), 0.0),
        (220, (0.86, 0.62, 0.45), 0.06),
        (400, (0.95, 0.86, 0.70), 0.35),
        (1200, (1.00, 0.97, 0.90), 0.90),
        (3000, (1.00, 1.00, 0.98), 0.95),
    ),
    "skin": (
        (-400, (0.80, 0.52, 0.42), 0.0),
        (-250, (0.90, 0.66, 0.54), 0.35),
        (60, (0.86, 0.58, 0.47), 0.60),
        (250, (0.93, 0.80, 0.66), 0.80),
        (1200, (1.00, 0.97, 0.92), 0.95),
    ),
    "angio": (
        (150, (0.55, 0.05, 0.04), 0.0),
        (210, (0.78, 0.12, 0.08), 0.12),
        (300, (0.90, 0.30, 0.20), 0.35),
        (500, (0.96, 0.82, 0.66), 0.45),
        (1200, (1.00, 0.97, 0.90), 0.80),
        (3000, (1.00, 1.00, 0.98), 0.90),
    ),
    "lung": (
        (-980, (0.30, 0.45, 0.65), 0.0),
        (-850, (0.45, 0.62, 0.80), 0.010),
        (-600, (0.85, 0.62, 0.60), 0.030),
        (-400, (0.90, 0.55, 0.50), 0.004),
        (-100, (0.80, 0.50, 0.45), 0.0),
        (150, (0.90, 0.80, 0.70), 0.0),
        (350, (0.97, 0.92, 0.82), 0.12),
        (1500, (1.00, 0.98, 0.94), 0.60),
    ),
}
# The same for values of any unit: shares of the window.
_SURFACE: _Points = (
    (0.20, (0.72, 0.55, 0.47), 0.0),
    (0.35, (0.85, 0.68, 0.58), 0.15),
    (0.60, (0.93, 0.80, 0.69), 0.50),
    (1.00, (1.00, 0.96, 0.90), 0.90),
)


def body(volume: Volume, view: View) -> Picture:
    """Look at a volume as a body.

    Raises
    ------
    UsageError
        For color volumes, and for presets of Hounsfield units where values have none.
    """
    if "sample" in volume.axes:
        raise UsageError("a volume of colors cannot be rendered as a body")
    plane = "coronal" if view.plane == "acquisition" and volume.geometry.known else view.plane
    view = view.with_(size=view.size or _USUAL_SIZE, plane=plane)
    if (view.size or 0) > _LARGEST_SIZE:
        raise UsageError(f"bodies are rendered up to {_LARGEST_SIZE} pixels", hint="Choose a smaller size.")
    if view.rendering == "mip":
        values, grid = reslice(volume, view.with_(slab="all", blend="mip"))
        window = window_of(volume, view)
        light = levels(values, window, view.function)
        shown = colored(1 - light if view.invert else light, view.colors)
        return Picture(shown, (grid.pixel, grid.pixel), grid.place, window)
    points = _points(view, volume)
    grid = grid_of(view, volume)
    voxels, slope, intercept = at_time(volume, view.time)
    transfer = _transfer(points, volume, grid, (slope, intercept))
    light = cast(voxels, grid.rays(volume), (grid.rows, grid.columns), transfer)
    shown = np.clip(light[..., :3] * 255 + 0.5, 0, 255).astype(np.uint8)
    return Picture(255 - shown if view.invert else shown, (grid.pixel, grid.pixel), grid.place)


def _points(view: View, volume: Volume) -> _Points:
    """Give the points of a preset, in the unit of the volume."""
    if view.rendering == "surface":
        center, width = window_of(volume, view)
        return tuple((center + (share - 0.5) * width, color, opacity) for share, color, opacity in _SURFACE)
    if volume.unit != "HU":
        raise UsageError(
            f"the preset {view.rendering} is made for Hounsfield units, not {volume.unit or 'values without a unit'}",
            hint="surface and mip follow the window, whatever the unit.",
        )
    return _PRESETS[str(view.rendering)]


def _transfer(points: _Points, volume: Volume, grid: Grid, rescale: tuple[float, float]) -> Transfer:
    """Table of a preset for stored values, with opacity for one step of the rays."""
    places = [value for value, _, _ in points]
    values = np.linspace(places[0], places[-1], _ENTRIES)
    table = np.empty((_ENTRIES, 4), np.float32)
    for sample in range(3):
        table[:, sample] = np.interp(values, places, [color[sample] for _, color, _ in points])
    opacity = np.interp(values, places, [share for _, _, share in points])
    table[:, 3] = 1 - (1 - opacity) ** grid.depths[1]
    # Below the first value all is clear; the first entry has an opacity of 0.
    slope, intercept = rescale
    low, high = ((places[0] - intercept) / slope, (places[-1] - intercept) / slope)
    # A gradient is a covector: it turns by the transposed inverse of the affine.
    axes = np.array((grid.axes.right, grid.axes.down, grid.axes.away))
    turn = axes @ inverse_of(volume)[:3, :3].T * np.sign(slope)
    return Transfer(low, high, table, turn.tolist())
