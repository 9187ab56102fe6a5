"""Searching as DICOMweb has it: addresses to queries, answers as JSON (PS3.18 8.3.4, 10.6)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.matching import Query, find
from hounsfield.errors import UsageError
from hounsfield.standard.dictionary import attribute, parse_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hounsfield.catalog.catalog import Catalog
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
    """Answer a search; each answer says where to retrieve it.

    A range of dates and one of times are one range of moments, as it is for all of DICOMweb (PS3.18 8.3.4.1,
    PS3.4 C.2.2.2.5).
    """
    with library.catalog() as catalog:
        answers = _moments(catalog, query) if _together(query) else find(catalog, query)
        return [answer | {_URL: {"vr": "UR", "Value": [_place(answer, base)]}} for answer in answers]


def _together(query: Query) -> bool:
    return any(
        keyword.endswith("Date") and "-" in value and query.keys.get(f"{keyword[:-4]}Time", "").strip("* ")
        for keyword, value in query.keys.items()
    )


def _moments(catalog: Catalog, query: Query) -> Iterator[dict[str, Any]]:
    """Give the answers that lie between two moments; the dates alone are looked up, the times are compared here."""
    from pydicom import DataElement, Dataset
    from pydicom.config import IGNORE
    from pydicom.datadict import tag_for_keyword

    from hounsfield.network.provider.matching import within_pairs

    identifier = Dataset()
    for keyword, value in query.keys.items():
        if keyword.endswith(("Date", "Time")):
            kind = "DA" if keyword.endswith("Date") else "TM"
            identifier.add(DataElement(tag_for_keyword(keyword) or 0, kind, value, validation_mode=IGNORE))
    passed, within = within_pairs(identifier)
    times = {keyword: "" for keyword in passed if keyword.endswith("Time")}
    # Times that are none are refused as they are by themselves.
    list(find(catalog, replace(query, keys={name: query.keys[name] for name in times}, limit=1, offset=0)))
    wider = replace(query, keys={**query.keys, **times}, limit=None, offset=0)
    found = (answer for answer in find(catalog, wider) if within(Dataset.from_json(answer)))
    return islice(found, query.offset, None if query.limit is None else query.offset + query.limit)


def _place(answer: dict[str, Any], base: str) -> str:
    place = base
    for level, tag in (("studies", "0020000D"), ("series", "0020000E"), ("instances", "00080018")):
        value = answer.get(tag, {}).get("Value")
        if value:
            place = f"{place}/{level}/{value[0]}"
    return place
