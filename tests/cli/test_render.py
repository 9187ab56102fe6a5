"""`hu render`: what is written, what is said, and how it ends."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hounsfield.cli import main
from hounsfield.testing import Identity, chest_ct

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    chest_ct(folder, slices=12, rows=64, spacing=10.0)
    return folder


def _shape(path: Path) -> tuple[int, ...]:
    with Image.open(path) as opened:
        return np.asarray(opened).shape


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ("--frame 3", (64, 64)),
        ("--frame 3 --window lung --size 256 --invert", (256, 256)),
        ("--window -600/1200", (64, 64)),
        ("--colors hot-iron --rotate 90 --flip vertical", (64, 64, 3)),
        ("--sheet 3x2 --size 100", (202, 304)),
        ("--mip coronal --slab 20mm --size 350", (120, 350)),
        ("--mean axial --size 100", (100, 100)),
        ("--minip sagittal --slab 2cm", (176, 512)),
        ("--plane 0,0.7,0.7 --at 0,10,20 --size 200 --no-labels", None),
        ("--volume bone --turn 30,10 --size 64", None),
        ("--plane coronal --zoom 2 --size 128", None),
    ],
)
def test_pictures(series: Path, tmp_path: Path, words: str, shape: tuple[int, ...] | None) -> None:
    output = tmp_path / "x.png"
    assert main(["render", str(series), "-o", str(output), *words.split()]) == 0
    found = _shape(output)
    if shape is not None:
        assert found == shape


def test_words_say_what_was_made(series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(series), "-o", str(tmp_path / "x.png"), "--mip", "coronal", "--slab", "20mm"]) == 0
    said = capsys.readouterr().err
    assert "512 x 176 pixels, 0.684 mm per pixel" in said
    assert "MIP 20 mm" in said
    assert main(["render", str(series), "-o", str(tmp_path / "x.gif")]) == 0
    assert "12 frames, 10 per second (the file does not say how fast)" in capsys.readouterr().err


def test_standard_output_holds_a_picture(series: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["render", str(series), "-o", "-"]) == 0
    with Image.open(io.BytesIO(capfdbinary.readouterr().out)) as opened:
        assert opened.size == (64, 64)


def test_a_view_is_shared_as_json(series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "1.png", tmp_path / "2.png"
    words = ["--plane", "0,0.7,0.7", "--window", "40/400", "--slab", "9mm", "--size", "120"]
    assert main(["render", str(series), "-o", str(first), *words, "--json"]) == 0
    view = json.loads(capsys.readouterr().out)["view"]
    (tmp_path / "view.json").write_text(json.dumps(view), encoding="utf-8")
    assert main(["render", str(series), "-o", str(second), "--view", str(tmp_path / "view.json")]) == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--plane 0,0,0", "normal has no length"),
        ("--plane 0,nan,1", "normal is 3 numbers"),
        ("--plane 1,2", "--plane takes 3 numbers"),
        ("--plane transversal", "there is no plane 'transversal'"),
        ("--slab 0", "'0' is no thickness"),
        ("--slab -3mm", "no thickness"),
        ("--slab thick", "no thickness"),
        ("--mip coronal --minip axial", "--mip and --minip exclude each other"),
        ("--mip coronal --plane axial", "names the plane already"),
        ("--sheet 6", "is no sheet"),
        ("--sheet 0x5", "columns of a sheet are 1 to 100"),
        ("--size 100000", "size is a whole number from 1 to 8192"),
        ("--window lunge", "is not a window"),
        ("--window 40/0", "width of a window"),
        ("--flip sideways", "cannot be flipped"),
        ("--at 1,2", "--at takes 3 numbers"),
        ("--frame 99", "no slice 99"),
        ("--rate 5", "only movies have a rate"),
        ("--view nothing.json", "the view cannot be read"),
        ("--colors mauve", "no colors 'mauve'"),
        ("--series 9", "no series is called '9'"),
        ("--stack 9", "no stack is called '9'"),
        ("--volume bone --size 4000", "up to 1024"),
    ],
)
def test_what_is_wrong_is_said(
    series: Path, tmp_path: Path, words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "x.png"
    assert main(["render", str(series), "-o", str(output), *words.split()]) == 2
    assert message in capsys.readouterr().err
    assert not output.exists()


def test_nothing_is_overwritten_unasked(series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "x.png"
    output.write_bytes(b"mine")
    assert main(["render", str(series), "-o", str(output)]) == 5
    assert output.read_bytes() == b"mine"
    assert main(["render", str(series), "-o", str(output), "--overwrite", "--dry-run"]) == 0
    assert output.read_bytes() == b"mine"
    assert main(["render", str(series), "-o", str(output), "--overwrite"]) == 0
    assert _shape(output) == (64, 64)
    assert "exists already" in capsys.readouterr().err


def test_a_folder_of_several_series_asks_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chest_ct(tmp_path / "in" / "a", slices=3, rows=32)
    chest_ct(tmp_path / "in" / "b", slices=4, rows=32, identity=Identity(series=2, description="Thin"))
    output = tmp_path / "x.png"
    assert main(["render", str(tmp_path / "in"), "-o", str(output)]) == 2
    said = capsys.readouterr().err
    assert "there are 2 series" in said
    assert "2  CT      'Thin', 4 images" in said
    assert "--series" in said
    assert main(["render", str(tmp_path / "in"), "-o", str(output), "--series", "thin"]) == 0


def test_a_sheet_with_a_broken_frame_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pydicom

    files = chest_ct(tmp_path / "in", slices=3, rows=32)
    header = pydicom.dcmread(files[1])
    header.PixelData = header.PixelData[:100]
    header.save_as(files[1])
    assert main(["render", str(tmp_path / "in"), "-o", str(tmp_path / "x.png"), "--sheet", "3x1"]) == 1
    assert files[1].name in capsys.readouterr().err
    assert (tmp_path / "x.png").exists()


def test_nothing_usable_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("nothing", encoding="utf-8")
    assert main(["render", str(tmp_path / "text"), "-o", str(tmp_path / "x.png")]) == 3
