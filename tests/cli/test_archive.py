"""`hu archive` says what it did, and what it prints as JSON is what its schema says."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from hounsfield.cli import main
from tests.cli.test_json import printed


def test_a_life_of_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, source = str(tmp_path / "archive"), str(get_testdata_file("CT_small.dcm"))
    assert printed(capsys, "archive", "add", folder, source)["counts"] == {"stored": 1}
    assert printed(capsys, "archive", "add", folder, source)["counts"] == {"present": 1}
    (study,) = printed(capsys, "archive", "list", folder, "PatientID=1CT1")["studies"]
    assert study["PatientName"] == "CompressedSamples^CT1"
    assert printed(capsys, "archive", "stats", folder)["instances"] == 1
    assert printed(capsys, "archive", "verify", folder)["checked"] == 1
    assert printed(capsys, "archive", "verify", folder, "--rebuild")["checked"] == 0
    (path,) = printed(capsys, "archive", "export", folder, "-o", str(tmp_path / "out"))["paths"]
    assert Path(path).read_bytes() == Path(source).read_bytes()
    assert printed(capsys, "archive", "delete", folder, "PatientID=1CT1", "--dry-run")["instances"] == 1
    assert printed(capsys, "archive", "delete", folder, "PatientID=1CT1")["instances"] == 1
    assert printed(capsys, "archive", "stats", folder)["instances"] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list", "nowhere"), 3),
        (("add", "archive"), 2),
        (("delete", "archive"), 2),
        (("delete", "archive", "word"), 2),
        (("export", "archive"), 2),
        (("list", "archive", "NoSuchKey=1"), 2),
    ],
)
def test_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archive" / "objects").mkdir(parents=True)
    assert main(["archive", *words]) == code
