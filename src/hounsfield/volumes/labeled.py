"""Volumes as xarray's `DataArray`: axes by name, with coordinates."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.volumes.volume import Volume

__all__ = ["to_xarray"]


def to_xarray(volume: Volume) -> Any:
    """Give a volume as an `xarray.DataArray`; see `Volume.to_xarray`."""
    try:
        xarray: Any = import_module("xarray")
    except ImportError:
        raise UsageError("xarray is not installed", hint="pip install 'hounsfield[xarray]'") from None
    coordinates: dict[str, Any] = {}
    for axis, step in zip(("slice", "row", "column"), volume.spacing, strict=True):
        length = volume.shape[volume.axes.index(axis)]
        coordinates[axis] = (axis, np.arange(length) * step, {"units": "mm"})
    for axis, values in volume.coordinates.items():
        if axis in volume.axes and len(values) == volume.shape[volume.axes.index(axis)]:
            coordinates[axis] = (axis, _column(values))
    if "sample" in volume.axes:
        coordinates["sample"] = ["red", "green", "blue"]
    about = {
        "units": volume.unit,
        "affine": volume.affine,
        "space": "LPS" if volume.geometry.known else "unknown",
        "photometric": volume.photometric,
        "stack": volume.name,
    }
    name = str(volume.attributes.get("Modality") or "") or None
    return xarray.DataArray(volume.array, coords=coordinates, dims=volume.axes, name=name, attrs=about)


def _column(values: tuple[Any, ...]) -> np.ndarray[Any, np.dtype[Any]]:
    if all(isinstance(value, int | float) for value in values):
        return np.asarray(values)
    made = np.empty(len(values), dtype=object)
    made[:] = [str(value) for value in values]
    return made
