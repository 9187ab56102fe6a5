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
    keys: dict[str, str] = {}
    include: list[str] = []
    fuzzy, limit, offset = False, _MOST, 0
    for name, value in given:
        if name == "includefield":
            include += ["all" if one == "all" else _keyword(one) for one in value.split(",") if one.strip()]
        elif name == "fuzzymatching":
            fuzzy = value.lower() == "true"
        elif name == "limit":
            limit = min(_whole(name, value), _MOST)
        elif name == "offset":
            offset = _whole(name, value)
        elif name != "orderby":
            keys[_keyword(name)] = value
    supported = tuple(one for one in include if one == "all" or "." not in one)
    return Query(level, keys | above, supported, fuzzy=fuzzy, limit=limit, offset=offset)


def _whole(name: str, value: str) -> int:
    if not value.isdigit():
        raise UsageError(f"{name} is a number, not {value!r:.40}")
    return int(value)


def _keyword(name: str) -> str:
    """Give the keyword that a parameter names, by itself or by its tag; of a path, that of its first part."""
    first = name.strip().split(".", 1)[0]
    tag = parse_tag(first)
    found = attribute(first) if tag is None else attribute(tag)
    if found is None or not found.keyword:
        raise UsageError(f"there is no attribute {first!r:.60}", hint="Attributes are keywords or tags of 8 digits.")
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
