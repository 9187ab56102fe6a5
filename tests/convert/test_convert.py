"""`hu.convert`: a row for each stack, names that stay inside, nothing overwritten or left half written."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import nibabel as nib
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.convert.naming import check_template, file_name
from hounsfield.errors import UsageError
from hounsfield.testing import Faults, chest_ct, mr_series


def change(files: list[Path], **values: Any) -> None:
    for file in files:
        dataset = pydicom.dcmread(file)
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)


def test_each_stack_becomes_a_file(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in" / "ct", slices=4, rows=32)
    mr_series(tmp_path / "in" / "mr", shape=(2, 3, 16, 16))
    (tmp_path / "in" / "notes.txt").write_text("not DICOM")
    report = hu.convert(tmp_path / "in", tmp_path / "out")
    assert report.counts == {"done": 2}
    images: list[Any] = [nib.load(row.file) for row in report]
    shapes = {image.shape for image in images}
    assert shapes == {(32, 32, 4), (16, 16, 3, 2)}
    assert {row.unit for row in report} == {"HU", ""}


def test_faulty_series_are_skipped_and_the_rest_is_done(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in" / "gap", slices=6, rows=32, faults=Faults(missing=(2,)))
    mr_series(tmp_path / "in" / "mr", shape=(2, 3, 16, 16))
    report = hu.convert(tmp_path / "in", tmp_path / "out")
    assert report.counts == {"done": 1, "skipped": 1}
    (skipped,) = [row for row in report if row.status == "skipped"]
    assert skipped.code == "missing-slices"
    assert "mm along the normal" in skipped.reason
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".gz", ".json"}


def test_a_series_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    files = chest_ct(tmp_path / "in" / "ct", slices=4, rows=32)
    files[2].write_bytes(files[2].read_bytes()[:-50])
    mr_series(tmp_path / "in" / "mr", shape=(2, 3, 16, 16))
    report = hu.convert(tmp_path / "in", tmp_path / "out")
    assert report.counts == {"done": 1, "failed": 1}
    (failed,) = [row for row in report if row.status == "failed"]
    assert str(files[2]) in failed.reason
    assert "(7FE0,0010)" in failed.reason


def test_a_dry_run_reads_no_pixels_and_writes_nothing(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=4, rows=32)
    report = hu.convert(tmp_path / "in", tmp_path / "out", dry_run=True)
    assert [(row.status, row.shape) for row in report] == [("planned", (4, 32, 32))]
    assert not (tmp_path / "out").exists()


def test_files_that_are_there_are_kept(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=4, rows=32)
    (row,) = hu.convert(tmp_path / "in", tmp_path / "out")
    first = Path(row.file).read_bytes()
    Path(row.file).write_text("mine")
    (again,) = hu.convert(tmp_path / "in", tmp_path / "out")
    assert (again.status, again.code) == ("failed", "exists")
    assert Path(row.file).read_text() == "mine"
    (third,) = hu.convert(tmp_path / "in", tmp_path / "out", overwrite=True)
    assert third.status == "done"
    assert Path(row.file).read_bytes() == first
    assert gzip.decompress(first)


def test_two_stacks_of_one_name_are_an_error_but_the_default_tells_them_apart(tmp_path: Path) -> None:
    for number in (1, 2):
        files = chest_ct(tmp_path / "in" / str(number), slices=3, rows=32)
        change(files, SeriesInstanceUID=f"1.2.3.{number}")
        for index, file in enumerate(files):
            change([file], SOPInstanceUID=f"1.2.3.{number}.{index}")
    report = hu.convert(tmp_path / "in", tmp_path / "one", name="{Modality}")
    assert report.counts == {"done": 1, "failed": 1}
    assert [row.code for row in report if row.status == "failed"] == ["name-collision"]
    assert hu.convert(tmp_path / "in", tmp_path / "two").counts == {"done": 2}


def test_hostile_values_never_leave_the_folder(tmp_path: Path) -> None:
    files = chest_ct(tmp_path / "in", slices=2, rows=32)
    change(files, PatientID="../../x", SeriesDescription="/etc/passwd\\..\\a:b|c")
    (row,) = hu.convert(tmp_path / "in", tmp_path / "out" / "deep", name="{PatientID}/{SeriesDescription}")
    assert row.status == "done"
    assert Path(row.file).resolve().is_relative_to((tmp_path / "out" / "deep").resolve())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@given(st.text(max_size=300))
def test_any_value_makes_a_name_that_stays_inside(value: str) -> None:
    name = file_name("{PatientID}/{SeriesNumber}_{PatientID}", {"PatientID": value, "SeriesNumber": 3}.get)
    parts = name.split("/")
    assert len(parts) <= 2
    for part in parts:
        assert part
        assert part not in (".", "..")
        assert not part.startswith(".")
        assert not set(part) & set('/\\:*?"<>|\0\n')


@pytest.mark.parametrize("template", ["", "/tmp/x", "../x", "a/../../b", "{PatientID.__class__}", "{0}", "{", "{a[0]}"])
def test_templates_that_lead_elsewhere_are_refused(template: str) -> None:
    with pytest.raises(UsageError):
        check_template(template)


def test_a_name_may_choose_the_suffix(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=32)
    (row,) = hu.convert(tmp_path / "in", tmp_path / "out", name="{Modality}_{SeriesNumber:03d}.nii")
    assert Path(row.file).name == "CT_001.nii"


def test_a_series_of_a_catalog_can_be_converted(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=32)
    mr_series(tmp_path / "in" / "mr", shape=(2, 3, 16, 16))
    with hu.scan(tmp_path / "in") as catalog:
        report = hu.convert(catalog.series.where(Modality="CT"), tmp_path / "out")
    assert [row.series["Modality"] for row in report] == ["CT"]


def test_unknown_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nifti"):
        hu.convert(tmp_path, tmp_path / "out", to="bmp")


@pytest.mark.parametrize(
    ("faults", "code", "statuses"),
    [(None, 0, ["done"]), (Faults(missing=(1,)), 3, ["skipped"])],
)
def test_the_command_prints_json_and_tells_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], faults: Faults | None, code: int, statuses: list[str]
) -> None:
    chest_ct(tmp_path / "in", slices=4, rows=32, faults=faults)
    assert main(["convert", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert [row["status"] for row in document["rows"]] == statuses
    assert document["rows"][0]["SeriesInstanceUID"]


def test_the_command_lists_rows_and_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chest_ct(tmp_path / "in" / "gap", slices=6, rows=32, faults=Faults(missing=(2,)))
    mr_series(tmp_path / "in" / "mr", shape=(2, 3, 16, 16))
    words = ["convert", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--compress", "none"]
    assert main(words) == 1
    out = capsys.readouterr()
    assert ".nii  2 x 3 x 16 x 16 (time, slice, row, column)" in out.out
    assert "1 of 6 slices are missing" in out.out
    assert "1 done, 1 skipped" in out.err
    assert main(words) == 1
    assert "1 kept, 1 skipped" in capsys.readouterr().err
    for path in (tmp_path / "out").glob("*.json"):
        path.unlink()
    assert main(words) == 5


def test_gaps_are_split_or_filled_on_request(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=8, rows=16, faults=Faults(missing=(3,)))
    split = hu.convert(tmp_path / "in", tmp_path / "split", split_gaps=True)
    assert sorted(row.shape for row in split) == [(3, 16, 16), (4, 16, 16)]
    words = ["convert", str(tmp_path / "in"), "-o", str(tmp_path / "even"), "--resample", "--compress", "none"]
    assert main(words) == 0
    (path,) = (tmp_path / "even").glob("*.nii")
    image: Any = nib.load(path)
    assert image.shape == (16, 16, 8)
    assert image.header.get_zooms()[2] == pytest.approx(2.0)


@pytest.mark.parametrize("sidecar", ["bids", "none"])
def test_units_of_pet(shared_data: Path, tmp_path: Path, sidecar: Any) -> None:
    """Formula and inputs are beside the volume, whether or not other sidecars are asked for."""
    folder = shared_data / "suyashkumar-dicom"
    report = hu.convert(folder, tmp_path, unit="suvbw", sidecar=sidecar)
    rows = [row for row in report if row.series["Modality"] == "PT"]
    assert {(row.status, row.unit) for row in rows} == {("done", "g/mL")}
    for row in rows:
        (path,) = [name for name in row.files if name.endswith(".json")]
        found = json.loads(Path(path).read_text())["UnitDerivation"]
        assert found["unit"] == "suvbw"
        assert "weight" in found["formula"]
        # Times of day are needed to check it, dates are not.
        assert not any(isinstance(value, str) and value.startswith(("19", "20")) for value in found.values())
    with pytest.raises(UsageError, match="suvlbm"):
        hu.convert(folder, tmp_path, unit="suv")  # type: ignore[arg-type]


def test_a_query_that_found_nothing_is_said(tmp_path: Path) -> None:
    with hu.scan(chest_ct(tmp_path / "in", slices=2, rows=16)) as catalog:
        nothing: Any = catalog.series.where(Modality="MR").first()
        with pytest.raises(UsageError, match="found no series"):
            hu.convert(nothing, tmp_path / "out")
