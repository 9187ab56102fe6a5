"""The files of an archive on a local disk, each named after the SHA-256 of its bytes."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["LocalObjects", "digest", "link", "place_below", "sha256_of"]

_SYNCS = 8
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV, errno.ENOSYS})
_NAME = re.compile(r"([0-9a-f]{64})\.dcm")


class LocalObjects:
    """Files below a folder; see `hounsfield.archive.storage.Storage`.

    Parameters
    ----------
    root : str
        Folder of the archive.
    """

    def __init__(self, root: str) -> None:
        self._places = os.path.join(root, "objects")
        Path(self._places).mkdir(parents=True, exist_ok=True)

    def place(self, sha256: str) -> str:
        """Give the path of an object."""
        return place_below(self._places, sha256)

    def keep(self, files: Mapping[str, str], made: list[str]) -> None:
        """Give files their places."""
        folders = sorted({os.path.dirname(self.place(sha256)) for sha256 in files})
        missing = [folder for folder in folders if not os.path.isdir(folder)]
        for folder in missing:
            Path(folder).mkdir(exist_ok=True)
        for sha256, path in files.items():
            place = self.place(sha256)
            if link(path, place):
                made.append(sha256)
            elif digest(place) != sha256:
                # It was damaged; what comes now is whole.
                _replace(path, place)
        sync_folders([*folders, self._places] if missing else folders)

    def lacking(self, sizes: Mapping[str, int]) -> list[str]:
        """Look at the files."""
        return [sha256 for sha256, size in sizes.items() if _length(self.place(sha256)) != size]

    def exists(self, sha256: str) -> bool:
        """Tell whether there is a file."""
        return os.path.isfile(self.place(sha256))

    def local(self, sha256: str) -> str:
        """Give the path."""
        return self.place(sha256)

    def digest(self, sha256: str) -> str:
        """Read the file."""
        return digest(self.place(sha256))

    def sound(self, sha256: str) -> str | None:
        """Read the file."""
        path = self.place(sha256)
        return path if digest(path) == sha256 else None

    def remove(self, sha256: str) -> None:
        """Remove the file."""
        with contextlib.suppress(FileNotFoundError):
            Path(self.place(sha256)).unlink()

    def all(self) -> Iterator[tuple[str, str]]:
        """Give all files."""
        for folder, _, names in os.walk(self._places):
            for name in sorted(names):
                path = os.path.join(folder, name)
                sha256 = sha256_of(name)
                yield path, sha256 if sha256 and self.place(sha256) == path else ""

    def name(self, sha256: str) -> str:
        """Give the path."""
        return self.place(sha256)


def _length(path: str) -> int | None:
    try:
        return Path(path).stat().st_size
    except OSError:
        return None


def place_below(folder: str, sha256: str) -> str:
    """Give the path of an object below a folder."""
    return os.path.join(folder, sha256[:2], f"{sha256}.dcm")


def sha256_of(name: str) -> str:
    """Give the SHA-256 that a file name, a path or a key has; empty where it has none."""
    found = _NAME.fullmatch(name.rpartition("/")[2])
    return found[1] if found else ""


def link(path: str, place: str) -> bool:
    """Link a file, or move it where there are no links; tell whether nothing was there."""
    try:
        os.link(path, place)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.exists(place):
            return False
        Path(path).replace(place)
    return True


def _replace(path: str, place: str) -> None:
    """Put another file in the place of one, at once."""
    other = f"{path}-{threading.get_ident()}"
    if link(path, other):
        Path(other).replace(place)


def sync_folder(path: str) -> None:
    """Make the names in a folder last."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sync_folders(paths: Sequence[str]) -> None:
    """Make the names in some folders last; what several threads ask for at once, a disk does at once."""
    if len(paths) < 3:
        for path in paths:
            sync_folder(path)
        return
    with ThreadPoolExecutor(min(_SYNCS, len(paths)), "archive-sync") as pool:
        list(pool.map(sync_folder, paths))


def digest(path: str) -> str:
    """Give the SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
