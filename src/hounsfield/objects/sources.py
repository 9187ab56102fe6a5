"""What objects refer to: images with what their headers say, and equipment that writes objects."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom import Dataset

__all__ = ["EQUIPMENT", "Sources", "completed", "in_unicode", "new_uid", "said", "software_version"]

EQUIPMENT: Mapping[str, str] = MappingProxyType({"manufacturer": "hounsfield", "model": "workstation", "serial": "1"})
# Attributes of patient and study that every object has, empty where nothing is known (Type 2).
_SHARED = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
)


class Sources(Protocol):
    """Finds the headers that objects refer to."""

    def header(self, sop_instance_uid: str) -> Dataset:
        """Give the header of an image; raises `ReadError` where there is none."""

    def any_of(self, series_instance_uid: str) -> Dataset:
        """Give the header of any image of a series; raises `ReadError` where there is none."""


def completed(header: Dataset) -> Dataset:
    """Add empty values for what a header should have and does not, so that objects can be made that refer to it."""
    for keyword in _SHARED:
        if keyword not in header or header[keyword].value is None:
            setattr(header, keyword, "")
    return header


def in_unicode(made: Dataset) -> Dataset:
    """Write text in UTF-8, whatever the images are in: people write in their own letters."""
    made.SpecificCharacterSet = "ISO_IR 192"
    return made


def new_uid() -> str:
    """Make a UID that nobody has."""
    from pydicom.uid import generate_uid

    return str(generate_uid(prefix=None))


def software_version() -> str:
    """Give the version of this program."""
    from hounsfield import __version__

    return str(__version__)


def said(header: Any, keyword: str, default: Any = None) -> Any:
    """Give a value of a header, or the default where it is missing, empty or broken."""
    try:
        found = header.get(keyword)
    except Exception:  # noqa: BLE001 - pydicom raises whatever a broken value makes it raise
        return default
    return default if found in (None, "") else found
