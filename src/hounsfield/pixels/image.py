"""The pixels of one data set, opened: header, layout, and any frame by its index (PS3.5 8, PS3.3 C.7.6.3).

What the values mean (look-up tables, color, overlays) is left to the modules above this one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hounsfield.errors import Issue, PixelError, UnsupportedError, UsageError
from hounsfield.pixels.frames import Frames
from hounsfield.pixels.gather import FrameJob, allocate, check_room
from hounsfield.pixels.header import said
from hounsfield.pixels.layout import FrameSource, Layout
from hounsfield.pixels.opening import layout_of, number_of_frames
from hounsfield.settings import Limits
from hounsfield.settings import threads as allowed_threads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom import Dataset

__all__ = ["Image", "frame", "frames", "open_image"]

Array = np.ndarray[Any, np.dtype[Any]]

As = Literal["stored", "physical", "display"]

_MOST_THREADS = 8


@dataclass(frozen=True, eq=False)
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
    repairs : tuple of Issue
        What is wrong with the header, and how it is read nevertheless.
    """

    dataset: Dataset
    source: FrameSource
    limits: Limits
    repairs: tuple[Issue, ...] = ()

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

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with the header or the offset table, and how the frames are read nevertheless."""
        return (*self.repairs, *self._frames.issues)

    @cached_property
    def _frames(self) -> Frames:
        return Frames(self.source, self.limits)

    def stored(self, index: int = 0) -> Array:
        """Read and decode one frame; nothing is read of the others.

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
        self._check(index)
        check_room([FrameJob(self.source, index)], self.limits)
        return self._frames.stored(index)

    def encoded(self, index: int = 0) -> bytes:
        """Read one frame as it is stored: its code stream, or its uncompressed bytes, little endian.

        Raises
        ------
        PixelError, ReadError
            Naming the file and the frame.
        """
        self._check(index)
        return self._frames.encoded(index)

    def many(self, indices: Iterable[int], *, workers: int | None = None) -> Array:
        """Read and decode several frames on threads, straight into one array.

        Parameters
        ----------
        indices : iterable of int
            From 0, in any order.
        workers : int, optional
            Threads; as many as there are processors, up to 8.

        Returns
        -------
        numpy.ndarray
            Stored values, ``(frame, row, column)`` or ``(frame, row, column, sample)``.

        Raises
        ------
        PixelError, ReadError, LimitError
            Naming the file and the frame.
        """
        wanted = list(indices)
        for index in wanted:
            self._check(index)
        if not wanted:
            raise UsageError("no frame is asked for")
        threads = workers or allowed_threads(_MOST_THREADS)
        out = allocate([FrameJob(self.source, index) for index in wanted], self.limits)
        layout = self.layout
        if not self.source.compressed and layout.whole_bytes and not layout.photometric.startswith("YBR_"):
            self._frames.index.gather(wanted, layout, out.reshape(-1).view(np.uint8), threads, None)
            return out

        def one(place: int) -> None:
            out[place] = self._frames.stored(wanted[place])

        _ = self._frames
        if threads == 1 or len(wanted) == 1:
            for place in range(len(wanted)):
                one(place)
            return out
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(one, range(len(wanted))))
        return out

    def with_layout(self, layout: Layout) -> Image:
        """Give the same image, its frames understood in another way."""
        return replace(self, source=replace(self.source, layout=layout))

    def _check(self, index: int) -> None:
        if not 0 <= index < self.frames:
            raise PixelError(f"there is no frame {index + 1}: it has {self.frames}", where=self.name, code="no-frame")


def open_image(source: str | os.PathLike[str] | Dataset | Image, *, limits: Limits | None = None) -> Image:
    """Open an image object without reading its pixels.

    Parameters
    ----------
    source : path, pydicom.Dataset or Image
        A file, a member of a ZIP archive, or an encrypted file for which a key is configured; a data set with pixel
        data, which are copied once; an `Image` is returned as it is.
    limits : Limits, optional
        What reading may cost.

    Raises
    ------
    UnsupportedError
        When it has no pixel data.
    PixelError
        When the header contradicts itself: Rows 0, Bits Stored above Bits Allocated and the like, naming the tag.
    ReadError
        When it cannot be read.
    """
    if isinstance(source, Image):
        return source
    limits = limits or Limits()
    if isinstance(source, str | os.PathLike):
        return _of_path(os.fspath(source), limits)
    from hounsfield.pixels.memory import file_of

    name = str(getattr(source, "filename", None) or "<data set>")
    return _image(source, name, file_of(source, name), limits)


