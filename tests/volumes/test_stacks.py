"""Series are divided and ordered by what they say, and what is wrong with them is said with positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hounsfield.volumes import stacks

AXIAL = "1\\0\\0\\0\\1\\0"
SAGITTAL = "0\\1\\0\\0\\0\\-1"


class Record(dict[str, Any]):
    """A header record; what is absent is None, as in a catalog."""

    def __missing__(self, key: str) -> None:
        return None


@dataclass
class Maker:
    """Header records of images that need not exist."""

    records: list[Record] = field(default_factory=list)

    def add(self, z: float, **changes: Any) -> Maker:
        number = len(self.records) + 1
        record = Record(
            path=f"IM{number}",
            SOPInstanceUID=f"1.2.{number}",
            SOPClassUID="1.2.840.10008.5.1.4.1.1.4",
            SeriesInstanceUID="1.2",
            TransferSyntaxUID="1.2.840.10008.1.2.1",
            SeriesNumber=7,
            Modality="MR",
            Rows=16,
            Columns=16,
            BitsAllocated=16,
            BitsStored=12,
            HighBit=11,
            PixelRepresentation=0,
            SamplesPerPixel=1,
            PhotometricInterpretation="MONOCHROME2",
            InstanceNumber=number,
            ImageOrientationPatient=AXIAL,
            ImagePositionPatient=f"0\\0\\{z}",
            PixelSpacing="1\\1",
        )
        record.update(changes)
        self.records.append(record)
        return self


def codes(found: Any) -> list[str]:
    return [issue.code for issue in found.issues]


def test_slices_are_ordered_by_position_and_spacing_is_measured() -> None:
    maker = Maker()
    for z in (6, 0, 3, 9):
        maker.add(z, SliceThickness=5.0)
    (stack,) = stacks(maker.records)
    assert [plane.source.path for plane in stack.planes] == ["IM2", "IM3", "IM1", "IM4"]
    assert stack.geometry is not None
    assert list(stack.geometry.spacing) == [3, 1, 1]
    assert stack.issues == ()


@given(st.permutations(range(8)), st.floats(-0.008, 0.008))
def test_order_of_files_and_noise_do_not_matter(order: list[int], noise: float) -> None:
    maker = Maker()
    for index in order:
        maker.add(2.5 * index + (noise if index % 2 else 0))
    (stack,) = stacks(maker.records)
    places = [float(plane.position[2]) for plane in stack.planes if plane.position]
    assert places == sorted(places)
    assert stack.issues == ()


def test_missing_slices_are_listed_by_position() -> None:
    maker = Maker()
    for z in (0, 2, 4, 10, 12):
        maker.add(z)
    (stack,) = stacks(maker.records)
    (issue,) = stack.errors
    assert issue.code == "missing-slices"
    assert "2 of 7" in issue.message
    assert "6.00, 8.00 mm" in issue.message


def test_uneven_spacing_is_not_taken_for_missing_slices() -> None:
    maker = Maker()
    for z in (0, 2, 4, 7, 9):
        maker.add(z)
    (stack,) = stacks(maker.records)
    assert codes(stack) == ["uneven-spacing"]
    assert "3 after 4.00" in stack.issues[0].message


def test_a_tilted_gantry_is_found_with_its_angle() -> None:
    maker = Maker()
    for index in range(4):
        maker.add(0, ImagePositionPatient=f"0\\{index}\\{index * 4}")
    (stack,) = stacks(maker.records)
    assert codes(stack) == ["tilt"]
    assert "14 degrees" in stack.issues[0].message


def test_slices_shifted_in_their_plane_are_found() -> None:
    maker = Maker()
    for index, x in enumerate((0, 0, 3, 0)):
        maker.add(0, ImagePositionPatient=f"{x}\\0\\{index * 4}")
    (stack,) = stacks(maker.records)
    assert codes(stack) == ["misaligned-slices"]


def test_localizers_are_divided_by_orientation_and_named() -> None:
    maker = Maker().add(0).add(5).add(0, ImageOrientationPatient=SAGITTAL)
    found = stacks(maker.records)
    assert [(stack.name, len(stack.planes)) for stack in found] == [("axial", 2), ("sagittal", 1)]


def test_echoes_are_stacks_only_where_positions_repeat() -> None:
    repeated, single = Maker(), Maker()
    for z in (0, 2, 4):
        single.add(z, EchoTime=20.0 + z)
        for echo in (20.0, 40.0):
            repeated.add(z, EchoTime=echo)
    assert [stack.name for stack in stacks(repeated.records)] == ["te20", "te40"]
    assert [stack.shape for stack in stacks(single.records)] == [(3,)]


def test_image_types_are_kept_apart() -> None:
    maker = Maker()
    for z in (0, 2):
        maker.add(z, ImageType="ORIGINAL\\PRIMARY\\M\\ND").add(z, ImageType="ORIGINAL\\PRIMARY\\P\\ND")
    assert [stack.name for stack in stacks(maker.records)] == ["magnitude", "phase"]


@pytest.mark.parametrize(
    ("keyword", "values"),
    [
        ("TemporalPositionIdentifier", (1, 2, 10)),
        ("AcquisitionNumber", (1, 2, 3)),
        ("AcquisitionTime", ("095959.5", "100000.5", "100001")),
        ("TriggerTime", (0.0, 30.5, 61.0)),
    ],
)
def test_repeated_positions_become_time(keyword: str, values: tuple[Any, ...]) -> None:
    maker = Maker()
    for value in reversed(values):
        for z in (4, 0, 2):
            maker.add(z, **{keyword: value})
    (stack,) = stacks(maker.records)
    assert stack.axes == ("time", "slice")
    assert stack.shape == (3, 3)
    assert stack.coordinates == {"time": values}
    assert [plane.facts[keyword] for plane in stack.planes[::3]] == list(values)


def test_instance_numbers_tell_time_where_nothing_else_does() -> None:
    maker = Maker()
    for _ in range(2):
        for z in (0, 2, 4):
            maker.add(z)
    (stack,) = stacks(maker.records)
    assert [plane.source.path for plane in stack.planes] == ["IM1", "IM2", "IM3", "IM4", "IM5", "IM6"]


def test_clocks_tell_time_where_numbers_were_removed() -> None:
    maker = Maker()
    for second in (30, 10, 20):
        for index, z in enumerate((0, 2, 4)):
            maker.add(z, InstanceNumber=1, AcquisitionTime=f"1011{second + index * 0.5:09.6f}")
    (stack,) = stacks(maker.records)
    assert stack.shape == (3, 3)
    assert [plane.source.path for plane in stack.planes[::3]] == ["IM4", "IM7", "IM1"]


def test_repeats_that_nothing_tells_apart_are_an_error() -> None:
    maker = Maker()
    for _ in range(2):
        for number, z in enumerate((0, 2, 4)):
            maker.add(z, InstanceNumber=number)
    (stack,) = stacks(maker.records)
    assert codes(stack) == ["duplicate-positions"]
    assert "IM1, IM4" in stack.issues[0].message


def test_an_acquisition_that_broke_off_is_an_error() -> None:
    maker = Maker()
    for z in (0, 2, 4, 0):
        maker.add(z)
    (stack,) = stacks(maker.records)
    assert codes(stack) == ["duplicate-positions"]
    assert "2 at 0.00" in stack.issues[0].message


def test_the_same_instance_twice_is_used_once() -> None:
    maker = Maker()
    for z in (0, 2, 4):
        maker.add(z)
    maker.add(4, SOPInstanceUID="1.2.3")
    (stack,) = stacks(maker.records)
    assert codes(stack) == ["duplicate-instance"]
    assert stack.shape == (3,)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Rows": None, "Modality": "SR"}, "holds no image (modality SR)"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "segmentation"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4.2"}, "spectra, not an image"),
        ({"SOPClassUID": "1.3.12.2.1107.5.9.1"}, "a private object of Siemens (spectroscopy"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66"}, "raw data"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4.2"}, "NIfTI-MRS is not written"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.67"}, "dose report"),
        ({"SOPClassUID": "1.3.12.2.1107.5.9.1"}, "private object of Siemens"),
        ({"ImageType": "ORIGINAL\\PRIMARY\\M\\MOSAIC"}, "mosaic"),
        ({"TransferSyntaxUID": "1.2.3.4"}, "cannot be decoded"),
        ({"NumberOfFrames": -3}, "Number of Frames is -3"),
        ({"NumberOfFrames": 2_000_000_000, "path": __file__}, "need 1,024,000,000,000 bytes"),
        ({"BitsAllocated": 40}, "40 bits"),
        ({"BitsStored": 17}, "17 of 16"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette"),
    ],
)
def test_what_is_no_volume_is_kept_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    (stack,) = stacks(Maker().add(0, **changes).records)
    assert reason in stack.reason
    assert len(stack.refused) == 1


@pytest.mark.parametrize("position", ["0\\0\\1e99999", "0\\0", "a\\b\\c", None])
def test_positions_that_are_none_make_pictures(position: str | None) -> None:
    (stack,) = stacks(Maker().add(0, ImagePositionPatient=position).records)
    assert codes(stack) == ["no-position"]


def test_orientation_that_is_no_rotation_is_an_error() -> None:
    maker = Maker()
    for z in (0, 2):
        maker.add(z, ImageOrientationPatient="1\\0\\0\\1\\0\\0")
    (stack,) = stacks(maker.records)
    assert "orientation-invalid" in codes(stack)


def test_every_header_ends_somewhere() -> None:
    maker = Maker().add(0).add(2).add(0, Rows=32).add(0, Rows=None).add(0, ImagePositionPatient=None).add(0)
    found = stacks(maker.records)
    placed = [plane.source.path for stack in found for plane in stack.planes]
    refused = [one.name for stack in found for one in stack.refused]
    assert sorted(placed + refused) == [f"IM{number}" for number in range(1, 7)]


@pytest.mark.parametrize("spacing", [0.6, 1.25, 3.3])
def test_positions_with_one_decimal_are_even(spacing: float) -> None:
    maker = Maker()
    for index in range(40):
        maker.add(round(index * spacing, 1))
    (stack,) = stacks(maker.records)
    assert stack.issues == ()
    assert stack.geometry is not None
    assert stack.geometry.spacing[0] == pytest.approx(spacing, abs=0.01)


def test_pixel_spacing_that_differs_in_its_last_digit_does_not_divide() -> None:
    maker = Maker()
    for index in range(6):
        maker.add(index, PixelSpacing="1.2345\\1.2345" if index % 2 else "1.23449\\1.23451")
    assert len(stacks(maker.records)) == 1


def test_localizers_and_pictures_of_dose_reports_are_recognized() -> None:
    localizer = Maker().add(0, Modality="CT", ImageType="ORIGINAL\\PRIMARY\\LOCALIZER")
    report = Maker().add(0, SOPClassUID="1.2.840.10008.5.1.4.1.1.7", SeriesDescription="Dose Report", Modality="CT")
    plain = Maker().add(0, Modality="CT", ImageType="ORIGINAL\\PRIMARY\\AXIAL")
    assert "localizer" in codes(stacks(localizer.records)[0])
    assert "dose-report" in codes(stacks(report.records)[0])
    assert codes(stacks(plain.records)[0]) == ["single-slice"]
