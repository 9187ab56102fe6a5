"""Words for the four corners of a view: who, what, how. Who it is stands in one corner, which a key hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.pixels.header import said
from hounsfield.server.names import date_of, name_shown, shortened, time_of
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.volumes.header import Header

__all__ = ["corners_of"]


def corners_of(row: Header, dataset: Dataset | None) -> dict[str, list[str]]:
    """Give the lines of each corner, top to bottom; empty ones are left out.

    Parameters
    ----------
    row : Header
        The row of the catalog.
    dataset : pydicom.Dataset or None
        The header, for what the catalog does not keep.
    """
    modality = text(row, "Modality")
    technique = _ct(row, dataset) if modality == "CT" else _mr(row) if modality == "MR" else _other(row, dataset)
    thickness = text(row, "SliceThickness")
    corners: dict[str, list[str | None]] = {
        "top_left": [
            name_shown(row["PatientName"]),
            _joined(", ", text(row, "PatientID"), text(row, "PatientSex"), _age(text(row, "PatientAge"))),
            _joined(" ", "born", date_of(row["PatientBirthDate"])) if date_of(row["PatientBirthDate"]) else "",
        ],
        "top_right": [
            text(row, "InstitutionName"),
            _joined(" ", date_of(row["StudyDate"]), time_of(row["StudyTime"])),
            text(row, "StudyDescription"),
            _joined(" ", text(row, "Manufacturer"), text(row, "ManufacturerModelName")),
        ],
        "bottom_left": [
            _joined(" ", modality, text(row, "SeriesNumber"), text(row, "SeriesDescription")),
            _joined(", ", text(row, "BodyPartExamined"), text(row, "Laterality"), text(row, "PatientPosition")),
        ],
        "bottom_right": [f"{_plain(thickness)} mm thick" if thickness else "", *technique],
    }
    return {corner: [shortened(line) for line in lines if line] for corner, lines in corners.items()}


def _ct(row: Header, dataset: Dataset | None) -> list[str]:
    current = _plain(str(said(dataset, "XRayTubeCurrent") or "")) if dataset is not None else ""
    return [
        _joined(", ", _with(row, "KVP", "kV"), f"{current} mA" if current else ""),
        text(row, "ConvolutionKernel").replace("\\", " "),
        text(row, "ContrastBolusAgent"),
    ]


def _mr(row: Header) -> list[str]:
    return [
        _joined(", ", _with(row, "RepetitionTime", "ms TR"), _with(row, "EchoTime", "ms TE")),
        _joined(", ", _with(row, "InversionTime", "ms TI"), _with(row, "FlipAngle", "° flip")),
        _joined(", ", _with(row, "MagneticFieldStrength", "T"), text(row, "SequenceName")),
    ]


def _other(row: Header, dataset: Dataset | None) -> list[str]:
    if dataset is None:
        return []
    view = _joined(" ", said(dataset, "ImageLaterality"), said(dataset, "ViewPosition"))
    return [view, _with(row, "KVP", "kV")]


def _with(row: Header, keyword: str, unit: str) -> str:
    found = _plain(text(row, keyword))
    return f"{found} {unit}" if found else ""


def _plain(value: str) -> str:
    """Give a number without digits that say nothing."""
    try:
        return f"{float(value):.4g}"
    except ValueError:
        return value.replace("\\", ", ")


def _age(age: str) -> str:
    names = {"Y": "years", "M": "months", "W": "weeks", "D": "days"}
    known = len(age) == 4 and age[:3].isdigit() and age[3] in names
    return f"{int(age[:3])} {names[age[3]]}" if known else age


def _joined(between: str, *parts: Any) -> str:
    return between.join(str(part) for part in parts if part not in (None, ""))
