"""Instances whose frames are served: found in the catalog, opened once, kept while they are likely to be asked again.

Values are served normalized: one sample of whole bytes as stored, or 8-bit RGB; whatever the file holds, a browser
needs to know no more than `FrameType`. What the numbers mean (slope, intercept, unit) is told beside them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError, ReadError, UnsupportedError, UsageError
from hounsfield.pixels.display import Appearance, display
from hounsfield.pixels.encode import encode_frame
from hounsfield.pixels.frames import Frames
from hounsfield.pixels.image import Image, open_image
from hounsfield.server.names import name_of
from hounsfield.volumes.header import integer, text
from hounsfield.volumes.planes import Refused, planes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from hounsfield.catalog.record import Instance
    from hounsfield.pixels.layout import FrameSource
    from hounsfield.server.library import Library
    from hounsfield.settings import Limits

__all__ = ["FrameType", "Images", "Opened", "Recent", "missing"]

_BASELINE = "1.2.840.10008.1.2.4.50"
# Of JPEG, from 1 to 100.
_QUALITY = 90
_COLORS = Appearance(overlays=False, shutter=False)


@dataclass(frozen=True, slots=True)
class FrameType:
    """What the bytes of a normalized frame are: little endian, row by row, samples of a pixel together.

    Parameters
    ----------
    samples : int
        1, or 3 for RGB.
    bits : int
        Of each sample: 8, 16, 32 or 64.
    signed, floating : bool
        Of what kind the numbers are.
    """

    samples: int
    bits: int
    signed: bool = False
    floating: bool = False

    @property
    def dtype(self) -> str:
        """NumPy's name."""
        return f"<{'f' if self.floating else 'i' if self.signed else 'u'}{self.bits // 8}"


class Recent:
    """Remembers what was made last; the same thing is never made twice at once.

    Parameters
    ----------
    most : int
        How many things are remembered.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, _Making] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Give what `key` stands for, made now where it is not remembered."""
        with self._lock:
            making = self._made.get(key)
            if making is None:
                making = self._made[key] = _Making()
                while len(self._made) > self._most:
                    self._made.popitem(last=False)
            else:
                self._made.move_to_end(key)
        with making.lock:
            if not making.done:
                try:
                    making.value = make()
                except BaseException:
                    with self._lock:
                        if self._made.get(key) is making:
                            del self._made[key]
                    raise
                making.done = True
        return making.value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._made.clear()


class _Making:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = False
        self.value: Any = None


class Images:
    """Opens instances by their UID.

    Parameters
    ----------
    library : Library
        Where they are.
    """

    # Each holds its header and a table of frames, not pixels; but those in archives hold the whole file.
    _MOST_ROWS, _MOST, _MOST_INSIDE = 100_000, 4096, 64

    def __init__(self, library: Library) -> None:
        self._library = library
        self._rows, self._opened, self._inside = (
            Recent(most) for most in (self._MOST_ROWS, self._MOST, self._MOST_INSIDE)
        )

    def opened(self, instance: str) -> Opened:
        """Open an instance; where files share a UID, the first of them.

        Raises
        ------
        ReadError
            When there is none of this UID (code ``not-found``).
        """
        return self._open("SOPInstanceUID", instance)

    def file(self, number: int) -> Opened:
        """Open an instance by the number of its row, which no other has; errors as for `opened`."""
        return self._open("id", number)

    def _open(self, key: str, value: str | int) -> Opened:
        def make() -> Instance:
            with self._library.catalog() as catalog:
                row = catalog.instances.where(**{key: [value]}).first()
            if row is None:
                raise missing("instance", str(value))
            return row

        # A later scan may give the number of a file that is gone to another one.
        row: Instance = self._rows.get((key, value, self._library.generation), make)
        self._library.ready([row])
        kept = self._inside if row["member"] else self._opened
        found: Opened = kept.get((row["id"], row["mtime_ns"], row["path"]), lambda: Opened(row, self._library.limits))
        return found


def missing(what: str, uid: str) -> ReadError:
    """Make the error for something that is not there."""
    return ReadError(f"there is no {what} {uid[:70]}", code="not-found")


