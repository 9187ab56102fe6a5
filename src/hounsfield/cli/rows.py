"""What became of each of many files that were protected, shown as lines or JSON, and as an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.cli import exit_codes
from hounsfield.cli.output import plain, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.protect.batch import Row

__all__ = ["show_rows"]


def show_rows(command: str, rows: Iterable[Row], *, json: bool, dry_run: bool, quiet: bool) -> int:
    """Show each row as it comes and return the exit code: of the failure, where all that failed failed alike."""
    seen = []
    for row in rows:
        seen.append(row)
        if row.status != "done":
            say(f"hu {command}: {plain(row.input)}: {row.status}: {plain(row.reason)}")
        elif not json and not quiet:
            note = f"  {plain(row.note)}" if row.note else ""
            print(f"{plain(row.output)}{note}{'  (dry run, not written)' if dry_run else ''}")
    if json and not quiet:
        print_json({"dry_run": dry_run, "files": [row.to_dict() for row in seen]})
    return _code(seen)


def _code(rows: list[Row]) -> int:
    failed = [row for row in rows if row.status == "failed"]
    done = any(row.status == "done" for row in rows)
    if not failed:
        return exit_codes.DONE if done else exit_codes.NOTHING
    codes = {exit_codes.of(row.error) for row in failed if row.error is not None}
    if len(codes) == 1 and not (done and codes <= {exit_codes.NOTHING, exit_codes.REFUSED}):
        return codes.pop()
    return exit_codes.SOME if done else max(codes, default=exit_codes.NOTHING)
