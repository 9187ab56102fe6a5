"""GE: slice times from the protocol block, as dcm2niix gives them, and the published ones of dcm_qa_ge."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

import hounsfield as hu
from hounsfield.volumes.vendors.ge_slice_times import planned
from tests.vendors.peer import convert
from tests.vendors.phantom import Series, voxels, write

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

GE = "GE MEDICAL SYSTEMS"
OLD, LAST_OLD, FIRST_NEW, NEW = "DV26.0_R03_1831.b", "RX27.0_R02_1831.b", "RX27.0_R03_1831.b", "MR29.1_EA_2039.g"


def block(**values: str) -> bytes:
    """Length and gzip of lines of names and values, as software up to the 29th release writes it."""
    packed = gzip.compress("".join(f'set {name} "{value}"\n' for name, value in values.items()).encode())
    made = struct.pack("<I", len(packed)) + packed
    return made + b"\0" * (len(made) % 2)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("slices", "bands", "delay", "release"),
    [
        (6, 1, 0.0, NEW),
        (7, 1, 0.0, OLD),
        (6, 1, 0.055, NEW),
        (12, 3, 0.0, OLD),
        (12, 3, 0.0, LAST_OLD),
        (12, 3, 0.0, FIRST_NEW),
        (12, 3, 0.055, NEW),
        (11, 3, 0.0, NEW),
        (9, 3, 0.0, NEW),
    ],
)
def test_interleaved_echo_planar_imaging(
    tmp_path: Path, slices: int, bands: int, delay: float, release: str, *, descending: bool
) -> None:
    def change(dataset: Dataset, _: int, __: int) -> None:
        sequence = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
        sequence.add_new(0x9C, "LO", "epiRT")
        sequence.add_new(0x9E, "LO", "EPI")
        made = block(SLICEORDER="1", VIEWORDER="1")
        dataset.private_block(0x0025, "GEMS_SERS_01", create=True).add_new(0x1B, "OB", made)
        parameters = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
        parameters.add_new(0x7C, "FL", delay)
        if bands > 1:
            parameters.add_new(0xB6, "LO", [str(bands), "4", "19", "", "", ""])
        dataset.SoftwareVersions = ["28", "LX", f"MR Software release:{release}"]
        dataset.ScanOptions, dataset.RepetitionTime = "EPI_GEMS", 2000
        dataset.ScanningSequence, dataset.ImageType = ["EP", "GR"], ["ORIGINAL", "PRIMARY", "EPI", "NONE"]

    write(tmp_path / "in", Series(GE, descending=descending), voxels(2, slices, 4, 4), change)
    (theirs,) = convert(tmp_path / "in", tmp_path / "theirs")
    volume = hu.load(tmp_path / "in")
    assert volume.timing.slice_times is not None
    np.testing.assert_allclose(volume.timing.slice_times, theirs.sidecar["SliceTiming"], atol=1e-5)
    assert volume.timing.repetition_time == pytest.approx(theirs.sidecar["RepetitionTime"])
    assert volume.timing.repetition_time == pytest.approx(2.0 + delay)
    assert float(volume.to_nibabel().header.get_zooms()[3]) == pytest.approx(2.0 + delay)


def test_the_published_times_of_dcm_qa_ge() -> None:
    """Of series 14 (48 slices, 3 bands), 12 (77 slices, 8 bands, descending) and 3 (32 slices, delay of 33 ms)."""
    hb3 = [0, 1, 0.125, 1.125, 0.25, 1.25, 0.375, 1.375, 0.5, 1.5, 0.625, 1.625, 0.75, 1.875, 0.875, 1.75]
    np.testing.assert_allclose(planned(48, 2.0, interleaved=True, bands=3, exchanged=True), hb3 * 3)
    hb8 = [0, 0.5, 0.1, 0.6, 0.2, 0.7, 0.3, 0.9, 0.4, 0.8]
    np.testing.assert_allclose(planned(77, 1.0, interleaved=True, bands=8, exchanged=True), (hb8 * 8)[:77])
    delayed = [half + index * 0.0625 for index in range(16) for half in (0, 1)]
    np.testing.assert_allclose(planned(32, 2.0, interleaved=True), delayed)


def test_sequential_slices_follow_each_other() -> None:
    np.testing.assert_allclose(planned(6, 3.0, interleaved=False, bands=2), [0, 1, 2, 0, 1, 2])
