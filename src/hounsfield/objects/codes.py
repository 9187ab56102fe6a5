"""Codes of what is measured (SNOMED CT, DCM, UCUM; PS3.16 CID 218, CID 7469), and back."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.objects.measurement import Quantity

__all__ = ["OWN", "TITLES", "kind_of_code", "name_of_code", "of_kind", "of_quantity"]

# For what no dictionary has: which tool drew something.
OWN = "99HOUNSFIELD"
_Code = tuple[str, str, str]

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "length": "Length",
        "angle": "Angle",
        "cobb": "Cobb angle",
        "bidirectional": "Bidirectional",
        "ellipse": "Ellipse",
        "rectangle": "Rectangle",
        "freehand": "Freehand",
        "polygon": "Polygon",
        "probe": "Probe",
        "arrow": "Arrow",
        "text": "Text",
    }
)
_GEOMETRIC: Mapping[str, _Code] = MappingProxyType(
    {
        "length": ("410668003", "SCT", "Length"),
        "long_axis": ("103339001", "SCT", "Long axis"),
        "short_axis": ("103340004", "SCT", "Short axis"),
        "angle": ("1483009", "SCT", "Angle"),
        "area": ("42798000", "SCT", "Area"),
        "perimeter": ("131191004", "SCT", "Perimeter"),
        "count": ("PIXELCOUNT", OWN, "Number of pixels"),
    }
)
_COBB: _Code = ("285285000", "SCT", "Cobb angle")
_DERIVATIONS: Mapping[str, _Code] = MappingProxyType(
    {
        "mean": ("373098007", "SCT", "Mean"),
        "sd": ("386136009", "SCT", "Standard Deviation"),
        "min": ("255605001", "SCT", "Minimum"),
        "max": ("56851009", "SCT", "Maximum"),
    }
)
# What pixels are values of, by their unit.
_VALUES: Mapping[str, _Code] = MappingProxyType(
    {
        "[hnsf'U]": ("112031", "DCM", "Attenuation Coefficient"),
        "g/ml{SUVbw}": ("126401", "DCM", "SUVbw"),
        "g/ml{SUVlbm}": ("126402", "DCM", "SUVlbm"),
        "cm2/ml{SUVbsa}": ("126403", "DCM", "SUVbsa"),
    }
)
_ANY_VALUE: _Code = ("PIXELVALUE", OWN, "Pixel value")
# What others write for the same.
_ALSO: Mapping[str, str] = MappingProxyType(
    {
        "G-D7FE": "length",
        "121211": "length",
        "G-A185": "long_axis",
        "103339001": "long_axis",
        "G-A186": "short_axis",
        "G-A166": "area",
        "131184002": "area",
        "G-D76D": "angle",
        "285285000": "angle",
        "81827009": "length",
        "M-02550": "length",
        "131190003": "radius",
    }
)
_DERIVED_ALSO: Mapping[str, str] = MappingProxyType(
    {"R-00317": "mean", "R-10047": "sd", "R-404FB": "min", "G-A437": "max"}
)


def of_quantity(quantity: Quantity, kind: str) -> tuple[_Code, _Code | None]:
    """Give the code of a quantity, and of how it is derived."""
    if quantity.name == "angle" and kind == "cobb":
        return _COBB, None
    if quantity.name in _GEOMETRIC:
        return _GEOMETRIC[quantity.name], None
    return _VALUES.get(quantity.unit, _ANY_VALUE), _DERIVATIONS.get(quantity.name)


def of_kind(kind: str) -> _Code:
    """Give the code of what a measurement was drawn with."""
    return kind.upper(), OWN, TITLES[kind]


def kind_of_code(value: str, scheme: str) -> str | None:
    """Give the kind that a code of ours stands for."""
    found = value.lower()
    return found if scheme == OWN and found in TITLES else None


def name_of_code(value: str, derivation: str | None) -> str | None:
    """Give the name of a quantity by its code, and that of its derivation; nothing where it is another."""
    if derivation is not None:
        by_code: dict[Any, str] = {code[0]: name for name, code in _DERIVATIONS.items()}
        return by_code.get(derivation) or _DERIVED_ALSO.get(derivation)
    geometric: dict[Any, str] = {code[0]: name for name, code in _GEOMETRIC.items()}
    found = geometric.get(value) or _ALSO.get(value)
    if found == "radius":
        return None
    if found is None and value in {code[0] for code in (*_VALUES.values(), _ANY_VALUE)}:
        return "value"
    return found
