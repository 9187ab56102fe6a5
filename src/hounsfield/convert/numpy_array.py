"""Volumes as NumPy's ``.npy``, with a JSON file beside it that says what the array is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hounsfield.volumes.voxels import blocks, value_dtype

if TYPE_CHECKING:
    from hounsfield.convert.output import Place
    from hounsfield.volumes.volume import Volume

__all__ = ["write"]


def write(volume: Volume, place: Place) -> None:
    """Write ``.npy`` (format 1.0): C-ordered, little endian, physical values."""
    described = np.lib.format.dtype_to_descr(value_dtype(volume))
    with place.partial.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": described, "fortran_order": False, "shape": volume.shape})
        for _, piece in blocks(volume):
            file.write(piece.reshape(-1).view(np.uint8).data)
