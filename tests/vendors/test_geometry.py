"""Stacks of every orientation, whatever order their instances have, lie where dcm2niix puts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.vendors.compared import assert_alike
from tests.vendors.phantom import Series, voxels, write

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

_ORIENTATIONS = {
    "prone": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "feet first": (1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "decubitus left": (0.0, -1.0, 0.0, 1.0, 0.0, 0.0),
    "decubitus right": (0.0, 1.0, 0.0, -1.0, 0.0, 0.0),
    "coronal from behind": (-1.0, 0.0, 0.0, 0.0, 0.0, -1.0),
    "sagittal from the left": (0.0, -1.0, 0.0, 0.0, 0.0, -1.0),
}


@pytest.mark.parametrize("orientation", _ORIENTATIONS)
@pytest.mark.parametrize("descending", [False, True])
def test_orientations(tmp_path: Path, orientation: str, descending: bool) -> None:
    series = Series("GE MEDICAL SYSTEMS", _ORIENTATIONS[orientation], descending=descending)
    write(tmp_path / "in", series, voxels(2, 4))
    assert_alike(tmp_path / "in", tmp_path)


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    def stretch(dataset: Dataset, _: int, __: int) -> None:
        dataset.PixelSpacing = [1.5, 2.5]

    write(tmp_path / "in", Series("UIH"), voxels(1, 4), stretch)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert list(volume.spacing) == [3, 1.5, 2.5]


def test_spacing_is_measured_where_slices_overlap(tmp_path: Path) -> None:
    def thin(dataset: Dataset, _: int, __: int) -> None:
        del dataset.SpacingBetweenSlices
        dataset.SliceThickness = 5

    write(tmp_path / "in", Series("SIEMENS"), voxels(1, 4), thin)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert volume.spacing[0] == pytest.approx(3)
