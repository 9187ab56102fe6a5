"""False alarms of a check against the originals, and leaks in the same attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom
import pytest

import hounsfield as hu
from hounsfield.deidentify import check

if TYPE_CHECKING:
    from pathlib import Path

CT = "pydicom/src/pydicom/data/test_files/CT_small.dcm"


def _original(shared_data: Path, target: Path, **values: str) -> Path:
    target.parent.mkdir(exist_ok=True)
    data = pydicom.dcmread(shared_data / CT)
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    for keyword, value in values.items():
        setattr(data, keyword, value)
    data.save_as(target)
    return target


@pytest.mark.parametrize("keyword", ["Manufacturer", "ManufacturerModelName", "SoftwareVersions"])
def test_a_maker_that_is_called_like_a_person_of_another_file(shared_data: Path, tmp_path: Path, keyword: str) -> None:
    source = tmp_path / "in"
    _original(shared_data, source / "a.dcm", PatientName="Slicer^Ida", PatientID="A-1234")
    other = {keyword: "Slicer", "PatientName": "Quellenberg^Ole", "PatientID": "B-5678"}
    _original(shared_data, source / "b.dcm", **other)
    options = ("retain-device-identity",)
    hu.deidentify(source, tmp_path / "out", hu.Profile.basic(*options))
    assert check(tmp_path / "out", against=source) == []


@pytest.mark.parametrize("keyword", ["Manufacturer", "ManufacturerModelName", "SoftwareVersions", "ImageType"])
def test_a_patient_named_where_the_maker_should_be(shared_data: Path, tmp_path: Path, keyword: str) -> None:
    source = tmp_path / "in"
    name = "SLICER" if keyword == "ImageType" else "Slicer"
    _original(shared_data, source / "a.dcm", PatientName="Slicer^Ida", PatientID="A-1234", **{keyword: name})
    _original(shared_data, source / "b.dcm", PatientName="Quellenberg^Ole", PatientID="B-5678")
    report = hu.deidentify(source, tmp_path / "out")
    first = next(row for row in report if row.input.endswith("a.dcm"))
    made = pydicom.dcmread(tmp_path / "out" / first.output)
    setattr(made, keyword, name)
    made.save_as(tmp_path / "out" / first.output)
    assert ("known", keyword) in {(one.kind, one.path) for one in check(tmp_path / "out", against=source)}


def test_a_name_in_a_text_of_another_file_is_found(shared_data: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    _original(shared_data, source / "a.dcm", PatientName="Quellenberg^Ole", PatientID="A-1234")
    texts = {"SeriesDescription": "compare QUELLENBERG", "PatientName": "Other^Ida", "PatientID": "B-5678"}
    _original(shared_data, source / "b.dcm", **texts)
    hu.deidentify(source, tmp_path / "out", hu.Profile.basic("clean-descriptors"))
    found = check(tmp_path / "out", against=source)
    assert [(one.kind, one.path) for one in found] == [("known", "SeriesDescription")]
