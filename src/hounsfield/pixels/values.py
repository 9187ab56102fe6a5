"""The pixels of an image as stored, in the units of the modality, or as shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.pixels.display import display
from hounsfield.pixels.modality import modality_of, real_world_of

if TYPE_CHECKING:
    import os

    from pydicom import Dataset

    from hounsfield.pixels.image import Image
    from hounsfield.settings import Limits

__all__ = ["Physical", "frame_as", "physical", "pixels"]

Array = np.ndarray[Any, np.dtype[Any]]
As = Literal["stored", "physical", "display"]


class Physical(NamedTuple):
    """Values and their unit.

    Parameters
    ----------
    values : numpy.ndarray
        Of a frame.
    unit : str
        Rescale Type (``HU``), or UCUM code of a real-world value map; empty where the file does not say.
    """

    values: Array
    unit: str


def physical(image: Image, index: int = 0, *, real_world: bool = True) -> Physical:
    """Give a frame in the units of its modality.

    Parameters
    ----------
    image : Image
        As `open_image` gives it.
    index : int
        Frame, from 0.
    real_world : bool
        Use a real-world value map where the header has exactly one; otherwise Modality LUT or rescale.

    Returns
    -------
    Physical
        Whole numbers where slope and intercept are, otherwise floating point. Color is given as it is.

    Raises
    ------
    PixelError, ReadError
        When the frame cannot be decoded, or a table makes no sense.
    """
    stored = image.stored(index)
    if stored.ndim == 3 or image.layout.photometric == "PALETTE COLOR":
        return Physical(stored, "")
    maps = real_world_of(image.dataset, index) if real_world else []
    mapping = maps[0] if len(maps) == 1 else modality_of(image.dataset, index, image.layout, name=image.name)
    return Physical(mapping(stored), mapping.unit)


def frame_as(image: Image, index: int, as_: As) -> Array:
    """Give a frame as it is asked for.

    Raises
    ------
    UsageError
        For another word.
    """
    if as_ == "stored":
        return image.stored(index)
    if as_ == "physical":
        return physical(image, index).values
    if as_ == "display":
        return display(image, index)
    raise UsageError(f"pixels are given as stored, physical or display, not {as_!r:.40}")


def pixels(
    source: str | os.PathLike[str] | Dataset | Image, *, as_: As = "stored", limits: Limits | None = None
) -> Array:
    """Give all pixels of an image.

    Parameters
    ----------
    source : path, pydicom.Dataset or Image
        As for `hounsfield.frame`.
    as_ : {'stored', 'physical', 'display'}
        Stored values; those of the modality, such as Hounsfield units; or 8-bit gray or RGB as the file asks for.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    numpy.ndarray
        ``(row, column)`` for one frame, ``(frame, row, column)`` for several; color has samples last.

    Raises
    ------
    PixelError, ReadError, LimitError
        Naming the file and the frame.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> path = get_testdata_file("CT_small.dcm")
    >>> int(hu.pixels(path).min()), int(hu.pixels(path, as_="physical").min())
    (128, -896)
    """
    from hounsfield.pixels.image import open_image

    image = open_image(source, limits=limits)
    if image.frames == 1:
        return frame_as(image, 0, as_)
    if as_ == "stored":
        return image.many(range(image.frames))
    return np.stack([frame_as(image, index, as_) for index in range(image.frames)])
