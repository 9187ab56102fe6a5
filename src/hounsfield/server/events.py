"""News for those who listen: server-sent events (HTML, section 9.2).

Whoever falls behind misses old news, never the latest of each kind.
"""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["Events", "stream"]

# Seconds after which a comment keeps the connection open.
_SILENCE = 15.0


class Events:
    """Passes news from any thread to listeners in event loops."""

    def __init__(self) -> None:
        self._listeners: dict[_Listener, asyncio.AbstractEventLoop] = {}
        self._lock = threading.Lock()
        self.closed = False

    def tell(self, kind: str, news: dict[str, Any]) -> None:
        """Tell everybody; may be called from any thread."""
        with self._lock:
            listeners = list(self._listeners.items())
        for listener, loop in listeners:
            try:
                loop.call_soon_threadsafe(listener.put, kind, news)
            except RuntimeError:
                # The loop has ended, and with it the listener.
                continue

    def close(self) -> None:
        """Send everybody home."""
        self.closed = True
        self.tell("end", {})

    @contextmanager
    def listening(self) -> Iterator[_Listener]:
        """Listen until the end of the block; within an event loop."""
        listener = _Listener()
        with self._lock:
            self._listeners[listener] = asyncio.get_running_loop()
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.pop(listener, None)


class _Listener:
    """The latest news of each kind that has not been taken yet."""

    def __init__(self) -> None:
        self._news: dict[str, dict[str, Any]] = {}
        self._there = asyncio.Event()

    def put(self, kind: str, news: dict[str, Any]) -> None:
        """Remember; newer news of one kind replaces older."""
        self._news[kind] = news
        self._there.set()

    async def take(self, seconds: float) -> dict[str, dict[str, Any]]:
        """Wait for news; empty where there were none for so long."""
        try:
            await asyncio.wait_for(self._there.wait(), seconds)
        except TimeoutError:
            return {}
        news, self._news = self._news, {}
        self._there.clear()
        return news


async def stream(events: Events, first: dict[str, Any]) -> AsyncIterator[bytes]:
    """Give the events as ``text/event-stream``, beginning with the present state of the scan."""
    with events.listening() as listener:
        yield _message("scan", first)
        while not events.closed:
            news = await listener.take(_SILENCE)
            if not news:
                yield b": still here\n\n"
            for kind, one in news.items():
                yield _message(kind, one)


def _message(kind: str, news: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(news)}\n\n".encode()
