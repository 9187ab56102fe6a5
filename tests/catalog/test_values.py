"""What the catalog keeps of each file is what pydicom reads from it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.data import get_charset_files
from pydicom.multival import MultiValue

import hounsfield as hu
from hounsfield.catalog.schema import ATTRIBUTES

if TYPE_CHECKING:
    from pathlib import Path


def equal(ours: Any, theirs: Any) -> bool:
    """Whether a value of the catalog means what pydicom's means."""
    if theirs is None or theirs == "" or (isinstance(theirs, MultiValue) and not theirs):
        return ours is None
    if isinstance(ours, int | float):
        return not isinstance(theirs, MultiValue) and float(theirs) == ours
    if ours is None:
        return str(theirs).strip() == ""
    parts = ours.split("\\")
    others = list(theirs) if isinstance(theirs, MultiValue) else str(theirs).split("\\")
    if len(parts) != len(others):
        return False
    return all(
        float(part) == float(other) if isinstance(other, int | float) else part == str(other or "").strip()
        for part, other in zip(parts, others, strict=True)
    )


def differences(instance: Any) -> list[str]:
    """Attributes that differ from what pydicom reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(instance.path, stop_before_pixels=True, force=True)
        found = []
        for keyword in ATTRIBUTES:
            source = dataset.file_meta if keyword == "TransferSyntaxUID" else dataset
            if not equal(instance[keyword], source.get(keyword)):
                found.append(f"{instance.path} {keyword}: {instance[keyword]!r}, not {source.get(keyword)!r}")
    return found


def test_every_attribute_of_every_shared_file_equals_pydicom(shared_data: Path) -> None:
    catalog = hu.scan(shared_data)
    assert len(catalog.instances) > 700
    assert [line for instance in catalog.instances for line in differences(instance)] == []


def test_every_shared_file_is_an_object_or_has_a_reason(shared_data: Path) -> None:
    catalog = hu.scan(shared_data)
    listed = {file.path: file for file in catalog.files}
    files = [str(path) for path in shared_data.rglob("*") if path.is_file()]
    assert sorted(files) == sorted(listed)
    for path in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                readable = len(pydicom.dcmread(path, stop_before_pixels=True)) > 0
            except (pydicom.errors.InvalidDicomError, EOFError):
                readable = False
        if readable:
            assert listed[path].status in ("dicom", "dicomdir"), listed[path].reason
        elif listed[path].status != "dicom":
            assert listed[path].reason


@pytest.mark.parametrize("path", get_charset_files("*.dcm"), ids=lambda path: path.rsplit("/", 1)[-1])
def test_names_in_every_character_set_equal_pydicom(path: str) -> None:
    instance = hu.scan(path).instances.first()
    theirs = pydicom.dcmread(path).get("PatientName")
    assert instance is not None
    assert instance.PatientName == (None if theirs is None else str(theirs))
