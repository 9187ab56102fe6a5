"""The same bytes and the same report, on however many workers, here or on a Dask cluster."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.testing import Faults, chest_ct, mr_series

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("series")
    for number in range(4):
        for index, file in enumerate(chest_ct(made / f"ct{number}", slices=3, rows=32)):
            dataset = pydicom.dcmread(file)
            dataset.SeriesInstanceUID, dataset.SOPInstanceUID = f"1.2.3.{number}", f"1.2.3.{number}.{index}"
            dataset.SeriesNumber = number
            dataset.save_as(file)
    chest_ct(made / "gap", slices=6, rows=16, faults=Faults(missing=(2,)))
    files = mr_series(made / "mr", shape=(2, 3, 16, 16))
    files[0].write_bytes(files[0].read_bytes()[:-50])
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def essence(report: Any) -> list[tuple[Any, ...]]:
    return [(row.status, Path(row.file).name, row.code, row.instances, row.unit) for row in report]


@pytest.mark.parametrize("name", ["processes", "threads"])
def test_workers_change_nothing_but_the_time(folder: Path, tmp_path: Path, name: str) -> None:
    alone = hu.convert(folder, tmp_path / "alone", sidecar="bids")
    several = hu.convert(folder, tmp_path / "several", sidecar="bids", workers=2, executor=name)
    assert alone.counts == {"done": 4, "skipped": 1, "failed": 1}
    assert essence(several) == essence(alone)
    assert contents(tmp_path / "several") == contents(tmp_path / "alone")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed: Any = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as made:
            yield made


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_of_two_workers(
    folder: Path, tmp_path: Path, cluster: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = hu.convert(folder, tmp_path / "alone")
    address = cluster.scheduler_address.removeprefix("tcp://")
    words = ["convert", str(folder), "-o", str(tmp_path / "dask"), "--executor", f"dask://{address}", "--json"]
    assert main(words) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == alone.counts
    assert contents(tmp_path / "dask") == contents(tmp_path / "alone")


@pytest.mark.filterwarnings("ignore")
def test_an_executor_of_dask_is_like_any_other(folder: Path, tmp_path: Path, cluster: Any) -> None:
    distributed: Any = pytest.importorskip("distributed")
    with distributed.Client(cluster, set_as_default=False) as client:
        report = hu.convert(folder, tmp_path / "out", executor=client.get_executor(pure=False), workers=2)
    assert report.counts["done"] == 4
