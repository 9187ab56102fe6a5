"""`hu key`."""

from __future__ import annotations

from typing import Annotated, Literal

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument
from hounsfield.cli.output import say

__all__ = ["key"]


def key(
    action: Annotated[Literal["new"], Argument(help="new: make one.")],
    path: Annotated[str, Argument(help="File to write, which only you can read; never overwritten.")],
) -> int:
    """Make a key for pseudonyms; who has it can link them to the patients.

    The same key gives the same pseudonyms, on any machine and in any order. Without it nobody can link anything, and
    nothing can be added to what was de-identified before.
    """
    from hounsfield.deidentify import new_key

    made = new_key(path)
    say(f"hu key {action}: {path}: fingerprint {made.fingerprint()}")
    return exit_codes.DONE
