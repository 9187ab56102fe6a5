"""Frames decoded and encoded on threads, a few ahead of the one that is written."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from hounsfield.errors import HounsfieldError, PixelError
from hounsfield.pixels.encode import Encoded, encode_frame, recompress_jpeg
from hounsfield.pixels.syntaxes import syntax_of
from hounsfield.pixels.transcode.source import BYTES
from hounsfield.settings import threads as allowed_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hounsfield.pixels.layout import Layout
    from hounsfield.pixels.transcode.plan import Plan
    from hounsfield.pixels.transcode.source import Source

__all__ = ["encoded_frames", "encoded_pixels", "numbered", "ordered", "restored", "taken", "taken_layout"]

Array = np.ndarray[Any, np.dtype[Any]]
Item = TypeVar("Item")
Made = TypeVar("Made")
_MOST_THREADS = 8


def ordered(items: Iterable[Item], make: Callable[[Item], Made], *, threads: int = 0) -> Iterator[Made]:
    """Give what `make` makes of each item, in order, made on threads; only a few are held at a time.

    Parameters
    ----------
    items : iterable
        Taken as they are needed.
    make : callable
        Called on threads.
    threads : int
        How many; 0: as many as there are processors.

    Raises
    ------
    HounsfieldError
        Of the first item that fails.
    """
    threads = threads or allowed_threads(_MOST_THREADS)
    if threads == 1:
        yield from map(make, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        running: deque[Future[Made]] = deque()
        try:
            for item in items:
                running.append(pool.submit(make, item))
                if len(running) > 2 * threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()


def numbered(make: Callable[[int], Made], count: int) -> Callable[[int], Made]:
    """Say which frame an error is about."""

    def named(index: int) -> Made:
        try:
            return make(index)
        except HounsfieldError as error:
            if count > 1 and "frame" not in error.message[:10]:
                error.message = f"frame {index + 1}: {error.message}"
            raise

    return named


def taken(source: Source, plan: Plan, index: int) -> Array:
    """One frame as `plan` wants it."""
    return source.samples(index) if plan.whole else source.stored(index)


def taken_layout(source: Source, plan: Plan) -> Layout:
    """Describe what `taken` gives."""
    bits = source.layout.bits_allocated
    known = syntax_of(plan.syntax)
    if bits > 1 and known is not None and known.encoder not in BYTES:
        # Decoders give cells of the precision of the code stream, and refuse a header with wider ones.
        bits = min(bits, source.layout.bits_stored)
    # Packed samples of 12 bits are unpacked.
    bits = bits if bits == 1 else next(wide for wide in (8, 16, 32, 64) if bits <= wide)
    layout = replace(source.layout, photometric=source.photometric, planar=False, bits_allocated=bits)
    if plan.whole:
        return replace(layout, bits_stored=bits, high_bit=bits - 1, signed=False)
    return replace(layout, high_bit=layout.bits_stored - 1)


def restored(data: bytes) -> bytes:
    """Give the JPEG stream that a JPEG XL stream was made of, bit for bit (PS3.5 A.4.13).

    Raises
    ------
    PixelError
        When it was not made of one.
    """
    import imagecodecs

    try:
        return bytes(imagecodecs.jpegxl_decode_jpeg(data, numthreads=1))
    except imagecodecs.JpegxlError as error:
        raise PixelError(f"there is no JPEG stream in the JPEG XL stream: {error}", code="not-jpeg") from None


def encoded_frames(source: Source, plan: Plan, quality: float | None, *, threads: int) -> Iterator[Encoded]:
    """Give the code streams of all frames."""
    layout = taken_layout(source, plan)

    def make(index: int) -> Encoded:
        if not plan.streams:
            return encoded_pixels(taken(source, plan, index), plan, layout, quality)
        data = source.encoded(index)
        if plan.way == "recompressed":
            data = recompress_jpeg(data)
        elif plan.way == "restored":
            data = restored(data)
        kept = source.layout
        return Encoded(data, kept.photometric, kept.planar, lossy=False, bits_allocated=kept.bits_allocated)

    return ordered(range(source.frames), numbered(make, source.frames), threads=threads)


def encoded_pixels(pixels: Array, plan: Plan, layout: Layout, quality: float | None) -> Encoded:
    """Encode one frame, YBR as it is."""
    keep = layout.samples > 1 and layout.photometric != "RGB"
    cells = pixels if layout.bits_allocated == 1 else pixels.astype(layout.dtype, copy=False)
    return encode_frame(cells, plan.syntax, layout, quality=quality, keep_ybr=keep)
