"""The Grayscale Standard Display Function beside DCMTK's, and beside the table of PS3.14 B."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hounsfield.errors import UsageError
from hounsfield.pixels.gsdf import calibration, jnd_of_luminance, luminance_of_jnd
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path


def test_luminances_are_those_of_the_standard() -> None:
    # PS3.14 Table B-1.
    table = {1: 0.0500, 2: 0.0547, 3: 0.0594, 1022: 3967.5470, 1023: 3993.4040}
    for index, luminance in table.items():
        assert float(luminance_of_jnd(index)) == pytest.approx(luminance, rel=1e-3)
    indices = np.arange(1, 1024)
    assert np.abs(jnd_of_luminance(luminance_of_jnd(indices)) - indices).max() < 0.2


@pytest.mark.parametrize("ends", [(0.05, 3993.4), (0.5, 250.0), (1.0, 600.0)])
def test_curves_are_dcmtks(ends: tuple[float, float], tmp_path: Path) -> None:
    out = tmp_path / "x.txt"
    command = [require("dcmdspfn"), "+Il", str(ends[0]), str(ends[1]), "+Og", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    lines = [line.split() for line in out.read_text().splitlines() if line[:1].isdigit()]
    theirs = np.array([float(line[1]) for line in lines])
    low, high = jnd_of_luminance(ends)
    ours = luminance_of_jnd(np.linspace(low, high, len(theirs)))
    assert np.abs(ours / theirs - 1).max() < 2e-3


def test_calibrated_displays_step_evenly() -> None:
    curve = 0.5 + 400 * (np.arange(4096) / 4095) ** 2.4
    table = calibration(curve, levels=256, ambient=0.3)
    reached = jnd_of_luminance(curve[table] + 0.3)
    assert np.abs(reached - np.linspace(reached[0], reached[-1], 256)).max() < 0.5
    assert (table[0], table[-1]) == (0, 4095)


def test_a_display_that_follows_the_standard_needs_nothing() -> None:
    low, high = jnd_of_luminance((0.5, 250.0))
    curve = luminance_of_jnd(np.linspace(low, high, 256))
    assert np.abs(calibration(curve).astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("curve", [[1.0], [3.0, 2.0], [1.0, 1.0], [1.0, float("nan")], [0.0, 100.0], [1.0, 9000.0]])
def test_curves_that_cannot_be(curve: list[float]) -> None:
    with pytest.raises(UsageError):
        calibration(curve)
    with pytest.raises(UsageError):
        luminance_of_jnd(0)
