"""Queries of DICOM over a catalog: C-FIND and QIDO-RS ask the same in other words (PS3.4 C.2.2.2, PS3.18 8.3.4)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hounsfield.catalog.matching.finding import count, find
    from hounsfield.catalog.matching.query import LEVELS, Query

__all__ = ["LEVELS", "Query", "count", "find"]

# Imported when they are asked for: whoever only stores objects does not wait for SQLAlchemy.
_PLACES = {"LEVELS": "query", "Query": "query", "count": "finding", "find": "finding"}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