def _of_path(path: str, limits: Limits) -> Image:
    from hounsfield.files.read import read
    from hounsfield.files.source import open_input

    origin = open_input(path, limits=limits)
    data = origin.data if origin.path is None else None
    dataset = read(path if data is None else data, stop_before_pixels=True, limits=limits, issues=[])
    return _image(dataset, path, data, limits)


def _image(dataset: Dataset, name: str, held: bytes | None, limits: Limits) -> Image:
    if "Rows" not in dataset or "Columns" not in dataset:
        raise UnsupportedError("it holds no image: it has no Rows and Columns", where=name, code="no-pixel-data")
    _refuse_private(dataset, name)
    repairs: list[Issue] = []
    meta = getattr(dataset, "file_meta", None)
    syntax = str(said(meta, "TransferSyntaxUID") or "") if meta is not None else ""
    layout = layout_of(dataset, name, repairs)
    found = FrameSource(
        name,
        None,
        str(said(dataset, "SOPInstanceUID") or ""),
        syntax,
        layout,
        number_of_frames(dataset, name, repairs),
        held,
    )
    return Image(dataset, found, limits, tuple(repairs))


def _refuse_private(dataset: Dataset, name: str) -> None:
    """Refuse pixels that Philips CT scanners keep in private elements, compressed as no standard describes."""
    for number, pixels in ((0x07A11011, 0x07A1100A), (0x07A11111, 0x07A1110A)):
        way = str(getattr(said(dataset, number), "value", None) or "").strip()
        if way.startswith("PMSCT_") and pixels in dataset:
            raise UnsupportedError(
                f"its pixels are compressed in a private way of Philips ({way}), not as DICOM describes",
                where=name,
                tag=number,
                code="private-compression",
                hint="Export the series again from the scanner without private compression.",
            )


def frame(
    source: str | os.PathLike[str] | Dataset | Image,
    index: int = 0,
    *,
    as_: As = "stored",
    limits: Limits | None = None,
) -> Array:
    """Read and decode one frame of an image, and nothing else of its pixels.

    Parameters
    ----------
    source : path, pydicom.Dataset or Image
        As for `open_image`; opening an `Image` once saves reading its header for each frame.
    index : int
        Frame, from 0.
    as_ : {'stored', 'physical', 'display'}
        Stored values; those of the modality, such as Hounsfield units; or 8-bit gray or RGB as the file asks for.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    numpy.ndarray
        ``(row, column)`` or ``(row, column, sample)``.

    Raises
    ------
    PixelError, ReadError
        Naming the file and the frame.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> hu.frame(get_testdata_file("CT_small.dcm")).shape
    (128, 128)
    """
    image = open_image(source, limits=limits)
    if as_ == "stored":
        return image.stored(index)
    from hounsfield.pixels.values import frame_as

    return frame_as(image, index, as_)


def frames(
    source: str | os.PathLike[str] | Dataset | Image,
    indices: Iterable[int] | None = None,
    *,
    as_: As = "stored",
    workers: int | None = None,
    limits: Limits | None = None,
) -> Array:
    """Read and decode several frames of an image on threads, into one array.

    Parameters
    ----------
    source : path, pydicom.Dataset or Image
        As for `open_image`.
    indices : iterable of int, optional
        Frames, from 0, in any order; all without it.
    as_ : {'stored', 'physical', 'display'}
        As for `frame`.
    workers : int, optional
        Threads; as many as there are processors, up to 8.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    numpy.ndarray
        ``(frame, row, column)`` or ``(frame, row, column, sample)``.

    Raises
    ------
    PixelError, ReadError, LimitError
        Naming the file and the frame.
    """
    image = open_image(source, limits=limits)
    wanted = range(image.frames) if indices is None else list(indices)
    if as_ == "stored":
        return image.many(wanted, workers=workers)
    from hounsfield.pixels.values import frame_as

    return np.stack([frame_as(image, index, as_) for index in wanted])
