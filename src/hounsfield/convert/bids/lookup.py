"""One attribute of a series: from the header of its first instance, or the functional groups of an enhanced one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hounsfield.files.read import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset

    from hounsfield.errors import Issue
    from hounsfield.volumes.plane import Plane

__all__ = ["Lookup"]

_PIXELS = 0x7FE0_0000


class Lookup:
    """Attributes of the instance that a plane is in, as plain values.

    Parameters
    ----------
    plane : Plane
        The first plane of a stack.
    """

    def __init__(self, plane: Plane) -> None:
        # What is odd in a header was said when it was scanned.
        issues: list[Issue] = []
        self.dataset: Dataset = read(plane.source.name, stop_before_pixels=True, issues=issues)
        self._groups = list(_groups(self.dataset, plane.frame))

    def value(self, key: str) -> Any:
        """Give the value of a keyword; ``None`` where it is absent or empty."""
        for place in (self.dataset, *self._groups):
            try:
                found = place.get(key)
            except (ValueError, TypeError, KeyError):  # a value that pydicom cannot decode says nothing
                continue
            if found is not None and found != "" and not (hasattr(found, "__len__") and len(found) == 0):
                return found
        return None

    def number(self, key: str, index: int = 0) -> float | None:
        """Give a finite number."""
        return _number(self.value(key), index)

    def text(self, key: str) -> str:
        """Give text; several values are joined by a backslash as in DICOM."""
        found = self.value(key)
        if found is None:
            return ""
        many = isinstance(found, list | tuple) or type(found).__name__ == "MultiValue"
        return ("\\".join(str(one) for one in found) if many else str(found)).strip()

    def texts(self, key: str) -> list[str]:
        """Give all values as text."""
        found = self.text(key)
        return found.split("\\") if found else []

    def private(self, group: int, creator: str, element: int) -> Any:
        """Give a private value by its creator; ``None`` where it is absent."""
        for place in (self.dataset, *self._groups):
            try:
                found = place.private_block(group, creator)[element].value
            except (KeyError, ValueError, TypeError):
                continue
            if found is not None and found != "":
                return found
        return None

    def private_text(self, group: int, creator: str, element: int) -> str:
        """Give private text; several values are joined by a backslash as in DICOM."""
        found = self.private(group, creator, element)
        if isinstance(found, bytes):
            return found.decode("latin-1").strip(" \0")
        many = isinstance(found, list | tuple) or type(found).__name__ == "MultiValue"
        return "\\".join(map(str, found)) if many else str(found or "").strip()

    def private_number(self, group: int, creator: str, element: int, index: int = 0) -> float | None:
        """Give a private number."""
        return _number(self.private(group, creator, element), index)


def _groups(dataset: Dataset, frame: int) -> Iterator[Dataset]:
    """Give the items of functional groups: those of the frame, then shared ones (PS3.3 C.7.6.16).

    A group is in one of them; where a file has it in both, the frame's own is what planes are told apart by.
    """
    frames = dataset.get("PerFrameFunctionalGroupsSequence") or []
    outer = [*frames[frame : frame + 1]]
    outer += [*(dataset.get("SharedFunctionalGroupsSequence") or [])[:1]]
    for item in outer:
        for element in item:
            if element.VR == "SQ" and element.value:
                yield element.value[0]
    for item in list(outer):
        yield item


def _number(found: Any, index: int) -> float | None:
    if found is None:
        return None
    if isinstance(found, bytes):
        found = found.decode("latin-1").strip(" \0").split("\\")
    elif isinstance(found, str):
        found = found.split("\\")
    many = hasattr(found, "__len__")
    try:
        number = float(found[index] if many else found)
    except (ValueError, TypeError, IndexError):
        return None
    return number if math.isfinite(number) else None
