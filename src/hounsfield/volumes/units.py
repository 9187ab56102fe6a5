"""Units of rescaled values (PS3.3 C.11.1.1.2, C.8.9.1.1.3, C.8.8.3.4.1)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["unit_of"]

# Rescale Type (0028,1054) and Units (0054,1001), as people write them.
_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "HU": "HU",
        "BQML": "Bq/mL",
        "CNTS": "counts",
        "CPS": "counts/s",
        "GML": "g/mL",
        "CM2ML": "cm2/mL",
        "PROPCNTS": "counts (proportional)",
        "PROPCPS": "counts/s (proportional)",
        "PCNT": "%",
        "MGMINML": "mg/min/mL",
        "UMOLMINML": "umol/min/mL",
        "MLMING": "mL/min/g",
        "MLG": "mL/g",
        "1CM": "1/cm",
        "UMOLML": "umol/mL",
        "GY": "Gy",
        "RELATIVE": "relative",
        "MGML": "mg/mL",
        "Z_EFF": "effective atomic number",
        "ED": "10^23 electrons/mL",
        "EDW": "N electrons/mL relative to water",
        "OD": "optical density x 1000",
    }
)
_NO_UNIT = ("US", "NONE", "UNSPECIFIED", "normalized")


def unit_of(*, modality: str, rescale_type: str, units: str, image_type: str, rescaled: bool) -> str:
    """Name the unit of rescaled values.

    Parameters
    ----------
    modality, rescale_type, units, image_type : str
        (0008,0060), (0028,1054), (0054,1001), (0008,0008).
    rescaled : bool
        Whether there is a slope and intercept at all.

    Returns
    -------
    str
        Empty where nothing is said about it.

    Examples
    --------
    >>> unit_of(modality="PT", rescale_type="", units="BQML", image_type="", rescaled=True)
    'Bq/mL'
    """
    if units:
        return _UNITS.get(units, units)
    if rescale_type and rescale_type not in _NO_UNIT:
        return _UNITS.get(rescale_type, rescale_type)
    # CT Image Storage: HU unless it says otherwise (PS3.3 C.8.2.1.1.2); localizers say nothing of the kind.
    if modality == "CT" and rescaled and not rescale_type and "LOCALIZER" not in image_type:
        return "HU"
    return ""
