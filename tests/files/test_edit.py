"""`hu set` changes what it was told to change, and no other byte."""

from __future__ import annotations

import io
import json
import logging
import shutil
import subprocess
import warnings
import zlib
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_charset_files, get_testdata_file
from pydicom.dataelem import RawDataElement

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.errors import ExistsError, ReadError, UsageError, WriteError
from hounsfield.files.edit import Change

CT = str(get_testdata_file("CT_small.dcm"))
SYNTAXES = [
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "image_dfl.dcm",
    "rtplan.dcm",
    "reportsi.dcm",
    "JPEG2000.dcm",
]


def edited(source: str | Path | bytes, changes: dict[str, Any], **choice: Any) -> bytes:
    output = io.BytesIO()
    hu.edit(source, changes, output, **choice)
    return output.getvalue()


def read(data: bytes) -> pydicom.FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(data), force=True)


def raw(dataset: pydicom.Dataset) -> dict[int, bytes | None]:
    """Raw values of the outermost elements, without group lengths."""
    found = {}
    for tag in dataset.keys():  # noqa: SIM118
        element: Any = dataset.get_item(tag)
        if isinstance(element, RawDataElement) and int(tag) & 0xFFFF:
            found[int(tag)] = element.value
    return found


def test_one_change_in_every_shared_file_changes_nothing_else(
    shared_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="pydicom")
    checked = 0
    refused: dict[str, str] = {}
    for path in sorted(found for found in shared_data.rglob("*") if found.is_file()):
        data = path.read_bytes()
        try:
            out = edited(data, {"PatientID": "A changed one"})
        except ReadError:
            continue
        except UsageError as error:
            refused[path.name] = error.code
            continue
        before, after = read(data), read(out)
        if path.name == "emri_small_jpeg_2k_lossless_too_short.dcm":
            continue  # pydicom loses every element when encapsulated data break off.
        kept = raw(before)
        kept.pop(0x00100020, None)
        now = raw(after)
        assert now.pop(0x00100020) == b"A changed one "
        assert now == kept, path
        assert raw(after.file_meta) == raw(before.file_meta), path
        element: Any = before.get_item(0x00100020)
        if "1.99" in str(before.file_meta.get("TransferSyntaxUID", "")):
            pass  # Deflated again, the bytes differ; the elements were compared above.
        elif isinstance(element, RawDataElement):
            # Byte for byte: what stands before the length of the value, and what stands after the value.
            assert out.endswith(data[element.value_tell + element.length :]), path
            if 0x00100000 not in before:
                assert out[: element.value_tell - 4] == data[: element.value_tell - 4], path
            assert edited(out, {"PatientID": data[element.value_tell :][: element.length]}) == data, path
        elif element is None:
            assert edited(out, {"PatientID": None}) == data, path
        checked += 1
    assert checked > 710
    assert refused == {"DICOMDIR-nooffset": "edit-truncated"}


def nested(dataset: pydicom.Dataset, place: str = "") -> list[str]:
    """Paths to all text in sequences."""
    paths = []
    for element in dataset:
        name = element.keyword or f"{element.tag.group:04X},{element.tag.element:04X}"
        if element.VR == "SQ":
            for index, item in enumerate(element.value):
                paths += nested(item, f"{place}{name}[{index}].")
        elif place and element.VR in {"LO", "SH", "CS", "UI"} and element.value and element.keyword:
            paths.append(place + name)
    return paths


@pytest.mark.parametrize("name", SYNTAXES)
def test_nested_changes_go_and_come_back(name: str) -> None:
    data = Path(str(get_testdata_file(name))).read_bytes()
    dataset = read(data)
    inflate = dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1.99"
    for path in ["StudyInstanceUID", *nested(dataset)[:40]]:
        holder: Any = dataset
        for part in path.split(".")[:-1]:
            sequence, index = part[:-1].split("[")
            holder = holder[sequence].value[int(index)]
        keyword = path.rpartition(".")[2]
        old = holder[keyword].value
        there = edited(data, {path: "1.2.3456789.10"}, force=True)
        assert there != data
        back = edited(
            there,
            {path: "\\".join(old) if isinstance(old, list | pydicom.multival.MultiValue) else str(old)},
            force=True,
        )
        assert unpacked(back, inflate=inflate) == unpacked(data, inflate=inflate), path
        gone = edited(data, {path: None})
        assert len(unpacked(gone, inflate=inflate)) < len(unpacked(data, inflate=inflate))
        assert unpacked(edited(gone, {path: str(old)}, force=True), inflate=inflate) == unpacked(
            data, inflate=inflate
        ) or isinstance(old, pydicom.multival.MultiValue)


