"""What is on its way into an archive: a folder for each process below ``incoming``.

An object arrives there, is kept in the storage, and leaves only after the index has it. What a killed process leaves
behind tells the next one which objects in the storage nobody knows of.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Arrivals"]

_LOCK = ".lock"


class Arrivals:
    """The folder of this process.

    Parameters
    ----------
    root : str
        Folder of the archive.
    """

    def __init__(self, root: str) -> None:
        self._incoming = os.path.join(root, "incoming")
        self._folder = os.path.join(self._incoming, uuid.uuid4().hex)
        self._lock = self._made()

    def _made(self) -> int:
        Path(self._folder).mkdir(parents=True)
        # The lock ends with the process, however that ends.
        lock = os.open(os.path.join(self._folder, _LOCK), os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    @property
    def folder(self) -> str:
        """The folder; somebody who cleans up may have removed it, then it is made again."""
        if not os.path.isdir(self._folder):
            with contextlib.suppress(OSError):
                lock = self._made()
                os.close(self._lock)
                self._lock = lock
        return self._folder

    def left(self) -> Iterator[tuple[str, list[str]]]:
        """Give each folder that a process left behind when it was killed, and the files in it."""
        for entry in list(os.scandir(self._incoming)):
            if entry.path == self._folder or not entry.is_dir(follow_symlinks=False):
                continue
            with _locked(os.path.join(entry.path, _LOCK)) as free:
                if free:
                    yield entry.path, [one.path for one in os.scandir(entry.path) if one.name != _LOCK]
                    shutil.rmtree(entry.path, ignore_errors=True)

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)


@contextlib.contextmanager
def _locked(path: str) -> Iterator[bool]:
    """Tell whether nobody alive has the lock, and hold it meanwhile."""
    try:
        lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)
