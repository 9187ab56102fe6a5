"""NIfTI files are what nibabel would write, and the same each time."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

import hounsfield as hu
from hounsfield.errors import ExistsError, UsageError, WriteError
from hounsfield.testing import Faults, chest_ct, mr_series
from hounsfield.volumes.nifti import header_fields
from hounsfield.volumes.nifti_header import HeaderFields, pack_header

if TYPE_CHECKING:
    from pathlib import Path

OBLIQUE = (0.8, 0.6, 0.0, -0.36, 0.48, -0.8)
AXES = [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), (-1, 0, 0, 0, -1, 0), (1, 0, 0, 0, 0, -1), OBLIQUE]


def world(image: nib.Nifti1Image, index: tuple[int, ...]) -> np.ndarray:
    return np.asarray(image.affine @ [*index, 1])[:3]


@pytest.mark.parametrize("orientation", AXES)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_files_hold_the_volume_in_ras(tmp_path: Path, orientation: tuple[float, ...], suffix: str) -> None:
    chest_ct(tmp_path / "in", slices=5, rows=32, orientation=orientation)
    volume = hu.load(tmp_path / "in")
    volume.save(tmp_path / f"out{suffix}")
    image: Any = nib.load(tmp_path / f"out{suffix}")
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), volume.array[:, ::-1].transpose())
    for index in ((0, 0, 0), (31, 3, 4), (5, 31, 2)):
        column, row, plane = index
        lps = (volume.affine @ [column, row, plane, 1])[:3]
        np.testing.assert_allclose(world(image, (column, 31 - row, plane)), lps * [-1, -1, 1], atol=1e-4)


@pytest.mark.parametrize("orientation", AXES)
def test_the_header_is_the_one_that_nibabel_makes(tmp_path: Path, orientation: tuple[float, ...]) -> None:
    chest_ct(tmp_path, slices=5, rows=32, orientation=orientation)
    fields = header_fields(hu.load(tmp_path))
    ours = nib.Nifti1Header(pack_header(fields)[:348])
    theirs = nib.Nifti1Header(endianness="<")
    theirs.set_data_dtype(np.int16)
    theirs.set_data_shape(fields.shape)
    theirs.set_xyzt_units("mm", "sec")
    theirs.set_sform(fields.affine, 1)
    theirs.set_qform(fields.affine, 1)
    theirs.set_slope_inter(1, 0)
    theirs["descrip"], theirs["vox_offset"], theirs["magic"] = ours["descrip"], 352, b"n+1"
    for key in theirs:
        same = np.allclose(ours[key], theirs[key], atol=1e-5) if theirs[key].dtype.kind == "f" else None
        assert same or np.array_equal(ours[key], theirs[key]), key
    np.testing.assert_allclose(ours.get_qform(), fields.affine, atol=1e-4)


def test_bytes_are_the_same_each_time_in_one_gzip_member(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=9, rows=256)
    volume = hu.load(tmp_path / "in")
    for name in ("one.nii.gz", "two.nii.gz", "plain.nii"):
        volume.save(tmp_path / name)
    data = (tmp_path / "one.nii.gz").read_bytes()
    assert data == (tmp_path / "two.nii.gz").read_bytes()
    assert data[3:8] == bytes(5), "no file name, no time"
    assert gzip.decompress(data) == (tmp_path / "plain.nii").read_bytes()
    assert data.count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00") == 1


def test_floating_point_is_stored_as_scaled_integers(tmp_path: Path) -> None:
    import pydicom

    for file in chest_ct(tmp_path / "in", slices=3, rows=32):
        dataset = pydicom.dcmread(file)
        dataset.RescaleSlope = "0.37"
        dataset.save_as(file)
    volume = hu.load(tmp_path / "in")
    volume.save(tmp_path / "x.nii")
    image: Any = nib.load(tmp_path / "x.nii")
    assert image.get_data_dtype() == np.uint16
    np.testing.assert_allclose(image.get_fdata(), volume.array[:, ::-1].transpose(), rtol=1e-6)
    np.testing.assert_allclose(volume.to_nibabel().get_fdata(), image.get_fdata(), rtol=1e-6)


def test_time_is_the_fourth_axis_with_its_step(tmp_path: Path) -> None:
    mr_series(tmp_path / "in", shape=(3, 4, 16, 16))
    volume = hu.load(tmp_path / "in")
    volume.save(tmp_path / "x.nii")
    image: Any = nib.load(tmp_path / "x.nii")
    assert image.shape == (16, 16, 4, 3)
    assert image.header.get_zooms()[3] == pytest.approx(float(volume.attributes["RepetitionTime"]) / 1000)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), volume.array[:, :, ::-1].transpose())


def test_a_tilted_volume_keeps_its_shear_in_the_sform(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=5, rows=32, faults=Faults(tilt=15))
    fields = header_fields(hu.load(tmp_path, allow="all"))
    made = nib.Nifti1Header(pack_header(fields)[:348])
    np.testing.assert_allclose(made.get_sform(), fields.affine, atol=1e-4)


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=32)
    volume = hu.load(tmp_path / "in")
    target = tmp_path / "x.nii"
    target.write_text("mine")
    with pytest.raises(ExistsError):
        volume.save(target)
    assert target.read_text() == "mine"
    volume.save(target, overwrite=True)
    assert target.stat().st_size == 352 + 2 * 32 * 32 * 2


def test_failures_leave_nothing_behind(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=32)
    volume = hu.load(tmp_path / "in")
    with pytest.raises(UsageError):
        volume.save(tmp_path / "x.mha")
    with pytest.raises(WriteError):
        volume.save(tmp_path / "missing" / "x.nii")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("shape", [(40_000, 2, 2), (5, 4, 3, 7)])
def test_nifti_2_is_what_nibabel_makes_of_it(shape: tuple[int, ...]) -> None:
    affine = np.array([[0, -2.0, 0, 5], [1.5, 0, 0, -3], [0, 0, 4.0, 7], [0, 0, 0, 1]])
    fields = HeaderFields(shape, np.dtype("<i2"), False, affine, 1, (2.0, -1.0), 0.5, "about", version=2)
    packed = pack_header(fields)
    header = nib.Nifti2Header(packed[:540])
    assert packed[540:] == bytes(4)
    assert header.get_data_shape() == shape
    assert header.get_data_dtype() == np.dtype("<i2")
    assert header.get_slope_inter() == (2.0, -1.0)
    assert header["vox_offset"] == 544
    assert bytes(header["descrip"]).startswith(b"about")
    np.testing.assert_allclose(header.get_sform(), affine)
    np.testing.assert_allclose(header.get_qform(), affine, atol=1e-6)
    assert header.get_xyzt_units() == ("mm", "sec")


def test_long_axes_make_nifti_2() -> None:
    fields = HeaderFields((40_000, 2, 2), np.dtype("u1"), False, np.eye(4), 1, (1.0, 0.0), 0.0, "")
    assert pack_header(fields)[:4] == (540).to_bytes(4, "little")


def test_more_than_seven_axes_are_an_error() -> None:
    fields = HeaderFields((2,) * 8, np.dtype("u1"), False, np.eye(4), 1, (1.0, 0.0), 0.0, "")
    with pytest.raises(WriteError, match="8"):
        pack_header(fields)


def test_a_sheared_affine_has_no_quaternion(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=8, rows=32, faults=Faults(tilt=15))
    volume = hu.load(tmp_path / "in")
    volume.save(tmp_path / "x.nii")
    read: Any = nib.load(tmp_path / "x.nii")
    assert (int(read.header["qform_code"]), int(read.header["sform_code"])) == (0, 1)
    np.testing.assert_allclose(read.affine, volume.to_nibabel().affine, atol=1e-5)
