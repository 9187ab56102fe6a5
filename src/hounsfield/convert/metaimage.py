"""Volumes as MetaImage, ``.mha`` and ``.mhd`` (itk.org/Wiki/ITK/MetaIO): LPS, rectangular axes only.

Written here because the header is a few lines of text, and so that voxels are streamed and need no other package.
"""

from __future__ import annotations

import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

from hounsfield.convert.grid import check_rectangular, step_of
from hounsfield.convert.output import whole
from hounsfield.volumes.voxels import blocks, value_dtype

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.convert.output import Place
    from hounsfield.volumes.volume import Volume

__all__ = ["header", "write"]

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "int8": "MET_CHAR",
        "uint8": "MET_UCHAR",
        "int16": "MET_SHORT",
        "uint16": "MET_USHORT",
        "int32": "MET_INT",
        "uint32": "MET_UINT",
        "float32": "MET_FLOAT",
        "float64": "MET_DOUBLE",
    }
)
# The size of the compressed voxels stands before them: room for it is left, and filled in at the end.
_ROOM = 20
_SIZE = b"CompressedDataSize = "
_LEVEL = 1


def write(volume: Volume, place: Place) -> None:
    """Write ``.mha``, or ``.mhd`` with the voxels in ``.zraw`` beside it; compressed by zlib."""
    check_rectangular(volume, "MetaImage")
    if place.final.suffix == ".mhd":
        beside = place.final.with_suffix(".zraw")
        with whole(beside, overwrite=place.overwrite) as data, data.partial.open("wb") as file:
            size = _compress(volume, file)
        place.partial.write_bytes(header(volume, str(size), beside.name))
        return
    text = header(volume, " " * _ROOM, "LOCAL")
    with place.partial.open("wb") as file:
        file.write(text)
        size = _compress(volume, file)
        file.seek(text.index(_SIZE) + len(_SIZE))
        file.write(f"{size:<{_ROOM}}".encode())


def _compress(volume: Volume, file: BinaryIO) -> int:
    """Write the voxels; returns the number of bytes."""
    packer = zlib.compressobj(_LEVEL)
    size = 0
    for _, piece in blocks(volume):
        size += file.write(packer.compress(piece.reshape(-1).view("u1").data))
    return size + file.write(packer.flush())


def header(volume: Volume, size: str, data: str) -> bytes:
    """Give the text before the voxels; MetaImage names axes from the fastest to the slowest."""
    color = "sample" in volume.axes
    axes = [axis for axis in volume.axes[::-1] if axis != "sample"]
    extra = len(axes) - 3
    vectors = [*volume.geometry.direction[::-1]]
    matrix = [[*vector, *[0.0] * extra] for vector in vectors]
    matrix += [[0.0] * (3 + index) + [1.0] + [0.0] * (extra - 1 - index) for index in range(extra)]
    steps = [*volume.spacing[::-1], *(step_of(volume, axis) or 1.0 for axis in axes[3:])]
    sizes = [volume.shape[volume.axes.index(axis)] for axis in axes]
    lines = [
        ("ObjectType", "Image"),
        ("NDims", str(len(axes))),
        ("BinaryData", "True"),
        ("BinaryDataByteOrderMSB", "False"),
        ("CompressedData", "True"),
        ("CompressedDataSize", size),
        ("TransformMatrix", _numbers([value for vector in matrix for value in vector])),
        ("Offset", _numbers([*volume.origin, *[0.0] * extra])),
        ("CenterOfRotation", _numbers([0.0] * len(axes))),
        *([("AnatomicalOrientation", "RAI")] if volume.geometry.known and not extra else []),
        ("ElementSpacing", _numbers(steps)),
        ("DimSize", " ".join(map(str, sizes))),
        *([("ElementNumberOfChannels", "3")] if color else []),
        ("ElementType", _TYPES[value_dtype(volume).name]),
        ("ElementDataFile", data),
    ]
    return "".join(f"{name} = {value}\n" for name, value in lines).encode()


def _numbers(values: list[float]) -> str:
    return " ".join(repr(float(value) + 0.0) for value in values)
