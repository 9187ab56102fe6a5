"""What a person wants to know of a file: patient, device, study, series and image, each value with its tag.

The core finds and decodes the elements in one pass, in the functional groups of enhanced objects, too (PS3.3 C.7.6.16).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from hounsfield import _core
from hounsfield.files.described import LAYOUT, Entry
from hounsfield.files.issues import gathered
from hounsfield.files.source import open_input
from hounsfield.files.text import decode
from hounsfield.files.words import words
from hounsfield.settings import Limits

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from hounsfield.errors import Issue

__all__ = ["Field", "Info", "info"]


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a description.

    Parameters
    ----------
    group, label : str
        Where it belongs, and what a person calls it.
    keyword : str
        Its keyword, or path of keywords.
    tag : int
        Its tag.
    value : str, int, float, list or None
        The value; numbers as numbers, several as a list, ``None`` where it is not stated.
    text : str
        The value in words, with its unit and, where it was reworded, the raw value in brackets.
    place : str
        ``shared`` or ``first frame`` for values of functional groups, otherwise empty.
    """

    group: str
    label: str
    keyword: str
    tag: int
    value: Any
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Info:
    """A description: a sequence of fields, which are also found by keyword.

    Parameters
    ----------
    name : str
        The file.
    fields : tuple of Field
        In the order of display.
    issues : tuple of Issue
        Problems met while reading.
    """

    name: str
    fields: tuple[Field, ...]
    issues: tuple[Issue, ...] = ()

    def __getitem__(self, keyword: str) -> Any:
        """Value of the element with this keyword; ``None`` where it is not stated."""
        for field in self.fields:
            if field.keyword == keyword:
                return field.value
        raise KeyError(keyword)

    def __iter__(self) -> Iterator[Field]:
        """All fields."""
        return iter(self.fields)

    def to_dict(self) -> dict[str, Any]:
        """Values by keyword, for JSON."""
        return {"path": self.name} | {field.keyword: field.value for field in self.fields}

    def __str__(self) -> str:
        """Aligned lines in groups."""
        width = max(len(field.label) for field in self.fields)
        lines: list[str] = []
        group = ""
        for field in self.fields:
            if field.group != group:
                group = field.group
                lines += ["", group]
            place = f"  ({field.place})" if field.place else ""
            tag = f"({field.tag >> 16:04X},{field.tag & 0xFFFF:04X})"
            lines.append(f"  {tag}  {field.label:<{width}}  {_visible(field.text)}{place}".rstrip())
        return "\n".join(lines[1:])


def info(source: str | os.PathLike[str] | bytes | BinaryIO, *, limits: Limits | None = None) -> Info:
    """Describe a DICOM file: patient, device, body part, study, series, instance and image.

    Parameters
    ----------
    source : path, bytes or binary file
        As for `read`.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    Info
        Fields with value, words and tag. Lengths are in mm, times in ms, unless a field says otherwise.

    Raises
    ------
    NotDicomError, TruncatedError, LimitError, ReadError
        When nothing can be read.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> about = hu.info(get_testdata_file("CT_small.dcm"))
    >>> about["Manufacturer"], about["PixelSpacing"]
    ('GE MEDICAL SYSTEMS', [0.661468, 0.661468])
    """
    limits = limits or Limits()
    origin = open_input(source, limits=limits)
    entries = [(group, entry) for group, members in LAYOUT.items() for entry in members]
    rows, pixels, issues = _core.describe(origin, limits, [entry.path for _, entry in entries], decode)
    found = {index: (place, vr, values) for index, place, vr, values in rows}
    fields: list[Field] = []
    for index, (group, entry) in enumerate(entries):
        if group == "Image" and pixels is None and "Rows" not in {entries[each][1].path for each in found}:
            continue
        field = _field(group, entry, found.get(index))
        if field is not None:
            fields.append(field)
    if pixels is not None:
        fields.append(_pixels(*pixels))
    return Info(origin.name, tuple(fields), tuple(gathered(issues, origin.name)))


def _field(group: str, entry: Entry, found: tuple[str, str, list[str | int | float]] | None) -> Field | None:
    attribute = _core.attribute_by_keyword(entry.path.rpartition(".")[2])
    tag = attribute[0] if attribute else 0
    place, vr, values = found or ("", "", [])
    if not any(str(value) for value in values):
        return Field(group, entry.label, entry.path, tag, None, "not stated", place) if entry.always else None
    parsed = [_parsed(value) if vr in ("DS", "IS") else value for value in values]
    value = parsed[0] if len(parsed) == 1 else parsed
    return Field(group, entry.label, entry.path, tag, value, words(entry.kind, values, entry.unit), place)


def _parsed(value: str | float) -> str | int | float:
    text = str(value).strip()
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if abs(number) != float("inf") and number == number else text  # noqa: PLR0124 - not NaN
    return text


def _pixels(tag: int, size: int, fragments: int | None) -> Field:
    keyword = (_core.attribute(tag) or (0, 0, "", "", "PixelData"))[4]
    text = f"{size:,} bytes"
    if fragments is not None:
        text += f" in {fragments:,} fragment{'' if fragments == 1 else 's'}"
    return Field("Image", "Pixel data", keyword, tag, size, text)


def _visible(text: str) -> str:
    """No file may speak to a terminal."""
    return text if text.isprintable() else _core.visible(text)
