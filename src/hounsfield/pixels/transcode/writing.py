"""A transcoded file, written from its source one frame at a time.

Code streams wait in a temporary file until all are made: offset tables and the compression ratio come before them.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from hounsfield import _core
from hounsfield.errors import PixelError
from hounsfield.files.source import Input
from hounsfield.files.write import Deflater, Header, encoding_of, meta
from hounsfield.files.write_pixels import PIXEL_DATA, encapsulate, native
from hounsfield.pixels.encode import Encoded
from hounsfield.pixels.transcode.frames import (
    encoded_frames,
    encoded_pixels,
    numbered,
    ordered,
    taken,
    taken_layout,
)
from hounsfield.pixels.transcode.header import changes
from hounsfield.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hounsfield.files.write import Encoding
    from hounsfield.files.write_pixels import Offsets
    from hounsfield.pixels.layout import Layout
    from hounsfield.pixels.transcode.plan import Plan
    from hounsfield.pixels.transcode.source import Source
    from hounsfield.settings import Limits

__all__ = ["Making", "write"]

Array = np.ndarray[Any, np.dtype[Any]]

_IN_MEMORY = 32 << 20
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Making:
    """One file to be written.

    Parameters
    ----------
    source : Source
        What it is made of.
    plan : Plan
        How.
    folder : str
        Where temporary files go.
    limits : Limits
        What reading may cost.
    quality : float or None
        What may be lost.
    instance : str
        New SOP Instance UID, or nothing.
    progress : Progress
        Is told of each frame.
    threads : int
        How many frames are worked on at a time; 0: as many as there are processors.
    offsets : {'basic', 'extended', 'empty'}
        The offset table to write.
    pixels : iterable of numpy.ndarray or None
        Stored values of the frames, instead of those of the source.
    """

    source: Source
    plan: Plan
    folder: str
    limits: Limits
    quality: float | None = None
    instance: str = ""
    progress: Progress = field(default_factory=Silent)
    threads: int = 0
    offsets: Offsets = "basic"
    pixels: Iterable[Array] | None = None

    def layout(self) -> Layout:
        """Describe the pixels that are encoded."""
        layout = taken_layout(self.source, self.plan)
        color = self.pixels is not None and layout.samples == 3
        return replace(layout, photometric="RGB") if color else layout

    def encoded(self) -> Iterator[Encoded]:
        """Give the code streams of all frames."""
        if self.pixels is None:
            return encoded_frames(self.source, self.plan, self.quality, threads=self.threads)
        layout = self.layout()
        return ordered(
            self.pixels,
            lambda pixels: encoded_pixels(pixels, self.plan, layout, self.quality),
            threads=self.threads,
        )

    def decoded(self) -> Iterator[Array]:
        """Give the pixels of all frames."""
        if self.pixels is not None:
            return iter(self.pixels)
        count = self.source.frames
        make = numbered(lambda index: taken(self.source, self.plan, index), count)
        return ordered(range(count), make, threads=self.threads)


def write(making: Making, out: IO[bytes]) -> None:
    """Write the file.

    Raises
    ------
    HounsfieldError
        When the source cannot be read, or a frame not be decoded or encoded.
    """
    if making.plan.way == "kept":
        _keep(making.source.origin, out)
        return
    encoding = encoding_of(making.plan.syntax)
    out.write(meta(making.source.dataset, syntax=making.plan.syntax, instance=making.instance))
    if not encoding.deflated:
        _data_set(making, encoding, out.write)
        return
    deflater = Deflater(out.write)
    _data_set(making, encoding, deflater.write)
    deflater.close()


def _keep(origin: Input, out: IO[bytes]) -> None:
    if origin.path is None:
        out.write(origin.data or b"")
        return
    with open(origin.path, "rb") as opened:
        shutil.copyfileobj(opened, out, _PIECE)


def _data_set(making: Making, encoding: Encoding, out: Callable[[bytes], object]) -> None:
    if making.plan.way == "copied":
        _copied(making, encoding, out)
    elif making.plan.way == "decoded":
        _decoded(making, encoding, out)
    else:
        _encapsulated(making, encoding, out)


def _copied(making: Making, encoding: Encoding, out: Callable[[bytes], object]) -> None:
    origin = making.source.origin
    if not making.instance:
        _core.recode(origin, making.limits, encoding.implicit, encoding.big_endian, out)
        return
    uid = making.instance + "\0" * (len(making.instance) % 2)
    with tempfile.NamedTemporaryFile(dir=making.folder) as changed:
        rows = [("SOPInstanceUID", "UI", uid.encode())]
        _core.edit(origin, making.limits, rows, changed.write)  # type: ignore[arg-type]
        changed.flush()
        edited = Input(origin.name, changed.name, None)
        _core.recode(edited, making.limits, encoding.implicit, encoding.big_endian, out)


def _encapsulated(making: Making, encoding: Encoding, out: Callable[[bytes], object]) -> None:
    lengths: list[int] = []
    like: Encoded | None = None
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=making.folder) as spool:
        for frame in making.encoded():
            said = frame._replace(data=b"")
            if like is not None and said._replace(lossy=like.lossy) != like:
                raise PixelError(f"frame {len(lengths) + 1} is of another kind than those before")
            like = said if like is None else like._replace(lossy=like.lossy or said.lossy)
            spool.write(frame.data)
            lengths.append(len(frame.data))
            making.progress.advance()
        if like is None or len(lengths) != making.source.frames:
            raise PixelError(f"{len(lengths):,} frames were given instead of {making.source.frames:,}")
        like = like._replace(lossy=like.lossy or making.quality is not None)
        before, after = _header(making, encoding, like, sum(lengths))
        out(before)
        spool.seek(0)
        encapsulate(lengths, (_pieces(spool, length) for length in lengths), out, offsets=making.offsets)
    out(after)


def _pieces(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0:
        piece = file.read(min(length, _PIECE))
        if not piece:
            raise OSError("the temporary file ends too early")
        length -= len(piece)
        yield piece


def _decoded(making: Making, encoding: Encoding, out: Callable[[bytes], object]) -> None:
    layout = making.layout()
    # Decoders of samples give whole bytes where the source had odd widths.
    like = Encoded(b"", layout.photometric, planar=False, lossy=False, bits_allocated=layout.bits_allocated)
    count = making.source.frames * layout.rows * layout.columns * layout.samples
    total = -(-count * layout.bits_allocated // 8)
    vr = "OB" if layout.bits_allocated <= 8 and not encoding.implicit else "OW"
    head = native(PIXEL_DATA, vr, total + total % 2, encoding)
    before, after = _header(making, encoding, like, 0)
    out(before)
    out(head)
    written = 0
    for data in _native_bytes(making, layout, big_endian=encoding.big_endian and vr == "OW"):
        out(data)
        written += len(data)
    if written != total:
        raise PixelError(f"{written:,} bytes of pixels were given instead of {total:,}")
    out(b"\0" * (total % 2))
    out(after)


def _native_bytes(making: Making, layout: Layout, *, big_endian: bool) -> Iterator[bytes]:
    left = np.empty(0, np.uint8)
    for values in making.decoded():
        making.progress.advance()
        if layout.bits_allocated > 1:
            kind = np.dtype(layout.dtype).newbyteorder(">" if big_endian else "<")
            yield values.astype(kind, copy=False).tobytes()
            continue
        # Frames follow each other without a gap, in the middle of a byte, too (PS3.5 8.1.1).
        bits: Any = np.concatenate([left, np.ravel(values).astype(np.uint8) & 1])
        whole = bits.size // 8 * 8
        yield np.packbits(bits[:whole], bitorder="little").tobytes()
        left = bits[whole:]
    if left.size:
        yield np.packbits(left, bitorder="little").tobytes()


def _header(making: Making, encoding: Encoding, like: Encoded, size: int) -> tuple[bytes, bytes]:
    header = Header(making.source.origin, making.source.dataset, making.limits)
    rows = changes(making.source, making.plan, header, like=like, instance=making.instance, size=size)
    if rows:
        header.change(rows)
    return header.split(encoding)
