"""Frames that belong together, in order: those of a file, or of a stack of files; each is opened when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hounsfield.errors import LimitError, UsageError
from hounsfield.pixels.image import Image, open_image
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.pixels.layout import FrameSource
    from hounsfield.render.view import View

__all__ = ["Frames", "counted", "frames_of_image"]

_MOST_FRAMES = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Frames in order: all slices of the first time, then of the next.

    Parameters
    ----------
    places : sequence of (Image, FrameSource or path; frame from 0)
        Where each is.
    slices : int
        How many belong to one time.
    ordered : bool
        Whether they are slices of a body, of which the middle one says most.
    axis : str
        What messages call the first axis: time, echo, ...
    limits : Limits, optional
        What reading may cost.
    """

    places: Sequence[tuple[Image | FrameSource | str, int]]
    slices: int
    ordered: bool = False
    axis: str = "time"
    limits: Limits | None = None

    @property
    def times(self) -> int:
        """How many times."""
        return len(self.places) // self.slices

    def opened(self, number: int) -> tuple[Image, int]:
        """Give the image that a frame is in, and its index there."""
        source, index = self.places[number]
        return (source if isinstance(source, Image) else _open(source, self.limits)), index

    def chosen(self, view: View) -> int:
        """Tell which one a view shows.

        Raises
        ------
        UsageError
            When there is no such frame or time.
        """
        if view.frame is None:
            return self._first(view) + (self.slices // 2 if self.ordered else 0)
        if view.frame > self.slices:
            what, count = ("slice", "slices") if self.ordered else ("frame", "frames")
            there = f"there are {self.slices:,} {count}" if self.slices > 1 else f"there is one {what}"
            raise UsageError(f"there is no {what} {view.frame}: {there}", code="no-frame")
        return self._first(view) + view.frame - 1

    def across(self, view: View) -> range:
        """Give all slices of the time that a view shows."""
        first = self._first(view)
        return range(first, first + self.slices)

    def through(self, view: View) -> range:
        """Give all times of the slice that a view shows."""
        first = self.chosen(view.with_(time=1))
        return range(first, len(self.places), self.slices)

    def _first(self, view: View) -> int:
        if view.time > self.times:
            raise UsageError(f"there is no {self.axis} {view.time}: there are {self.times}")
        return (view.time - 1) * self.slices


def frames_of_image(image: Image) -> Frames:
    """Give the frames of one image, as they follow each other in it."""
    count = counted(image.frames, image.name)
    return Frames([(image, index) for index in range(count)], count)


def counted(frames: object, where: str) -> int:
    """Give Number of Frames (0028,0008), at least 1, where it can be believed.

    Raises
    ------
    LimitError
        For more than a million.
    """
    count = frames if isinstance(frames, int) else 1
    if count > _MOST_FRAMES:
        raise LimitError(f"{count:,} frames are more than {_MOST_FRAMES:,}", where=where, tag=0x00280008)
    return max(1, count)


@lru_cache(maxsize=2)
def _open(source: FrameSource | str, limits: Limits | None) -> Image:
    """Keep the last file open: its other frames are likely to come next."""
    if isinstance(source, str):
        return open_image(source, limits=limits)
    # A member of an archive, or a file whose layout is known already.
    from hounsfield.files.read import read

    limits = limits or Limits()
    return Image(read(source.name, stop_before_pixels=True, limits=limits, issues=[]), source, limits)
