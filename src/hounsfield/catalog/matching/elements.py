"""Attributes and their values as the JSON of DICOM has them (PS3.18 F)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from hounsfield.standard.dictionary import attribute

__all__ = ["known", "value_of"]

_NUMBERS = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"})
_WHOLE = frozenset({"IS", "SL", "SS", "UL", "US"})
_SINGLE = frozenset({"LT", "ST", "UR", "UT"})
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


@lru_cache(maxsize=512)
def known(keyword: str) -> tuple[str, str] | None:
    """Give the tag, as in JSON, and the VR of an attribute."""
    found = attribute(keyword)
    if found is None:
        return None
    tag = "".join(digit for digit in found.tag if digit.isalnum())
    return tag.upper(), found.vr.split(" ", 1)[0]


def value_of(vr: str, value: Any) -> dict[str, Any]:
    """Write a value of the catalog as JSON."""
    if value is None or value == "":
        return {"vr": vr}
    parts = [value] if not isinstance(value, str) or vr in _SINGLE else value.split("\\")
    if vr == "PN":
        return {"vr": vr, "Value": [_name(str(part)) for part in parts]}
    if vr in _NUMBERS:
        numbers = [_number(part, whole=vr in _WHOLE) for part in parts]
        return {"vr": vr, "Value": numbers} if None not in numbers else {"vr": vr}
    return {"vr": vr, "Value": [str(part) for part in parts]}


def _name(text: str) -> dict[str, str]:
    return {group: part for group, part in zip(_GROUPS, text.split("="), strict=False) if part}


def _number(value: Any, *, whole: bool) -> float | int | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(found):
        return None
    return int(found) if whole or found.is_integer() else found
