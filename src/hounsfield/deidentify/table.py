"""The confidentiality profiles of the standard: PS3.15 Table E.1-1, edition 2026c, and the options of E.3."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from hounsfield.errors import ReadError, UsageError

if TYPE_CHECKING:
    import os

__all__ = ["EDITION", "OPTIONS", "PRIVATE", "Option", "Row", "rows", "safe_private"]

EDITION = "2026c"
PRIVATE = "private"


class Option(NamedTuple):
    """One option of the Basic Profile: its code (PS3.16 CID 7050), and whether it is there yet."""

    code: str
    meaning: str
    done: bool = True


# By the names that recipes and the command line use.
OPTIONS = MappingProxyType(
    {
        "clean-pixel-data": Option("113101", "Clean Pixel Data Option"),
        "clean-recognizable-visual-features": Option("113102", "Clean Recognizable Visual Features Option", done=False),
        "clean-graphics": Option("113103", "Clean Graphics Option"),
        "clean-structured-content": Option("113104", "Clean Structured Content Option"),
        "clean-descriptors": Option("113105", "Clean Descriptors Option"),
        "retain-longitudinal-full-dates": Option(
            "113106", "Retain Longitudinal Temporal Information Full Dates Option"
        ),
        "retain-longitudinal-modified-dates": Option(
            "113107", "Retain Longitudinal Temporal Information Modified Dates Option"
        ),
        "retain-patient-characteristics": Option("113108", "Retain Patient Characteristics Option"),
        "retain-device-identity": Option("113109", "Retain Device Identity Option"),
        "retain-uids": Option("113110", "Retain UIDs Option"),
        "retain-safe-private": Option("113111", "Retain Safe Private Option"),
        "retain-institution-identity": Option("113112", "Retain Institution Identity Option"),
    }
)


class Row(NamedTuple):
    """One row of the table.

    Parameters
    ----------
    tag, mask : int
        The attribute; bits that are not in the mask may be anything. (0, 0) for private attributes.
    basic : str
        Action of the Basic Profile, e.g. ``X/Z/D``.
    options : dict of str to str
        ``K`` or ``C`` by the code of the option.
    """

    tag: int
    mask: int
    basic: str
    options: dict[str, str]


def _text(name: str) -> str:
    return (Path(__file__).parent / "tables" / name).read_text(encoding="utf-8")


@cache
def rows() -> tuple[Row, ...]:
    """Give all rows."""
    found = []
    for line in _text("confidentiality.tsv").splitlines():
        if line.startswith("#"):
            continue
        tag, basic, options = line.split("\t")
        chosen = dict(option.split("=") for option in options.split(",") if option)
        if tag == PRIVATE:
            found.append(Row(0, 0, basic, chosen))
            continue
        mask = int("".join("0" if digit == "x" else "f" for digit in tag), 16)
        found.append(Row(int(tag.replace("x", "0"), 16), mask, basic, chosen))
    return tuple(found)


def safe_private(path: str | os.PathLike[str] | None = None) -> tuple[tuple[str, int], ...]:
    """Give private attributes that are known to identify nobody: creator, and tag without the block.

    Parameters
    ----------
    path : path, optional
        A table in CSV with a creator, a group and an element in each row, in columns that are named so or in the form
        of TCIA's list (``(0019,"SIEMENS MR HEADER",0C)``); the one of PS3.15 Table E.3.10-1 by default.

    Raises
    ------
    ReadError
        When the file cannot be read.
    UsageError
        When a row is none, with its line.
    """
    if path is None:
        text, where = _text("safe_private.csv"), "safe_private.csv"
    else:
        where = str(path)
        try:
            with open(path, encoding="utf-8-sig", newline="") as opened:
                text = opened.read()
        except (OSError, UnicodeDecodeError) as error:
            raise ReadError(f"the table of private attributes cannot be read: {error}", where=where) from None
    reader = csv.reader(io.StringIO(text))
    found: list[tuple[str, int]] = []
    columns: tuple[int, int, int] | None = None
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        names = [cell.strip().lower().replace(" ", "_") for cell in cells]
        if columns is None and {"group", "element"} <= set(names):
            creator = next((names.index(name) for name in ("private_creator", "creator") if name in names), 0)
            columns = (creator, names.index("group"), names.index("element"))
            continue
        row = _row(cells, columns or (0, 1, 2))
        if row is None:
            if not found:
                continue  # a heading of another kind
            raise UsageError(f"line {reader.line_num} is no private attribute: {','.join(cells)[:80]}", where=where)
        found.append(row)
    if not found:
        raise UsageError("the table names no private attribute", where=where)
    return tuple(found)


def _row(cells: list[str], columns: tuple[int, int, int]) -> tuple[str, int] | None:

    # Of TCIA: (gggg,"creator",ee), or that in a cell of its own.
    joined = ",".join(cells)
    of_tcia = re.search(r'\(?([0-9A-Fa-f]{4}),\s*"*([^"]+?)"*\s*,\s*(?:xx)?([0-9A-Fa-f]{2})\)?', joined)
    if (
        of_tcia
        and columns == (0, 1, 2)
        and not re.fullmatch("[0-9A-Fa-f]{4}", cells[1].strip() if len(cells) > 1 else "")
    ):
        return of_tcia[2].strip(), int(of_tcia[1], 16) << 16 | int(of_tcia[3], 16)
    if max(columns) >= len(cells):
        return None
    creator, group, element = (cells[column].strip() for column in columns)
    element = element.lower().removeprefix("xx")
    if not re.fullmatch("[0-9A-Fa-f]{4}", group) or not re.fullmatch("[0-9A-Fa-f]{2}", element) or not creator:
        return None
    return creator, int(group, 16) << 16 | int(element, 16)
