"""Siemens mosaics, with the CSA header of a real file and what may be different in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hounsfield as hu
from hounsfield.errors import GeometryError, MalformedError
from hounsfield.volumes.vendors.siemens_csa import parse_csa
from tests.vendors.compared import assert_alike
from tests.vendors.phantom import CORONAL, OBLIQUE, SAGITTAL

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = "dcm_qa_nih/In/20180918Si/mr_0003"
_NORMAL = ("SliceNormalVector", b"1.00000000", b"-1.0000000")
_NUMBER = ("ProtocolSliceNumber", b"0\0", b"4\0")


def copied(source: Path, target: Path, *changes: tuple[str, bytes, bytes]) -> None:
    """Copy the series with other values in its CSA header, of the same length."""
    target.mkdir()
    for file in source.glob("*.dcm"):
        dataset = pydicom.dcmread(file)
        header = bytearray(dataset[0x00291010].value)
        for name, old, new in changes:
            at = header.index(old, header.index(name.encode() + b"\0"))
            header[at : at + len(old)] = new
        dataset[0x00291010].value = bytes(header)
        dataset.save_as(target / file.name)


@pytest.mark.parametrize("changes", [(), (_NORMAL,), (_NUMBER,), (_NORMAL, _NUMBER)])
def test_mosaics_equal_dcm2niix(shared_data: Path, tmp_path: Path, changes: Any) -> None:
    copied(shared_data / _FOLDER, tmp_path / "in", *changes)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    times = (0.0, 1.45, 0.4825, 1.9325, 0.9675)
    assert volume.timing.slice_times == pytest.approx(times[::-1] if _NORMAL in changes else times)


@pytest.mark.parametrize("orientation", [SAGITTAL, CORONAL, OBLIQUE, (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0)])
@pytest.mark.parametrize("sign", [1, -1])
def test_mosaics_of_any_orientation(
    shared_data: Path, tmp_path: Path, orientation: tuple[float, ...], sign: int
) -> None:
    """Tiles along the normal of row x column, and against it."""
    copied(shared_data / _FOLDER, tmp_path / "in")
    for file in (tmp_path / "in").iterdir():
        dataset = pydicom.dcmread(file)
        dataset.ImageOrientationPatient = list(orientation)
        header = bytearray(dataset[0x00291010].value)
        at = header.index(b"SliceNormalVector\0")
        for old, part in zip(
            (b"0.0000", b"0.0000", b"1.0000"), np.cross(orientation[:3], orientation[3:]), strict=True
        ):
            at = header.index(old, at)
            header[at : at + 10] = f"{sign * part:.8f}".encode()[:10]
            at += 10
        dataset[0x00291010].value = bytes(header)
        dataset.save_as(file)
    assert_alike(tmp_path / "in", tmp_path)


def test_mosaics_that_follow_the_head_are_one_series(shared_data: Path, tmp_path: Path) -> None:
    """Prospective motion correction moves the second volume by a third of a millimeter."""
    copied(shared_data / _FOLDER, tmp_path / "in")
    last = max((tmp_path / "in").iterdir())
    dataset = pydicom.dcmread(last)
    dataset.ImagePositionPatient = [float(part) + 0.2 for part in dataset.ImagePositionPatient]
    dataset.save_as(last)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert [issue.code for issue in volume.issues] == ["moved"]


def test_a_mosaic_without_private_attributes_is_refused(shared_data: Path, tmp_path: Path) -> None:
    """dcm2niix guesses nine slices, four of which are empty tiles."""
    for file in (shared_data / _FOLDER).glob("*.dcm"):
        dataset = pydicom.dcmread(file)
        dataset.remove_private_tags()
        dataset.save_as(tmp_path / file.name)
    with pytest.raises(GeometryError, match="mosaic without its private attributes"):
        hu.load(tmp_path)


def test_the_csa_header_of_another_file_is_read(shared_data: Path) -> None:
    dataset = hu.read(shared_data / "dcmstack/test/data/extract/csa_test.dcm")
    values = parse_csa(dataset[0x00291010].value)
    assert values["B_value"] == ["0"]
    assert values["PhaseEncodingDirectionPositive"] == ["1"]


@given(st.binary(max_size=400).map(lambda data: b"SV10\4\3\2\1" + data) | st.binary(max_size=400))
def test_csa_headers_of_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        values = parse_csa(data)
    except MalformedError:
        return
    assert all(all(items) for items in values.values())


@pytest.mark.parametrize("data", [b"", b"SV10\4\3\2\1", b"SV10\4\3\2\1\2\0\0\0M\0\0\0", b"\xff" * 64])
def test_csa_headers_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_csa(data)
