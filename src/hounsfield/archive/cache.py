"""Copies of objects that are kept elsewhere: a folder of bounded size, which forgets what was not used for longest."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.archive.objects import digest, link, place_below

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Cache", "DamagedError"]

# Whoever was given a path opens it within this many seconds; so long it stays, also beyond the bound.
_GRACE = 600.0
_KEPT = 0.9


class DamagedError(OSError):
    """An object is not what it was."""


class Cache:
    """Files below a folder, each compared with its checksum before it is given away first.

    Several processes may use one folder.

    Parameters
    ----------
    folder : str
        Is made where it is missing.
    most : int
        How many bytes may be in it.
    grace : float
        Seconds for which what was asked for stays in any case.
    """

    def __init__(self, folder: str, most: int, *, grace: float = _GRACE) -> None:
        self._folder, self._most, self._grace = folder, most, grace
        self._lock = threading.Lock()
        self._sound: dict[str, int] = {}
        self._looked = 0.0
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._size = sum(size for _, size, _ in self._files())

    def place(self, sha256: str) -> str:
        """Give the path that a copy has, or would have."""
        return place_below(self._folder, sha256)

    def have(self, sha256: str) -> str | None:
        """Give the path of a copy, where there is a sound one, and note that it was used."""
        path = self.place(sha256)
        try:
            os.utime(path)
            number = Path(path).stat().st_ino
            # After a power failure any file may be a part of what it was: it is read once by each process.
            if self._sound.get(sha256) != number and digest(path) != sha256:
                Path(path).unlink()
                return None
        except OSError:
            return None
        self._sound[sha256] = number
        return path

    def put(self, sha256: str, file: str) -> None:
        """Link a file whose checksum is known, or move it."""
        path = self.place(sha256)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not link(file, path):
            return
        state = Path(path).stat()
        with self._lock:
            self._sound[sha256] = state.st_ino
            self._size += state.st_size
        self._bound()

    def fetch(self, sha256: str, parts: Iterable[bytes], folder: str) -> str:
        """Write a copy; `OSError` where its checksum is another one.

        Parameters
        ----------
        sha256 : str
            The checksum.
        parts : iterable of bytes
            Its bytes.
        folder : str
            Where it is written before it is complete.
        """
        partial = os.path.join(folder, f"fetch-{uuid.uuid4().hex}")
        found = hashlib.sha256()
        try:
            with open(partial, "xb") as file:
                for part in parts:
                    found.update(part)
                    file.write(part)
            if found.hexdigest() != sha256:
                raise DamagedError(errno.EIO, f"the object {sha256} is damaged in the storage")
            self.put(sha256, partial)
        finally:
            with contextlib.suppress(OSError):
                Path(partial).unlink()
        return self.place(sha256)

    def drop(self, sha256: str) -> None:
        """Forget a copy."""
        path = self.place(sha256)
        with contextlib.suppress(OSError):
            size = Path(path).stat().st_size
            Path(path).unlink()
            with self._lock:
                self._size -= size
                self._sound.pop(sha256, None)

    def _bound(self) -> None:
        """Forget what was not used for longest, until there is room again."""
        with self._lock:
            now = time.time()
            if self._size <= self._most or (self._grace and now - self._looked < 1):
                return
            self._looked = now
            files = sorted(self._files())
            self._size = sum(size for _, size, _ in files)
            for used, size, path in files:
                if self._size <= self._most * _KEPT or now - used < self._grace:
                    break
                with contextlib.suppress(OSError):
                    Path(path).unlink()
                    self._size -= size
                    self._sound.pop(os.path.basename(path).removesuffix(".dcm"), None)

    def _files(self) -> list[tuple[float, int, str]]:
        """Give moment of last use, bytes and path of all copies."""
        found = []
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    state = Path(path).stat()
                    found.append((state.st_mtime, state.st_size, path))
        return found
