"""Known places of text: which images (by header) show it where, as a table."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.deidentify.pixels.boxes import Box, parse_box
from hounsfield.errors import ReadError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from pydicom import Dataset

__all__ = ["COLUMNS", "PixelRule", "built_in", "places", "read_rules"]

# Column of the table, and the attribute that it is about.
_TEXTS = {
    "sop_class": "SOPClassUID",
    "modality": "Modality",
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
    "image_type": "ImageType",
    "series": "SeriesDescription",
    "burned_in": "BurnedInAnnotation",
}
_WHOLE = {"sop_class", "modality", "burned_in"}
_NUMBERS = {"rows": "Rows", "columns": "Columns"}
COLUMNS = ("rule", *_TEXTS, *_NUMBERS, "blank", "source")


@dataclass(frozen=True, slots=True)
class PixelRule:
    """Where images of one kind show text.

    Parameters
    ----------
    name : str
        What reports call it.
    texts : tuple of (str, str)
        Column and what the attribute has to hold, without regard to case; ``a|b``: either.
    numbers : tuple of (str, int)
        Rows and columns.
    blank : tuple of Box
        What is blanked.
    """

    name: str
    texts: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[str, int], ...]
    blank: tuple[Box, ...]

    def fits(self, dataset: Dataset) -> bool:
        """Tell whether it is about this image."""
        return all(_number(dataset, _NUMBERS[column]) == number for column, number in self.numbers) and all(
            _holds(_text(dataset, _TEXTS[column]), wanted, whole=column in _WHOLE) for column, wanted in self.texts
        )


def _text(dataset: Dataset, keyword: str) -> str:
    value: Any = dataset.get(keyword)
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else "\\".join(str(each) for each in _several(value))


def _several(value: Any) -> list[Any]:
    return list(value) if hasattr(value, "__iter__") else [value]


def _number(dataset: Dataset, keyword: str) -> int | None:
    value: Any = dataset.get(keyword)
    return value if isinstance(value, int) else None


def _holds(text: str, wanted: str, *, whole: bool) -> bool:
    text = text.lower().strip()
    return any(text == one if whole else one in text for one in wanted.lower().split("|"))


def places(rules: Iterable[PixelRule], dataset: Dataset) -> list[Box]:
    """Give what is to be blanked in an image of this header."""
    return [box for rule in rules if rule.fits(dataset) for box in rule.blank]


def read_rules(path: str | os.PathLike[str]) -> tuple[PixelRule, ...]:
    """Read a table of rules: CSV with the columns of `COLUMNS`, of which only ``blank`` must be there.

    Raises
    ------
    ReadError
        When it cannot be read.
    UsageError
        For a row that makes no sense, with its line.
    """
    where = str(path)
    try:
        with open(path, encoding="utf-8-sig", newline="") as opened:
            text = opened.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"the table of pixel rules cannot be read: {error}", where=where) from None
    return _parsed(text, where)


@cache
def built_in() -> tuple[PixelRule, ...]:
    """Give the rules that come along."""
    return _parsed((Path(__file__).parent / "rules.csv").read_text(encoding="utf-8"), "rules.csv")


def _parsed(text: str, where: str) -> tuple[PixelRule, ...]:
    reader = csv.DictReader(io.StringIO(text))
    names = reader.fieldnames or ()
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "blank" not in names:
        wrong = f"there is no column {unknown[0]!r}" if unknown else "there is no column 'blank'"
        raise UsageError(f"line 1: {wrong}", where=where, hint=f"There are: {', '.join(COLUMNS)}.")
    found = []
    for row in reader:
        try:
            found.append(_rule({key: value for key, value in row.items() if key and isinstance(value, str)}))
        except (ValueError, UsageError) as error:
            said = error.message if isinstance(error, UsageError) else "rows and columns are numbers"
            raise UsageError(f"line {reader.line_num}: {said}", where=where) from None
    return tuple(found)


def _rule(row: dict[str, str]) -> PixelRule:
    name = row.get("rule", "").strip() or "unnamed"
    texts = tuple((column, row[column].strip()) for column in _TEXTS if row.get(column, "").strip())
    numbers = tuple((column, int(row[column])) for column in _NUMBERS if row.get(column, "").strip())
    if not texts and not numbers:
        raise UsageError("the rule does not say which images it is about")
    boxes = [parse_box(part) for part in row.get("blank", "").split(";")]
    blank = tuple(Box(box.x, box.y, box.width, box.height, "rule", rule=name) for box in boxes)
    return PixelRule(name, texts, numbers, blank)
