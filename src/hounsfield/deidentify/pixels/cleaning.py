"""One de-identified file whose pixels are cleaned: what is found where, and the file without it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.deidentify.pixels.blanking import blanked
from hounsfield.deidentify.pixels.boxes import Box, clipped, joined
from hounsfield.deidentify.pixels.looking import image_of, texts
from hounsfield.deidentify.pixels.regions import outside_regions
from hounsfield.deidentify.pixels.rules import places
from hounsfield.files.edit import edit
from hounsfield.files.read import read
from hounsfield.pixels.transcode import replace_pixels
from hounsfield.pixels.transcode.overlays import embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hounsfield.deidentify.pixels.settings import Pixels
    from hounsfield.pixels.image import Image
    from hounsfield.settings import Limits

__all__ = ["Cleaned", "clean", "planned"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was done to the pixels of a file.

    Parameters
    ----------
    boxes : tuple of Box
        What was blanked.
    looked : bool
        Whether OCR looked, which says that no text is left. Places that are known are blanked without a look at the
        rest.
    """

    boxes: tuple[Box, ...] = ()
    looked: bool = False


def clean(
    staged: str,
    output: str,
    original: str | bytes,
    *,
    pixels: Pixels,
    suspect: bool,
    unclaimed: Callable[[], None],
    limits: Limits,
) -> Cleaned:
    """Write a file without the text in its pixels; all else stays.

    Burned In Annotation becomes NO only where OCR looked.

    Parameters
    ----------
    staged : str
        The file after its header was de-identified.
    output : str
        The file to write.
    original : str or bytes
        The file before: rules are about its header.
    pixels : Pixels
        What to do.
    suspect : bool
        Whether the header says, or does not deny, that it shows text.
    unclaimed : callable
        Makes `staged` again without the code that its pixels were cleaned: for files that nobody looked at, of which
        no place was known.
    limits : Limits
        What reading may cost.

    Raises
    ------
    HounsfieldError
        When pixels that are to be looked at or changed cannot be decoded.
    """
    header = read(original, stop_before_pixels=True, limits=limits, issues=[])
    image = image_of(staged, limits)
    if image is None:
        unclaimed()
        Path(staged).replace(output)
        return Cleaned()
    everywhere, found, done = _search(image, header, pixels, suspect=suspect)
    changed = staged
    if done.boxes or embedded(header, image.layout.bits_allocated):
        changed = f"{staged}.part"
        replace_pixels(staged, changed, _frames(image, everywhere, found), limits=limits)
    elif not done.looked:
        unclaimed()
    if done.looked:
        edit(changed, {"BurnedInAnnotation": "NO"}, output, limits=limits)
    else:
        Path(changed).replace(output)
    return done


def planned(name: str, *, pixels: Pixels, suspect: bool, limits: Limits) -> Cleaned:
    """Tell what `clean` would do to a file.

    Raises
    ------
    HounsfieldError
        When pixels that are to be looked at cannot be decoded.
    """
    image = image_of(name, limits)
    return Cleaned() if image is None else _search(image, image.dataset, pixels, suspect=suspect)[2]


def _search(
    image: Image, header: Any, pixels: Pixels, *, suspect: bool
) -> tuple[list[Box], dict[int | None, list[Box]], Cleaned]:
    """Give the places to be blanked in all frames, those that OCR found in some, and both together."""
    rows, columns = image.layout.rows, image.layout.columns
    known = [*pixels.blank, *places(pixels.known, header)]
    known += outside_regions(header, rows, columns) if pixels.regions else []
    everywhere = [box for box in (clipped(box, rows, columns) for box in known) if box is not None]
    read_it = pixels.ocr == "all" or (pixels.ocr == "suspect" and suspect)
    found = texts(image, pixels.frames) if read_it else {}
    return everywhere, found, Cleaned(tuple(everywhere + joined(b for boxes in found.values() for b in boxes)), read_it)


def _frames(image: Image, everywhere: list[Box], found: Mapping[int | None, list[Box]]) -> Iterator[Array]:
    for index in range(image.frames):
        yield blanked(image, image.stored(index), [*everywhere, *found.get(None, ()), *found.get(index, ())])
