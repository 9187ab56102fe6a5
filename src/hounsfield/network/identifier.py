"""What is asked for, as the identifier of a query (PS3.4 C.4.1.1.3, K.4.1.1.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydicom import Dataset

__all__ = ["LEVELS", "RETURNED", "WORKLIST_RETURNED", "build", "parse_keys", "worklist_key"]

LEVELS = ("patient", "study", "series", "image")
_PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
_STUDY = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyID",
    "StudyDescription",
    "ReferringPhysicianName",
    "ModalitiesInStudy",
)
# What is asked for at each level unless something else is; a peer leaves out what it does not have.
RETURNED: dict[str, tuple[str, ...]] = {
    "patient": (*_PATIENT, "NumberOfPatientRelatedStudies"),
    "study": (*_PATIENT, *_STUDY, "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"),
    "series": (
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "Modality",
        "SeriesNumber",
        "SeriesDescription",
        "BodyPartExamined",
        "SeriesDate",
        "SeriesTime",
        "NumberOfSeriesRelatedInstances",
    ),
    "image": (
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "SOPInstanceUID",
        "SOPClassUID",
        "InstanceNumber",
        "NumberOfFrames",
        "Rows",
        "Columns",
    ),
}
_STEP = "ScheduledProcedureStepSequence"
_IN_STEP = (
    "ScheduledStationAETitle",
    "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime",
    "Modality",
    "ScheduledPerformingPhysicianName",
    "ScheduledProcedureStepDescription",
    "ScheduledProcedureStepID",
    "ScheduledStationName",
    "ScheduledProcedureStepLocation",
)
WORKLIST_RETURNED: tuple[str, ...] = (
    *_PATIENT,
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyInstanceUID",
    "RequestedProcedureID",
    "RequestedProcedureDescription",
    *(f"{_STEP}.{keyword}" for keyword in _IN_STEP),
)
_NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD"})
_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?")


def parse_keys(words: Iterable[str]) -> dict[str, str]:
    """Read keys as they are typed: ``PatientID=123``, ``StudyDate=20260101-``; a keyword alone asks for its value.

    Raises
    ------
    UsageError
        When a word is none of that, or names no attribute.
    """
    found: dict[str, str] = {}
    for word in words:
        keyword, _, value = word.partition("=")
        if not keyword:
            raise UsageError("a key is written as KEYWORD=VALUE", where=word, hint="For example PatientID=123.")
        for part in keyword.split("."):
            _tag_of(part)
        found[keyword] = value
    return found


def worklist_key(keyword: str) -> str:
    """Return where a key of a worklist belongs: attributes of scheduled steps are inside a sequence (PS3.4 K.6.1.2)."""
    return f"{_STEP}.{keyword}" if keyword in _IN_STEP else keyword


def build(keys: Mapping[str, Any], returned: Iterable[str] = (), *, level: str = "") -> Dataset:
    """Return the identifier that asks for `returned`, matched by `keys`.

    Parameters
    ----------
    keys : mapping
        Values by keyword, by tag, or by keywords with dots where they are in sequences. Texts are put in as they are,
        so that they may be ranges or have wildcards; several values are a list.
    returned : iterable of str
        What to ask for besides.
    level : str
        Becomes the Query/Retrieve Level.

    Raises
    ------
    UsageError
        When a key names no attribute, or has a value that the attribute cannot have.
    """
    from pydicom import Dataset

    found = Dataset()
    if level:
        found.QueryRetrieveLevel = level.upper()
    for keyword in returned:
        _put(found, keyword, None)
    for keyword, value in keys.items():
        _put(found, keyword, value)
    if any(not str(value).isascii() for value in keys.values()):
        found.SpecificCharacterSet = "ISO_IR 192"
    return found


def _put(into: Dataset, path: str, value: Any) -> None:
    from pydicom import DataElement, Dataset
    from pydicom.config import IGNORE
    from pydicom.datadict import dictionary_VR

    *above, last = path.split(".")
    for keyword in above:
        tag = _tag_of(keyword)
        if tag not in into or not into[tag].value:
            into[tag] = DataElement(tag, "SQ", [Dataset()])
        into = into[tag].value[0]
    tag = _tag_of(last)
    if value is None and tag in into:
        return
    vr = dictionary_VR(tag)
    if vr == "SQ":
        into[tag] = DataElement(tag, "SQ", [] if value in (None, "") else [value])
        return
    vr = vr.split(" or ")[0]
    try:
        into[tag] = DataElement(tag, vr, _value(vr, value), validation_mode=IGNORE)
    except (TypeError, ValueError) as error:
        raise UsageError(f"no value of {path}: {value}", hint=f"{vr} is {_kind(vr)}.") from error


def _value(vr: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if vr in _NUMBERS and isinstance(value, str):
        numbers = [float(part) if vr in ("FL", "FD") else int(part) for part in value.split("\\")]
        return numbers if len(numbers) > 1 else numbers[0]
    if isinstance(value, list | tuple):
        return [str(part) for part in value]
    return value if vr in _NUMBERS else str(value)


def _kind(vr: str) -> str:
    return "a number" if vr in _NUMBERS | {"IS", "DS"} else "a text"


def _tag_of(text: str) -> int:
    from pydicom.datadict import tag_for_keyword

    if found := _TAG.fullmatch(text):
        tag = int(found[1] + found[2], 16)
        from pydicom.datadict import dictionary_has_tag

        if dictionary_has_tag(tag):
            return tag
    elif (known := tag_for_keyword(text)) is not None:
        return int(known)
    from hounsfield.standard.dictionary import nearest

    near = nearest(text)
    hint = f"Did you mean {', '.join(near)}?" if near else "hu tag looks attributes up."
    raise UsageError(f"no attribute has the keyword {text}", hint=hint)
