"""Facts for listings agree with the volumes that a series really gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hounsfield as hu
from hounsfield.testing.series import Faults, chest_ct, mr_series

if TYPE_CHECKING:
    from pathlib import Path

    from hounsfield.catalog.facts import SeriesFacts


def facts(folder: Path) -> SeriesFacts:
    """Facts of the only series in a folder."""
    (series,) = hu.scan(folder).series
    return series.facts


def test_a_plain_series(tmp_path: Path) -> None:
    files = chest_ct(tmp_path, slices=12, rows=32, spacing=2.5)
    found = facts(tmp_path)
    assert (found.instances, found.frames, found.stacks, found.slices) == (12, 12, 1, 12)
    assert found.image_sizes == ((32, 32),)
    assert found.spacing == pytest.approx(2.5)
    assert found.extent == pytest.approx(27.5)
    assert (found.gaps, found.uneven) == (0, False)
    assert found.size == sum(path.stat().st_size for path in files)
    assert found.transfer_syntaxes == ("1.2.840.10008.1.2.1",)


def test_missing_slices_are_counted(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=12, rows=32, faults=Faults(missing=(3, 7, 8)))
    assert (facts(tmp_path).gaps, facts(tmp_path).uneven) == (3, False)


def test_uneven_spacing_is_seen(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=12, rows=32, faults=Faults(shifted=(5,)))
    assert facts(tmp_path).uneven


def test_sizes_divide(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=12, rows=32, faults=Faults(smaller=(0,)))
    assert facts(tmp_path).stacks == 2
    assert set(facts(tmp_path).image_sizes) == {(32, 32), (16, 16)}


def test_times_do_not_divide(tmp_path: Path) -> None:
    mr_series(tmp_path, shape=(3, 4, 16, 16))
    found = facts(tmp_path)
    assert (found.instances, found.stacks, found.slices) == (12, 1, 4)


def test_expected_stacks_are_those_of_volumes_for_real_series(shared_data: Path) -> None:
    compared = 0
    for folder in ("slicer", "torchio", "dicom2nifti", "dcm_qa_nih", "rt-utils", "dcmqi"):
        for series in hu.scan(shared_data / folder).series:
            stacks = series.stacks
            if any(stack.reason for stack in stacks):
                continue
            assert series.facts.stacks == len(stacks), (series, stacks)
            compared += 1
    assert compared >= 12
