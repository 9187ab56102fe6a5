"""Which patient, study and series a set of shared values belongs to (PS3.3 A.1).

A patient is a Patient ID and its issuer, or a name where there is no ID. A study belongs to one patient and a series
to one study; where files say otherwise there is a row for each, and an issue (see `checks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.catalog.connection import add_rows
from hounsfield.catalog.schema import CONTEXT, PATIENT, SERIES, STUDY

if TYPE_CHECKING:
    from hounsfield.catalog.connection import Connection

__all__ = ["Hierarchy", "StoredHierarchy"]

_P = len(PATIENT)
_S = _P + len(STUDY)
_E = _S + len(SERIES)

Values = tuple[object, ...]
Numbers = dict[Values, int]


class Hierarchy:
    """Gives the series of each context, making rows for patients, studies and series that are new.

    Parameters
    ----------
    connection : Connection
        Of the catalog; rows that it has are used again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._patients: Numbers = {}
        self._studies: Numbers = {}
        self._series: Numbers = {}
        self._load(connection)

    def _load(self, connection: Connection) -> None:
        """Learn what there is."""
        patients = connection.execute("SELECT * FROM patients")
        self._patients = {_patient_key(row[1:]): row[0] for row in patients}
        self._studies = {(row[1], row[2]): row[0] for row in connection.execute("SELECT * FROM studies")}
        self._series = {(row[1], row[2]): row[0] for row in connection.execute("SELECT * FROM series")}

    def series(self, context: Values) -> int:
        """Return the number of the series of a context, whose values stand in the order of `schema.CONTEXT`."""
        patient, study, series = context[:_P], context[_P:_S], context[_S:_E]
        patient_id = self._number("patients", self._patients, _patient_key(patient), patient)
        study_id = self._number("studies", self._studies, (patient_id, study[0]), (patient_id, *study))
        return self._number("series", self._series, (study_id, series[0]), (study_id, *series))

    def _number(self, table: str, known: Numbers, key: Values, values: Values) -> int:
        found = known.get(key)
        if found is None:
            found = known[key] = self._added(table, values)
        return found

    def _added(self, table: str, values: Values) -> int:
        """Make a row, and give its number."""
        last = self._connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]  # noqa: S608 - own names
        add_rows(self._connection, table, [(last + 1, *values)])
        return int(last) + 1


class StoredHierarchy(Hierarchy):
    """Looks up what it needs, one by one, where there is much and little is added at a time.

    The tables have indexes on the identifiers that it looks for.
    """

    def _load(self, connection: Connection) -> None:
        pass

    def _number(self, table: str, known: Numbers, key: Values, values: Values) -> int:
        found = known.get(key)
        if found is None:
            found = self._stored(table, key)
            if len(known) >= _MOST:
                known.clear()
            known[key] = found = self._added(table, values) if found is None else found
        return found

    def _stored(self, table: str, key: Values) -> int | None:
        if table == "patients":
            names = ("PatientID", "IssuerOfPatientID", "PatientName") if key[0] is None else _IDENTIFIED
        else:
            names = _ABOVE[table]
        pairs = list(zip(names, key, strict=False))
        tests = " AND ".join(f'"{name}" IS NULL' if one is None else f'"{name}" = ?' for name, one in pairs)
        wanted = [one for _, one in pairs if one is not None]
        row = self._connection.execute(f"SELECT min(id) FROM {table} WHERE {tests}", wanted).fetchone()  # noqa: S608
        return None if row[0] is None else int(row[0])


_MOST = 4096
_IDENTIFIED = ("PatientID", "IssuerOfPatientID")
_ABOVE = {"studies": ("patient_id", "StudyInstanceUID"), "series": ("study_id", "SeriesInstanceUID")}


def _patient_key(patient: Values) -> Values:
    identifier, issuer, name = patient[:3]
    return (identifier, issuer, None if identifier is not None else name)


if CONTEXT[:_P] != PATIENT or CONTEXT[_S:_E] != SERIES:  # pragma: no cover - a mistake in the schema
    raise AssertionError("CONTEXT begins with PATIENT, STUDY and SERIES")
