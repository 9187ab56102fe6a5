"""What the values of keys mean (PS3.4 C.2.2.2): alternatives, bounds of dates and times, and whether one matches."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from hounsfield.catalog.matching.names import name_matches
from hounsfield.catalog.matching.wildcards import glob
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MOST_LETTERS",
    "NUMBERS",
    "TEXT",
    "TIME",
    "alternatives",
    "bounds",
    "is_range",
    "is_universal",
    "number_of",
    "padded",
    "value_matches",
]

# Wildcards mean something in these (PS3.4 C.2.2.2.4).
TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
NUMBERS = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})
# A backslash divides no values in these (PS3.5 6.2).
_WHOLE = frozenset({"LT", "ST", "UR", "UT"})
MOST_LETTERS = 4096
_MOST_UIDS = 10_000
TIME = "000000.000000"
_ENDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "DA": ("00000000", "99999999"),
        "TM": (TIME, "235960.999999"),
        "DT": ("00000101000000.000000", "99991231235960.999999"),
    }
)
_FORMS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "DA": re.compile(r"\d{8}"),
        "TM": re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?"),
        "DT": re.compile(r"(\d{4}(?:\d{2}(?:\d{2}(?:\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?)?)?)([+-]\d{4})?"),
    }
)
_CALLED: Mapping[str, str] = MappingProxyType({"DA": "date", "TM": "time", "DT": "date and time"})


def is_universal(vr: str, value: str) -> bool:
    """Tell whether a key matches everything (PS3.4 C.2.2.2.3)."""
    value = value.strip()
    return value in ("", "*") or (vr in TEXT and not value.strip("*"))


def is_range(value: str) -> bool:
    """Tell whether a date or a time is a range of them."""
    return "-" in value


def alternatives(vr: str, value: str) -> list[str]:
    """Give the values of a key, of which one must match.

    Raises
    ------
    UsageError
        For too long a value, or too long a list.
    """
    value = value.strip(" \0")
    if vr == "UI":
        listed = [one.strip(" \0") for part in value.split("\\") for one in part.split(",") if one.strip(" \0")]
        if len(listed) > _MOST_UIDS:
            raise UsageError(f"{len(listed):,} UIDs are too many to look for at once")
        return listed
    if len(value) > MOST_LETTERS:
        raise UsageError(f"a value of {len(value):,} letters is too long to look for")
    if vr in _WHOLE:
        return [value]
    return [part for one in value.split("\\") if (part := one.strip(" \0"))]


def bounds(vr: str, value: str) -> tuple[str, str]:
    """Give the first and the last date, time or moment that a key asks for, so that texts compare as moments do.

    Raises
    ------
    UsageError
        When it is none, and no range of them.
    """
    if vr == "DT":
        return _moments(value)
    # Dates of old have dots, times colons; so do people's.
    said = value.replace(".", "", 4) if vr == "DA" else value.replace(":", "")
    first, dash, last = (part.strip() for part in said.partition("-"))
    if not (first or last) or any(part and not _FORMS[vr].fullmatch(part) for part in (first, last)):
        raise _no_range(vr, value)
    if not dash:
        last = first
    return padded(vr, first), padded(vr, last, last=True)


def _no_range(vr: str, value: str) -> UsageError:
    return UsageError(f"{value!r:.40} is no {_CALLED[vr]} and no range of them")


def padded(vr: str, value: str, *, last: bool = False) -> str:
    """Fill what a date or a time leaves out with the first, or the last, that it can be."""
    whole = _ENDS[vr][last]
    said = value.strip(" \0").replace(".", "") if vr == "DA" else value.strip(" \0").replace(":", "")
    return said[: len(whole)] + whole[len(said) :]


def _moments(value: str) -> tuple[str, str]:
    """Divide a range of moments, in whose parts a sign may begin the distance from UTC."""
    said = value.strip()
    if found := _FORMS["DT"].fullmatch(said):
        return _moment(found), _moment(found, last=True)
    for place in (at for at, letter in enumerate(said) if letter == "-"):
        first, last = said[:place].strip(), said[place + 1 :].strip()
        ends = [_FORMS["DT"].fullmatch(part) if part else None for part in (first, last)]
        if (first or last) and all(end or not part for end, part in zip(ends, (first, last), strict=True)):
            lower, upper = ends
            return (
                _moment(lower) if lower else _ENDS["DT"][0],
                _moment(upper, last=True) if upper else _ENDS["DT"][1],
            )
    raise _no_range("DT", value)


def _moment(found: re.Match[str], *, last: bool = False) -> str:
    """Give a moment in UTC where it says how far it is from there, otherwise as it stands."""
    import datetime as dt

    whole = _ENDS["DT"][last]
    text = found[1] + whole[len(found[1]) :]
    if found[2] is None:
        return text
    away = int(f"{found[2][0]}1") * (int(found[2][1:3]) * 60 + int(found[2][3:]))
    try:
        second = min(int(text[12:14]), 59)
        moved = dt.datetime.strptime(text[:12], "%Y%m%d%H%M") - dt.timedelta(minutes=away)  # noqa: DTZ007 - it is moved to UTC
    except (ValueError, OverflowError):
        return text
    return f"{moved:%Y%m%d%H%M}{second:02}{text[14:]}"


def number_of(value: object) -> float | None:
    """Give a value as a number, where it is one."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if abs(found) != float("inf") and found == found else None  # noqa: PLR0124 - not a number


def value_matches(vr: str, wanted: str, value: object, *, fuzzy: bool = False) -> bool:
    """Tell whether one value of an attribute is what one value of a key asks for."""
    text = str(value).strip(" \0")
    if vr == "PN":
        return name_matches(text, wanted, fuzzy=fuzzy)
    if vr in _ENDS:
        return _within(vr, wanted, text)
    if vr in NUMBERS:
        number = number_of(wanted)
        return wanted == text or (number is not None and number == number_of(text))
    if vr in TEXT:
        return glob(wanted, text)
    return wanted == text


def _within(vr: str, wanted: str, text: str) -> bool:
    first, last = bounds(vr, wanted)
    if vr != "DT":
        return first <= padded(vr, text) <= last
    found = _FORMS["DT"].fullmatch(text)
    return found is not None and first <= _moment(found) <= last
