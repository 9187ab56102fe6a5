"""Volumes as OME-Zarr 0.5 (ngff.openmicroscopy.org/0.5) on Zarr 3: a pyramid whose levels say where they lie.

Axes are of the volume itself, in millimeters from the center of its first voxel: version 0.5 has neither rotation nor
a patient's space. Where the volume lies in the patient is in the attribute ``hounsfield``, as `describe` gives it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hounsfield.convert.description import describe
from hounsfield.convert.grid import step_of
from hounsfield.convert.packages import package
from hounsfield.errors import UnsupportedError
from hounsfield.volumes.voxels import blocks, value_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.convert.output import Place
    from hounsfield.volumes.volume import Volume

__all__ = ["write"]

Array = np.ndarray[Any, np.dtype[Any]]

_SPACE = ("slice", "row", "column")
_NAMES = {"slice": "z", "row": "y", "column": "x", "time": "t"}
# Halved until no side is longer: one chunk then holds a plane.
_SMALL = 256
_CHUNK = (32, 256, 256)
_SLAB = 16 << 20
# Slices are halved, too, once they are not much farther apart than pixels.
_NEAR = 1.5


class _Level(NamedTuple):
    """One level of the pyramid: its size along (slice, row, column) and how many voxels of the first level it takes."""

    shape: tuple[int, int, int]
    factors: tuple[int, int, int]


def write(volume: Volume, place: Place) -> None:
    """Write ``.ome.zarr``, a folder."""
    zarr = package("zarr", "zarr")
    axes = _axes(volume)
    leading = tuple(volume.shape[volume.axes.index(axis)] for axis, _, _ in axes[: len(axes) - 3])
    levels = list(_levels(volume))
    group = zarr.open_group(str(place.partial), mode="w", zarr_format=3)
    names = [name for _, name, _ in axes]
    arrays = [_array(zarr, group, (*leading, *level.shape), volume, names) for level in levels]
    for index, start, part in _slabs(volume, levels):
        _pyramid(part, arrays, levels, index, start)
    group.attrs.update({"ome": _metadata(volume, axes, levels), "hounsfield": describe(volume)})


def _axes(volume: Volume) -> list[tuple[str, str, str]]:
    """Give (our name, OME's name, OME's type) of each axis in OME's order: time, channel, space."""
    others = [axis for axis in volume.axes if axis not in (*_SPACE, "time")]
    time = [("time", "t", "time")] if "time" in volume.axes else []
    if others == ["frame", "sample"]:  # frames of which nothing says that they are in time, in color
        time, others = [("frame", "t", "time")], ["sample"]
    if len(others) > 1:
        raise UnsupportedError(
            f"OME-Zarr has one axis besides time and space, but this volume has {', '.join(others)}",
            hint="NIfTI, NumPy and HDF5 keep all of them.",
        )
    channel = [(axis, "c", "channel") for axis in others]
    return [*time, *channel, *((axis, _NAMES[axis], "space") for axis in _SPACE)]


