"""The bytes that a digital signature is made of (PS3.15 C, PS3.3 C.12.1.1.3.1.1).

Elements in Explicit VR Little Endian: sequences and fragments without lengths, items without their end, so that another
way to write the same data set gives the same bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pydicom import Dataset

__all__ = ["CALCULATION_SYNTAX", "feed", "feed_element", "has_fragments", "signable"]

# Explicit VR Little Endian.
CALCULATION_SYNTAX = "1.2.840.10008.1.2.1"

_LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SV", "UC", "UN", "UR", "UT", "UV"})
_TEXT = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UR", "UT"})
_WORDS = {"OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8}
_ITEM = b"\xfe\xff\x00\xe0"
_SEQUENCE_END = b"\xfe\xff\xdd\xe0"
# Items of sequences in signed data; PS3.5 knows no limit.
_DEPTH = 64
_NEVER = frozenset({0x00080001, 0x4FFE0001, 0xFFFAFFFA, 0xFFFCFFFC})


def signable(dataset: Dataset) -> Iterator[int]:
    """Give the tags of a data set that a signature may cover, in order (PS3.3 C.12.1.1.3.1.1).

    Group lengths, Length to End, the signatures themselves, padding at the end and values of unknown representation are
    left out.
    """
    for tag in sorted(dataset.keys()):
        number = int(tag)
        if number < 0x00080000 or number & 0xFFFF == 0 or number in _NEVER:
            continue
        if not _unknown(dataset, number, 0):
            yield number


def _unknown(dataset: Dataset, tag: int, depth: int) -> bool:
    """Whether an element, or one below it, is of unknown representation."""
    vr = _vr(dataset, tag)
    if vr == "UN":
        return True
    if vr != "SQ" or depth > _DEPTH:
        return False
    return any(_unknown(item, int(inner), depth + 1) for item in dataset[tag].value for inner in item.keys())  # noqa: SIM118


def has_fragments(dataset: Dataset) -> bool:
    """Whether the pixel data are encapsulated; their value is left as it was read."""
    raw: Any = dataset.get_item(0x7FE00010, keep_deferred=True)
    undefined = getattr(raw, "is_undefined_length", None)
    return raw is not None and bool(raw.length == 0xFFFFFFFF if undefined is None else undefined)


def feed(dataset: Dataset, tags: Iterable[int], write: Callable[[bytes], object]) -> None:
    """Give the bytes of the elements `tags` to `write`; absent ones are passed over."""
    for tag in tags:
        if tag in dataset:
            feed_element(dataset, tag, write)


def feed_element(dataset: Dataset, tag: int, write: Callable[[bytes], object], depth: int = 0) -> None:
    """Give the bytes of one element to `write`.

    Raises
    ------
    MalformedError
        When sequences are nested beyond all reason, or fragments break off.
    """
    if depth > _DEPTH:
        raise MalformedError(f"sequences are nested more than {_DEPTH} deep", tag=tag)
    vr = _vr(dataset, tag)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode("ascii")
    if vr == "SQ":
        write(head + b"\0\0")
        for item in dataset[tag].value:
            write(_ITEM)
            for inner in sorted(item.keys()):
                if int(inner) & 0xFFFF:
                    feed_element(item, int(inner), write, depth + 1)
        write(_SEQUENCE_END)
        return
    value, undefined = _value(dataset, tag)
    if undefined:
        # Fragments are OB, whatever a file calls them (PS3.5 A.4).
        write(head[:4] + b"OB\0\0")
        for fragment in _fragments(value, tag):
            write(_ITEM)
            write(fragment)
        write(_SEQUENCE_END)
        return
    if vr not in _LONG and len(value) > 0xFFFF:
        raise MalformedError(f"{len(value):,} bytes are too many for representation {vr}", tag=tag)
    write(head + (struct.pack("<HI", 0, len(value)) if vr in _LONG else struct.pack("<H", len(value))))
    write(value)


def _vr(dataset: Dataset, tag: int) -> str:
    raw: Any = dataset.get_item(tag, keep_deferred=True)
    # What the file calls unknown stays so, whatever a dictionary knows: the next reader may have another one.
    return str(raw.VR or dataset[tag].VR)


def _value(dataset: Dataset, tag: int) -> tuple[bytes, bool]:
    """Give the value as bytes, little endian and of even length, and whether it consists of fragments."""
    raw: Any = dataset.get_item(tag, keep_deferred=True)
    from pydicom.dataelem import RawDataElement

    if isinstance(raw, RawDataElement) and (raw.is_little_endian or not raw.value):
        value, undefined = bytes(raw.value or b""), raw.length == 0xFFFFFFFF
        # A value of odd length, which the standard forbids, is padded as others pad it when they write it.
        pad = b" " if _vr(dataset, tag) in _TEXT else b"\0"
        return value + pad * (len(value) % 2 and not undefined), undefined
    return _written(dataset, tag)


def _written(dataset: Dataset, tag: int) -> tuple[bytes, bool]:
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_data_element

    element = dataset[tag]
    if element.is_undefined_length and isinstance(element.value, bytes):
        return element.value, True
    buffer = DicomBytesIO()
    buffer.is_little_endian = True
    buffer.is_implicit_VR = False
    charset = dataset.original_character_set or "iso8859"
    write_data_element(buffer, element, charset if isinstance(charset, str) else list(charset))
    data = buffer.getvalue()
    value = data[12 if data[4:6].decode("ascii") in _LONG else 8 :]
    width = _WORDS.get(str(element.VR), 1)
    if width > 1 and dataset.is_little_endian is False and len(value) % width == 0:
        # pydicom keeps the words of these as they are in the file.
        value = np.frombuffer(value, f"u{width}").byteswap().tobytes()
    return value, False


def _fragments(value: bytes, tag: int) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(value) and value[at : at + 4] == _ITEM:
        (length,) = struct.unpack_from("<I", value, at + 4)
        fragment = value[at + 8 : at + 8 + length]
        if len(fragment) < length:
            raise MalformedError("a fragment of the pixel data breaks off", tag=tag)
        yield fragment
        at += 8 + length
