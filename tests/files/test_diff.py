"""`hu diff` finds what differs, and only that."""

from __future__ import annotations

import io
import json
import logging
import shutil
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_charset_files, get_testdata_file

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.errors import LimitError, NotDicomError, ReadError, UsageError
from hounsfield.files.diff import diff_folders

CT = str(get_testdata_file("CT_small.dcm"))


def saved(dataset: pydicom.Dataset, **choice: Any) -> bytes:
    output = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(output, **choice)
    return output.getvalue()


def stripped(value: Any) -> Any:
    """A value without the padding that is not part of it (PS3.5 6.2)."""
    if isinstance(value, pydicom.multival.MultiValue):
        return [part.strip() if isinstance(part, str) else part for part in value]
    return value.strip() if isinstance(value, str) else value or None


def by_pydicom(one: pydicom.Dataset, two: pydicom.Dataset, place: str = "") -> set[str]:
    """Paths of the elements that differ, as pydicom sees them."""
    found = set()
    for tag in sorted({int(tag) for tag in (*one.keys(), *two.keys())}):
        if not tag & 0xFFFF:
            continue
        keyword = pydicom.datadict.keyword_for_tag(tag) if not tag >> 16 & 1 else ""
        name = place + (keyword or f"{tag >> 16:04X},{tag & 0xFFFF:04X}")
        if tag not in one or tag not in two:
            found.add(name)
        elif one[tag].VR == two[tag].VR == "SQ":
            items = one[tag].value, two[tag].value
            for index, (item, other) in enumerate(zip(*items, strict=False)):
                found |= by_pydicom(item, other, f"{name}[{index}].")
            found |= {f"{name}[{index}]" for index in range(*sorted(map(len, items)))}
        elif one[tag].is_empty != two[tag].is_empty or stripped(one[tag].value) != stripped(two[tag].value):
            found.add(name)
    return found


def test_every_shared_file_equals_itself_and_differs_from_the_next_as_pydicom_says(
    shared_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="pydicom")
    paths = sorted(found for found in shared_data.rglob("*.dcm") if "charset" not in str(found))[::5]
    compared = 0
    wrong = {}
    for path, other in pairwise(paths):
        try:
            assert not hu.diff(path, path, encoding=True), path
            ours = hu.diff(path, other)
        except ReadError:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one, two = (pydicom.dcmread(each, force=True) for each in (path, other))
            theirs = by_pydicom(one, two) | by_pydicom(one.file_meta, two.file_meta)
        found = {each.path for each in ours.differences}
        if found != theirs:
            wrong[path.name, other.name] = sorted(found ^ theirs)[:5]
        compared += 1
    assert compared > 100
    assert not wrong, wrong


def test_one_change_is_one_difference() -> None:
    dataset = pydicom.dcmread(CT)
    dataset.PatientID = "X"
    (found,) = hu.diff(CT, saved(dataset)).differences
    assert (found.path, found.tag, found.kind, found.vr, found.values, found.note) == (
        "PatientID",
        0x00100020,
        "changed",
        ("LO", "LO"),
        ("1CT1", "X"),
        "",
    )
    del dataset.SliceThickness
    dataset.OtherPatientIDsSequence[1].PatientID = "Y"
    del dataset.OtherPatientIDsSequence[0]
    found_paths = [(each.path, each.kind) for each in hu.diff(CT, saved(dataset), ignore=["PatientID"]).differences]
    assert found_paths == [("OtherPatientIDsSequence[1]", "only in a"), ("SliceThickness", "only in a")]
    assert [each.kind for each in hu.diff(saved(dataset), CT).differences] == [
        "changed",
        "changed",
        "only in b",
        "only in b",
    ]


