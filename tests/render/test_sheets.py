"""Contact sheets: what is on them, in which order, and what could not be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from hounsfield.errors import UsageError
from hounsfield.render import View, render, sheet
from hounsfield.testing import chest_ct
from tests.render.bodies import OBLIQUE, noise, volume

if TYPE_CHECKING:
    from pathlib import Path


def test_tiles_are_the_slices_in_order(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=7, rows=32)
    made = sheet(tmp_path, View(size=32), columns=3, rows=3)
    assert made.shape == (3 * 34 - 2, 3 * 34 - 2)
    for place in range(7):
        top, left = 34 * (place // 3), 34 * (place % 3)
        alone = render(tmp_path, View(frame=place + 1)).array
        assert np.array_equal(made.array[top : top + 32, left : left + 32], alone)
    assert made.caption == "7 of 7"
    assert made.issues == ()


def test_slices_are_left_out_evenly(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=12, rows=32)
    made = sheet(tmp_path, View(size=32), columns=4, rows=1)
    for place, number in enumerate((2, 5, 8, 11)):
        left = 34 * place
        assert np.array_equal(made.array[:, left : left + 32], render(tmp_path, View(frame=number)).array)


def test_volumes_are_cut_from_end_to_end() -> None:
    body = volume(noise(), OBLIQUE)
    made = sheet(body, View(plane="coronal", size=64, labels=True), columns=4, rows=2)
    assert made.shape[1] <= 4 * 66 - 2
    assert made.caption.startswith("8 of")
    around = sheet(body, View(rendering="surface", size=48), columns=3, rows=1)
    assert around.shape[2] == 3


def test_a_broken_frame_is_a_tile_that_says_why(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=5, rows=32)
    header = pydicom.dcmread(files[2])
    header.PixelData = header.PixelData[:100]
    header.save_as(files[2])
    made = sheet(tmp_path, View(size=96), columns=5, rows=1)
    (issue,) = made.issues
    assert files[2].name in issue.where
    assert issue.severity == "error"
    broken = made.array[:, 2 * 98 : 2 * 98 + 96]
    # Dark, with letters in it.
    assert np.median(broken) == 24
    assert broken.max() > 150


def test_frames_of_different_sizes_are_centered(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=2, rows=32)
    header = pydicom.dcmread(files[1])
    header.Rows = 16
    header.PixelData = header.PixelData[: 16 * 32 * 2]
    header.save_as(files[1])
    made = sheet(files[1], View(size=32), columns=2, rows=2)
    assert made.shape == (16, 32)


def test_slices_in_a_mosaic_are_apart(shared_data: Path) -> None:
    folder = shared_data / "dcm_qa_nih"
    made = sheet(folder, View(size=64), columns=5, rows=1, series="3")
    tiles = [made.array[:, 66 * place : 66 * place + 64] for place in range(5)]
    # Slices through a ball: each shows less of it than the one before.
    lit = [int((tile > 40).sum()) for tile in tiles]
    assert lit[4] < lit[3] < lit[2] < lit[1]


def test_archives_are_looked_into(tmp_path: Path) -> None:
    import shutil

    chest_ct(tmp_path / "in", slices=3, rows=32)
    archive = shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path / "in")
    for view in (View(), View(frame=3), View(plane="coronal", size=40)):
        assert np.array_equal(render(archive, view).array, render(tmp_path / "in", view).array)
    assert sheet(archive, View(size=32), columns=3, rows=1).issues == ()


@pytest.mark.parametrize(("columns", "rows", "size"), [(0, 3, None), (3, 101, None), (40, 40, 2048)])
def test_sheets_have_limits(columns: int, rows: int, size: int | None) -> None:
    with pytest.raises(UsageError, match=r"of a sheet|too large"):
        sheet(volume(noise(), OBLIQUE), View(size=size), columns=columns, rows=rows)
