"""Header records made with pydicom, for tests that need no catalog."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.multival import MultiValue

if TYPE_CHECKING:
    from pathlib import Path


class Record(dict[str, Any]):
    """A header record; what is absent is None, as in a row of the catalog."""

    def __missing__(self, key: str) -> None:
        return None


def record(path: Path) -> Record | None:
    """The header record of a file; None where it is not DICOM."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            row = Record(path=str(path), member=None)
            for element in dataset:
                if element.keyword and element.VR not in ("SQ", "OB", "OW", "UN"):
                    row[element.keyword] = _value(element.value)
            row["TransferSyntaxUID"] = str(dataset.file_meta.get("TransferSyntaxUID", ""))
            row["SOPClassUID"] = str(dataset.get("SOPClassUID", ""))
    except (pydicom.errors.InvalidDicomError, OSError, AttributeError, ValueError):
        return None
    return row


def _value(value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, MultiValue | list):
        return "\\".join(str(part) for part in value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    try:
        return float(value) if type(value).__name__.startswith("DS") else str(value)
    except ValueError:
        return str(value)


def records(folder: Path) -> list[Record]:
    """The header records of all DICOM files below a folder."""
    found = (record(path) for path in sorted(folder.rglob("*")) if path.is_file())
    return [row for row in found if row is not None]
