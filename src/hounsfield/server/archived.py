"""An archive that is served from its own index: nothing is scanned, and what it takes or deletes is seen at once."""

from __future__ import annotations

import io
import os
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from hounsfield.archive.headers import header_text
from hounsfield.catalog.connection import changes, shown
from hounsfield.errors import ReadError, UsageError
from hounsfield.server.library import Library
from hounsfield.server.stacks import row_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pydicom import Dataset

    from hounsfield.archive.archive import Archive
    from hounsfield.catalog.record import Instance

__all__ = ["Archived"]

# Seconds between looks at the number that SQLite changes with each commit, and between news while many come.
_PAUSE, _APART = 0.1, 0.5
_MOST_STAMPS = 4096
_STAMP = (
    "SELECT count(*), max(o.id), max(o.stored) FROM contexts AS c JOIN instances AS i ON i.context_id = c.id "
    "JOIN objects AS o ON o.id = i.id WHERE c.series_id IN "
)
_NAMED = '(SELECT id FROM series WHERE "SeriesInstanceUID" = ?)'
_BULK = '"BulkDataURI":"?'


class Archived(Library):
    """The objects of an archive, also those that other processes add or delete.

    Parameters
    ----------
    archive : Archive
        Stays open as long as this is.
    """

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.database, limits=archive.limits)
        self._archive = archive
        self._stamps: dict[str, tuple[int, Hashable]] = {}
        self._looking = threading.Lock()
        self._watcher = self._connected()
        self._seen = self._changes()
        self._thread = threading.Thread(target=self._watch, name="index", daemon=True)

    def start(self) -> None:
        """Begin to look for changes."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        super().close()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        with self._looking:
            self._watcher.close()

    def rescan(self, seconds: float = 10.0) -> bool:  # noqa: ARG002 - it takes no time
        """Take notice of what changed until now."""
        self._look()
        return True

    def state(self) -> dict[str, Any]:
        """Tell that nothing is looked for: the index has everything."""
        return super().state() | {"task": "", "total": 0, "done": 0}

    def stamp(self, series: str) -> Hashable:
        """Give what changes with the objects of a series, and not with others that come in meanwhile."""
        version = self.version
        known = self._stamps.get(series)
        if known is None or known[0] != version:
            number = row_number(series)
            which = (
                ("(?)", number)
                if number is not None
                else ('(SELECT id FROM series WHERE "SeriesInstanceUID" = ?)', series)
            )
            with self.catalog() as catalog:
                found = catalog.execute(_STAMP + which[0], (which[1],)).fetchone()
            if len(self._stamps) >= _MOST_STAMPS:
                self._stamps.clear()
            known = self._stamps[series] = (version, found)
        return known[1]

    def ready(self, rows: Sequence[Instance]) -> None:
        """Have copies made of objects that are kept elsewhere, several at once."""
        paths = [os.fsdecode(row["path"]) for row in rows]
        if len(paths) > 1 and not all(map(os.path.exists, paths)):
            self._archive.fetch(paths)
            return
        # A copy that is asked for stays for some time.
        for path in paths:
            self._archive.local(path)

    def header(self, row: Instance, place: str) -> str:
        """Give the header as the index has it; where it has none, that of the file."""
        with self.catalog() as catalog:
            found = catalog.execute("SELECT header FROM objects WHERE id = ?", (row["id"],)).fetchone()
        if found is None or found[0] is None:
            self.ready([row])
            return super().header(row, place)
        return header_text(found[0]).replace(_BULK, f"{_BULK[:-1]}{place}?")

    def keep(self, dataset: Dataset) -> str:
        """Store a new object in the archive."""
        data = io.BytesIO()
        dataset.save_as(data, enforce_file_format=True)
        stored = self._archive.ingest(data.getvalue(), source="workstation")
        if stored.outcome == "refused":
            raise UsageError(f"the archive does not take the object: {stored.reason}")
        return stored.path

    def _changes(self) -> int:
        return changes(self._watcher)

    def _look(self) -> bool:
        """Tell everybody where the index has changed; tells whether it has."""
        with self._looking:
            if self._stop.is_set():
                return False
            try:
                found = self._changes()
            except sqlite3.Error as error:
                raise ReadError(f"the index cannot be read: {error}", where=shown(self.database)) from error
            if found == self._seen:
                return False
            self._seen = found
            self.generation += 1
            self.version += 1
        self.events.tell("scan", self.state())
        return True

    def _watch(self) -> None:
        while not self._stop.wait(_PAUSE):
            try:
                changed = self._look()
            except ReadError:
                # It may be there again a moment later; requests say until then what is wrong.
                changed = True
            if changed:
                self._stop.wait(_APART)
