"""Executors by name, results in order, and failures that stay with their task."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from hounsfield.cohort import Inline, executor, in_order
from hounsfield.errors import HounsfieldError, UsageError
from hounsfield.settings import threads

if TYPE_CHECKING:
    from collections.abc import Iterator


def double(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return 2 * number


def process(number: int) -> int:
    del number
    return os.getpid()


def die(number: int) -> int:
    if number == 1:
        os._exit(1)
    return number


@pytest.mark.parametrize(("name", "workers"), [(None, None), (None, 1), ("threads", 2), ("processes", 2), (None, 2)])
def test_results_come_in_the_order_of_the_tasks(name: str | None, workers: int | None) -> None:
    with executor(name, workers=workers) as (pool, count):
        found = list(in_order(pool, double, range(8), workers=count))
    assert [task for task, _ in found] == list(range(8))
    assert [result for task, result in found if task != 3] == [0, 2, 4, 8, 10, 12, 14]
    assert isinstance(found[3][1], ValueError)


def test_processes_are_others() -> None:
    with executor("processes", workers=2) as (pool, count):
        found = {result for _, result in in_order(pool, process, range(6), workers=count)}
    assert os.getpid() not in found


def allowed(_: int) -> int:
    return threads(8)


def test_a_worker_is_a_process_with_one_thread() -> None:
    with executor(workers=1) as (pool, count):
        ((_, inside),) = in_order(pool, process, range(1), workers=count)
        assert inside != os.getpid()
        assert [result for _, result in in_order(pool, allowed, range(2), workers=count)] == [1, 1]


def test_without_workers_everything_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUNSFIELD_THREADS", "1")
    assert threads(8) == 1
    with executor() as (pool, count):
        assert isinstance(pool, Inline)
        assert [result for _, result in in_order(pool, process, range(2), workers=count)] == [os.getpid()] * 2


def test_an_executor_of_the_caller_is_left_open() -> None:
    with ThreadPoolExecutor(1) as mine:
        with executor(mine) as (pool, _):
            assert pool is mine
        assert mine.submit(double, 2).result() == 4


def test_a_worker_that_dies_takes_only_its_tasks_along() -> None:
    with executor("processes", workers=1 + 1) as (pool, count):
        found = list(in_order(pool, die, range(4), workers=count))
    assert len(found) == 4
    assert any(isinstance(result, BaseException) for _, result in found)


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken = []

    def tasks() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with executor("threads", workers=2) as (pool, count):
        next(in_order(pool, double, tasks(), workers=count))
    assert len(taken) < 10


@pytest.mark.parametrize(
    ("name", "workers", "says"), [("slurm", None, "no executor 'slurm'"), (None, 0, "0 workers"), ("threads", -1, "-1")]
)
def test_what_cannot_be(name: str | None, workers: int | None, says: str) -> None:
    with pytest.raises(UsageError, match=says), executor(name, workers=workers):
        pass


def test_without_dask_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UsageError, match=r"hounsfield\[dask\]"), executor("dask://localhost:8786"):
        pass


def test_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed: Any = pytest.importorskip("distributed")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("refused")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(HounsfieldError, match="no Dask scheduler answers"), executor("dask://127.0.0.1:1"):
        pass
