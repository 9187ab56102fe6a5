"""Phase encoding of EPI: axis from the standard, polarity and echo spacing from the vendors.

Siemens: the CSA header, or (0021,xx1C) in the X series. GE: (0018,9034) from Rx27 on, before in the
user data of the sequence (0043,xx2A), echo spacing and acceleration in
(0043,xx2C) and (0043,xx83). Others state the axis only. Total readout time is FSL's: as if the image had been encoded
line by line. Sources: notes of dcm2niix on each vendor; dcm_qa_nih.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.errors import MalformedError
from hounsfield.volumes.acquisition import PhaseEncoding
from hounsfield.volumes.vendors.ge_user_data import polarity_of
from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule
from hounsfield.volumes.vendors.siemens_csa import numbers, parse_csa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.volumes.plane import Plane

__all__ = ["ATTRIBUTES", "COMMON", "phase_encoding"]

COMMON = (
    Attribute("PhaseEncodingAxis", (0x00181312,), "CS"),
    Attribute("EnhancedAxis", (0x52009229, 0x00189125, 0x00181312), "CS"),
    Attribute("AcquisitionMatrix", (0x00181310,), "US"),
    Attribute("ScanOptions", (0x00180022,), "CS"),
    Attribute("Reordering", (0x00189034,), "CS"),
    Attribute("AcquisitionType", (0x00180023,), "CS"),
    Attribute("EchoTrainLength", (0x00180091,), "IS"),
    Attribute("RepetitionTime", (0x00180080,), "DS"),
)
_GROUPS: Mapping[str, int] = MappingProxyType({"OfFrame": 0x52009230, "OfAll": 0x52009229})
ATTRIBUTES: Mapping[str, tuple[Attribute, ...]] = {
    "siemens": (
        Attribute("LineBandwidth", (0x00191028,), "FD", "SIEMENS MR HEADER"),
        Attribute("ImageCSA", (0x00291010,), "OB", "SIEMENS CSA HEADER"),
        Attribute("XaPositive", (0x0021111C,), "IS", "SIEMENS MR SDI 02"),
        Attribute("XaLineBandwidth", (0x00211153,), "FD", "SIEMENS MR SDI 02"),
        # In enhanced objects they are in a private sequence of a frame, or of all frames, always in block 11.
        *(
            Attribute(f"{name}{place}", (groups, 0x002111FE, tag), vr)
            for place, groups in _GROUPS.items()
            for name, tag, vr in (("XaPositive", 0x0021111C, "IS"), ("XaLineBandwidth", 0x00211153, "FD"))
        ),
    ),
    "ge": (
        Attribute("EchoSpacing", (0x0043102C,), "SS", "GEMS_PARM_01"),
        Attribute("Asset", (0x00431083,), "DS", "GEMS_PARM_01"),
        Attribute("UserData", (0x0043102A,), "OB", "GEMS_PARM_01"),
    ),
}
SIEMENS = Rule(
    "siemens-phase-encoding",
    "polarity and bandwidth of a line",
    "(0029,xx10) PhaseEncodingDirectionPositive, (0019,xx28), (0021,xx1C), (0021,xx53)",
    "notes of dcm2niix on Siemens; dcm_qa_nih",
)
GE = Rule(
    "ge-phase-encoding",
    "polarity (LINEAR, REVERSE_LINEAR), echo spacing, ASSET factor and partial Fourier",
    "(0018,9034), (0043,xx2A), (0043,xx2C), (0043,xx83), (0018,1310), (0018,0022)",
    "notes of dcm2niix on GE, its pull request 677; dcm_qa_nih",
)
# As GE's engineers have tested it (pull request 677 of dcm2niix): LINEAR is flipped.
_POLARITY = {"LINEAR": -1, "REVERSE_LINEAR": 1}


def phase_encoding(
    plane: Plane, values: Mapping[str, Any], vendor: str
) -> tuple[PhaseEncoding | None, tuple[Rule, ...]]:
    """Give the phase encoding of the volume that a plane is of; ``None`` where nothing says its axis."""
    stated = values.get("PhaseEncodingAxis") or values.get("EnhancedAxis") or plane.facts.get("PhaseEncodingAxis")
    axis = {"COL": "row", "COLUMN": "row", "ROW": "column"}.get(str(stated).upper())
    if axis is None:
        return None, ()
    lines = plane.rows if axis == "row" else plane.columns
    if vendor == "siemens":
        return _siemens(axis, lines, values)
    if vendor == "ge":
        return _ge(axis, lines, values)
    return PhaseEncoding(axis), ()


def _siemens(axis: str, lines: int, values: Mapping[str, Any]) -> tuple[PhaseEncoding, tuple[Rule, ...]]:
    try:
        header = parse_csa(values["ImageCSA"]) if "ImageCSA" in values else {}
    except MalformedError:
        header = {}
    positive = numbers(header, "PhaseEncodingDirectionPositive") or _of_xa(values, "XaPositive") or ()
    bandwidth = (
        values.get("LineBandwidth")
        or _of_xa(values, "XaLineBandwidth")
        or numbers(header, "BandwidthPerPixelPhaseEncode")
    )
    spacing = 1 / (bandwidth[0] * lines) if bandwidth and bandwidth[0] > 0 else None
    total = spacing * (lines - 1) if spacing else None
    polarity = (1 if positive[0] == 1 else -1) if positive else 0
    rules = (SIEMENS,) if positive or spacing else ()
    return PhaseEncoding(axis, polarity, spacing, total), rules


def _of_xa(values: Mapping[str, Any], name: str) -> Any:
    """Give what the X series states in the main data set or in functional groups."""
    return next((values[key] for key in (name, *(f"{name}{place}" for place in _GROUPS)) if values.get(key)), None)


def _ge(axis: str, lines: int, values: Mapping[str, Any]) -> tuple[PhaseEncoding, tuple[Rule, ...]]:
    polarity = _POLARITY.get(str(values.get("Reordering", "")), 0) or polarity_of(values.get("UserData"))
    matrix = [int(count) for count in values.get("AcquisitionMatrix") or () if count > 0]
    spacing = values.get("EchoSpacing")
    if not spacing or spacing[0] <= 0 or not matrix or lines < 2:
        return PhaseEncoding(axis, polarity), ((GE,) if polarity else ())
    inverse = (values.get("Asset") or (1.0,))[0]
    acceleration = 1 / inverse if inverse > 0 else 1.0
    rounded = 4 if "PFF" in str(values.get("ScanOptions", "")).split("\\") else 2
    measured = math.ceil(matrix[-1] / rounded / acceleration) * rounded
    total = (measured - 1) * spacing[0] * 1e-6
    return PhaseEncoding(axis, polarity, total / (lines - 1), total), (GE,)
