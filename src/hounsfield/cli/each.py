"""One action for each of several inputs: what fails is said, the rest is done, the exit code tells the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.cli import exit_codes
from hounsfield.cli.output import say
from hounsfield.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hounsfield.errors import Issue

__all__ = ["for_each"]


def for_each(command: str, files: list[str], action: Callable[[str], Iterable[Issue]]) -> int:
    """Call `action` with each file; its issues and errors go to standard error."""
    failed = []
    for file in files:
        try:
            issues = list(action(file))
        except ReadError as error:
            failed.append(exit_codes.of(error))
            say(f"hu {command}: {error}")
            continue
        for issue in issues:
            say(f"hu {command}: {issue}")
    if len(failed) == len(files):
        return failed[0] if len(set(failed)) == 1 else exit_codes.NOTHING
    return exit_codes.SOME if failed else exit_codes.DONE
