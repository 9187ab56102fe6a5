"""What SQLite is taught: names, wildcards that it would be slow at, and numbers in text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.catalog.matching.names import name_matches
from hounsfield.catalog.matching.values import number_of
from hounsfield.catalog.matching.wildcards import glob

if TYPE_CHECKING:
    import sqlite3

__all__ = ["register"]


def register(connection: sqlite3.Connection) -> None:
    """Teach a connection the functions that conditions use."""
    connection.create_function("hu_name", 3, _name, deterministic=True)
    connection.create_function("hu_glob", 2, _wild, deterministic=True)
    connection.create_function("hu_number", 1, _number, deterministic=True)


def _name(value: object, pattern: str, fuzzy: int) -> bool:
    return value is not None and name_matches(str(value), pattern, fuzzy=bool(fuzzy))


def _wild(value: object, pattern: str) -> bool:
    return value is not None and glob(pattern, str(value))


def _number(value: object) -> float | None:
    return None if value is None else number_of(value)
