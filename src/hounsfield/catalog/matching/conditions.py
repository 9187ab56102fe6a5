"""Keys of a query as conditions of SQL (PS3.4 C.2.2.2): values, lists of UIDs, wildcards, ranges, names."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.matching.wildcards import glob
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

__all__ = ["condition", "name_matches", "register"]

# Wildcards mean something in these (PS3.4 C.2.2.2.4).
_TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_LETTER_CASE = frozenset({"PN"})
_RANGES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {"DA": re.compile(r"\d{8}"), "TM": re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")}
)
_MOST_LETTERS, _MOST_UIDS = 4096, 10_000
_MOST_STARS = 3


def register(connection: sqlite3.Connection) -> None:
    """Teach a database to match names."""
    connection.create_function("hu_name", 3, _matches, deterministic=True)
    connection.create_function("hu_glob", 2, _wild, deterministic=True)


def condition(column: str, vr: str, value: str, *, fuzzy: bool = False) -> tuple[str, list[Any]] | None:
    """Give the SQL and the parameters of one key; nothing where it matches everything.

    Parameters
    ----------
    column : str
        SQL of the attribute.
    vr : str
        Its value representation.
    value : str
        As DICOM writes it.
    fuzzy : bool
        Match names by the beginnings of their words.

    Raises
    ------
    UsageError
        For a range or a value that means nothing.
    """
    value = value.strip()
    if value in ("", "*") or (vr in _TEXT and not value.strip("*")):
        return None
    if vr == "UI":
        return _uids(column, value)
    if len(value) > _MOST_LETTERS:
        raise UsageError(f"a value of {len(value):,} letters is too long to look for")
    if vr in _RANGES:
        return _range(column, vr, value)
    if vr == "PN":
        return f"hu_name({column}, ?, ?)", [value, int(fuzzy)]
    if vr in _TEXT and ("*" in value or "?" in value):
        if value.count("*") > _MOST_STARS:
            # SQLite tries every place of every star.
            return f"hu_glob(CAST({column} AS TEXT), ?)", [value]
        return f"CAST({column} AS TEXT) GLOB ?", [value.replace("[", "[[]")]
    try:
        return f"{column} IN (?, ?)", [value, float(value)]
    except ValueError:
        return f"{column} = ?", [value]


def _uids(column: str, value: str) -> tuple[str, list[Any]]:
    listed = [one for part in value.split("\\") for one in part.split(",") if one]
    if len(listed) > _MOST_UIDS:
        raise UsageError(f"{len(listed):,} UIDs are too many to look for at once")
    return f"{column} IN ({', '.join('?' * len(listed))})", list(listed)


def _range(column: str, vr: str, value: str) -> tuple[str, list[Any]]:
    # Dates of old have dots, times colons; so do people's.
    plain = value.replace(".", "", 2) if vr == "DA" else value.replace(":", "")
    first, dash, last = (part.strip() for part in plain.partition("-"))
    for part in (first, last):
        if part and not _RANGES[vr].fullmatch(part):
            raise UsageError(f"{value!r:.40} is no {'date' if vr == 'DA' else 'time'} and no range of them")
    if not dash:
        # A time of few digits is all that begins so.
        return (f"{column} = ?", [first]) if vr == "DA" else (f"{column} GLOB ?", [f"{first}*"])
    tests, values = [f"{column} IS NOT NULL"], []
    if first:
        tests.append(f"{column} >= ?")
        values.append(first)
    if last:
        tests.append(f"{column} <= ?")
        # Everything of the last hour, minute or second is in.
        values.append(last if vr == "DA" else f"{last}~")
    return f"({' AND '.join(tests)})", values


def _matches(value: str | None, pattern: str, fuzzy: int) -> bool:
    return value is not None and name_matches(str(value), pattern, fuzzy=bool(fuzzy))


def _wild(value: str | None, pattern: str) -> bool:
    return value is not None and glob(pattern, str(value))


def name_matches(value: str, pattern: str, *, fuzzy: bool = False) -> bool:
    """Tell whether a person's name matches: in any letter case, any of its groups, wildcards as elsewhere.

    Fuzzy, every word of the pattern begins a word of the name, in any order and without accents.

    Examples
    --------
    >>> name_matches("DOE^John", "doe^j*"), name_matches("Müller^Änne", "anne mull", fuzzy=True)
    (True, True)
    """
    if fuzzy:
        words = _words(value)
        return all(any(word.startswith(part) for word in words) for part in _words(pattern.replace("*", " ")))
    wanted = _plain(pattern)
    return any(glob(wanted, _plain(group)) for group in (value, *value.split("=")))


def _plain(name: str) -> str:
    """Give a name without letter case and without separators that end it (PS3.5 6.2.1)."""
    return name.casefold().rstrip("^= ")


@lru_cache(maxsize=16384)
def _words(name: str) -> tuple[str, ...]:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return tuple(re.findall(r"\w+", "".join(one for one in letters if not unicodedata.combining(one))))
