"""Which SOP classes are storage."""

from __future__ import annotations

from functools import cache

__all__ = ["VERIFICATION", "is_storage"]

VERIFICATION = "1.2.840.10008.1.1"
_DICOM = "1.2.840.10008."


def is_storage(uid: str) -> bool:
    """Whether objects of this SOP class may be stored: standard storage classes (PS3.4 B.5), and private classes."""
    return uid in _standard() if uid.startswith(_DICOM) else bool(uid)


@cache
def _standard() -> frozenset[str]:
    from pynetdicom import sop_class

    # pynetdicom keeps the list that PS3.6 A makes; hanging protocols, palettes and implants are non-patient storage.
    tables = (sop_class._STORAGE_CLASSES, sop_class._NON_PATIENT_OBJECT_CLASSES)  # noqa: SLF001 - has no public list
    return frozenset(uid for table in tables for uid in table.values())
