"""Volumes as `xarray.DataArray`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

import hounsfield as hu
from hounsfield.errors import UsageError
from hounsfield.testing import chest_ct, mr_series

if TYPE_CHECKING:
    from pathlib import Path


def test_axes_have_names_and_coordinates(tmp_path: Path) -> None:
    pytest.importorskip("xarray")
    mr_series(tmp_path, shape=(2, 3, 16, 12))
    volume = hu.load(tmp_path)
    array = volume.to_xarray()
    assert array.dims == ("time", "slice", "row", "column")
    np.testing.assert_array_equal(array.values, volume.array)
    np.testing.assert_allclose(array.coords["slice"], np.arange(3) * volume.spacing[0])
    np.testing.assert_allclose(array.coords["column"], np.arange(12) * volume.spacing[2])
    assert array.coords["row"].attrs["units"] == "mm"
    np.testing.assert_array_equal(array.attrs["affine"], volume.affine)
    assert array.sel(row=volume.spacing[1], method="nearest").shape == (2, 3, 12)


def test_values_have_a_unit(tmp_path: Path) -> None:
    pytest.importorskip("xarray")
    chest_ct(tmp_path, slices=3, rows=16)
    array = hu.load(tmp_path).to_xarray()
    assert (array.attrs["units"], array.name) == ("HU", "CT")


def test_without_xarray_the_way_to_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chest_ct(tmp_path, slices=3, rows=16)
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(UsageError, match=r"hounsfield\[xarray\]"):
        hu.load(tmp_path).to_xarray()
