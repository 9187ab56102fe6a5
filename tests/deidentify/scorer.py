"""Says what of the planted values is left in an output; imports nothing of the package that is tested."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import pydicom

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

    from tests.deidentify.planter import Planted

_DATES = ("113106", "113107")


def content(path: Path) -> bytes:
    """The bytes of a file, a deflated data set inflated."""
    raw = path.read_bytes()
    meta = pydicom.filereader.read_file_meta_info(path)
    if meta.TransferSyntaxUID == "1.2.840.10008.1.2.1.99":
        start = 144 + int.from_bytes(raw[140:144], "little")
        return raw[:start] + zlib.decompressobj(-15).decompress(raw[start:])
    return raw


def below(data: Dataset, way: tuple[int, ...]) -> list[Dataset]:
    """All items at the end of a way."""
    found = [data]
    for tag in way:
        found = [item for each in found if tag in each and each[tag].VR == "SQ" for item in each[tag].value]
    return found


def values(data: Dataset, planted: Planted) -> list[Any]:
    """What is at the place now."""
    return [each[planted.tag].value for each in below(data, planted.way) if planted.tag in each]


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same."""
    if isinstance(one, bytes) or isinstance(other, bytes):
        return bool(one == other)
    return bool(str(one) == str(other))


def expected(planted: Planted, codes: set[str]) -> str:
    """What the table says under these options: keep, shift, clean, or an action of the Basic Profile."""
    asked = {code: option for code, option in planted.options.items() if code in codes}
    if "K" in asked.values():
        return "keep"
    if "113107" in asked:
        return "shift"
    return "clean" if asked else planted.action


def leaks(path: Path, planted: list[Planted], codes: set[str]) -> list[str]:
    """Planted values that are left where the table does not keep them, and bytes that are left anywhere."""
    data, raw = pydicom.dcmread(path), content(path)
    found = []
    kept = [each for each in planted if expected(each, codes) == "keep"]
    for each in planted:
        wanted = expected(each, codes)
        if wanted in ("keep", "clean"):
            # What is cleaned keeps what names nobody; another test plants the patient there.
            continue
        name = f"{'/'.join(f'{tag:08x}' for tag in (*each.way, each.tag))} {each.vr} {wanted}"
        # A time of day is not moved; nor are times that begin alike.
        if each.value is not None and not (wanted == "shift" and each.vr == "TM"):
            found += [f"value {name}" for value in values(data, each) if value and is_same(value, each.value)]
            if each.trace and each.trace in raw and not any(each.trace in other.trace for other in kept):
                found.append(f"bytes {name}")
        elif each.value is None and each.trace in raw:
            found.append(f"bytes {name}")
    return found


def losses(path: Path, planted: list[Planted], codes: set[str]) -> list[str]:
    """Planted values that the table keeps and that are gone or changed."""
    data = pydicom.dcmread(path)
    found = []
    for each in planted:
        if expected(each, codes) != "keep":
            continue
        # What stands in something that goes, goes with it.
        if not any(is_same(value, each.value) for value in values(data, each)):
            found.append(f"{'/'.join(f'{tag:08x}' for tag in (*each.way, each.tag))} {each.vr} {each.options}")
    return found


def invalid(path: Path, planted: list[Planted], codes: set[str]) -> list[str]:
    """Replacements that are no valid values, or not as the table wants them."""
    data = pydicom.dcmread(path)
    found = []
    for each in planted:
        wanted = expected(each, codes)
        now = values(data, each)
        name = f"{'/'.join(f'{tag:08x}' for tag in (*each.way, each.tag))} {each.vr} {wanted}: {now!r:.60}"
        if wanted == "U" and not (now and all(re.fullmatch(r"2\.25\.[1-9]\d{0,38}", str(value)) for value in now)):
            found.append(name)
        if wanted == "X" and any(value for value in now):
            found.append(name)
        if wanted == "D" and each.vr != "SQ" and len(each.way) in (0, 3) and not now:
            found.append(name)
        if wanted == "shift" and each.vr == "DA" and not all(re.fullmatch(r"\d{8}", str(value)) for value in now):
            found.append(name)
    return found
