"""How commands print: JSON, aligned tables, progress on standard error."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import unicodedata
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Bar", "plain", "print_json", "say", "size", "table", "width"]


def print_json(value: object) -> None:
    """Print one JSON document to standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def say(text: str) -> None:
    """Words for the person, to standard error, after what was printed before."""
    with contextlib.suppress(OSError, ValueError):
        # Whoever reads both in one pipe reads them in their order; who has gone is noticed by whoever prints.
        sys.stdout.flush()
    print(text, file=sys.stderr)


def plain(text: str) -> str:
    """Text of a file made harmless for a terminal: control and formatting characters become visible."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == " " else f"\\x{ord(letter):02x}" for letter in text)


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def table(rows: Iterable[Sequence[object]], *, align: str = "", indent: int = 2, gap: int = 2) -> list[str]:
    """Lines of aligned columns; `align` has a letter for each column, ``r`` for numbers."""
    texts = [[plain(str(cell)) for cell in row] for row in rows]
    columns = max(map(len, texts), default=0)
    widths = [max((width(row[index]) for row in texts if index < len(row)), default=0) for index in range(columns)]
    lines = []
    for row in texts:
        cells = []
        for index, cell in enumerate(row):
            space = " " * (widths[index] - width(cell))
            cells.append(space + cell if align[index : index + 1] == "r" else cell + space)
        lines.append((" " * indent + (" " * gap).join(cells)).rstrip())
    return lines


def size(count: float) -> str:
    """Bytes in words, e.g. ``12.3 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}" if unit == "B" or count >= 100 else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


class Bar:
    """Progress of one task as a line on standard error: only on a terminal, and only once it takes over a second."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._live: Any = None
        self._task: Any = None
        self._begun = 0.0
        self._what: tuple[str, int | None, str] = ("", None, "")
        self._done = 0

    def start(self, task: str, total: int | None, unit: str) -> None:
        """Remember the task; nothing is drawn yet."""
        self._begun, self._done = time.monotonic(), 0
        self._what = (task, total, unit)

    def advance(self, amount: int = 1) -> None:
        """Count, and draw once a second has passed."""
        self._done += amount
        if self._live is not None:
            self._live.update(self._task, completed=self._done, rate=self._rate())
        elif self._shown and time.monotonic() - self._begun > 1:
            self._draw()

    def finish(self) -> None:
        """Remove the line."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _rate(self) -> str:
        elapsed = max(time.monotonic() - self._begun, 1e-3)
        return f"{self._done / elapsed:,.0f} {self._what[2]}/s"

    def _draw(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        task, total, unit = self._what
        rate = TextColumn("{task.fields[rate]}")
        if total is None:
            columns: tuple[Any, ...] = (TextColumn("{task.description}  {task.completed:,} " + unit), rate)
        else:
            count = TextColumn("{task.completed:,} of {task.total:,} " + unit)
            columns = (TextColumn("{task.description}"), BarColumn(), count, rate, TimeRemainingColumn())
        self._live = Progress(*columns, console=Console(file=self._stream), transient=True)
        self._live.start()
        self._task = self._live.add_task(task, total=total, completed=self._done, rate=self._rate())
