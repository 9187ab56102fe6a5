"""`hu.load` takes whatever names one stack, and says why where there is none or more than one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import hounsfield as hu
from hounsfield.errors import GeometryError, ReadError, UsageError
from hounsfield.testing.series import Faults, chest_ct

if TYPE_CHECKING:
    from pathlib import Path


def test_everything_that_names_a_series_can_be_loaded(tmp_path: Path) -> None:
    files = chest_ct(tmp_path / "ct", slices=6, rows=32)
    catalog = hu.scan(tmp_path)
    series = catalog.series.first()
    assert series is not None
    wanted = hu.load(series)
    assert wanted.array.shape == (6, 32, 32)
    assert wanted.unit == "HU"
    sources = (
        tmp_path,
        str(tmp_path / "ct"),
        files,
        catalog,
        catalog.series,
        catalog.patients,
        catalog.studies.first(),
    )
    for source in sources:
        assert np.array_equal(hu.load(source).array, wanted.array)  # type: ignore[arg-type]
    assert hu.load(series.instances.where(InstanceNumber=1)).array.shape == (1, 32, 32)
    first = series.instances.first()
    assert first is not None
    assert hu.load(first).array.shape == (1, 32, 32)
    assert [volume.array.shape for volume in hu.load_all(catalog)] == [(6, 32, 32)]


def test_members_of_an_archive_can_be_loaded(tmp_path: Path) -> None:
    import zipfile

    files = chest_ct(tmp_path / "ct", slices=4, rows=32)
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        for path in files:
            archive.write(path, f"in/{path.name}")
    assert np.array_equal(hu.load(tmp_path / "e.zip").array, hu.load(tmp_path / "ct").array)


def test_several_stacks_are_named(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=6, rows=32, faults=Faults(smaller=(0, 1)))
    with pytest.raises(GeometryError, match="2 stacks, not one") as raised:
        hu.load(tmp_path)
    assert "32x32 (4 slices)" in str(raised.value)
    assert "load_all" in str(raised.value)
    assert len(hu.load_all(tmp_path)) == 2


def test_nothing_to_load_is_explained(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("hello, this is no DICOM\n")
    with pytest.raises(GeometryError, match="no DICOM image"):
        hu.load(tmp_path)
    with pytest.raises(ReadError, match="no such file"):
        hu.load(tmp_path / "missing")
    with pytest.raises(UsageError, match="found no series"):
        hu.load(hu.scan(tmp_path).series.first())  # type: ignore[arg-type]


def test_what_a_volume_cannot_be_made_of_is_said(shared_data: Path) -> None:
    catalog = hu.scan(shared_data / "rt-utils")
    plan = catalog.series.where(Modality="RTSTRUCT").first()
    with pytest.raises(GeometryError, match="holds no image"):
        hu.load(plan)  # type: ignore[arg-type]
