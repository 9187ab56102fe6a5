"""Everything of Table E.1-1 planted, at the top level and three sequences deep: nothing of it may be left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pydicom.encaps
import pytest

import hounsfield as hu
from tests.deidentify import planter, scorer

if TYPE_CHECKING:
    from pathlib import Path

SYNTAXES = {
    "explicit": "1.2.840.10008.1.2.1",
    "implicit": "1.2.840.10008.1.2",
    "big-endian": "1.2.840.10008.1.2.2",
    "deflated": "1.2.840.10008.1.2.1.99",
}
OPTIONS = {
    "clean-graphics": "113103",
    "clean-structured-content": "113104",
    "clean-descriptors": "113105",
    "retain-longitudinal-full-dates": "113106",
    "retain-longitudinal-modified-dates": "113107",
    "retain-patient-characteristics": "113108",
    "retain-device-identity": "113109",
    "retain-uids": "113110",
    "retain-safe-private": "113111",
    "retain-institution-identity": "113112",
}


def made(folder: Path, seed: int, syntax: str, *options: str) -> tuple[Path, list[planter.Planted]]:
    data, planted = planter.dataset(seed)
    planter.write(folder / "in" / "a.dcm", data, planted, syntax)
    report = hu.deidentify(folder / "in", folder / "out", hu.Profile.basic(*options))
    assert [row.status for row in report] == ["done"], report.rows
    return folder / "out" / report.rows[0].output, planted


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_nothing_planted_is_left(tmp_path: Path, seed: int, syntax: str) -> None:
    output, planted = made(tmp_path, seed, SYNTAXES[syntax])
    assert len(planted) > 1200
    assert scorer.leaks(output, planted, set()) == [], f"seed {seed}"
    assert scorer.invalid(output, planted, set()) == [], f"seed {seed}"


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_keeps_what_the_table_keeps_and_nothing_else(tmp_path: Path, seed: int, option: str) -> None:
    output, planted = made(tmp_path, seed, SYNTAXES["explicit"], option)
    codes = {OPTIONS[option]}
    assert scorer.leaks(output, planted, codes) == [], f"seed {seed}"
    assert scorer.losses(output, planted, codes) == [], f"seed {seed}"
    assert scorer.invalid(output, planted, codes) == [], f"seed {seed}"


def test_the_scorer_finds_what_is_left(tmp_path: Path, seed: int) -> None:
    data, planted = planter.dataset(seed)
    planter.write(tmp_path / "a.dcm", data, planted)
    # All but those too short or alike to be looked for.
    assert len(scorer.leaks(tmp_path / "a.dcm", planted, set())) > 2000
    assert scorer.losses(tmp_path / "a.dcm", planted, {"113106"}) == []


def test_the_record_says_what_was_done(tmp_path: Path, seed: int) -> None:
    output, _ = made(tmp_path, seed, SYNTAXES["explicit"], "retain-longitudinal-modified-dates", "clean-descriptors")
    data = pydicom.dcmread(output)
    assert data.PatientIdentityRemoved == "YES"
    assert data.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = [(item.CodeValue, item.CodingSchemeDesignator) for item in data.DeidentificationMethodCodeSequence]
    assert codes == [("113100", "DCM"), ("113105", "DCM"), ("113107", "DCM")]
    assert output.read_bytes()[:128] == bytes(128)
    assert data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID
    assert output.name == f"{data.SOPInstanceUID}.dcm"
    assert output.parent.name == data.SeriesInstanceUID
    assert str(data.PatientName) == data.PatientID == output.parents[2].name


def test_code_meanings_are_those_of_the_standard() -> None:
    from pydicom.sr.codedict import codes

    from hounsfield.deidentify import table

    known = {code.value: code.meaning for code in (getattr(codes.cid7050, name) for name in codes.cid7050.dir())}
    assert {option.code: option.meaning for option in table.OPTIONS.values()} == {
        code: meaning for code, meaning in known.items() if code != "113100"
    }


@pytest.mark.parametrize(
    ("syntax", "codec", "options"),
    [
        ("1.2.840.10008.1.2.4.70", "ljpeg", {}),
        ("1.2.840.10008.1.2.4.80", "jpegls", {}),
        ("1.2.840.10008.1.2.4.90", "jpeg2k", {"codecformat": "j2k"}),
    ],
)
def test_what_follows_a_compressed_picture_goes_and_the_picture_stays(
    tmp_path: Path, syntax: str, codec: str, options: dict[str, str]
) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 65536, (64, 64), dtype=np.uint16)
    stream = getattr(imagecodecs, f"{codec}_encode")(picture, **options)
    data, planted = planter.dataset(5)
    data.Rows = data.Columns = 64
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelData = pydicom.encaps.encapsulate([stream + b"Zorblatt" + bytes(len(stream) % 2)])
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    planter.write(tmp_path / "in" / "a.dcm", data, planted, syntax)
    report = hu.deidentify(tmp_path / "in", tmp_path / "out", hu.Profile.basic())
    assert [row.status for row in report] == ["done"], report.rows
    output = tmp_path / "out" / report.rows[0].output
    assert b"Zorblatt" not in output.read_bytes()
    frame = pydicom.encaps.get_frame(pydicom.dcmread(output).PixelData, 0, number_of_frames=1)
    assert np.array_equal(getattr(imagecodecs, f"{codec}_decode")(frame), picture)
    assert not any(frame[len(stream) :])


def test_addresses_of_mail_leave_texts_that_stay(tmp_path: Path) -> None:
    data, planted = planter.dataset(5)
    data.ConvolutionKernel, data.SoftwareVersions = (
        "ask zoe.quill@example.org",
        ["1.2", "by j@example.org", "x://jo@pacs/a v1"],
    )
    data.ScanOptions, data.PatientOrientation = "B30f@80", ["L", "P"]
    # Where a program comes from is nobody's address.
    data.ManufacturerModelName = "git@example.com:QIICR/dcmqi.git"
    planter.write(tmp_path / "in" / "a.dcm", data, planted, SYNTAXES["explicit"])
    report = hu.deidentify(tmp_path / "in", tmp_path / "out", hu.Profile.basic("retain-device-identity"))
    output = tmp_path / "out" / report.rows[0].output
    assert b"example.org" not in output.read_bytes()
    cleaned = pydicom.dcmread(output)
    assert cleaned.ConvolutionKernel == "ask"
    assert list(cleaned.SoftwareVersions) == ["1.2", "by", "v1"]
    assert cleaned.ScanOptions == "B30f@80"
    assert cleaned.ManufacturerModelName == "git@example.com:QIICR/dcmqi.git"
