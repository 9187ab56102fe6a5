"""`hu dump` shows what pydicom reads, names what it can, and lets no file speak to the terminal."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_charset_files, get_testdata_file

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.errors import ReadError, UsageError
from hounsfield.files.dump import write_dump

LINE = re.compile(r"^ *\(([0-9A-F]{4}),([0-9A-F]{4})\) (..) +(\d+|undefined) +(\d+|-)  (.*)$")

# Files of which pydicom says less or something else; each with the reason.
KNOWN = {
    "emri_small_jpeg_2k_lossless_too_short.dcm": "pydicom loses every element when encapsulated data break off",
    "priv_SQ.dcm": "pydicom does not look for items in private UN of stated length",
}


def normal(element: dict[str, Any], swap: int) -> tuple[str, Any]:
    """An element of the JSON model without what both may pad or leave out."""
    if "InlineBinary" in element and swap > 1:
        import base64

        raw = base64.b64decode(element["InlineBinary"])
        raw = b"".join(raw[at : at + swap][::-1] for at in range(0, len(raw), swap))
        return element["vr"], base64.b64encode(raw).decode()
    values: list[Any] = []
    for value in element.get("Value", []):
        if isinstance(value, dict) and element["vr"] == "PN":
            values.append({key: text.rstrip() for key, text in value.items() if text.strip("^ ")} or None)
        else:
            values.append(value.strip(" \0") or None if isinstance(value, str) else value)
    while values and values[-1] is None:
        values.pop()
    return element["vr"], values or element.get("InlineBinary")


def difference(ours: dict[str, Any], theirs: dict[str, Any], *, big_endian: bool, place: str = "") -> str:
    """The first element that pydicom gives differently; it leaves out what it holds for invalid."""
    for key, other in theirs.items():
        if key.endswith("0000"):
            continue  # PS3.18 F.2.2: group lengths are not part of the model.
        if key not in ours:
            return f"{place}{key} missing"
        mine = ours[key]
        if mine["vr"] == other["vr"] == "SQ":
            pairs = mine.get("Value", []), other.get("Value", [])
            if len(pairs[0]) != len(pairs[1]):
                return f"{place}{key} items"
            for index, (item, its) in enumerate(zip(*pairs, strict=True)):
                inner = difference(item, its, big_endian=big_endian, place=f"{place}{key}[{index}].")
                if inner:
                    return inner
            continue
        # PS3.18 F.2.7: little endian, whatever the file is; pydicom gives the bytes of the file.
        swap = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}.get(mine["vr"], 1) if big_endian else 1
        if normal(mine, swap) != normal(other, 1):
            return f"{place}{key}"
    return ""


def test_the_json_model_of_every_shared_file_is_pydicoms(shared_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="pydicom")
    different, equal = {}, 0
    for path in sorted(found for found in shared_data.rglob("*") if found.is_file()):
        try:
            ours = json.loads(hu.dump(path, json=True, full=True))
        except ReadError:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, force=True)
            theirs = dataset.to_json_dict(suppress_invalid_tags=True)
        found = difference(ours, theirs, big_endian=dataset.original_encoding[1] is False)
        if found:
            different[path.name] = found
        else:
            equal += 1
    assert set(different) <= set(KNOWN), different
    assert equal > 710


def headers(dataset: pydicom.Dataset) -> list[tuple[int, str]]:
    """Tag and VR of all elements in order, as pydicom walks them."""
    found = []
    for element in dataset:
        found.append((int(element.tag), str(element.VR)))
        if element.VR == "SQ":
            for item in element.value:
                found += headers(item)
    return found


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_bigendian.dcm", "rtplan.dcm", "image_dfl.dcm", "reportsi.dcm", "JPEG2000.dcm"]
)
def test_lines_have_the_elements_that_pydicom_has(name: str) -> None:
    path = str(get_testdata_file(name))
    lines = [match for match in map(LINE.match, hu.dump(path).splitlines()) if match]
    dataset = pydicom.dcmread(path)
    theirs = headers(dataset.file_meta) + headers(dataset)
    ours = [(int(match[1] + match[2], 16), match[3]) for match in lines]
    assert [tag for tag, _ in ours] == [tag for tag, _ in theirs]
    # Where the file says UN, pydicom says what it takes it for.
    assert all(mine in {other, "UN"} for (_, mine), (_, other) in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(
    "path", [path for path in get_charset_files("*.dcm") if "DICOMDIR" not in path], ids=lambda path: Path(path).stem
)
def test_names_are_in_their_character_set(path: str) -> None:
    shown = hu.dump(path, tags=["PatientName"], full=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = [element.value for element in pydicom.dcmread(path).iterall() if element.tag == 0x00100010]
    assert names
    assert all(str(name).rstrip() in shown for name in names)


def test_a_line_says_tag_vr_length_count_keyword_and_value() -> None:
    path = str(get_testdata_file("CT_small.dcm"))
    shown = hu.dump(path)
    assert re.search(r"^\(0028,0030\) DS +18 +2  PixelSpacing +0\.661468\\0\.661468$", shown, re.MULTILINE)
    assert re.search(r"^\(0009,1004\) SH +12 +1  \[GEMS_IDEN_01\] Product id +HiSpeed CT/i$", shown, re.MULTILINE)
    assert re.search(r"SOPClassUID +1\.2\.840\.10008\.5\.1\.4\.1\.1\.2 = CT Image Storage$", shown, re.MULTILINE)
    assert re.search(r"PixelData +00af 00b4 .*… \(32,768 bytes\)$", shown, re.MULTILINE)
    assert "    (0010,0020) LO         8    1  PatientID                        ABCD1234" in shown
    full = hu.dump(path, tags=["PixelData"], full=True)
    words = " ".join(f"{word:04x}" for word in memoryview(pydicom.dcmread(path).PixelData).cast("H"))
    assert full.rstrip().endswith(words)


def test_offsets_are_those_of_the_elements() -> None:
    path = Path(str(get_testdata_file("CT_small.dcm")))
    data = path.read_bytes()
    for line in hu.dump(path, offsets=True).splitlines():
        if not line.startswith("#") and "(" in line[:24]:
            offset, group, element = (
                int(line[:10]),
                *(int(part, 16) for part in re.findall("[0-9A-F]{4}", line[10:])[:2]),
            )
            assert data[offset : offset + 4] == group.to_bytes(2, "little") + element.to_bytes(2, "little")


def test_fragments_and_offset_tables_are_listed() -> None:
    shown = hu.dump(str(get_testdata_file("JPEG2000.dcm")), tags=["PixelData"])
    assert "undefined" in shown
    assert "  offset table, " in shown
    assert "  fragment 1, " in shown


def test_tags_choose_wherever_they_stand() -> None:
    path = str(get_testdata_file("CT_small.dcm"))
    assert hu.dump(path, tags=["PatientID"]).count("PatientID  ") == 3
    nested = hu.dump(path, tags=["OtherPatientIDsSequence[1].PatientID"])
    assert "1234ABCD" in nested
    assert "ABCD1234" not in nested
    assert json.loads(hu.dump(path, tags=["OtherPatientIDsSequence[1].0010,0020"], json=True)) == {
        "00101002": {"vr": "SQ", "Value": [{"00100020": {"vr": "LO", "Value": ["1234ABCD"]}}]}
    }
    assert json.loads(hu.dump(path, tags=["(0008,0060)"], json=True)) == {"00080060": {"vr": "CS", "Value": ["CT"]}}
    with pytest.raises(UsageError, match="'PatientNme' is neither a keyword nor a tag"):
        hu.dump(path, tags=["PatientNme"])


def test_nothing_in_a_file_reaches_the_terminal(tmp_path: Path) -> None:
    dataset = pydicom.Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.PatientName = "Evil\x1b[2J^\u202etxt"
        dataset.PatientID = "\x9b31m\x07"
        dataset.add_new(0x00090010, "LO", "\x1b]0;creator\x07")
        dataset.add_new(0x00091001, "LO", "x\r\ny")
        dataset.add_new(0x00091002, "UN", b"\x1b[31mxyz")
        path = tmp_path / "evil.dcm"
        dataset.save_as(path, implicit_vr=False, little_endian=True)
    for choice in ({}, {"full": True}, {"json": True}):
        shown = hu.dump(path, **choice)  # type: ignore[arg-type]
        assert not [letter for letter in shown if letter != "\n" and not letter.isprintable()]
    assert "Evil␛[2J^<U+202E>txt" in hu.dump(path)
    result = subprocess.run(
        [sys.executable, "-m", "hounsfield", "dump", str(path)],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert b"\x1b" not in result.stdout


def test_bulk_data_are_referred_to_or_held() -> None:
    path = Path(str(get_testdata_file("CT_small.dcm")))
    uri = json.loads(hu.dump(path, json=True))["7FE00010"]["BulkDataURI"]
    place = re.fullmatch(r"(file://.*)\?offset=(\d+)&length=(\d+)", uri)
    assert place
    assert place[1] == path.absolute().as_uri()
    assert path.read_bytes()[int(place[2]) :][: int(place[3])] == pydicom.dcmread(path).PixelData
    assert "InlineBinary" in json.loads(hu.dump(path.read_bytes(), json=True))["7FE00010"]


def test_issues_are_returned_and_long_files_come_in_pieces() -> None:
    data = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
    assert [issue.code for issue in write_dump(data[:-500], lambda _: None)] == ["value-truncated"]
    assert hu.dump(io.BytesIO(data[:-500])).splitlines()[-1].startswith("# <file>: the value should have 32768 bytes")
    item = b"\xfe\xff\x00\xe0\x08\x00\x00\x00\x08\x00\x50\x11\x00\x00\x00\x00"
    many = b"\x08\x00\x40\x11" + (len(item) * 100_000).to_bytes(4, "little") + item * 100_000
    head = b"\x08\x00\x16\x00\x02\x00\x00\x001\x00\x08\x00\x18\x00\x02\x00\x00\x001\x00"
    pieces: list[str] = []
    assert not write_dump(head + many, pieces.append)
    assert len(pieces) > 10
    assert max(map(len, pieces)) < 80_000
    assert sum(piece.count("(0008,1150)") for piece in pieces) == 100_000


def test_the_command_does_what_it_can(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(get_testdata_file("CT_small.dcm"))
    broken = tmp_path / "text"
    broken.write_text("no image")
    assert main(["dump", path, "--tag", "Modality"]) == 0
    assert capsys.readouterr().out.split() == ["(0008,0060)", "CS", "2", "1", "Modality", "CT"]
    assert main(["dump", str(broken), path, "--json", "--tag", "Modality"]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out) == [{"00080060": {"vr": "CS", "Value": ["CT"]}}]
    assert "the file is not DICOM: text" in shown.err
    assert main(["dump", str(broken), "--json"]) == 3
    assert json.loads(capsys.readouterr().out) == []
    assert main(["dump", path, "--tag", "Nonsense"]) == 2
    assert "'Nonsense' is neither" in capsys.readouterr().err


def test_common_files_need_no_pydicom() -> None:
    path = str(get_testdata_file("CT_small.dcm"))
    code = (
        f"from hounsfield.cli import main; main(['dump', {path!r}]);"
        "import sys; sys.exit(sorted({'numpy', 'pydicom'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
