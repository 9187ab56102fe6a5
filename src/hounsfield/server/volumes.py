"""Straight, evenly spaced volumes of stacks: ``/api/volumes``. Loaded once, halved where they are too large."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import GeometryError, LimitError, ReadError
from hounsfield.server.images import Recent
from hounsfield.server.stacks import why_no_volume
from hounsfield.volumes.loading import load_stack

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hounsfield.server.library import Library
    from hounsfield.server.stacks import Entry, Stacks
    from hounsfield.volumes.stack import Stack
    from hounsfield.volumes.volume import Volume

__all__ = ["Straight", "Volumes"]

Array = np.ndarray[Any, np.dtype[Any]]

# Faults that resampling repairs, or that do not matter to it.
_ALLOWED = ("tilt", "missing-slices", "uneven-spacing")
_MOST_BYTES = 4 << 30


@dataclass(frozen=True, slots=True, eq=False)
class Straight:
    """A volume that is sent.

    Parameters
    ----------
    array : numpy.ndarray
        ``(slice, row, column)``, physical values, little endian.
    affine : numpy.ndarray
        (column, row, slice) indices to LPS.
    halved : tuple of 3 ints
        By how much each axis was reduced.
    volume : Volume
        What it was made of.
    """

    array: Array
    affine: Array
    halved: tuple[int, int, int]
    volume: Volume


class Volumes:
    """Loads volumes, and remembers the last ones.

    Parameters
    ----------
    library : Library
        For its limits and its version.
    stacks : Stacks
        What there is.
    """

    def __init__(self, library: Library, stacks: Stacks) -> None:
        self._library, self._stacks = library, stacks
        # Two at a time are compared; each may be some gigabytes.
        self._loaded, self._straight = Recent(2), Recent(2)

    def loaded(self, entry: Entry, time: int = 1) -> Volume:
        """Load one time of a stack, tilted or uneven as it is.

        Raises
        ------
        GeometryError
            When it is no volume: the message says why.
        """
        stack = _at(entry, time)
        found: Volume = self._loaded.get(
            (entry.id, self._stamp(entry), time),
            lambda: load_stack(self._fetched(entry, stack), allow=_ALLOWED, limits=self._library.limits),
        )
        return found

    def straight(self, id_: str, *, time: int = 1, most: int = 0) -> Straight:
        """Give one time of a stack straight, with at most so many voxels (0: any number).

        Raises
        ------
        GeometryError
            When it is no volume: the message says why.
        ReadError
            When there is no such stack or time (code ``not-found``).
        """
        entry = self._stacks.entry(id_)
        stack = _at(entry, time)

        def make() -> Straight:
            volume = load_stack(self._fetched(entry, stack), allow=_ALLOWED, resample=True, limits=self._library.limits)
            return _halved(volume, most)

        found: Straight = self._straight.get((id_, self._stamp(entry), time, most), make)
        return found

    def _stamp(self, entry: Entry) -> Hashable:
        return self._library.stamp(entry.id.rpartition(".")[0])

    def _fetched(self, entry: Entry, stack: Stack) -> Stack:
        names = dict.fromkeys(plane.source.name for plane in stack.planes)
        self._library.ready([entry.by_name[name] for name in names])
        return stack

    def document(self, id_: str, *, time: int, most: int) -> dict[str, Any]:
        """Give the volume as a stack whose frames are its slices."""
        entry = self._stacks.entry(id_)
        base = next(one for one in self._stacks.document(id_.rpartition(".")[0]) if one["id"] == id_)
        found = self.straight(id_, time=time, most=most)
        affine, kind = found.affine, found.array.dtype
        spacing = [float(np.linalg.norm(affine[:3, axis])) for axis in (2, 1, 0)]
        slices, rows, columns = found.array.shape
        orientation = [*(affine[:3, 0] / spacing[2]).tolist(), *(affine[:3, 1] / spacing[1]).tolist()]
        window = next((frame["window"] for frame in base["frames"] if frame["window"]), None)
        frames = [
            {
                "sop_instance_uid": None,
                "frame": None,
                "instance_number": number + 1,
                "file": None,
                "url": f"/api/volumes/{id_}/slices/{number + 1}?time={time}&most={most}",
                "position": (affine @ [0, 0, number, 1])[:3].tolist(),
                "orientation": orientation,
                "rows": rows,
                "columns": columns,
                "slope": 1.0,
                "intercept": 0.0,
                "window": window,
                "error": None,
            }
            for number in range(slices)
        ]
        times = entry.stack.shape[0] if len(entry.stack.shape) > 1 else 1
        return base | {
            "id": f"{id_}~{time}",
            "kind": "volume",
            "rows": rows,
            "columns": columns,
            "axes": ["slice"],
            "shape": [slices],
            "times": times,
            "pixel_spacing": spacing[1:],
            "slice_spacing": spacing[0],
            "affine": affine.tolist(),
            "samples": 1,
            "bits_allocated": kind.itemsize * 8,
            "signed": kind.kind == "i",
            "floating": kind.kind == "f",
            "unit": found.volume.unit,
            "frames": frames,
            "issues": [_issue(issue) for issue in found.volume.issues],
            "no_volume": None,
            "straight": None,
            "halved": list(found.halved),
        }

    def slice_bytes(self, id_: str, number: int, *, time: int, most: int) -> memoryview:
        """Give the bytes of a slice, from 1."""
        array = self.straight(id_, time=time, most=most).array
        if not 1 <= number <= len(array):
            raise ReadError(f"there is no slice {number}: there are {len(array)}", code="not-found")
        return np.ascontiguousarray(array[number - 1]).data.cast("B")


def _issue(issue: Any) -> dict[str, Any]:
    from hounsfield.server.problems import issue_json

    return issue_json(issue)


def _at(entry: Entry, time: int) -> Stack:
    """Give one time of a stack as a stack of its own."""
    stack, reason = entry.stack, why_no_volume(entry)
    if reason is not None:
        raise GeometryError(f"no volume can be made of it: {reason}", where=entry.id, code="not-a-volume")
    slices = stack.shape[-1]
    times = len(stack.planes) // slices
    if not 1 <= time <= times:
        raise ReadError(f"there is no time {time}: there are {times}", code="not-found")
    size = slices * stack.planes[0].rows * stack.planes[0].columns * 4
    if size > _MOST_BYTES:
        raise LimitError(f"the volume would need {size >> 20:,} MB, more than {_MOST_BYTES >> 20:,}", where=entry.id)
    planes = stack.planes[(time - 1) * slices : time * slices]
    return replace(stack, planes=planes, shape=(slices,), axes=("slice",), coordinates={})


def _halved(volume: Volume, most: int) -> Straight:
    """Halve the finest axis by averaging until the voxels are few enough."""
    array, affine = volume.array, volume.affine.astype(np.float64)
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    halved = [1, 1, 1]
    while most > 0 and array.size > most and max(array.shape) > 1:
        lengths = [float(np.linalg.norm(affine[:3, 2 - axis])) for axis in range(3)]
        axis = min((axis for axis in range(3) if array.shape[axis] > 1), key=lengths.__getitem__)
        array, affine = _half(array, affine, axis)
        halved[axis] *= 2
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return Straight(little, affine, (halved[0], halved[1], halved[2]), volume)


def _half(array: Array, affine: Array, axis: int) -> tuple[Array, Array]:
    length = array.shape[axis] // 2
    first = np.take(array, range(0, 2 * length, 2), axis).astype(np.float32)
    mean = (first + np.take(array, range(1, 2 * length, 2), axis)) / 2
    if array.dtype.kind in "iu":
        mean = np.rint(mean)
    made = affine.copy()
    column = 2 - axis
    made[:3, 3] += affine[:3, column] / 2
    made[:3, column] *= 2
    return mean.astype(array.dtype), made
