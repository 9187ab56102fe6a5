"""Volumes as a folder of pictures, one for each plane, with ``volume.json`` beside them.

PNG and TIFF keep what was measured: PNG integers of 8 and 16 bits, TIFF floating point, too. PNG has no signed numbers,
so these are shifted by half their range, which the JSON says (``value = pixel + offset``). JPEG shows what a person
would see: 8 bits through the window.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.convert.description import describe
from hounsfield.convert.output import as_json
from hounsfield.convert.tiff import tiff
from hounsfield.convert.window import show, window_of
from hounsfield.errors import UnsupportedError
from hounsfield.volumes.voxels import blocks, value_dtype

if TYPE_CHECKING:
    from collections.abc import Callable

    from hounsfield.convert.output import Place
    from hounsfield.volumes.volume import Volume

__all__ = ["plane_name", "write_jpeg", "write_png", "write_tiff"]

_QUALITY = 95
Array = np.ndarray[Any, np.dtype[Any]]


def write_png(volume: Volume, place: Place) -> None:
    """Write a folder of PNG files.

    Raises
    ------
    UnsupportedError
        For values that PNG cannot hold: floating point and 32 bits.
    """
    dtype = value_dtype(volume)
    if dtype.kind == "f" or dtype.itemsize > 2:
        raise UnsupportedError(
            f"PNG cannot hold {dtype.name}", hint="TIFF, NumPy and HDF5 can; JPEG shows it through a window."
        )
    offset = -(1 << (8 * dtype.itemsize - 1)) if dtype.kind == "i" else 0
    unsigned = np.dtype(f"u{dtype.itemsize}")
    codecs: Any = import_module("imagecodecs")

    def encode(plane: Array) -> bytes:
        # Subtracting the least value of a signed type is flipping its highest bit.
        shifted = plane.view(unsigned) ^ unsigned.type(-offset) if offset else plane
        return bytes(codecs.png_encode(np.ascontiguousarray(shifted), level=3))

    _write(volume, place, "png", encode, {"offset": offset})


def write_tiff(volume: Volume, place: Place) -> None:
    """Write a folder of TIFF files, compressed without loss."""
    _write(volume, place, "tif", tiff, {})


def write_jpeg(volume: Volume, place: Place) -> None:
    """Write a folder of JPEG files: through the window of the header, or the whole range where it has none."""
    codecs: Any = import_module("imagecodecs")
    window = window_of(volume)

    def encode(plane: Array) -> bytes:
        return bytes(codecs.jpeg8_encode(show(plane, window, volume.photometric), level=_QUALITY))

    _write(volume, place, "jpg", encode, {"window": window.described()})


def _write(volume: Volume, place: Place, suffix: str, encode: Callable[[Array], bytes], more: dict[str, Any]) -> None:
    leading = volume.axes[: volume.axes.index("row")]
    shape = volume.shape[: len(leading)]
    names = []
    for start, piece in blocks(volume):
        for offset, plane in enumerate(piece):
            name = f"{plane_name(leading, shape, start + offset)}.{suffix}"
            (place.partial / name).write_bytes(encode(plane))
            names.append(name)
    (place.partial / "volume.json").write_bytes(as_json({**describe(volume), **more, "files": names}))


def plane_name(axes: tuple[str, ...], shape: tuple[int, ...], number: int) -> str:
    """Name a plane by its place, counted from 1: ``time02_slice014``."""
    index = np.unravel_index(number, shape)
    return "_".join(
        f"{axis}{place + 1:0{len(str(length))}d}" for axis, place, length in zip(axes, index, shape, strict=True)
    )
