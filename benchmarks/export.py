"""A hospital-like export: studies and series of CT with long headers, several syntaxes, and junk between the files."""

from __future__ import annotations

import random
import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["EXPLICIT", "HEADER_ELEMENTS", "image", "write_ct", "write_export"]

HEADER_ELEMENTS = 262
EXPLICIT, IMPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"
_ROOT = "1.2.826.0.1.3680043.8.498.7"
_LONG = {"OB", "OW", "SQ", "UN", "UT"}
_JUNK = [
    (b"", "Thumbs.db"),
    (b"[autorun]\nopen=viewer.exe\n", "AUTORUN.INF"),
    (b"\xff\xd8\xff\xe0" + bytes(2000), "preview.jpg"),
    (b"PK\x03\x04" + bytes(500), "broken.zip"),
    (b"patient list\n" * 40, "README.TXT"),
]

# Of a sequence the value is a list of items, each a list of elements.
Element = tuple[int, str, Any]


def write_export(folder: Path, files: int = 20_000, *, seed: int = 1, pixels: int = 64) -> int:
    """Write `files` CT images of `pixels` x `pixels` and junk between them; returns the number of all files.

    Nine of ten series are explicit little endian, the others implicit or deflated in turn; most lack an extension.
    """
    dice = random.Random(seed)
    per_series, written, junk, series = 200, 0, 0, 0
    while written < files:
        study = series // 4
        syntax = EXPLICIT if series % 10 else (IMPLICIT, DEFLATED)[series // 10 % 2]
        place = folder / f"PAT{study // 2:04d}" / f"ST{study:04d}" / f"SE{series:04d}"
        place.mkdir(parents=True, exist_ok=True)
        suffix = ("", "", ".dcm", ".IMA")[series % 4]
        for index in range(min(per_series, files - written)):
            data = image((study, series, index), syntax, dice.randbytes(pixels * pixels * 2), pixels)
            (place / f"IM{index:05d}{suffix}").write_bytes(data)
            written += 1
        content, name = _JUNK[series % len(_JUNK)]
        (place / name).write_bytes(content)
        junk += 1
        series += 1
    return written + junk


def write_ct(folder: Path, slices: int, rows: int) -> None:
    """Write one series with the same long headers: a chest, whose voxels compress as those of a patient do.

    Pixels are signed 16-bit numbers with intercept -1024, as one of the large makers writes them.
    """
    from hounsfield.testing import chest

    folder.mkdir(parents=True, exist_ok=True)
    for index, plane in enumerate(chest(slices, rows)):
        stored = (plane + 1024).astype("<i2").tobytes()
        (folder / f"IM{index:05d}").write_bytes(image((0, 1, index), EXPLICIT, stored, rows, signed=True))


def image(number: tuple[int, int, int], syntax: str, pixels: bytes, rows: int, *, signed: bool = False) -> bytes:
    """One Part 10 file of the study, series and image `number`: 12-bit unsigned or 16-bit signed pixels."""
    study, series, index = number
    implicit = syntax == IMPLICIT
    elements = _elements(study, series, index, rows)
    elements += _pixels(pixels, signed=signed)
    body = b"".join(_encode(element, implicit=implicit) for element in sorted(elements, key=lambda element: element[0]))
    if syntax == DEFLATED:
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = packer.compress(body) + packer.flush()
    uid = f"{_ROOT}.{study}.{series}.{index}"
    meta = b"".join(
        _encode(element, implicit=False)
        for element in [
            (0x00020001, "OB", b"\0\1"),
            (0x00020002, "UI", b"1.2.840.10008.5.1.4.1.1.2"),
            (0x00020003, "UI", uid.encode()),
            (0x00020010, "UI", syntax.encode()),
            (0x00020012, "UI", f"{_ROOT}.1".encode()),
        ]
    )
    return (
        bytes(128) + b"DICM" + _encode((0x00020000, "UL", struct.pack("<I", len(meta))), implicit=False) + meta + body
    )


def _encode(element: Element, *, implicit: bool) -> bytes:
    tag, vr, content = element
    value: bytes = content
    if vr == "SQ":
        items = [b"".join(_encode(inner, implicit=implicit) for inner in item) for item in content]
        value = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
    if len(value) % 2:
        value += b"\0" if vr in ("UI", "OB") else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if implicit:
        return head + struct.pack("<I", len(value)) + value
    if vr in _LONG:
        return head + vr.encode() + b"\0\0" + struct.pack("<I", len(value)) + value
    return head + vr.encode() + struct.pack("<H", len(value)) + value


def _elements(study: int, series: int, index: int, rows: int) -> list[Element]:
    patient = study // 2
    position = f"-170.5\\-170.5\\{-300 + 2 * index}"
    named: list[Element] = [
        (0x00080005, "CS", b"ISO_IR 100"),
        (0x00080008, "CS", b"ORIGINAL\\PRIMARY\\AXIAL\\HELICAL"),
        (0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.2"),
        (0x00080018, "UI", f"{_ROOT}.{study}.{series}.{index}".encode()),
        (0x00080020, "DA", b"20240312"),
        (0x00080021, "DA", b"20240312"),
        (0x00080022, "DA", b"20240312"),
        (0x00080030, "TM", b"101500.123000"),
        (0x00080031, "TM", b"101730.000000"),
        (0x00080032, "TM", f"1017{index % 60:02d}.{index:06d}".encode()),
        (0x00080050, "SH", f"A{study:08d}".encode()),
        (0x00080060, "CS", b"CT"),
        (0x00080070, "LO", b"Maker"),
        (0x00080080, "LO", b"University Hospital"),
        (0x00080090, "PN", b"REFERRER^A"),
        (0x00081010, "SH", b"CT60152"),
        (0x00081030, "LO", b"Thorax^Routine (Adult)"),
        (0x0008103E, "LO", f"Lung 2.0 I70f {series % 4}".encode()),
        (0x00081090, "LO", b"Scanner 64"),
        (0x00100010, "PN", f"DOE^JANE {patient}".encode()),
        (0x00100020, "LO", f"P{patient:06d}".encode()),
        (0x00100030, "DA", b"19510623"),
        (0x00100040, "CS", b"F"),
        (0x00101010, "AS", b"072Y"),
        (0x00180015, "CS", b"CHEST"),
        (0x00180050, "DS", b"2"),
        (0x00180060, "DS", b"120"),
        (0x00181020, "LO", b"3.2.1"),
        (0x00181030, "LO", b"THORAX ROUTINE"),
        (0x00181120, "DS", b"0"),
        (0x00185100, "CS", b"HFS"),
        (0x0020000D, "UI", f"{_ROOT}.{study}".encode()),
        (0x0020000E, "UI", f"{_ROOT}.{study}.{series}".encode()),
        (0x00200010, "SH", str(study).encode()),
        (0x00200011, "IS", str(series % 4 + 1).encode()),
        (0x00200012, "IS", b"2"),
        (0x00200013, "IS", str(index + 1).encode()),
        (0x00200032, "DS", position.encode()),
        (0x00200037, "DS", b"1\\0\\0\\0\\1\\0"),
        (0x00200052, "UI", f"{_ROOT}.{study}.9".encode()),
        (0x00201041, "DS", str(-300 + 2 * index).encode()),
        (0x00280002, "US", struct.pack("<H", 1)),
        (0x00280004, "CS", b"MONOCHROME2"),
        (0x00280010, "US", struct.pack("<H", rows)),
        (0x00280011, "US", struct.pack("<H", rows)),
        (0x00280030, "DS", b"0.6640625\\0.6640625"),
        (0x00280100, "US", struct.pack("<H", 16)),
        (0x00281050, "DS", b"-600\\40"),
        (0x00281051, "DS", b"1200\\400"),
        (0x00281052, "DS", b"-1024"),
        (0x00281053, "DS", b"1"),
        (0x00081032, "SQ", [_code(b"CTTHOR", b"CT thorax")]),
        (0x00081110, "SQ", [_reference(b"1.2.840.10008.3.1.2.3.1", f"{_ROOT}.{study}.8")]),
        (0x00081140, "SQ", [_reference(b"1.2.840.10008.5.1.4.1.1.2", f"{_ROOT}.{study}.0.{n}") for n in range(3)]),
        (0x00400275, "SQ", [[(0x00400007, "LO", b"CT thorax"), (0x00400008, "SQ", [_code(b"CT1", b"Thorax")])]]),
    ]
    # The rest is what a scanner adds: private blocks, in groups that no converter takes for diffusion or slice times.
    fill: list[Element] = []
    for group in (0x0053, 0x0055, 0x0057, 0x0059):
        fill.append((group << 16 | 0x10, "LO", b"MAKER CT PRIVATE 1.0"))
        fill += [
            (group << 16 | 0x1000 | number, "DS", f"{number * 1.25 + index:.6f}"[:16].encode()) for number in range(60)
        ]
    return named + fill[: HEADER_ELEMENTS - 3 - len(named)]


def _pixels(pixels: bytes, *, signed: bool) -> list[Element]:
    stored = 16 if signed else 12
    return [
        (0x00280101, "US", struct.pack("<H", stored)),
        (0x00280102, "US", struct.pack("<H", stored - 1)),
        (0x00280103, "US", struct.pack("<H", int(signed))),
        (0x7FE00010, "OW", pixels),
    ]


def _reference(sop_class: bytes, instance: str) -> list[Element]:
    return [(0x00081150, "UI", sop_class), (0x00081155, "UI", instance.encode())]


def _code(value: bytes, meaning: bytes) -> list[Element]:
    return [(0x00080100, "SH", value), (0x00080102, "SH", b"99LOCAL"), (0x00080104, "LO", meaning)]
