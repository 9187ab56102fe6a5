"""Philips: three scalings, derived images in the same series, enhanced objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from pydicom.dataset import Dataset

import hounsfield as hu
from hounsfield.errors import UsageError
from tests.vendors import diffusion
from tests.vendors.compared import assert_alike
from tests.vendors.enhanced import IN_STACK, STACK, Frames, item, write_enhanced
from tests.vendors.phantom import Series, voxels, write
from tests.vendors.test_enhanced import _B_INDEX, B_VALUE, GRADIENT, weighted

if TYPE_CHECKING:
    from pathlib import Path

PHILIPS = "Philips Medical Systems"
STORED = voxels(1, 4)
COMPONENT = (0x00089208, 0x00189226)


def scaled(dataset: Dataset, _: int, __: int) -> None:
    """Conformance statement: scale slope (2005,xx0E); PS3.3 C.7.6.16.2.11 for the real-world values."""
    dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.0125)
    dataset.RescaleSlope, dataset.RescaleIntercept = "2.5", "-100"
    dataset.RealWorldValueMappingSequence = item(
        RealWorldValueFirstValueMapped=0,
        RealWorldValueLastValueMapped=4000,
        RealWorldValueIntercept=7.0,
        RealWorldValueSlope=0.5,
    )


@pytest.mark.parametrize(
    ("scaling", "slope", "intercept"),
    [("", 80, -3200), ("precise", 80, -3200), ("display", 2.5, -100), ("real-world", 0.5, 7)],
)
def test_scalings_are_chosen_by_name(tmp_path: Path, scaling: str, slope: float, intercept: float) -> None:
    write(tmp_path, Series(PHILIPS), STORED, scaled)
    volume = hu.load(tmp_path, scaling=scaling)
    np.testing.assert_allclose(volume.array, STORED[0].astype(float) * slope + intercept, rtol=1e-6, atol=0.01)
    assert sorted(volume.scalings) == ["display", "precise", "real-world"]
    assert any(rule.startswith("philips-precise-scaling") for rule in volume.rules)


@pytest.mark.parametrize(("scaling", "slope"), [("", 80), ("display", 2.5)])
def test_files_are_written_with_the_scaling_that_is_asked_for(tmp_path: Path, scaling: Any, slope: float) -> None:
    write(tmp_path / "in", Series(PHILIPS), STORED, scaled)
    write(tmp_path / "in/other", Series("SIEMENS"), STORED)
    report = hu.convert(tmp_path / "in", tmp_path / "out", scaling=scaling, name="{Manufacturer}.nii")
    assert report.counts == {"done": 2}
    image: Any = nib.load(tmp_path / "out/Philips_Medical_Systems.nii")
    assert float(image.dataobj.slope) == pytest.approx(slope, rel=1e-5)


def test_a_scaling_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write(tmp_path, Series(PHILIPS), STORED)
    with pytest.raises(UsageError, match="no scaling 'precise'"):
        hu.load(tmp_path, scaling="precise")


def test_precise_values_where_scalings_differ(tmp_path: Path) -> None:
    """Stored / scale slope for each image; dcm2niix applies the precise slope on top of the displayed values."""

    def varies(dataset: Dataset, _: int, index: int) -> None:
        dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.5 * (index + 1))
        dataset.RescaleSlope, dataset.RescaleIntercept = str(2 + index), "0"

    write(tmp_path, Series(PHILIPS), STORED, varies)
    expected = STORED[0] / (0.5 * np.arange(1, 5))[:, None, None]
    np.testing.assert_allclose(hu.load(tmp_path).array, expected, rtol=1e-6)


def test_derived_maps_are_kept_apart(tmp_path: Path) -> None:
    def change(dataset: Dataset, time: int, index: int) -> None:
        diffusion.philips(dataset, time, index)
        if time == 5:
            dataset.ImageType = ["DERIVED", "PRIMARY", "ADC", "ADC", "UNSPECIFIED"]

    write(tmp_path / "in", Series(PHILIPS, image_type=("ORIGINAL", "PRIMARY", "M_SE", "M", "SE")), voxels(6, 4), change)
    weighted, derived = assert_alike(tmp_path / "in", tmp_path, 2)
    assert weighted.axes[0] == "diffusion"
    assert "adc" in derived.name


def test_precise_values_of_enhanced_objects(tmp_path: Path) -> None:
    def change(frame: Dataset, _: int, __: int) -> None:
        private = Dataset()
        private.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.0125)
        frame.PixelValueTransformationSequence = item(RescaleIntercept=0, RescaleSlope=2.5, RescaleType="US")
        frame.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
        frame.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        frame.add_new(0x2005140F, "SQ", [private])

    (tmp_path / "in").mkdir()
    about = Series(PHILIPS, image_type=("ORIGINAL", "PRIMARY", "T1", "NONE"))
    write_enhanced(tmp_path / "in/a.dcm", about, voxels(2, 4), Frames(), change)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert volume.scalings["precise"][0] == pytest.approx(80)


@pytest.mark.parametrize(
    ("component", "second"),
    [("PHASE", (1.53455, -3142, 651.74)), ("REAL", (0.2442, -500, 4.095))],
)
def test_components_of_one_object_have_their_own_scaling(
    tmp_path: Path, component: str, second: tuple[float, float, float]
) -> None:
    """Slope, intercept and scale slope of a phase image and a field map in Hz, as references of dcm2niix state them."""

    def change(frame: Dataset, time: int, _: int) -> None:
        slope, intercept, scale = second if time else (1.23541, 0, 0.000402842)
        private = Dataset()
        private.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", scale)
        frame.PixelValueTransformationSequence = item(RescaleIntercept=intercept, RescaleSlope=slope, RescaleType="US")
        frame.MRImageFrameTypeSequence = item(
            FrameType=["ORIGINAL", "PRIMARY", "T1", "MIXED"],
            ComplexImageComponent=component if time else "MAGNITUDE",
        )
        frame.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        frame.add_new(0x2005140F, "SQ", [private])

    (tmp_path / "in").mkdir()
    about = Series(PHILIPS, image_type=("ORIGINAL", "PRIMARY", "T1", "MIXED"))
    write_enhanced(tmp_path / "in/a.dcm", about, voxels(2, 4), Frames([STACK, IN_STACK, COMPONENT]), change)
    assert {volume.name for volume in assert_alike(tmp_path / "in", tmp_path, 2)} == {"magnitude", component.lower()}


def test_weighted_volumes_are_in_the_order_of_their_acquisition(tmp_path: Path) -> None:
    order = (3, 1, 2, 6, 4, 5)

    def change(frame: Dataset, time: int, index: int) -> None:
        weighted(frame, time, index)
        private = Dataset()
        private.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x0A, "IS", str(index + 1))
        private.add_new(0x20050015, "LO", "Philips MR Imaging DD 006")
        private.add_new(0x20051596, "IS", str(order[time]))
        frame.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        frame.add_new(0x2005140F, "SQ", [private])

    (tmp_path / "in").mkdir()
    about = Series(PHILIPS, image_type=("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"))
    frames = Frames([STACK, IN_STACK, B_VALUE, GRADIENT], lambda t, z: [1, z + 1, _B_INDEX[t], t + 1])
    write_enhanced(tmp_path / "in/a.dcm", about, voxels(6, 4), frames, change)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert volume.diffusion is not None
    assert [int(b) for b in volume.diffusion.bvals] == [0, 1000, 0, 1000, 2000, 1000]


def test_a_private_position_is_that_of_the_corner(tmp_path: Path) -> None:
    """Real files state both; where the public one is lost, half a voxel is added."""

    def change(frame: Dataset, _: int, __: int) -> None:
        private = Dataset()
        private.ImagePositionPatient = [part - 1 if axis < 2 else part for axis, part in enumerate(place(frame))]
        private.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        del frame.PlanePositionSequence
        frame.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        frame.add_new(0x2005140F, "SQ", [private])

    def place(frame: Dataset) -> list[float]:
        return [float(part) for part in frame.PlanePositionSequence[0].ImagePositionPatient]

    about = Series(PHILIPS, image_type=("ORIGINAL", "PRIMARY", "T1", "NONE"))
    (tmp_path / "private").mkdir()
    (tmp_path / "public").mkdir()
    write_enhanced(tmp_path / "private/a.dcm", about, voxels(1, 4), Frames(), change)
    write_enhanced(tmp_path / "public/a.dcm", about, voxels(1, 4), Frames())
    ours, expected = hu.load(tmp_path / "private"), hu.load(tmp_path / "public")
    np.testing.assert_allclose(ours.affine, expected.affine, atol=1e-6)
