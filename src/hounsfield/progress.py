"""How long work tells how far it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """Receives the progress of one task; the command line draws a bar, a server sends events."""

    def start(self, task: str, total: int | None, unit: str) -> None:
        """Begin `task` of `total` `unit` (``None``: not known yet)."""

    def advance(self, amount: int = 1) -> None:
        """`amount` more are done."""

    def finish(self) -> None:
        """End the task."""


class Silent:
    """Listens to nothing."""

    def start(self, task: str, total: int | None, unit: str) -> None:
        """Ignore."""

    def advance(self, amount: int = 1) -> None:
        """Ignore."""

    def finish(self) -> None:
        """Ignore."""
