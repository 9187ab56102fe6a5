"""What is open: the catalog of the files, kept up to date by one thread, read by many.

The scan writes to a database in a private folder batch by batch, so that the first series is there long before the last
file has been read. Readers have connections of their own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.scan import scan
from hounsfield.catalog.schema import INDEXES
from hounsfield.catalog.store import open_database
from hounsfield.errors import HounsfieldError
from hounsfield.files.dump import json_of
from hounsfield.server.events import Events
from hounsfield.server.names import name_of
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hounsfield.catalog.record import Instance

__all__ = ["Library"]

_MOST_IDLE = 8
# Seconds between looks at the folders, and the share of the time that looking may take.
_PAUSE, _SHARE = 2.0, 0.02


class Library:
    """The files that are open, and what is known of them.

    Parameters
    ----------
    paths : sequence of paths
        Folders, files and ZIP archives.
    limits : Limits, optional
        What reading may cost.
    watch : bool
        Whether to look for new files from time to time.

    Attributes
    ----------
    events : Events
        Where progress and news are told.
    version : int
        Changes with everything that is found; what was derived from an older one is out of date.
    generation : int
        Changes when files may be gone: with every scan but the first.
    """

    def __init__(
        self, paths: Sequence[str | os.PathLike[str]], *, limits: Limits | None = None, watch: bool = True
    ) -> None:
        self.paths = [os.path.abspath(os.fspath(path)) for path in paths]
        self.limits = limits or Limits()
        self.events = Events()
        self.version = 0
        self.generation = 0
        self.error = ""
        self._watch = watch
        self._folder = Path(tempfile.mkdtemp(prefix="hounsfield-"))
        self.database = self._folder / "catalog.sqlite"
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._scanned = threading.Event()
        self._waiting: list[threading.Event] = []
        self._rescan = threading.Event()
        self._progress = _Told(self)
        self._prepare()
        self._thread = threading.Thread(target=self._work, name="scan", daemon=True)

    def _prepare(self) -> None:
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
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
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

    def ready(self, rows: Sequence[Instance]) -> None:
        """Let the files of some instances be where the catalog says, until they are opened.

        Raises
        ------
        ReadError
            When one is gone.
        """

    def header(self, row: Instance, uri: str) -> str:
        """Give the header of an instance as DICOM JSON, its large values as ``uri?offset=...``.

        Raises
        ------
        ReadError
            When it cannot be read.
        """
        return json_of(name_of(row), uri, limits=self.limits)

    @contextmanager
    def catalog(self) -> Iterator[Catalog]:
        """Lend a catalog that only this thread uses until the end of the block."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = sqlite3.connect(
                f"{self.database.as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
            )
        try:
            yield Catalog(connection)
        finally:
            with self._lock:
                keep = len(self._idle) < _MOST_IDLE and not self._stop.is_set()
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _work(self) -> None:
        self._scan()
        self._scanned.set()
        self.events.tell("scan", self.state())
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
            return
        except HounsfieldError as error:
            self.error = str(error)
        self.version += 1

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

    def __init__(self, library: Library) -> None:
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