def test_pixels_are_compared_byte_by_byte() -> None:
    data = Path(CT).read_bytes()
    place = data.index(b"\xe0\x7f\x10\x00OW") + 12
    changed = bytearray(data)
    changed[place + 100] ^= 1
    changed[place + 200] ^= 1
    (found,) = hu.diff(data, bytes(changed)).differences
    assert found.path == "PixelData"
    assert found.note == "of 32,768 bytes, 2 differ, the first at byte 100"
    compressed = str(get_testdata_file("JPEG2000.dcm"))
    data = Path(compressed).read_bytes()
    (found,) = hu.diff(data, data[:-100] + b"\1" + data[-99:]).differences
    assert found.path == "PixelData"
    assert " 1 differ, the first at byte " in found.note


@pytest.mark.parametrize("name", ["MR_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm"])
def test_the_encoding_only_counts_when_asked(name: str) -> None:
    path, other = str(get_testdata_file("MR_small_implicit.dcm")), str(get_testdata_file(name))
    meta = ["TransferSyntaxUID", "SourceApplicationEntityTitle", "ImplementationVersionName", "ImplementationClassUID"]
    ours = hu.diff(path, other, ignore=meta)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = by_pydicom(pydicom.dcmread(path), pydicom.dcmread(other)) - {"PixelData"}
    assert {each.path for each in ours.differences} == theirs
    stored = hu.diff(path, other, ignore=meta, encoding=True)
    assert any(each.path == "" for each in stored.differences) == (name != "MR_small_implicit.dcm")


def test_what_lies_behind_a_limit_is_never_called_equal() -> None:
    with pytest.raises(LimitError, match="nested more than 1 deep"):
        hu.diff(CT, CT, limits=hu.Limits(depth=1))


def test_text_is_compared_as_text() -> None:
    path = get_charset_files("chrGreek.dcm")[0]
    dataset = pydicom.dcmread(path)
    name = str(dataset.PatientName)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = name
    assert [each.path for each in hu.diff(path, saved(dataset)).differences] == ["SpecificCharacterSet"]


def test_folders_are_compared_by_instance(tmp_path: Path) -> None:
    for folder, names in (("a", ["one", "two"]), ("b", ["eins", "drei"])):
        (tmp_path / folder).mkdir()
        for name in names:
            uid = {"one": "1.1", "eins": "1.1", "two": "1.2", "drei": "1.3"}[name]
            changes = {"SOPInstanceUID": uid, "PatientID": "B" if name == "eins" else "A"}
            hu.edit(CT, changes, tmp_path / folder / name)
        (tmp_path / folder / "note.txt").write_text("no image")
    found = diff_folders(tmp_path / "a", tmp_path / "b")
    assert (found.only_a, found.only_b, found.equal) == ((str(tmp_path / "a/two"),), (str(tmp_path / "b/drei"),), 0)
    assert [each.path for each in found.diffs[0].differences] == ["PatientID"]
    assert diff_folders(tmp_path / "a", tmp_path / "a").equal == 2
    with pytest.raises(UsageError, match="only be compared with a folder"):
        diff_folders(tmp_path / "a", CT)


def test_the_command_prints_and_tells_by_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "b.dcm"
    hu.edit(CT, {"PatientID": "X", "PatientName": "Evil"}, other)
    assert main(["diff", CT, CT]) == 0
    assert capsys.readouterr().out == ""
    assert main(["diff", CT, str(other), "--ignore", "PatientName"]) == 1
    shown = capsys.readouterr().out
    assert "PatientID  (0010,0020) LO\n  a  1CT1\n  b  X\n" in shown
    assert shown.endswith("\n1 difference\n")
    assert main(["diff", CT, str(other), "--json"]) == 1
    assert [each["path"] for each in json.loads(capsys.readouterr().out)["differences"]] == ["PatientName", "PatientID"]
    (tmp_path / "text").write_text("no image")
    assert main(["diff", CT, str(tmp_path / "text")]) == 3
    assert "text: the file is not DICOM: text" in capsys.readouterr().err
    with pytest.raises(NotDicomError):
        hu.diff(tmp_path / "text", CT)
    (tmp_path / "one").mkdir()
    shutil.copyfile(other, tmp_path / "one" / "x")
    assert main(["diff", str(tmp_path / "one"), str(tmp_path / "one")]) == 0
    assert "1 instances in both, 0 of them differ" in capsys.readouterr().out
