"""`hu scan`: a listing for people, JSON for programs, exit codes for both."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.cli.listing import hierarchy, syntax_words
from hounsfield.cli.output import width
from hounsfield.testing.series import Faults, chest_ct
from tests.catalog.objects import write

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `hu scan`."""
    code = main(["scan", *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def document(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    """What `--json` prints."""
    found: dict[str, Any] = json.loads(run(capsys, *words, "--json")[1])
    return found


def test_a_listing_shows_patients_studies_and_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chest_ct(tmp_path / "ct", slices=8, rows=32, spacing=2.5, faults=Faults(missing=(4,)))
    write(tmp_path / "us", PatientID="U1", PatientName="山田^太郎", SpecificCharacterSet="ISO_IR 192", Modality="US")
    (tmp_path / "notes.txt").write_text("nothing to see here\n")
    code, out, err = run(capsys, tmp_path)
    assert (code, err) == (0, "")
    assert out.startswith("9 files, ")
    assert "8 DICOM objects of 2 patients, 2 studies, 2 series\nalso 1 file that is not DICOM\n" in out
    line = next(line for line in out.splitlines() if "missing" in line)
    assert "7  32 x 32" in line
    assert "1  2.50 mm  uncompressed" in line
    assert line.endswith("1 slice missing")
    assert "山田^太郎  ID U1" in out
    assert "1  the file is not DICOM: text" in out


def test_columns_stay_aligned_and_keep_to_the_width(tmp_path: Path) -> None:
    for number, description in enumerate(("short", "胸部単純撮影" * 6, "a very long description " * 5)):
        write(
            tmp_path / str(number),
            SpecificCharacterSet="ISO_IR 192",
            SeriesInstanceUID=f"1.{number}",
            SeriesDescription=description[:64],
        )
    catalog = hu.scan(tmp_path)
    lines = [line for line in hierarchy(catalog, columns=90, most=None) if "uncompressed" in line]
    assert len(lines) == 3
    assert max(map(width, lines)) <= 90
    assert len({width(line[: line.index("uncompressed")]) for line in lines}) == 1


def test_long_listings_are_cut_unless_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(65):
        write(tmp_path / str(number), SeriesInstanceUID=f"1.{number}", SOPInstanceUID=f"2.{number}")
    short, whole = run(capsys, tmp_path)[1], run(capsys, tmp_path, "--all")[1]
    assert "5 series more: --all shows them" in short
    assert (short.count("uncompressed"), whole.count("uncompressed")) == (60, 65)


def test_all_names_every_file_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "1")
    for number in range(5):
        (tmp_path / f"note{number}").write_text("hello world " * 20)
    short, whole = run(capsys, tmp_path)[1], run(capsys, tmp_path, "--all")[1]
    assert (short.count("note"), whole.count("note")) == (1, 5)


def test_control_characters_of_a_file_are_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "1", SeriesDescription="\x1b[31mred")
    assert "\x1b" not in run(capsys, tmp_path)[1]


def test_json_has_counts_series_files_and_issues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = chest_ct(tmp_path / "ct", slices=4, rows=32)
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.write(write(tmp_path / "x" / "1", PatientID="P9"), "in/1")
    (tmp_path / "x" / "1").write_text("no longer DICOM, but text\n")
    found = document(capsys, tmp_path)
    assert set(found) == {"counts", "series", "files", "issues"}
    assert found["counts"]["instances"] == 5
    assert found["counts"]["archive"] == found["counts"]["other"] == 1
    zipped = next(series for series in found["series"] if series["PatientID"] == "P9")
    assert zipped["paths"] == [f"{tmp_path / 'e.zip'}/in/1"]
    ct = next(series for series in found["series"] if series["PatientID"] != "P9")
    assert {*ct} >= {"SeriesInstanceUID", "StudyInstanceUID", "Modality", "instances", "stacks", "spacing", "paths"}
    assert sorted(ct["paths"]) == sorted(map(str, files))
    assert {entry["status"] for entry in found["files"]} == {"archive", "other"}


def test_issues_and_left_out_files_have_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "1").read_bytes()
    (tmp_path / "1").write_bytes(data[:-4])
    (tmp_path / "2").write_bytes(bytes(128) + b"DICM")
    code, out, _ = run(capsys, tmp_path)
    assert code == 1
    assert "broken: the file ends after the preamble" in out
    assert "the pixel data should have 32 bytes, but the file ends after 28" in out
    (issue,) = document(capsys, tmp_path)["issues"]
    assert (issue["code"], issue["severity"], issue["count"]) == ("pixels-truncated", "error", 1)
    assert issue["hint"]


def test_exit_codes_tell_the_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run(capsys, tmp_path / "empty")[0] == 3
    code, _, err = run(capsys, tmp_path / "missing")
    assert code == 3
    assert "no such file or folder" in err
    write(tmp_path / "in" / "1")
    assert run(capsys, tmp_path / "in")[0] == 0
    (tmp_path / "note").write_text("precious " * 200)
    assert run(capsys, tmp_path / "in", "--catalog", tmp_path / "note")[0] == 2


def test_names_that_are_no_text_can_be_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "1").read_bytes()
    for name, content in ((b"\xff", data), (b"\xfe", b"text " * 20)):
        (tmp_path / os.fsdecode(name)).write_bytes(content)
    assert run(capsys, tmp_path)[0] == 0
    found = document(capsys, tmp_path)
    assert sorted(path.rsplit("/", 1)[-1] for path in found["series"][0]["paths"]) == ["1", "\\udcff"]
    assert found["files"][0]["path"].endswith("\\udcfe")


def test_a_catalog_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "in" / "1")
    first = document(capsys, tmp_path / "in", "--catalog", tmp_path / "c.db")
    assert document(capsys, tmp_path / "in", "--catalog", tmp_path / "c.db") == first
    with hu.Catalog.open(tmp_path / "c.db") as catalog:
        assert len(catalog.instances) == 1


def test_syntaxes_have_short_words() -> None:
    assert syntax_words(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"]) == "uncompressed"
    assert syntax_words(["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5"]) == "JPEG-LS, RLE"
    assert syntax_words(["1.2.840.10008.1.2.4.102"]) == "MPEG-4"
    assert syntax_words(["1.2.3"]) == "1.2.3"


def test_every_shared_file_is_accounted_for(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, shared_data)
    paths = [path for series in found["series"] for path in series["paths"]]
    paths += [entry["path"] for entry in found["files"] if entry["member"] is None]
    assert sorted(set(paths)) == sorted(str(path) for path in shared_data.rglob("*") if path.is_file())
    assert all(entry["reason"] for entry in found["files"] if entry["status"] in ("other", "broken"))