def unpacked(data: bytes, *, inflate: bool) -> bytes:
    if not inflate:
        return data
    start = 132 + 12 + int.from_bytes(data[140:144], "little")
    return data[:start] + zlib.decompressobj(-15).decompress(data[start:])


def test_group_lengths_and_media_storage_uids_follow() -> None:
    data = Path(CT).read_bytes()
    output = io.BytesIO()
    changes = hu.edit(CT, {"SOPInstanceUID": "1.2.3"}, output)
    assert changes == [
        Change("SOPInstanceUID", "changed", "UI"),
        Change("MediaStorageSOPInstanceUID", "changed", "UI", "SOPInstanceUID"),
    ]
    after = read(output.getvalue())
    assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID == "1.2.3"
    before = read(data)
    lost = len(before.SOPInstanceUID) + len(before.SOPInstanceUID) % 2 - 6
    assert after.file_meta.FileMetaInformationGroupLength == before.file_meta.FileMetaInformationGroupLength - lost
    # A retired group length of the data set, too.
    start = b"\x08\x00\x60\x00CS\x02\x00MR\x10\x00\x00\x00UL\x04\x00"
    plain = start + b"\x0a\0\0\0" + b"\x10\x00\x20\x00LO\x02\x00AB"
    assert edited(plain, {"PatientID": "ABCDEF"}) == start + b"\x0e\0\0\0" + b"\x10\x00\x20\x00LO\x06\x00ABCDEF"


def test_new_elements_stand_in_order_and_have_the_dictionarys_vr() -> None:
    after = read(edited(CT, {"StudyComments": "x", "EchoTime": 2.5, "Rows": 3, "ImageType": ["A", "B"], "StudyID": ""}))
    assert (after.StudyComments, after.EchoTime, after.Rows, list(after.ImageType)) == ("x", 2.5, 3, ["A", "B"])
    assert after["StudyComments"].VR == "LT"
    assert after.StudyID == ""
    tags = [int(tag) for tag in after.keys()]  # noqa: SIM118
    assert tags == sorted(tags)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm"])
def test_numbers_are_in_the_byte_order_of_the_file(name: str) -> None:
    path = str(get_testdata_file(name))
    changes = {
        "Rows": "300",
        "RecommendedDisplayFrameRateInFloat": 2.5,
        "PixelPaddingValue": -3,
        "SelectorATValue": "PatientID",
    }
    after = read(edited(path, changes))
    assert (after.Rows, after.RecommendedDisplayFrameRateInFloat, after.SelectorATValue) == (300, 2.5, 0x00100020)
    assert after.PixelPaddingValue == -3


def test_private_elements_need_a_creator_and_a_vr() -> None:
    with pytest.raises(UsageError, match="no private creator"):
        edited(CT, {"0013,1001:LO": "x"})
    with pytest.raises(UsageError, match="VR of 0009,10AA is not known"):
        edited(CT, {"0009,10AA": "x"})
    after = read(edited(CT, {"0013,0010": "ACME", "0013,1001:LO": "x", "0009,1004": "known"}))
    assert after[0x00131001].VR == "LO"
    assert after.private_block(0x13, "ACME")[1].value == "x"
    assert after[0x00091004].value == "known"


