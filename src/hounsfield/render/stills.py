"""Pictures as PNG, JPEG and TIFF files. None of them says anything but pixels and their size."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.render.picture import Picture

__all__ = ["encode"]

Array = np.ndarray[Any, np.dtype[Any]]

_MM_PER_INCH = 25.4


def encode(picture: Picture, name: str, *, quality: int = 90) -> bytes:
    """Give the bytes of a file in the format `name`; see `Picture.to_bytes`."""
    if name == "tiff":
        return _tiff(picture)
    if name not in ("png", "jpeg"):
        raise UsageError(f"there is no format {name!r} of pictures", hint="Formats: png, jpeg, tiff.")
    array = picture.array
    if array.dtype != np.uint8 and name == "jpeg":
        raise UsageError("JPEG holds 8 bits, not the values themselves", hint="Use .tif, or leave depth at 8.")
    if array.dtype == np.int16 and int(array.min(initial=0)) >= 0:
        array = array.view(np.uint16)
    if array.dtype not in (np.uint8, np.uint16):
        raise UsageError(
            f"PNG holds whole numbers from 0 to 65535, not values from {float(np.nanmin(array)):g}",
            hint="Use .tif, which keeps any values, or leave depth at 8.",
        )
    return _pillow(array, name, picture.spacing, quality)


def _pillow(array: Array, name: str, spacing: tuple[float, float] | None, quality: int) -> bytes:
    from PIL import Image

    if not 1 <= quality <= 100:
        raise UsageError(f"the quality of JPEG is 1 to 100, not {quality}")
    out = io.BytesIO()
    options: dict[str, Any] = {"quality": quality, "subsampling": 0, "optimize": True} if name == "jpeg" else {}
    if spacing is not None:
        options["dpi"] = tuple(_MM_PER_INCH / max(side, 1e-3) for side in spacing[::-1])
        if name == "jpeg":
            options["dpi"] = tuple(min(65535, max(1, round(one))) for one in options["dpi"])
    Image.fromarray(np.ascontiguousarray(array)).save(out, name, **options)
    return out.getvalue()


def _tiff(picture: Picture) -> bytes:
    """One image of one deflated strip (TIFF 6.0), little endian: any sample type, no text."""
    array = np.ascontiguousarray(picture.array.astype(picture.array.dtype.newbyteorder("<")))
    rows, columns = array.shape[:2]
    samples = array.shape[2] if array.ndim == 3 else 1
    strip = zlib.compress(array.tobytes(), 6)
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    bits = [array.dtype.itemsize * 8] * samples
    entries: list[tuple[int, str, list[int]]] = [
        (256, "L", [columns]),
        (257, "L", [rows]),
        (258, "H", bits),
        (259, "H", [8]),
        (262, "H", [2 if samples > 1 else 1]),
        (273, "L", [8]),
        (277, "H", [samples]),
        (278, "L", [rows]),
        (279, "L", [len(strip)]),
        *_resolution(picture.spacing),
        (339, "H", [kind] * samples),
    ]
    return _directory(strip + b"\0" * (len(strip) % 2), entries)


def _resolution(spacing: tuple[float, float] | None) -> list[tuple[int, str, list[int]]]:
    if spacing is None:
        return []
    # Pixels in a centimeter, as fractions of thousandths.
    row, column = (max(1, round(10_000 / max(side, 1e-4))) for side in spacing)
    return [(282, "Q", [column, 1000]), (283, "Q", [row, 1000]), (296, "H", [3])]


def _directory(body: bytes, entries: list[tuple[int, str, list[int]]]) -> bytes:
    """Header, data, then the directory with what does not fit in its entries behind it."""
    start = 8 + len(body)
    later = start + 2 + 12 * len(entries) + 4
    lines, extra = b"", b""
    for tag, form, values in entries:
        kind, letter = {"H": (3, "H"), "L": (4, "L"), "Q": (5, "L")}[form]
        packed = struct.pack(f"<{len(values)}{letter}", *values)
        count = len(values) // 2 if form == "Q" else len(values)
        if len(packed) > 4:
            lines += struct.pack("<HHLL", tag, kind, count, later + len(extra))
            extra += packed + b"\0" * (len(packed) % 2)
        else:
            lines += struct.pack("<HHL", tag, kind, count) + packed.ljust(4, b"\0")
    return struct.pack("<2sHL", b"II", 42, start) + body + struct.pack("<H", len(entries)) + lines + bytes(4) + extra
