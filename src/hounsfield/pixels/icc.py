"""ICC profiles of color images (PS3.3 C.11.15): to sRGB, what screens and pictures are taken to be."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np

from hounsfield.errors import Issue

__all__ = ["to_srgb"]

Array = np.ndarray[Any, np.dtype[Any]]

# A profile of a scanner has some hundred kilobytes.
_MOST = 16 << 20


def to_srgb(pixels: Array, profile: bytes, *, name: str) -> tuple[Array, Issue | None]:
    """Convert RGB from the color space of a profile to sRGB, perceptually.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8, ``(row, column, 3)``.
    profile : bytes
        ICC Profile (0028,2000).
    name : str
        What messages call the file.

    Returns
    -------
    numpy.ndarray
        uint8, ``(row, column, 3)``; as it was where the profile cannot be used.
    Issue or None
        Why not.
    """
    from PIL import Image, ImageCms

    if len(profile) > _MOST:
        return pixels, Issue("icc-profile", "warning", name, f"an ICC profile of {len(profile):,} bytes is not used")
    try:
        transform = _transform(profile)
        converted = ImageCms.applyTransform(Image.fromarray(pixels), transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        return pixels, Issue("icc-profile", "warning", name, f"the ICC profile cannot be used: {error}")
    return np.asarray(converted), None


@lru_cache(maxsize=8)
def _transform(profile: bytes) -> Any:
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB")
