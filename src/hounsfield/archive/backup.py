"""A second copy of an archive, which is an archive itself; the first may be in use meanwhile.

The index is copied as it was at one moment, then every object that it names and that the copy lacks. Only what is new
is read the next time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.archive.migrations import migrate
from hounsfield.archive.objects import place_below, sha256_of, sync_folder
from hounsfield.catalog import store
from hounsfield.catalog.connection import connect
from hounsfield.errors import ReadError, UsageError, WriteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hounsfield.catalog.connection import Connection

__all__ = ["Backup", "back_up"]

_PIECE = 1 << 20
_STATE = "SELECT count(*) || ' ' || coalesce(max(id), 0) FROM objects"
# Objects may be deleted while they are copied; then the index is copied once more.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Backup:
    """What was done.

    Parameters
    ----------
    objects : int
        In the copy now.
    copied, removed : int
        Objects that were new, and such that the archive has deleted since the last time.
    bytes : int
        Of the objects that were new.
    damaged : list of str
        Objects whose bytes are not what was stored, or that are gone: the copy keeps what it has of them.
    """

    objects: int
    copied: int = 0
    removed: int = 0
    bytes: int = 0
    damaged: list[str] = field(default_factory=list)


def back_up(root: str, database: str, target: str, *, local: Callable[[str], str] | None) -> Backup:
    """Copy an archive; see `hounsfield.Archive.backup`.

    Parameters
    ----------
    root, database : str
        The archive, and its index.
    target : str
        Folder of the copy.
    local : callable or None
        Gives a file to read for the path that the index has; nothing where objects stay in object storage.
    """
    target = os.path.realpath(target)
    if target == root or target.startswith(root + os.sep) or root.startswith(target + os.sep):
        raise UsageError("a copy is in a folder of its own", where=target)
    try:
        Path(target).mkdir(parents=True, exist_ok=True, mode=0o700)
        before = _known(target)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(os.path.join(root, "storage.json"), os.path.join(target, "storage.json"))
        return _copied(database, target, before, local)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise WriteError(f"the copy cannot be written: {reason}", where=target) from error


def _known(target: str) -> set[str]:
    """Give the objects that the copy has had; refuse a folder that is something else."""
    index = Path(target, "index.sqlite")
    if not index.exists():
        if any(name not in ("objects", ".index.partial") for name in os.listdir(target)):
            raise UsageError("the folder is neither empty nor a copy of an archive", where=target)
        return set()
    with contextlib.closing(sqlite3.connect(index)) as connection:
        noted = connection.execute("SELECT value FROM meta WHERE key = 'backup'").fetchone()
        if noted is None or noted[0] != connection.execute(_STATE).fetchone()[0]:
            raise UsageError(
                "the folder is an archive that is in use, no copy", where=target, hint="Name another folder."
            )
        return {row[0] for row in connection.execute("SELECT sha256 FROM objects")}


def _copied(database: str, target: str, before: set[str], local: Callable[[str], str] | None) -> Backup:
    partial = os.path.join(target, ".index.partial")
    copied = size = 0
    for last in reversed(range(_TRIES)):
        objects = _index(database, partial)
        bad: list[str] = []
        for path, sha256 in objects if local is not None else ():
            place = place_below(os.path.join(target, "objects"), sha256)
            if os.path.exists(place) and sha256 in before:
                continue
            length = _object(path, sha256, place, local)
            if length is None:
                bad.append(path)
            else:
                copied, size = copied + 1, size + length
                before.add(sha256)
        if not bad or not last or not _gone(database, bad):
            break
    _durable(target, partial)
    now = {sha256 for _, sha256 in objects}
    removed = 0
    for sha256 in before - now:
        with contextlib.suppress(FileNotFoundError):
            Path(place_below(os.path.join(target, "objects"), sha256)).unlink()
            removed += 1
    return Backup(len(objects), copied, removed, size, bad)


def _index(database: str, partial: str) -> list[tuple[str, str]]:
    """Copy the index as it is at this moment, whoever writes to it, and give path and checksum of its objects."""
    for end in ("", "-wal", "-shm", "-journal"):
        Path(partial + end).unlink(missing_ok=True)
    with (
        contextlib.closing(connect(database)) as source,
        contextlib.closing(sqlite3.connect(partial, isolation_level=None)) as copy,
    ):
        if isinstance(source, sqlite3.Connection):
            source.backup(copy)
        else:
            _rows(source, copy, partial)
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("DELETE FROM removals")
        copy.execute(f"INSERT OR REPLACE INTO meta VALUES ('backup', ({_STATE}))")  # noqa: S608 - our own words
        rows = copy.execute("SELECT f.path, o.sha256 FROM objects AS o JOIN files AS f ON f.id = o.id ORDER BY o.id")
        return [(os.fsdecode(path), sha256) for path, sha256 in rows]


def _rows(source: Connection, copy: sqlite3.Connection, partial: str) -> None:
    """Copy the index of an archive from a database of PostgreSQL: the copy has its own in a file."""
    store.open_database(partial).close()
    copy.execute("BEGIN IMMEDIATE")
    migrate(copy, partial)
    copy.execute("COMMIT")
    store.copy_rows(source, copy, (*store.COPIED, "objects", "names", "words"))
    root = source.execute("SELECT value FROM meta WHERE key = 'root'").fetchone()[0]
    copy.execute("INSERT INTO meta VALUES ('root', ?)", (root,))


def _object(path: str, sha256: str, place: str, local: Callable[[str], str] | None) -> int | None:
    """Copy one object and compare it with its checksum; nothing where it is gone or damaged."""
    assert local is not None
    partial = f"{place}.partial"
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    found, length = hashlib.sha256(), 0
    try:
        source = open(local(path), "rb")  # noqa: SIM115 - what cannot be read is no error of writing
    except (OSError, ReadError):
        return None
    with source, open(partial, "wb") as file:
        while piece := source.read(_PIECE):
            found.update(piece)
            file.write(piece)
            length += len(piece)
        file.flush()
        os.fsync(file.fileno())
    if found.hexdigest() != sha256:
        Path(partial).unlink()
        return None
    Path(partial).replace(place)
    return length


def _gone(database: str, paths: list[str]) -> bool:
    """Tell whether the archive has deleted one of these objects meanwhile."""
    with contextlib.closing(connect(database)) as source:
        known = {row[0] for row in source.execute("SELECT sha256 FROM objects")}
    return any(sha256_of(path) not in known for path in paths)


def _durable(target: str, partial: str) -> None:
    """Give the index its name, once everything that it names is on the disk."""
    objects = os.path.join(target, "objects")
    if not os.path.exists(os.path.join(target, "storage.json")):
        Path(objects).mkdir(exist_ok=True)
    if os.path.isdir(objects):
        for entry in os.scandir(objects):
            if entry.is_dir(follow_symlinks=False):
                sync_folder(entry.path)
        sync_folder(objects)
    with open(partial, "rb") as file:
        os.fsync(file.fileno())
    for end in ("-wal", "-shm"):
        Path(target, f"index.sqlite{end}").unlink(missing_ok=True)
    Path(partial).replace(os.path.join(target, "index.sqlite"))
    sync_folder(target)
