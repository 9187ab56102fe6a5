"""`hu set`."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import plain, print_json, say
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.files.batch import Row


def set_(
    words: Annotated[
        list[str],
        Argument(
            help="Files or folders, then changes: PatientID=X, PatientID= (empty), 0009,1001:LO=X, Seq[0].Keyword=X."
        ),
    ],
    *,
    output: Annotated[str, Option("-o", "--output", help="File to write, or folder where the input is several files.")],
    delete: Annotated[
        list[str], Option("--delete", help="Delete this element: keyword, tag or path. Repeatable.", metavar="TAG")
    ] = [],  # noqa: B006 - argparse copies it
    force: Annotated[
        bool,
        Option("--force", help="Accept values that break the rules of their VR, and changes of syntax or charset."),
    ] = False,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace existing files, even the input.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Check everything, write nothing.")] = False,
    json: Annotated[bool, Option("--json", help="Print a row for each file as JSON.")] = False,
) -> int:
    r"""Change, add, empty or delete elements; all other bytes stay as they are.

    Several values are separated by a backslash. Lengths of items, sequences and groups around a change are corrected
    where the file states them; Media Storage SOP Instance UID follows SOP Instance UID. The Python function is hu.edit.
    """
    from hounsfield.files.batch import edit_all

    files, changes = _parts(words, delete)
    rows = []
    for row in edit_all(files, changes, output, overwrite=overwrite, force=force, dry_run=dry_run):
        rows.append(row)
        if not json:
            _show(row, dry_run=dry_run, quiet=output == "-")
    if json and output != "-":
        print_json({"dry_run": dry_run, "files": [asdict(row) for row in rows]})
    done = sum(row.status == "done" for row in rows)
    if rows and not done:
        return exit_codes.REFUSED if any("exists already" in row.reason for row in rows) else exit_codes.NOTHING
    return exit_codes.SOME if any(row.status == "failed" for row in rows) else exit_codes.DONE


def _parts(words: list[str], delete: list[str]) -> tuple[list[str], dict[str, str | None]]:
    """Files, and changes: what has an equals sign and is no file."""
    changes: dict[str, str | None] = dict.fromkeys(delete)
    files = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or os.path.exists(word):
            files.append(word)
        elif name in changes:
            raise UsageError(f"{name} is changed twice")
        else:
            changes[name] = value
    if not files:
        raise UsageError("no file to change", hint="hu set FILE PatientID=X -o OUT")
    if not changes:
        raise UsageError("nothing to change", hint="hu set FILE PatientID=X -o OUT")
    return files, changes


def _show(row: Row, *, dry_run: bool, quiet: bool) -> None:
    if row.status != "done":
        say(f"hu set: {plain(row.input)}: {row.status}: {plain(row.reason)}")
        return
    if quiet:
        return
    print(f"{plain(row.output)}{' (dry run, not written)' if dry_run else ''}")
    width = max(len(change.path) for change in row.changes)
    for change in row.changes:
        because = f"  to follow {change.because}" if change.because else ""
        print(f"  {change.action:<8}  {change.path:<{width}}  {change.vr}{because}")
