"""`hu.torch_dataset`: lazily loaded, picklable, in any process; with and without PyTorch."""

from __future__ import annotations

import multiprocessing
import pickle
import zipfile
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hounsfield as hu
from hounsfield.errors import ReadError, UsageError
from hounsfield.testing import Faults, chest_ct, mr_series

if TYPE_CHECKING:
    from pathlib import Path


def mean(volume: Any) -> float:
    return float(volume.array.mean())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    chest_ct(tmp_path / "in" / "ct", slices=4, rows=32)
    mr_series(tmp_path / "in" / "mr", shape=(2, 3, 16, 16))
    chest_ct(tmp_path / "in" / "gap", slices=6, rows=16, faults=Faults(missing=(2,)))
    return tmp_path / "in"


def test_items_are_loaded_when_they_are_asked_for(folder: Path) -> None:
    dataset = hu.torch_dataset(folder / "ct")
    (item,) = dataset.items
    assert (len(dataset), item.shape, item.axes) == (1, (4, 32, 32), ("slice", "row", "column"))
    sample = dataset[0]
    volume = hu.load(folder / "ct")
    np.testing.assert_array_equal(sample["image"], volume.array)
    np.testing.assert_array_equal(sample["affine"], volume.affine)
    assert (sample["unit"], sample["spacing"]) == ("HU", volume.spacing)
    assert len(list(dataset)) == 1


def test_conditions_choose_series_and_reasons_are_kept(folder: Path) -> None:
    with hu.scan(folder) as catalog:
        dataset = hu.torch_dataset(catalog, where={"Modality": "MR"}, transform=mean)
        assert [item.axes for item in dataset.items] == [("time", "slice", "row", "column")]
        everything = hu.torch_dataset(catalog.series)
    # The catalog is closed: a dataset does not need it.
    assert dataset[0] == pytest.approx(mean(hu.load(folder / "mr")))
    assert [reason for _, reason in everything.skipped if "missing" in reason]


def test_it_can_be_sent_to_another_process(folder: Path) -> None:
    dataset = hu.torch_dataset(folder / "mr", transform=mean)
    copy = pickle.loads(pickle.dumps(dataset))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(copy.__getitem__, 0).result() == dataset[0]


def test_volumes_in_an_archive(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in sorted((folder / "ct").iterdir()):
            archive.write(file, f"x/{file.name}")
    dataset = hu.torch_dataset(tmp_path / "a.zip")
    np.testing.assert_array_equal(dataset[0]["image"], hu.load(folder / "ct").array)


def test_what_is_wrong_is_said(folder: Path) -> None:
    dataset = hu.torch_dataset(folder / "ct")
    with pytest.raises(IndexError):
        dataset[1]
    with pytest.raises(UsageError, match="Moddality"):
        hu.torch_dataset(folder, where={"Moddality": "CT"})
    for file in sorted((folder / "ct").iterdir())[1:]:
        file.unlink()
    with pytest.raises(ReadError):
        dataset[0]


@pytest.mark.parametrize("workers", [0, 2])
def test_pytorch_takes_it_as_it_is(folder: Path, workers: int) -> None:
    torch: Any = pytest.importorskip("torch")
    dataset = hu.torch_dataset(folder / "ct")
    loader = torch.utils.data.DataLoader(dataset, batch_size=1, num_workers=workers)
    (batch,) = list(loader)
    assert tuple(batch["image"].shape) == (1, 4, 32, 32)
    np.testing.assert_array_equal(batch["image"][0].numpy(), hu.load(folder / "ct").array)
