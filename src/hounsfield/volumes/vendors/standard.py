"""Public attributes of MR that the catalog does not keep: components, diffusion, encoding (PS3.3 C.8.13)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.vendors.private import Attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ATTRIBUTES", "component_of", "facts"]

ATTRIBUTES = (
    Attribute("Directionality", (0x00189075,), "CS"),
    Attribute("Gradient", (0x00189089,), "FD"),
    Attribute("NestedGradient", (0x00189076, 0x00189089), "FD"),
    Attribute("BValue", (0x00189087,), "FD"),
    Attribute("ComplexImageComponent", (0x00089208,), "CS"),
    Attribute("PhaseEncodingAxis", (0x00181312,), "CS"),
)
# Value of Image Type, third and later; names of Complex Image Component.
_COMPONENTS: Mapping[str, str] = MappingProxyType(
    {
        "P": "phase",
        "PHASE": "phase",
        "PHASE MAP": "phase",
        "VELOCITY": "phase",
        "VELOCITY MAP": "phase",
        "R": "real",
        "REAL": "real",
        "I": "imaginary",
        "IMAGINARY": "imaginary",
    }
)


def component_of(image_type: str, stated: str = "") -> str:
    r"""Tell phase, real and imaginary images from others, which are magnitude or made from it.

    Examples
    --------
    >>> component_of("ORIGINAL\\PRIMARY\\P\\ND")
    'phase'
    >>> component_of("ORIGINAL\\PRIMARY\\M\\ND")
    'magnitude'
    """
    if stated in _COMPONENTS:
        return _COMPONENTS[stated]
    for word in image_type.upper().split("\\")[2:]:
        if word in _COMPONENTS:
            return _COMPONENTS[word]
    return "magnitude"


def facts(values: Mapping[str, Any], image_type: str) -> dict[str, Any]:
    """Give the facts that the standard's own attributes tell."""
    found: dict[str, Any] = {"Component": component_of(image_type, str(values.get("ComplexImageComponent", "")))}
    b_value = values.get("BValue")
    if b_value:
        found["DiffusionBValue"] = b_value[0]
    gradient = values.get("Gradient") or values.get("NestedGradient")
    if gradient and len(gradient) == 3:
        found["DiffusionGradientOrientation"] = tuple(gradient)
    if values.get("Directionality"):
        found["DiffusionDirectionality"] = values["Directionality"]
    return found
