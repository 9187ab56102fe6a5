"""Sidecars: equal to the published ones, in BIDS's units, and without the patient."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pydicom
import pytest

import hounsfield as hu
from hounsfield.convert.bids.encoding import direction
from hounsfield.convert.bids.fields import clock, plain_number
from hounsfield.convert.bids.gradients import fsl_gradients
from hounsfield.testing import chest_ct, mr_series
from hounsfield.volumes.geometry import Geometry
from hounsfield.volumes.volume import Volume

_DIFFERENT = {
    "ConversionSoftware": "another program",
    "ConversionSoftwareVersion": "another program",
    "ImageType": "ours is the attribute as it stands; theirs divides ECHO_00 and adds MAGNITUDE",
}


def published(shared_data: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / "dcm_qa_nih" / "Ref" / name).read_text("utf-8"))
    return found


def compare(ours: dict[str, Any], theirs: dict[str, Any]) -> int:
    both = sorted(ours.keys() & theirs.keys() - _DIFFERENT.keys())
    for key in both:
        if isinstance(theirs[key], str | bool):
            assert ours[key] == theirs[key], key
        else:
            # Theirs have six digits.
            np.testing.assert_allclose(ours[key], theirs[key], rtol=5e-6, atol=1e-9, err_msg=key)
    return len(both)


def test_a_published_sidecar_of_ge(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "dcm_qa_nih" / "In" / "20180918GE"
    (row,) = hu.convert(folder, tmp_path, sidecar="bids")
    (path,) = [Path(name) for name in row.files if name.endswith(".json")]
    theirs = published(shared_data, "DCM2NIIX_regression_test_4.json")
    ours = json.loads(path.read_text("utf-8"))
    assert compare(ours, theirs) >= 40
    assert {"SliceTiming", "PhaseEncodingDirection", "EffectiveEchoSpacing", "TotalReadoutTime"} <= ours.keys()
    assert theirs.keys() - ours.keys() == {"BidsGuess", "ProcedureStepDescription"}
    assert any("ge-protocol-block-slice-times" in rule for rule in row.rules)


def test_a_published_sidecar_of_siemens(shared_data: Path, tmp_path: Path) -> None:
    hu.convert(shared_data / "dcm_qa_nih" / "In" / "20180918Si", tmp_path, sidecar="bids", name="x")
    ours = json.loads((tmp_path / "x.json").read_text("utf-8"))
    theirs = published(shared_data, "EPI_PE=AP_3.json")
    assert compare(ours, theirs) >= 55
    assert ours["PhaseEncodingDirection"] == "j-"
    # ImageComments may name anybody; the others are of dcm2niix alone.
    assert theirs.keys() - ours.keys() == {"BidsGuess", "ImageComments", "MatrixCoilMode", "ReceiveCoilName"}


def test_nobody_is_named_unless_asked(tmp_path: Path) -> None:
    for file in chest_ct(tmp_path / "in", slices=2, rows=32):
        dataset = pydicom.dcmread(file)
        dataset.PatientName, dataset.PatientBirthDate, dataset.AccessionNumber = "Secret^Name", "19700102", "ACC7"
        dataset.save_as(file)
    (row,) = hu.convert(tmp_path / "in", tmp_path / "a", sidecar="bids", name="x")
    text = (tmp_path / "a" / "x.json").read_text() + (tmp_path / "a" / "conversion.json").read_text()
    uid = row.series["StudyInstanceUID"]
    for secret in ("Secret", "19700102", "ACC7", row.series["PatientID"], str(tmp_path)):
        assert secret not in text
    assert uid not in (tmp_path / "a" / "x.json").read_text()
    hu.convert(tmp_path / "in", tmp_path / "b", sidecar="bids", name="x", identity=True)
    named = json.loads((tmp_path / "b" / "x.json").read_text())
    assert named["PatientName"] == "Secret^Name"
    assert named["StudyInstanceUID"] == uid


def test_a_sidecar_and_a_description_share_one_file(tmp_path: Path) -> None:
    mr_series(tmp_path / "in", shape=(2, 3, 16, 16))
    hu.convert(tmp_path / "in", tmp_path / "out", to="numpy", sidecar="bids", name="x")
    found = json.loads((tmp_path / "out" / "x.json").read_text())
    assert found["Modality"] == "MR"
    assert found["axes"] == ["time", "slice", "row", "column"]


def test_enhanced_attributes_come_from_functional_groups(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "dicom2nifti/tests/data/philips_enhanced/fmri/001"
    report = hu.convert(folder, tmp_path, sidecar="bids")
    (row,) = report.done
    (path,) = [Path(name) for name in row.files if name.endswith(".json")]
    found = json.loads(path.read_text())
    assert found["Manufacturer"] == "Philips"
    assert 0.005 < found["EchoTime"] < 0.1
    assert 0.3 < found["RepetitionTime"] < 10
    assert found["FlipAngle"] > 1


@pytest.mark.parametrize(
    ("axis", "polarity", "expected"),
    [
        ("row", 1, {"PhaseEncodingDirection": "j-"}),
        ("row", -1, {"PhaseEncodingDirection": "j"}),
        ("column", 1, {"PhaseEncodingDirection": "i"}),
        ("column", -1, {"PhaseEncodingDirection": "i-"}),
        ("row", 0, {"PhaseEncodingAxis": "j"}),
    ],
)
def test_directions(axis: str, polarity: int, expected: dict[str, str]) -> None:
    assert direction(axis, polarity) == expected


@pytest.mark.parametrize("text", ["", "ab", "12345", "1200.x", "1234567"])
def test_a_time_that_is_none(text: str) -> None:
    assert clock(text) == ""


def test_numbers_lose_the_noise_of_arithmetic() -> None:
    assert plain_number(2435.37 / 1000) == 2.43537
    assert isinstance(plain_number(3.0), int)
    assert plain_number(None) is None


def diffusion_volume(geometry: Geometry) -> Any:
    made = Volume(
        np.zeros((2, 2, 3, 4), np.int16), (1.0,), (0.0,), geometry, ("diffusion", "slice", "row", "column"), ""
    )
    bvecs = ((0.0, 0.0, 0.0), (0.6, 0.0, 0.8))
    names = {key: getattr(made, key) for key in ("axes", "geometry", "shape", "affine")}
    return SimpleNamespace(**names, diffusion=SimpleNamespace(bvals=(0, 1000.0), bvecs=bvecs))


def test_gradients_of_an_axial_stack() -> None:
    """Rows of an axial stack run backwards in NIfTI and x to the left: the determinant is negative, as FSL wants it."""
    axial = Geometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 2.0))
    found = fsl_gradients(diffusion_volume(axial))
    assert found is not None
    assert found[0] == b"0 1000\n"
    columns = np.array([[float(one) for one in line.split()] for line in found[1].decode().splitlines()])
    np.testing.assert_allclose(columns, np.array([[0.0, 0.6], [0.0, 0.0], [0.0, 0.8]]))


def test_volumes_without_diffusion_have_no_gradients() -> None:
    axial = Geometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 2.0))
    made = diffusion_volume(axial)
    made.diffusion = None
    assert fsl_gradients(made) is None


def test_pet_says_what_was_injected_and_how_it_was_reconstructed(shared_data: Path, tmp_path: Path) -> None:
    hu.convert(shared_data / "suyashkumar-dicom", tmp_path, sidecar="bids", name="{PatientID}")
    found = json.loads((tmp_path / "ACRIN-FLT-Breast_028.json").read_text())
    assert (found["TracerRadionuclide"], found["InjectedRadioactivityUnits"]) == ("F18", "MBq")
    assert found["InjectedRadioactivity"] == pytest.approx(173.53, abs=1e-3)
    # As dcm2niix reads them, with iterations before subsets.
    assert (found["ReconFilterType"], found["ReconFilterSize"]) == ("XYZ Gauss", 6)
    assert found["ReconMethodParameterValues"] == [2, 8]
    assert found["InjectionStart"] == pytest.approx(-960.108962)
    assert found["FrameDuration"] == [180]
    assert found["ImageDecayCorrected"] is True


def test_shims_of_the_b_generation(shared_data: Path, tmp_path: Path) -> None:
    """dcm2niix 1.0.20260724 says the same of these files."""
    report = hu.convert(shared_data / "dcmstack", tmp_path, sidecar="bids")
    found = [json.loads(Path(name).read_text()) for row in report.done for name in row.files if name.endswith(".json")]
    assert [4704, -29262, -11722, 450, -594, -180, -542, 278] in [one.get("ShimSetting") for one in found]


def test_decay_is_corrected_to_the_start_of_the_first_bed(shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "suyashkumar-dicom" / "testdata" / "2.dcm"
    dataset = pydicom.dcmread(file, stop_before_pixels=True)
    hu.convert(file, tmp_path, sidecar="bids", name="x")
    found = json.loads((tmp_path / "x.json").read_text("utf-8"))
    half_life = dataset.RadiopharmaceuticalInformationSequence[0].RadionuclideHalfLife
    frame = dataset.ActualFrameDuration / 1000
    decay = np.log(2) / half_life
    # PS3.3 C.8.9.4.1.11: what the image was multiplied by says how long before it decay is corrected to.
    passed = -found["ImageDecayCorrectionTime"]
    expected = np.exp(decay * passed) * decay * frame / (1 - np.exp(-decay * frame))
    assert expected == pytest.approx(dataset.DecayFactor, rel=1e-3)
    assert passed == pytest.approx(960, abs=0.01)


def test_the_time_of_acquisition_is_that_of_the_slice_acquired_first(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "pydicom/src/pydicom/data/test_files/dicomdirtests/98892001/CT5N"
    hu.convert(folder, tmp_path, sidecar="bids", name="x")
    found = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert found["AcquisitionTime"] == "00:27:44.000000"
    assert found["AcquisitionNumber"] == 1


def test_dates_and_ages_of_people_are_in_the_forms_of_bids(tmp_path: Path) -> None:
    for path in chest_ct(tmp_path / "in", slices=2, rows=16):
        dataset = pydicom.dcmread(path)
        dataset.PatientBirthDate, dataset.PatientAge = "19700102", "006M"
        dataset.save_as(path)
    hu.convert(tmp_path / "in", tmp_path / "out", sidecar="bids", identity=True, name="x")
    found = json.loads((tmp_path / "out" / "x.json").read_text("utf-8"))
    assert (found["PatientBirthDate"], found["PatientAge"]) == ("1970-01-02", 0.5)
