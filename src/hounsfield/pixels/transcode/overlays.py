"""Overlays in unused bits of the pixels (retired, PS3.3 C.9.2): moved to Overlay Data before those bits are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.files.write import Row
    from hounsfield.pixels.transcode.source import Source

__all__ = ["Embedded", "embedded", "moved"]


@dataclass(frozen=True, slots=True)
class Embedded:
    """An overlay plane in the pixels.

    Parameters
    ----------
    group : int
        60xx.
    bit : int
        The bit of each sample that it is in.
    """

    group: int
    bit: int


def embedded(dataset: Dataset, allocated: int) -> list[Embedded]:
    """Overlays of a header that are in unused bits of the pixels."""
    found = []
    for group in range(0x6000, 0x6020, 2):
        position: Any = dataset.get((group, 0x0102))
        bits: Any = dataset.get((group, 0x0100))
        if position is None or bits is None or (group, 0x3000) in dataset:
            continue
        if bits.value == allocated and allocated > 1 and 0 <= int(position.value or 0) < allocated:
            found.append(Embedded(group, int(position.value or 0)))
    return found


def moved(source: Source, overlays: list[Embedded]) -> list[Row]:
    """Give each overlay data of its own: one bit for each pixel, frame after frame (PS3.5 8.1.2)."""
    rows: list[Row] = []
    planes: dict[int, list[np.ndarray[Any, np.dtype[Any]]]] = {overlay.group: [] for overlay in overlays}
    for index in range(source.frames):
        samples = source.samples(index)
        for overlay in overlays:
            planes[overlay.group].append(np.ravel(samples >> overlay.bit & 1).astype(np.uint8))
    for overlay in overlays:
        packed = np.packbits(np.concatenate(planes[overlay.group]), bitorder="little").tobytes()
        name = f"{overlay.group:04X}"
        rows += [
            (f"{name},0100", "US", b"\1\0"),
            (f"{name},0102", "US", b"\0\0"),
            (f"{name},3000", "OW", packed + b"\0" * (len(packed) % 2)),
        ]
        if source.frames > 1:
            count = str(source.frames)
            rows += [(f"{name},0015", "IS", (count + " " * (len(count) % 2)).encode()), (f"{name},0051", "US", b"\1\0")]
    return rows
