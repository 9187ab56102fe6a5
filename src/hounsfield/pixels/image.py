"""The pixels of one data set, opened: header, layout, and any frame by its index (PS3.5 8, PS3.3 C.7.6.3).

What the values mean (look-up tables, color, overlays) is left to the modules above this one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError, UnsupportedError
from hounsfield.pixels.gather import FrameJob, allocate, gather
from hounsfield.pixels.layout import FrameSource, Layout
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["Image", "open_image"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """An image object whose frames are read when they are asked for.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    source : FrameSource
        Where the frames are, and how they are stored.
    limits : Limits
        What reading may cost.
    """

    dataset: Dataset
    source: FrameSource
    limits: Limits

    @property
    def layout(self) -> Layout:
        """How one frame is stored."""
        return self.source.layout

    @property
    def syntax(self) -> str:
        """Transfer Syntax UID."""
        return self.source.syntax

    @property
    def frames(self) -> int:
        """Number of frames, at least 1."""
        return self.source.frames

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.source.name

    def stored(self, index: int = 0) -> Array:
        """Read and decode one frame.

        Returns
        -------
        numpy.ndarray
            Stored values, ``(row, column)`` or ``(row, column, sample)``; signed where the header says so, YBR as RGB,
            palette indices as they are.

        Raises
        ------
        PixelError, ReadError
            Naming the file and the frame.
        """
        if not 0 <= index < self.frames:
            raise PixelError(f"there is no frame {index + 1}: it has {self.frames}", where=self.name, code="no-frame")
        jobs = [FrameJob(self.source, index)]
        out = allocate(jobs, self.limits)
        gather(jobs, out, limits=self.limits)
        frame: Array = out[0]
        return frame


def open_image(source: str | os.PathLike[str] | Image, *, limits: Limits | None = None) -> Image:
    """Open an image object without reading its pixels.

    Parameters
    ----------
    source : path or Image
        A file, or a member of a ZIP archive; an `Image` is returned as it is.
    limits : Limits, optional
        What reading may cost.

    Raises
    ------
    UnsupportedError
        When it has no pixel data; and whatever `hounsfield.read` raises.
    """
    if isinstance(source, Image):
        return source
    from hounsfield.files.read import read

    limits = limits or Limits()
    path = os.fspath(source)
    dataset = read(path, stop_before_pixels=True, limits=limits, issues=[])
    if "Rows" not in dataset or "Columns" not in dataset:
        raise UnsupportedError("it holds no image: it has no Rows and Columns", where=path, code="no-pixel-data")
    frames = int(dataset.get("NumberOfFrames") or 1)
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    found = FrameSource(path, None, str(dataset.get("SOPInstanceUID", "")), syntax, _layout(dataset), frames)
    return Image(dataset, found, limits)


def _layout(dataset: Dataset) -> Layout:
    samples = int(dataset.get("SamplesPerPixel") or 1)
    allocated = int(dataset.get("BitsAllocated") or 0)
    stored = int(dataset.get("BitsStored") or allocated)
    return Layout(
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        samples=samples,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=int(dataset.get("HighBit") or stored - 1),
        signed=dataset.get("PixelRepresentation") == 1,
        float=False,
        planar=samples > 1 and dataset.get("PlanarConfiguration") == 1,
        photometric=str(dataset.get("PhotometricInterpretation", "")),
    )
