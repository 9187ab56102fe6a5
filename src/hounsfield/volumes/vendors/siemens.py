"""Siemens MR: private diffusion and coil attributes of (0019,xxxx) and (0051,xxxx), and of the CSA header.

Gradients are in the patient's frame. The private attributes are those of the B generation and later; before, only the
CSA header has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.errors import MalformedError
from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule
from hounsfield.volumes.vendors.siemens_csa import numbers, parse_csa

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ATTRIBUTES", "CSA", "DIFFUSION", "csa_facts", "facts"]

DIFFUSION = Rule(
    "siemens-diffusion",
    "b-values and gradient directions, in the patient's frame",
    "(0019,xx0C), (0019,xx0E), (0029,xx10)",
    "Siemens conformance statements; NA-MIC wiki, DTI: DICOM for DWI and DTI",
)
ATTRIBUTES = (
    Attribute("SiemensB", (0x0019100C,), "IS", "SIEMENS MR HEADER"),
    Attribute("SiemensGradient", (0x0019100E,), "FD", "SIEMENS MR HEADER"),
    Attribute("SiemensDirectionality", (0x0019100D,), "CS", "SIEMENS MR HEADER"),
    Attribute("SiemensCoil", (0x0051100F,), "LO", "SIEMENS MR HEADER"),
    Attribute("InterpretedCoil", (0x0021114F,), "LO", "SIEMENS MR SDI 02"),
)
CSA = (Attribute("ImageCSA", (0x00291010,), "OB", "SIEMENS CSA HEADER"),)


def facts(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    """Give what the private attributes tell of one file."""
    found: dict[str, Any] = {}
    coil = values.get("SiemensCoil") or values.get("InterpretedCoil")
    if coil:
        found["Coil"] = coil
    if not values.get("SiemensB"):
        return found, ()
    found["DiffusionBValue"] = values["SiemensB"][0]
    gradient = values.get("SiemensGradient")
    if gradient and len(gradient) == 3:
        found["DiffusionGradientOrientation"] = tuple(gradient)
    if values.get("SiemensDirectionality"):
        found["DiffusionDirectionality"] = values["SiemensDirectionality"]
    return found, (DIFFUSION,)


def csa_facts(data: bytes) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    """Give what the CSA image header tells of diffusion."""
    try:
        header = parse_csa(data)
    except MalformedError:
        return {}, ()
    b_value = numbers(header, "B_value")
    if not b_value:
        return {}, ()
    found: dict[str, Any] = {"DiffusionBValue": b_value[0]}
    gradient = numbers(header, "DiffusionGradientDirection")
    if len(gradient) == 3:
        found["DiffusionGradientOrientation"] = gradient
    return found, (DIFFUSION,)
