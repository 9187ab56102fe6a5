"""A data set in memory as a file in memory, for the core, which finds frames in files."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from hounsfield.errors import PixelError, UnsupportedError
from hounsfield.pixels.header import said

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["file_of"]

_TAGS = (0x7FE00010, 0x7FE00009, 0x7FE00008)
_NUMBERS = (0x00280002, 0x00280010, 0x00280011, 0x00280100)
_IMPLICIT, _EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
_DEFLATED, _BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"


def file_of(dataset: Dataset, name: str) -> bytes:
    """Give a file with the pixel data of `dataset` and little else.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Its values may have been changed; pixel data that wait in a file are read.
    name : str
        Names it in messages.

    Raises
    ------
    UnsupportedError
        When it has no pixel data.
    PixelError
        When their value is not bytes.
    """
    tag = next((tag for tag in _TAGS if tag in dataset), None)
    if tag is None:
        raise UnsupportedError("the data set has no pixel data", where=name, code="no-pixel-data")
    element: Any = dataset[tag]
    if not isinstance(element.value, bytes):
        raise PixelError("the pixel data are not bytes", where=name, tag=tag, code="pixel-data")
    meta = getattr(dataset, "file_meta", None)
    syntax = str(said(meta, "TransferSyntaxUID") or "") if meta is not None else ""
    big = syntax == _BIG_ENDIAN or (not syntax and dataset.original_encoding[1] is False)
    native = syntax in {"", _IMPLICIT, _EXPLICIT, _DEFLATED, _BIG_ENDIAN}
    order = ">" if big else "<"
    parts = [b"\0" * 128, b"DICM", _meta(_BIG_ENDIAN if big else _EXPLICIT if native else syntax)]
    for number in _NUMBERS:
        value = dataset.get(number)
        if value is not None and isinstance(value.value, int):
            parts.append(struct.pack(f"{order}HH2sHH", number >> 16, number & 0xFFFF, b"US", 2, value.value & 0xFFFF))
    for extended in (0x7FE00001, 0x7FE00002):
        if extended in dataset and isinstance(dataset[extended].value, bytes):
            value = dataset[extended].value
            parts.append(struct.pack("<HH2sHI", extended >> 16, extended & 0xFFFF, b"OV", 0, len(value)) + value)
    vr = b"OB" if not native else str(element.VR).encode("ascii")[:2]
    vr = vr if vr in {b"OB", b"OW", b"OF", b"OD"} else b"OW"
    length = len(element.value) if native else 0xFFFFFFFF
    parts.append(struct.pack(f"{order}HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, length))
    parts.append(element.value)
    if not native and not element.value.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0"):
        parts.append(b"\xfe\xff\xdd\xe0\0\0\0\0")
    return b"".join(parts)


def _meta(syntax: str) -> bytes:
    value = syntax.encode("ascii", "replace")
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HH2sH", 2, 0x0010, b"UI", len(value)) + value
