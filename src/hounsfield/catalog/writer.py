"""Rows that the core read from files, on their way into the tables of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.catalog import store
from hounsfield.catalog.charset import decode_row
from hounsfield.catalog.checks import of_file
from hounsfield.catalog.connection import add_rows
from hounsfield.catalog.hierarchy import Hierarchy
from hounsfield.catalog.schema import CONTEXT

if TYPE_CHECKING:
    from hounsfield.catalog.connection import Connection

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
    connection : Connection
        Of the catalog.
    hierarchy : Hierarchy, optional
        What is known of patients, studies and series; without, all of them are read.
    """

    def __init__(self, connection: Connection, hierarchy: Hierarchy | None = None) -> None:
        self._connection, self._hierarchy = connection, hierarchy or Hierarchy(connection)

    def add(self, batch: Batch) -> int:
        """Write a batch; returns how many files it was made from."""
        done, files, instances, contexts, issues, changed = batch
        if changed:
            store.forget(self._connection, changed)
        add_rows(self._connection, "files", files)
        add_rows(self._connection, "contexts", [_context(row, self._hierarchy) for row in contexts])
        add_rows(self._connection, "instances", instances)
        add_rows(self._connection, "issues", [of_file(row) for row in issues])
        return done


def _context(row: tuple[object, ...], hierarchy: Hierarchy) -> tuple[object, ...]:
    number, *values = row
    decoded = decode_row(tuple(values), charset=values[_CHARSET], names=_NAMES)
    return (number, hierarchy.series(decoded), *decoded)
