"""Files that are broken on purpose: everything that a careless writer, a bad disk or an attacker may hand over."""

from __future__ import annotations

import random
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MALFORMED", "part10", "short", "wide"]

EXPLICIT, IMPLICIT, DEFLATED = b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1.99"
OPEN = b"\xff\xff\xff\xff"
ITEM, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
SEQUENCE = b"\x40\x00\x75\x02SQ\0\0"


def short(tag: int, vr: str, value: bytes) -> bytes:
    """An explicit element with a 16-bit length."""
    value += b" " * (len(value) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def wide(tag: int, vr: str, value: bytes, length: int | None = None) -> bytes:
    """An explicit element with a 32-bit length, which may lie."""
    stated = len(value) if length is None else length
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, stated) + value


def part10(body: bytes, syntax: bytes = EXPLICIT) -> bytes:
    """A file with this data set."""
    meta = short(0x00020010, "UI", syntax + b"\0" * (len(syntax) % 2))
    return bytes(128) + b"DICM" + short(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + body


def image(
    *,
    rows: int = 16,
    frames: bytes | None = None,
    uid: bytes = b"1.2.3.4.5",
    position: bytes = b"0\\0\\0",
    slope: bytes = b"1",
    pixels: bytes = bytes(512),
) -> bytes:
    """A CT image of which any part may be absurd."""
    body = short(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.2\0") + short(0x00080018, "UI", uid)
    body += short(0x00080060, "CS", b"CT") + short(0x00100010, "PN", b"A^B") + short(0x00100020, "LO", uid)
    body += short(0x0020000D, "UI", uid) + short(0x0020000E, "UI", uid)
    body += short(0x00200032, "DS", position) + short(0x00200037, "DS", b"1\\0\\0\\0\\1\\0")
    body += short(0x00280002, "US", b"\1\0") + short(0x00280004, "CS", b"MONOCHROME2")
    if frames is not None:
        body += short(0x00280008, "IS", frames)
    body += short(0x00280010, "US", struct.pack("<H", rows)) + short(0x00280011, "US", struct.pack("<H", rows))
    body += short(0x00280030, "DS", b"1\\1") + short(0x00280100, "US", b"\x10\0") + short(0x00280101, "US", b"\x10\0")
    body += short(0x00280102, "US", b"\x0f\0") + short(0x00280103, "US", b"\0\0")
    body += short(0x00281052, "DS", b"0") + short(0x00281053, "DS", slope)
    return body + wide(0x7FE00010, "OW", pixels)


def _deflated(body: bytes, zeros: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return part10(packer.compress(body + bytes(zeros)) + packer.flush(), DEFLATED)


def _defined_nest(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        item = ITEM + struct.pack("<I", len(content)) + content
        content = SEQUENCE + struct.pack("<I", len(item)) + item
    return content


NAME = short(0x00100010, "PN", b"A^B")

MALFORMED: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "random": lambda: random.Random(1).randbytes(5000),
    "prefix-only": lambda: bytes(128) + b"DICM",
    "text": lambda: b"Dear colleague,\nthe images are on the other disc.\n" * 20,
    "jpeg": lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(2000) + b"\xff\xd9",
    "cut-in-header": lambda: part10(image())[:170],
    "cut-in-value": lambda: part10(image())[:-700],
    "cut-in-pixels": lambda: part10(image())[:-100],
    "length-fffffffe": lambda: part10(NAME + wide(0x00110010, "OB", bytes(900), 0xFFFFFFFE)),
    "nested-unclosed": lambda: part10(NAME + (SEQUENCE + OPEN + ITEM + OPEN) * 100_000),
    "nested-implicit": lambda: part10((b"\x40\x00\x75\x02" + OPEN + ITEM + OPEN) * 100_000, IMPLICIT),
    "nested-defined": lambda: part10(NAME + _defined_nest(3000)),
    "million-elements": lambda: part10(
        b"".join(short(0x00090000 | number % 65536, "LO", b"AB") for number in range(1_000_000))
    ),
    "million-items": lambda: part10(NAME + SEQUENCE + OPEN + (ITEM + bytes(4)) * 1_000_000 + SEQUENCE_END),
    "million-delimiters": lambda: part10(NAME + b"\xfe\xff\x0d\xe0\0\0\0\0" * 1_000_000),
    "deflate-bomb": lambda: _deflated(NAME + wide(0x00110010, "OB", b"", 512 << 20), 512 << 20),
    "deflate-garbage": lambda: part10(b"\x05\x00\xff\xfe" * 100, DEFLATED),
    "rows-beyond-data": lambda: part10(image(rows=65000)),
    "frames-2e9": lambda: part10(image(frames=b"2000000000")),
    "frames-negative": lambda: part10(image(frames=b"-1")),
    "frames-words": lambda: part10(image(frames=b"many")),
    "rows-zero": lambda: part10(image(rows=0, pixels=b"")),
    "uid-path": lambda: part10(image(uid=b"../../x")),
    "ds-1e99999": lambda: part10(image(position=b"1e99999\\0\\0", slope=b"1e99999")),
    "position-words": lambda: part10(image(position=b"here\\there\\nowhere")),
    "escape-codes": lambda: part10(image(uid=b"\x1b[2J\x1b]0;x\x07")),
}
