"""Planes and slabs of a volume of 512 x 512 x 300 in memory: hounsfield, and SimpleITK at the same points."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Contender

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.data import Data

__all__ = ["planes"]

# Cheap to make, and without long runs of equal values.
VOLUME = """
import sys, numpy as np
plane = (np.arange(512 * 512, dtype=np.uint32).reshape(512, 512) * 2654435761 >> 21).astype(np.int16)
array = np.stack([np.roll(plane, 17 * number, axis=1) for number in range(300)])
times = int(sys.argv[1])
"""
OURS = """
from hounsfield.render import View
from hounsfield.render.reslice import reslice
from hounsfield.volumes import Volume
from hounsfield.volumes.geometry import Geometry
geometry = Geometry((0.0, 0.0, 0.0), (0.7, 0.0, 0.0), (0.0, 0.7, 0.0), (0.0, 0.0, 1.0))
volume = Volume(array, (1.0,), (0.0,), geometry, ("slice", "row", "column"), "HU")
for _ in range(times):
    values, grid = reslice(volume, View(size=512, **{view}))
print(values.shape, grid.depths[2])
"""
SIMPLEITK = """
import SimpleITK
from hounsfield.render import View
from hounsfield.render.grid import grid_of
from hounsfield.volumes import Volume
from hounsfield.volumes.geometry import Geometry
geometry = Geometry((0.0, 0.0, 0.0), (0.7, 0.0, 0.0), (0.0, 0.7, 0.0), (0.0, 0.0, 1.0))
volume = Volume(array, (1.0,), (0.0,), geometry, ("slice", "row", "column"), "HU")
grid = grid_of(View(size=512, **{view}), volume)
start, step, count = grid.depths
image = SimpleITK.GetImageFromArray(array)
image.SetSpacing((0.7, 0.7, 1.0))
resample = SimpleITK.ResampleImageFilter()
resample.SetInterpolator(SimpleITK.sitkLinear)
resample.SetOutputOrigin((grid.origin + grid.axes.away * start).tolist())
resample.SetOutputSpacing((grid.pixel, grid.pixel, step))
resample.SetOutputDirection(np.stack((grid.axes.right, grid.axes.down, grid.axes.away), axis=1).ravel().tolist())
resample.SetSize((grid.columns, grid.rows, count))
resample.SetOutputPixelType(SimpleITK.sitkFloat32)
for _ in range(times):
    found = resample.Execute(image)
    values = SimpleITK.GetArrayViewFromImage(found).max(axis=0)
print(values.shape, count)
"""


def planes(view: dict[str, object], times: int) -> Callable[[Data], list[Contender]]:
    """Give the contenders for one view, looked at `times` times."""

    def contenders(data: Data) -> list[Contender]:
        del data
        found = [Contender("hounsfield", _python(OURS, view, times))]
        if importlib.util.find_spec("SimpleITK"):
            found.append(Contender("SimpleITK", _python(SIMPLEITK, view, times)))
        return found

    return contenders


def _python(code: str, view: dict[str, object], times: int) -> list[str]:
    return [sys.executable, "-c", VOLUME + code.replace("{view}", repr(view)), str(times)]
