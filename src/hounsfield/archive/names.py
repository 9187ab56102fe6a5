"""How names of people stand in an index: in the forms that queries compare, so that any database can look for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.catalog.connection import add_rows
from hounsfield.catalog.hierarchy import StoredHierarchy
from hounsfield.catalog.matching.names import START, forms, words_of
from hounsfield.catalog.schema import PATIENT, STUDY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.catalog.connection import Connection

__all__ = ["NamedHierarchy", "forget_name", "name_rows"]

# Where the name is in a row after its number.
_PLACES = (("patients", PATIENT.index("PatientName")), ("studies", 1 + STUDY.index("ReferringPhysicianName")))
_STANDS = (
    'SELECT 1 FROM patients WHERE "PatientName" = ? UNION ALL '
    'SELECT 1 FROM studies WHERE "ReferringPhysicianName" = ? LIMIT 1'
)


def name_rows(values: Iterable[object]) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """Give the rows of the tables `names` and `words` for some names."""
    names: list[tuple[str, str, str]] = []
    words: list[tuple[str, str]] = []
    for value in values:
        if value is None:
            continue
        text = str(value)
        names += [(text, form, form[:START]) for form in forms(text)]
        words += [(text, word) for word in dict.fromkeys(one[:START] for one in words_of(text))]
    return names, words


class NamedHierarchy(StoredHierarchy):
    """Notes the names of patients and referring physicians that are new."""

    def _added(self, table: str, values: tuple[object, ...]) -> int:
        number = super()._added(table, values)
        for named, place in _PLACES:
            if named == table and values[place] is not None:
                _note(self._connection, values[place])
        return number


def _note(connection: Connection, value: object) -> None:
    if connection.execute("SELECT 1 FROM names WHERE value = ? LIMIT 1", (str(value),)).fetchone() is None:
        names, words = name_rows([value])
        add_rows(connection, "names", names)
        add_rows(connection, "words", words)


def forget_name(connection: Connection, value: object) -> None:
    """Forget the forms of a name that stands nowhere any more."""
    if value is not None and connection.execute(_STANDS, (value, value)).fetchone() is None:
        for table in ("names", "words"):
            connection.execute(f"DELETE FROM {table} WHERE value = ?", (str(value),))  # noqa: S608 - own names