def test_text_is_in_the_character_set_of_the_file() -> None:
    assert read(edited(CT, {"PatientName": "Müller"})).PatientName == "Müller"
    with pytest.raises(UsageError, match="not in the character set of the file"):
        edited(CT, {"PatientName": "Мир"})
    assert (
        read(edited(CT, {"PatientName": "Мир", "SpecificCharacterSet": "ISO_IR 192"}, force=True)).PatientName == "Мир"
    )
    greek = get_charset_files("chrGreek.dcm")[0]
    assert read(edited(greek, {"PatientName": "Διον"})).PatientName == "Διον"
    japanese = get_charset_files("chrH31.dcm")[0]
    assert read(edited(japanese, {"PatientName": "Yamada^Tarou=山田^太郎"})).PatientName.ideographic == "山田^太郎"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"StudyDate": "yesterday"}, "Invalid value for VR DA"),
        ({"PatientID": "x" * 65}, "exceeds the maximum length"),
        ({"PatientID": "a\\b"}, "takes 1 value, not 2"),
        ({"PixelSpacing": "1"}, "takes 2 values, not 1"),
        ({"Rows": "-1"}, "is no number of VR US"),
        ({"Rows": "many"}, "is no number of VR US"),
        ({"PixelData": "x"}, "OW, which cannot be given as text"),
        ({"OtherPatientIDsSequence": "x"}, "is a sequence"),
        ({"OtherPatientIDsSequence.PatientID": "x"}, "has 2 items: say which"),
        ({"OtherPatientIDsSequence[7].PatientID": "x"}, r"has no item \[7\]"),
        ({"BeamSequence[0].BeamName": "x"}, "no such sequence"),
        ({"PatientID[0].BeamName": "x"}, "is no sequence"),
        ({"PatientNme": "x"}, "neither a keyword nor a tag"),
        ({"PatientID:lo": "x"}, "'lo' is no VR"),
        ({"TransferSyntaxUID": "1.2.840.10008.1.2"}, "make the file unreadable"),
        ({"0008,0000": "1"}, "group length"),
        ({"PatientComments": None}, "no such element to delete"),
        ({"PatientID": "a", "0010,0020": "b"}, "the same element"),
        ({"OtherPatientIDsSequence[0].PatientID": "a", "OtherPatientIDsSequence": None}, "the same element"),
    ],
)
def test_what_is_not_possible_is_explained(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        edited(CT, changes)


def test_force_writes_against_the_rules() -> None:
    assert edited(CT, {"StudyDate": "yesterday"}, force=True).count(b"yesterday ") == 1


def test_files_are_written_whole_and_never_over_others_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    shutil.copyfile(CT, path)
    before = path.read_bytes()
    with pytest.raises(ExistsError, match=r"a\.dcm: the output exists already"):
        hu.edit(path, {"PatientID": "X"}, path)
    with pytest.raises(WriteError, match="cannot be written: No such file"):
        hu.edit(path, {"PatientID": "X"}, tmp_path / "missing" / "b.dcm")
    assert hu.edit(path, {"PatientID": "X"}, tmp_path / "c.dcm", dry_run=True) == [Change("PatientID", "changed", "LO")]
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.dcm"]
    hu.edit(path, {"PatientID": "X"}, path, overwrite=True)
    assert path.read_bytes() == edited(CT, {"PatientID": "X"})
    assert [found.name for found in tmp_path.iterdir()] == ["a.dcm"]


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="needs dcmdump of DCMTK")
@pytest.mark.parametrize("name", SYNTAXES)
def test_dcmdump_sees_one_line_changed(name: str, tmp_path: Path) -> None:
    source, out = str(get_testdata_file(name)), tmp_path / "out.dcm"
    hu.edit(source, {"StudyTime": "235959.123456"}, out)
    dumps = [
        subprocess.run(["dcmdump", "-q", path], capture_output=True, check=True).stdout.splitlines()
        for path in (source, out)
    ]
    changed = [pair for pair in zip(*dumps, strict=True) if pair[0] != pair[1]]
    assert [after[:11] for _, after in changed] == [b"(0008,0030)"]
    assert b"[235959.123456]" in changed[0][1]


def test_the_command_edits_files_and_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    shutil.copyfile(CT, tmp_path / "in" / "deep" / "a")
    (tmp_path / "in" / "note.txt").write_text("no image")
    out = tmp_path / "out"
    command = ["set", str(tmp_path / "in"), "PatientID=X", "PatientName=", "--delete", "SliceThickness", "-o", str(out)]
    assert main([*command, "--dry-run"]) == 0
    assert "not written" in capsys.readouterr().out
    assert not out.exists()
    assert main([*command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["files"]
    assert [(row["status"], len(row["changes"])) for row in rows] == [("skipped", 0), ("done", 3)]
    dataset = pydicom.dcmread(out / "deep" / "a")
    assert (dataset.PatientID, str(dataset.PatientName), "SliceThickness" in dataset) == ("X", "", False)
    assert not (out / "note.txt").exists()
    assert main(command) == 5
    assert "exists already" in capsys.readouterr().err
    assert main(["set", CT, "PatientID=X"]) == 2
    assert main(["set", CT, "-o", str(out)]) == 2
    assert main(["set", str(tmp_path / "in"), "PatientID=X", "-o", str(tmp_path / "in" / "new")]) == 2
    assert main(["set", str(tmp_path / "in" / "note.txt"), "PatientID=X", "-o", str(tmp_path / "new")]) == 3
