"""`Archive`: objects go in, and stay; what was acknowledged survives a crash at any moment."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hounsfield.archive.adding import add, written
from hounsfield.archive.checking import settle, verify
from hounsfield.archive.databases import empty_again
from hounsfield.archive.objects import sha256_of
from hounsfield.archive.opened import Opened
from hounsfield.archive.setting import INDEX, database_of, exists, is_noted, note_database
from hounsfield.archive.stored import POLICIES
from hounsfield.archive.storing import store
from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.connection import is_url, shown
from hounsfield.errors import ReadError, UsageError, WriteError
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from pydicom import Dataset

    from hounsfield.archive.backup import Backup
    from hounsfield.archive.bucket import CloudStorage
    from hounsfield.archive.stored import Incoming, Policy, Stored, Verification

__all__ = ["Archive"]

_OUT_OF_RESOURCES = 0xA700
_FETCHERS = 16
_LOG = logging.getLogger("hounsfield.archive")


class Archive:
    """Objects that are kept for good, below one folder or in object storage.

    Each is a file named after its checksum; the index is a catalog (`database`), which can always be made again from
    the files. Several processes may use one archive, and several threads one `Archive`.

    Parameters
    ----------
    folder : path
        Is made where it is missing.
    duplicates : {'keep', 'replace', 'both'}
        What happens to another object with the SOP Instance UID of one that is there: the first stays, the last stays,
        or both do.
    limits : Limits, optional
        What reading a header may cost.
    storage : str or CloudStorage, optional
        Object storage, such as ``s3://bucket/prefix``: objects are kept there, and `folder` has the index, what is on
        its way in, and copies of what was used last. The folder knows it from then on.
    database : str, optional
        Where the index is when not in the folder: a database of PostgreSQL, ``postgresql://user@host/name``, which is
        the archive's alone. The folder knows it from then on, without its password (`PGPASSWORD`, ``~/.pgpass``).

    Raises
    ------
    WriteError
        When the folder cannot be made or written to.
    ReadError, UsageError
        When its index is damaged, or is something else; `Archive.rebuild` makes it again.

    Examples
    --------
    >>> import hounsfield as hu, tempfile
    >>> from pydicom.data import get_testdata_file
    >>> with hu.Archive(tempfile.mkdtemp()) as archive:
    ...     added = [stored.outcome for stored in archive.add(get_testdata_file("CT_small.dcm"))]
    ...     [str(study.PatientName) for study in archive.find(PatientName="compressed*")]
    ['CompressedSamples^CT1']
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        duplicates: Policy = "keep",
        limits: Limits | None = None,
        storage: str | CloudStorage | None = None,
        database: str | None = None,
    ) -> None:
        if duplicates not in POLICIES:
            raise UsageError(f"there is no policy {duplicates!r:.40}", hint=f"Policies: {', '.join(POLICIES)}.")
        self.root = os.path.realpath(os.fspath(folder))
        self.database = database_of(self.root, database)
        self.limits = limits or Limits()
        self._opened = Opened(self.root, self.database, duplicates, limits=self.limits, storage=storage)
        try:
            settle(self._opened)
        except BaseException:
            self._opened.close()
            raise

    @classmethod
    def rebuild(
        cls,
        folder: str | os.PathLike[str],
        *,
        duplicates: Policy = "keep",
        storage: str | CloudStorage | None = None,
        database: str | None = None,
    ) -> tuple[Self, Verification]:
        """Make the index again from the objects; an old file stays beside it as ``index.sqlite.old``.

        With `database`, the index is there from then on, wherever it was.

        Raises
        ------
        ReadError
            When there is no archive.
        """
        root = os.path.realpath(os.fspath(folder))
        if storage is None and not exists(root):
            raise ReadError("no such archive", where=root)
        Path(root).mkdir(parents=True, exist_ok=True, mode=0o700)
        # An index that is empty, not one that is gone.
        where = database_of(root, database, moving=True)
        if is_url(where):
            try:
                empty_again(where, root, Limits(), own=is_noted(root, where))
            except sqlite3.Error as error:
                raise WriteError(f"the index cannot be made again: {error}", where=shown(where)) from error
            note_database(root, where)
        for end in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(root, f"{INDEX}{end}").replace(Path(root, f"{INDEX}.old{end}"))
        if not is_url(where):
            Path(root, INDEX).touch()
        archive = cls(root, duplicates=duplicates, storage=storage, database=database)
        try:
            return archive, archive.verify()
        except BaseException:
            archive.close()
            raise

    @property
    def folder(self) -> str:
        """Where files are written on their way in, by this process."""
        return self._opened.arrivals.folder

    def catalog(self) -> Catalog:
        """Open the index as a catalog, to read it."""
        return Catalog.open(self.database)

    def ingest(self, data: bytes, *, source: str = "") -> Stored:
        """Store one DICOM file; it is safe when this returns.

        Parameters
        ----------
        data : bytes
            The whole file.
        source : str
            Where it comes from.

        Raises
        ------
        WriteError
            When it cannot be stored, for lack of space for example.
        """
        return store(self._opened, [written(self._opened, data, source)])[0]

    def keep(self, objects: Sequence[Incoming]) -> list[int]:
        """Store files that were written into `folder` and synchronized, all with one commit.

        Parameters
        ----------
        objects : sequence of Incoming
            The files; they are gone from `folder` afterwards where they were stored.

        Returns
        -------
        list of int
            The C-STORE status of each (PS3.4 B.2.3). What has status 0 is safe.
        """
        try:
            return [stored.status for stored in store(self._opened, objects)]
        except WriteError as error:
            _LOG.error("%d objects were refused: %s", len(objects), error)
            return [_OUT_OF_RESOURCES] * len(objects)

    def add(self, paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[Stored]:
        """Store every DICOM object below some paths, and tell what became of each.

        Each is safe when it is told of. What is no DICOM object is left out.

        Raises
        ------
        ReadError
            When none of the paths exists.
        WriteError
            When an object cannot be stored.
        """
        return add(self._opened, paths)

    def find(
        self,
        keys: Mapping[str, str] | None = None,
        *,
        level: str = "study",
        fuzzy: bool = False,
        limit: int | None = None,
        **more: str,
    ) -> list[Dataset]:
        """Look for patients, studies, series or instances; keys and errors as for `hounsfield.catalog.matching`."""
        from pydicom import Dataset

        from hounsfield.catalog.matching import Query, find

        with self.catalog() as catalog:
            return [
                Dataset.from_json(row)
                for row in find(catalog, Query(level, {**(keys or {}), **more}, fuzzy=fuzzy, limit=limit))
            ]

    def open(self, sop_instance: str) -> str:
        """Give the path of an object by its SOP Instance UID: of several, the newest.

        Raises
        ------
        ReadError
            When it is not there.
        """
        with self._opened.reading():
            found = self._opened.index.having(sop_instance)
        if not found:
            raise ReadError("no such object", where=sop_instance, code="not-found")
        return self.local(found[-1][1])

    def local(self, path: str) -> str:
        """Make an object readable at the path that the index has of it, and give the path to open.

        Objects in object storage are fetched, unless there is a copy. A copy stays for ten minutes at least, and as
        long as it is open.

        Raises
        ------
        ReadError
            When the object is gone or damaged, or the storage cannot be reached.
        """
        sha256 = sha256_of(path)
        if not sha256:
            return path
        try:
            return self._opened.storage.local(sha256)
        except FileNotFoundError:
            raise ReadError("the object is gone", where=self._opened.storage.name(sha256), code="not-found") from None
        except OSError as error:
            raise ReadError(f"the object cannot be read: {error.strerror or error}", where=path) from error

    def fetch(self, paths: Sequence[str]) -> None:
        """Make several objects readable, side by side, as `local` does; those that are gone are left out.

        Raises
        ------
        ReadError
            When the storage cannot be reached.
        """
        pool = ThreadPoolExecutor(_FETCHERS, "archive-fetch")
        try:
            list(pool.map(self._fetched, paths))
        finally:
            pool.shutdown(cancel_futures=True)

    def _fetched(self, path: str) -> None:
        try:
            self.local(path)
        except ReadError as error:
            if error.code != "not-found":
                raise

    def keeps(self, path: str) -> bool:
        """Tell whether the storage has the object that the index has at a path.

        Raises
        ------
        ReadError
            When the storage cannot be reached.
        """
        sha256 = sha256_of(path)
        try:
            return bool(sha256) and self._opened.storage.exists(sha256)
        except OSError as error:
            raise ReadError(f"the storage cannot be asked: {error.strerror or error}", where=path) from error

    def header(self, sop_instance: str) -> str | None:
        """Give the whole header of an object as DICOM JSON (PS3.18 F), as the index has it; errors as for `open`."""
        with self._opened.reading():
            found = self._opened.index.header(sop_instance)
        if found is None:
            raise ReadError("no such object", where=sop_instance, code="not-found")
        return found[0]

    def delete(self, **keys: str) -> int:
        """Delete all instances that match, from the index and then from the disk; tell how many.

        Raises
        ------
        UsageError
            Without any key, and for a key that the index does not keep.
        WriteError
            When the index cannot be written.
        """
        if not any(value.strip("* ") for value in keys.values()):
            raise UsageError("nothing says what to delete", hint="Name a study, for example.")
        with self._opened.writing():
            numbers = [number for number, _ in self._matching(keys)]
            self._opened.index.remove(numbers)
        self._opened.clear()
        return len(numbers)

    def matching(self, **keys: str) -> int:
        """Tell how many instances match; errors as for `find`."""
        with self._opened.reading():
            return len(self._matching(keys))

    def export(self, output: str | os.PathLike[str], **keys: str) -> Iterator[str]:
        """Copy all instances that match to ``output/STUDY/SERIES/INSTANCE.dcm``, and give the path of each.

        Raises
        ------
        ExistsError
            When a file is there already with other content.
        """
        from hounsfield.archive.export import copy

        with self._opened.reading():
            found = self._matching(keys)
        yield from copy(self.database, found, os.fspath(output), local=self.local)

    def backup(self, folder: str | os.PathLike[str]) -> Backup:
        """Copy the archive into another folder, which is an archive then; this one may be in use meanwhile.

        What is there from the last time is not copied again; what was deleted since is removed. Objects in object
        storage stay there: only the index is copied.

        Raises
        ------
        UsageError
            When the folder is something else.
        WriteError
            When it cannot be written.
        """
        from hounsfield.archive.backup import back_up
        from hounsfield.archive.objects import LocalObjects

        files = isinstance(self._opened.storage, LocalObjects)
        return back_up(self.root, self.database, os.fspath(folder), local=self.local if files else None)

    def stats(self) -> dict[str, int]:
        """Numbers: patients, studies, series, instances, and bytes."""
        with self._opened.reading():
            return self._opened.index.stats()

    def verify(self) -> Verification:
        """Read every object and compare it with its checksum; put into the index what it does not know.

        Raises
        ------
        ReadError
            When the storage cannot be reached.
        """
        return verify(self._opened)

    def close(self) -> None:
        """Close the index, and remove the folder for what is on its way in."""
        self._opened.close()

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _matching(self, keys: dict[str, str]) -> list[tuple[int, str]]:
        from hounsfield.catalog.matching import Query
        from hounsfield.catalog.matching.attributes import column
        from hounsfield.catalog.matching.finding import numbers

        for key, value in keys.items():
            if not value.strip():
                raise UsageError(f"{key} has no value")
            # In a query such a key matches everything; here everything would be deleted.
            if column("instance", key) is None and key != "ModalitiesInStudy":
                raise UsageError(f"the index does not keep {key!r:.60}")
        return self._opened.index.paths(numbers(self._opened.index.connection, Query("instance", keys)))
