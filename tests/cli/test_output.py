"""What commands print: tables, sizes, harmless text, and progress that stays out of the way."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import pytest

from hounsfield.cli.output import Bar, plain, size, table, width

if TYPE_CHECKING:
    from hounsfield.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_columns_are_aligned_by_what_is_seen() -> None:
    lines = table([("CT", 9, "Brust"), ("山田", 12345, "é")], align="lr")
    assert lines == ["  CT        9  Brust", "  山田  12345  é"]
    assert width("e\u0301") == 1


def test_text_of_files_cannot_steer_a_terminal() -> None:
    assert plain("a\x1b[2Jb\rc\u202ed") == "a\\x1b[2Jb\\x0dc\\x202ed"
    assert plain("Müller 山田") == "Müller 山田"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (5e9, "5.0 GB"), (2e15, "2,000.0 TB")],
)
def test_sizes_are_said_in_words(count: float, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize("total", [None, 300])
def test_progress_is_drawn_on_terminals_after_a_second(monkeypatch: pytest.MonkeyPatch, total: int | None) -> None:
    monkeypatch.setenv("TERM", "xterm")
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    terminal = Terminal()
    bar: Progress = Bar(terminal)
    bar.start("Scanning", total, "files")
    bar.advance(100)
    assert terminal.getvalue() == ""
    now = 102.0
    bar.advance(100)
    bar.advance(100)
    bar.finish()
    assert "Scanning" in terminal.getvalue()
    assert "files/s" in terminal.getvalue()


def test_progress_is_silent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stream = io.StringIO()
    bar = Bar(stream)
    bar.start("Scanning", 10, "files")
    now = 200.0
    bar.advance(5)
    bar.finish()
    assert stream.getvalue() == ""
