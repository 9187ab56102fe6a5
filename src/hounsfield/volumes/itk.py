"""Volumes as SimpleITK images: LPS like ours, but without sheared axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hounsfield.errors import GeometryError, UsageError

if TYPE_CHECKING:
    import SimpleITK

    from hounsfield.volumes.volume import Volume

__all__ = ["to_simpleitk"]


def to_simpleitk(volume: Volume) -> SimpleITK.Image:
    """Give a volume as a SimpleITK image; see `Volume.to_simpleitk`."""
    try:
        import SimpleITK
    except ImportError:
        raise UsageError("SimpleITK is not installed", hint="pip install 'hounsfield[simpleitk]'") from None
    slices, rows, columns = volume.direction
    if abs(slices @ rows) > 1e-3 or abs(slices @ columns) > 1e-3:
        raise GeometryError("the stack is tilted, which SimpleITK cannot express", hint="Resample it first.")
    array = volume.array
    color = "sample" in volume.axes
    if array.ndim == 4 and not color:
        return SimpleITK.JoinSeries([_image(SimpleITK, part, volume, is_vector=False) for part in array])
    return _image(SimpleITK, array, volume, is_vector=color)


def _image(itk: object, array: np.ndarray, volume: Volume, *, is_vector: bool) -> SimpleITK.Image:  # type: ignore[type-arg]
    image = itk.GetImageFromArray(array, isVector=is_vector)  # type: ignore[attr-defined]
    slices, rows, columns = volume.spacing
    image.SetSpacing((columns, rows, slices))
    image.SetOrigin(volume.origin)
    image.SetDirection(volume.direction[::-1].T.ravel().tolist())
    return image  # type: ignore[no-any-return]
