"""`replace_pixels`: the same file with other pixels, compressed as it was."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError, UnsupportedError, UsageError
from hounsfield.pixels.syntaxes import syntax_of
from hounsfield.pixels.transcode.overlays import embedded
from hounsfield.pixels.transcode.plan import Plan, Way, check_bits
from hounsfield.pixels.transcode.report import Row
from hounsfield.pixels.transcode.source import Source, open_source
from hounsfield.pixels.transcode.targets import target_of
from hounsfield.pixels.transcode.transcoding import opened_output
from hounsfield.pixels.transcode.writing import Making, write
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["replace_pixels"]

# Lossless names by the codec of the source; what is missing becomes JPEG-LS.
_FAMILIES: Mapping[str, str] = MappingProxyType(
    {"jpeg": "jpeg-lossless", "jpeg-lossless": "jpeg-lossless", "jpeg-2000": "jpeg2000", "jpeg-xl": "jpeg-xl"}
)

Array = np.ndarray[Any, np.dtype[Any]]


def replace_pixels(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    frames: Iterable[Array],
    *,
    to: str | None = None,
    overwrite: bool = False,
    limits: Limits | None = None,
) -> Row:
    """Write a file with other pixels; all other elements stay, but for those that describe how pixels are stored.

    Parameters
    ----------
    source : path
        A DICOM image.
    output : path
        The file to write; ``-`` is standard output.
    frames : iterable of numpy.ndarray
        The new stored values of every frame, as `Image.stored` gives them: ``(row, column)``, or
        ``(row, column, sample)`` in RGB. They are taken one at a time.
    to : str, optional
        The transfer syntax, as for `transcode`. By default the one that the file has; where that may lose something
        (JPEG, JPEG 2000, video), the lossless one of its family: nothing is compressed with loss once more.
    overwrite : bool
        Replace an existing file.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    Row
        What was done.

    Raises
    ------
    UsageError
        When frames are too few or many, or of another shape than those of the file.
    UnsupportedError
        When the file has no integer pixels, or the syntax cannot hold them.
    ReadError, WriteError
        When the source cannot be read or the output not be written.

    Examples
    --------
    >>> image = open_image("US0001")  # doctest: +SKIP
    >>> blank = (np.zeros_like(image.stored(index)) for index in range(image.frames))  # doctest: +SKIP
    >>> replace_pixels("US0001", "blank.dcm", blank)  # doctest: +SKIP
    """
    path, target = os.fspath(source), os.fspath(output)
    limits = limits or Limits()
    try:
        opened = open_source(path, limits)
        if opened.opened is None:
            raise UnsupportedError("it has no integer pixel data", code="no-pixel-data")
        todo, quality = _plan(opened, to)
        with opened_output(target, overwrite=overwrite) as out:
            folder = os.path.dirname(out.name) or os.curdir
            pixels = _checked(opened, frames)
            write(Making(opened, todo, folder, limits, quality=quality, pixels=pixels), out)
            size = out.tell()
    except HounsfieldError as error:
        raise error.at(path) from None
    return Row(
        path,
        target,
        "done",
        before=opened.syntax,
        after=todo.syntax,
        frames=opened.frames,
        method=todo.way,
        lossy=quality is not None,
        bytes_after=size,
    )


def _plan(source: Source, to: str | None) -> tuple[Plan, float | None]:
    target = target_of(to if to is not None else _lossless(source.syntax, source.layout.bits_allocated))
    check_bits(source, target)
    way: Way = "decoded" if target.kind == "native" else "encoded"
    overlays = tuple(embedded(source.dataset, source.layout.bits_allocated))
    return Plan(way, target.syntax, overlays=overlays), target.quality


def _lossless(uid: str, bits: int) -> str:
    """Name a syntax for new pixels: the same one, where it can be written without loss."""
    known = syntax_of(uid)
    if known is None:
        return "uncompressed"
    if bits == 1 and known.decoder not in ("none", "encapsulated", "deflate"):
        return "deflated-frames"
    if known.writable and known.lossy == "never":
        return known.to
    return _FAMILIES.get(known.decoder, "jpeg-ls")


def _checked(source: Source, frames: Iterable[Array]) -> Iterable[Array]:
    layout = source.layout
    shape: tuple[int, ...] = (layout.rows, layout.columns) + ((layout.samples,) if layout.samples > 1 else ())
    count = 0
    for count, frame in enumerate(frames, 1):
        if frame.shape != shape or count > source.frames:
            raise UsageError(f"frame {count} is {frame.shape}; the file has {source.frames:,} frames of {shape}")
        yield frame
    if count != source.frames:
        raise UsageError(f"{count:,} frames were given; the file has {source.frames:,}")
