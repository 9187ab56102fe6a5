"""Phantoms are valid DICOM, mean what they say, and are the same every time."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from pydicom.pixels.utils import pixel_array

from hounsfield.testing import Faults, chest, chest_ct, enhanced_ct, mr_series
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path


def errors_of(path: Path) -> list[str]:
    """What David Clunie's validator says is wrong."""
    result = subprocess.run([require("dciodvfy"), str(path)], capture_output=True, text=True, check=False)
    return [line for line in (result.stdout + result.stderr).splitlines() if line.startswith("Error")]


def test_a_chest_has_air_lung_water_and_bone() -> None:
    volume = chest(20, 64)
    assert volume.shape == (20, 64, 64)
    assert abs(int(volume[10, 0, 0]) + 1000) < 60
    assert abs(int(np.median(volume[10, 28:36, 16:20])) + 850) < 60
    assert volume.max() > 600
    assert np.array_equal(volume, chest(20, 64))


def test_the_ct_is_valid_and_true(tmp_path: Path) -> None:
    files = chest_ct(tmp_path / "ct", slices=5, rows=32)
    assert not errors_of(files[0])
    first, last = pydicom.dcmread(files[0]), pydicom.dcmread(files[-1])
    assert float(last.ImagePositionPatient[2]) - float(first.ImagePositionPatient[2]) == 8
    values = pixel_array(first).astype(int) - 1024
    assert np.array_equal(values, chest(5, 32)[0])
    again = chest_ct(tmp_path / "again", slices=5, rows=32)
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_faults_are_where_they_were_asked_for(tmp_path: Path) -> None:
    faults = Faults(missing=(3,), duplicated=(5,), shifted=(6,), smaller=(7,), tilt=15)
    files = chest_ct(tmp_path, slices=10, rows=32, faults=faults)
    headers = [pydicom.dcmread(path) for path in files]
    assert len(files) == 10
    assert len({header.SOPInstanceUID for header in headers}) == 10
    assert sorted({header.Rows for header in headers}) == [16, 32]
    steps = np.diff([float(header.ImagePositionPatient[2]) for header in headers]).round(3).tolist()
    assert steps == [2, 2, 4, 2, 0, 2.667, 1.333, 2, 2]
    normal = np.cross(headers[0].ImageOrientationPatient[:3], headers[0].ImageOrientationPatient[3:])
    assert np.degrees(np.arccos(normal[2])) == pytest.approx(15, abs=1e-4)


def test_mr_and_enhanced_ct_are_valid_and_true(tmp_path: Path) -> None:
    files = mr_series(tmp_path / "mr", shape=(2, 3, 16, 16))
    assert not errors_of(files[0])
    assert len(files) == 6
    assert pixel_array(pydicom.dcmread(files[-1]))[0, 5] == 107
    for descending in (False, True):
        path = enhanced_ct(tmp_path / f"enhanced-{descending}.dcm", slices=4, rows=32, descending=descending)
        assert not errors_of(path)
        dataset = pydicom.dcmread(path)
        heights = [
            float(item.PlanePositionSequence[0].ImagePositionPatient[2])
            for item in dataset.PerFrameFunctionalGroupsSequence
        ]
        assert heights == sorted(heights, reverse=descending)
        values = pixel_array(dataset).astype(int) - 1024
        assert np.array_equal(values[::-1] if descending else values, chest(4, 32))
