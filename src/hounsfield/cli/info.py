"""`hu info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.each import for_each
from hounsfield.cli.output import plain, print_json

if TYPE_CHECKING:
    from hounsfield.errors import Issue


def info(
    files: Annotated[
        list[str],
        Argument(help="DICOM files, members of ZIP archives (export.zip/DICOM/IM1), or - for standard input."),
    ],
    *,
    json: Annotated[bool, Option("--json", help="Print an array of objects with values by keyword.")] = False,
) -> int:
    """Show what a person wants to know of a file: patient, device, study, series, image.

    Each value has its tag; what the file does not say is "not stated". Raw values follow in brackets where they were
    put into other words. With --json there is an object for each file: its path, and the values by keyword, null where
    not stated.
    """
    from hounsfield.files.info import info as describe

    objects: list[dict[str, Any]] = []
    shown = 0

    def show(file: str) -> tuple[Issue, ...]:
        nonlocal shown
        found = describe(file)
        if json:
            objects.append(found.to_dict())
        else:
            print(f"{'' if shown == 0 else chr(10)}{plain(found.name)}\n\n{found}")
        shown += 1
        return found.issues

    code = for_each("info", files, show)
    if json:
        print_json(objects)
    return code
