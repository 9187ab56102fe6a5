"""Mapping tables, archives, audit files, and looking for what is left."""

from __future__ import annotations

import csv
import json
import stat
import zipfile
from typing import TYPE_CHECKING

import pydicom
import pytest

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.deidentify import Options, check
from hounsfield.errors import ExistsError, ReadError, UsageError
from hounsfield.testing import chest_ct

if TYPE_CHECKING:
    from pathlib import Path

    from hounsfield.deidentify import Report

DATES = hu.Profile.basic("retain-longitudinal-modified-dates")


def facts(folder: Path, report: Report) -> list[tuple[str, ...]]:
    made = [pydicom.dcmread(folder / row.output) for row in report]
    return sorted((each.PatientID, each.StudyDate, each.SOPInstanceUID, each.StudyInstanceUID) for each in made)


@pytest.mark.parametrize("name", ["map.csv", "map.sqlite"])
def test_a_mapping_table_gives_the_same_under_another_key(tmp_path: Path, name: str) -> None:
    chest_ct(tmp_path / "in", slices=3, rows=16)
    table = tmp_path / name
    first = hu.deidentify(tmp_path / "in", tmp_path / "one", DATES, options=Options(mapping_out=table))
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    other = hu.deidentify(tmp_path / "in", tmp_path / "two", DATES)
    again = hu.deidentify(tmp_path / "in", tmp_path / "three", DATES, options=Options(mapping_in=table))
    assert facts(tmp_path / "one", first) == facts(tmp_path / "three", again)
    assert facts(tmp_path / "one", first) != facts(tmp_path / "two", other)


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=16)
    identifier = pydicom.dcmread(next(path for path in (tmp_path / "in").rglob("*") if path.is_file())).PatientID
    with (tmp_path / "map.csv").open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("kind", "original", "replacement"))
        writer.writerow(("PatientID", identifier, "TRIAL-007"))
        writer.writerow(("days", identifier, "-10"))
    report = hu.deidentify(tmp_path / "in", tmp_path / "out", DATES, options=Options(mapping_in=tmp_path / "map.csv"))
    made = pydicom.dcmread(tmp_path / "out" / report.rows[0].output)
    assert (made.PatientID, made.StudyDate) == ("TRIAL-007", "20240105")
    assert report.rows[0].output.startswith("TRIAL-007/")


def test_tables_that_are_wrong(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=1, rows=16)
    wrong = {
        "a,b\n1,2\n": "needs the columns",
        "kind,original,replacement\nNobody,1,2\n": "row 2",
        "kind,original,replacement\ndays,1,two\n": "whole number",
        "kind,original,replacement\nuid,1.2,2.1\nuid,1.2,2.2\n": "row 3",
    }
    for text, message in wrong.items():
        (tmp_path / "map.csv").write_text(text)
        with pytest.raises(UsageError, match=message):
            hu.deidentify(tmp_path / "in", tmp_path / "out", options=Options(mapping_in=tmp_path / "map.csv"))
    with pytest.raises(ReadError):
        hu.deidentify(tmp_path / "in", tmp_path / "out", options=Options(mapping_in=tmp_path / "none.sqlite"))
    (tmp_path / "letter.csv").write_text("dear colleague\n")
    with pytest.raises(ExistsError):
        hu.deidentify(tmp_path / "in", tmp_path / "o2", options=Options(mapping_out=tmp_path / "letter.csv"))
    assert (tmp_path / "letter.csv").read_text() == "dear colleague\n"


def test_archives_and_their_names(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=16)
    with zipfile.ZipFile(tmp_path / "Doe_John.zip", "w") as archive:
        for number, path in enumerate(path for path in sorted((tmp_path / "in").rglob("*")) if path.is_file()):
            archive.write(path, f"DOE^JOHN/{number}.dcm")
    key = hu.new_key(tmp_path / "key")
    report = hu.deidentify(tmp_path / "Doe_John.zip", tmp_path / "out", key=key)
    plain = hu.deidentify(tmp_path / "in", tmp_path / "plain", key=key)
    assert sorted(row.output for row in report) == sorted(row.output for row in plain)
    assert "doe" not in " ".join(str(path).lower() for path in (tmp_path / "out").rglob("*"))
    for row in report:
        assert (tmp_path / "out" / row.output).read_bytes() == (tmp_path / "plain" / row.output).read_bytes()


def test_the_audit_file_is_safe_to_share(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=16)
    (tmp_path / "in" / "DOE_JOHN.txt").write_text("no image")
    report = hu.deidentify(tmp_path / "in", tmp_path / "out")
    report.save(tmp_path / "audit.jsonl")
    text = (tmp_path / "audit.jsonl").read_text()
    records = [json.loads(line) for line in text.splitlines()]
    assert records[0]["codes"] == ["113100"]
    assert {record["record"] for record in records} == {"profile", "attribute", "file"}
    source = pydicom.dcmread(
        next(path for path in (tmp_path / "in").rglob("*") if path.suffix != ".txt" and path.is_file())
    )
    journal = (tmp_path / "out" / ".hounsfield-deidentify").read_text()
    for secret in (
        str(source.PatientName),
        source.PatientID,
        source.StudyInstanceUID,
        "DOE_JOHN",
        str(tmp_path / "in"),
    ):
        assert secret not in text
        assert secret not in journal


def test_what_is_left_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=16)
    report = hu.deidentify(tmp_path / "in", tmp_path / "out")
    assert check(tmp_path / "out", against=tmp_path / "in") == []
    source = pydicom.dcmread(next(path for path in (tmp_path / "in").rglob("*") if path.is_file()))
    path = tmp_path / "out" / report.rows[0].output
    made = pydicom.dcmread(path)
    made.SeriesDescription = f"seen {source.PatientID.lower()} on 2019-03-04"
    made.StudyDate, made.OperatorsName, made.FrameOfReferenceUID = "20190304", "Doe^Ida", source.FrameOfReferenceUID
    made.private_block(0x0021, "MINE", create=True).add_new(0x01, "LO", "x")
    made.preamble = b"x" * 128
    made.save_as(path)
    kinds = {finding.kind for finding in check(tmp_path / "out", against=tmp_path / "in")}
    assert {"known", "pattern", "date", "name", "uid", "private", "preamble"} <= kinds
    assert main(["deidentify", "--check", str(tmp_path / "out")]) == 1
    assert "2019-03-04" in capsys.readouterr().out
    assert main(["deidentify", "--check", str(tmp_path / "in")]) == 1
    assert main(["deidentify", "--check", str(tmp_path / "in"), "-o", str(tmp_path / "x")]) == 2


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=16)
    key, out = str(tmp_path / "trial.key"), str(tmp_path / "out")
    assert main(["key", "new", key]) == 0
    assert main(["key", "new", key]) == 5
    assert main(["deidentify", str(tmp_path / "in"), "--dry-run", "--key", key]) == 0
    assert "PatientName" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
    words = ["deidentify", str(tmp_path / "in"), "-o", out, "--key", key, "--audit", str(tmp_path / "audit.jsonl")]
    assert main(words) == 0
    assert main(words) == 0
    assert "2 skipped" in capsys.readouterr().err
    assert main([*words, "--option", "retain-uids"]) == 5
    assert main(["deidentify", str(tmp_path / "in"), "-o", out, "--option", "clean-recognizable-visual-features"]) == 2
    assert "not there yet" in capsys.readouterr().err
    assert main(["deidentify", str(tmp_path / "in")]) == 2
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("no image")
    assert main(["deidentify", str(tmp_path / "text"), "-o", str(tmp_path / "nothing")]) == 3
