"""Volumes hold the right values in the right type, and nothing that is missing passes for zero."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

import hounsfield as hu
from hounsfield.errors import GeometryError, HounsfieldError, LimitError, TruncatedError
from hounsfield.testing import Faults, chest_ct, enhanced_ct, mr_series
from hounsfield.volumes import load_stack, stacks

if TYPE_CHECKING:
    from pathlib import Path

OBLIQUE = (0.8, 0.6, 0.0, -0.36, 0.48, -0.8)


def change(files: list[Path], **values: Any) -> None:
    for file in files:
        dataset = pydicom.dcmread(file)
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)


def by_simpleitk(folder: Path) -> Any:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), (-1, 0, 0, 0, -1, 0), OBLIQUE])
def test_values_and_geometry_are_those_of_simpleitk(tmp_path: Path, orientation: tuple[float, ...]) -> None:
    chest_ct(tmp_path, slices=6, rows=32, orientation=orientation)
    volume = hu.load(tmp_path)
    other = by_simpleitk(tmp_path)
    array = SimpleITK.GetArrayFromImage(other)
    forward = np.array(other.GetDirection()).reshape(3, 3)[:, 2] @ volume.direction[0] > 0
    assert volume.unit == "HU"
    assert volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array, array if forward else array[::-1])
    np.testing.assert_allclose(volume.spacing[::-1], other.GetSpacing(), atol=1e-5)
    corner = (0, 0, 0) if forward else (0, 0, other.GetSize()[2] - 1)
    np.testing.assert_allclose(volume.affine[:3, 3], other.TransformIndexToPhysicalPoint(corner), atol=1e-4)


def test_to_simpleitk_gives_the_same_points(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=5, rows=32, orientation=OBLIQUE)
    volume = hu.load(tmp_path)
    image = volume.to_simpleitk()
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), volume.array)
    for index in ((0, 0, 0), (31, 0, 0), (0, 31, 0), (0, 0, 4), (7, 8, 3)):
        expected = (volume.affine @ [*index, 1])[:3]
        np.testing.assert_allclose(image.TransformIndexToPhysicalPoint(index), expected, atol=1e-4)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless]
)
def test_the_transfer_syntax_does_not_matter(tmp_path: Path, syntax: pydicom.uid.UID) -> None:
    chest_ct(tmp_path / "plain", slices=4, rows=32)
    (tmp_path / "other").mkdir()
    for file in (tmp_path / "plain").iterdir():
        dataset = pydicom.dcmread(file)
        if syntax == RLELossless:
            dataset.compress(syntax, generate_instance_uid=False)
        elif syntax == ExplicitVRBigEndian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
            dataset["PixelData"].VR = "OW"
        dataset.file_meta.TransferSyntaxUID = syntax
        little = syntax != ExplicitVRBigEndian
        implicit = syntax == ImplicitVRLittleEndian
        pydicom.dcmwrite(
            tmp_path / "other" / file.name,
            dataset,
            **({"force_encoding": True, "little_endian": little, "implicit_vr": implicit} if not little else {}),
        )
    plain, other = hu.load(tmp_path / "plain"), hu.load(tmp_path / "other")
    np.testing.assert_array_equal(other.array, plain.array)
    np.testing.assert_allclose(other.affine, plain.affine)


def test_members_of_an_archive_load_like_files(tmp_path: Path) -> None:
    files = chest_ct(tmp_path / "plain", slices=3, rows=32)
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(files):
            archive.write(file, f"DICOM/{number}")
    volume = hu.load(tmp_path / "export.zip")
    np.testing.assert_array_equal(volume.array, hu.load(tmp_path / "plain").array)
    assert "export.zip/DICOM/" in volume.sources[0].path


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"),
    [("1", "-1024", "int16"), ("1", "0", "uint16"), ("1", "-0.5", "float32"), ("0.25", "-1024", "float32")],
)
def test_values_are_exact_in_the_narrowest_honest_type(tmp_path: Path, slope: str, intercept: str, dtype: str) -> None:
    files = chest_ct(tmp_path, slices=3, rows=32)
    change(files, RescaleSlope=slope, RescaleIntercept=intercept)
    volume = hu.load(tmp_path)
    assert volume.array.dtype == dtype
    stored = np.stack([pydicom.dcmread(file).pixel_array for file in files])
    np.testing.assert_array_equal(volume.array, stored * float(slope) + float(intercept))


def test_what_does_not_fit_the_stored_width_becomes_float(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=3, rows=32)
    change(files, RescaleIntercept="-40000")
    volume = hu.load(tmp_path)
    assert volume.array.dtype == np.float32
    stored = np.stack([pydicom.dcmread(file).pixel_array for file in files])
    np.testing.assert_array_equal(volume.array, stored - 40000.0)


def test_a_slope_of_each_slice_is_applied_to_it(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=3, rows=32)
    for number, file in enumerate(files):
        change([file], RescaleSlope=f"{0.5 + number}", RescaleIntercept="0")
    volume = hu.load(tmp_path)
    expected = [pydicom.dcmread(file).pixel_array * (0.5 + number) for number, file in enumerate(files)]
    np.testing.assert_array_equal(volume.array, np.array(expected, np.float32))
    assert not volume.uniform


def test_bits_above_those_stored_are_dropped(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=2, rows=32)
    before = hu.load(tmp_path).array.copy()
    for file in files:
        dataset = pydicom.dcmread(file)
        dataset.PixelData = (np.frombuffer(dataset.PixelData, "<u2") | 0xA000).tobytes()
        dataset.save_as(file)
    np.testing.assert_array_equal(hu.load(tmp_path).array, before)


def test_time_series_keep_every_volume(tmp_path: Path) -> None:
    mr_series(tmp_path, shape=(3, 4, 16, 16))
    volume = hu.load(tmp_path)
    assert volume.axes == ("time", "slice", "row", "column")
    assert volume.shape == (3, 4, 16, 16)
    by_uid = {pydicom.dcmread(file).SOPInstanceUID: pydicom.dcmread(file) for file in tmp_path.iterdir()}
    for source, plane in zip(volume.sources, volume.array.reshape(-1, 16, 16), strict=True):
        np.testing.assert_array_equal(plane, by_uid[source.uid].pixel_array)


@pytest.mark.parametrize("descending", [False, True])
def test_enhanced_objects_equal_the_same_slices_one_by_one(tmp_path: Path, descending: bool) -> None:
    chest_ct(tmp_path / "single", slices=6, rows=32)
    enhanced_ct(tmp_path / "enhanced.dcm", slices=6, rows=32, descending=descending)
    single, enhanced = hu.load(tmp_path / "single"), hu.load(tmp_path / "enhanced.dcm")
    np.testing.assert_array_equal(enhanced.array, single.array)
    np.testing.assert_allclose(enhanced.affine, single.affine, atol=1e-5)
    assert enhanced.unit == "HU"
    assert [source.frame for source in enhanced.sources] == (list(range(6, 0, -1)) if descending else list(range(1, 7)))


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (Faults(missing=(3,)), "missing-slices"),
        (Faults(shifted=(3,)), "uneven-spacing"),
        (Faults(duplicated=(3,)), "duplicate-positions"),
    ],
)
def test_faulty_stacks_load_only_when_allowed(tmp_path: Path, faults: Faults, code: str) -> None:
    chest_ct(tmp_path, slices=8, rows=32, faults=faults)
    with pytest.raises(GeometryError) as caught:
        hu.load(tmp_path)
    assert caught.value.code == code
    volume = hu.load(tmp_path, allow={code})
    assert code in [issue.code for issue in volume.issues]
    assert len(volume.array) == 8 - len(faults.missing)


def test_truncated_pixels_are_an_error_with_file_tag_and_byte(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=3, rows=32)
    data = files[1].read_bytes()
    files[1].write_bytes(data[:-100])
    with pytest.raises(TruncatedError) as caught:
        hu.load(tmp_path)
    assert caught.value.where == str(files[1])
    assert caught.value.tag == 0x7FE00010
    assert caught.value.offset is not None
    volume = hu.load(tmp_path, tolerant=True)
    (issue,) = [issue for issue in volume.issues if issue.code == "pixels-truncated"]
    assert "have only 1948 of them" in issue.message


def test_pixels_promised_beyond_the_file_are_refused_before_allocation(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=2, rows=32)
    change(files, Rows=65535, Columns=65535)
    with pytest.raises(TruncatedError, match="8,589,672,450 bytes"):
        hu.load(tmp_path)


def test_compressed_files_cannot_promise_everything(tmp_path: Path) -> None:
    (file,) = chest_ct(tmp_path, slices=1, rows=32)
    dataset = pydicom.dcmread(file)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.Rows = dataset.Columns = 65535
    dataset.save_as(file)
    with pytest.raises(LimitError):
        hu.load(file)


def test_a_file_that_changed_since_the_scan_is_noticed(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=2, rows=32)
    with hu.scan(tmp_path) as catalog:
        found = stacks(catalog.instances)
    change(files[:1], Rows=16, Columns=64)
    with pytest.raises(HounsfieldError, match="differ from what was scanned"):
        load_stack(found[0])


def test_a_tilted_stack_keeps_its_sheared_affine_and_says_so(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=8, rows=32, faults=Faults(tilt=15))
    volume = hu.load(tmp_path)
    assert [issue.code for issue in volume.issues] == ["tilt"]
    slices, rows, _ = volume.direction
    assert np.degrees(np.arccos(abs(np.dot(slices, np.cross(rows, volume.direction[2]))))) == pytest.approx(15, abs=0.1)


def test_vendor_attributes_are_read_from_archives(tmp_path: Path) -> None:
    from tests.vendors import diffusion
    from tests.vendors.phantom import Series, voxels, write

    write(tmp_path / "in", Series("SIEMENS"), voxels(6, 8), diffusion.siemens)
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for file in (tmp_path / "in").iterdir():
            archive.write(file, file.name)
    plain, packed = hu.load(tmp_path / "in"), hu.load(tmp_path / "in.zip")
    assert packed.diffusion == plain.diffusion
    assert packed.diffusion is not None
    np.testing.assert_array_equal(packed.array, plain.array)


def test_numbers_that_are_none_are_left_out(tmp_path: Path) -> None:
    from tests.vendors.phantom import Series, voxels, write

    def odd(dataset: Any, _: int, __: int) -> None:
        block = dataset.private_block(0x2001, "Philips Imaging DD 001", create=True)
        block.add_new(0x03, "FL", float("nan"))
        block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0x0E, "FL", float("inf"))

    write(tmp_path, Series("Philips"), voxels(2, 3), odd)
    volume = hu.load(tmp_path)
    assert volume.diffusion is None
    assert list(volume.scalings) == ["display"]
