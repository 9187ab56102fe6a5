"""Searching as DICOMweb has it: addresses to queries, answers as JSON (PS3.18 8.3.4, 10.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.catalog.matching import Query, find
from hounsfield.errors import UsageError
from hounsfield.standard.dictionary import attribute, parse_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.server.library import Library

__all__ = ["query_of", "search"]

_URL = "00081190"
# Answers to clients that ask for no limit.
_MOST = 100_000
_DEEPEST = 16


def query_of(level: str, given: Iterable[tuple[str, str]], above: dict[str, str]) -> Query:
    """Read the parameters of a search.

    Parameters
    ----------
    level : {'study', 'series', 'instance'}
        What is looked for.
    given : iterable of (str, str)
        Parameters of the address.
    above : dict
        UIDs that the path names, by keyword.

    Raises
    ------
    UsageError
        For an attribute that there is none of, or a number that is none.
    """
    keys: dict[str, Any] = {}
    include: list[str] = []
    fuzzy, limit, offset = False, _MOST, 0
    for name, value in given:
        if name == "includefield":
            include += ["all" if one == "all" else _path(one)[0] for one in value.split(",") if one.strip()]
        elif name == "fuzzymatching":
            fuzzy = value.lower() == "true"
        elif name == "limit":
            limit = min(_whole(name, value), _MOST)
        elif name == "offset":
            offset = _whole(name, value)
        elif name != "orderby":
            _add(keys, _path(name), value)
    # Dates and times are one range of moments, as in all of DICOMweb (PS3.18 8.3.4.1).
    return Query(level, keys | above, tuple(include), fuzzy=fuzzy, combined=True, limit=limit, offset=offset)


def _add(keys: dict[str, Any], path: list[str], value: str) -> None:
    """Add a key; of an attribute in a sequence, to the keys of its item."""
    *outer, last = path
    for keyword in outer:
        inner = keys.setdefault(keyword, {})
        if not isinstance(inner, dict):
            raise UsageError(f"{keyword} has a value, and keys within it")
        keys = inner
    if isinstance(keys.get(last), dict):
        raise UsageError(f"{last} has a value, and keys within it")
    keys[last] = value


def _whole(name: str, value: str) -> int:
    if not value.isdigit():
        raise UsageError(f"{name} is a number, not {value!r:.40}")
    return int(value)


def _path(name: str) -> list[str]:
    """Give the keywords that a parameter names, by themselves or by tags: one, or those of a path in sequences."""
    parts = name.strip().split(".")
    if len(parts) > _DEEPEST:
        raise UsageError(f"a path of {len(parts):,} parts is too deep")
    return [_keyword(part) for part in parts]


def _keyword(name: str) -> str:
    tag = parse_tag(name)
    found = attribute(name) if tag is None else attribute(tag)
    if found is None or not found.keyword:
        raise UsageError(f"there is no attribute {name!r:.60}", hint="Attributes are keywords or tags of 8 digits.")
    return found.keyword


def search(library: Library, query: Query, base: str) -> list[dict[str, Any]]:
    """Answer a search; each answer says where to retrieve it."""
    with library.catalog() as catalog:
        return [answer | {_URL: {"vr": "UR", "Value": [_place(answer, base)]}} for answer in find(catalog, query)]


def _place(answer: dict[str, Any], base: str) -> str:
    place = base
    for level, tag in (("studies", "0020000D"), ("series", "0020000E"), ("instances", "00080018")):
        value = answer.get(tag, {}).get("Value")
        if value:
            place = f"{place}/{level}/{value[0]}"
    return place
