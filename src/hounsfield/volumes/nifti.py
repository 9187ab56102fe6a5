"""Volumes as NIfTI files: RAS, (x, y, z, t), rows stored from the last to the first, as in dcm2niix.

Voxels are streamed plane by plane, through threaded gzip where the name ends in ``.gz``. The
same volume gives the same bytes.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield import _core
from hounsfield.errors import ExistsError, HounsfieldError, UsageError, WriteError
from hounsfield.settings import threads
from hounsfield.volumes.nifti_header import HeaderFields, pack_header
from hounsfield.volumes.voxels import blocks, plane_count, value_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.volumes.volume import Volume

__all__ = ["nifti_affine", "to_nibabel", "write_nifti", "write_stream"]

Array = np.ndarray[Any, np.dtype[Any]]

# isal's output depends on how much it is given at a time.
_BLOCK = 1 << 20
# zlib's own level 6 makes 2.56 of a CT, at a fifteenth of the speed: isal 1 gives 2.35, isal 3 gives 2.40.
_LEVEL = 3
_THREADS = 2
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
    fields = header_fields(volume)
    kind = nib.Nifti2Image if fields.long else nib.Nifti1Image
    made = kind.header_class(pack_header(fields)[: kind.header_class.sizeof_hdr], endianness="<")
    data = volume.array
    if fields.color:
        data = data.view(np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))[..., 0]
    data = data[..., ::-1, :].transpose()
    made.set_data_dtype(data.dtype)
    image = kind(data, fields.affine, made)
    image.set_qform(fields.affine, fields.quaternion_code)
    image.set_sform(fields.affine, fields.code)
    image.header.set_slope_inter(1, 0)
    return image


def header_fields(volume: Volume, version: int = 1) -> HeaderFields:
    """Say what the header of the file that `write_nifti` writes holds."""
    color = "sample" in volume.axes
    scaled = _in_header(volume)
    return HeaderFields(
        shape=(volume.shape[:-1] if color else volume.shape)[::-1],
        dtype=volume.stored.dtype.newbyteorder("<") if scaled else value_dtype(volume),
        color=color,
        affine=nifti_affine(volume),
        code=_SCANNER if volume.geometry.known else 0,
        scaling=(volume.slopes[0], volume.intercepts[0]) if scaled else (1.0, 0.0),
        time_step=_time_step(volume),
        description=f"hounsfield {_core.__version__}",
        version=version,
    )


def _time_step(volume: Volume) -> float:
    if "time" not in volume.axes:
        return 0.0
    repetition = volume.attributes.get("RepetitionTime")
    stated = float(repetition) / 1000 if isinstance(repetition, int | float) else 0.0
    return volume.timing.repetition_time or stated


def _in_header(volume: Volume) -> bool:
    """Whether stored values are written, and slope and intercept stand in the header."""
    return volume.uniform and not volume.exact


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
        write_stream(volume, partial, compressed=compressed)
        partial.replace(target)
    except OSError as error:
        raise WriteError(f"it cannot be written: {error.strerror or error}", where=str(target)) from None
    except HounsfieldError as error:
        raise error.at(str(target)) from None
    finally:
        partial.unlink(missing_ok=True)


def write_stream(volume: Volume, path: Path, *, compressed: bool, version: int = 1) -> None:
    """Write the bytes of a file under any name; `version` 2 asks for NIfTI-2."""
    fields = header_fields(volume, version)
    if compressed:
        _write_gzip(volume, path, fields)
    else:
        _write_plain(volume, path, fields)


def _write_gzip(volume: Volume, path: Path, fields: HeaderFields) -> None:
    if math.prod(fields.shape) * fields.dtype.itemsize * (3 if fields.color else 1) < _BLOCK:
        # One block is compressed by one thread: starting others takes longer than the work.
        isal_zlib: Any = import_module("isal.isal_zlib")
        path.write_bytes(isal_zlib.compress(b"".join(map(bytes, _pieces(volume, fields))), _LEVEL, wbits=31))
        return
    igzip_threaded: Any = import_module("isal.igzip_threaded")

    with (
        path.open("wb") as raw,
        igzip_threaded.open(raw, "wb", compresslevel=_LEVEL, threads=threads(_THREADS), block_size=_BLOCK) as file,
    ):
        for block in _blocks(_pieces(volume, fields)):
            file.write(block)


def _write_plain(volume: Volume, path: Path, fields: HeaderFields) -> None:
    """Write from several threads, each at its own place: copying into the page cache takes most of the time."""
    first = pack_header(fields)
    count = plane_count(volume)
    # What is read on the way is read from the first plane to the last.
    shares = threads(_THREADS) if isinstance(volume.stored, np.ndarray) else 1
    plane = math.prod(volume.shape[volume.axes.index("row") :]) * fields.dtype.itemsize
    with path.open("wb", buffering=0) as file:
        file.write(first)

        def share(number: int) -> None:
            begin, end = (count * part // shares for part in (number, number + 1))
            at = len(first) + begin * plane
            for piece in _flipped(volume, range(begin, end)):
                _write_at(file.fileno(), piece, at)
                at += len(piece)

        with ThreadPoolExecutor(shares) as pool:
            for done in [pool.submit(share, number) for number in range(shares)]:
                done.result()


def _write_at(descriptor: int, piece: memoryview, at: int) -> None:
    while piece:
        written = os.pwrite(descriptor, piece, at)
        piece, at = piece[written:], at + written


def _pieces(volume: Volume, fields: HeaderFields) -> Iterator[bytes | memoryview]:
    """Give the bytes of the file: header, then planes with their rows flipped."""
    yield pack_header(fields)
    yield from _flipped(volume, range(plane_count(volume)))


def _flipped(volume: Volume, planes: range) -> Iterator[memoryview]:
    """Give planes with their rows from last to first. The memory is used again: a piece is to be used up at once."""
    buffer: Array | None = None
    for _, piece in blocks(volume, planes=planes, rescaled=not _in_header(volume)):
        if buffer is None:
            buffer = np.empty(piece.shape, piece.dtype)
        part = buffer[: len(piece)]
        np.copyto(part, piece[:, ::-1])
        yield part.reshape(-1).view(np.uint8).data


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
