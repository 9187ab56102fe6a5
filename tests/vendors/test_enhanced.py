"""Enhanced MR objects: dimension indices in the order of each vendor, components and echoes in one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom.dataset import Dataset

import hounsfield as hu
from tests.vendors.compared import assert_alike
from tests.vendors.diffusion import BVALS, GRADIENTS
from tests.vendors.enhanced import IN_STACK, STACK, TEMPORAL, Frames, item, write_enhanced
from tests.vendors.phantom import AXIAL, OBLIQUE, Series, voxels

if TYPE_CHECKING:
    from pathlib import Path

B_VALUE, GRADIENT = (0x00189087, 0x00189117), (0x00189089, 0x00189117)
COMPONENT, ECHO = (0x00089208, 0x00189226), (0x00189082, 0x00189114)
_B_INDEX = (1, 1, 2, 2, 2, 3)
VENDORS = ("Philips Medical Systems", "CANON_MEC", "Bruker BioSpin MRI GmbH")
PLAIN = ("ORIGINAL", "PRIMARY", "T1", "NONE")


def weighted(frame: Dataset, time: int, _: int) -> None:
    """PS3.3 C.8.13.5.9, MR Diffusion macro."""
    made = Dataset()
    made.DiffusionBValue = float(BVALS[time])
    made.DiffusionDirectionality = "DIRECTIONAL" if BVALS[time] else "NONE"
    if BVALS[time]:
        gradient = [float(part) for part in GRADIENTS[time]]
        made.DiffusionGradientDirectionSequence = item(DiffusionGradientOrientation=gradient)
    frame.MRDiffusionSequence = [made]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("slices_first", [False, True])
def test_time(tmp_path: Path, vendor: str, slices_first: bool) -> None:
    (tmp_path / "in").mkdir()
    frames = Frames(slices_first=slices_first)
    write_enhanced(tmp_path / "in/a.dcm", Series(vendor, image_type=PLAIN), voxels(3, 4), frames)
    assert assert_alike(tmp_path / "in", tmp_path)[0].axes[0] == "time"


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE])
@pytest.mark.parametrize("first", ["positions", "gradients"])
def test_diffusion(tmp_path: Path, vendor: str, orientation: tuple[float, ...], first: str) -> None:
    if first == "positions":
        frames = Frames([STACK, IN_STACK, B_VALUE, GRADIENT], lambda t, z: [1, z + 1, _B_INDEX[t], t + 1])
    else:
        frames = Frames([B_VALUE, GRADIENT, STACK, IN_STACK], lambda t, z: [_B_INDEX[t], t + 1, 1, z + 1])
    (tmp_path / "in").mkdir()
    about = Series(vendor, orientation, image_type=("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"))
    write_enhanced(tmp_path / "in/a.dcm", about, voxels(6, 4), frames, weighted)
    assert assert_alike(tmp_path / "in", tmp_path)[0].diffusion is not None


def test_components_and_echoes_of_one_object(tmp_path: Path) -> None:
    def component(frame: Dataset, time: int, _: int) -> None:
        stated = "MAGNITUDE" if time < 2 else "PHASE"
        frame.MRImageFrameTypeSequence = item(FrameType=list(PLAIN), ComplexImageComponent=stated)

    def echo(frame: Dataset, time: int, _: int) -> None:
        frame.MREchoSequence = item(EffectiveEchoTime=(10.0, 20.0)[time % 2])

    about = Series(VENDORS[0], image_type=PLAIN)
    for name, change, pointer, indices in (
        ("component", component, COMPONENT, lambda t, z: [1, z + 1, t % 2 + 1, t // 2 + 1]),
        ("echo", echo, ECHO, lambda t, z: [1, z + 1, t // 2 + 1, t % 2 + 1]),
    ):
        folder = tmp_path / name
        (folder / "in").mkdir(parents=True)
        frames = Frames([STACK, IN_STACK, TEMPORAL, pointer], indices)
        write_enhanced(folder / "in/a.dcm", about, voxels(4, 4), frames, change)
        assert all(volume.shape == (2, 4, 12, 10) for volume in assert_alike(folder / "in", folder, 2))


@pytest.mark.parametrize("vendor", ["SIEMENS", "GE MEDICAL SYSTEMS", "UIH"])
def test_an_object_for_each_volume_is_one_series_in_time(tmp_path: Path, vendor: str) -> None:
    """As Siemens XA writes 4-D series."""
    stored = voxels(6, 4)
    about = Series(vendor, image_type=("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"))
    for time in range(6):

        def change(frame: Dataset, _: int, index: int, time: int = time) -> None:
            weighted(frame, time, index)

        write_enhanced(tmp_path / f"{9 - time}.dcm", about, stored[time : time + 1], Frames(), change, time + 1)
    volume = hu.load(tmp_path)
    assert volume.axes == ("diffusion", "slice", "row", "column")
    np.testing.assert_array_equal(volume.array, stored)
    assert volume.diffusion is not None
    np.testing.assert_allclose(volume.diffusion.bvecs, GRADIENTS, atol=1e-6)


def test_frame_times_are_slice_times_of_siemens(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "a.dcm", Series("SIEMENS", image_type=PLAIN), voxels(2, 4), Frames())
    np.testing.assert_allclose(hu.load(tmp_path).timing.slice_times, [0, 0.5, 1, 1.5], atol=1e-6)


@pytest.mark.parametrize(("second", "expected"), [(0.5, [0, 0.5, 1, 0, 0.5, 1]), (0.9, [])])
def test_a_first_volume_that_takes_longer_than_a_repetition(
    tmp_path: Path, second: float, expected: list[float]
) -> None:
    """XA60 and XA61 (issues 870 and 875 of dcm2niix): multiband, but the first volume states times of one band."""

    def times(frame: Dataset, time: int, index: int) -> None:
        start = index * 0.7 if time == 0 else 3 * time + (index % 3 if second < 0.6 else index) * second
        frame.FrameContentSequence[0].FrameAcquisitionDateTime = f"202501021011{12 + start:09.6f}"

    write_enhanced(tmp_path / "a.dcm", Series("SIEMENS", image_type=PLAIN), voxels(2, 6), Frames(), times)
    found = hu.load(tmp_path).timing.slice_times
    np.testing.assert_allclose(found or (), expected, atol=1e-6)


def test_parts_of_a_concatenation_are_one_volume_in_time(tmp_path: Path) -> None:
    """PS3.3 C.7.6.16.2.2.4: one object too large for one file; here the second part holds a single time."""
    stored = voxels(3, 4)
    about = Series(VENDORS[0], image_type=PLAIN)
    write_enhanced(tmp_path / "a.dcm", about, stored[:2], Frames(slices_first=True), None, 1)
    last = Frames(indices=lambda t, z: [1, z + 1, t + 3])
    write_enhanced(tmp_path / "b.dcm", about, stored[2:], last, None, 2)
    volume = hu.load(tmp_path)
    assert volume.axes == ("time", "slice", "row", "column")
    np.testing.assert_array_equal(volume.array, stored)


def test_frames_are_rescaled_each_by_its_own_slope(tmp_path: Path) -> None:
    """PS3.3 C.7.6.16.2.9; dcm2niix takes the slope of the last frame for all, except for Philips."""

    def change(frame: Dataset, _: int, index: int) -> None:
        frame.PixelValueTransformationSequence = item(RescaleIntercept=-2, RescaleSlope=1.0 + index, RescaleType="US")

    stored = voxels(1, 4)
    write_enhanced(tmp_path / "a.dcm", Series("SIEMENS", image_type=PLAIN), stored, Frames(), change)
    expected = stored[0] * np.arange(1.0, 5.0)[:, None, None] - 2
    np.testing.assert_allclose(hu.load(tmp_path).array, expected, rtol=1e-6)


def test_real_world_values_of_frames(tmp_path: Path) -> None:
    """PS3.3 C.7.6.16.2.11, with a unit (UCUM)."""

    def change(frame: Dataset, _: int, index: int) -> None:
        mapping = item(RealWorldValueSlope=0.5 + index, RealWorldValueIntercept=-1.0)
        mapping[0].MeasurementUnitsCodeSequence = item(CodeValue="mm2/s", CodingSchemeDesignator="UCUM")
        frame.RealWorldValueMappingSequence = mapping

    stored = voxels(1, 4)
    write_enhanced(tmp_path / "a.dcm", Series("SIEMENS", image_type=PLAIN), stored, Frames(), change)
    volume = hu.load(tmp_path, scaling="real-world")
    assert volume.unit == "mm2/s"
    expected = stored[0] * (0.5 + np.arange(4))[:, None, None] - 1
    np.testing.assert_allclose(volume.array, expected, rtol=1e-6)
