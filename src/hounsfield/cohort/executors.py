"""Executors by name; `concurrent.futures.Executor` is the only abstraction, and schedulers are Dask's business.

Processes are started afresh, never forked: the core has threads of its own, which a fork would lose.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from hounsfield.errors import HounsfieldError, UsageError
from hounsfield.settings import THREADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Inline", "executor", "in_order"]

T = TypeVar("T")
R = TypeVar("R")

_DASK = "dask://"
# Enough that no worker waits for its next task, few enough that nothing piles up.
_AHEAD = 3


class Inline(Executor):
    """Runs a task where it is submitted, at once."""

    def submit(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        """Run `fn` and return what came of it."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as every executor does, it is raised where the result is asked for
            future.set_exception(error)
        return future


@contextmanager
def executor(name: str | Executor | None = None, *, workers: int | None = None) -> Iterator[tuple[Executor, int]]:
    """Open an executor.

    Parameters
    ----------
    name : str or concurrent.futures.Executor, optional
        ``processes`` (the default where there are workers), ``threads``, ``dask://host:port``, or an executor, which is
        left open.
    workers : int, optional
        How many processes, each with one thread. Without a number everything runs here, on as many threads as there
        are processors. A cluster knows its own number.

    Yields
    ------
    concurrent.futures.Executor
        To submit to.
    int
        How many tasks it runs at once.

    Raises
    ------
    UsageError
        For an unknown name or number, or when Dask is missing.
    HounsfieldError
        When the cluster does not answer.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers cannot do anything", hint="Give 1 or more.")
    if isinstance(name, Executor):
        yield name, workers or os.cpu_count() or 1
    elif name is not None and name.startswith(_DASK):
        with _dask(name.removeprefix(_DASK)) as found:
            yield found
    elif name not in (None, "processes", "threads"):
        raise UsageError(f"there is no executor {name!r}", hint="Use processes, threads or dask://host:port.")
    elif workers is None:
        yield Inline(), 1
    elif name == "threads":
        yield from _closing(ThreadPoolExecutor(workers), workers)
    else:
        yield from _closing(_processes(workers), workers)


def _closing(pool: Executor, workers: int) -> Iterator[tuple[Executor, int]]:
    """Give a pool and close it; when something goes wrong, or a person stops it, what has not begun is dropped."""
    try:
        yield pool, workers
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def _processes(workers: int) -> ProcessPoolExecutor:
    import multiprocessing

    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_alone)


def _alone() -> None:
    """Let a worker start no threads for its work: its neighbors use the other processors."""
    os.environ[THREADS] = "1"


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        client_of: Any = import_module("distributed").Client
    except ImportError:
        raise UsageError("Dask is not installed", hint="pip install 'hounsfield[dask]'") from None
    try:
        client: Any = client_of(f"tcp://{address}", timeout=10, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise HounsfieldError(
            f"no Dask scheduler answers: {error}", where=f"{_DASK}{address}", code="no-scheduler"
        ) from None
    try:
        workers = sum(client.nthreads().values())
        if not workers:
            raise HounsfieldError("the Dask cluster has no workers", where=f"{_DASK}{address}", code="no-workers")
        # Results of equal tasks are never taken from an earlier run: files may have changed.
        yield client.get_executor(pure=False), workers
    finally:
        client.close()


def in_order(
    pool: Executor, function: Callable[[T], R], tasks: Iterable[T], *, workers: int
) -> Iterator[tuple[T, R | BaseException]]:
    """Run a function over tasks and give what came of each, in the order of the tasks.

    Parameters
    ----------
    pool : concurrent.futures.Executor
        Where to run.
    function : callable
        Of one task; both must be picklable for processes.
    tasks : iterable
        Taken a few at a time.
    workers : int
        How many run at once.

    Yields
    ------
    task
        As given.
    result or exception
        What the function returned or raised. When a worker process dies, the tasks that were with it, and all after
        it, give `concurrent.futures.BrokenExecutor`.
    """
    waiting: deque[tuple[T, Future[R]]] = deque()
    most = 1 if isinstance(pool, Inline) else _AHEAD * workers
    for task in tasks:
        waiting.append((task, _submit(pool, function, task)))
        if len(waiting) >= most:
            done, future = waiting.popleft()
            yield done, _outcome(future)
    while waiting:
        done, future = waiting.popleft()
        yield done, _outcome(future)


def _submit(pool: Executor, function: Callable[[T], R], task: T) -> Future[R]:
    try:
        return pool.submit(function, task)
    except BrokenExecutor as error:
        future: Future[R] = Future()
        future.set_exception(error)
        return future


def _outcome(future: Future[Any]) -> Any:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - one task must not stop the others
        return error
