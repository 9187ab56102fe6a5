"""The answer set over the real files: what it asks of every attribute, text, date and identifier."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pydicom

import hounsfield as hu
from tests.deidentify import answers

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    "tag retained",
    "text retained",
    "text removed",
    "text not null",
    "date shifted",
    "UID changed",
    "UID consistent",
    "patient ID consistent",
}
MOST = 2_000_000


def real_files(folder: Path) -> list[Path]:
    """All small DICOM files with a prefix."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size < MOST and path.name != "DICOMDIR":
            with path.open("rb") as opened:
                if opened.read(132)[128:] == b"DICM":
                    found.append(path)
    return found


def test_the_answer_set(shared_data: Path, tmp_path: Path, seed: int) -> None:
    files = real_files(shared_data)
    random.Random(seed).shuffle(files)
    asked = answers.plant(files[:250], tmp_path / "in", seed)
    assert len(asked.files) > 200
    report = hu.deidentify(tmp_path / "in", tmp_path / "out", hu.Profile.basic(*answers.OPTIONS))
    outputs = {row.input.rsplit("/", 1)[-1]: tmp_path / "out" / row.output for row in report if row.output}
    result = answers.score(asked, outputs.get)
    assert set(result.totals) == KINDS
    shown = f"seed {seed}: {result.failed[:10]}"
    assert result.share >= 0.9995, shown
    assert result.of("text removed") == 1, shown


def test_the_scorer_finds_what_was_not_done(shared_data: Path, tmp_path: Path) -> None:
    asked = answers.plant(real_files(shared_data)[:20], tmp_path, 1)
    result = answers.score(asked, lambda name: tmp_path / name)
    for kind in ("text removed", "date shifted", "UID changed"):
        assert result.of(kind) == 0, kind
    for kind in ("tag retained", "text retained", "text not null", "UID consistent", "patient ID consistent"):
        assert result.of(kind) == 1, kind


def test_intervals_times_and_midnight_are_kept(shared_data: Path, tmp_path: Path) -> None:
    data = pydicom.dcmread(shared_data / "pydicom/src/pydicom/data/test_files/CT_small.dcm")
    (tmp_path / "in").mkdir()
    moments = ["20200228235959.5", "20200229000001", "20200301"]
    for number, moment in enumerate(moments):
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        data.StudyDate, data.AcquisitionDateTime, data.InstanceNumber = moment[:8], moment, number
        data.AcquisitionTime, data.PatientAge = "235959.5", "093Y"
        data.save_as(tmp_path / "in" / f"{number}.dcm")
    options = ("retain-longitudinal-modified-dates", "retain-patient-characteristics")
    key = hu.new_key(tmp_path / "key")
    made = {}
    for folder in ("one", "two"):
        report = hu.deidentify(tmp_path / "in", tmp_path / folder, hu.Profile.basic(*options), key=key)
        made[folder] = [pydicom.dcmread(tmp_path / folder / row.output) for row in report]
    import datetime as dt

    days = [dt.date.fromisoformat(each.StudyDate) for each in made["one"]]
    assert [(day - days[0]).days for day in days] == [0, 1, 2]
    assert days[0] < dt.date(2019, 3, 1)
    for each, moment in zip(made["one"], moments, strict=True):
        assert each.AcquisitionDateTime == each.StudyDate + moment[8:]
        assert (each.AcquisitionTime, each.PatientAge) == ("235959.5", "090Y")
    assert [each.to_json() for each in made["one"]] == [each.to_json() for each in made["two"]]


TEXTS = {
    "MR Angio Circle of Willis": "MR Angio Circle of Willis",
    "MR PELVIS WO": "MR PELVIS WO",
    "DR Chest PA": "DR Chest PA",
    "seen by Dr. Quellenberg Thorax": "seen by Thorax",
    "Mr. Smith, knee pain": "knee pain",
    "DR SMITH": "REMOVED",
    "tel 555-123-4567 call": "call",
    "from 2019-03-04 to 4 March 2019": "from to",
    "1.2.840.113619.2.5.1762583153": "REMOVED",
    "mail ida@example.org": "mail",
    "see smb://files/users/ida knee": "see knee",
    "sftp://ida:secret@pacs/idas knee": "knee",
    "MRN: 00123 contrast": "contrast",
    "T2 3.5 mm 120 kV": "T2 3.5 mm 120 kV",
    "lives at 12 Abbey Road, London": "lives at",
    "L1-L5 at 12/24 weeks": "L1-L5 at 12/24 weeks",
}


def test_texts(shared_data: Path, tmp_path: Path) -> None:
    data = pydicom.dcmread(shared_data / "pydicom/src/pydicom/data/test_files/CT_small.dcm")
    (tmp_path / "in").mkdir()
    for number, text in enumerate(TEXTS):
        data.SeriesDescription = text
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        data.save_as(tmp_path / "in" / f"{number:02}.dcm")
    report = hu.deidentify(tmp_path / "in", tmp_path / "out", hu.Profile.basic("clean-descriptors"))
    made = {
        text: pydicom.dcmread(tmp_path / "out" / row.output).SeriesDescription
        for text, row in zip(TEXTS, sorted(report, key=lambda row: row.input), strict=True)
    }
    assert made == TEXTS
