"""What is asked: a level, keys with their values, and what to return."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LEVELS", "Query"]

LEVELS = ("patient", "study", "series", "instance")


@dataclass(frozen=True, slots=True)
class Query:
    """A query.

    Parameters
    ----------
    level : {'patient', 'study', 'series', 'instance'}
        What is looked for.
    keys : mapping
        Keyword and value as DICOM writes it: a value, wildcards ``*`` and ``?``, a range such as ``20240101-``, several
        UIDs with backslashes; empty matches everything. A sequence has the keys of an item, which one of its items
        must match. What the tables do not have is looked for in the headers that archives keep; in other catalogs it
        matches everything.
    include : sequence of str
        Keywords to return besides those of the level; ``all`` for everything that the catalog keeps of it.
    fuzzy : bool
        Match names by the beginnings of their words, without accents.
    combined : bool
        A range of dates and one of times, such as those of the study, are one range of moments (PS3.4 C.2.2.2.5).
    relational : bool
        Whether keys of levels above may be missing (PS3.4 C.4.1.3.2.1).
    limit : int, optional
        How many at most.
    offset : int
        How many of the first to leave out.

    Raises
    ------
    UsageError
        For an unknown level, or a negative number.

    Examples
    --------
    >>> Query("study", {"PatientName": "DOE^*", "StudyDate": "20240101-"}).level
    'study'
    """

    level: str = "study"
    keys: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    include: tuple[str, ...] = ()
    fuzzy: bool = False
    combined: bool = False
    relational: bool = True
    limit: int | None = None
    offset: int = 0

    def __post_init__(self) -> None:
        """Check the level, the numbers, and that levels above are named where they must be."""
        if self.level not in LEVELS:
            raise UsageError(f"there is no level {self.level!r:.40}", hint=f"Levels: {', '.join(LEVELS)}.")
        if self.offset < 0 or (self.limit is not None and self.limit < 0):
            raise UsageError("limit and offset are 0 or more")
        above = {"series": ("StudyInstanceUID",), "instance": ("StudyInstanceUID", "SeriesInstanceUID")}
        for keyword in () if self.relational else above.get(self.level, ()):
            if not self.keys.get(keyword):
                raise UsageError(f"a query for {self.level} without relations names one {keyword}")
