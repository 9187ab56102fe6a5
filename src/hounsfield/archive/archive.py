"""`Archive`: objects go in, and stay; what was acknowledged survives a crash at any moment."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hounsfield.archive.arrivals import Arrivals
from hounsfield.archive.index import Index
from hounsfield.archive.objects import LocalObjects, digest, sha256_of
from hounsfield.archive.setting import exists, storage_of
from hounsfield.archive.stored import POLICIES, Stored, Verification
from hounsfield.catalog.catalog import Catalog
from hounsfield.errors import ReadError, UsageError, WriteError
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from pydicom import Dataset

    from hounsfield.archive.bucket import CloudStorage
    from hounsfield.archive.index import Read
    from hounsfield.archive.storage import Storage
    from hounsfield.archive.stored import Incoming, Policy

__all__ = ["Archive"]

_OUT_OF_RESOURCES, _MISMATCH, _CANNOT_UNDERSTAND = 0xA700, 0xA900, 0xC000
_BATCH, _BATCH_BYTES = 64, 64 << 20
_REBUILD = "hu archive verify FOLDER --rebuild makes it again."
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
    ) -> None:
        if duplicates not in POLICIES:
            raise UsageError(f"there is no policy {duplicates!r:.40}", hint=f"Policies: {', '.join(POLICIES)}.")
        self.root = os.path.realpath(os.fspath(folder))
        self.database = os.path.join(self.root, "index.sqlite")
        self._duplicates, self._limits = duplicates, limits or Limits()
        self._lock = threading.RLock()
        self._number = 0
        with self._opening(), contextlib.ExitStack() as stack:
            # Where the objects are is settled before anything is written.
            cloud = storage_of(self.root, storage)
            self._arrivals = Arrivals(self.root)
            stack.callback(self._arrivals.close)
            self._storage = self._stored_in(cloud)
            self._index = self._opened_index()
            stack.callback(self._index.close)
            self._file = Path(self.database).stat().st_ino
            self._sweep()
            self._stack = stack.pop_all()

    @contextlib.contextmanager
    def _opening(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise WriteError(f"the archive cannot be written: {reason}", where=self.root) from error

    def _opened_index(self) -> Index:
        """Open the index; an archive that has lost it would seem empty, and take everything once more."""
        if not os.path.exists(self.database) and next(self._storage.all(), None) is not None:
            raise ReadError("the index is gone, the objects are there", where=self.database, hint=_REBUILD)
        try:
            return Index(self.database, self.root, self._limits)
        except UsageError as error:
            raise ReadError(f"the index cannot be used: {error.message}", where=self.database, hint=_REBUILD) from error
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise ReadError(f"the index is damaged: {error}", where=self.database, hint=_REBUILD) from error

    def _stored_in(self, cloud: CloudStorage | None) -> Storage:
        if cloud is None:
            return LocalObjects(self.root)
        from hounsfield.archive.bucket import BucketObjects

        return BucketObjects(cloud, self.root, self.folder)

    @classmethod
    def rebuild(
        cls,
        folder: str | os.PathLike[str],
        *,
        duplicates: Policy = "keep",
        storage: str | CloudStorage | None = None,
    ) -> tuple[Self, Verification]:
        """Make the index again from the objects; the old one stays beside it as ``index.sqlite.old``.

        Raises
        ------
        ReadError
            When there is no archive.
        """
        root = os.path.realpath(os.fspath(folder))
        if storage is None and not exists(root):
            raise ReadError("no such archive", where=root)
        for end in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(root, f"index.sqlite{end}").replace(Path(root, f"index.sqlite.old{end}"))
        # An index that is empty, not one that is gone.
        Path(root).mkdir(parents=True, exist_ok=True)
        Path(root, "index.sqlite").touch()
        archive = cls(root, duplicates=duplicates, storage=storage)
        return archive, archive.verify()

    @property
    def folder(self) -> str:
        """Where files are written on their way in, by this process."""
        return self._arrivals.folder

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
        return self._store([self._written(data, source)])[0]

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
            return [stored.status for stored in self._store(objects)]
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
        from hounsfield.catalog.scan import scan
        from hounsfield.files.source import open_input

        with scan(paths, limits=self._limits) as found:
            listed = [
                (os.fsdecode(path), member)
                for path, member in found.execute("SELECT path, member FROM files WHERE status = 'dicom' ORDER BY id")
            ]
        batch: list[_Written] = []
        for path, member in listed:
            source = path if member is None else f"{path}/{member}"
            try:
                data = Path(path).read_bytes() if member is None else open_input(source, limits=self._limits).data
            except (OSError, ReadError) as error:
                yield Stored("refused", reason=str(error), status=_CANNOT_UNDERSTAND, source=source)
                continue
            batch.append(self._written(data or b"", source))
            if len(batch) >= _BATCH or sum(one.size for one in batch) >= _BATCH_BYTES:
                yield from self._store(batch)
                batch = []
        yield from self._store(batch)

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
        with self._reading():
            found = self._index.having(sop_instance)
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
            return self._storage.local(sha256)
        except FileNotFoundError:
            raise ReadError("the object is gone", where=self._storage.name(sha256), code="not-found") from None
        except OSError as error:
            raise ReadError(f"the object cannot be read: {error.strerror or error}", where=path) from error

    def keeps(self, path: str) -> bool:
        """Tell whether the storage has the object that the index has at a path.

        Raises
        ------
        ReadError
            When the storage cannot be reached.
        """
        sha256 = sha256_of(path)
        try:
            return bool(sha256) and self._storage.exists(sha256)
        except OSError as error:
            raise ReadError(f"the storage cannot be asked: {error.strerror or error}", where=path) from error

    def header(self, sop_instance: str) -> str | None:
        """Give the whole header of an object as DICOM JSON (PS3.18 F), as the index has it; errors as for `open`."""
        with self._reading():
            found = self._index.header(sop_instance)
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
        with self._lock, self._writing():
            numbers = [number for number, _ in self._matching(keys)]
            self._index.remove(numbers)
        self._removed()
        return len(numbers)

    def matching(self, **keys: str) -> int:
        """Tell how many instances match; errors as for `find`."""
        with self._reading():
            return len(self._matching(keys))

    def export(self, output: str | os.PathLike[str], **keys: str) -> Iterator[str]:
        """Copy all instances that match to ``output/STUDY/SERIES/INSTANCE.dcm``, and give the path of each.

        Raises
        ------
        ExistsError
            When a file is there already with other content.
        """
        from hounsfield.archive.export import copy

        with self._reading():
            paths = [path for _, path in self._matching(keys)]
        yield from copy(self.database, paths, os.fspath(output), local=self.local)

    def stats(self) -> dict[str, int]:
        """Numbers: patients, studies, series, instances, and bytes."""
        with self._reading():
            return self._index.stats()

    def verify(self) -> Verification:
        """Read every object and compare it with its checksum; put into the index what it does not know.

        Raises
        ------
        ReadError
            When the storage cannot be reached.
        """
        with self._reading():
            known = self._index.all()
        found = Verification()
        try:
            checked = sum(self._checked(*one, found) for one in known)
            indexed = {sha256 for _, sha256, _ in known}
            for name, sha256 in self._storage.all():
                if sha256 not in indexed:
                    self._recover(name, sha256, found)
        except OSError as error:
            raise ReadError(f"the archive cannot be read: {error.strerror or error}", where=self.root) from error
        return Verification(checked, found.damaged, found.missing, found.recovered, found.unknown)

    def _checked(self, path: str, sha256: str, number: int, found: Verification) -> bool:
        """Compare an object with its checksum."""
        del path
        name = self._storage.name(sha256)
        try:
            sound = self._storage.digest(sha256) == sha256
        except FileNotFoundError:
            if self._index.knows(number):
                found.missing.append(name)
            return False
        if not sound:
            found.damaged.append(name)
        return sound

    def close(self) -> None:
        """Close the index, and remove the folder for what is on its way in."""
        with self._lock:
            self._stack.close()

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _written(self, data: bytes, source: str) -> _Written:
        """Write a file to the incoming folder, down to the disk."""
        with self._lock:
            self._number += 1
            path = os.path.join(self.folder, f"add-{self._number}")
        try:
            with open(path, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                Path(path).unlink()
            raise WriteError(f"the object cannot be stored: {error.strerror}", where=source or self.root) from error
        return _Written(path, len(data), hashlib.sha256(data).digest(), source=source)

    def _store(self, objects: Sequence[Incoming]) -> list[Stored]:
        made: list[str] = []
        if not objects:
            return []
        try:
            with self._lock, self._writing():
                stored = self._kept(objects, made)
        except WriteError as error:
            if error.code != "io":
                self._undo(made)
            raise
        finally:
            for one in objects:
                with contextlib.suppress(OSError):
                    Path(one.path).unlink()
        self._removed()
        return stored

    def _undo(self, made: list[str]) -> None:
        """Remove what a transaction that failed had kept, unless another process has put it into the index since."""
        with contextlib.suppress(WriteError), self._lock, self._writing():
            for sha256 in made:
                if self._index.place_of(sha256) is not None:
                    continue
                try:
                    self._storage.remove(sha256)
                except OSError:
                    # It is tried again later.
                    self._index.drop(self._storage.place(sha256))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Change the index within one transaction."""
        try:
            self._same_file()
            self._index.begin()
            yield
            self._index.commit()
        except (sqlite3.Error, OSError) as error:
            self._index.rollback()
            # After a failed fsync nobody knows what is on the disk: then no file is touched.
            code = "io" if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR else ""
            raise WriteError(f"the archive cannot be written: {error}", where=self.root, code=code) from error
        except BaseException:
            self._index.rollback()
            raise

    def _same_file(self) -> None:
        """Refuse to write to an index that was removed, or replaced, while it was open: what it has nobody will see."""
        try:
            same = Path(self.database).stat().st_ino == self._file
        except FileNotFoundError:
            same = False
        if not same:
            raise WriteError("the index is gone", where=self.database, hint=_REBUILD)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Read the index, one thread at a time."""
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise ReadError(f"the index cannot be read: {error}", where=self.database, hint=_REBUILD) from error

    def _kept(self, objects: Sequence[Incoming], made: list[str]) -> list[Stored]:
        """Keep files and write their rows; what was kept is undone where this fails."""
        files: dict[str, str] = {}
        for one in objects:
            sha256 = one.sha256.hex()
            # What is known but gone is put back.
            if self._index.place_of(sha256) is None or not self._storage.intact(sha256, one.size):
                files.setdefault(sha256, one.path)
        self._storage.keep(files, made)
        places = {sha256: self._storage.place(sha256) for sha256 in files}
        read = self._index.read(list(places.values())) if places else {}
        return [self._one(one, places, read) for one in objects]

    def _one(self, one: Incoming, places: dict[str, str], read: dict[str, Read]) -> Stored:
        sha256, source = one.sha256.hex(), getattr(one, "source", "")
        known = self._index.place_of(sha256)
        if known is not None:
            return Stored("present", known[1], known[0], source=source)
        place = places[sha256]
        header = read.get(place)
        reason, status = _refusal(one, header)
        if reason or header is None:
            self._index.drop(place)
            return Stored("refused", one.sop_instance, reason=reason, status=status, source=source)
        before = self._index.having(header.uid)
        if before and self._duplicates == "keep":
            self._index.drop(place)
            return Stored("kept", header.uid, before[-1][1], source=source)
        if before and self._duplicates == "replace":
            self._index.remove(number for number, _ in before)
        self._index.add(header, sha256, one.calling)
        outcome = "replaced" if before and self._duplicates == "replace" else "stored"
        return Stored(outcome, header.uid, place, source=source)  # type: ignore[arg-type]  # one of the outcomes

    def _matching(self, keys: dict[str, str]) -> list[tuple[int, str]]:
        from hounsfield.catalog.matching import Query
        from hounsfield.catalog.matching.finding import numbers

        unknown = [key for key in keys if not keys[key].strip()]
        if unknown:
            raise UsageError(f"{unknown[0]} has no value")
        return self._index.paths(numbers(self._index.connection, Query("instance", keys)))

    def _recover(self, name: str, sha256: str, found: Verification) -> None:
        """Put an object into the index that it does not know."""
        if not sha256 or self._storage.digest(sha256) != sha256:
            if name not in found.damaged:
                found.damaged.append(name)
            return
        path = self._storage.local(sha256)
        with self._lock, self._writing():
            if self._index.place_of(sha256) is not None:
                return
            header = self._index.read([path]).get(path)
            if header is None or header.reason or (self._duplicates != "both" and self._index.having(header.uid)):
                found.unknown.append(name)
                return
            self._index.add(header, sha256, "")
            found.recovered.append(name)

    def _sweep(self) -> None:
        """Settle what killed processes left behind; nothing of it was ever acknowledged, unless the index was lost.

        What had reached the storage is put into the index: it may have been acknowledged by an index that is no more.
        """
        found = Verification()
        try:
            for _, files in self._arrivals.left():
                for path in files:
                    sha256 = digest(path)
                    if self._storage.intact(sha256, Path(path).stat().st_size):
                        self._recover(self._storage.name(sha256), sha256, found)
        except (WriteError, OSError) as error:
            _LOG.warning("what an earlier process left behind cannot be settled now: %s", error)
        for name in found.recovered:
            _LOG.info("%s was stored but not in the index; it is now", name)
        self._removed()

    def _removed(self) -> None:
        """Remove the objects that the index has forgotten; what fails is tried again later."""
        try:
            with self._lock:
                doomed = self._index.doomed()
                if not doomed:
                    return
                with self._writing():
                    for path in self._index.doomed():
                        self._storage.remove(sha256_of(path))
                    self._index.forget_doomed()
        except WriteError as error:
            _LOG.warning("objects that were deleted cannot be removed now: %s", error)


@dataclass(frozen=True, slots=True)
class _Written:
    """A file that this process wrote."""

    path: str
    size: int
    sha256: bytes
    sop_class: str = ""
    sop_instance: str = ""
    calling: str = ""
    source: str = ""


def _refusal(one: Incoming, header: Read | None) -> tuple[str, int]:
    if header is None:
        return "it cannot be read", _CANNOT_UNDERSTAND
    if header.reason:
        return header.reason, _CANNOT_UNDERSTAND
    if one.sop_instance and one.sop_instance != header.uid:
        return "its SOP Instance UID is not the one that was announced", _MISMATCH
    if one.sop_class and header.sop_class and one.sop_class != header.sop_class:
        return "its SOP Class UID is not the one that was announced", _MISMATCH
    return "", 0
