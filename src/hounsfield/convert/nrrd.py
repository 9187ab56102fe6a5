"""Volumes as NRRD (teem.sourceforge.net/nrrd/format.html, version 5): space directions in LPS, sheared ones, too.

Written here because the header is a few lines of text, and so that voxels are streamed and need no other package.
Axes of time and the like have the kind ``list``: ITK reads them as components of a pixel, 3D Slicer as a sequence.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.settings import threads
from hounsfield.volumes.voxels import blocks, value_dtype

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.convert.output import Place
    from hounsfield.volumes.volume import Volume

__all__ = ["header", "write"]

_BLOCK = 1 << 20
_LEVEL = 3
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "int8": "signed char",
        "uint8": "unsigned char",
        "int16": "short",
        "uint16": "unsigned short",
        "int32": "int",
        "uint32": "unsigned int",
        "float32": "float",
        "float64": "double",
    }
)


def write(volume: Volume, place: Place) -> None:
    """Write ``.nrrd``, compressed by gzip."""
    igzip: Any = import_module("isal.igzip_threaded")
    with place.partial.open("wb") as raw:
        raw.write(header(volume))
        with igzip.open(raw, "wb", compresslevel=_LEVEL, threads=threads(2), block_size=_BLOCK) as file:
            for _, piece in blocks(volume):
                file.write(piece.reshape(-1).view("u1").data)


def header(volume: Volume) -> bytes:
    """Give the text before the voxels; NRRD names axes from the fastest to the slowest."""
    geometry = volume.geometry
    vectors = {"column": geometry.column_step, "row": geometry.row_step, "slice": geometry.slice_step}
    axes = volume.axes[::-1]
    lines = [
        "NRRD0005",
        f"# Written by hounsfield {_core.__version__}",
        f"type: {_TYPES[value_dtype(volume).name]}",
        f"dimension: {len(axes)}",
        "space: left-posterior-superior" if geometry.known else "space dimension: 3",
        f"sizes: {' '.join(str(size) for size in volume.shape[::-1])}",
        f"space directions: {' '.join(_vector(vectors[axis]) if axis in vectors else 'none' for axis in axes)}",
        f"kinds: {' '.join(_kind(axis) for axis in axes)}",
        f"labels: {' '.join(_quoted(axis) for axis in axes)}",
        "endian: little",
        "encoding: gzip",
        f"space origin: {_vector(geometry.origin)}",
        'space units: "mm" "mm" "mm"',
    ]
    found = {"unit": volume.unit, "stack": volume.name, "modality": volume.attributes.get("Modality")}
    lines += [f"{key}:={_line(value)}" for key, value in found.items() if value]
    return ("\n".join(lines) + "\n\n").encode()


def _kind(axis: str) -> str:
    if axis == "sample":
        return "RGB-color"
    return "domain" if axis in ("column", "row", "slice") else "list"


def _vector(values: tuple[float, ...]) -> str:
    return f"({','.join(repr(float(value) + 0.0) for value in values)})"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _line(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", " ")
