"""GE's epi_pepolar: rows of reversed volumes lie in reverse in the files (issue 532 of dcm2niix)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

import hounsfield as hu
from tests.vendors.compared import assert_alike
from tests.vendors.peer import convert
from tests.vendors.phantom import AXIAL, OBLIQUE, Series, voxels, write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydicom.dataset import Dataset


def change(dataset: Dataset, time: int, _: int, *, scheme: int, name: str = "epi_pepolar") -> None:
    block = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
    block.add_new(0x9C, "LO", name)
    block.add_new(0x9E, "LO", "EPI")
    block.add_new(0xB3, "DS", str(scheme))
    dataset.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x2C, "SS", 552)
    dataset.TemporalPositionIdentifier, dataset.ScanOptions = time + 1, "EPI_GEMS"
    dataset.InPlanePhaseEncodingDirection, dataset.RectilinearPhaseEncodeReordering = "COL", "LINEAR"


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE])
@pytest.mark.parametrize(("scheme", "stacks"), [(0, 1), (1, 1), (2, 2), (3, 2)])
def test_reversed_volumes(tmp_path: Path, orientation: tuple[float, ...], scheme: int, stacks: int) -> None:
    about = Series("GE MEDICAL SYSTEMS", orientation)
    write(tmp_path / "in", about, voxels(4, 4), lambda *image: change(*image, scheme=scheme))
    volumes = assert_alike(tmp_path / "in", tmp_path, stacks)
    rules = {rule.partition(":")[0] for volume in volumes for rule in volume.rules}
    assert ("ge-pepolar" in rules) == (scheme > 0)
    if stacks == 2:
        assert {volume.name.rpartition("_")[2] for volume in volumes} == {"forward", "reversed"}


@pytest.mark.parametrize("stated", ["LINEAR", "REVERSE_LINEAR"])
@pytest.mark.parametrize("scheme", [0, 2])
def test_the_direction_of_phase_encoding_in_space(tmp_path: Path, stated: str, scheme: int) -> None:
    """Of reversed volumes ours lies along rows that are turned; in the patient's space both are the same."""

    def polar(dataset: Dataset, time: int, index: int) -> None:
        change(dataset, time, index, scheme=scheme)
        dataset.RectilinearPhaseEncodeReordering = stated

    def directions(files: Iterable[Path]) -> list[list[float]]:
        found = []
        for file in files:
            sidecar = json.loads(file.with_suffix(".json").read_text())
            image: Any = nib.load(file)
            found.append([float(part) for part in image.affine[:3, 1] * {"j": 1, "j-": -1}[_stated(sidecar)]])
        return sorted(found)

    write(tmp_path / "in", Series("GE MEDICAL SYSTEMS"), voxels(4, 4), polar)
    convert(tmp_path / "in", tmp_path / "theirs")
    report = hu.convert(tmp_path / "in", tmp_path / "ours", sidecar="bids", name="{stack}.nii")
    assert report.counts == {"done": 2 if scheme else 1}
    ours, theirs = (sorted((tmp_path / name).glob("*.nii")) for name in ("ours", "theirs"))
    np.testing.assert_allclose(directions(ours), directions(theirs), atol=1e-6)


def _stated(sidecar: dict[str, Any]) -> str:
    found: str = sidecar["PhaseEncodingDirection"]
    return found


def test_other_sequences_are_left_alone(tmp_path: Path) -> None:
    stored = voxels(2, 4)
    about = Series("GE MEDICAL SYSTEMS")
    write(tmp_path / "in", about, stored, lambda *image: change(*image, scheme=2, name="epi"))
    np.testing.assert_array_equal(hu.load(tmp_path / "in").array, stored)
