"""Philips MR, single-frame: private diffusion, and which of three scalings gives physical values.

With stored value R, rescale slope RS and intercept RI, and private scale slope SS: displayed D = R RS + RI, precise
P = D / (RS SS). Only the precise values are comparable between images of a patient. Sources: Philips conformance
statements; Chenevert et al., Errors in quantitative image analysis due to platform-dependent image scaling,
Transl Oncol 2014 (PMC3998685).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.volumes.plane import Plane

__all__ = ["ATTRIBUTES", "DIFFUSION", "ORDER", "PRECISE", "facts", "precise", "rules_of", "scaled"]

PRECISE = Rule(
    "philips-precise-scaling",
    "values are (stored x RS + RI) / (RS x SS), comparable between images",
    "(2005,xx0E), (0028,1053), (0028,1052)",
    "Philips conformance statements; Chenevert et al. 2014 (PMC3998685)",
)
DIFFUSION = Rule(
    "philips-diffusion",
    "b-value and gradient in the patient's frame",
    "(2001,xx03), (2005,xxB0), (2005,xxB1), (2005,xxB2)",
    "Philips conformance statements",
)
ORDER = Rule(
    "philips-volume-order",
    "diffusion by the number of its acquisition, else by b-value and gradient number; spin labeling by dynamic, then "
    "control before label, then phase; where instances do not follow each other volume by volume",
    "(2005,xx96), (2005,xx12), (2005,xx13), (2005,xx29), (2001,xx08), (0020,0100)",
    "notes of dcm2niix, issues 533 and 546; fixtures that it reads alike",
)
_DD1, _MR1 = "Philips Imaging DD 001", "Philips MR Imaging DD 001"
_MR5, _MR6 = "Philips MR Imaging DD 005", "Philips MR Imaging DD 006"
ATTRIBUTES = (
    Attribute("PhilipsB", (0x20011003,), "FL", _DD1),
    Attribute("PhilipsDirection", (0x20011004,), "CS", _DD1),
    Attribute("PhilipsX", (0x200510B0,), "FL", _MR1),
    Attribute("PhilipsY", (0x200510B1,), "FL", _MR1),
    Attribute("PhilipsZ", (0x200510B2,), "FL", _MR1),
    Attribute("PhilipsScale", (0x2005100E,), "FL", _MR1),
    Attribute("PhilipsPhase", (0x20011008,), "IS", _DD1),
    Attribute("PhilipsBNumber", (0x20051012,), "IS", _MR5),
    Attribute("PhilipsGradient", (0x20051013,), "IS", _MR5),
    Attribute("PhilipsLabel", (0x20051029,), "CS", _MR5),
    Attribute("PhilipsVolume", (0x20051096,), "IS", _MR6),
    Attribute("PhilipsTime", (0x00200100,), "IS"),
    Attribute("RealWorldSlope", (0x00409096, 0x00409225), "FD"),
    Attribute("RealWorldIntercept", (0x00409096, 0x00409224), "FD"),
)
# First letters of MR Image Label Type: CONTROL, LABEL.
_LABELS = ("C", "L")
# Values of (2001,1004) that mean no direction.
_ISOTROPIC = ("I", "ISOTROPIC", "N", "NONE")


def facts(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    """Give what the private attributes tell of one file."""
    weighting, rules = _diffusion(values)
    number = _volume(values)
    if number is not None:
        return {**weighting, "VolumeOrder": number}, (*rules, ORDER)
    return weighting, rules


def _volume(values: Mapping[str, Any]) -> tuple[int, ...] | None:
    """Give numbers by which volumes of single-frame images are ordered, the slowest first."""
    names = ("PhilipsTime", "PhilipsVolume", "PhilipsPhase", "PhilipsBNumber", "PhilipsGradient")
    time, volume, phase, weighting, gradient = (int(values[name][0]) if values.get(name) else 0 for name in names)
    label = str(values.get("PhilipsLabel", "")).strip().upper()[:1]
    if volume > 0:
        return (time, volume)
    if label in _LABELS:
        return (time, _LABELS.index(label), phase)
    return (time, weighting, gradient) if weighting > 0 else None


def _diffusion(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    found: dict[str, Any] = {}
    if not values.get("PhilipsB") or values["PhilipsB"][0] < 0:
        return found, ()
    found["DiffusionBValue"] = values["PhilipsB"][0]
    vector = tuple(values[name][0] for name in ("PhilipsX", "PhilipsY", "PhilipsZ") if values.get(name))
    direction = str(values.get("PhilipsDirection", "")).upper()
    if len(vector) == 3 and any(vector):
        found["DiffusionGradientOrientation"] = vector
    elif found["DiffusionBValue"] > 0 and (len(vector) == 3 or direction in _ISOTROPIC):
        found["DiffusionDirectionality"] = "ISOTROPIC"
    return found, (DIFFUSION,)


def precise(slope: float, intercept: float, scale: float) -> tuple[float, float]:
    """Give slope and intercept of the precise values.

    Examples
    --------
    >>> precise(2.0, 4.0, 0.5)
    (2.0, 4.0)
    """
    return 1.0 / scale, intercept / (slope * scale)


def scaled(plane: Plane, values: Mapping[str, Any]) -> tuple[Plane, tuple[Rule, ...]]:
    """Choose the scaling of a plane: precise where the file states it, otherwise as displayed.

    All that there are, real-world values too, stay in the fact ``Scalings`` by name, so that another can be asked for.
    """
    scalings = {"display": (plane.slope, plane.intercept)}
    scale = values.get("PhilipsScale")
    if scale and scale[0] > 0 and plane.slope:
        scalings["precise"] = precise(plane.slope, plane.intercept, scale[0])
    real = values.get("RealWorldSlope")
    if real and real[0]:
        scalings["real-world"] = (real[0], (values.get("RealWorldIntercept") or (0.0,))[0])
    slope, intercept = scalings.get("precise", scalings["display"])
    plane = replace(plane, slope=slope, intercept=intercept, facts={**plane.facts, "Scalings": scalings})
    return plane, rules_of(scalings)


def rules_of(scalings: Mapping[str, tuple[float, float]]) -> tuple[Rule, ...]:
    """Say which rule the choice among these scalings takes."""
    return (PRECISE,) if "precise" in scalings else ()
