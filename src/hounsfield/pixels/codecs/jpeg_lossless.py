"""Lossless JPEG, process 14 (ISO/IEC 10918-1 H, PS3.5 8.2.1): 2 to 16 bits, by libjpeg-turbo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UnsupportedError
from hounsfield.pixels.codecs.samples import check_depth, to_codec

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

__all__ = ["encode"]

Array = np.ndarray[Any, np.dtype[Any]]

# The predictor that Selection Value 1 fixes; the other syntax leaves the choice, and 6 suits smooth images best.
_PREDICTORS = {"1.2.840.10008.1.2.4.70": 1, "1.2.840.10008.1.2.4.57": 6}


def encode(
    pixels: Array,
    layout: Layout,
    *,
    uid: str,
    quality: float | None,  # noqa: ARG001 - all encoders are called alike
    keep_ybr: bool,
) -> tuple[bytes, str, bool]:
    """Encode without loss; color stays as it is, pixel by pixel."""
    import imagecodecs

    check_depth(layout, "JPEG Lossless", 16)
    if max(pixels.shape[:2]) > 0xFFFF:
        raise UnsupportedError("JPEG holds at most 65,535 rows and columns", code="frame-shape")
    values = to_codec(pixels, layout)
    space: dict[str, Any] = {} if layout.samples == 1 else {"colorspace": "RGB", "outcolorspace": "RGB"}
    data = imagecodecs.jpeg8_encode(
        values, lossless=True, predictor=_PREDICTORS[uid], bitspersample=max(2, layout.bits_stored), **space
    )
    return bytes(data), _photometric(layout, keep_ybr=keep_ybr), False


def _photometric(layout: Layout, *, keep_ybr: bool) -> str:
    return "RGB" if layout.samples > 1 and not keep_ybr else layout.photometric
