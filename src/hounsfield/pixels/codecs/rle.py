"""RLE (PS3.5 G): byte planes packed by the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield import _core
from hounsfield.pixels.codecs.samples import to_codec

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

__all__ = ["encode"]

Array = np.ndarray[Any, np.dtype[Any]]


def encode(
    pixels: Array,
    layout: Layout,
    *,
    uid: str,  # noqa: ARG001 - all encoders are called alike
    quality: float | None,  # noqa: ARG001
    keep_ybr: bool,
) -> tuple[bytes, str, bool]:
    """Encode all bits of the allocated type."""
    values = to_codec(pixels, layout, narrow=False)
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    sizes = (layout.rows, layout.columns, layout.samples, values.dtype.itemsize)
    data = _core.rle_encode(little.reshape(-1).view(np.uint8), sizes)
    return data, "RGB" if layout.samples > 1 and not keep_ybr else layout.photometric, False
