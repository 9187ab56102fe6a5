"""Where the attributes of each level are, and how their values are written in the JSON of DICOM (PS3.18 F)."""

from __future__ import annotations

import math
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.schema import CONTEXT, INSTANCE, PATIENT, SERIES, STUDY
from hounsfield.standard.dictionary import attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COUNTS", "RETURNED", "TABLES", "column", "kept", "known", "value_of"]

# Tables of each level, the last one being its own; t is in the way of nothing.
TABLES: Mapping[str, str] = MappingProxyType(
    {
        "patient": "patients AS p",
        "study": "studies AS t JOIN patients AS p ON p.id = t.patient_id",
        "series": "series AS s JOIN studies AS t ON t.id = s.study_id JOIN patients AS p ON p.id = t.patient_id",
        "instance": "instances AS i JOIN contexts AS c ON c.id = i.context_id JOIN series AS s ON s.id = c.series_id "
        "JOIN studies AS t ON t.id = s.study_id JOIN patients AS p ON p.id = t.patient_id",
    }
)
_ALIASES: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = MappingProxyType(
    {
        "patient": (("p", PATIENT),),
        "study": (("t", STUDY), ("p", PATIENT)),
        "series": (("s", SERIES), ("t", STUDY), ("p", PATIENT)),
        "instance": (("i", INSTANCE), ("s", SERIES), ("t", STUDY), ("p", PATIENT), ("c", CONTEXT)),
    }
)
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
_NUMBERS = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"})
_WHOLE = frozenset({"IS", "SL", "SS", "UL", "US"})
_SINGLE = frozenset({"LT", "ST", "UR", "UT"})
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def column(level: str, keyword: str) -> str | None:
    """Give the SQL of an attribute as seen from a level; nothing where the catalog does not keep it there."""
    for alias, names in _ALIASES[level]:
        if keyword in names:
            return f'{alias}."{keyword}"'
    return None


def kept(level: str) -> tuple[str, ...]:
    """Give the keywords of all attributes that the catalog keeps of a level, and of those above."""
    return tuple(dict.fromkeys(keyword for _, names in _ALIASES[level] for keyword in names))


@lru_cache(maxsize=512)
def known(keyword: str) -> tuple[str, str] | None:
    """Give the tag, as in JSON, and the VR of an attribute."""
    found = attribute(keyword)
    if found is None:
        return None
    tag = "".join(digit for digit in found.tag if digit.isalnum())
    return tag.upper(), found.vr.split(" ", 1)[0]


def value_of(vr: str, value: Any) -> dict[str, Any]:
    """Write a value of the catalog as JSON."""
    if value is None or value == "":
        return {"vr": vr}
    parts = [value] if not isinstance(value, str) or vr in _SINGLE else value.split("\\")
    if vr == "PN":
        return {"vr": vr, "Value": [_name(str(part)) for part in parts]}
    if vr in _NUMBERS:
        numbers = [_number(part, whole=vr in _WHOLE) for part in parts]
        return {"vr": vr, "Value": numbers} if None not in numbers else {"vr": vr}
    return {"vr": vr, "Value": [str(part) for part in parts]}


def _name(text: str) -> dict[str, str]:
    return {group: part for group, part in zip(_GROUPS, text.split("="), strict=False) if part}


def _number(value: Any, *, whole: bool) -> float | int | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(found):
        return None
    return int(found) if whole or found.is_integer() else found
