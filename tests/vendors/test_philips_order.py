"""Philips, single-frame: instances may be numbered in no order; private numbers say which volume an image is of.

Source: notes of dcm2niix on Philips, its issues 533 (spin labeling) and 546 (diffusion).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hounsfield as hu
from tests.vendors.compared import assert_alike
from tests.vendors.phantom import Series, voxels, write

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

PHILIPS = "Philips Medical Systems"
IMAGE_TYPE = ("ORIGINAL", "PRIMARY", "M_SE", "M", "SE")
SLICES = 4
# b-value, its number, the number of its direction, the order of acquisition, and the direction.
DIFFUSION: tuple[tuple[float, int, int, int, tuple[float, ...]], ...] = (
    (0, 1, 1, 1, (0, 0, 0)),
    (1000, 2, 2, 2, (1, 0, 0)),
    (0.001, 3, 1, 4, (0, 0.6, 0.8)),
    (1000, 2, 3, 3, (0, 1, 0)),
    (0.002, 4, 1, 6, (0, 0.6, 0.8)),
    (1000, 2, 4, 5, (0, 0.6, 0.8)),
)


def private(dataset: Dataset, tag: int, creator: str, vr: str, value: Any) -> None:
    """Set a private element in the block that Philips always gives this creator."""
    group, block = tag >> 16, (tag >> 8) & 0xFF
    dataset.add_new(group << 16 | block, "LO", creator)
    dataset.add_new(tag, vr, value)


def scrambled(count: int, seed: int) -> list[int]:
    numbers = list(range(1, count + 1))
    random.Random(seed).shuffle(numbers)
    return numbers


def weighted(dataset: Dataset, time: int) -> None:
    b, _, _, _, vector = DIFFUSION[time]
    private(dataset, 0x20011003, "Philips Imaging DD 001", "FL", b)
    private(dataset, 0x20011004, "Philips Imaging DD 001", "CS", "O" if b else "N")
    for tag, part in zip((0x200510B0, 0x200510B1, 0x200510B2), vector, strict=True):
        private(dataset, tag, "Philips MR Imaging DD 001", "FL", float(part))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("acquired", [False, True])
def test_diffusion(tmp_path: Path, seed: int, *, acquired: bool) -> None:
    """By the order of acquisition, which newer software states, otherwise by b-value and direction."""
    numbers = scrambled(len(DIFFUSION) * SLICES, seed)

    def change(dataset: Dataset, time: int, index: int) -> None:
        weighted(dataset, time)
        _, b_number, gradient, order, _ = DIFFUSION[time]
        private(dataset, 0x20051412, "Philips MR Imaging DD 005", "IS", str(b_number))
        private(dataset, 0x20051413, "Philips MR Imaging DD 005", "IS", str(gradient))
        if acquired:
            private(dataset, 0x20051596, "Philips MR Imaging DD 006", "IS", str(order))
        dataset.TemporalPositionIdentifier = 1
        dataset.InstanceNumber = numbers[time * SLICES + index]

    write(tmp_path / "in", Series(PHILIPS, image_type=IMAGE_TYPE), voxels(len(DIFFUSION), SLICES), change)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert volume.diffusion is not None
    expected = [0, 1000, 1000, 0.001, 1000, 0.002] if acquired else [0, 1000, 1000, 1000, 0.001, 0.002]
    np.testing.assert_allclose(volume.diffusion.bvals, expected, atol=1e-6)
    assert any(rule.startswith("philips-volume-order") for rule in volume.rules)


@pytest.mark.parametrize("phases", [1, 2])
def test_spin_labeling(tmp_path: Path, phases: int) -> None:
    """Phase changes fastest, then control and label, then the dynamic: the order of time."""
    dynamics = 3
    times = dynamics * phases * 2
    numbers = scrambled(times * SLICES, 3)

    def change(dataset: Dataset, time: int, index: int) -> None:
        phase, label, dynamic = time % phases, time // phases % 2, time // phases // 2
        private(dataset, 0x20011008, "Philips Imaging DD 001", "IS", str(phase + 1))
        private(dataset, 0x20051429, "Philips MR Imaging DD 005", "CS", ("CONTROL", "LABEL")[label])
        dataset.TemporalPositionIdentifier, dataset.TriggerTime = dynamic + 1, (300, 800)[phase]
        dataset.AcquisitionContrast = "PERFUSION"
        dataset.InstanceNumber = numbers[time * SLICES + index]

    values = voxels(times, SLICES)
    write(tmp_path / "in", Series(PHILIPS, image_type=IMAGE_TYPE), values, change)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    np.testing.assert_array_equal(volume.array, values)


def test_instances_that_follow_each_other_keep_their_order(tmp_path: Path) -> None:
    def change(dataset: Dataset, time: int, _: int) -> None:
        weighted(dataset, time)
        private(dataset, 0x20051412, "Philips MR Imaging DD 005", "IS", str(DIFFUSION[time][1]))
        private(dataset, 0x20051413, "Philips MR Imaging DD 005", "IS", str(DIFFUSION[time][2]))

    values = voxels(len(DIFFUSION), SLICES)
    write(tmp_path / "in", Series(PHILIPS, image_type=IMAGE_TYPE), values, change)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    np.testing.assert_array_equal(volume.array, values)


def test_slices_of_different_weighting_are_never_one_volume(tmp_path: Path) -> None:
    """Without private numbers, b-value and direction tell the volumes apart (dcm2niix mixes them)."""
    numbers = scrambled(len(DIFFUSION) * SLICES, 4)

    def change(dataset: Dataset, time: int, index: int) -> None:
        weighted(dataset, time)
        dataset.InstanceNumber = numbers[time * SLICES + index]

    values = voxels(len(DIFFUSION), SLICES)
    write(tmp_path / "in", Series(PHILIPS, image_type=IMAGE_TYPE), values, change)
    volume = hu.load(tmp_path / "in")
    assert volume.diffusion is not None
    for found, b in zip(volume.array, volume.diffusion.bvals, strict=True):
        time = next(index for index, one in enumerate(values) if np.array_equal(one, found))
        assert DIFFUSION[time][0] == pytest.approx(b, abs=1e-6)


def test_weighting_that_repeats_without_any_order_is_refused(tmp_path: Path) -> None:
    numbers = scrambled(len(DIFFUSION) * SLICES, 5)

    def change(dataset: Dataset, time: int, index: int) -> None:
        weighted(dataset, 1 if time == 3 else time)
        dataset.InstanceNumber = numbers[time * SLICES + index]

    write(tmp_path / "in", Series(PHILIPS, image_type=IMAGE_TYPE), voxels(len(DIFFUSION), SLICES), change)
    with pytest.raises(hu.HounsfieldError, match="nothing tells them apart"):
        hu.load(tmp_path / "in")
