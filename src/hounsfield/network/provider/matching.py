"""Identifiers of queries as keys, and the answers made for them (PS3.4 C.2.2.2, C.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["answer", "keys_of"]

# Of the query itself, not of what it asks for.
_CONTROL = frozenset({"QueryRetrieveLevel", "RetrieveAETitle", "SpecificCharacterSet", "TimezoneOffsetFromUTC"})
_DEEPEST = 16


def keys_of(identifier: Dataset, *, _depth: int = 0) -> dict[str, Any]:
    """Give the keys of an identifier, as `hounsfield.catalog.matching.Query` takes them.

    A sequence has one item (PS3.4 C.2.2.2.6); of several, the first is taken. Private keys are not supported.
    """
    found: dict[str, Any] = {}
    for key in identifier:
        if not key.keyword or key.keyword in _CONTROL or key.tag.element == 0:
            continue
        if key.VR != "SQ":
            found[key.keyword] = _text(key.value)
        elif key.value and _depth < _DEEPEST:
            found[key.keyword] = keys_of(key.value[0], _depth=_depth + 1)
        else:
            found[key.keyword] = ""
    return found


def answer(found: Dataset, identifier: Dataset) -> Dataset:
    """Return what was asked for, with the values of a data set; what it does not have is empty."""
    from pydicom import DataElement, Dataset

    made = Dataset()
    for key in identifier:
        if key.keyword in _CONTROL or key.tag.element == 0:
            continue
        there: Any = found.get(key.tag)
        if key.VR == "SQ":
            asked = key.value[0] if key.value else None
            items = list(there.value) if there is not None and there.VR == "SQ" else []
            shown = [answer(item, asked) if asked is not None and len(asked) else item for item in items]
            made[key.tag] = DataElement(key.tag, "SQ", shown)
        elif there is not None:
            made[key.tag] = there
        else:
            made[key.tag] = DataElement(key.tag, key.VR, None)
    return made


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue":
        return "\\".join(str(one) for one in value)
    return str(value)
