"""Whether a whole header is what keys ask for (PS3.4 C.2.2.2), nested ones too; headers are DICOM JSON (PS3.18 F)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.catalog.matching.elements import known
from hounsfield.catalog.matching.names import name_matches
from hounsfield.catalog.matching.values import alternatives, bounds, is_range, is_universal, padded, value_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Header = Mapping[str, Any]
    Keys = Mapping[str, Any]

__all__ = ["header_matches", "matches_all", "pairs", "texts_of"]


def header_matches(header: Header, keys: Keys, *, fuzzy: bool = False, combined: bool = False) -> bool:
    """Tell whether a header matches every key.

    Parameters
    ----------
    header : mapping
        Tag, as eight digits, and element.
    keys : mapping
        Keyword and value; the keys of an item for an attribute that is a sequence, of which one item must match them
        all.
    fuzzy : bool
        Match names by the beginnings of their words.
    combined : bool
        A range of dates and one of times are one range of moments.

    Raises
    ------
    UsageError
        For a value that means nothing.
    """
    together = pairs(keys) if combined else []
    if not all(_within_both(header, keys, *pair) for pair in together):
        return False
    passed = {keyword for pair in together for keyword in pair}
    return all(_one(header, name, value, fuzzy, combined) for name, value in keys.items() if name not in passed)


def matches_all(keyword: str, value: Any) -> bool:
    """Tell whether a key, or every key of its item, matches everything."""
    if not isinstance(value, str):
        return all(matches_all(name, one) for name, one in value.items())
    return is_universal((known(keyword) or ("", ""))[1], value)


def pairs(keys: Keys) -> list[tuple[str, str]]:
    """Give the dates and times that are asked for together, both as ranges (PS3.4 C.2.2.2.5)."""
    found = []
    for name, value in keys.items():
        other = f"{name[:-4]}Time"
        if not name.endswith("Date") or not isinstance(value, str) or not isinstance(keys.get(other), str):
            continue
        if is_range(value) and is_range(keys[other]):
            found.append((name, other))
    return found


def _one(header: Header, keyword: str, value: Any, fuzzy: bool, combined: bool) -> bool:  # noqa: FBT001 - of all keys
    tag, vr = known(keyword) or ("", "")
    there = header.get(tag)
    if not isinstance(value, str):
        if matches_all(keyword, value):
            return True
        items = there.get("Value", []) if isinstance(there, dict) and there.get("vr") == "SQ" else []
        asked = {"fuzzy": fuzzy, "combined": combined}
        return any(isinstance(item, dict) and header_matches(item, value, **asked) for item in items)
    if is_universal(vr, value):
        return True
    wanted = alternatives(vr, value)
    if vr == "PN":
        return any(name_matches(text, one, fuzzy=fuzzy) for one in wanted for text in texts_of(there))
    return any(value_matches(vr, one, text) for one in wanted for text in texts_of(there))


def texts_of(element: Any) -> list[str]:
    """Give the values of an element as text; names with all their groups."""
    values = element.get("Value", []) if isinstance(element, dict) else []
    return [text for text in map(_text, values) if text]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        groups = [str(value.get(one) or "") for one in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(groups).rstrip("=")
    return "" if value is None else str(value).strip(" \0")


def _within_both(header: Header, keys: Keys, date: str, time: str) -> bool:
    days, clocks = _first(header, date), _first(header, time)
    (day, last_day), (clock, last_clock) = bounds("DA", keys[date]), bounds("TM", keys[time])
    moment = padded("DA", days) + padded("TM", clocks)
    return bool(days) and day + clock <= moment <= last_day + last_clock


def _first(header: Header, keyword: str) -> str:
    found: Iterable[str] = texts_of(header.get((known(keyword) or ("", ""))[0]))
    return next(iter(found), "")
