"""Where the attributes of each level are, and which of them answers have."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.matching.tables import CONTEXTS, INSTANCES, PATIENTS, SERIES_TABLE, STUDIES
from hounsfield.catalog.schema import CONTEXT, INSTANCE, PATIENT, SERIES, STUDY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import FromClause
    from sqlalchemy.sql.elements import ColumnElement

__all__ = ["COUNTS", "RETURNED", "C", "I", "P", "S", "T", "column", "kept", "own", "tables"]

# As queries call them: patients, studies, series, what instances share, instances.
P, T, S = PATIENTS.alias("p"), STUDIES.alias("t"), SERIES_TABLE.alias("s")
C, I = CONTEXTS.alias("c"), INSTANCES.alias("i")  # noqa: E741 - as in the SQL of catalogs
_ALIASES: Mapping[str, tuple[tuple[FromClause, tuple[str, ...]], ...]] = MappingProxyType(
    {
        "patient": ((P, PATIENT),),
        "study": ((T, STUDY), (P, PATIENT)),
        "series": ((S, SERIES), (T, STUDY), (P, PATIENT)),
        "instance": ((I, INSTANCE), (S, SERIES), (T, STUDY), (P, PATIENT), (C, CONTEXT)),
    }
)
_OWN: Mapping[str, FromClause] = MappingProxyType({"patient": P, "study": T, "series": S, "instance": I})
_STUDY_COUNTS = ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "ModalitiesInStudy")
COUNTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "patient": ("NumberOfPatientRelatedStudies",),
        "study": _STUDY_COUNTS,
        "series": ("NumberOfSeriesRelatedInstances",),
        "instance": (),
    }
)
_OF_PATIENT = ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex")
_OF_STUDY = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
    "StudyDescription",
)
_OF_SERIES = ("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "SeriesDate", "SeriesTime")
# What is returned without being asked for (PS3.18 table 10.6.3-3 to 10.6.3-5).
RETURNED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "patient": _OF_PATIENT,
        "study": (*_OF_STUDY, *_OF_PATIENT),
        "series": ("StudyInstanceUID", *_OF_SERIES, "BodyPartExamined"),
        "instance": (
            "StudyInstanceUID",
            "SeriesInstanceUID",
            "Modality",
            "SOPClassUID",
            "SOPInstanceUID",
            "InstanceNumber",
            "Rows",
            "Columns",
            "BitsAllocated",
            "NumberOfFrames",
        ),
    }
)


def tables(level: str) -> FromClause:
    """Give the table of a level, joined with those above it."""
    if level == "patient":
        return P
    if level == "study":
        return T.join(P, P.c.id == T.c.patient_id)
    below: FromClause = S
    if level == "instance":
        below = I.join(C, C.c.id == I.c.context_id).join(S, S.c.id == C.c.series_id)
    return below.join(T, T.c.id == S.c.study_id).join(P, P.c.id == T.c.patient_id)


def own(level: str) -> FromClause:
    """Give the table of a level itself."""
    return _OWN[level]


def column(level: str, keyword: str) -> ColumnElement[Any] | None:
    """Give the column of an attribute as seen from a level; nothing where the catalog does not keep it there."""
    for alias, names in _ALIASES[level]:
        if keyword in names:
            return alias.c[keyword]
    return None


def kept(level: str) -> tuple[str, ...]:
    """Give the keywords of all attributes that the catalog keeps of a level, and of those above."""
    return tuple(dict.fromkeys(keyword for _, names in _ALIASES[level] for keyword in names))
