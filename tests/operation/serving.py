"""`hu serve` in a process of its own, with its log."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Served", "received", "served"]


class Served:
    """A running `hu serve`, and its log."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: list[str] = []
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"127\.0\.0\.1:(\d+); Ctrl-C", line):
                self.port = int(found[1])
                break
            self._lines.append(line)
        else:
            process.wait()
            raise AssertionError(f"it did not start: {self._lines}")
        self._reader = threading.Thread(target=lambda: self._lines.extend(process.stderr or ()))
        self._reader.start()
        self.to = ["-aec", "HOUNSFIELD", "127.0.0.1", str(self.port)]

    def send(self, paths: list[Path]) -> str:
        """Send with DCMTK, and give what it says."""
        words = [require("storescu"), "-v", "--no-halt", *self.to, *map(str, paths)]
        return subprocess.run(words, check=False, timeout=120, stderr=subprocess.PIPE, text=True).stderr

    def log(self) -> list[dict[str, str]]:
        """Give the log, once it has ended."""
        return [json.loads(line) for line in self._lines if line.startswith("{")]

    def join(self) -> None:
        """Wait for the end of what it says."""
        self._reader.join(30)

    def said(self) -> str:
        """Give everything that it said, once it has ended."""
        return "".join(self._lines)

    def end(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()


@contextmanager
def served(
    folder: Path | None,
    *words: str,
    environment: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Iterator[Served]:
    """Serve an archive until the end of the block, where the process is killed."""
    where = [] if folder is None else [str(folder)]
    command = [sys.executable, "-m", "hounsfield", "serve", *where, "--port", "0", *words]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | dict(environment or {}),
        preexec_fn=before,  # noqa: PLW1509 - nothing of this process runs in between
    ) as process:
        running = Served(process)
        try:
            yield running
        finally:
            running.end()


def received(text: str) -> list[str]:
    """Give the statuses that DCMTK was answered with."""
    return re.findall(r"Received Store Response \(([^)]*)\)", text)
