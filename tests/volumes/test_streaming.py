"""Volumes whose pixels are read as they are written: the same values, without holding them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

import hounsfield as hu
from hounsfield.errors import HounsfieldError
from hounsfield.testing import chest_ct, mr_series
from hounsfield.volumes import load_stack, stacks, streaming
from hounsfield.volumes.streaming import PlaneStream, stream_stack
from hounsfield.volumes.voxels import blocks, value_dtype

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_BLOCK", 4096)
    monkeypatch.setattr(streaming, "_SMALL", 0)


def only_stack(folder: Path) -> Any:
    with hu.scan(folder) as catalog:
        (stack,) = stacks(list(catalog.instances))
    return stack


def streamed(folder: Path) -> tuple[Any, np.ndarray[Any, Any]]:
    stack = only_stack(folder)
    volume = stream_stack(stack)
    assert isinstance(volume.stored, PlaneStream)
    pieces = [piece.copy() for _, piece in blocks(volume, size=4096)]
    assert len(pieces) > 2
    found = np.concatenate(pieces).reshape(volume.shape)
    whole = load_stack(stack)
    assert (volume.shape, volume.axes, volume.unit, value_dtype(volume)) == (
        whole.shape,
        whole.axes,
        whole.unit,
        whole.array.dtype,
    )
    np.testing.assert_array_equal(found, whole.array)
    return volume, found


def test_a_time_series(tmp_path: Path) -> None:
    mr_series(tmp_path, shape=(3, 4, 32, 32))
    volume, _ = streamed(tmp_path)
    assert volume.exact


def test_values_that_fit_after_the_intercept(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=7, rows=32)
    volume, found = streamed(tmp_path)
    assert volume.exact
    assert found.dtype == np.int16


@pytest.mark.parametrize(("slope", "intercept"), [("1", "-70000"), ("0.5", "-3"), ("1", "-1.5")])
def test_values_that_do_not(tmp_path: Path, slope: str, intercept: str) -> None:
    for file in chest_ct(tmp_path, slices=7, rows=32):
        dataset = pydicom.dcmread(file)
        dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
        dataset.save_as(file)
    volume, found = streamed(tmp_path)
    assert not volume.exact
    assert found.dtype == np.float32


def test_slopes_that_differ(tmp_path: Path) -> None:
    for number, file in enumerate(chest_ct(tmp_path, slices=7, rows=32)):
        dataset = pydicom.dcmread(file)
        dataset.RescaleSlope = str(1 + number)
        dataset.save_as(file)
    volume, _ = streamed(tmp_path)
    assert not volume.uniform


def test_some_planes_only(tmp_path: Path) -> None:
    mr_series(tmp_path, shape=(3, 4, 32, 32))
    stack = only_stack(tmp_path)
    found = [(start, piece.copy()) for start, piece in blocks(stream_stack(stack), size=1, planes=range(3, 8))]
    assert found[0][0] == 3
    whole = load_stack(stack).array.reshape(-1, 32, 32)
    np.testing.assert_array_equal(np.concatenate([piece for _, piece in found]), whole[3:8])
    assert list(blocks(stream_stack(stack), planes=range(2, 2))) == []


def test_a_file_that_breaks_off_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    files = mr_series(tmp_path, shape=(3, 4, 32, 32))
    stack = only_stack(tmp_path)
    files[5].write_bytes(files[5].read_bytes()[:-500])
    with pytest.raises(HounsfieldError, match=r"7FE0,0010"):
        for _ in blocks(stream_stack(stack)):
            pass


@pytest.mark.parametrize("to", ["nifti", "nrrd", "mha", "numpy", "tiff", "zarr", "hdf5", "jpeg", "mp4"])
def test_every_format_is_the_same_streamed_or_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    from hounsfield.convert.formats import format_of

    needs = format_of(to).needs
    if needs:
        pytest.importorskip(needs[0])
    mr_series(tmp_path / "in" / "mr", shape=(3, 4, 32, 32))
    chest_ct(tmp_path / "in" / "ct", slices=7, rows=32)
    hu.convert(tmp_path / "in", tmp_path / "streamed", to=to)
    monkeypatch.setattr(streaming, "_BLOCK", 1 << 40)
    hu.convert(tmp_path / "in", tmp_path / "loaded", to=to)
    ours, theirs = (
        {one.relative_to(tmp_path / name): one.read_bytes() for one in (tmp_path / name).rglob("*") if one.is_file()}
        for name in ("streamed", "loaded")
    )
    assert ours == theirs
