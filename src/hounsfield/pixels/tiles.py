"""Slides: where each frame lies in the total pixel matrix, and regions of it (PS3.3 C.7.6.17.3, C.8.12.4).

Frames of TILED_FULL lie in the order of the standard: along rows, down columns, focal plane by focal plane, then
optical path by optical path, or segment by segment. All others say where they lie.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import LimitError, PixelError, UnsupportedError, UsageError
from hounsfield.pixels.gather import FrameJob, check_room
from hounsfield.pixels.image import Image, open_image
from hounsfield.settings import threads

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from pydicom import Dataset

    from hounsfield.settings import Limits

__all__ = ["Slide", "Tile", "open_slide"]

Array = np.ndarray[Any, np.dtype[Any]]

_ROWS, _COLUMNS = 0x00480007, 0x00480006
_ROW, _COLUMN = 0x0048021F, 0x0048021E
_FRAMES = 0x00280008
# A region of this size is always made; a larger one may have so many bytes for each byte of the tiles in it.
_SMALL = 64 << 20
_MOST_EMPTY = 1000
# What a tile costs, in elements.
_ELEMENTS = 5


@dataclass(frozen=True)
class Tile:
    """One frame of a slide.

    Parameters
    ----------
    frame : int
        From 0.
    row, column : int
        Of its first pixel in the total pixel matrix, from 0.
    channel : str
        Optical Path Identifier, or number of the segment.
    depth : float
        Place of its focal plane: number from 0 where frames do not say it, else micrometers above the glass.
    """

    frame: int
    row: int
    column: int
    channel: str = ""
    depth: float = 0


@dataclass(frozen=True, eq=False)
class Slide:
    """A tiled image: its frames lie side by side in one matrix, of which any region can be read.

    Parameters
    ----------
    image : Image
        Its frames.
    rows, columns : int
        Size of the total pixel matrix.
    tiles : tuple of Tile
        One for each frame.
    """

    image: Image
    rows: int
    columns: int
    tiles: tuple[Tile, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """Optical paths or segments, in the order of the file."""
        return tuple(dict.fromkeys(tile.channel for tile in self.tiles))

    @property
    def depths(self) -> tuple[float, ...]:
        """Focal planes, from the glass up."""
        return tuple(sorted({tile.depth for tile in self.tiles}))

    def read_region(
        self,
        row: int,
        column: int,
        *,
        rows: int,
        columns: int,
        channel: str | None = None,
        depth: float | None = None,
        fill: int = 0,
    ) -> Array:
        """Read a rectangle of the total pixel matrix; only frames that meet it are read and decoded.

        Parameters
        ----------
        row, column : int
            Its first pixel, from 0.
        rows, columns : int
            Its size; it may not leave the matrix.
        channel : str, optional
            One of `channels`; the first without it.
        depth : float, optional
            One of `depths`; the first without it.
        fill : int
            Stored value where no tile is.

        Returns
        -------
        numpy.ndarray
            Stored values, ``(row, column)`` or ``(row, column, sample)``.

        Raises
        ------
        UsageError
            When the region is not in the matrix, or there is no such channel or depth.
        PixelError, ReadError, LimitError
            Naming the file and the frame.
        """
        if not (0 <= row < row + rows <= self.rows and 0 <= column < column + columns <= self.columns):
            raise UsageError(
                f"rows {row:,} to {row + rows:,} and columns {column:,} to {column + columns:,} are not within the "
                f"total pixel matrix of {self.rows:,} rows and {self.columns:,} columns"
            )
        channel = _one_of(channel, self.channels, "channel")
        depth = _one_of(depth, self.depths, "depth")
        layout = self.image.layout
        met = [
            tile
            for tile in self.tiles
            if tile.channel == channel
            and tile.depth == depth
            and -layout.rows < tile.row - row < rows
            and -layout.columns < tile.column - column < columns
        ]
        out = self._room(rows, columns, met, fill)

        def place(tile: Tile) -> None:
            top, left = tile.row - row, tile.column - column
            there = (slice(max(0, top), top + layout.rows), slice(max(0, left), left + layout.columns))
            part = out[there]
            first, second = max(0, -top), max(0, -left)
            frame = self.image.stored(tile.frame)
            part[...] = frame[first : first + part.shape[0], second : second + part.shape[1]]

        if len(met) == 1:
            place(met[0])
        elif met:
            with ThreadPoolExecutor(threads(8)) as pool:
                list(pool.map(place, met))
        return out

    def _room(self, rows: int, columns: int, met: Sequence[Tile], fill: int) -> Array:
        layout, image = self.image.layout, self.image
        check_room([FrameJob(image.source, tile.frame) for tile in met], image.limits)
        needed = rows * columns * layout.samples * np.dtype(layout.dtype).itemsize
        if needed > max(_SMALL, _MOST_EMPTY * len(met) * layout.frame_bytes):
            raise LimitError(
                f"a region of {needed:,} bytes has only {len(met):,} tiles", where=image.name, hint="Read it in parts."
            )
        try:
            shape = (rows, columns) if layout.samples == 1 else (rows, columns, layout.samples)
            return np.full(shape, fill, layout.dtype)
        except OverflowError:
            raise UsageError(f"{fill} is no value of a pixel of type {layout.dtype}") from None
        except (MemoryError, ValueError):
            raise LimitError(f"a region of {needed:,} bytes does not fit into memory", where=image.name) from None


def open_slide(source: str | os.PathLike[str] | Dataset | Image, *, limits: Limits | None = None) -> Slide:
    """Open a tiled image without reading its pixels.

    Parameters
    ----------
    source : path, pydicom.Dataset or Image
        As for `open_image`.
    limits : Limits, optional
        What reading may cost.

    Raises
    ------
    UnsupportedError
        When it is not tiled: it has no Total Pixel Matrix Columns and Rows.
    PixelError
        When frames are missing, or do not say where they lie, naming the tag.
    """
    image = open_image(source, limits=limits)
    dataset = image.dataset
    if "TotalPixelMatrixRows" not in dataset or "TotalPixelMatrixColumns" not in dataset:
        raise UnsupportedError("it is not tiled: it has no total pixel matrix", where=image.name, code="not-tiled")
    most = image.limits.elements // _ELEMENTS
    if image.frames > most:
        raise LimitError(f"{image.frames:,} tiles, more than {most:,}", where=image.name, tag=_FRAMES)
    rows = _count(image, dataset, "TotalPixelMatrixRows", _ROWS)
    columns = _count(image, dataset, "TotalPixelMatrixColumns", _COLUMNS)
    full = str(dataset.get("DimensionOrganizationType", "")) == "TILED_FULL"
    tiles = _full(image, rows, columns) if full else _sparse(image)
    return Slide(image, rows, columns, tuple(tiles))


def _full(image: Image, rows: int, columns: int) -> list[Tile]:
    dataset, layout = image.dataset, image.layout
    down, across = -(-rows // layout.rows), -(-columns // layout.columns)
    planes = _count(image, dataset, "TotalPixelMatrixFocalPlanes", 0x00480303, default=1)
    channels = _channels(image)
    needed = down * across * planes * len(channels)
    if image.frames < needed:
        raise PixelError(
            f"{down:,} x {across:,} tiles, {planes:,} focal planes and {len(channels):,} channels need {needed:,} "
            f"frames, but there are {image.frames:,}",
            where=image.name,
            tag=_FRAMES,
            code="tiles-missing",
        )
    return [
        Tile(number, line * layout.rows, place * layout.columns, channel, plane)
        for number, (channel, plane, line, place) in enumerate(
            (channel, plane, line, place)
            for channel in channels
            for plane in range(planes)
            for line in range(down)
            for place in range(across)
        )
    ]


def _channels(image: Image) -> list[str]:
    """Name what frames of TILED_FULL repeat for: optical paths, or segments that have frames of their own."""
    dataset = image.dataset
    if dataset.get("SegmentSequence") and str(dataset.get("SegmentationType", "")) != "LABELMAP":
        return [str(item.get("SegmentNumber", "")) for item in dataset.SegmentSequence]
    paths = [str(item.get("OpticalPathIdentifier", "")) for item in dataset.get("OpticalPathSequence") or ()]
    count = _count(image, dataset, "NumberOfOpticalPaths", 0x00480302, default=len(paths) or 1)
    if count > image.frames:
        raise PixelError(f"{count:,} optical paths in {image.frames:,} frames", where=image.name, tag=0x00480302)
    if count != len(paths) or max(Counter(paths).values()) > 1:
        paths = [str(number + 1) for number in range(count)]
    return paths


def _sparse(image: Image) -> list[Tile]:
    items = image.dataset.get("PerFrameFunctionalGroupsSequence") or ()
    if len(items) < image.frames:
        raise PixelError(
            f"{image.frames:,} frames, but only {len(items):,} say where they lie",
            where=image.name,
            tag=0x52009230,
            code="tiles-missing",
        )
    shared = (image.dataset.get("SharedFunctionalGroupsSequence") or [None])[0]
    return [_tile(image, number, item, shared) for number, item in zip(range(image.frames), items, strict=False)]


def _tile(image: Image, number: int, item: Dataset, shared: Dataset | None) -> Tile:
    position = _group("PlanePositionSlideSequence", item, shared)
    if position is None:
        raise PixelError(f"frame {number + 1} does not say where it lies", where=image.name, tag=0x0048021A)
    row = _count(image, position, "RowPositionInTotalImagePixelMatrix", _ROW)
    column = _count(image, position, "ColumnPositionInTotalImagePixelMatrix", _COLUMN)
    channel = ""
    for sequence, keyword in (
        ("OpticalPathIdentificationSequence", "OpticalPathIdentifier"),
        ("SegmentIdentificationSequence", "ReferencedSegmentNumber"),
    ):
        found = _group(sequence, item, shared)
        if found is not None and found.get(keyword) is not None:
            channel = str(found.get(keyword))
    try:
        depth = float(position.get("ZOffsetInSlideCoordinateSystem") or 0)
    except (TypeError, ValueError):
        depth = 0.0
    return Tile(number, row - 1, column - 1, channel, depth)


def _group(sequence: str, *items: Dataset | None) -> Dataset | None:
    for item in items:
        found = item.get(sequence) if item is not None else None
        if found:
            first: Dataset = found[0]
            return first
    return None


def _count(image: Image, dataset: Dataset, keyword: str, tag: int, default: int | None = None) -> int:
    try:
        value = dataset.get(keyword)
        found = default if value is None else int(value)
    except Exception:  # noqa: BLE001 - pydicom raises what its converters raise
        found = None
    if found is None or found < 1:
        raise PixelError(f"{keyword} is no number above 0", where=image.name, tag=tag, code="tiles")
    return found


def _one_of(wanted: Any, known: Sequence[Any], kind: str) -> Any:
    if wanted is None:
        return known[0]
    if wanted not in known:
        raise UsageError(f"there is no {kind} {wanted}: it has {', '.join(str(one) for one in known[:10])}")
    return wanted
