"""What came of a conversion: one row for each stack, and for each file that could not be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from hounsfield import _core

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.errors import Issue

__all__ = ["Report", "Row", "Status"]

Status = Literal["done", "planned", "kept", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Row:
    """One stack, or files that belong to none.

    Parameters
    ----------
    status : {'done', 'planned', 'kept', 'skipped', 'failed'}
        ``planned``: it would be done, but this is a dry run; ``kept``: an earlier run made it of the same input.
    file : str
        What was written, or would be.
    files : tuple of str
        Everything that was written for it: the file, sidecars, b-values.
    reason : str
        Why it was not done.
    code : str
        The same as a short word: ``no-image``, ``not-a-volume``, ``missing-slices``, ``exists``, ...
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
    instances : tuple of str
        Their SOP Instance UIDs, in the same order.
    rules : tuple of str
        Rules for vendors that were applied.
    issues : tuple of Issue
        What was met.
    input : str
        Identity of what it was made of and how; an equal one need not be converted again.
    """

    status: Status
    file: str = ""
    files: tuple[str, ...] = ()
    reason: str = ""
    code: str = ""
    series: dict[str, Any] = field(default_factory=dict)
    stack: str = ""
    axes: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    spacing: tuple[float, ...] = ()
    unit: str = ""
    sources: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    input: str = ""

    @property
    def expected(self) -> bool:
        """Whether nothing is wrong: it was done, or nobody would expect a file of it.

        That is what holds no image, and what the rules of a BIDS layout leave out. Any other image that was skipped
        is a finding.
        """
        return self.status in ("done", "planned", "kept") or self.code in ("no-image", "not-in-bids")

    def to_dict(self) -> dict[str, Any]:
        """Give the row as `hu convert --json` prints it."""
        return {
            "status": self.status,
            "file": self.file or None,
            "files": list(self.files),
            "reason": self.reason or None,
            "code": self.code or None,
            **self.series,
            "stack": self.stack,
            "axes": list(self.axes),
            "shape": list(self.shape),
            "spacing": list(self.spacing),
            "unit": self.unit,
            "sources": list(self.sources),
            "instances": list(self.instances),
            "rules": list(self.rules),
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
        return {status: found[status] for status in get_args(Status) if found[status]}

    @property
    def done(self) -> tuple[Row, ...]:
        """The rows of which there is a file: done, kept, or planned."""
        return tuple(row for row in self.rows if row.status in ("done", "planned", "kept"))

    def to_dict(self) -> dict[str, Any]:
        """Give everything as `hu convert --json` prints it."""
        rows = [row.to_dict() for row in self.rows]
        return {"software": f"hounsfield {_core.__version__}", "counts": self.counts, "rows": rows}
