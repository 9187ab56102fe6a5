"""Decoding a transcoded file again, and comparing every frame with the original."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hounsfield.errors import PixelError
from hounsfield.pixels.syntaxes import syntax_of
from hounsfield.pixels.transcode.frames import ordered, restored
from hounsfield.pixels.transcode.report import Difference
from hounsfield.pixels.transcode.source import open_source

if TYPE_CHECKING:
    from hounsfield.pixels.transcode.plan import Plan
    from hounsfield.pixels.transcode.source import Source
    from hounsfield.settings import Limits

__all__ = ["LEAST_PSNR", "compared"]

Array = np.ndarray[Any, np.dtype[Any]]

# In dB: below this, something went wrong, or no image is left.
LEAST_PSNR = 20.0


class _Part(NamedTuple):
    """What one frame adds: greatest difference, sums of differences and of their squares, range, how many."""

    most: float = 0
    total: float = 0
    squares: float = 0
    low: float = math.inf
    high: float = -math.inf
    values: int = 0


def compared(source: Source, made: str, plan: Plan, *, quality: float | None, limits: Limits) -> Difference:
    """Compare all frames of the file `made` with those of its source.

    Parameters
    ----------
    source : Source
        The original.
    made : str
        The new file.
    plan : Plan
        How it was made.
    quality : float or None
        What was to be lost: ``None`` asks for equality, JPEG-LS for no greater difference, everything else for a PSNR
        of at least 20 dB.
    limits : Limits
        What reading may cost.

    Raises
    ------
    PixelError
        When that does not hold, naming the frame.
    """
    result = open_source(made, limits)
    if result.frames != source.frames:
        raise _differs(f"it has {result.frames} frames instead of {source.frames}")
    if not source.element:
        return Difference()
    if source.opened is None:
        if source.element != result.element or _raw(source) != _raw(result):
            raise _differs("the pixel data are not the same")
        return Difference()
    whole = _Part()
    for index, part in enumerate(
        ordered(range(source.frames), lambda index: _frame(source, result, plan, index)),
    ):
        if part.most and quality is None:
            raise _differs(f"frame {index + 1} is not the same as before: values differ by up to {part.most:g}")
        whole = _Part(
            max(whole.most, part.most),
            whole.total + part.total,
            whole.squares + part.squares,
            min(whole.low, part.low),
            max(whole.high, part.high),
            whole.values + part.values,
        )
    return _within(_difference(whole), plan, quality)


def _difference(whole: _Part) -> Difference:
    if not whole.squares:
        return Difference(whole.most)
    peak = max(whole.high - whole.low, 1)
    psnr = 10 * math.log10(peak * peak * whole.values / whole.squares)
    return Difference(whole.most, whole.total / whole.values, psnr)


def _within(found: Difference, plan: Plan, quality: float | None) -> Difference:
    known = syntax_of(plan.syntax)
    if quality is not None and known and known.encoder == "jpeg-ls":
        if found.most > quality:
            raise _differs(f"values differ by up to {found.most:g}, more than the {quality:g} that were allowed")
    elif found.psnr is not None and found.psnr < LEAST_PSNR:
        raise _differs(f"little is left of the image: PSNR {found.psnr:.1f} dB, less than {LEAST_PSNR:g} dB")
    return found


def _frame(source: Source, result: Source, plan: Plan, index: int) -> _Part:
    if plan.streams:
        before, after = source.encoded(index), result.encoded(index)
        if plan.way == "recompressed":
            after = restored(after)
        elif plan.way == "restored":
            before = restored(before)
        # Fragments are of even length: one may have a byte of padding.
        least = min(len(before), len(after))
        same = before[:least] == after[:least] and not (before[least:] + after[least:]).strip(b"\0")
        return _Part(float(not same))
    if result.photometric != source.photometric:
        a, b = source.image.stored(index), result.image.stored(index)
    elif plan.whole or plan.way == "copied":
        a, b = source.samples(index), result.samples(index)
    else:
        a, b = source.stored(index), result.stored(index)
    if a.shape != b.shape:
        raise _differs(f"frame {index + 1} has another shape: {b.shape} instead of {a.shape}")
    low, high = float(a.min()), float(a.max())
    if np.array_equal(a, b):
        return _Part(low=low, high=high, values=a.size)
    apart = np.abs(a.astype(np.float64) - b.astype(np.float64))
    # Of numbers of 64 bits, a difference may be lost in the conversion.
    return _Part(max(1.0, float(apart.max())), float(apart.sum()), float(np.square(apart).sum()), low, high, a.size)


def _raw(source: Source) -> bytes:
    from hounsfield.files.read import read

    group, element = (int(part, 16) for part in source.element.split(","))
    dataset = read(source.origin.path or source.origin.data or b"", issues=[])
    value: Any = dataset.get_item((group, element))
    # Without a header that says how wide samples are: as many bytes as the VR says (PS3.5 A.2).
    width = {0x08: 4, 0x09: 8}.get(element, 1 if value.VR == "OB" else 2)
    order = "<" if dataset.original_encoding[1] else ">"
    return np.frombuffer(value.value, f"{order}u{width}").astype(f"<u{width}").tobytes()


def _differs(what: str) -> PixelError:
    return PixelError(f"verification failed: {what}", hint="The file was removed.", code="verify")
