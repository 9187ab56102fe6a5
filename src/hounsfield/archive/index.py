"""The index of an archive: a catalog, with the checksum, size, sender and whole header of every object.

Whatever reads catalogs reads it: `hounsfield.catalog.Catalog`, queries, the workstation, devices.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.archive.headers import header_text
from hounsfield.archive.names import NamedHierarchy, forget_name
from hounsfield.catalog import store
from hounsfield.catalog.schema import CONTEXT, INSTANCE
from hounsfield.catalog.writer import Writer
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.catalog.connection import Connection
    from hounsfield.settings import Limits

__all__ = ["Index", "Read"]

_CLASS, _SYNTAX = CONTEXT.index("SOPClassUID"), CONTEXT.index("TransferSyntaxUID")
_MOST_CONTEXTS = 4096
_REMOVE = "INSERT INTO removals VALUES (?) ON CONFLICT DO NOTHING"
_REMOVE_OF = "INSERT INTO removals SELECT path FROM files WHERE id = ? ON CONFLICT DO NOTHING"
_NAMED = {"studies": '"ReferringPhysicianName"', "patients": '"PatientName"'}


class Read:
    """What the core read from one file."""

    __slots__ = ("context", "file", "instance", "issues")

    def __init__(self, file: tuple[object, ...]) -> None:
        self.file = file
        self.instance: tuple[object, ...] | None = None
        self.context: tuple[object, ...] | None = None
        self.issues: list[tuple[object, ...]] = []

    @property
    def uid(self) -> str:
        """SOP Instance UID, empty where there is none."""
        return str(self.instance[3] or "") if self.instance else ""

    @property
    def sop_class(self) -> str:
        """SOP Class UID, empty where there is none."""
        return str(self.context[1 + _CLASS] or "") if self.context else ""

    @property
    def reason(self) -> str:
        """Why it is no object."""
        if self.file[5] != "dicom":
            return str(self.file[6] or "it is no DICOM object")
        return "" if self.uid else "it has no SOP Instance UID"


class Index:
    """The database of an archive; `hounsfield.archive.databases` has one for each kind of database.

    Parameters
    ----------
    connection : Connection
        Of the database, whose tables are up to date.
    limits : Limits
        What reading a header may cost.
    """

    def __init__(self, connection: Connection, limits: Limits) -> None:
        self.connection, self._limits = connection, limits
        self._contexts: dict[tuple[object, ...], int] = {}
        self._writer: Writer | None = None
        self._version = -1

    def _begin(self) -> int:
        """Begin a transaction that nobody else writes in; gives a number that changes with what others write."""
        raise NotImplementedError

    def _commit(self) -> None:
        """Make it last."""
        raise NotImplementedError

    def _rollback(self) -> None:
        """End it, where there is one."""
        raise NotImplementedError

    def settle(self, root: str) -> None:
        """Note the folder of the archive; where it was moved, the paths of its objects follow."""
        run = self.connection.execute
        known = run("SELECT value FROM meta WHERE key = 'root'").fetchone()
        before = root if known is None else known[0]
        if before != root:
            run("UPDATE files SET path = ? || substr(path, ?)", (root, len(before) + 1))
        add = "INSERT INTO meta VALUES ('root', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        run(add, (root,))

    def begin(self) -> None:
        """Begin to write; what other processes wrote since is taken into account."""
        version = self._begin()
        if self._writer is None or version != self._version or len(self._contexts) > _MOST_CONTEXTS:
            self._writer = Writer(self.connection, NamedHierarchy(self.connection))
            self._version, self._contexts = version, {}

    def commit(self) -> None:
        """Make what was written last."""
        self._commit()

    def rollback(self) -> None:
        """Forget what was written since `begin`."""
        self._writer = None
        self._rollback()

    def read(self, paths: list[str]) -> dict[str, Read]:
        """Read the headers of some files; within `begin` and `commit`, since rows get their numbers."""
        scanner = _core.Scan(
            paths,
            (list(CONTEXT), list(INSTANCE)),
            limits=self._limits,
            known={},
            first=store.next_numbers(self.connection),
            threads=min(4, len(paths)),
        )
        found: dict[object, Read] = {}
        contexts: dict[object, tuple[object, ...]] = {}
        try:
            scanner.find()
            while (batch := scanner.next_batch()) is not None:
                _, files, instances, shared, issues, _ = batch
                found |= {row[0]: Read(row) for row in files if row[2] is None}
                contexts |= {row[0]: row for row in shared}
                for row in instances:
                    if row[0] in found:
                        found[row[0]].instance, found[row[0]].context = row, contexts[row[1]]
                for row in issues:
                    if row[1] in found:
                        found[row[1]].issues.append(row)
        finally:
            scanner.close()
        return {os.fsdecode(one.file[1]): one for one in found.values()}  # type: ignore[arg-type]  # text or bytes

    def add(self, read: Read, sha256: str, sender: str, header: bytes | None) -> None:
        """Write the rows of one object, with its header as `hounsfield.archive.headers` packs it."""
        if self._writer is None or read.instance is None or read.context is None:
            raise UsageError("rows are added between begin and commit, and objects only")
        number, *values = read.context
        key = tuple(values)
        known = self._contexts.get(key)
        contexts = [read.context] if known is None else []
        context = number if known is None else known
        number_, _, *own = read.instance
        self._writer.add((1, [read.file], [(number_, context, *own)], contexts, read.issues, []))
        if known is None:
            self._contexts[key] = int(str(number))
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        row = (read.file[0], sha256, read.file[3], now, sender, header)
        self.connection.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)", row)

    def place_of(self, sha256: str) -> tuple[str, str] | None:
        """Give path and SOP Instance UID of the object with these bytes."""
        found: tuple[str, str] | None = self.connection.execute(
            'SELECT f.path, i."SOPInstanceUID" FROM objects AS o JOIN files AS f ON f.id = o.id '
            "JOIN instances AS i ON i.id = o.id WHERE o.sha256 = ?",
            (sha256,),
        ).fetchone()
        return found

    def having(self, uid: str) -> list[tuple[int, str]]:
        """Give number and path of the objects with a SOP Instance UID, the newest last."""
        found: list[tuple[int, str]] = self.connection.execute(
            'SELECT i.id, f.path FROM instances AS i JOIN files AS f ON f.id = i.id WHERE i."SOPInstanceUID" = ? '
            "ORDER BY i.id",
            (uid,),
        ).fetchall()
        return found

    def remove(self, numbers: Iterable[int]) -> None:
        """Forget objects, and note that their files are to be removed."""
        run = self.connection.execute
        for number in list(numbers):
            context = run("SELECT context_id FROM instances WHERE id = ?", (number,)).fetchone()
            run(_REMOVE_OF, (number,))
            run("DELETE FROM objects WHERE id = ?", (number,))
            run("DELETE FROM issues WHERE file_id = ?", (number,))
            run("DELETE FROM instances WHERE id = ?", (number,))
            run("DELETE FROM files WHERE id = ?", (number,))
            if context:
                self._prune(context[0])
        if self._writer is None:
            self._writer = Writer(self.connection, NamedHierarchy(self.connection))

    def _prune(self, number: int) -> None:
        """Forget a context that has no instance any more, and its series, study and patient likewise."""
        gone = False
        for table, parent, child, key in (
            ("contexts", "series_id", "instances", "context_id"),
            ("series", "study_id", "contexts", "series_id"),
            ("studies", "patient_id", "series", "study_id"),
            ("patients", "NULL", "studies", "patient_id"),
        ):
            run = self.connection.execute
            if run(f"SELECT 1 FROM {child} WHERE {key} = ? LIMIT 1", (number,)).fetchone():  # noqa: S608 - own names
                break
            name = _NAMED.get(table, "NULL")
            row = run(f"SELECT {parent}, {name} FROM {table} WHERE id = ?", (number,)).fetchone()  # noqa: S608 - own names
            run(f"DELETE FROM {table} WHERE id = ?", (number,))  # noqa: S608 - own names
            gone = True
            if row is not None:
                forget_name(self.connection, row[1])
            if row is None or row[0] is None:
                break
            number = row[0]
        if gone:
            self._writer, self._contexts = None, {}

    def drop(self, path: str) -> None:
        """Note that a file is to be removed that was never put into the index."""
        self.connection.execute(_REMOVE, (path,))

    def doomed(self) -> list[str]:
        """Give the files that are to be removed."""
        rows = self.connection.execute(
            "SELECT path FROM removals AS r "
            "WHERE NOT EXISTS (SELECT 1 FROM objects WHERE sha256 = substr(r.path, length(r.path) - 67, 64))"
        )
        return [os.fsdecode(path) for (path,) in rows]

    def forget_doomed(self) -> None:
        """Note that they were removed."""
        self.connection.execute("DELETE FROM removals")

    def knows(self, number: int) -> bool:
        """Tell whether an object is there still."""
        return self.connection.execute("SELECT 1 FROM objects WHERE id = ?", (number,)).fetchone() is not None

    def all(self) -> list[tuple[str, str, int]]:
        """Give path, checksum and number of all objects."""
        found: list[tuple[str, str, int]] = self.connection.execute(
            "SELECT f.path, o.sha256, o.id FROM objects AS o JOIN files AS f ON f.id = o.id ORDER BY o.id"
        ).fetchall()
        return found

    def paths(self, numbers: list[int]) -> list[tuple[int, str]]:
        """Give number and path of some objects."""
        run = self.connection.execute
        rows = (run("SELECT id, path FROM files WHERE id = ?", (number,)).fetchone() for number in numbers)
        return [(row[0], os.fsdecode(row[1])) for row in rows if row]

    def header(self, uid: str) -> tuple[str | None] | None:
        """Give the header of the newest object with a SOP Instance UID, where there is one."""
        found = self.having(uid)
        if not found:
            return None
        row = self.connection.execute("SELECT header FROM objects WHERE id = ?", (found[-1][0],)).fetchone()
        return (header_text(row[0]),) if row and row[0] else (None,)

    def stats(self) -> dict[str, int]:
        """Numbers of rows, and bytes."""
        run = self.connection.execute
        levels = {
            level: int(run(f"SELECT count(*) FROM {level}").fetchone()[0])  # noqa: S608 - own names
            for level in ("patients", "studies", "series", "instances")
        }
        return levels | {"bytes": int(run("SELECT coalesce(sum(size), 0) FROM objects").fetchone()[0])}

    def close(self) -> None:
        """Close the database."""
        self.connection.close()
