"""GE's sequence epi_pepolar: volumes of both polarities of phase encoding in one series, some with reversed rows.

Images of reversed polarity are stored with their rows in reverse, and their headers do not say it. Here their first row
is put where it was measured: pixels stay as they are stored, and with the geometry turns what lies along the rows, so
that the polarity which the header states along them holds. Source: issue 532 of dcm2niix, after GE.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.volumes.plane import Plane

__all__ = ["ATTRIBUTES", "RULE", "turned"]

RULE = Rule(
    "ge-pepolar",
    "of epi_pepolar, volumes of reversed polarity are stacks of their own, whose rows are stored in reverse",
    "(0019,xx9C), (0019,xxB3), (0020,0100)",
    "issue 532 of dcm2niix, after GE; fixtures that it reads alike",
)
ATTRIBUTES = (
    Attribute("PulseSequence", (0x0019109C,), "LO", "GEMS_ACQU_01"),
    Attribute("PolarityScheme", (0x001910B3,), "DS", "GEMS_ACQU_01"),
)
_ALL, _ODD, _EVEN = 1, 2, 3


def turned(plane: Plane, values: Mapping[str, Any]) -> tuple[Plane, tuple[Rule, ...]]:
    """Note the polarity of an image, and put its rows where they were measured."""
    if "epi_pepolar" not in str(values.get("PulseSequence", "")) or not values.get("PolarityScheme"):
        return plane, ()
    scheme = int(values["PolarityScheme"][0])
    volume = plane.facts.get("TemporalPositionIdentifier")
    number = int(volume) if isinstance(volume, int | float) and volume > 0 else 0
    odd = number % 2 == 1
    reversed_rows = scheme == _ALL or (number > 0 and ((scheme == _ODD and odd) or (scheme == _EVEN and not odd)))
    if not reversed_rows or plane.position is None or plane.orientation is None or plane.spacing is None:
        polarity = "forward" if scheme in (_ODD, _EVEN) else None
        return replace(plane, facts={**plane.facts, "Polarity": polarity} if polarity else plane.facts), ()
    a, b, c, x, y, z = plane.orientation
    height = (plane.rows - 1) * plane.spacing[0]
    position = tuple(start + height * part for start, part in zip(plane.position, (x, y, z), strict=True))
    made = replace(
        plane,
        position=(position[0], position[1], position[2]),
        orientation=(a, b, c, -x, -y, -z),
        facts={**plane.facts, "Polarity": "reversed"},
    )
    return made, (RULE,)
