"""Rows that the core read from files, on their way into the tables of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.catalog import store
from hounsfield.catalog.charset import decode_row
from hounsfield.catalog.checks import of_file
from hounsfield.catalog.hierarchy import Hierarchy
from hounsfield.catalog.schema import CONTEXT, INSTANCE

if TYPE_CHECKING:
    import sqlite3

    _Rows = list[tuple[object, ...]]
    Batch = tuple[int, _Rows, _Rows, _Rows, _Rows, list[str | bytes]]

__all__ = ["Writer"]

_CHARSET = CONTEXT.index("SpecificCharacterSet")
_NAMES = frozenset(map(CONTEXT.index, ("PatientName", "ReferringPhysicianName")))


class Writer:
    """Puts rows of the core into the tables.

    It remembers the hierarchy: after a transaction that was rolled back, or one of another process, make a new one.

    Parameters
    ----------
    connection : sqlite3.Connection
        Of the catalog.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection, self._hierarchy = connection, Hierarchy(connection)
        self._file, self._context = store.insertion("files", 7), store.insertion("contexts", 2 + len(CONTEXT))
        self._instance, self._issue = store.insertion("instances", 3 + len(INSTANCE)), store.insertion("issues", 9)

    def add(self, batch: Batch) -> int:
        """Write a batch; returns how many files it was made from."""
        done, files, instances, contexts, issues, changed = batch
        if changed:
            store.forget(self._connection, changed)
        many = self._connection.executemany
        many(self._file, files)
        if contexts:
            many(self._context, [_context(row, self._hierarchy) for row in contexts])
        many(self._instance, instances)
        if issues:
            many(self._issue, [of_file(row) for row in issues])
        return done


def _context(row: tuple[object, ...], hierarchy: Hierarchy) -> tuple[object, ...]:
    number, *values = row
    decoded = decode_row(tuple(values), charset=values[_CHARSET], names=_NAMES)
    return (number, hierarchy.series(decoded), *decoded)