def _levels(volume: Volume) -> Iterator[_Level]:
    shape = [volume.shape[volume.axes.index(axis)] for axis in _SPACE]
    factors = [1, 1, 1]
    yield _Level(tuple(shape), tuple(factors))  # type: ignore[arg-type]
    while max(shape[1:]) > _SMALL:
        within = min(volume.spacing[1] * factors[1], volume.spacing[2] * factors[2])
        halved = (1, 2) if volume.spacing[0] * factors[0] > _NEAR * within or shape[0] < 2 else (0, 1, 2)
        for axis in halved:
            shape[axis] = -(-shape[axis] // 2)
            factors[axis] *= 2
        yield _Level(tuple(shape), tuple(factors))  # type: ignore[arg-type]


def _array(zarr: Any, group: Any, shape: tuple[int, ...], volume: Volume, names: list[str]) -> Any:
    leading = len(shape) - 3
    chunks = (*[1] * leading, *(min(size, most) for size, most in zip(shape[leading:], _CHUNK, strict=True)))
    dtype = value_dtype(volume)
    return group.create_array(
        str(len(list(group.array_keys()))),
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        compressors=zarr.codecs.BloscCodec(cname="zstd", clevel=3, shuffle="shuffle", typesize=dtype.itemsize),
        dimension_names=names,
    )


def _slabs(volume: Volume, levels: list[_Level]) -> Iterator[tuple[tuple[int, ...], int, Array]]:
    """Give slabs of each 3-D volume: its index along the axes before, its first slice, and its values.

    A slab is whole chunks in all levels, so that no chunk is written twice; a sample of color is a volume of its own.
    """
    slices = volume.shape[volume.axes.index("slice")]
    before = [axis for axis in volume.axes if axis not in (*_SPACE, "sample")]
    order = [axis for axis, _, kind in _axes(volume) if kind != "space" and axis != "sample"]
    plane = math.prod(volume.shape[volume.axes.index("row") :]) * volume.stored.dtype.itemsize
    unit = _CHUNK[0] * max(level.factors[0] for level in levels)
    depth = unit * max(1, _SLAB // max(1, unit * plane))
    lengths = [volume.shape[volume.axes.index(axis)] for axis in before]
    for number in range(math.prod(lengths)):
        place = dict(zip(before, np.unravel_index(number, lengths) if lengths else (), strict=True))
        index = tuple(int(place[axis]) for axis in order)
        whole = range(number * slices, (number + 1) * slices)
        for start, part in blocks(volume, size=depth * plane, planes=whole):
            if "sample" not in volume.axes:
                yield index, start - whole.start, part
                continue
            for sample in range(part.shape[-1]):
                yield (*index, sample), start - whole.start, np.ascontiguousarray(part[..., sample])


def _pyramid(part: Array, arrays: list[Any], levels: list[_Level], index: tuple[int, ...], start: int) -> None:
    for number, array in enumerate(arrays):
        first = start // levels[number].factors[0]
        array[(*index, slice(first, first + len(part)))] = part
        if number + 1 < len(levels):
            now, then = levels[number].factors, levels[number + 1].factors
            part = _halved(part, tuple(after // before for before, after in zip(now, then, strict=True)))


def _halved(part: Array, step: tuple[int, ...]) -> Array:
    """Average neighbors; the last one of an odd number counts twice."""
    for axis, factor in enumerate(step):
        if factor == 1:
            continue
        if part.shape[axis] % 2:
            last = np.take(part, [-1], axis=axis)
            part = np.concatenate([part, last], axis=axis)
        even = part[tuple(slice(0, None, 2) if place == axis else slice(None) for place in range(3))]
        odd = part[tuple(slice(1, None, 2) if place == axis else slice(None) for place in range(3))]
        part = _mean(even, odd)
    return part


def _mean(first: Array, second: Array) -> Array:
    if first.dtype.kind == "f":
        mean: Array = ((first + second) / first.dtype.type(2)).astype(first.dtype)
        return mean
    # (first + second) // 2 without a wider type: what both have, and half of what one has.
    found: Array = first ^ second
    found >>= 1
    found += first & second
    return found


def _metadata(volume: Volume, axes: list[tuple[str, str, str]], levels: list[_Level]) -> dict[str, Any]:
    before = [step_of(volume, axis) or 1.0 for axis, _, kind in axes if kind != "space"]
    datasets = []
    for number, level in enumerate(levels):
        scale = [spacing * factor for spacing, factor in zip(volume.spacing, level.factors, strict=True)]
        # The center of the first voxel of a level lies between the centers of those it was made of.
        moved = [spacing * (factor - 1) / 2 for spacing, factor in zip(volume.spacing, level.factors, strict=True)]
        datasets.append(
            {
                "path": str(number),
                "coordinateTransformations": [
                    {"type": "scale", "scale": [*before, *scale]},
                    {"type": "translation", "translation": [*[0.0] * len(before), *moved]},
                ],
            }
        )
    multiscale = {
        "name": volume.name or "volume",
        "axes": [_axis(name, kind, is_timed=step_of(volume, axis) is not None) for axis, name, kind in axes],
        "datasets": datasets,
        "type": "mean",
    }
    return {"version": "0.5", "multiscales": [multiscale]}


def _axis(name: str, kind: str, *, is_timed: bool) -> dict[str, str]:
    unit = "millimeter" if kind == "space" else "second" if is_timed else ""
    return {"name": name, "type": kind} | ({"unit": unit} if unit else {})
