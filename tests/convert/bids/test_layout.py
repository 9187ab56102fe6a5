"""Names of BIDS: by rules, numbered where they would be one, and accepted by the BIDS validator."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
import pytest

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.convert.bids.layout import Name, read_layout
from hounsfield.errors import UsageError
from hounsfield.testing import chest_ct, mr_series

if TYPE_CHECKING:
    from hounsfield.convert.report import Report


def change(files: list[Path], **values: str) -> None:
    for file in files:
        dataset = pydicom.dcmread(file)
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)


def series(folder: Path, number: int, description: str, *, times: int = 1, study: str = "1.2.3") -> None:
    files = mr_series(folder / str(number), shape=(times, 3, 16, 16))
    change(files, SeriesInstanceUID=f"1.2.3.{number}", SeriesNumber=str(number), SeriesDescription=description)
    change(files, PatientID="p 01_x", StudyInstanceUID=study, StudyDate=f"2020010{study[-1]}")
    for index, file in enumerate(files):
        change([file], SOPInstanceUID=f"1.2.3.{number}.{index}")


def names(report: Report, output: Path) -> set[str]:
    return {Path(row.file).relative_to(output).as_posix() for row in report if row.status == "done"}


def test_rules_name_series_and_number_what_is_alike(tmp_path: Path) -> None:
    series(tmp_path / "in", 1, "localizer")
    series(tmp_path / "in", 2, "t1_mprage_sag")
    series(tmp_path / "in", 3, "t1_mprage_sag")
    series(tmp_path / "in", 4, "fMRI task-nback run 1", times=4)
    series(tmp_path / "in", 5, "something else")
    chest_ct(tmp_path / "in" / "ct", slices=3, rows=16)
    report = hu.convert(tmp_path / "in", tmp_path / "out", bids_layout=True)
    assert names(report, tmp_path / "out") == {
        "sub-p01x/anat/sub-p01x_run-1_T1w.nii.gz",
        "sub-p01x/anat/sub-p01x_run-2_T1w.nii.gz",
        "sub-p01x/func/sub-p01x_task-nback_bold.nii.gz",
    }
    codes = sorted(row.code for row in report if row.status == "skipped")
    assert codes == ["no-bids-rule", "not-in-bids", "not-in-bids"]
    again = hu.convert(tmp_path / "in", tmp_path / "out", bids_layout=True)
    assert again.counts == {"kept": 3, "skipped": 3}
    lines = (tmp_path / "out" / "participants.tsv").read_text().splitlines()
    assert lines == ["participant_id", "sub-p01x"]


def test_studies_of_a_patient_are_sessions(tmp_path: Path) -> None:
    series(tmp_path / "in", 2, "t1_mprage_sag", study="1.2.2")
    series(tmp_path / "in", 3, "t1_mprage_sag", study="1.2.1")
    report = hu.convert(tmp_path / "in", tmp_path / "out", bids_layout=True)
    assert names(report, tmp_path / "out") == {
        "sub-p01x/ses-01/anat/sub-p01x_ses-01_T1w.nii.gz",
        "sub-p01x/ses-02/anat/sub-p01x_ses-02_T1w.nii.gz",
    }


def test_rules_of_a_persons_own(tmp_path: Path) -> None:
    series(tmp_path / "in", 2, "odd name")
    rules = tmp_path / "mine.toml"
    rules.write_text(
        'subject = "{PatientSex}7"\n'
        '[[rule]]\ntext = "odd"\nfolder = "anat"\nsuffix = "T2w"\nentities = { acq = "odd one" }\n'
    )
    words = ["convert", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--bids-rules", str(rules)]
    assert main(words) == 0
    assert len(list((tmp_path / "out").glob("sub-*7/anat/sub-*7_acq-oddone_T2w.nii.gz"))) == 1


def test_participants_and_descriptions_of_a_person_are_kept(tmp_path: Path) -> None:
    series(tmp_path / "in", 2, "t1_mprage_sag")
    output = tmp_path / "out"
    output.mkdir()
    (output / "participants.tsv").write_text("participant_id\tage\nsub-00\t33\n")
    (output / "README").write_text("mine")
    hu.convert(tmp_path / "in", output, bids_layout=True)
    assert (output / "participants.tsv").read_text() == "participant_id\tage\nsub-00\t33\nsub-p01x\tn/a\n"
    assert (output / "README").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = [", "not TOML"),
        ("x = 1", r"no \[\[rule\]\]"),
        ("[[rule]]\ntext='a'", "neither skip nor folder"),
        ("[[rule]]\ntext='('\nskip='a'", "not a regular expression"),
        ("[[rule]]\nfolder='../x'\nsuffix='a'", "not a word"),
        ("[[rule]]\nfolder='anat'\nsuffix='a'\nentities={foo='1'}", "no entity foo"),
    ],
)
def test_rules_that_are_none(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=says):
        read_layout(path)


def test_rules_that_are_not_there_and_names_that_contradict(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_layout(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="names files itself"):
        hu.convert(tmp_path, tmp_path / "out", bids_layout=True, name="{PatientID}")
    with pytest.raises(UsageError, match="names files itself"):
        hu.convert(tmp_path, tmp_path / "out", bids_layout=True, to="nrrd")


def test_entities_are_in_the_order_of_bids() -> None:
    entities = {"run": "2", "sub": "a", "part": "phase", "task": "rest", "ses": "1", "echo": "3"}
    name = Name("func", "bold", entities)
    assert name.path == "sub-a/ses-1/func/sub-a_ses-1_task-rest_run-2_echo-3_part-phase_bold"


def test_the_bids_validator_accepts_it(shared_data: Path, tmp_path: Path) -> None:
    beside = shutil.which("bids-validator-deno", path=str(Path(sys.executable).parent))
    program = beside or shutil.which("bids-validator-deno")
    if program is None:
        pytest.skip("bids-validator-deno is not installed")
    sources = [shared_data / name for name in ("dcm_qa_nih", "dicom2nifti", "dcmstack", "suyashkumar-dicom", "dcmqi")]
    report = hu.convert(sources, tmp_path / "out", bids_layout=True)
    assert report.counts["done"] >= 8
    words = [program, str(tmp_path / "out"), "--ignoreWarnings"]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "BIDS compatible" in found.stdout
