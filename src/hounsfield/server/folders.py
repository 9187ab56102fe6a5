"""Folders, files and ZIP archives that are open: scanned, and watched from then on.

The scan writes to a database in a private folder batch by batch, so that the first series is there long before the last
file has been read.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.scan import scan
from hounsfield.catalog.schema import INDEXES
from hounsfield.catalog.store import open_database
from hounsfield.errors import HounsfieldError
from hounsfield.server.library import Library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.server.kept import Kept
    from hounsfield.settings import Limits

__all__ = ["Folders"]

# Seconds between looks at the folders, and the share of the time that looking may take.
_PAUSE, _SHARE = 2.0, 0.02


class Folders(Library):
    """The files that are open, and what is known of them.

    Parameters
    ----------
    paths : sequence of paths
        Folders, files and ZIP archives.
    limits : Limits, optional
        What reading may cost.
    watch : bool
        Whether to look for new files from time to time.
    kept : Kept, optional
        Where the catalog is from the last time, and for the next: what it has is there at once, while the scan finds
        what has changed.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        limits: Limits | None = None,
        watch: bool = True,
        kept: Kept | None = None,
    ) -> None:
        self.paths = [os.path.abspath(os.fspath(path)) for path in paths]
        self._kept, self._changed = kept, False
        self._folder = Path(tempfile.mkdtemp(prefix="hounsfield-"))
        super().__init__(self._folder / "catalog.sqlite", limits=limits)
        self.error = ""
        self._watch = watch
        self._scanned = threading.Event()
        self._waiting: list[threading.Event] = []
        self._rescan = threading.Event()
        self._progress = _Told(self)
        self._prepare()
        self._thread = threading.Thread(target=self._work, name="scan", daemon=True)

    def _prepare(self) -> None:
        if self._kept is not None:
            self._kept.take(Path(self.database))
        connection = open_database(self.database)
        try:
            # Readers go on while the scan writes; the database is gone with the program, so nothing waits for the disk.
            connection.execute("PRAGMA journal_mode = WAL")
            for statement in INDEXES:
                connection.execute(statement)
        finally:
            connection.close()

    def start(self) -> None:
        """Begin to scan."""
        self._thread.start()

    def close(self) -> None:
        """Stop scanning, and remove the database."""
        self._stop.set()
        self._rescan.set()
        if self._thread.is_alive():
            self._thread.join(timeout=60)
        self._keep()
        super().close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def scanned(self) -> bool:
        """Whether everything was looked at once."""
        return self._scanned.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the first scan to end; tells whether it has."""
        return self._scanned.wait(seconds)

    def rescan(self, seconds: float = 10.0) -> bool:
        """Scan again now, and wait for that; tells whether it is done."""
        done = threading.Event()
        with self._lock:
            self._waiting.append(done)
        self._rescan.set()
        return done.wait(seconds)

    def state(self) -> dict[str, Any]:
        """Tell how far the scan is."""
        found = {"state": "done" if self.scanned else "scanning", "version": self.version, **self._progress.figures()}
        return found | ({"message": self.error} if self.error else {})

    def _work(self) -> None:
        self._scan()
        # Files of the last time may be gone.
        self.generation += 1
        self._scanned.set()
        self.events.tell("scan", self.state())
        self._changed = True
        self._keep()
        known = self._folders() if self._watch else {}
        while not self._stop.is_set():
            if not self._watch:
                self._rescan.wait()
            else:
                self._rescan.wait(max(_PAUSE, len(known) / 1000))
            asked = self._rescan.is_set()
            self._rescan.clear()
            if self._stop.is_set():
                return
            found = self._folders() if self._watch else {}
            with self._lock:
                waiting, self._waiting = self._waiting, []
            if asked or found != known:
                self._scan()
                self.generation += 1
                self._changed = True
                known = self._folders() if self._watch else {}
                self.events.tell("scan", self.state())
            for done in waiting:
                done.set()

    def _scan(self) -> None:
        try:
            scan(
                self.paths,
                catalog=self.database,
                progress=self._progress,
                limits=self.limits,
                shared=self._grown,
            ).close()
            self.error = ""
        except _StoppedError:
            self.error = "stopped"
            return
        except HounsfieldError as error:
            self.error = str(error)
        self.version += 1

    def _keep(self) -> None:
        if self._kept is not None and self._changed and not self.error:
            self._kept.give(Path(self.database))
        self._changed = False

    def _grown(self) -> None:
        if self._stop.is_set():
            raise _StoppedError
        self.version += 1
        self.events.tell("scan", self.state())

    def _folders(self) -> dict[str, int]:
        """Give the times at which the folders that hold files last changed, and given files as well."""
        folders = {path for path in self.paths if os.path.lexists(path)}
        for path in list(folders):
            for folder, below, _ in os.walk(path):
                folders.update(os.path.join(folder, name) for name in below)
                if self._stop.is_set():
                    break
        found = {}
        for path in folders:
            try:
                found[path] = Path(path).stat().st_mtime_ns
            except OSError:
                continue
        return found


class _StoppedError(Exception):
    """The program ends in the middle of a scan."""


class _Told:
    """Progress of the scan, as figures that can be asked for at any time."""

    def __init__(self, library: Folders) -> None:
        self._library = library
        self._task, self._total, self._done = "", 0, 0

    def figures(self) -> dict[str, Any]:
        """Give what is being done, and how much of it is done."""
        return {"task": self._task, "total": self._total, "done": self._done}

    def start(self, task: str, total: int | None, unit: str) -> None:  # noqa: ARG002 - of files always
        """Begin."""
        self._task, self._total, self._done = task, total or 0, 0

    def advance(self, amount: int = 1) -> None:
        """Count."""
        self._done += amount

    def finish(self) -> None:
        """End; the figures stay."""
