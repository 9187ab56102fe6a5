"""One picture as TIFF 6.0: one strip, compressed without loss, the same bytes each time.

Written here because imagecodecs leaves a byte between strip and directory as it finds it.
"""

from __future__ import annotations

import struct
import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["tiff"]

_LEVEL = 3
_SHORT, _LONG = 3, 4
_ADOBE_DEFLATE = 8
_BLACK_IS_ZERO, _RGB = 1, 2
_SAMPLE_FORMATS: Mapping[str, int] = MappingProxyType({"u": 1, "i": 2, "f": 3})


def tiff(plane: np.ndarray[Any, np.dtype[Any]]) -> bytes:
    """Encode ``(row, column)`` or ``(row, column, 3)``."""
    little = np.ascontiguousarray(plane, plane.dtype.newbyteorder("<"))
    strip = zlib.compress(little.data, _LEVEL)
    samples = plane.shape[2] if plane.ndim == 3 else 1
    bits, kind = plane.dtype.itemsize * 8, _SAMPLE_FORMATS[plane.dtype.kind]
    directory = 8 + len(strip) + len(strip) % 2
    # Three values do not fit into an entry: they stand after the directory.
    count = 10
    after = directory + 2 + 12 * count + 4
    several = samples > 1
    entries = [
        (256, _LONG, 1, plane.shape[1]),
        (257, _LONG, 1, plane.shape[0]),
        (258, _SHORT, samples, after if several else bits),
        (259, _SHORT, 1, _ADOBE_DEFLATE),
        (262, _SHORT, 1, _RGB if several else _BLACK_IS_ZERO),
        (273, _LONG, 1, 8),
        (277, _SHORT, 1, samples),
        (278, _LONG, 1, plane.shape[0]),
        (279, _LONG, 1, len(strip)),
        (339, _SHORT, samples, after + 2 * samples if several else kind),
    ]
    made = struct.pack("<2sHI", b"II", 42, directory) + strip + bytes(len(strip) % 2)
    made += struct.pack("<H", count) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return made + (struct.pack(f"<{2 * samples}H", *[bits] * samples, *[kind] * samples) if several else b"")
