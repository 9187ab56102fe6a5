"""What an archive works with while it is open: its index, its storage, and what is on its way."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.archive.arrivals import Arrivals
from hounsfield.archive.databases import open_index, state_of
from hounsfield.archive.objects import LocalObjects, sha256_of
from hounsfield.archive.setting import is_noted, note_database, note_storage, storage_of
from hounsfield.archive.storing import Coming, commit
from hounsfield.archive.turns import Turns
from hounsfield.catalog.connection import is_url, shown
from hounsfield.errors import ReadError, UsageError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.archive.bucket import CloudStorage
    from hounsfield.archive.index import Index
    from hounsfield.archive.storage import Storage
    from hounsfield.archive.stored import Policy, Stored
    from hounsfield.settings import Limits

__all__ = ["Opened"]

_LOG = logging.getLogger("hounsfield.archive")
_REBUILD = "hu archive verify FOLDER --rebuild makes it again."


class Opened:
    """An archive that is open; its `lock` is held by whoever uses `index`.

    Parameters
    ----------
    root, database : str
        Its folder, and its index.
    policy : {'keep', 'replace', 'both'}
        See `hounsfield.archive.Archive`.
    limits : Limits
        What reading a header may cost.
    storage : str or CloudStorage, optional
        Where its objects are, when not below its folder.
    """

    def __init__(
        self, root: str, database: str, policy: Policy, *, limits: Limits, storage: str | CloudStorage | None
    ) -> None:
        self.root, self.database, self.policy, self.limits = root, database, policy, limits
        self.lock = threading.RLock()
        self.turns: Turns[Coming, list[Stored]] = Turns(lambda groups: commit(self, groups))
        with self._opening(), contextlib.ExitStack() as stack:
            # Where the objects are is settled before anything is written.
            cloud = storage_of(root, storage)
            # It has what headers say of patients; a folder that is there has the rights that somebody chose.
            Path(root).mkdir(parents=True, exist_ok=True, mode=0o700)
            self.arrivals = Arrivals(root)
            stack.callback(self.arrivals.close)
            self.storage = self._stored_in(cloud)
            self.index = self._opened_index(cloud)
            stack.callback(self.index.close)
            self._file = 0 if is_url(database) else Path(database).stat().st_ino
            self._stack = stack.pop_all()

    @contextlib.contextmanager
    def _opening(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and is_url(self.database):
                raise WriteError(f"the index cannot be reached: {error}", where=shown(self.database)) from error
            reason = getattr(error, "strerror", None) or error
            raise WriteError(f"the archive cannot be written: {reason}", where=self.root) from error

    def _opened_index(self, cloud: CloudStorage | None) -> Index:
        """Open the index; an archive that has lost it would seem empty, and take everything once more."""
        where, state = shown(self.database), state_of(self.database)
        # One that is to be made again is there, and empty.
        first = None if state == "used" else next(self.storage.all(), None)
        if first is not None and state == "gone":
            raise ReadError("the index is gone, the objects are there", where=where, hint=_REBUILD)
        if cloud is not None:
            # An address that nothing answers is not noted.
            note_storage(self.root, cloud)
        try:
            found = open_index(self.database, self.root, self.limits, own=is_noted(self.root, self.database))
            if is_url(self.database):
                note_database(self.root, self.database)
        except UsageError as error:
            raise ReadError(f"the index cannot be used: {error.message}", where=where, hint=_REBUILD) from error
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise ReadError(f"the index is damaged: {error}", where=where, hint=_REBUILD) from error
        return found

    def _stored_in(self, cloud: CloudStorage | None) -> Storage:
        if cloud is None:
            return LocalObjects(self.root)
        from hounsfield.archive.bucket import BucketObjects

        return BucketObjects(cloud, self.root, self.arrivals.folder)

    def close(self) -> None:
        """Close the index, and remove the folder for what is on its way in."""
        with self.lock:
            self._stack.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Change the index within one transaction."""
        with self.lock:
            yield from self._transaction()

    def _transaction(self) -> Iterator[None]:
        try:
            self.check_index()
            self.index.begin()
            yield
            self.index.commit()
        except (sqlite3.Error, OSError) as error:
            self.index.rollback()
            # After a failed fsync nobody knows what is on the disk: then no file is touched.
            unknown = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR
            # Nor whether a server that went away has made it last.
            code = "io" if unknown or getattr(error, "committing", False) else ""
            raise WriteError(f"the archive cannot be written: {error}", where=self.root, code=code) from error
        except BaseException:
            self.index.rollback()
            raise

    def check_index(self) -> None:
        """Refuse to write to an index that was removed, or replaced, while it was open: what it has nobody will see."""
        if is_url(self.database):
            return
        try:
            same = Path(self.database).stat().st_ino == self._file
        except FileNotFoundError:
            same = False
        if not same:
            raise WriteError("the index is gone", where=self.database, hint=_REBUILD)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Read the index, one thread at a time."""
        try:
            with self.lock:
                yield
        except sqlite3.Error as error:
            hint = "" if is_url(self.database) else _REBUILD
            raise ReadError(f"the index cannot be read: {error}", where=shown(self.database), hint=hint) from error

    def clear(self) -> None:
        """Remove the objects that the index has forgotten; what fails is tried again later."""
        try:
            with self.reading():
                doomed = self.index.doomed()
            if not doomed:
                return
            with self.writing():
                for path in self.index.doomed():
                    self.storage.remove(sha256_of(path))
                self.index.forget_doomed()
        except (ReadError, WriteError) as error:
            _LOG.warning("objects that were deleted cannot be removed now: %s", error)
