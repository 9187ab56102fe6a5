"""Volumes as NIfTI-1 files: RAS, (x, y, z, t), rows stored from the last to the first, as in dcm2niix.

nibabel makes the header; voxels are streamed plane by plane, through threaded gzip where the name ends in ``.gz``. The
same volume gives the same bytes.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from hounsfield import _core
from hounsfield.errors import ExistsError, HounsfieldError, UsageError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.volumes.volume import Volume

__all__ = ["nifti_affine", "to_nibabel", "write_nifti"]

Array = np.ndarray[Any, np.dtype[Any]]

# isal's output depends on how much it is given at a time.
_BLOCK = 1 << 20
# zlib's own level 6 makes 2.56 of a CT, at a fifteenth of the speed: isal 1 gives 2.35, isal 3 gives 2.40.
_LEVEL = 3
_THREADS = 2
_MOST = 32_767
_SCANNER = 1


def nifti_affine(volume: Volume) -> Array:
    """Give the 4x4 that maps NIfTI's (x, y, z) indices to RAS in mm; rows are flipped against `Volume.array`."""
    affine = volume.affine.copy()
    rows = volume.shape[volume.axes.index("row")]
    affine[:3, 3] += affine[:3, 1] * (rows - 1)
    affine[:3, 1] *= -1
    affine[:2] *= -1
    return affine + 0.0  # no negative zeros


def to_nibabel(volume: Volume) -> Any:
    """Give a `nibabel.Nifti1Image`; see `Volume.to_nibabel`."""
    nib: Any = import_module("nibabel")
    stored, _ = _stored(volume)
    color = "sample" in volume.axes
    if color:
        stored = stored.view(np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))[..., 0]
    data = stored[..., ::-1, :].transpose()
    if not color and not volume.exact and volume.uniform:
        data = volume.array[..., ::-1, :].transpose()
    image = nib.Nifti1Image(data, nifti_affine(volume), header(volume), dtype=data.dtype)
    image.header.set_slope_inter(1, 0)
    return image


def header(volume: Volume) -> Any:
    """Give the `nibabel.Nifti1Header` of the file that `write_nifti` writes."""
    stored, scaled = _stored(volume)
    color = "sample" in volume.axes
    shape = stored.shape[:-1] if color else stored.shape
    if color and stored.dtype.itemsize != 1:
        raise WriteError(f"NIfTI has no color of {stored.dtype.itemsize * 8} bits per sample")
    if max(shape) > _MOST:
        raise WriteError(f"an axis of {max(shape):,} is longer than the {_MOST:,} that NIfTI-1 allows")
    made: Any = import_module("nibabel.nifti1").Nifti1Header(endianness="<")
    made.set_data_dtype(np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]) if color else stored.dtype)
    made.set_data_shape(shape[::-1])
    made.set_xyzt_units("mm", "sec")
    affine = nifti_affine(volume)
    code = _SCANNER if volume.geometry.known else 0
    made.set_sform(affine, code)
    made.set_qform(affine, code)
    if len(shape) > 3:
        made["pixdim"][4] = _time_step(volume)
    made.set_slope_inter(*(scaled or (1.0, 0.0)))
    made["descrip"] = f"hounsfield {_core.__version__}".encode()
    made["vox_offset"] = 352
    made["magic"] = b"n+1"
    return made


def _time_step(volume: Volume) -> float:
    repetition = volume.attributes.get("RepetitionTime")
    return float(repetition) / 1000 if isinstance(repetition, int | float) and "time" in volume.axes else 0.0


def _stored(volume: Volume) -> tuple[Array, tuple[float, float] | None]:
    """Give the numbers to write, and slope and intercept where the header holds them."""
    if volume.exact or not volume.uniform:
        return volume.array, None
    return volume.stored, (volume.slopes[0], volume.intercepts[0])


def write_nifti(volume: Volume, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a volume as ``.nii`` or ``.nii.gz``.

    Parameters
    ----------
    volume : Volume
        Integers stay integers; a slope and intercept for all planes stand in the header, different ones make float32.
    path : path
        The name decides whether it is compressed.
    overwrite : bool
        Replace a file that is there already.

    Raises
    ------
    ExistsError
        When the file is there already and `overwrite` is not set.
    UsageError
        For any other suffix.
    WriteError
        When it cannot be written; nothing is left behind.
    """
    target = Path(path)
    compressed = target.name.endswith(".nii.gz")
    if not compressed and target.suffix != ".nii":
        raise UsageError(f"{target.name} is not a name for NIfTI", hint="Use .nii or .nii.gz.")
    if target.exists() and not overwrite:
        raise ExistsError(
            "the file is there already", where=str(target), hint="Ask to overwrite it, or choose another."
        )
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        if compressed:
            _write_gzip(volume, partial)
        else:
            with partial.open("wb") as file:
                _write(volume, file)
        partial.replace(target)
    except OSError as error:
        raise WriteError(f"it cannot be written: {error.strerror or error}", where=str(target)) from None
    except HounsfieldError as error:
        raise error.at(str(target)) from None
    finally:
        partial.unlink(missing_ok=True)


def _write_gzip(volume: Volume, path: Path) -> None:
    igzip_threaded: Any = import_module("isal.igzip_threaded")

    with (
        path.open("wb") as raw,
        igzip_threaded.open(raw, "wb", compresslevel=_LEVEL, threads=_THREADS, block_size=_BLOCK) as file,
    ):
        for block in _blocks(_pieces(volume)):
            file.write(block)


def _write(volume: Volume, file: BinaryIO) -> None:
    file.writelines(_pieces(volume))


def _pieces(volume: Volume) -> Iterator[bytes | memoryview]:
    """Give the bytes of the file: header, no extensions, then planes with their rows flipped."""
    yield header(volume).binaryblock
    yield bytes(4)
    stored, _ = _stored(volume)
    stored = stored.astype(stored.dtype.newbyteorder("<"), copy=False)
    leading = stored.ndim - 2 - ("sample" in volume.axes)
    planes = stored.reshape(-1, *stored.shape[leading:])
    step = max(1, _BLOCK // max(1, planes[:1].nbytes))
    for start in range(0, len(planes), step):
        flipped = np.ascontiguousarray(planes[start : start + step, ::-1])
        yield flipped.reshape(-1).view(np.uint8).data


def _blocks(pieces: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """Give the same bytes in blocks of one size, so that compression does not depend on the shape of the planes."""
    rest = b""
    for piece in pieces:
        view = memoryview(piece)
        if rest:
            need = _BLOCK - len(rest)
            rest += view[:need]
            view = view[need:]
            if len(rest) < _BLOCK:
                continue
            yield rest
            rest = b""
        whole = len(view) - len(view) % _BLOCK
        for start in range(0, whole, _BLOCK):
            yield view[start : start + _BLOCK]
        rest = bytes(view[whole:])
    if rest:
        yield rest
