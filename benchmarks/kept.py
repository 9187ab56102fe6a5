"""Figures of earlier runs, kept beside the data: one piece of work can be measured again without the others."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from benchmarks.measure import Figures

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["keep", "recall"]


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
