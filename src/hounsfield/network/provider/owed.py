"""Reports of storage commitment that peers have not been given yet, each in a file until it was given."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Owed", "OwedReports"]

_LOG = logging.getLogger("hounsfield.network")
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Owed:
    """What a peer asked for, and has no report of.

    Parameters
    ----------
    title : str
        The peer.
    transaction : str
        Transaction UID.
    objects : tuple
        Pairs of SOP class and instance. What became of them is looked up when the report is given.
    since : float
        When it was asked, in seconds since 1970.
    """

    title: str
    transaction: str
    objects: tuple[tuple[str, str], ...]
    since: float

    @property
    def name(self) -> str:
        """The name of its file, in which nothing is that a peer says."""
        return hashlib.sha256(f"{self.title}\n{self.transaction}".encode("utf-8", "replace")).hexdigest() + ".json"


class OwedReports:
    """Keeps reports that are owed; in memory alone where there is no folder.

    Parameters
    ----------
    folder : path, optional
        Is made where it is missing.

    Raises
    ------
    OSError
        When the folder cannot be had.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._folder = None if folder is None else Path(folder)
        self._lock = threading.Lock()
        self._known: dict[str, Owed] = {}
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._known = {one.name: one for one in _read(self._folder)}

    def add(self, title: str, transaction: str, objects: Iterable[tuple[str, str]]) -> Owed:
        """Note a report; it is safe on disk afterwards.

        Raises
        ------
        LimitError
            When more than 10,000 are owed.
        OSError
            When it cannot be written.
        """
        made = Owed(title, transaction, tuple(objects), time.time())
        with self._lock:
            if len(self._known) >= _MOST and made.name not in self._known:
                raise LimitError(f"{_MOST:,} reports of storage commitment are owed already")
            if self._folder is not None:
                _write(self._folder, made)
            self._known[made.name] = made
        return made

    def remove(self, one: Owed) -> None:
        """Forget a report that was given, or that nobody can be given."""
        with self._lock:
            self._known.pop(one.name, None)
            if self._folder is not None:
                (self._folder / one.name).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[Owed]:
        """Give those that are owed now, the oldest first."""
        with self._lock:
            found = list(self._known.values())
        return iter(sorted(found, key=lambda one: one.since))


def _write(folder: Path, one: Owed) -> None:
    content = {"title": one.title, "transaction": one.transaction, "objects": one.objects, "since": one.since}
    partial = folder / f".{one.name}"
    try:
        with partial.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / one.name)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(folder: Path) -> Iterator[Owed]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            # Of a server that was killed before it answered.
            path.unlink(missing_ok=True)
            continue
        try:
            said = json.loads(path.read_text("utf-8"))
            objects = tuple((str(sop_class), str(instance)) for sop_class, instance in said["objects"])
            yield Owed(str(said["title"]), str(said["transaction"]), objects, float(said["since"]))
        except (OSError, ValueError, TypeError, KeyError) as error:
            _LOG.warning("a report that is owed cannot be read, %s: %s", path.name, type(error).__name__)
