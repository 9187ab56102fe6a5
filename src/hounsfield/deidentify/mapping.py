"""Mapping tables: which original became what. Out of a run for those who may know, into a run to go on from another.

Columns: kind (``uid``, ``days``, or the keyword of an attribute), original, issuer (of a patient's ID), replacement.
A table is as secret as the originals are: it is created so that only its owner can read it.
"""

from __future__ import annotations

import csv
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.errors import ExistsError, ReadError, UsageError, WriteError
from hounsfield.standard import dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Mapping_", "read_mapping", "write_mapping"]

Mapping_ = dict[tuple[int, bytes], bytes]

_COLUMNS = ("kind", "original", "issuer", "replacement")
_UID, _DAYS, _PATIENT_ID = 0, 1, 0x00100020
_SQLITE = (".sqlite", ".sqlite3", ".db")


def _kind(number: int) -> str:
    if number in (_UID, _DAYS):
        return "uid" if number == _UID else "days"
    known = dictionary.attribute(number)
    return known.keyword if known and known.keyword else f"{number >> 16:04X},{number & 0xFFFF:04X}"


def _number(kind: str) -> int | None:
    if kind in ("uid", "days"):
        return _UID if kind == "uid" else _DAYS
    known = dictionary.attribute(kind)
    return dictionary.parse_tag(known.tag if known else kind)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def read_mapping(path: str | os.PathLike[str]) -> Mapping_:
    """Read a table: CSV, or SQLite where the name ends so.

    Raises
    ------
    ReadError
        When it cannot be read.
    UsageError
        When it is no such table, with the line.
    """
    where = os.fspath(path)
    found: Mapping_ = {}
    for number, row in enumerate(_rows(where), start=2):
        kind = _number(row[0])
        if kind is None or not row[1]:
            raise UsageError(f"row {number} of the mapping table is none: {row[0][:40]!r}", where=where)
        original = _bytes(row[1])
        if row[2]:
            original += b"\n" + _bytes(row[2])
        new = _bytes(row[3])
        if kind == _DAYS and not row[3].lstrip("-").isdigit():
            raise UsageError(f"row {number} of the mapping table: days must be a whole number", where=where)
        if found.setdefault((kind, original), new) != new:
            raise UsageError(f"row {number} of the mapping table contradicts another one", where=where)
    return found


def _rows(where: str) -> list[tuple[str, str, str, str]]:
    try:
        if where.lower().endswith(_SQLITE):
            if not os.path.isfile(where):
                raise ReadError("there is no such mapping table", where=where)
            with closing(sqlite3.connect(f"file:{Path(where).resolve().as_posix()}?mode=ro", uri=True)) as database:
                database.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
                rows = database.execute("SELECT kind, original, issuer, replacement FROM mapping").fetchall()
                return [(str(row[0]), str(row[1]), str(row[2] or ""), str(row[3])) for row in rows]
        with open(where, encoding="utf-8-sig", errors="surrogateescape", newline="") as opened:
            reader = csv.DictReader(opened)
            if not {"kind", "original", "replacement"} <= set(reader.fieldnames or ()):
                raise UsageError(f"the mapping table needs the columns {', '.join(_COLUMNS)}", where=where)
            return [
                (row["kind"] or "", row["original"] or "", row.get("issuer") or "", row["replacement"] or "")
                for row in reader
            ]
    except (OSError, sqlite3.Error, csv.Error) as error:
        raise ReadError(f"the mapping table cannot be read: {error}", where=where) from None


def write_mapping(path: str | os.PathLike[str], pairs: Mapping[tuple[int, bytes], bytes]) -> None:
    """Write a table, readable for its owner only; rows of a table that is there already are kept.

    Raises
    ------
    ExistsError
        When something else is there under the name.
    WriteError
    """
    where = os.fspath(path)
    if os.path.exists(where):
        try:
            pairs = {**read_mapping(where), **pairs}
        except (ReadError, UsageError):
            raise ExistsError("the file is there already, and is no mapping table", where=where) from None
    rows = sorted(_row(kind, original, new) for (kind, original), new in pairs.items())
    part = f"{where}.part"
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        (_write_sqlite if where.lower().endswith(_SQLITE) else _write_csv)(part, rows)
        Path(part).replace(where)
    except (OSError, sqlite3.Error) as error:
        Path(part).unlink(missing_ok=True)
        raise WriteError(f"the mapping table cannot be written: {error}", where=where) from None


def _row(kind: int, original: bytes, new: bytes) -> tuple[str, str, str, str]:
    value, issuer = original, b""
    if kind in (_DAYS, _PATIENT_ID) and not original.startswith(b"\n"):
        value, _, issuer = original.partition(b"\n")
    return _kind(kind), _text(value), _text(issuer), _text(new)


def _write_csv(path: str, rows: Iterable[tuple[str, str, str, str]]) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(_COLUMNS)
        writer.writerows(rows)


def _write_sqlite(path: str, rows: Iterable[tuple[str, str, str, str]]) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE IF EXISTS mapping")
        database.execute("CREATE TABLE mapping (kind TEXT, original TEXT, issuer TEXT, replacement TEXT)")
        values = [
            tuple(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for text in row) for row in rows
        ]
        database.executemany("INSERT INTO mapping VALUES (?, ?, ?, ?)", values)
        database.commit()
