"""Canon (before: Toshiba) MR: diffusion in Image Comments, with gradients in the scanner's logical frame.

Toshiba software states b-value and gradient in public attributes, in the patient's frame; Canon software writes
``b=1500(0.445,0.000,0.895)`` into (0020,4000), as (phase, frequency, slice), and public gradients of its own are in the
logical frame too. Source: the notes of dcm2niix on Canon, and what it makes of such files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.vendors.logical import from_logical
from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ATTRIBUTES", "DIFFUSION", "facts"]

DIFFUSION = Rule(
    "canon-diffusion",
    "b-value and gradient (phase, frequency, slice) from the comment b=1500(x,y,z)",
    "(0020,4000), (0018,9089), (0018,1312)",
    "notes of dcm2niix on Canon",
)
ATTRIBUTES = (Attribute("Comments", (0x00204000,), "LT"),)
_COMMENT = re.compile(r"b=([\d.]+)(?:\(([-+\d.]+),([-+\d.]+),([-+\d.]+)\))?")


def facts(values: Mapping[str, Any], orientation: Sequence[float] | None) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    """Give what the comment tells of one file."""
    axis = str(values.get("PhaseEncodingAxis"))
    match = _COMMENT.search(str(values.get("Comments", "")))
    if match is None:
        return _public(values, orientation, axis)
    found: dict[str, Any] = {"DiffusionBValue": float(match[1])}
    if match[2] is not None and orientation is not None:
        phase, frequency, through = (float(part) for part in match.group(2, 3, 4))
        turned = from_logical((frequency, phase, through), orientation, axis)
        if turned is not None:
            found["DiffusionGradientOrientation"] = turned.vector
    return found, (DIFFUSION,)


def _public(
    values: Mapping[str, Any], orientation: Sequence[float] | None, axis: str
) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    gradient = values.get("Gradient") or values.get("NestedGradient")
    if gradient is None or len(gradient) != 3 or orientation is None:
        return {}, ()
    turned = from_logical(gradient, orientation, axis)
    return ({"DiffusionGradientOrientation": turned.vector if turned else None}, (DIFFUSION,))