class Opened:
    """One instance; its frames are read when they are asked for, from any thread.

    Parameters
    ----------
    row : Instance
        Its row of the catalog.
    limits : Limits
        What reading may cost.
    """

    def __init__(self, row: Instance, limits: Limits) -> None:
        self.row, self.limits = row, limits
        self.name = name_of(row)
        self._lock = threading.Lock()

    @cached_property
    def source(self) -> FrameSource | None:
        """Where the frames are, as far as the catalog knows; nothing where that takes the header."""
        found = planes_of(self.row, self.limits) if _plain(self.row) else None
        return None if found is None or isinstance(found, Refused) else found[0].source

    @cached_property
    def image(self) -> Image:
        """The image with its whole header."""
        return open_image(self.name, limits=self.limits)

    @cached_property
    def frames(self) -> Frames:
        """Frames as they are stored."""
        return Frames(self.source or self.image.source, self.limits)

    @property
    def syntax(self) -> str:
        """Transfer Syntax UID."""
        return text(self.row, "TransferSyntaxUID")

    @property
    def count(self) -> int:
        """Number of frames, at least 1."""
        return self.source.frames if self.source is not None else self._locked_image().frames

    @cached_property
    def type(self) -> FrameType:
        """What a normalized frame consists of."""
        layout = self.source.layout if self.source is not None else self._locked_image().layout
        if layout.samples > 1 or layout.photometric.startswith("PALETTE"):
            return FrameType(3, 8)
        if self._locked_frames().index.modality_lut:
            return FrameType(1, 32, floating=True)
        kind = np.dtype(layout.dtype)
        return FrameType(1, kind.itemsize * 8, kind.kind == "i", kind.kind == "f")

    def normalized(self, index: int) -> bytes | memoryview:
        """Give one frame, from 0, as `type` says.

        Raises
        ------
        PixelError, ReadError
            When there is no such frame, or it cannot be decoded.
        """
        self.check(index)
        kind = self.type
        if kind.samples == 3:
            shown = display(self._locked_image(), index, appearance=_COLORS)
            array = shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, axis=2)
        elif kind.floating and self.frames.index.modality_lut:
            from hounsfield.pixels.values import frame_as

            array = frame_as(self._locked_image(), index, "physical")
        else:
            array = self._locked_frames().stored(index)
        return np.ascontiguousarray(array, kind.dtype).data.cast("B")

    def encoded(self, index: int) -> bytes:
        """Give one frame as it is stored."""
        self.check(index)
        return self._locked_frames().encoded(index)

    def uncompressed(self, index: int) -> bytes | memoryview:
        """Give one frame as Explicit VR Little Endian would have it: color as RGB where it was compressed."""
        self.check(index)
        array = self._locked_frames().stored(index)
        return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data.cast("B")

    def holds(self, syntax: str) -> bool:
        """Tell whether a compressed transfer syntax can hold these frames as they are stored."""
        layout = self.source.layout if self.source is not None else self._locked_image().layout
        kind = np.dtype(layout.dtype)
        if syntax == _BASELINE:
            return kind == np.uint8 and not layout.photometric.startswith("PALETTE")
        return kind.kind in "iu" and kind.itemsize <= 2 and layout.bits_allocated > 1

    def compressed(self, index: int, syntax: str) -> bytes:
        """Give one frame compressed, without loss but for JPEG Baseline: color as RGB where it was compressed.

        Raises
        ------
        UnsupportedError
            For values that the syntax does not hold, such as floating point numbers.
        """
        self.check(index)
        array = self._locked_frames().stored(index)
        if not self.holds(syntax):
            raise UnsupportedError(f"{syntax} does not hold values of type {array.dtype}", where=self.name)
        layout = (self.source or self._locked_image().source).layout
        if layout.samples > 1:
            layout = replace(layout, photometric="RGB", planar=False)
        quality = _QUALITY if syntax == _BASELINE else None
        return encode_frame(array.astype(layout.dtype, copy=False), syntax, layout, quality=quality).data

    def tile(self, frame: bytes | memoryview, tile: str) -> bytes:
        """Cut a part out of a normalized frame: ``row,column,rows,columns``.

        Raises
        ------
        UsageError
            For a part that is not in the frame.
        """
        layout = (self.source or self._locked_image().source).layout
        try:
            row, column, rows, columns = (int(one) for one in tile.split(","))
        except ValueError:
            raise UsageError(f"'{tile[:40]}' is no tile") from None
        if (
            min(row, column) < 0
            or min(rows, columns) < 1
            or row + rows > layout.rows
            or column + columns > layout.columns
        ):
            raise UsageError(f"the tile {tile[:40]} is not in the frame")
        array = np.frombuffer(frame, self.type.dtype).reshape(layout.rows, layout.columns, -1)
        return array[row : row + rows, column : column + columns].tobytes()

    def check(self, index: int) -> None:
        """Refuse a frame that there is none of."""
        if not 0 <= index < self.count:
            raise ReadError(f"there is no frame {index + 1}: it has {self.count}", where=self.name, code="not-found")

    def _locked_frames(self) -> Frames:
        with self._lock:
            return self.frames

    def _locked_image(self) -> Image:
        with self._lock:
            return self.image


def _plain(row: Instance) -> bool:
    """Whether the catalog says all that decoding gray frames of the file takes."""
    gray = text(row, "PhotometricInterpretation") in ("MONOCHROME1", "MONOCHROME2")
    single = row["NumberOfFrames"] in (None, "", 1)
    return gray and (integer(row, "SamplesPerPixel") or 1) == 1 and single and bool(text(row, "TransferSyntaxUID"))


def reason_of(error: Exception) -> str:
    """Say what went wrong in one line, without the place."""
    return error.message if isinstance(error, HounsfieldError) else str(error)
