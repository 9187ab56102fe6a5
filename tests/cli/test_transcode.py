"""`hu transcode`: folders, archives, exit codes, and taking up work that was broken off."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pydicom
import pytest

from hounsfield.cli import main
from hounsfield.testing import chest_ct

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    chest_ct(tmp_path / "in" / "series", slices=3, rows=16)
    (tmp_path / "in" / "notes.txt").write_text("not an image")
    return tmp_path / "in"


def _images(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".txt")


def _run(*words: object) -> int:
    return main([str(word) for word in ("transcode", *words)])


def test_a_folder_keeps_its_shape_and_is_taken_up_again(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert _run(export, "-o", out, "--to", "jpeg-ls", "--verify") == 0
    printed = capsys.readouterr()
    assert printed.out.count("verified: every value is the same") == 3
    assert "3 done, 1 skipped" in printed.err
    made = sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())
    assert made == sorted(path.relative_to(export) for path in _images(export))
    (out / made[0]).unlink()
    assert _run(export, "-o", out, "--to", "jpeg-ls") == 0
    assert "1 done, 3 skipped" in capsys.readouterr().err
    assert _run(export, "-o", out, "--to", "rle") == 5
    assert "exists already" in capsys.readouterr().err
    assert _run(export, "-o", out, "--to", "rle", "--overwrite") == 0


def test_one_bad_file_does_not_stop_the_others(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = sorted((export / "series").iterdir())[1]
    bad.write_bytes(bad.read_bytes()[:-100])
    assert _run(export, "-o", tmp_path / "out", "--to", "rle") == 1
    printed = capsys.readouterr()
    assert "2 done, 1 skipped, 1 failed" in printed.err
    assert bad.name in printed.err
    assert len(_images(tmp_path / "out")) == 2


def test_an_archive_is_a_folder_and_cannot_write_outside(export: Path, tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for number, path in enumerate(_images(export)):
            opened.write(path, f"../../{number}.dcm")
    assert _run(archive, "-o", tmp_path / "out", "--to", "rle", "--verify") == 0
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == ["0.dcm", "1.dcm", "2.dcm"]


def test_output_inside_the_input_is_refused(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(export, "-o", export / "out", "--to", "rle") == 2
    assert "inside the input" in capsys.readouterr().err
    assert not (export / "out").exists()


def test_a_dry_run_writes_nothing(export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(export, "-o", tmp_path / "out", "--to", "jpeg2000:10", "--dry-run") == 0
    assert "would be compressed with loss" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_standard_output(export: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = next((export / "series").iterdir())
    assert _run(source, "-o", "-", "--to", "rle") == 0
    from io import BytesIO

    made = pydicom.dcmread(BytesIO(capfdbinary.readouterr().out))
    assert made.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.5"


def test_standard_input(export: Path, tmp_path: Path) -> None:
    source = _images(export)[0]
    command = [sys.executable, "-m", "hounsfield", "transcode", "-", "-o", str(tmp_path / "out.dcm"), "--to", "rle"]
    subprocess.run(command, input=source.read_bytes(), check=True, capture_output=True)
    assert pydicom.dcmread(tmp_path / "out.dcm").PatientID == pydicom.dcmread(source).PatientID


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--to", "nonsense"], 2),
        (["--to", "jpeg-ls", "--new-uid", "--keep-uid"], 2),
        (["--to", "jpeg"], 3),
        (["--to", "jpeg-xl-recompression"], 3),
    ],
)
def test_exit_codes(export: Path, tmp_path: Path, words: list[str], code: int) -> None:
    # The phantom is no JPEG, and no quality is chosen for anybody.
    assert _run(export / "series", "-o", tmp_path / "out", *words) == code
    assert not _images(tmp_path / "out")
