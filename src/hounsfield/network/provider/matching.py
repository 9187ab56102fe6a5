"""Whether one data set is what an identifier asks for, and the answer made of it (PS3.4 C.2.2.2).

For worklists and other small sets that are held in memory; what is in a database is matched there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.catalog.matching.wildcards import glob

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom import DataElement, Dataset

__all__ = ["answer", "matches", "within_pairs"]

_RANGED = frozenset({"DA", "TM", "DT"})
_NUMBERS = frozenset({"IS", "DS", "US", "SS", "UL", "SL", "UV", "SV", "FL", "FD"})
_ENDS = {"DA": ("00000000", "99999999"), "TM": ("000000.000000", "235960.999999"), "DT": ("0" * 21, "9" * 21)}
# Of the query itself, not of what it asks for.
_CONTROL = frozenset({"QueryRetrieveLevel", "SpecificCharacterSet", "TimezoneOffsetFromUTC"})


def matches(found: Dataset, identifier: Dataset, *, combined: bool = False) -> bool:
    """Whether a data set matches every key of an identifier.

    Parameters
    ----------
    found : Dataset
        What there is.
    identifier : Dataset
        What is asked for.
    combined : bool
        A range of dates and one of times are one range of moments (PS3.4 C.2.2.2.5.1).
    """
    together = _pairs(identifier) if combined else []
    for date, time in together:
        if not _within_both(found, identifier, date, time):
            return False
    passed = {keyword for pair in together for keyword in pair}
    return all(_one(found, key) for key in identifier if key.keyword not in passed and key.keyword not in _CONTROL)


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


def within_pairs(identifier: Dataset) -> tuple[frozenset[str], Callable[[Dataset], bool]]:
    """Return the dates and times that are asked for as one range, and whether a data set lies within."""
    together = _pairs(identifier)

    def within(found: Dataset) -> bool:
        return all(_within_both(found, identifier, *pair) for pair in together)

    return frozenset(keyword for pair in together for keyword in pair), within


def _one(found: Dataset, key: DataElement) -> bool:
    there: Any = found.get(key.tag)
    if key.VR == "SQ":
        items = list(there.value) if there is not None and there.VR == "SQ" else []
        asked = [item for item in key.value or [] if _restricts(item)]
        return all(any(matches(item, one) for item in items) for one in asked)
    wanted = _texts(key.value)
    if not any(wanted) or wanted == ["*"]:
        return True
    # Attributes that are not known match only universally (PS3.4 C.2.2.2.3).
    values = [text for text in _texts(there.value) if text] if there is not None else []
    return any(_value(key.VR, one, value) for one in wanted for value in values)


def _restricts(identifier: Dataset) -> bool:
    return any(_restricts(item) for key in identifier if key.VR == "SQ" for item in key.value or []) or any(
        any(_texts(key.value)) for key in identifier if key.VR != "SQ"
    )


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue":
        return [str(one).strip(" \0") for one in value]
    return [str(value).strip(" \0")]


def _value(vr: str, wanted: str, value: str) -> bool:
    if vr in _RANGED:
        return _in_range(vr, wanted, value)
    if vr == "PN":
        return glob(wanted.rstrip("^").casefold(), value.rstrip("^").casefold()) or glob(
            wanted.casefold(), value.casefold()
        )
    if vr == "UI":
        return wanted == value
    if vr in _NUMBERS:
        try:
            return float(wanted) == float(value)
        except ValueError:
            return wanted == value
    return glob(wanted, value)


def _in_range(vr: str, wanted: str, value: str) -> bool:
    moment = _padded(vr, value, 0)
    first, last = _bounds(vr, wanted)
    # A time or moment without its last parts is all of them: 10 is from 10:00:00 to 10:59:59.
    return first <= moment <= last


def _bounds(vr: str, wanted: str) -> tuple[str, str]:
    if "-" not in wanted or (vr == "DT" and wanted[-5:-4] == "-" and wanted.count("-") == 1 and len(wanted) > 9):
        return _padded(vr, wanted, 0), _padded(vr, wanted, 1)
    first, _, last = wanted.partition("-")
    return (
        _padded(vr, first, 0) if first else _ENDS[vr][0],
        _padded(vr, last, 1) if last else _ENDS[vr][1],
    )


def _padded(vr: str, value: str, end: int) -> str:
    """Fill what a value leaves out, so that texts compare as moments do."""
    plain = value.strip().replace(":", "").replace(".", "" if vr == "DA" else ".")
    whole = _ENDS[vr][end]
    if vr == "DT":
        plain = plain.split("+")[0].replace(".", "")
    return plain[: len(whole)] + whole[len(plain) :]


def _pairs(identifier: Dataset) -> list[tuple[str, str]]:
    """Dates and times that are asked for together, both as ranges."""
    found = []
    for key in identifier:
        name = key.keyword
        if key.VR == "DA" and name.endswith("Date") and f"{name[:-4]}Time" in identifier:
            both = [(_texts(identifier[one].value) or [""])[0] for one in (name, f"{name[:-4]}Time")]
            if all("-" in one for one in both):
                found.append((name, f"{name[:-4]}Time"))
    return found


def _within_both(found: Dataset, identifier: Dataset, date: str, time: str) -> bool:
    day, clock = ((_texts(found.get(name)) or [""])[0] for name in (date, time))
    if not day:
        return False
    days = _bounds("DA", _texts(identifier[date].value)[0])
    clocks = _bounds("TM", _texts(identifier[time].value)[0])
    moment = _padded("DA", day, 0) + _padded("TM", clock, 0)
    return days[0] + clocks[0] <= moment <= days[1] + clocks[1]
