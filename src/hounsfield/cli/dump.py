"""`hu dump`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.each import for_each
from hounsfield.cli.output import plain

if TYPE_CHECKING:
    from hounsfield.errors import Issue


def dump(
    files: Annotated[
        list[str],
        Argument(help="DICOM files, members of ZIP archives (export.zip/DICOM/IM1), or - for standard input."),
    ],
    *,
    tags: Annotated[
        list[str],
        Option(
            "--tag",
            help="Only this element, wherever it stands: keyword, tag or path (Sequence[0].Keyword). Repeatable.",
            metavar="TAG",
        ),
    ] = [],  # noqa: B006 - argparse copies it
    full: Annotated[bool, Option("--full", help="Shorten nothing.")] = False,
    offsets: Annotated[bool, Option("--offsets", help="Begin lines with the byte offset of the element.")] = False,
    json: Annotated[bool, Option("--json", help="Print an array of DICOM JSON Model objects (PS3.18 F.2).")] = False,
) -> int:
    """Show every element of a file: tag, VR, length, keyword and value.

    The columns are tag, VR, length in bytes, number of values, keyword (or creator and name of a private element)
    and value. What a terminal would obey is made visible. Problems of a file follow on standard error.
    """
    from hounsfield.files.dump import write_dump

    written = 0

    def write(text: str) -> None:
        nonlocal written
        if written == 0 and json:
            sys.stdout.write("[" if first else ",\n")
        written += 1
        sys.stdout.write(text)

    first = True

    def show(file: str) -> list[Issue]:
        nonlocal first, written
        written = 0
        if len(files) > 1 and not json:
            sys.stdout.write(("" if first else "\n") + f"# {plain(file)}\n")
        try:
            return write_dump(file, write, tags=tags, full=full, offsets=offsets, json=json)
        finally:
            first = first and written == 0

    code = for_each("dump", files, show)
    if json:
        sys.stdout.write("[]\n" if first else "]\n")
    return code
