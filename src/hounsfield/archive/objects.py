"""The files of an archive, each named after the SHA-256 of its bytes: nothing that a peer says becomes a path.

An object arrives in a folder of this process below ``incoming``, is linked to its place, and leaves ``incoming`` only
after the index has it. What a killed process leaves there tells the next one which links nobody knows of.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Objects", "digest", "sync_folder"]

_LOCK = ".lock"
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV, errno.ENOSYS})


class Objects:
    """The files of an archive.

    Parameters
    ----------
    root : str
        Folder of the archive.
    """

    def __init__(self, root: str) -> None:
        self._places = os.path.join(root, "objects")
        self._incoming = os.path.join(root, "incoming")
        for folder in (self._places, self._incoming):
            Path(folder).mkdir(parents=True, exist_ok=True)
        self.folder = os.path.join(self._incoming, uuid.uuid4().hex)
        Path(self.folder).mkdir()
        # The lock ends with the process, however that ends.
        self._lock = os.open(os.path.join(self.folder, _LOCK), os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def place(self, sha256: str) -> str:
        """Give the path of an object."""
        return os.path.join(self._places, sha256[:2], f"{sha256}.dcm")

    def link(self, path: str, sha256: str) -> tuple[str, bool]:
        """Give a file that arrived its place; tell where, and whether nothing was there."""
        place = self.place(sha256)
        folder = os.path.dirname(place)
        if not os.path.isdir(folder):
            Path(folder).mkdir(exist_ok=True)
            sync_folder(self._places)
        try:
            os.link(path, place)
        except FileExistsError:
            return place, False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            Path(path).replace(place)
        return place, True

    def sync(self, places: Iterable[str]) -> None:
        """Make names last."""
        for folder in sorted({os.path.dirname(place) for place in places}):
            sync_folder(folder)

    def left(self) -> Iterator[tuple[str, list[str]]]:
        """Give each folder that a process left behind when it was killed, and the files in it."""
        for entry in list(os.scandir(self._incoming)):
            if entry.path == self.folder or not entry.is_dir(follow_symlinks=False):
                continue
            with _locked(os.path.join(entry.path, _LOCK)) as free:
                if free:
                    yield entry.path, [one.path for one in os.scandir(entry.path) if one.name != _LOCK]
                    shutil.rmtree(entry.path, ignore_errors=True)

    def all(self) -> Iterator[str]:
        """Give the paths of all objects."""
        for folder, _, names in os.walk(self._places):
            for name in sorted(names):
                yield os.path.join(folder, name)

    def close(self) -> None:
        """Remove the folder of this process."""
        shutil.rmtree(self.folder, ignore_errors=True)
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


def sync_folder(path: str) -> None:
    """Make the names in a folder last."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def digest(path: str) -> str:
    """Give the SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
