"""Canon (before: Toshiba) MR: diffusion in Image Comments, with gradients in the image's frame.

Toshiba software stated b-value and gradient in public attributes; Canon software writes ``b=1500(0.445,0.000,0.895)``
into (0020,4000). Source: the notes of dcm2niix on Canon.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.geometry import normal_of
from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ATTRIBUTES", "DIFFUSION", "facts"]

DIFFUSION = Rule(
    "canon-diffusion",
    "b-value and gradient (in the image's frame) from the comment b=1500(x,y,z)",
    "(0020,4000)",
    "notes of dcm2niix on Canon",
)
ATTRIBUTES = (Attribute("Comments", (0x00204000,), "LT"),)
_COMMENT = re.compile(r"b=([\d.]+)(?:\(([-+\d.]+),([-+\d.]+),([-+\d.]+)\))?")


def facts(values: Mapping[str, Any], orientation: Sequence[float] | None) -> tuple[dict[str, Any], tuple[Rule, ...]]:
    """Give what the comment tells of one file."""
    match = _COMMENT.search(str(values.get("Comments", "")))
    if match is None:
        return {}, ()
    found: dict[str, Any] = {"DiffusionBValue": float(match[1])}
    if match[2] is not None and orientation is not None:
        across, down, through = (float(part) for part in match.group(2, 3, 4))
        x, y, normal = orientation[:3], orientation[3:], normal_of(orientation)
        if across or down or through:
            found["DiffusionGradientOrientation"] = tuple(
                across * a + down * b + through * c for a, b, c in zip(x, y, normal, strict=True)
            )
    return found, (DIFFUSION,)
