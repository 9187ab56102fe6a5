"""What came of a conversion: one row for each stack, and for each file that could not be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.errors import Issue

__all__ = ["Report", "Row", "Status"]

Status = Literal["done", "planned", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Row:
    """One stack, or files that belong to none.

    Parameters
    ----------
    status : {'done', 'planned', 'skipped', 'failed'}
        ``planned``: it would be done, but this is a dry run.
    file : str
        What was written, or would be.
    reason : str
        Why it was not done.
    code : str
        The same as a short word: ``not-a-volume``, ``missing-slices``, ``exists``, ...
    series : mapping
        StudyInstanceUID, SeriesInstanceUID, SeriesNumber, SeriesDescription, Modality, PatientID.
    stack : str
        What tells it apart from other stacks of its series.
    axes, shape : tuple
        Of the array, e.g. ``("slice", "row", "column")``.
    spacing : tuple of float
        Of (slices, rows, columns), mm.
    unit : str
        Of the values.
    sources : tuple of str
        Files that it was made of.
    issues : tuple of Issue
        What was met.
    """

    status: Status
    file: str = ""
    reason: str = ""
    code: str = ""
    series: dict[str, Any] = field(default_factory=dict)
    stack: str = ""
    axes: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    spacing: tuple[float, ...] = ()
    unit: str = ""
    sources: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def expected(self) -> bool:
        """Whether nothing is wrong: it was done, or it never was an image."""
        return self.status in ("done", "planned") or self.code == "not-a-volume"

    def to_dict(self) -> dict[str, Any]:
        """Give the row as `hu convert --json` prints it."""
        return {
            "status": self.status,
            "file": self.file or None,
            "reason": self.reason or None,
            "code": self.code or None,
            **self.series,
            "stack": self.stack,
            "axes": list(self.axes),
            "shape": list(self.shape),
            "spacing": list(self.spacing),
            "unit": self.unit,
            "sources": list(self.sources),
            "issues": [
                {"code": issue.code, "severity": issue.severity, "message": issue.message, "count": issue.count}
                for issue in self.issues
            ],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of one conversion.

    Parameters
    ----------
    rows : tuple of Row
        In the order of the catalog.
    """

    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        """Give the rows."""
        return iter(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of rows by status."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in ("done", "planned", "skipped", "failed") if found[status]}

    @property
    def done(self) -> tuple[Row, ...]:
        """The rows that were done, or would be."""
        return tuple(row for row in self.rows if row.status in ("done", "planned"))

    def to_dict(self) -> dict[str, Any]:
        """Give everything as `hu convert --json` prints it."""
        return {"counts": self.counts, "rows": [row.to_dict() for row in self.rows]}
