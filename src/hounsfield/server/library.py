"""What is open: a catalog that one thread keeps up to date and that many read."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.connection import connect
from hounsfield.files.dump import json_of
from hounsfield.server.events import Events
from hounsfield.server.names import name_of
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from pydicom import Dataset

    from hounsfield.catalog.connection import Connection
    from hounsfield.catalog.record import Instance

__all__ = ["Library"]

_MOST_IDLE = 8


class Library:
    """Objects that are served, and what is known of them: `Folders` are scanned, an `Archived` has its own index.

    Parameters
    ----------
    database : path or str
        The catalog, a file or the address of a database. Readers have connections of their own.
    limits : Limits, optional
        What reading may cost.

    Attributes
    ----------
    events : Events
        Where progress and news are told.
    version : int
        Changes with everything that is found.
    generation : int
        Changes when a row may be gone, or its number another object's.
    """

    def __init__(self, database: str | os.PathLike[str], *, limits: Limits | None = None) -> None:
        self.database = os.fspath(database)
        self.limits = limits or Limits()
        self.events = Events()
        self.version = 0
        self.generation = 0
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin to look for what is there."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @property
    def scanned(self) -> bool:
        """Whether everything was looked at once."""
        return True

    def wait(self, seconds: float | None = None) -> bool:  # noqa: ARG002 - for those that scan
        """Wait until everything was looked at once; tells whether it was."""
        return self.scanned

    def rescan(self, seconds: float = 10.0) -> bool:
        """Look again now, and wait for that; tells whether it is done."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Tell how far looking is."""
        return {"state": "done" if self.scanned else "scanning", "version": self.version}

    def stamp(self, series: str) -> Hashable:  # noqa: ARG002 - for those that know more
        """Give what changes with the instances of a series; what was derived under another stamp is out of date."""
        return self.version

    def ready(self, rows: Sequence[Instance]) -> None:
        """Make the files of some instances readable where their rows say they are.

        Raises
        ------
        ReadError
            When one cannot be had.
        """

    def header(self, row: Instance, place: str) -> str:
        """Give the header of an instance as DICOM JSON (PS3.18 F), with bulk data at `place`."""
        return json_of(name_of(row), place, limits=self.limits)

    def keep(self, dataset: Dataset) -> str | None:  # noqa: ARG002 - for those that keep objects
        """Keep a new object, and tell where; ``None`` where objects become files in a folder."""
        return None

    @contextmanager
    def catalog(self) -> Iterator[Catalog]:
        """Lend a catalog that only this thread uses until the end of the block."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._connected()
        try:
            yield Catalog(connection)
        finally:
            with self._lock:
                keep = len(self._idle) < _MOST_IDLE and not self._stop.is_set()
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _connected(self) -> Connection:
        return connect(self.database)
