"""Queries of DICOM over a catalog: C-FIND and QIDO-RS ask the same in other words (PS3.4 C.2.2.2, PS3.18 8.3.4)."""

from hounsfield.catalog.matching.finding import count, find
from hounsfield.catalog.matching.query import LEVELS, Query

__all__ = ["LEVELS", "Query", "count", "find"]
