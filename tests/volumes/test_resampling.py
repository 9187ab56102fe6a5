"""Tilted and uneven stacks, made straight and even on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hounsfield as hu
from hounsfield.errors import GeometryError
from tests.vendors.phantom import Series, write

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
CT = Series("SIEMENS", modality="CT", sop_class=CT_IMAGE)


def linear(slices: int, rows: int, columns: int, tilt: float = 0.0) -> Any:
    """A field that linear interpolation gives back exactly: 100 + 8 row + 3 column + 5 slice, in the straight grid."""
    slice_, row, column = np.mgrid[:slices, :rows, :columns]
    return np.rint(100 + 8 * (row + tilt * slice_) + 3 * column + 5 * slice_).astype(np.uint16)[None]


def tilted(folder: Path) -> None:
    """Each slice lies half a row (1 mm) further down than the one before."""

    def move(dataset: Dataset, _: int, index: int) -> None:
        dataset.ImagePositionPatient = [0, index, 3 * index]

    write(folder, CT, linear(5, 12, 10, 0.5), move)


def test_a_tilted_stack_becomes_straight(tmp_path: Path) -> None:
    tilted(tmp_path)
    volume = hu.load(tmp_path, resample=True)
    assert volume.shape == (5, 14, 10)
    assert volume.spacing == pytest.approx((3, 2, 2))
    assert volume.origin == pytest.approx((0, 0, 0))
    inside = volume.array[:, 2:12]
    np.testing.assert_array_equal(inside, linear(5, 14, 10)[0][:, 2:12])
    assert [issue.code for issue in volume.issues] == ["tilt", "resampled"]


def test_a_straight_stack_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, CT, linear(5, 12, 10))
    volume = hu.load(tmp_path, resample=True)
    np.testing.assert_array_equal(volume.array, linear(5, 12, 10)[0])
    assert volume.issues == ()


def uneven(folder: Path, places: tuple[float, ...]) -> None:
    def move(dataset: Dataset, _: int, index: int) -> None:
        dataset.ImagePositionPatient = [0, 0, places[index]]

    values = np.stack([np.full((12, 10), 100 + 10 * place) for place in places]).astype(np.uint16)[None]
    write(folder, CT, values, move)


def test_uneven_slices_are_refused_listed_and_interpolated_on_request(tmp_path: Path) -> None:
    uneven(tmp_path, (0, 2, 4, 6, 12, 18))
    with pytest.raises(GeometryError, match=r"6 after 6\.00|6\.00"):
        hu.load(tmp_path)
    volume = hu.load(tmp_path, resample=True)
    assert volume.shape == (10, 12, 10)
    assert volume.spacing[0] == pytest.approx(2)
    np.testing.assert_array_equal(volume.array[:, 0, 0], 100 + 20 * np.arange(10))


def test_stacks_are_cut_at_gaps_on_request(tmp_path: Path) -> None:
    uneven(tmp_path, (0, 2, 4, 10, 12, 14, 20))
    parts = hu.load_all(tmp_path, split_gaps=True)
    assert [(part.name, part.shape[0], part.origin[2]) for part in parts] == [
        ("part1", 3, 0),
        ("part2", 3, 10),
        ("part3", 1, 20),
    ]
    assert [part.spacing[0] for part in parts[:2]] == [2, 2]


def test_a_grid_of_little_but_interpolation_is_refused(tmp_path: Path) -> None:
    uneven(tmp_path, (0, 0.1, 100))
    with pytest.raises(GeometryError, match="times as large"):
        hu.load(tmp_path, resample=True)
