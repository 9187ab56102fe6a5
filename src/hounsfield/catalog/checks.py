"""What is wrong with a collection as a whole: objects that occur twice, identifiers that clash.

Nothing is dropped or merged because of these; each becomes an issue.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hounsfield.catalog.schema import INSTANCE
from hounsfield.errors import Issue

if TYPE_CHECKING:
    import sqlite3

    from hounsfield.catalog.connection import Connection
    from hounsfield.errors import Severity

__all__ = ["check", "gathered", "of_file"]

_HINTS = {
    "archive": "Unpack it with the program that made it, or copy it again.",
    "conflicting-instance": "Find out which is right before you use either: both are kept.",
    "duplicate-instance": "Copies do no harm, but a series with them has planes twice.",
    "missing-uid": "The object cannot be told from others for certain; it is kept with what it has.",
    "mixed-modality": "Look at the series: it was probably put together by hand.",
    "patient-clash": "Two people may have been given one Patient ID, or one person's name has changed.",
    "pixels-truncated": "Copy the file again from where it came from.",
    "series-clash": "A series belongs to one study: one of the copies was edited.",
    "study-clash": "A study belongs to one patient: one of the copies was edited.",
    "syntax-contradicted": "The file was read as it is; other programs may fail on it.",
    "value-truncated": "Copy the file again from where it came from.",
}
_ERRORS = frozenset(
    {"conflicting-instance", "pixels-truncated", "value-truncated", "limit-elements", "limit-header-bytes"}
)

_ADD = 'INSERT INTO issues (file_id, code, severity, "where", message, count) VALUES (?, ?, ?, ?, ?, ?)'


def _severity(code: str) -> Severity:
    if code in _ERRORS:
        return "error"
    return "info" if code == "duplicate-instance" else "warning"


def of_file(row: tuple[object, ...]) -> tuple[object, ...]:
    """Row of the table for an issue that the core met in a file."""
    number, code, message, tag, offset, count = row
    return (None, number, code, _severity(str(code)), None, message, tag, offset, count)


def check(connection: sqlite3.Connection) -> None:
    """Look for problems of the collection; those found by an earlier scan are replaced."""
    codes = ("conflicting-instance", "duplicate-instance", "missing-uid", "mixed-modality")
    marks = ", ".join("?" * len(codes))
    connection.execute(f"DELETE FROM issues WHERE file_id IS NULL OR code IN ({marks})", codes)  # noqa: S608
    _duplicates(connection)
    _missing(connection)
    _clashes(connection)


def _duplicates(connection: sqlite3.Connection) -> None:
    repeated = connection.execute(
        'SELECT "SOPInstanceUID" FROM instances WHERE "SOPInstanceUID" IS NOT NULL '
        'GROUP BY "SOPInstanceUID" HAVING count(*) > 1'
    ).fetchall()
    own = ", ".join(f'i."{keyword}"' for keyword in INSTANCE)
    found = []
    for (uid,) in repeated:
        copies = connection.execute(
            f"SELECT i.id, f.size, c.series_id, {own} FROM instances AS i JOIN files AS f ON f.id = i.id "  # noqa: S608
            'JOIN contexts AS c ON c.id = i.context_id WHERE i."SOPInstanceUID" = ? ORDER BY i.id',
            (uid,),
        ).fetchall()
        same = len({copy[1:] for copy in copies}) == 1
        code = "duplicate-instance" if same else "conflicting-instance"
        difference = "with the same size and header" if same else "with different content"
        message = f"the object {uid} is there {len(copies)} times, {difference}"
        found.append((copies[0][0], code, _severity(code), None, message, 1))
    connection.executemany(_ADD, found)


def _missing(connection: sqlite3.Connection) -> None:
    rows = connection.execute(
        'SELECT i.id, i."SOPInstanceUID" IS NULL, c."SeriesInstanceUID" IS NULL, c."StudyInstanceUID" IS NULL '
        "FROM instances AS i JOIN contexts AS c ON c.id = i.context_id "
        'WHERE i."SOPInstanceUID" IS NULL OR c."SeriesInstanceUID" IS NULL OR c."StudyInstanceUID" IS NULL'
    )
    names = ("SOP Instance UID", "Series Instance UID", "Study Instance UID")
    found = []
    for number, *absent in rows.fetchall():
        missing = ", ".join(name for name, gone in zip(names, absent, strict=True) if gone)
        found.append((number, "missing-uid", "warning", None, f"no {missing}", 1))
    connection.executemany(_ADD, found)


def _clashes(connection: sqlite3.Connection) -> None:
    found: list[tuple[object, ...]] = []
    names: dict[object, dict[str, str]] = {}
    for series, identifier, name in connection.execute(
        'SELECT p.id, p."PatientID", c."PatientName" FROM patients AS p JOIN studies AS t ON t.patient_id = p.id '
        "JOIN series AS s ON s.study_id = t.id JOIN contexts AS c ON c.series_id = s.id "
        'WHERE p."PatientID" IS NOT NULL AND c."PatientName" IS NOT NULL GROUP BY 1, 3 ORDER BY 1, 3'
    ):
        names.setdefault((series, identifier), {}).setdefault(_plain_name(name), name)
    for (_, identifier), spellings in names.items():  # type: ignore[misc]
        if len(spellings) > 1:
            listed = ", ".join(f"'{name}'" for name in list(spellings.values())[:4])
            message = f"Patient ID {identifier} has {len(spellings)} names: {listed}"
            found.append((None, "patient-clash", "warning", f"patient {identifier}", message, 1))
    for code, table, level, above, key in (
        ("series-clash", "series", "Series", "studies", "SeriesInstanceUID"),
        ("study-clash", "studies", "Study", "patients", "StudyInstanceUID"),
    ):
        for uid, count in connection.execute(
            f'SELECT "{key}", count(*) FROM {table} WHERE "{key}" IS NOT NULL GROUP BY 1 HAVING count(*) > 1'  # noqa: S608
        ):
            message = f"{level} Instance UID {uid} is in {count} {above}"
            found.append((None, code, "warning", f"{level.lower()} {uid}", message, 1))
    for number, modalities in connection.execute(
        'SELECT s."SeriesInstanceUID", group_concat(DISTINCT c."Modality") FROM contexts AS c '
        'JOIN series AS s ON s.id = c.series_id WHERE s."SeriesInstanceUID" IS NOT NULL '
        'GROUP BY s.id HAVING count(DISTINCT c."Modality") > 1'
    ):
        message = f"the series mixes modalities: {modalities}"
        found.append((None, "mixed-modality", "warning", f"series {number}", message, 1))
    connection.executemany(_ADD, found)


def _plain_name(name: object) -> str:
    """Return a name without what spellings of one name differ in."""
    return " ".join(str(name).split("=", 1)[0].replace("^", " ").casefold().split())


def gathered(connection: Connection) -> list[Issue]:
    """All issues, those of one kind gathered into one with a count and the first as example."""
    rows = connection.execute(
        'SELECT x.code, x.severity, g.places, x."where", f.path, f.member, x.message FROM '
        "(SELECT min(id) AS first, count(*) AS places FROM issues GROUP BY code, severity) AS g "
        "JOIN issues AS x ON x.id = g.first LEFT JOIN files AS f ON f.id = x.file_id "
        "ORDER BY CASE x.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, g.places DESC, x.code"
    )
    return [
        Issue(code, severity, where or _place(path, member), message, _HINTS.get(code, ""), count=places)
        for code, severity, places, where, path, member, message in rows
    ]


def _place(path: str | bytes | None, member: str | None) -> str:
    return os.fsdecode(path or "") + (f"/{member}" if member else "")
