"""Figures of earlier runs, kept beside the data: one piece of work can be measured again without the others."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from benchmarks.measure import Figures

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Measured", "keep", "keep_measured", "recall", "recall_measured"]


def keep(folder: Path, name: str, found: dict[str, Figures]) -> None:
    """Write the figures of the work called `name` below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {contender: asdict(figures) for contender, figures in found.items()}
    (folder / f"{name}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")


def recall(folder: Path, name: str) -> dict[str, Figures] | None:
    """Return the figures last kept for `name`, or nothing."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    return {contender: Figures(**row) for contender, row in json.loads(path.read_text(encoding="utf-8")).items()}


@dataclass(frozen=True)
class Measured:
    """A table of what is no comparison of whole processes: of a page, of a server, of an index.

    Parameters
    ----------
    title : str
        What was measured.
    command : str
        What measures it.
    rows : list of tuple of str
        What, how much, what was asked for and whether that is met.
    """

    title: str
    command: str
    rows: list[tuple[str, str, str]]


def keep_measured(folder: Path, name: str, found: Measured) -> None:
    """Write a table called `name` below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.table").write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")


def recall_measured(folder: Path) -> list[Measured]:
    """Return the tables last kept, by name."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.table"))]
    return [Measured(one["title"], one["command"], [tuple(row) for row in one["rows"]]) for one in read]
