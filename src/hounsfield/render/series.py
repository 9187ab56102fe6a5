"""Pictures that follow each other: the slices of a volume, its times, the sides of a body, the frames of an image."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from hounsfield.errors import HounsfieldError, Issue
from hounsfield.pixels.display import Appearance, voi_of
from hounsfield.pixels.values import physical
from hounsfield.pixels.window import window_around
from hounsfield.render.cut import cut
from hounsfield.render.frames import Frames
from hounsfield.render.grid import depths_of
from hounsfield.render.image import show
from hounsfield.render.levels import window_of
from hounsfield.render.picture import Picture
from hounsfield.render.rendering import stated
from hounsfield.render.reslice import times_of

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.render.view import View
    from hounsfield.volumes.volume import Volume

__all__ = ["Sequel", "sequel_of"]

_TURNS = 60
_FAILED_SIZE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Sequel:
    """Pictures that are made when they are asked for.

    Parameters
    ----------
    source : Volume or Frames
        What is shown.
    views : sequence of View
        How: one for each picture.
    numbers : sequence of int
        Of `Frames`: which frame each view shows.
    presentation : pydicom.Dataset or None
        Applied to each frame.
    """

    source: Volume | Frames
    views: tuple[View, ...]
    numbers: tuple[int, ...] = ()
    presentation: Dataset | None = None

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.numbers) or len(self.views)

    def picture(self, number: int) -> Picture:
        """Render one; where that fails, a picture that says why, which has an issue."""
        if not isinstance(self.source, Frames):
            return cut(self.source, self.views[number])
        view = self.views[0]
        try:
            image, index = self.source.opened(self.numbers[number])
            return show(image, index, view, presentation=self.presentation)
        except HounsfieldError as error:
            place, index = self.source.places[self.numbers[number]]
            where = place if isinstance(place, str) else place.name
            return _failed(error, where, index, view.size or _FAILED_SIZE)


def sequel_of(source: Volume | Frames, view: View, *, along: Literal["slice", "time"] = "slice") -> Sequel:
    """Give what a view leaves open: sides of a body, slices or frames; or times, where there are several."""
    if isinstance(source, Frames):
        timed = along == "time" and source.times > 1
        numbers = source.through(view) if timed else source.across(view)
        return Sequel(source, (_one_window(source, view),), tuple(numbers), stated(view))
    if view.rendering is not None:
        start, climb = view.turn
        step = 360 / _TURNS
        return Sequel(source, tuple(view.with_(turn=(start + step * turn, climb)) for turn in range(_TURNS)))
    view = view.with_(window=window_of(source, view))
    times = times_of(source)
    if along == "time" and times > 1:
        return Sequel(source, tuple(view.with_(time=time) for time in range(1, times + 1)))
    if view.plane == "acquisition" and not view.slab:
        slices = source.shape[len(source.axes) - 3 - ("sample" in source.axes)]
        return Sequel(source, tuple(view.with_(frame=number) for number in range(1, slices + 1)))
    points = depths_of(view, source)
    return Sequel(source, tuple(view.with_(frame=None, point=point, center=None) for point in points))


def _one_window(source: Frames, view: View) -> View:
    """Let all frames share a window, so that they can be compared, and a movie does not flicker.

    In some series each slice has its own: then the middle one says it. Where no file says one, it is found from the
    first, the middle and the last frame.
    """
    if view.presentation is not None or view.window not in (None, "auto") or len(source.places) < 2:
        return view
    if not source.ordered and len({id(place) for place, _ in source.places}) > 1:
        # Pictures of different things.
        return view
    try:
        image, index = source.opened(source.chosen(view.with_(frame=None)) if source.ordered else 0)
        known = voi_of(image, index, Appearance(window=view.window, function=view.function))
        if known is None:
            return _found_window(source, view)
    except HounsfieldError:
        # What cannot be read becomes a tile that says why.
        return view
    if known.window is None or not source.ordered:
        return view
    return view.with_(window=known.window, function=known.function)


def _found_window(source: Frames, view: View) -> View:
    values = []
    for place in sorted({0, len(source.places) // 2, len(source.places) - 1}):
        image, index = source.opened(place)
        if image.layout.samples > 1 or image.layout.photometric == "PALETTE COLOR":
            return view
        values.append(physical(image, index, real_world=False).values.ravel())
    return view.with_(window=window_around(np.concatenate(values)))


def _failed(error: HounsfieldError, where: str, index: int, size: int) -> Picture:
    """Make a dark tile with the reason in it."""
    from PIL import Image, ImageDraw, ImageFont

    height = max(9, size // 18)
    width = max(8, int(size / height * 1.7))
    name = where.replace("\\", "/").rsplit("/", 1)[-1]
    text = "\n".join(textwrap.wrap(f"{name}, frame {index + 1}: {error.message}", width)[: size // height - 1])
    tile = Image.new("L", (size, size), 24)
    ImageDraw.Draw(tile).multiline_text((height / 2, height / 2), text, fill=210, font=ImageFont.load_default(height))
    issue = Issue(error.code, "error", f"{where}#{index + 1}", error.message, error.hint)
    return Picture(np.asarray(tile), caption=f"frame {index + 1}", issues=(issue,))
