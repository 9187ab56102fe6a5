"""The frames of a file that is transcoded: as bytes, as samples with all their bits, and as stored values.

YBR color that a codec did not make is left alone, since conversion to RGB is not exact; DCT codecs give RGB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield import _core
from hounsfield.errors import MalformedError, PixelError, UnsupportedError
from hounsfield.files.read import read
from hounsfield.files.source import Input, open_input
from hounsfield.files.write import BIG_ENDIAN, EXPLICIT, IMPLICIT, NATIVE
from hounsfield.pixels.decode import decode_frame
from hounsfield.pixels.gather import FrameJob, check_room
from hounsfield.pixels.image import Image, open_image
from hounsfield.pixels.native import from_native
from hounsfield.pixels.syntaxes import syntax_of

if TYPE_CHECKING:
    from pydicom import FileDataset

    from hounsfield.pixels.layout import Layout
    from hounsfield.settings import Limits

__all__ = ["BYTES", "Source", "open_source"]

Array = np.ndarray[Any, np.dtype[Any]]

# Codecs of bytes: every bit is kept.
BYTES = frozenset({"none", "encapsulated", "deflate", "rle"})
_ELEMENTS = ("7FE0,0008", "7FE0,0009", "7FE0,0010")
_WHOLE_BYTES = (8, 16, 32, 64)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A file and its pixels.

    Parameters
    ----------
    origin : Input
        The file.
    dataset : FileDataset
        Its header.
    syntax : str
        Transfer Syntax UID.
    element : str
        The tag of its pixel data as text; empty where it has none.
    opened : Image or None
        Its pixels; ``None`` where they are none, or floating point.
    """

    origin: Input
    dataset: FileDataset
    syntax: str
    element: str
    opened: Image | None

    @property
    def image(self) -> Image:
        """The pixels."""
        if self.opened is None:
            raise PixelError("it has no integer pixel data", where=self.origin.name)
        return self.opened

    @property
    def layout(self) -> Layout:
        """How they are stored."""
        return self.image.layout

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return self.opened.frames if self.opened else int(self.dataset.get("NumberOfFrames") or bool(self.element))

    @property
    def native(self) -> bool:
        """Whether the data set is stored without encapsulated pixel data."""
        return self.syntax in NATIVE

    @property
    def decoder(self) -> str:
        """The codec that its frames need; ``none`` where they are native."""
        known = syntax_of(self.syntax)
        return known.decoder if known else ""

    @property
    def photometric(self) -> str:
        """Photometric Interpretation of what `samples` and `stored` give."""
        given = self.layout.photometric
        if self.layout.samples != 3:
            return given
        # libjpeg and FFmpeg convert while they decode.
        converted = self.decoder in ("jpeg", "video") or (self.decoder == "jpeg-xl" and given != "YBR_FULL")
        if given in ("RGB", "YBR_FULL") and not converted:
            return given
        return "YBR_FULL" if given == "YBR_FULL_422" and not converted else "RGB"

    def encoded(self, index: int) -> bytes:
        """One frame as it is stored; native ones in little endian."""
        return self.image.encoded(index)

    def samples(self, index: int) -> Array:
        """One frame with all bits of its samples, unsigned; YBR as it is."""
        bits = self.layout.bits_allocated
        return self._pixels(index, replace(self.layout, bits_stored=bits, high_bit=bits - 1, signed=False))

    def stored(self, index: int) -> Array:
        """One frame of stored values; YBR as it is."""
        return self._pixels(index, self.layout)

    def _pixels(self, index: int, layout: Layout) -> Array:
        if self.native:
            return from_native(self.encoded(index), layout, keep_ybr=True)
        if self.decoder == "video" or self.photometric not in ("RGB", "YBR_FULL", layout.photometric):
            return self.image.stored(index)
        check_room([FrameJob(self.image.source, index)], self.image.limits)
        if self.photometric == "YBR_FULL":
            # What is called RGB is not converted.
            layout = replace(layout, photometric="RGB")
        return decode_frame(self.encoded(index), self.syntax, layout)


def open_source(path: str, limits: Limits) -> Source:
    """Open a file to be transcoded.

    Raises
    ------
    ReadError
        When it cannot be read.
    MalformedError
        When pixel data and transfer syntax contradict each other.
    """
    origin = open_input(path, limits=limits)
    dataset = read(path if origin.path else origin.data or b"", stop_before_pixels=True, limits=limits, issues=[])
    meta = getattr(dataset, "file_meta", None)
    syntax = str(meta.get("TransferSyntaxUID", "") if meta is not None else "")
    if not syntax:
        implicit, little = dataset.original_encoding
        syntax = IMPLICIT if implicit else EXPLICIT if little else BIG_ENDIAN
    found, _ = _core.edit_targets(origin, limits, list(_ELEMENTS))
    there = [(element, row[3]) for element, row in zip(_ELEMENTS, found, strict=True) if row[1]]
    element, encapsulated = there[-1] if there else ("", False)
    if element and encapsulated == (syntax in NATIVE):
        raise MalformedError(
            f"the pixel data are {'' if encapsulated else 'not '}encapsulated, which contradicts the transfer syntax",
            where=origin.name,
            tag=int(element.replace(",", ""), 16),
        )
    return Source(origin, dataset, syntax, element, _image(path, element, syntax, limits))


def _image(path: str, element: str, syntax: str, limits: Limits) -> Image | None:
    if element != _ELEMENTS[-1]:
        return None
    try:
        return open_image(path, limits=limits)
    except UnsupportedError:
        # Pixels that nobody knows the shape of can still be copied.
        if syntax in NATIVE:
            return None
        raise
