"""A server that speaks S3, moto's, in a process of its own on this machine: it can be stopped and started again."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import boto3

from hounsfield.archive.bucket import CloudStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["S3", "Door", "server"]


class S3:
    """A running server, with one bucket; its objects are in its memory, and there as long as its process is."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"

    def environment(self, *, port: int | None = None) -> dict[str, str]:
        """Say how it is reached, in the variables that everybody knows."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "word",
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def client(self) -> Any:
        """Give a client of Amazon's."""
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )

    def get(self, key: str) -> bytes:
        """Read an object."""
        return bytes(self.client().get_object(Bucket="images", Key=key)["Body"].read())

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        self.client().put_object(Bucket="images", Key=key, Body=data)

    def delete(self, key: str) -> None:
        """Delete an object."""
        self.client().delete_object(Bucket="images", Key=key)

    def storage(
        self, prefix: str = "some/prefix", *, port: int | None = None, cache: int = 10 << 30, timeout: float = 60.0
    ) -> CloudStorage:
        """Say how it is reached."""
        return CloudStorage(
            f"s3://images/{prefix}",
            endpoint=f"http://127.0.0.1:{port or self.port}",
            region="us-east-1",
            key_id="key",
            secret="word",
            allow_http=True,
            cache=cache,
            timeout=timeout,
        )


class Door:
    """A way to a server on another port, which can be shut in the middle of everything, and opened again."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._flow = threading.Event()
        self._flow.set()
        # Bytes of each answer that pass while it is held.
        self._passing = 0
        self.port = 0
        self.open()

    def open(self) -> None:
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def hold(self, passing: int = 0) -> None:
        """Accept connections, and say nothing on them; or stop in the middle of each answer."""
        self._passing = passing
        self._flow.clear()

    def release(self) -> None:
        """Let everything pass again."""
        self._flow.set()

    def shut(self) -> None:
        """Refuse connections, and cut those that there are."""
        with self._lock:
            # Only a listener that is shut down lets `accept` return.
            for one in (self._listener, *self._open):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open = []

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                came, _ = listener.accept()
                on = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            with self._lock:
                self._open += [came, on]
            threading.Thread(target=self._pass, args=(came, on, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(on, came, True), daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket, answers: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if answers and not self._flow.is_set():
                    head = data[: max(0, self._passing - passed)]
                    to.sendall(head)
                    passed += len(head)
                    self._flow.wait()
                    data = data[len(head) :]
                to.sendall(data)
        for one in (source, to):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def server() -> Iterator[S3]:
    """Run a server with a bucket named ``images``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port)):
                    break
                assert process.poll() is None, "moto's server has ended"
                time.sleep(0.1)
            found = S3(port)
            found.client().create_bucket(Bucket="images")
            yield found
        finally:
            process.kill()
