"""An archive as what is open: its own index is the catalog, and nothing is scanned."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.errors import HounsfieldError
from hounsfield.server.events import Events
from hounsfield.server.library import Library
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.archive import Archive
    from hounsfield.catalog.record import Instance

__all__ = ["ArchiveLibrary"]

# Seconds between looks at the index.
_PAUSE = 1.0


class ArchiveLibrary(Library):
    """The objects of an archive; what devices store is there at once.

    Parameters
    ----------
    archive : Archive
        The archive, which stays open.
    made : path
        Where new objects are written; they are moved into the archive from there.
    """

    def __init__(self, archive: Archive, made: Path) -> None:
        self.paths = [archive.root]
        self.limits = archive.limits
        self.events = Events()
        self.version = self.generation = 0
        self.error = ""
        self.database = Path(archive.database)
        self._archive, self._made = archive, made
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._seen: Any = None
        self._thread = threading.Thread(target=self._work, name="archive", daemon=True)

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=60)
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @property
    def scanned(self) -> bool:
        """Whether everything was looked at once."""
        return True

    def wait(self, seconds: float | None = None) -> bool:
        """Tell that everything is known."""
        del seconds
        return True

    def state(self) -> dict[str, Any]:
        """Tell that everything is known."""
        return {"state": "done", "version": self.version, "task": "", "total": 0, "done": 0} | (
            {"message": self.error} if self.error else {}
        )

    def rescan(self, seconds: float = 10.0) -> bool:
        """Move what was made into the archive."""
        del seconds
        try:
            for stored in self._archive.add(self._made):
                if stored.outcome != "refused":
                    Path(stored.source).unlink()
            self.error = ""
        except (HounsfieldError, OSError) as error:
            self.error = str(error)
        self._changed()
        return not self.error

    def ready(self, rows: Sequence[Instance]) -> None:
        """Fetch objects that are in object storage only."""
        self._archive.fetch([str(row["path"]) for row in rows])

    def header(self, row: Instance, uri: str) -> str:
        """Give the header that the index has; without opening a file, wherever that is."""
        kept = self._archive.header(text(row, "SOPInstanceUID"))
        if kept is None:
            return super().header(row, uri)
        return kept.replace('"BulkDataURI":"?', f'"BulkDataURI":"{uri}?')

    def _changed(self) -> None:
        self.version += 1
        self.generation += 1
        self.events.tell("scan", self.state())

    def _work(self) -> None:
        """Look whether anybody has written to the index since."""
        connection: sqlite3.Connection | None = None
        while not self._stop.wait(_PAUSE):
            try:
                if connection is None:
                    connection = sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)
                seen = connection.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                continue
            if self._seen is not None and seen != self._seen:
                self._changed()
            self._seen = seen
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
