"""Evidence for reading, showing, editing and comparing headers."""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.evidence.row import Row, hu, program, run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]


def rows(data: Path) -> Iterator[Row]:
    """Give the rows, in the order of the README."""
    yield _read(data)
    yield _character_sets(data)
    yield _tag()
    yield _dump(data)
    yield _info(data)
    yield _set(data)
    yield _diff(data)


def _read(data: Path) -> Row:
    import pydicom

    import hounsfield

    equal = refused = 0
    different: list[str] = []
    for path in sorted(found for found in data.rglob("*") if found.is_file()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = pydicom.dcmread(path, force=True)
            except Exception:  # noqa: BLE001 - whatever it raises, it cannot read the file
                theirs = None
            try:
                ours = hounsfield.read(path, issues=[])
            except hounsfield.HounsfieldError:
                # When forced, pydicom makes a handful of elements of any file; more of them would be a loss of ours.
                lost = theirs is not None and len(theirs) > 3
                refused, different = refused + (not lost), different + [path.name] * lost
                continue
            same = theirs is not None and _same(ours, theirs)
        equal, different = equal + same, different + [path.name] * (not same)
    return Row(
        "`hu.read` gives pydicom's data set, element by element",
        "`hu.read(path)`",
        "every file of the test data",
        "pydicom.dcmread",
        f"{equal} equal, {refused} are not DICOM",
        f"{len(different)} differ: {', '.join(different)} (pydicom loses every element where pixel data break off)",
        different == ["emri_small_jpeg_2k_lossless_too_short.dcm"] and equal > 700,
    )


def _same(ours: Any, theirs: Any) -> bool:
    try:
        return bool(ours == theirs)
    except Exception:  # noqa: BLE001 - values that pydicom cannot convert are compared as they stand in the file
        return _stored(ours) == _stored(theirs)


def _stored(dataset: Any) -> list[Any]:
    return [element[:4] if isinstance(element, tuple) else element for element in dataset.values()]


def _character_sets(data: Path) -> Row:
    import pydicom

    folder = data / "pydicom/src/pydicom/data/charset_files"
    found = json.loads(hu("scan", folder, "--json", codes=(0, 1)))
    ours = {series["SeriesInstanceUID"]: series.get("PatientName") for series in found["series"]}
    names = set()
    for path in sorted(folder.glob("*.dcm")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names.add(str(pydicom.dcmread(path).get("PatientName", "")))
    text = json.dumps(found, ensure_ascii=False)
    there = sum(name in text for name in names)
    return Row(
        "names are decoded in every character set",
        "`hu scan --json`",
        "pydicom/…/charset_files (20 files)",
        "pydicom",
        f"{there} names of {len(ours)} series",
        f"{len(names)} names",
        there == len(names),
    )


def _tag() -> Row:
    from pydicom.datadict import dictionary_description, dictionary_keyword, dictionary_VM, dictionary_VR

    first = hu("tag", "Pixel Spacing").splitlines()[0].split()
    theirs = [
        f"(0028,{0x30:04X})",
        dictionary_VR(0x00280030),
        dictionary_VM(0x00280030),
        dictionary_keyword(0x00280030),
        *dictionary_description(0x00280030).split(),
    ]
    return Row(
        "the dictionary finds an attribute by words",
        '`hu tag "Pixel Spacing"`',
        "",
        "pydicom.datadict",
        " ".join(first),
        " ".join(theirs),
        first == theirs,
    )


def _dump(data: Path) -> Row:
    path = data / "pydicom/src/pydicom/data/test_files/rtplan.dcm"
    theirs = re.findall(
        r"^\s*(\([0-9a-f]{4},[0-9a-f]{4}\)) ([A-Z]{2})", run(program("dcmdump"), "-M", path), re.MULTILINE
    )
    theirs = [(tag.upper(), vr) for tag, vr in theirs if not tag.startswith("(fffe")]
    ours = re.findall(r"^\s*(\([0-9A-F]{4},[0-9A-F]{4}\)) ([A-Z]{2})", hu("dump", path), re.MULTILINE)
    ours = [(tag, vr) for tag, vr in ours if not tag.startswith("(FFFE")]
    return Row(
        "every element is shown, nested ones too",
        "`hu dump FILE`",
        "pydicom/…/rtplan.dcm",
        "dcmdump",
        f"{len(ours)} elements",
        f"{len(theirs)} elements, {'the same tags and VRs' if ours == theirs else 'others'}",
        ours == theirs,
    )


def _info(data: Path) -> Row:
    import pydicom

    path = data / "pydicom/src/pydicom/data/test_files/CT_small.dcm"
    found = json.dumps(json.loads(hu("info", path, "--json")))
    dataset = pydicom.dcmread(path)
    wanted = ["PatientID", "Manufacturer", "StudyInstanceUID", "SeriesInstanceUID", "Modality"]
    there = [keyword for keyword in wanted if str(dataset[keyword].value) in found and keyword in found]
    return Row(
        "patient, device, study and image at a glance",
        "`hu info FILE --json`",
        "pydicom/…/CT_small.dcm",
        "pydicom",
        ", ".join(there),
        ", ".join(wanted),
        there == wanted,
    )


def _set(data: Path) -> Row:
    path = data / "pydicom/src/pydicom/data/test_files/CT_small.dcm"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "edited.dcm"
        hu("set", path, "PatientID=EDITED", "-o", out)
        before, after = (run(program("dcmdump"), name).splitlines() for name in (path, out))
        changed = [line for line in after if line not in before]
        old, new = path.read_bytes(), out.read_bytes()
    start = next(index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    tail = next(index for index in range(1, len(new)) if old[-index] != new[-index]) - 1
    inside = len(new) - tail - start
    return Row(
        "editing touches nothing else, byte for byte",
        "`hu set FILE PatientID=EDITED -o OUT`",
        "pydicom/…/CT_small.dcm",
        "dcmdump before and after",
        f"{inside} bytes differ, from byte {start}",
        f"{len(changed)} line differs: {' '.join(changed[0].split()[:3])}" if changed else "nothing differs",
        len(changed) == 1 and "EDITED" in changed[0] and inside < 20,
    )


def _diff(data: Path) -> Row:
    import pydicom

    folder = data / "pydicom/src/pydicom/data/test_files"
    first, second = folder / "MR_small.dcm", folder / "MR_small_RLE.dcm"
    found = json.dumps(json.loads(hu("diff", first, second, "--json", codes=(1,))))
    a, b = pydicom.dcmread(first), pydicom.dcmread(second)
    theirs = sorted(
        element.keyword
        for element in a
        if element.tag in b and not element.tag.is_private and element != b[element.tag]
    )
    theirs += sorted(element.keyword for element in [*a, *b] if (element.tag in a) != (element.tag in b))
    theirs = [keyword for keyword in theirs if keyword]
    there = [keyword for keyword in theirs if keyword in found]
    return Row(
        "what differs, element by element",
        "`hu diff A B --json`",
        "pydicom/…/MR_small.dcm, MR_small_RLE.dcm",
        "pydicom",
        ", ".join(there),
        ", ".join(theirs),
        there == theirs and bool(theirs),
    )
