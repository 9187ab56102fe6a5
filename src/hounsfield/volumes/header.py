"""What volumes are built from: header records, whoever made them.

A record maps DICOM keywords to values: numbers of multiplicity 1 as numbers, everything else as text with backslashes
between values, ``None`` where absent. `path` and `member` say where the instance is.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

__all__ = ["Header", "integer", "number", "numbers", "text", "value", "values"]


class Header(Protocol):
    """One instance: ``row["Keyword"]``."""

    def __getitem__(self, key: str, /) -> Any:
        """Give the value of a keyword, or of ``path`` and ``member``."""


def value(row: Header, key: str) -> Any:
    """Look a value up; ``None`` where the record does not know it."""
    try:
        return row[key]
    except (KeyError, IndexError):
        return None


def values(row: Header, keys: tuple[str, ...]) -> tuple[Any, ...]:
    """Look several values up; records that can give them at once are asked for that."""
    many = getattr(row, "many", None)
    found: tuple[Any, ...] = many(keys) if many is not None else tuple(value(row, key) for key in keys)
    return found


def text(row: Header, key: str) -> str:
    """Look a value up as text, empty where it is absent."""
    found = value(row, key)
    return "" if found is None else str(found)


def numbers(row: Header, key: str, count: int) -> tuple[float, ...] | None:
    """Look up exactly `count` finite numbers; ``None`` where there are others or none."""
    return parse(value(row, key), count)


def parse(found: Any, count: int) -> tuple[float, ...] | None:
    """Read exactly `count` finite numbers from a value; ``None`` where it holds others or none."""
    if found is None:
        return None
    if isinstance(found, int | float):
        parts: tuple[float, ...] = (float(found),)
    else:
        try:
            parts = tuple(float(part) for part in str(found).split("\\"))
        except ValueError:
            return None
    if len(parts) != count or not all(map(math.isfinite, parts)):
        return None
    return parts


def number(row: Header, key: str) -> float | None:
    """Look one finite number up; of several the first."""
    found = value(row, key)
    if found is None:
        return None
    if isinstance(found, str):
        found = found.split("\\", 1)[0]
    one = parse(found, 1)
    return None if one is None else one[0]


def integer(row: Header, key: str) -> int | None:
    """Look one whole number up."""
    found = number(row, key)
    return int(found) if found is not None and found == int(found) else None
