"""Volumes as SimpleITK images: LPS like ours, but without sheared axes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import GeometryError, UsageError

if TYPE_CHECKING:
    from hounsfield.volumes.volume import Volume

__all__ = ["to_simpleitk"]


def to_simpleitk(volume: Volume) -> Any:
    """Give a volume as a SimpleITK image; see `Volume.to_simpleitk`."""
    try:
        itk: Any = import_module("SimpleITK")
    except ImportError:
        raise UsageError("SimpleITK is not installed", hint="pip install 'hounsfield[simpleitk]'") from None
    slices, rows, columns = volume.direction
    if abs(slices @ rows) > 1e-3 or abs(slices @ columns) > 1e-3:
        raise GeometryError("the stack is tilted, which SimpleITK cannot express", hint="Resample it first.")
    array = volume.array
    color = "sample" in volume.axes
    parts = array if len(volume.axes) - color == 4 else array[np.newaxis]
    images = [_image(itk, part, volume, is_vector=color) for part in parts]
    return images[0] if len(volume.axes) - color == 3 else itk.JoinSeries(images)


def _image(itk: Any, array: np.ndarray[Any, np.dtype[Any]], volume: Volume, *, is_vector: bool) -> Any:
    image = itk.GetImageFromArray(array, isVector=is_vector)
    slices, rows, columns = volume.spacing
    image.SetSpacing((columns, rows, slices))
    image.SetOrigin(volume.origin)
    image.SetDirection(volume.direction[::-1].T.ravel().tolist())
    return image
