"""Catalogs of folders that were opened before, in the user's cache: reopening a folder lists it at once.

A catalog is copied out of the cache when its folder is opened, and back when something has changed, under its name only
when it is whole: programs that run at once do not disturb each other. It has what headers say of patients, so that only
the user can read it; what was encrypted is never kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.catalog.schema import APPLICATION, VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Kept", "cache_folder"]

# Catalogs of fewer files are made as fast as they are read.
_FEWEST = 500
_MOST, _MOST_BYTES = 32, 2 << 30


def cache_folder() -> Path:
    """Give the folder for catalogs in the user's cache directory."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base, "hounsfield", "catalogs")


class Kept:
    """The catalog of some paths in the cache; whatever goes wrong with it, the paths are scanned instead.

    Parameters
    ----------
    paths : sequence of str
        Absolute paths that are opened together.
    folder : path, optional
        Where catalogs are kept; by default in the user's cache directory.
    fewest : int
        Catalogs of fewer files are not kept.
    """

    def __init__(self, paths: Sequence[str], *, folder: Path | None = None, fewest: int = _FEWEST) -> None:
        self._folder, self._fewest = folder or cache_folder(), fewest
        text = "\0".join([str(VERSION), *sorted(set(paths))])
        self._path = self._folder / f"{hashlib.sha256(os.fsencode(text)).hexdigest()[:40]}.sqlite"

    def take(self, database: Path) -> bool:
        """Copy the catalog to a place where there is none yet; tells whether there was a sound one."""
        try:
            if not self._private():
                return False
            shutil.copyfile(self._path, database)
            with contextlib.closing(sqlite3.connect(database)) as connection:
                application = connection.execute("PRAGMA application_id").fetchone()[0]
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            if sound and (application, version) == (APPLICATION, VERSION):
                os.utime(self._path)
                return True
        except (OSError, sqlite3.Error):
            pass
        for end in ("", "-wal", "-shm", "-journal"):
            database.with_name(database.name + end).unlink(missing_ok=True)
        return False

    def give(self, database: Path) -> bool:
        """Keep a catalog for the next time; tells whether it was kept."""
        partial = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex}")
        try:
            with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as source:
                files, sealed = source.execute(
                    "SELECT count(*), coalesce(max(status IN ('envelope', 'encrypted')), 0) FROM files"
                ).fetchone()
                if files < self._fewest or sealed:
                    self._path.unlink(missing_ok=True)
                    return False
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if not self._private():
                    return False
                # Made with nobody else's rights before anything is written into it.
                os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                with contextlib.closing(sqlite3.connect(partial)) as target:
                    source.backup(target)
                    target.execute("PRAGMA journal_mode = DELETE")
            partial.replace(self._path)
            self._bound()
        except (OSError, sqlite3.Error):
            # A full disk, or a cache that nobody may write to: the next time takes as long as this one.
            return False
        finally:
            for end in ("", "-wal", "-shm", "-journal"):
                with contextlib.suppress(OSError):
                    partial.with_name(partial.name + end).unlink(missing_ok=True)
        return True

    def _private(self) -> bool:
        """Let only the user read the folder; tells whether it is the user's at all."""
        if sys.platform == "win32":
            return self._folder.is_dir()
        state = self._folder.lstat()
        if state.st_uid != os.getuid() or self._folder.is_symlink():
            return False
        if state.st_mode & 0o077:
            self._folder.chmod(0o700)
        return True

    def _bound(self) -> None:
        """Forget the catalogs that were not used for longest, and what programs that were killed left."""
        states = [(path, path.stat()) for path in self._folder.iterdir()]
        newest = max(state.st_mtime for _, state in states)
        size = 0
        catalogs = sorted(states, key=lambda one: -one[1].st_mtime)
        for number, (path, state) in enumerate(catalogs):
            size += state.st_size
            left = path.name.startswith(".") and newest - state.st_mtime > 86_400
            beyond = path.suffix == ".sqlite" and number > 0 and (number >= _MOST or size > _MOST_BYTES)
            if left or (beyond and not path.name.startswith(".")):
                path.unlink(missing_ok=True)
