"""Uptake values: the formulas, by hand; and the times that decay is corrected to, as vendors write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

import hounsfield as hu
from hounsfield.errors import GeometryError, UsageError
from tests.vendors.phantom import Series, voxels, write

if TYPE_CHECKING:
    from pathlib import Path

PET_IMAGE = "1.2.840.10008.5.1.4.1.1.128"
DOSE, HALF_LIFE, WEIGHT, SIZE = 370e6, 6586.2, 80.0, 1.75
STORED = voxels(1, 4)


def pet(folder: Path, vendor: str = "SIEMENS", **changes: Any) -> Path:
    """An hour after the injection; corrected to the start of the series."""

    def change(dataset: Dataset, _: int, __: int) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = "2.5", "0"
        dataset.Units, dataset.DecayCorrection, dataset.CorrectedImage = "BQML", "START", ["DECY", "ATTN"]
        dataset.PatientWeight, dataset.PatientSize, dataset.PatientSex = WEIGHT, SIZE, "M"
        dataset.SeriesTime, dataset.AcquisitionTime = "101112", "101312"
        dose = Dataset()
        dose.RadionuclideTotalDose, dose.RadionuclideHalfLife = DOSE, HALF_LIFE
        dose.RadiopharmaceuticalStartTime = "091112"
        dataset.RadiopharmaceuticalInformationSequence = [dose]
        for keyword, value in changes.items():
            target = dose if keyword.startswith(("Radio", "Dose")) else dataset
            if value is None:
                delattr(target, keyword)
            elif callable(value):
                value(dataset)
            else:
                setattr(target, keyword, value)

    write(folder, Series(vendor, modality="PT", sop_class=PET_IMAGE), STORED, change)
    return folder


def factor(hours: float = 1.0) -> float:
    return WEIGHT * 1000 / (DOSE * math.exp(-math.log(2) * hours * 3600 / HALF_LIFE))


def check(folder: Path, expected: float, unit: str = "suvbw") -> None:
    values = hu.load(folder, unit=unit).array
    np.testing.assert_allclose(values, STORED[0].astype(float) * 2.5 * expected, rtol=1e-5)


def test_by_body_weight(tmp_path: Path) -> None:
    check(pet(tmp_path), factor())
    volume = hu.load(tmp_path, unit="suvbw")
    assert volume.unit == "g/mL"
    assert volume.derivation["decay_time_s"] == 3600
    assert volume.derivation["decayed_dose_bq"] == pytest.approx(WEIGHT * 1000 / factor())
    assert "body weight" in volume.derivation["formula"]
    assert hu.load(tmp_path).unit == "Bq/mL"


@pytest.mark.parametrize(
    ("sex", "lean"), [("M", 1.10 * 80 - 128 * (80 / 175) ** 2), ("F", 1.07 * 80 - 148 * (80 / 175) ** 2)]
)
def test_by_lean_body_mass(tmp_path: Path, sex: str, lean: float) -> None:
    check(pet(tmp_path, PatientSex=sex), factor() * lean / WEIGHT, "suvlbm")


def test_by_body_surface(tmp_path: Path) -> None:
    area = 0.007184 * 80**0.425 * 175**0.725 * 10_000
    check(pet(tmp_path), factor() * area / (WEIGHT * 1000), "suvbsa")
    assert hu.load(tmp_path, unit="suvbsa").unit == "cm2/mL"


def test_an_injection_before_midnight(tmp_path: Path) -> None:
    changes = {"SeriesTime": "003000", "AcquisitionTime": "003200", "RadiopharmaceuticalStartTime": "233000"}
    check(pet(tmp_path, **changes), factor())


def test_a_series_that_was_processed_later_goes_back_from_its_frames(tmp_path: Path) -> None:
    """Siemens: Frame Reference Time is that of the mean activity of the frame."""
    rate = math.log(2) / HALF_LIFE
    mean = math.log(rate * 120 / (1 - math.exp(-rate * 120))) / rate
    changes = {
        "SeriesTime": "150000",
        "AcquisitionTime": "101312",
        "FrameReferenceTime": f"{(120 + mean) * 1000:.3f}",
        "ActualFrameDuration": "120000",
    }
    check(pet(tmp_path, **changes), factor())
    assert "Frame Reference Time" in hu.load(tmp_path, unit="suvbw").derivation["corrected_to_from"]


def test_the_start_of_the_scan_that_ge_states(tmp_path: Path) -> None:
    def scan(dataset: Dataset) -> None:
        dataset.private_block(0x0009, "GEMS_PETD_01", create=True).add_new(0x0D, "DT", "20250102101112.00")

    check(pet(tmp_path, "GE MEDICAL SYSTEMS", SeriesTime="150000", extra=scan), factor())


@pytest.mark.parametrize(("element", "value", "expected"), [(0x00, "0.002", 0.002), (0x09, "3.5", 3.5 * factor())])
def test_counts_of_philips(tmp_path: Path, element: int, value: str, expected: float) -> None:
    def private(dataset: Dataset) -> None:
        dataset.private_block(0x7053, "Philips PET Private Group", create=True).add_new(element, "DS", value)

    check(pet(tmp_path, "Philips Medical Systems", Units="CNTS", extra=private), expected)


def test_correction_to_the_injection_needs_no_decay(tmp_path: Path) -> None:
    check(pet(tmp_path, DecayCorrection="ADMIN"), WEIGHT * 1000 / DOSE)


def test_stored_uptake_values_are_taken_as_they_are(tmp_path: Path) -> None:
    check(pet(tmp_path, Units="GML"), 1.0)


@pytest.mark.parametrize(
    ("changes", "unit", "reason"),
    [
        ({"PatientWeight": None}, "suvbw", "Weight"),
        ({"PatientSize": None}, "suvbsa", "Size"),
        ({"PatientSex": "O"}, "suvlbm", "Sex"),
        ({"RadionuclideTotalDose": None}, "suvbw", "Total Dose"),
        ({"RadionuclideHalfLife": None}, "suvbw", "Half Life"),
        ({"RadiopharmaceuticalStartTime": None}, "suvbw", "Start Time"),
        ({"DecayCorrection": "NONE"}, "suvbw", "Decay Correction"),
        ({"Units": "CNTS"}, "suvbw", "counts"),
        ({"Units": "PROPCPS"}, "suvbw", "PROPCPS"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, changes: dict[str, Any], unit: str, reason: str) -> None:
    with pytest.raises(GeometryError, match=reason):
        hu.load(pet(tmp_path, **changes), unit=unit)


def test_other_units_and_modalities_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="suvbw, suvlbm, suvbsa"):
        hu.load(pet(tmp_path / "pet"), unit="suv")
    write(tmp_path / "mr", Series("SIEMENS"), STORED)
    with pytest.raises(GeometryError, match="not PET"):
        hu.load(tmp_path / "mr", unit="suvbw")
