"""Draws texts into the stored pixels of real files, and says which of them can still be seen in an output.

Reads and writes with pydicom and Pillow; imports nothing of the package that is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    import random
    from pathlib import Path

__all__ = ["Score", "Text", "plant", "score"]

Array = np.ndarray[Any, np.dtype[Any]]

_FIRST = ("Aurelia", "Bogdan", "Chiara", "Dmitri", "Emeka", "Freya", "Giorgos", "Hanae")
_LAST = ("ABERNATHY", "Castellano", "DRAGOMIR", "Oyelaran", "PETTERSSON", "Rasmussen", "SZABO", "Whitcombe")
_SIZES = (14, 16, 18, 22, 28)
_SHORTEST = 10
# Of the pixels right beside the letters, those that have to be blanked with them.
_BESIDE = 0.75


@dataclass(frozen=True)
class Text:
    """What was drawn: the words, its letters, the rectangle around them (top, bottom, left, right)."""

    words: str
    ink: Array
    frame: tuple[int, int, int, int]


@dataclass(frozen=True)
class Score:
    """Texts, and those still seen; pixels away from texts, and those retained; blanked area, and the texts'."""

    texts: int
    seen: tuple[str, ...]
    others: int
    retained: int
    blanked: int
    area: int


def plant(source: Path, target: Path, number: random.Random, count: int = 4) -> list[Text]:
    """Draw texts into the darker places of a gray image of one frame; write it uncompressed."""
    data = pydicom.dcmread(source)
    pixels = data.pixel_array.copy()
    low, high = (float(np.percentile(pixels, share)) for share in (1, 99.5))
    seen = np.clip((pixels - low) / max(high - low, 1), 0, 1)
    planted: list[Text] = []
    taken = np.zeros(pixels.shape, bool)
    for _ in range(300):
        if len(planted) == count:
            break
        words = _words(number)
        sheet = Image.new("1", (pixels.shape[1], pixels.shape[0]))
        font = ImageFont.load_default(number.choice(_SIZES))
        place = (number.randrange(4, max(pixels.shape[1] - 120, 5)), number.randrange(4, pixels.shape[0] - 40))
        ImageDraw.Draw(sheet).text(place, words, font=font, fill=1)
        ink = np.asarray(sheet)
        rows, columns = np.nonzero(ink)
        top, bottom, left, right = int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1
        around = np.s_[max(top - 16, 0) : bottom + 16, max(left - 16, 0) : right + 16]
        inner = seen[top:bottom, left:right]
        unclear = np.percentile(inner, 95) > 0.6
        if right >= ink.shape[1] - 2 or bottom - top < _SHORTEST or taken[around].any() or unclear:
            continue
        taken[around] = True
        pixels[ink] = round(high)
        planted.append(Text(words, ink, (top, bottom, left, right)))
    if data.file_meta.TransferSyntaxUID.is_compressed:
        data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.PixelData = pixels.tobytes()
    data["PixelData"].is_undefined_length = False
    data["PixelData"].VR = "OW" if data.BitsAllocated > 8 else "OB"
    data.save_as(target)
    return planted


def _words(number: random.Random) -> str:
    name = f"{number.choice(_LAST)} {number.choice(_FIRST)}"
    day, month, year = number.randrange(1, 29), number.randrange(1, 13), number.randrange(1930, 2010)
    texts = (name, f"{name} {day:02}.{month:02}.{year}", f"MRN {number.randrange(10**6, 10**8)}")
    return number.choice(texts)


def score(texts: list[Text], before: Path, after: Path) -> Score:
    """Hold an output to what was drawn."""
    old, new = pydicom.dcmread(before).pixel_array, pydicom.dcmread(after).pixel_array
    away = np.ones(old.shape, bool)
    for text in texts:
        top, bottom, left, right = text.frame
        margin = bottom - top
        away[max(top - margin, 0) : bottom + margin, max(left - margin, 0) : right + margin] = False
    seen = tuple(text.words for text in texts if not _hidden(text.ink, new))
    area = sum((bottom - top) * (right - left) for top, bottom, left, right in (text.frame for text in texts))
    near = (old != new) & ~away
    return Score(len(texts), seen, int(away.sum()), int((old == new)[away].sum()), int(near.sum()), area)


def _hidden(ink: Array, new: Array) -> bool:
    """Tell whether the letters and what is beside them are one value, so that nothing of their shape is left."""
    values = np.unique(new[ink])
    if values.size != 1:
        return False
    wide = ink.copy()
    wide[1:] |= ink[:-1]
    wide[:-1] |= ink[1:]
    wide[:, 1:] |= ink[:, :-1]
    wide[:, :-1] |= ink[:, 1:]
    return float((new[wide & ~ink] == values[0]).mean()) >= _BESIDE
