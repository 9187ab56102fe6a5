"""One row of evidence, and how commands are run for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

__all__ = ["Row", "hu", "program", "run"]


@dataclass(frozen=True)
class Row:
    """A promise and what came out.

    Parameters
    ----------
    promise, command, file, foreign : str
        What is promised, how it was tried, on which real data, and against which program.
    ours, theirs : str
        Both results, computed when the table is made.
    holds : bool
        Whether they agree as promised.
    """

    promise: str
    command: str
    file: str
    foreign: str
    ours: str
    theirs: str
    holds: bool


def run(*words: object, codes: tuple[int, ...] = (0,)) -> str:
    """Return what a command prints; an unexpected exit code is an error."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "NO_COLOR": "1"}
    result = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, errors="replace", env=environment, check=False
    )
    if result.returncode not in codes:
        raise RuntimeError(f"{words}: exit code {result.returncode}\n{result.stderr}")
    return result.stdout


def hu(*words: object, codes: tuple[int, ...] = (0,)) -> str:
    """Return what `hu` prints."""
    return run(sys.executable, "-m", "hounsfield", *words, codes=codes)


def program(name: str) -> str:
    """Return the path of a foreign program, which must be there."""
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed: see CONTRIBUTING.md")
    return found
