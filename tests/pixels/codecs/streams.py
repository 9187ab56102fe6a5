"""Small frames and their code streams, for tests that bend them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.encode import encode_frame
from hounsfield.pixels.layout import Layout

if TYPE_CHECKING:
    from hounsfield.errors import Issue

__all__ = ["LOSSLESS", "ROOT", "Array", "Layout", "codes", "encoded", "layout", "numbers", "replace"]

Array = np.ndarray[Any, np.dtype[Any]]

ROOT = "1.2.840.10008.1.2."
# Lossless syntaxes with a code stream.
LOSSLESS = {
    "rle": ROOT + "5",
    "jpeg-lossless": ROOT + "4.70",
    "jpeg-ls": ROOT + "4.80",
    "jpeg2000": ROOT + "4.90",
    "htj2k": ROOT + "4.201",
    "jpeg-xl": ROOT + "4.110",
    "deflated-frames": ROOT + "8.1",
}


def layout(rows: int = 24, columns: int = 32, *, samples: int = 1, bits: int = 8, signed: bool = False) -> Layout:
    """Describe a frame in the smallest cells."""
    cell = 8 if bits <= 8 else 16 if bits <= 16 else 32
    photometric = "MONOCHROME2" if samples == 1 else "RGB"
    return Layout(rows, columns, samples, cell, bits, bits - 1, signed, False, False, photometric)


def numbers(wanted: Layout, *, seed: int = 7) -> Array:
    """Values over the whole range of Bits Stored, the extremes included, with runs and noise."""
    low = -(1 << wanted.bits_stored - 1) if wanted.signed else 0
    high = low + (1 << wanted.bits_stored)
    shape = (wanted.rows, wanted.columns) + ((wanted.samples,) if wanted.samples > 1 else ())
    values = np.random.default_rng(seed).integers(low, high, shape)
    values[: wanted.rows // 3] = low
    values[0, 0], values[0, 1] = high - 1, low
    return values.astype(wanted.dtype)


def encoded(pixels: Array, to: str, described: Layout, **choices: Any) -> bytes:
    """Give a code stream."""
    return encode_frame(pixels, LOSSLESS.get(to, to), described, **choices).data


def codes(issues: list[Issue]) -> list[str]:
    """What was met."""
    return sorted(issue.code for issue in issues)
