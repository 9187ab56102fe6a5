"""Which patient, study and series a set of shared values belongs to (PS3.3 A.1).

A patient is a Patient ID and its issuer, or a name where there is no ID. A study belongs to one patient and a series
to one study; where files say otherwise there is a row for each, and an issue (see `checks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.catalog.schema import CONTEXT, PATIENT, SERIES, STUDY

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Hierarchy"]

_P = len(PATIENT)
_S = _P + len(STUDY)
_E = _S + len(SERIES)

Values = tuple[object, ...]
Numbers = dict[Values, int]


class Hierarchy:
    """Gives the series of each context, making rows for patients, studies and series that are new.

    Parameters
    ----------
    connection : sqlite3.Connection
        Of the catalog; rows that it has are used again.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        patients = connection.execute("SELECT * FROM patients")
        self._patients: Numbers = {_patient_key(row[1:]): row[0] for row in patients}
        self._studies: Numbers = {(row[1], row[2]): row[0] for row in connection.execute("SELECT * FROM studies")}
        self._series: Numbers = {(row[1], row[2]): row[0] for row in connection.execute("SELECT * FROM series")}

    def series(self, context: Values) -> int:
        """Return the number of the series of a context, whose values stand in the order of `schema.CONTEXT`."""
        patient, study, series = context[:_P], context[_P:_S], context[_S:_E]
        patient_id = self._number("patients", self._patients, _patient_key(patient), patient)
        study_id = self._number("studies", self._studies, (patient_id, study[0]), (patient_id, *study))
        return self._number("series", self._series, (study_id, series[0]), (study_id, *series))

    def _number(self, table: str, known: Numbers, key: Values, values: Values) -> int:
        found = known.get(key)
        if found is None:
            marks = ", ".join("?" * len(values))
            cursor = self._connection.execute(f"INSERT INTO {table} VALUES (NULL, {marks})", values)  # noqa: S608
            found = known[key] = int(cursor.lastrowid or 0)
        return found


def _patient_key(patient: Values) -> Values:
    identifier, issuer, name = patient[:3]
    return (identifier, issuer, None if identifier is not None else name)


if CONTEXT[:_P] != PATIENT or CONTEXT[_S:_E] != SERIES:  # pragma: no cover - a mistake in the schema
    raise AssertionError("CONTEXT begins with PATIENT, STUDY and SERIES")
