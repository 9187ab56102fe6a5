"""GE MR: complex component, b-value, and gradients in the scanner's logical frame (frequency, phase, slice).

Sources: GE conformance statements (private data dictionary of GEMS_PARM_01 and GEMS_ACQU_01); for the signs of the
logical frame, the notes of dcm2niix on GE (after J. Shin and X. Li), valid for axial slices and only likely for others.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.vendors.logical import from_logical
from hounsfield.volumes.vendors.private import UNOWNED, Attribute
from hounsfield.volumes.vendors.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ATTRIBUTES", "COMPONENT", "DIFFUSION", "DIFFUSION_LIKELY", "DIFFUSION_UNOWNED", "facts"]

COMPONENT = Rule(
    "ge-component",
    "0 magnitude, 1 phase, 2 real, 3 imaginary",
    "(0043,xx2F)",
    "GE conformance statement, GEMS_PARM_01",
)
DIFFUSION = Rule(
    "ge-diffusion",
    "b-value modulo 10^5, gradient from frequency, phase and slice to the patient's frame",
    "(0043,xx39), (0019,xxBB), (0019,xxBC), (0019,xxBD), (0018,1312)",
    "GE conformance statement; notes of dcm2niix on GE",
)
DIFFUSION_LIKELY = DIFFUSION._replace(
    name="ge-diffusion-likely",
    text=f"{DIFFUSION.text}, in a plane or with phase encoding for which the signs are only likely",
    confirmed=False,
)
DIFFUSION_UNOWNED = DIFFUSION._replace(
    name="ge-diffusion-unowned",
    text=f"{DIFFUSION.text}, from blocks whose private creators have been removed",
    confirmed=False,
)
ATTRIBUTES = (
    Attribute("GEComponent", (0x0043102F,), "SS", "GEMS_PARM_01"),
    Attribute("GEB", (0x00431039,), "IS", "GEMS_PARM_01", customary=True),
    Attribute("GEX", (0x001910BB,), "DS", "GEMS_ACQU_01", customary=True),
    Attribute("GEY", (0x001910BC,), "DS", "GEMS_ACQU_01", customary=True),
    Attribute("GEZ", (0x001910BD,), "DS", "GEMS_ACQU_01", customary=True),
)
_COMPONENTS: Mapping[int, str] = MappingProxyType({0: "magnitude", 1: "phase", 2: "real", 3: "imaginary"})
# Newer software adds 10^9 to the b-value; none is larger than this.
_OFFSET = 100_000


def facts(values: Mapping[str, Any], orientation: Sequence[float] | None) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    """Give what the private attributes tell of one file."""
    found: dict[str, Any] = {}
    rules: list[Rule] = []
    component = values.get("GEComponent")
    if component and int(component[0]) in _COMPONENTS:
        found["Component"] = _COMPONENTS[int(component[0])]
        rules.append(COMPONENT)
    logical = tuple(values[name][0] for name in ("GEX", "GEY", "GEZ") if values.get(name))
    if values.get("GEB") and len(logical) == 3:
        found["DiffusionBValue"] = values["GEB"][0] % _OFFSET
        turned = from_logical(logical, orientation, str(values.get("PhaseEncodingAxis"))) if orientation else None
        if turned is not None:
            found["DiffusionGradientOrientation"] = turned.vector
        if found["DiffusionBValue"]:
            sure = DIFFUSION_UNOWNED if UNOWNED in values else DIFFUSION
            rules.append(sure if turned is None or turned.sure else DIFFUSION_LIKELY)
    return found, tuple(rules)
