"""`conversion.json`: what was made of what; interrupted runs go on; nothing depends on where or when."""

from __future__ import annotations

import importlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pydicom
import pytest

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.convert import task as task_module
from hounsfield.convert.record import NAME
from hounsfield.testing import Faults, chest_ct, mr_series

conversion_module = importlib.import_module("hounsfield.convert.conversion")
_JOURNAL = ".conversion.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    chest_ct(tmp_path / "in" / "ct", slices=4, rows=32)
    mr_series(tmp_path / "in" / "mr", shape=(2, 3, 16, 16))
    chest_ct(tmp_path / "in" / "gap", slices=6, rows=16, faults=Faults(missing=(2,)))
    return tmp_path / "in"


def record(output: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((output / NAME).read_text())["conversions"]
    return found


def test_it_says_what_was_made_of_what(folder: Path, tmp_path: Path) -> None:
    hu.convert(folder, tmp_path / "out", sidecar="bids")
    found = {entry["Modality"]: entry for entry in record(tmp_path / "out") if entry["status"] == "done"}
    files = [pydicom.dcmread(file) for file in (folder / "ct").iterdir()]
    assert set(found["CT"]["instances"]) == {dataset.SOPInstanceUID for dataset in files}
    assert found["CT"]["SeriesInstanceUID"] == files[0].SeriesInstanceUID
    assert [Path(name).suffix for name in found["CT"]["files"]] == [".gz", ".json"]
    (skipped,) = [entry for entry in record(tmp_path / "out") if entry["status"] == "skipped"]
    assert skipped["code"] == "missing-slices"
    assert "mm along the normal" in skipped["reason"]
    assert str(tmp_path) not in (tmp_path / "out" / NAME).read_text()


def test_it_does_not_depend_on_place_or_time(folder: Path, tmp_path: Path) -> None:
    hu.convert(folder, tmp_path / "a")
    shutil.copytree(folder, tmp_path / "copy")
    for file in (tmp_path / "copy").rglob("*"):
        os.utime(file, (1, 1))
    hu.convert(tmp_path / "copy", tmp_path / "b")
    assert (tmp_path / "a" / NAME).read_bytes() == (tmp_path / "b" / NAME).read_bytes()


def test_an_interrupted_run_goes_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = hu.convert(folder, tmp_path / "whole")
    done: list[Any] = []

    def interrupted(task: Any) -> Any:
        if done:
            raise KeyboardInterrupt
        done.append(task)
        return task_module.perform(task)

    monkeypatch.setattr(conversion_module, "perform", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hu.convert(folder, tmp_path / "out")
    monkeypatch.undo()
    assert len(list((tmp_path / "out").glob("*.nii.gz"))) == 1
    report = hu.convert(folder, tmp_path / "out")
    assert report.counts == {"done": 1, "kept": 1, "skipped": 1}
    assert {row.file.rpartition("/")[2] for row in report.done} == {row.file.rpartition("/")[2] for row in whole.done}
    assert (tmp_path / "out" / NAME).read_bytes() == (tmp_path / "whole" / NAME).read_bytes()
    assert not (tmp_path / "out" / _JOURNAL).exists()


def test_a_run_that_was_killed_leaves_a_journal_to_go_on_from(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    hu.convert(folder, output)
    lines = [json.dumps(entry) for entry in record(output)]
    (output / NAME).unlink()
    (output / _JOURNAL).write_text("\n".join(lines) + '\n{"files": ["cut o')
    (output / ".x.nii.gz.partial").write_text("half")
    assert hu.convert(folder, output).counts == {"kept": 2, "skipped": 1}


def test_what_is_no_longer_the_same_is_not_kept(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    (row, *_) = hu.convert(folder / "ct", output)
    assert hu.convert(folder / "ct", output).counts == {"kept": 1}
    # Other options, other files: what is there stays, and nobody is told that it was made.
    assert hu.convert(folder / "ct", output, sidecar="bids").counts == {"failed": 1}
    path = Path(row.file)
    path.write_bytes(path.read_bytes()[:-1])
    assert hu.convert(folder / "ct", output).counts == {"failed": 1}
    path.unlink()
    assert hu.convert(folder / "ct", output).counts == {"done": 1}
    for file in (folder / "ct").iterdir():
        dataset = pydicom.dcmread(file)
        dataset.RescaleIntercept = "-1000"
        dataset.save_as(file)
    (again,) = hu.convert(folder / "ct", output)
    assert (again.status, again.code) == ("failed", "exists")
    assert hu.convert(folder / "ct", output, overwrite=True).counts == {"done": 1}


def test_several_runs_share_a_folder(folder: Path, tmp_path: Path) -> None:
    hu.convert(folder / "ct", tmp_path / "out")
    hu.convert(folder / "mr", tmp_path / "out")
    assert {entry["Modality"] for entry in record(tmp_path / "out")} == {"CT", "MR"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"conversions": 3}', '{"conversions": [{"files": 3}]}', "\x00\xff"])
def test_a_damaged_record_says_nothing(folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / NAME).write_text(text)
    assert hu.convert(folder / "ct", tmp_path / "out").counts == {"done": 1}
    assert len(record(tmp_path / "out")) == 1


def test_a_fault_of_the_program_stops_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(task: Any) -> Any:
        if task.row.series["Modality"] == "CT":
            raise RuntimeError("a bug")
        return task_module.perform(task)

    monkeypatch.setattr(conversion_module, "perform", broken)
    report = hu.convert(folder, tmp_path / "out")
    assert report.counts == {"done": 1, "skipped": 1, "failed": 1}
    (failed,) = [row for row in report if row.status == "failed"]
    assert (failed.code, "a bug" in failed.reason) == ("internal", True)


def test_an_output_that_cannot_be_written(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("not a folder")
    code = main(["convert", str(folder / "ct"), "-o", str(tmp_path / "file")])
    assert code != 0
    assert "Traceback" not in capsys.readouterr().err


def test_nothing_to_convert_leaves_no_record(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("x")
    assert hu.convert(tmp_path / "in", tmp_path / "out").counts == {}
    assert not (tmp_path / "out").exists()
