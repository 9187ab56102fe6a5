"""Volumes as HDF5: one data set ``volume`` in chunks of one plane, with its description as attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.convert.description import describe
from hounsfield.convert.packages import package
from hounsfield.volumes.voxels import blocks, value_dtype

if TYPE_CHECKING:
    from hounsfield.convert.output import Place
    from hounsfield.volumes.volume import Volume

__all__ = ["write"]

_LEVEL = 1


def write(volume: Volume, place: Place) -> None:
    """Write ``.h5``; dimension scales are not used, the names of axes are labels of the dimensions."""
    h5py = package("h5py", "hdf5")
    row = volume.axes.index("row")
    chunks = (*[1] * row, *volume.shape[row:])
    with h5py.File(place.partial, "w", libver=("v110", "v110"), track_order=False) as file:
        made = file.create_dataset(
            "volume",
            shape=volume.shape,
            dtype=value_dtype(volume),
            chunks=chunks,
            compression="gzip",
            compression_opts=_LEVEL,
            shuffle=True,
            track_times=False,
        )
        leading = volume.shape[:row]
        for start, piece in blocks(volume):
            for offset, plane in enumerate(piece):
                made[np.unravel_index(start + offset, leading)] = plane
        for index, axis in enumerate(volume.axes):
            made.dims[index].label = axis
        for key, value in describe(volume).items():
            made.attrs[key] = _attribute(value)


def _attribute(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list) and value and not isinstance(value[0], str):
        return np.asarray(value)
    return value
