"""What stands before the voxels of a NIfTI file (nifti1.h and nifti2.h, NIfTI Data Format Working Group).

Packed here because importing nibabel takes longer than writing a CT; tests hold each field to what nibabel makes of it.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hounsfield.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEADER_BYTES", "HeaderFields", "pack_header"]

Array = np.ndarray[Any, np.dtype[Any]]

# The header and the four bytes that say that no extensions follow.
HEADER_BYTES = 352
_LAYOUT = struct.Struct("<i10s18sihcB8h3fhhhh8ffffhBBffffii80s24shh3f3f12f16s4s")
_LAYOUT_2 = struct.Struct("<i8shh8q3d8dq2d4d2q80s24sii6d12diii16sc15s")
_MOST = 32_767
_MOST_AXES = 7
# Cosines between axes beyond this are a tilt of more than 0.06 degrees.
_SHEAR = 1e-3
_RGB24 = 128
_DATATYPES: Mapping[str, int] = MappingProxyType(
    {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768}
)
_MM_AND_SECONDS = 2 | 8


@dataclass(frozen=True, slots=True)
class HeaderFields:
    """What a header says.

    Parameters
    ----------
    shape : tuple of int
        (x, y, z), (x, y, z, t), ... up to seven axes.
    dtype : numpy.dtype
        Of one sample.
    color : bool
        Voxels are three samples, RGB.
    affine : numpy.ndarray
        4x4, from indices to RAS in mm; goes into the sform and, without shear, the qform.
    code : int
        Of both: 1 is the scanner's space, 0 unknown.
    scaling : tuple of 2 floats
        Slope and intercept.
    time_step : float
        Seconds.
    description : str
        At most 79 bytes.
    version : int
        2 asks for NIfTI-2.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    color: bool
    affine: Array
    code: int
    scaling: tuple[float, float]
    time_step: float
    description: str
    version: int = 1

    @property
    def long(self) -> bool:
        """Whether it is NIfTI-2: because that was asked for, or because NIfTI-1 cannot say it."""
        return self.version == 2 or max(self.shape) > _MOST

    @property
    def quaternion_code(self) -> int:
        """Code of the qform: 0 where the affine is sheared, which quaternions cannot express."""
        axes = self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)
        return self.code if np.abs(axes.T @ axes - np.eye(3)).max() < _SHEAR else 0


def pack_header(fields: HeaderFields) -> bytes:
    """Pack the header, and the four bytes that say that no extensions follow.

    NIfTI-1, and NIfTI-2 where that is asked for or an axis is longer than 32,767.

    Raises
    ------
    WriteError
        When NIfTI cannot say it: color of more than 8 bits, more than seven axes.
    """
    name = fields.dtype.str[1:]
    if fields.color and name != "u1":
        raise WriteError(
            f"NIfTI has no color of {fields.dtype.itemsize * 8} bits per sample",
            hint="NRRD, MetaImage, TIFF and NumPy do.",
        )
    if len(fields.shape) > _MOST_AXES:
        raise WriteError(f"NIfTI has at most {_MOST_AXES} axes, not {len(fields.shape)}")
    sizes = np.linalg.norm(fields.affine[:3, :3], axis=0)
    handedness, quaternion = _rotation(fields.affine[:3, :3], sizes)
    axes = len(fields.shape)
    steps = [fields.time_step] + [1.0] * 3 if axes > 3 else [1.0] * 4
    parts = _Parts(
        kind=(_RGB24 if fields.color else _DATATYPES[name], fields.dtype.itemsize * 8 * (3 if fields.color else 1)),
        dim=(axes, *fields.shape, *([1] * (_MOST_AXES - axes))),
        pixdim=(handedness, *sizes, *steps),
        place=(*quaternion, *fields.affine[:3, 3], *fields.affine[:3].ravel()),
    )
    if fields.long:
        return _pack_2(fields, parts)
    return _pack_1(fields, parts)


class _Parts(NamedTuple):
    kind: tuple[int, int]
    dim: tuple[int, ...]
    pixdim: tuple[float, ...]
    place: tuple[float, ...]


def _pack_1(fields: HeaderFields, parts: _Parts) -> bytes:
    block = _LAYOUT.pack(
        *(348, b"", b"", 0, 0, b"\0", 0),
        *parts.dim,
        *(0.0, 0.0, 0.0, 0, *parts.kind, 0),
        *parts.pixdim,
        *(HEADER_BYTES, *fields.scaling),
        *(0, 0, _MM_AND_SECONDS, 0.0, 0.0, 0.0, 0.0, 0, 0),
        *(fields.description.encode()[:79], b"", fields.quaternion_code, fields.code),
        *parts.place,
        *(b"", b"n+1"),
    )
    return block + bytes(4)


def _pack_2(fields: HeaderFields, parts: _Parts) -> bytes:
    """Pack the 540 bytes of nifti2.h."""
    block = _LAYOUT_2.pack(
        *(540, b"n+2\0\r\n\x1a\n", *parts.kind),
        *parts.dim,
        *(0.0, 0.0, 0.0),
        *parts.pixdim,
        *(540 + 4, *fields.scaling),
        *(0.0, 0.0, 0.0, 0.0, 0, 0),
        *(fields.description.encode()[:79], b"", fields.quaternion_code, fields.code),
        *parts.place,
        *(0, _MM_AND_SECONDS, 0, b"", b"\0", b""),
    )
    return block + bytes(4)


def _rotation(steps: Array, sizes: Array) -> tuple[float, tuple[float, float, float]]:
    """Give qfac and the quaternion's b, c, d of the rotation nearest to these axes."""
    left, _, right = np.linalg.svd(steps / sizes)
    matrix = left @ right
    handedness = -1.0 if np.linalg.det(matrix) < 0 else 1.0
    matrix[:, 2] *= handedness
    trace = float(np.trace(matrix))
    # The largest of the four components is found first: dividing by it is safe.
    squares = [trace, *(2 * float(matrix[i, i]) - trace for i in range(3))]
    largest = squares.index(max(squares))
    root = math.sqrt(max(0.0, 1.0 + squares[largest])) / 2
    if largest == 0:
        differences = (matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1])
        b, c, d = (float(difference) / (4 * root) for difference in differences)
        return handedness, (b, c, d)
    i = largest - 1
    j, k = (i + 1) % 3, (i + 2) % 3
    parts = [0.0, 0.0, 0.0]
    parts[i] = root
    parts[j] = float(matrix[i, j] + matrix[j, i]) / (4 * root)
    parts[k] = float(matrix[i, k] + matrix[k, i]) / (4 * root)
    sign = -1.0 if float(matrix[k, j] - matrix[j, k]) < 0 else 1.0
    return handedness, (sign * parts[0], sign * parts[1], sign * parts[2])
