"""Values of DICOM as the workstation shows them: names, dates, times, paths. Text stays text, whatever is in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hounsfield.catalog.record import Instance

__all__ = ["date_of", "name_of", "name_shown", "path_shown", "shortened", "time_of"]

# Longer values say nothing to a person.
_MOST = 256


def name_shown(value: Any) -> str | None:
    """Give a person's name for reading: ``Family, Given Middle`` of the first group that there is (PS3.5 6.2.1)."""
    if value in (None, ""):
        return None
    group = next((part for part in str(value).split("=") if part.strip("^ ")), "")
    family, given, middle, prefix, suffix = (*(part.strip() for part in group.split("^")), "", "", "", "", "")[:5]
    first = " ".join(part for part in (prefix, given, middle, suffix) if part)
    return shortened(f"{family}, {first}" if family and first else family or first) or None


def date_of(value: Any) -> str | None:
    """Give a DA as ``YYYY-MM-DD``; what is none as it stands."""
    text = str(value or "").strip()
    if len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return shortened(text) or None


def time_of(value: Any) -> str | None:
    """Give a TM as ``HH:MM:SS``; what is none as it stands."""
    text = str(value or "").strip()
    digits = text.partition(".")[0]
    if len(digits) in (2, 4, 6) and digits.isdigit():
        return ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))
    return shortened(text) or None


def path_shown(path: str | bytes | None) -> str:
    """Give a path that JSON can hold: bytes that are no valid text become escapes."""
    return os.fsdecode(path or "").encode("utf-8", "backslashreplace").decode()


def shortened(text: str) -> str:
    """Cut text that nobody would read to its end."""
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def name_of(row: Instance) -> str:
    """Give the path of an instance, or the path of its archive with the name in it."""
    return f"{row['path']}/{row['member']}" if row["member"] else str(row["path"])
