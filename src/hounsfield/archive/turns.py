"""Work that takes turns, where everybody who waits for a turn is served by the next one: group commit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Turns"]

_Request = TypeVar("_Request")
_Answer = TypeVar("_Answer")


class Turns(Generic[_Request, _Answer]):
    """Answers requests of many threads, all that have come since the last turn at once.

    Parameters
    ----------
    work : callable
        Gets requests, and gives an answer to each; an error answers all of them.
    """

    def __init__(self, work: Callable[[Sequence[_Request]], Sequence[_Answer]]) -> None:
        self._work = work
        self._turn = threading.Lock()
        self._door = threading.Lock()
        self._waiting: list[_Waiting[_Request, _Answer]] = []

    def take(self, request: _Request) -> _Answer:
        """Have a request answered, by this thread or by another one."""
        own = _Waiting[_Request, _Answer](request)
        with self._door:
            self._waiting.append(own)
        with self._turn:
            if not own.done:
                self._serve()
        if own.error is not None:
            raise own.error
        return own.answers[0]

    def _serve(self) -> None:
        with self._door:
            served, self._waiting = self._waiting, []
        try:
            for one, answer in zip(served, self._work([one.request for one in served]), strict=True):
                one.answers.append(answer)
        except BaseException as error:
            for one in served:
                one.error = error
            raise
        finally:
            for one in served:
                one.done = True


class _Waiting(Generic[_Request, _Answer]):
    """A request, and what became of it."""

    __slots__ = ("answers", "done", "error", "request")

    def __init__(self, request: _Request) -> None:
        self.request = request
        self.answers: list[_Answer] = []
        self.error: BaseException | None = None
        self.done = False
