"""What is one volume and what is several: as dcm2niix divides, except where it joins what physics keeps apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import hounsfield as hu
from tests.vendors.compared import assert_alike
from tests.vendors.phantom import AXIAL, CORONAL, SAGITTAL, Series, position, voxels, write

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

SIEMENS, GE, PHILIPS, UIH = "SIEMENS", "GE MEDICAL SYSTEMS", "Philips Medical Systems", "UIH"
CT_IMAGE, PET_IMAGE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.128"


def echoes(dataset: Dataset, time: int, _: int) -> None:
    dataset.EchoTime, dataset.EchoNumbers = (10, 25, 40)[time % 3], time % 3 + 1
    dataset.AcquisitionNumber, dataset.AcquisitionTime = time // 3 + 1, f"1011{10 + time // 3:09.6f}"


@pytest.mark.parametrize("vendor", [SIEMENS, GE, PHILIPS, UIH])
@pytest.mark.parametrize("times", [3, 6])
def test_each_echo_is_a_volume(tmp_path: Path, vendor: str, times: int) -> None:
    write(tmp_path / "in", Series(vendor), voxels(times, 4), echoes)
    names = [volume.name.split("_")[0] for volume in assert_alike(tmp_path / "in", tmp_path, 3)]
    assert names == ["te10", "te25", "te40"]


def siemens_phase(dataset: Dataset, time: int, _: int) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "MPRI"[time], "ND"]


def philips_phase(dataset: Dataset, time: int, _: int) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ("M_FFE", "PHASE MAP", "R_FFE", "I_FFE")[time], "MPRI"[time], "FFE"]


def ge_phase(dataset: Dataset, time: int, _: int) -> None:
    dataset.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x2F, "SS", time)


@pytest.mark.parametrize(("vendor", "change"), [(SIEMENS, siemens_phase), (PHILIPS, philips_phase), (GE, ge_phase)])
def test_components_are_kept_apart(tmp_path: Path, vendor: str, change: Any) -> None:
    write(tmp_path / "in", Series(vendor), voxels(4, 4), change)
    names = {volume.name for volume in assert_alike(tmp_path / "in", tmp_path, 4)}
    assert names == {"magnitude", "phase", "real", "imaginary"}


@pytest.mark.parametrize(
    ("keyword", "values", "count", "axis"),
    [
        ("FlipAngle", (5, 10, 15), 3, "slice"),
        ("InversionTime", (50, 100, 200), 1, "inversion"),
        ("TriggerTime", (0, 30, 60), 1, "time"),
        ("TemporalPositionIdentifier", (1, 2, 3), 1, "time"),
    ],
)
def test_what_repeats_positions(tmp_path: Path, keyword: str, values: Any, count: int, axis: str) -> None:
    write(tmp_path / "in", Series(SIEMENS), voxels(3, 4), lambda data, time, _: setattr(data, keyword, values[time]))
    assert assert_alike(tmp_path / "in", tmp_path, count)[0].axes[0] == axis


@pytest.mark.parametrize("slices", [1, 4])
def test_copies_of_a_series_that_have_only_another_number(tmp_path: Path, slices: int) -> None:
    """As tools for testing make them, which change Series Number and SOP Instance UID (dcm_qa_ts)."""
    write(
        tmp_path / "in",
        Series(SIEMENS),
        voxels(3, slices),
        lambda data, time, _: setattr(data, "SeriesNumber", 5 + time),
    )
    assert_alike(tmp_path / "in", tmp_path, 3)
    assert {volume.name for volume in hu.load_all(tmp_path / "in")} == {"series5", "series6", "series7"}


def test_coils_are_an_axis(tmp_path: Path) -> None:
    def coil(dataset: Dataset, time: int, _: int) -> None:
        dataset.private_block(0x0051, "SIEMENS MR HEADER", create=True).add_new(0x0F, "LO", f"H{time + 1}")

    write(tmp_path / "in", Series(SIEMENS), voxels(3, 4), coil)
    assert assert_alike(tmp_path / "in", tmp_path)[0].axes[0] == "coil"


def test_filters_in_image_type_do_not_divide(tmp_path: Path) -> None:
    def norm(dataset: Dataset, time: int, _: int) -> None:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "NORM" if time else "ND"]

    write(tmp_path / "in", Series(SIEMENS), voxels(2, 4), norm)
    assert_alike(tmp_path / "in", tmp_path)


def test_localizers_are_divided_by_orientation(tmp_path: Path) -> None:
    def turn(dataset: Dataset, time: int, index: int) -> None:
        about = Series(SIEMENS, (AXIAL, SAGITTAL, CORONAL)[time])
        dataset.ImageOrientationPatient = list(about.orientation)
        dataset.ImagePositionPatient = position(about, (1, 3, 12, 10), index)

    write(tmp_path / "in", Series(SIEMENS), voxels(3, 3), turn)
    assert {volume.name for volume in assert_alike(tmp_path / "in", tmp_path, 3)} == {"axial", "sagittal", "coronal"}


@pytest.mark.parametrize(("times", "slices"), [(5, 1), (1, 1), (1, 6)])
def test_single_slices_in_time_and_alone(tmp_path: Path, times: int, slices: int) -> None:
    write(tmp_path / "in", Series(SIEMENS), voxels(times, slices))
    assert_alike(tmp_path / "in", tmp_path)


def test_ct_whose_image_type_varies_is_one_volume(tmp_path: Path) -> None:
    def mode(dataset: Dataset, _: int, index: int) -> None:
        dataset.RescaleIntercept, dataset.RescaleSlope = "-1024", "1"
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SEQ" if index % 2 else "CT_SOM5 SPI"]
        dataset.AcquisitionNumber = index // 2

    write(tmp_path / "in", Series(SIEMENS, modality="CT", sop_class=CT_IMAGE), voxels(1, 6), mode)
    assert_alike(tmp_path / "in", tmp_path)


def dynamic_pet(dataset: Dataset, time: int, index: int) -> None:
    dataset.RescaleSlope, dataset.RescaleIntercept = f"{1.5 + time * 0.25 + index * 0.1:.3f}", "0"
    dataset.Units, dataset.DecayCorrection, dataset.CorrectedImage = "BQML", "START", ["DECY"]
    dataset.FrameReferenceTime, dataset.ActualFrameDuration = time * 60000.0 + 30000, "60000"
    dataset.AcquisitionTime = f"10{11 + time:02}12.000000"


@pytest.mark.parametrize("vendor", [SIEMENS, GE, PHILIPS])
def test_dynamic_pet_with_a_slope_for_each_slice(tmp_path: Path, vendor: str) -> None:
    write(tmp_path / "in", Series(vendor, modality="PT", sop_class=PET_IMAGE), voxels(3, 4), dynamic_pet)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert volume.axes[0] == "time"
    assert volume.unit == "Bq/mL"
    assert volume.timing.volume_times == (0.0, 60.0, 120.0)
    assert volume.timing.frame_durations == (60.0, 60.0, 60.0)


def test_a_run_that_broke_off_keeps_its_complete_volumes(tmp_path: Path) -> None:
    """dcm2niix makes one stack of ten slices of it."""
    files = write(tmp_path / "in", Series(SIEMENS), voxels(3, 4))
    for file in files[-2:]:
        file.unlink()
    volume = hu.load(tmp_path / "in")
    assert volume.shape == (2, 4, 12, 10)
    (issue,) = volume.issues
    assert issue.code == "incomplete-volume"
    assert "0009.dcm" in issue.message
    assert "0010.dcm" in issue.message


def test_cine_of_philips_keeps_its_time(tmp_path: Path) -> None:
    """dcm2niix writes a file for each trigger time."""
    write(tmp_path / "in", Series(PHILIPS), voxels(3, 4), lambda data, time, _: setattr(data, "TriggerTime", 30 * time))
    volume = hu.load(tmp_path / "in")
    assert volume.axes == ("time", "slice", "row", "column")
    assert volume.coordinates["time"] == (0, 30, 60)
