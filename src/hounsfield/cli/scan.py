"""`hu scan`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar, print_json, say

if TYPE_CHECKING:
    from hounsfield.catalog import Catalog

_MOST = 60
_MOST_REASONS = 8


def scan(
    paths: Annotated[list[str], Argument(help="Folders, files or ZIP archives.")],
    *,
    catalog: Annotated[
        str | None,
        Option("--catalog", metavar="FILE", help="Keep the catalog; the next scan into it reads only what changed."),
    ] = None,
    all_: Annotated[
        bool, Option("--all", help=f"List every series instead of the first {_MOST}, and every file left out.")
    ] = False,
    stacks: Annotated[
        bool, Option("--stacks", help="List the stacks that each series will become, before anything is written.")
    ] = False,
    json: Annotated[bool, Option("--json", help="Print counts, series, files left out and issues as JSON.")] = False,
) -> int:
    """Find out what is in folders: patients, studies, series and problems.

    Files are recognized by what is in them, whatever their names; they stay where they are.
    Exit code 1: some are broken or cannot be trusted; 3: there is no DICOM object.
    """
    from hounsfield.catalog.scan import scan as scan_paths

    begun = time.perf_counter()
    found = scan_paths(paths, catalog=catalog, progress=Bar())
    seconds = time.perf_counter() - begun
    counts = found.counts
    failed = counts["broken"] + counts["unreadable"] or any(issue.severity == "error" for issue in found.issues)
    if json:
        print_json(_document(found, stacks=stacks))
    elif stacks:
        from hounsfield.cli.stack_listing import stack_lines

        print("\n".join(stack_lines(found)).lstrip("\n"))
    else:
        _print(found, counts, seconds, all_=all_)
    found.close()
    if not counts["instances"]:
        return exit_codes.NOTHING
    return exit_codes.SOME if failed else exit_codes.DONE


def _print(found: Catalog, counts: dict[str, int], seconds: float, *, all_: bool) -> None:
    from hounsfield.cli.listing import hierarchy, problems, totals

    columns = None
    if sys.stdout.isatty():
        from shutil import get_terminal_size

        columns = get_terminal_size().columns
    lines = totals(counts, seconds)
    lines += ["", *hierarchy(found, columns=columns, most=None if all_ else _MOST)]
    lines += problems(found, most=None if all_ else _MOST_REASONS)
    print("\n".join(lines))
    if sys.stdout.isatty() and counts["instances"]:
        say("\nNext: hu info FILE shows one header, hu convert PATH -o OUT --to nifti makes volumes.")


def _text(path: str) -> str:
    """Return a path that can be printed: bytes that are no valid text become escapes."""
    return path.encode("utf-8", "backslashreplace").decode()


def _document(found: Catalog, *, stacks: bool = False) -> dict[str, Any]:
    """Return what `--json` prints."""
    facts = found.facts()
    paths: dict[int, list[str]] = {number: [] for number in facts}
    for instance in found.instances:
        where = instance.path if instance.member is None else f"{instance.path}/{instance.member}"
        paths[instance.series_id].append(_text(where))
    series = []
    for record in found.series:
        derived = facts[record.id]
        values = {key: value for key, value in record.to_dict().items() if key[0].isupper() and value is not None}
        wanted = dict.fromkeys(("SeriesInstanceUID", "StudyInstanceUID", "PatientID", "Modality"))
        series.append(wanted | values | derived._asdict() | {"paths": paths[record.id]})
        if stacks:
            from hounsfield.cli.stack_listing import stack_records

            series[-1]["stack_list"] = stack_records(record)
    return {
        "counts": found.counts,
        "series": series,
        "files": [
            {"path": _text(file.path), "member": file.member, "status": file.status, "reason": file.reason}
            for file in found.files
            if file.status != "dicom"
        ],
        "issues": [
            {name: getattr(issue, name) for name in ("code", "severity", "where", "message", "hint", "count")}
            for issue in found.issues
        ],
    }
