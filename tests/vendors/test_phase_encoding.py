"""Direction of phase encoding and readout time of Siemens XA, which enhanced objects have in a private sequence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset

import hounsfield as hu
from tests.vendors.enhanced import Frames, write_enhanced
from tests.vendors.peer import convert
from tests.vendors.phantom import Series, voxels, write

if TYPE_CHECKING:
    from pathlib import Path

VENDOR = "Siemens Healthineers"
NAMES = ("PhaseEncodingDirection", "PhaseEncodingAxis", "EffectiveEchoSpacing", "TotalReadoutTime")


def private(dataset: Dataset, positive: int | None) -> None:
    """SIEMENS MR SDI 02: PhaseEncodingDirectionPositive, BandwidthPerPixelPhaseEncode (notes of dcm2niix)."""
    dataset.add_new(0x00210011, "LO", "SIEMENS MR SDI 02")
    if positive is not None:
        dataset.add_new(0x0021111C, "IS", str(positive))
    dataset.add_new(0x00211153, "FD", 20.73)


def write_single(folder: Path, positive: int | None, axis: str) -> None:
    def change(dataset: Dataset, _: int, __: int) -> None:
        private(dataset, positive)
        dataset.InPlanePhaseEncodingDirection, dataset.SoftwareVersions = axis, "syngo MR XA30"

    write(folder, Series(VENDOR), voxels(2, 4), change)


def write_frames(folder: Path, positive: int | None, axis: str, *, shared: bool) -> None:
    def group(item: Dataset) -> None:
        found = Dataset()
        private(found, positive)
        item.add_new(0x00210011, "LO", "SIEMENS MR SDI 02")
        item.add_new(0x002111FE, "SQ", [found])

    folder.mkdir()
    about = Series(VENDOR, image_type=("ORIGINAL", "PRIMARY", "FMRI", "NONE"))
    write_enhanced(folder / "a.dcm", about, voxels(2, 4), Frames(), None if shared else lambda item, _, __: group(item))
    dataset = pydicom.dcmread(folder / "a.dcm")
    every = dataset.SharedFunctionalGroupsSequence[0]
    if shared:
        group(every)
    every.MRFOVGeometrySequence[0].InPlanePhaseEncodingDirection = {"ROW": "ROW", "COL": "COLUMN"}[axis]
    dataset.SoftwareVersions = "syngo MR XA30"
    dataset.save_as(folder / "a.dcm")


@pytest.mark.parametrize("positive", [0, 1, None])
@pytest.mark.parametrize("axis", ["ROW", "COL"])
@pytest.mark.parametrize("form", ["single", "of each frame", "of all frames"])
def test_siemens_xa(tmp_path: Path, positive: int | None, axis: str, form: str) -> None:
    if form == "single":
        write_single(tmp_path / "in", positive, axis)
    else:
        write_frames(tmp_path / "in", positive, axis, shared=form == "of all frames")
    (theirs,) = convert(tmp_path / "in", tmp_path / "theirs")
    (row,) = hu.convert(tmp_path / "in", tmp_path / "ours", sidecar="bids").done
    (path,) = (name for name in row.files if name.endswith(".json"))
    with open(path, encoding="utf-8") as file:
        ours: dict[str, Any] = json.load(file)
    assert {name for name in NAMES if name in ours} == {name for name in NAMES if name in theirs.sidecar}
    for name in NAMES:
        expected = theirs.sidecar.get(name)
        assert ours.get(name) == (pytest.approx(expected, rel=1e-5) if isinstance(expected, float) else expected)
