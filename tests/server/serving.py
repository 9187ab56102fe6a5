"""A real server in a thread, and a client that has a session."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from hounsfield.server.library import Library
from hounsfield.server.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Client", "serving"]


class Client(httpx.Client):
    """Asks the server; `running` is the server itself."""

    running: Running


@contextmanager
def serving(*paths: Any, wait: bool = True, **options: Any) -> Iterator[Client]:
    """Serve some paths, or a library, and give a client with a session."""
    opened = paths[0] if len(paths) == 1 and isinstance(paths[0], Library) else paths
    running = Running(opened, **options)
    ready = threading.Event()
    thread = threading.Thread(target=lambda: running.run(ready.set))
    thread.start()
    try:
        assert ready.wait(30)
        with Client(base_url=running.base, timeout=60) as client:
            client.running = running
            assert client.get(running.address).status_code == 303
            if wait:
                assert running.library.wait(60)
            yield client
    finally:
        running.stop()
        thread.join(30)
        assert not thread.is_alive()
