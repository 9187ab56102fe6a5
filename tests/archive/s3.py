"""A server that speaks S3, moto's, in a process of its own on this machine: it can be stopped and started again."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import boto3

from hounsfield.archive.bucket import CloudStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["S3", "server"]


class S3:
    """A running server, with one bucket; its objects are in its memory, and there as long as its process is."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"

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

    def storage(self, prefix: str = "some/prefix", *, port: int | None = None, cache: int = 10 << 30) -> CloudStorage:
        """Say how it is reached."""
        return CloudStorage(
            f"s3://images/{prefix}",
            endpoint=f"http://127.0.0.1:{port or self.port}",
            region="us-east-1",
            key_id="key",
            secret="word",
            allow_http=True,
            cache=cache,
        )


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
