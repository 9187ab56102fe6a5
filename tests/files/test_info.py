"""`hu info` says what pydicom reads, in words a person wants."""

from __future__ import annotations

import json
import logging
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
from hounsfield.errors import NotDicomError, ReadError
from hounsfield.files.described import LAYOUT
from hounsfield.files.words import words

CT = str(get_testdata_file("CT_small.dcm"))


def in_functional_groups(dataset: pydicom.Dataset, keyword: str) -> Any:
    """The first value in the shared functional groups, then in those of the first frame."""
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in (dataset.get(name) or [])[:1]:
            for element in group.iterall():
                if element.keyword == keyword and element.VM:
                    return element.value
    return None


def plain(value: Any) -> Any:
    """A value of pydicom as `hu.info` gives it."""
    if isinstance(value, pydicom.multival.MultiValue | list):
        return [plain(part) for part in value]
    if isinstance(value, float | int):
        return float(value)
    # pydicom leaves out empty component groups of names at the end.
    return str(value).strip(" \0").rstrip("=") if value is not None else None


def test_values_are_those_that_pydicom_reads(shared_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="pydicom")
    keywords = [entry.path for members in LAYOUT.values() for entry in members if "." not in entry.path]
    checked = nested = 0
    for path in sorted(found for found in shared_data.rglob("*") if found.is_file()):
        try:
            about = hu.info(path).to_dict()
        except ReadError:
            continue
        if path.name == "emri_small_jpeg_2k_lossless_too_short.dcm":
            continue  # pydicom loses every element when encapsulated data break off.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, force=True)
            for keyword in keywords:
                if keyword not in about:
                    continue
                holder: Any = dataset.file_meta if keyword in dataset.file_meta else dataset
                value = holder.get(keyword)
                if keyword not in holder:
                    value = in_functional_groups(dataset, keyword)
                    nested += value is not None
                ours, theirs = plain(about[keyword]), plain(value) or None if value != 0 else 0.0
                assert ours == theirs or str(ours) == str(theirs), (path, keyword)
        checked += 1
    assert checked > 710
    assert nested > 20


def test_a_description_is_aligned_and_complete() -> None:
    about = hu.info(CT)
    shown = str(about)
    assert "  (0010,0010)  Name                CT1 CompressedSamples  [CompressedSamples^CT1]\n" in shown
    assert "  (0010,0030)  Birth date          not stated\n" in shown
    assert "  (0008,0020)  Date                2004-01-19  [20040119]\n" in shown
    assert "  (0028,0030)  Pixel spacing       0.661468 \N{MULTIPLICATION SIGN} 0.661468 mm\n" in shown
    assert "  (0002,0010)  Transfer syntax     Explicit VR Little Endian  [1.2.840.10008.1.2.1]\n" in shown
    assert shown.endswith("  (7FE0,0010)  Pixel data          32,768 bytes")
    assert about["PatientBirthDate"] is None
    assert about["Rows"] == 128
    with pytest.raises(KeyError):
        about["NoKeyword"]
    report = str(hu.info(str(get_testdata_file("reportsi.dcm"))))
    assert "Photometric" not in report


def test_values_of_functional_groups_say_so(shared_data: Path) -> None:
    folder = shared_data / "dicom2nifti" / "tests" / "data" / "philips_enhanced"
    (path, *_) = [found for found in folder.rglob("*") if found.suffix == ".dcm"]
    about = hu.info(path)
    assert {field.place for field in about} >= {"first frame"}
    assert "(first frame)" in str(about)


@pytest.mark.parametrize(
    "path", [path for path in get_charset_files("chr*.dcm") if "SQ" not in path], ids=lambda p: Path(p).stem
)
def test_names_are_in_their_character_set(path: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert hu.info(path)["PatientName"].rstrip("=") == str(pydicom.dcmread(path).PatientName).strip()


@pytest.mark.parametrize(
    ("kind", "value", "unit", "text"),
    [
        ("date", "20240229", "", "2024-02-29  [20240229]"),
        ("date", "20230229", "", "20230229"),
        ("date", "1999.12.31", "", "1999-12-31  [1999.12.31]"),
        ("time", "235960.5", "", "23:59:59  [235960.5]"),
        ("time", "0730", "", "07:30  [0730]"),
        ("time", "99", "", "99"),
        ("moment", "20240229120000.5+0100", "", "2024-02-29 12:00:00  [20240229120000.5+0100]"),
        ("age", "001D", "", "1 day  [001D]"),
        ("age", "old", "", "old"),
        ("sex", "F", "", "female  [F]"),
        ("sign", 1, "", "signed  [1]"),
        ("person", "Doe^John^^Dr=x", "", "Dr John Doe  [Doe^John^^Dr=x]"),
        ("number", "1.50000", "mm", "1.5 mm"),
        ("number", "1e99999", "mm", "inf mm"),
        ("number", "much", "mm", "much mm"),
        ("number", "90", "°", "90°"),
        ("uid", "1.2.3", "", "1.2.3"),
    ],
)
def test_words(kind: str, value: str | int, unit: str, text: str) -> None:
    assert words(kind, [value], unit) == text


def test_nothing_in_a_file_reaches_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = pydicom.Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.PatientName = "Evil\x1b[2J"
        dataset.Modality = "\x9b31m"
        dataset.save_as(tmp_path / "evil", implicit_vr=False, little_endian=True)
    assert main(["info", str(tmp_path / "evil")]) == 0
    shown = capsys.readouterr().out
    assert "Evil␛[2J" in shown
    assert not [letter for letter in shown if letter != "\n" and not letter.isprintable()]


def test_the_command_does_what_it_can(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "text"
    broken.write_text("no image")
    with pytest.raises(NotDicomError):
        hu.info(broken)
    assert main(["info", str(broken), CT, "--json"]) == 1
    shown = capsys.readouterr()
    (about,) = json.loads(shown.out)
    assert (about["path"], about["PixelSpacing"], about["PatientBirthDate"]) == (CT, [0.661468, 0.661468], None)
    assert "the file is not DICOM: text" in shown.err
    assert main(["info", str(broken)]) == 3
    assert main(["info", CT, CT]) == 0
    assert capsys.readouterr().out.count("Modality") == 2


def test_common_files_need_no_pydicom() -> None:
    code = (
        f"from hounsfield.cli import main; main(['info', {CT!r}]);"
        "import sys; sys.exit(sorted({'numpy', 'pydicom'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
