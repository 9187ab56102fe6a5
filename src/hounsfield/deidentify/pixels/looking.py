"""Where the pixels of an image show text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.deidentify.pixels.boxes import joined
from hounsfield.deidentify.pixels.ocr import reader
from hounsfield.deidentify.pixels.views import views
from hounsfield.errors import HounsfieldError, UnsupportedError
from hounsfield.pixels.header import said
from hounsfield.pixels.image import open_image

if TYPE_CHECKING:
    from hounsfield.deidentify.pixels.boxes import Box
    from hounsfield.pixels.image import Image
    from hounsfield.settings import Limits

__all__ = ["image_of", "mostly_shows_text", "texts"]

# Ultrasound, secondary capture, photographs and video (roots of SOP Class UIDs).
_SHOW_TEXT = ("1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.3", "1.2.840.10008.5.1.4.1.1.7")


def image_of(path: str, limits: Limits) -> Image | None:
    """Open what may show text: not reports, nor masks of one bit, nor measured values in floating point.

    Raises
    ------
    HounsfieldError
        When it is an image that cannot be read.
    """
    try:
        image = open_image(path, limits=limits)
    except UnsupportedError as error:
        if error.code == "no-pixel-data":
            return None
        raise
    return None if image.layout.float or image.layout.bits_allocated == 1 else image


def mostly_shows_text(header: Any) -> bool:
    """Whether an image says that it shows text, or is of a kind that mostly does, whatever it says."""
    kind = str(said(header, "SOPClassUID") or "")
    stated = str(said(header, "BurnedInAnnotation") or "")
    return stated == "YES" or any(kind == root or kind.startswith(f"{root}.") for root in _SHOW_TEXT)


def texts(image: Image, most: int) -> dict[int | None, list[Box]]:
    """Find text: in each tile of a slide for itself, otherwise in some frames for all (`None`).

    Parameters
    ----------
    image : Image
        Of any kind that is shown.
    most : int
        Frames to look at, spread evenly.

    Raises
    ------
    HounsfieldError
        When a frame cannot be decoded, or OCR is not installed.
    """
    tiled = "TotalPixelMatrixColumns" in image.dataset and image.frames > 1
    count = image.frames if tiled else min(max(most, 1), image.frames)
    chosen = sorted({round(place * (image.frames - 1) / max(count - 1, 1)) for place in range(count)})
    eye = reader()
    found: dict[int | None, list[Box]] = {}
    for index in chosen:
        try:
            boxes = eye.boxes(views(image, index, image.stored(index)))
        except HounsfieldError as error:
            raise error.at(image.name) from None
        if boxes:
            found.setdefault(index if tiled else None, []).extend(boxes)
    return {index: joined(boxes) for index, boxes in found.items()}
