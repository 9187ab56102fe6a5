"""Rectangles of an image, in pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Box", "clipped", "enlarged", "joined", "outside", "parse_box"]

_BOX = re.compile(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle that is blanked.

    Parameters
    ----------
    x, y : int
        Left column and top row, from 0.
    width, height : int
        In pixels.
    because : str
        ``asked``, ``rule``, ``region`` (outside of all ultrasound regions) or ``ocr``.
    confidence : float
        Of text found by OCR, 0 to 1; otherwise 1.
    rule : str
        The rule that knows it.
    """

    x: int
    y: int
    width: int
    height: int
    because: str = "asked"
    confidence: float = 1.0
    rule: str = ""

    @property
    def right(self) -> int:
        """The first column that is not in it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row that is not in it."""
        return self.y + self.height

    @property
    def area(self) -> int:
        """Pixels in it."""
        return self.width * self.height


def parse_box(text: str) -> Box:
    """Read ``x,y,width,height``.

    Raises
    ------
    UsageError
    """
    match = _BOX.fullmatch(text)
    if match is None or not int(match[3]) or not int(match[4]):
        raise UsageError(f"{text!r} is no rectangle", hint="Write x,y,width,height in pixels, such as 0,0,512,40.")
    x, y, width, height = (int(number) for number in match.groups())
    return Box(x, y, width, height)


def clipped(box: Box, rows: int, columns: int) -> Box | None:
    """Give the part of a box that is in the image, if any."""
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.right, columns), min(box.bottom, rows)
    if left >= right or top >= bottom:
        return None
    return replace(box, x=left, y=top, width=right - left, height=bottom - top)


def enlarged(box: Box, by: int) -> Box:
    """Give the box with `by` more pixels on each side."""
    return replace(box, x=box.x - by, y=box.y - by, width=box.width + 2 * by, height=box.height + 2 * by)


def _shared(one: Box, other: Box) -> int:
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    return max(width, 0) * max(height, 0)


def _hull(one: Box, other: Box) -> Box:
    left, top = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.right, other.right), max(one.bottom, other.bottom)
    confidence = max(one.confidence, other.confidence)
    return replace(one, x=left, y=top, width=right - left, height=bottom - top, confidence=confidence)


def joined(boxes: Iterable[Box]) -> list[Box]:
    """Take boxes together that mostly cover each other, so that the same text found twice is one box."""
    left = sorted(boxes, key=lambda box: -box.area)
    found: list[Box] = []
    for box in left:
        for place, other in enumerate(found):
            hull = _hull(other, box)
            shared = _shared(other, box)
            # Nothing is covered that neither covers, but for a few pixels.
            if shared > 0 and hull.area <= 1.15 * (other.area + box.area - shared):
                found[place] = hull
                break
        else:
            found.append(box)
    return found if len(found) == len(left) else joined(found)


def outside(regions: Iterable[Box], rows: int, columns: int) -> list[Box]:
    """Give boxes that cover everything but `regions`."""
    kept = [box for box in (clipped(region, rows, columns) for region in regions) if box is not None]
    edges = sorted({0, rows, *(box.y for box in kept), *(box.bottom for box in kept)})
    found: list[Box] = []
    for top, bottom in pairwise(edges):
        at = 0
        for box in sorted((box for box in kept if box.y <= top < box.bottom), key=lambda box: box.x):
            if box.x > at:
                found.append(Box(at, top, box.x - at, bottom - top, "region"))
            at = max(at, box.right)
        if at < columns:
            found.append(Box(at, top, columns - at, bottom - top, "region"))
    return found
