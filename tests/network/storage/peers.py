"""Receivers and senders on loopback, ours and foreign, started and stopped by the tests."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from hounsfield.network.storage.inbox import Inbox
from hounsfield.network.storage.receiving import Bounds, Outcome, receive
from hounsfield.network.storage.request import peek_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Receiver", "foreign", "free_port", "receiver"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first(_: str, syntaxes: Sequence[str]) -> str | None:
    return syntaxes[0]


class Receiver:
    """Our side of storage associations into an inbox, one thread for each."""

    def __init__(self, folder: Path, choose: Callable[[str, Sequence[str]], str | None], bounds: Bounds) -> None:
        self.inbox = Inbox(folder)
        self.outcomes: list[Outcome] = []
        self.errors: list[Exception] = []
        self._choose, self._bounds = choose, bounds
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        try:
            request = peek_request(connection, wait=5)
            self.outcomes.append(receive(connection, request, self.inbox, choose=self._choose, bounds=self._bounds))
        except Exception as error:  # noqa: BLE001 - shown by the test
            self.errors.append(error)
            connection.close()

    def done(self) -> list[Outcome]:
        """Wait for all associations and give how they ended."""
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive(), "an association hangs"
        assert not self.errors, self.errors
        return self.outcomes

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._acceptor.join(5)


@contextlib.contextmanager
def receiver(
    folder: Path,
    *,
    choose: Callable[[str, Sequence[str]], str | None] = first,
    bounds: Bounds | None = None,
) -> Iterator[Receiver]:
    made = Receiver(folder, choose, bounds or Bounds(sync=False, wait=5, pdu_time=5))
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def foreign(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a foreign server until it listens, and stop it afterwards."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, f"{command[0]} ended"
            assert time.monotonic() < deadline, f"{command[0]} does not listen"
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
