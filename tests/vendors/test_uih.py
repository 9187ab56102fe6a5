"""UIH GRID pictures: tiles whose positions stand in a private sequence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom.dataset import Dataset

import hounsfield as hu
from tests.vendors.compared import assert_alike
from tests.vendors.peer import convert
from tests.vendors.phantom import AXIAL, OBLIQUE, Series, image, position, voxels

if TYPE_CHECKING:
    from pathlib import Path


def write_grid(folder: Path, orientation: tuple[float, ...], slices: int, *, descending: bool = False) -> None:
    """Notes of dcm2niix on UIH: columns = ceil(sqrt(n)), rows = ceil(n / columns); (0065,xx50), (0065,xx51)."""
    folder.mkdir(parents=True)
    stored = voxels(3, slices)
    columns = math.ceil(math.sqrt(slices))
    rows = math.ceil(slices / columns)
    series = Series("UIH", orientation, image_type=("ORIGINAL", "PRIMARY", "DIFFUSION", "VFRAME"))
    order = list(reversed(range(slices))) if descending else list(range(slices))
    for time in range(3):
        picture = np.zeros((rows * 12, columns * 10), np.uint16)
        items = []
        for tile, index in enumerate(order):
            row, column = divmod(tile, columns)
            picture[row * 12 : row * 12 + 12, column * 10 : column * 10 + 10] = stored[time, tile]
            one = Dataset()
            one.AcquisitionDate, one.AcquisitionTime = "20250102", f"1011{10 + time * 3 + tile * 0.5:09.6f}"
            one.ImagePositionPatient = position(series, stored.shape, index)
            items.append(one)
        dataset = image(series, picture, time + 1)
        dataset.ImagePositionPatient = position(series, stored.shape, order[0])
        block = dataset.private_block(0x0065, "Image Private Header", create=True)
        block.add_new(0x09, "FD", (0.0, 1000.0, 1000.0)[time])
        block.add_new(0x37, "FD", ([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.6, 0.8])[time])
        block.add_new(0x50, "DS", str(slices))
        block.add_new(0x51, "SQ", items)
        dataset.save_as(folder / f"{time}.dcm", enforce_file_format=True)


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE])
@pytest.mark.parametrize("slices", [5, 7])
@pytest.mark.parametrize("descending", [False, True])
def test_grids_equal_dcm2niix(tmp_path: Path, orientation: tuple[float, ...], slices: int, descending: bool) -> None:
    write_grid(tmp_path / "in", orientation, slices, descending=descending)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert volume.shape == (3, slices, 12, 10)
    assert any(rule.startswith("uih-grid") for rule in volume.rules)
    stated = [0.5 * tile for tile in range(slices)]
    np.testing.assert_allclose(volume.timing.slice_times, stated[::-1] if descending else stated, atol=1e-6)
    (theirs,) = convert(tmp_path / "in", tmp_path / "again")
    # It calculates with 32 bits: a time of day then has steps of 8 ms.
    np.testing.assert_allclose(sorted(theirs.sidecar["SliceTiming"]), stated, atol=0.02)


def test_a_grid_without_private_attributes_is_refused(tmp_path: Path) -> None:
    write_grid(tmp_path / "in", AXIAL, 5)
    for file in (tmp_path / "in").iterdir():
        import pydicom

        dataset = pydicom.dcmread(file)
        dataset.remove_private_tags()
        dataset.save_as(file)
    with pytest.raises(hu.errors.GeometryError, match="GRID without its private attributes"):
        hu.load(tmp_path / "in")
