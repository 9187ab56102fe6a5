"""`hu diff`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import plain, print_json, say

if TYPE_CHECKING:
    from hounsfield.files.diff import Diff, Difference, FolderDiff


def diff(
    a: Annotated[str, Argument(help="A DICOM file, a member of a ZIP archive, - for standard input, or a folder.")],
    b: Annotated[str, Argument(help="What to compare it with.")],
    *,
    ignore: Annotated[
        list[str],
        Option("--ignore", help="An element that may differ: keyword, tag or path. Repeatable.", metavar="TAG"),
    ] = [],  # noqa: B006 - argparse copies it
    encoding: Annotated[
        bool, Option("--encoding", help="Report how values are stored, too: VR, lengths, padding, character set.")
    ] = False,
    json: Annotated[bool, Option("--json", help="Print the differences as JSON.")] = False,
) -> int:
    """Show what differs between two files, or two folders, element by element.

    Two folders are compared file by file, paired by SOP Instance UID. Exit code: 0 without, 1 with differences.
    """
    from hounsfield.files.diff import diff as compare
    from hounsfield.files.diff import diff_folders

    if os.path.isdir(a) or os.path.isdir(b):
        folders = diff_folders(a, b, ignore=ignore, encoding=encoding)
        print_json(folders.to_dict()) if json else _show_folders(folders)
        for issue in folders.issues:
            say(f"hu diff: {issue}")
        return exit_codes.SOME if folders or folders.issues else exit_codes.DONE
    found = compare(a, b, ignore=ignore, encoding=encoding)
    if json:
        print_json(found.to_dict())
    elif found:
        _show(found)
    for issue in found.issues:
        say(f"hu diff: {issue}")
    return exit_codes.SOME if found else exit_codes.DONE


def _show(found: Diff) -> None:
    print(f"a  {plain(found.a)}\nb  {plain(found.b)}")
    for each in found.differences:
        print("\n" + "\n".join(_lines(each)))
    hidden = found.count - len(found.differences)
    if hidden:
        print(f"\n... and {hidden:,} more")
    print(f"\n{found.count:,} {'difference' if found.count == 1 else 'differences'}")


def _lines(each: Difference) -> list[str]:
    if not each.path:
        return [f"encoding {each.note}", f"  a  {each.values[0]}", f"  b  {each.values[1]}"]
    vr = " / ".join(dict.fromkeys(filter(None, each.vr)))
    words = [f"({each.tag >> 16:04X},{each.tag & 0xFFFF:04X})", vr, each.note]
    if each.kind == "encoding":
        words.insert(2, "stored differently:")
    lines = [f"{each.path}  {' '.join(filter(None, words))}"]
    if each.kind != "only in b":
        lines.append(f"  a  {each.values[0]}".rstrip())
    if each.kind != "only in a":
        lines.append(f"  b  {each.values[1]}".rstrip())
    if each.kind.startswith("only"):
        lines[-1] += f"  (only in {each.kind[-1]})"
    return lines


def _show_folders(found: FolderDiff) -> None:
    for side, paths in (("a", found.only_a), ("b", found.only_b)):
        for path in paths:
            print(f"only in {side}: {plain(path)}")
    for each in found.diffs:
        print()
        _show(each)
    both = len(found.diffs) + found.equal
    print(
        f"{chr(10) if found.diffs else ''}{both:,} instances in both, {len(found.diffs):,} of them differ; "
        f"{len(found.only_a):,} only in a, {len(found.only_b):,} only in b"
    )
