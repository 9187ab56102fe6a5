"""Pixel data in sequences: icons and the like, which may be native whatever the syntax of the image (PS3.5 A.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError
from hounsfield.files.write_pixels import PIXEL_DATA
from hounsfield.pixels.decode import decode_frame
from hounsfield.pixels.layout import Layout

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.files.write import Header, Row
    from hounsfield.pixels.transcode.source import Source

__all__ = ["unpacked"]

_STEP = re.compile(r"([0-9A-F]{4}),([0-9A-F]{4})\[(\d+)\]")


def unpacked(header: Header, source: Source) -> list[Row]:
    """Make encapsulated pixel data in sequences native, since their syntax is no longer that of the file.

    Raises
    ------
    PixelError
        When an icon cannot be decoded; it names the sequence.
    """
    rows: list[Row] = []
    for path, encapsulated in header.nested(PIXEL_DATA):
        if not encapsulated:
            continue
        item: Any = source.dataset
        for group, element, number in _STEP.findall(path):
            item = item[int(group, 16), int(element, 16)].value[int(number)]
        try:
            rows += _native(path, item, source.syntax)
        except HounsfieldError as error:
            error.message = f"pixel data in {path.rpartition('.')[0]}: {error.message}"
            raise
    return rows


def _native(path: str, item: Dataset, syntax: str) -> list[Row]:
    from pydicom.encaps import generate_frames

    layout = _layout(item)
    frame = next(generate_frames(item.PixelData, number_of_frames=1))
    values = decode_frame(frame, syntax, layout)
    data = values.astype(np.dtype(layout.dtype).newbyteorder("<"), copy=False).tobytes()
    # Not the VR it had, so that the element is replaced; OW is right for bytes, too (PS3.5 A.2).
    rows: list[Row] = [(path, "OW", data + b"\0" * (len(data) % 2))]
    if layout.samples > 1:
        before = path.rpartition(".")[0]
        rows += [
            (f"{before}.PhotometricInterpretation", "CS", b"RGB "),
            (f"{before}.PlanarConfiguration", "US", b"\0\0"),
        ]
    return rows


def _layout(item: Dataset) -> Layout:
    allocated = int(item.get("BitsAllocated") or 8)
    stored = int(item.get("BitsStored") or allocated)
    return Layout(
        rows=int(item.get("Rows") or 0),
        columns=int(item.get("Columns") or 0),
        samples=int(item.get("SamplesPerPixel") or 1),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=int(item.get("HighBit") or stored - 1),
        signed=item.get("PixelRepresentation") == 1,
        float=False,
        planar=False,
        photometric=str(item.get("PhotometricInterpretation", "")),
    )
