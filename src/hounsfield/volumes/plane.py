"""One frame with its place in the patient and what may tell it apart from others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.pixels.layout import FrameSource

__all__ = ["Plane", "Vector"]

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One frame of one instance (PS3.3 C.7.6.2).

    Parameters
    ----------
    source : FrameSource
        The file it is in.
    frame : int
        Frame in the file, from 0.
    position : tuple of 3 floats or None
        Image Position (Patient): center of the first pixel, LPS, mm.
    orientation : tuple of 6 floats or None
        Image Orientation (Patient): directions of increasing column and row index.
    spacing : tuple of 2 floats or None
        Distance between rows and between columns, mm.
    thickness : float or None
        Slice Thickness, mm; tells how thick a plane is, never how far the next one.
    slope, intercept : float
        Modality transformation (PS3.3 C.11.1).
    unit : str
        Of the result.
    facts : mapping
        What may tell stacks, times and the like apart, by the keyword of the attribute.
    tile : tuple of 4 ints, optional
        First row, first column, rows and columns of its part of the frame, where several planes share one (mosaics).
    """

    source: FrameSource
    frame: int
    position: Vector | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    thickness: float | None
    slope: float
    intercept: float
    unit: str
    facts: Mapping[str, Any] = field(repr=False)
    tile: tuple[int, int, int, int] | None = None

    @property
    def rows(self) -> int:
        """Rows of this plane."""
        return self.source.layout.rows if self.tile is None else self.tile[2]

    @property
    def columns(self) -> int:
        """Columns of this plane."""
        return self.source.layout.columns if self.tile is None else self.tile[3]

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.source.name}#{self.frame + 1}" if self.source.frames > 1 else self.source.name
