"""A picture: pixels to look at, or values kept, that go to a file without saying whose they are."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.errors import Issue
    from hounsfield.render.grid import Place

__all__ = ["Picture", "format_of"]

Array = np.ndarray[Any, np.dtype[Any]]

_FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".tif": "tiff", ".tiff": "tiff"}


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What `render` gives; a notebook shows it.

    Parameters
    ----------
    array : numpy.ndarray
        uint8 ``(row, column)`` or ``(row, column, 3)``; where a view has ``depth=16``, the values themselves, as int16,
        uint16 or float32.
    spacing : tuple of 2 floats or None
        Distance between rows and between columns, mm; ``None`` where that is not known.
    place : Place or None
        Where it lies in the patient, of a cut volume.
    window : tuple of 2 floats or None
        Center and width that were used, where there is one.
    caption : str
        What it shows, without the patient: a position or a frame.
    issues : tuple of Issue
        What could not be shown, of a contact sheet.
    """

    array: Array = field(repr=False)
    spacing: tuple[float, float] | None = None
    place: Place | None = None
    window: tuple[float, float] | None = None
    caption: str = ""
    issues: tuple[Issue, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, and samples of color."""
        return tuple(self.array.shape)

    def to_bytes(self, format: str = "png", *, quality: int = 90) -> bytes:  # noqa: A002 - the usual word
        """Give the bytes of a file.

        Parameters
        ----------
        format : {'png', 'jpeg', 'tiff'}
            PNG keeps 8 and unsigned 16 bits, TIFF any values, JPEG 8 bits with losses.
        quality : int
            Of JPEG, 1 to 100.

        Raises
        ------
        UsageError
            When the format cannot hold the values.
        """
        from hounsfield.render.stills import encode

        return encode(self, format, quality=quality)

    def save(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, quality: int = 90, dry_run: bool = False
    ) -> None:
        """Write a PNG, JPEG or TIFF file, whole or not at all.

        Raises
        ------
        ExistsError
            When the file is there already and `overwrite` is not set.
        UsageError
            For another suffix, or values that the format cannot hold.

        Examples
        --------
        >>> picture.save("axial.png")  # doctest: +SKIP
        """
        from hounsfield.files.output import writing

        data = self.to_bytes(format_of(path), quality=quality)
        with writing(path, overwrite=overwrite, dry_run=dry_run) as write:
            write(data)

    def _repr_png_(self) -> bytes:
        """Give what a notebook shows; values that are not gray levels are stretched from least to greatest."""
        if self.array.dtype == np.uint8:
            return self.to_bytes("png")
        finite = self.array[np.isfinite(self.array)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        levels = np.nan_to_num((self.array - low) / max(high - low, 1e-9)) * 255
        return Picture(np.clip(levels, 0, 255).astype(np.uint8)).to_bytes("png")


def format_of(path: str | os.PathLike[str]) -> str:
    """Tell the format from a suffix; standard output (``-``) is PNG.

    Raises
    ------
    UsageError
        For a suffix of no picture.
    """
    name = os.fspath(path)
    if name == "-":
        return "png"
    suffix = Path(name).suffix.lower()
    if suffix not in _FORMATS:
        raise UsageError(
            f"{suffix or 'a name without suffix'} is no format of pictures",
            where=name,
            hint=f"Pictures: {', '.join(_FORMATS)}; of several frames also .gif and .mp4.",
        )
    return _FORMATS[suffix]
