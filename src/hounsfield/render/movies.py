"""A movie: frames of a cine, times or slices of a volume, or a walk around a body, as fast as they were recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.progress import Silent
from hounsfield.render.frames import Frames
from hounsfield.render.pace import USUAL_RATE, paces_of
from hounsfield.render.series import sequel_of
from hounsfield.render.sources import opened
from hounsfield.render.view import View

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from hounsfield.errors import Issue
    from hounsfield.progress import Progress
    from hounsfield.render.picture import Picture
    from hounsfield.render.series import Sequel
    from hounsfield.render.sources import Shown, Source
    from hounsfield.settings import Limits

__all__ = ["MOVIES", "Movie", "movie"]

Array = np.ndarray[Any, np.dtype[Any]]

MOVIES = (".gif", ".mp4")
_FASTEST, _SLOWEST = 1000.0, 0.01


@dataclass(slots=True, eq=False)
class Movie:
    """What `movie` gives: pictures that are made while they are written.

    Parameters
    ----------
    sequel : Sequel
        The pictures.
    numbers : sequence of int
        Which of them, in order.
    durations : sequence of float
        How long each is shown, in seconds.
    stated : bool
        Whether the file says how long, or the usual rate is taken.
    issues : list of Issue
        What could not be shown; complete once the pictures have been made.
    """

    sequel: Sequel = field(repr=False)
    numbers: tuple[int, ...] = field(repr=False)
    durations: tuple[float, ...] = field(repr=False)
    stated: bool
    issues: list[Issue] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.numbers)

    @property
    def rate(self) -> float:
        """Pictures per second, on average."""
        return len(self.durations) / sum(self.durations)

    def __iter__(self) -> Iterator[Picture]:
        """Make one picture after the other."""
        for number in self.numbers:
            picture = self.sequel.picture(number)
            self.issues.extend(picture.issues)
            yield picture

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """Write a GIF, or an MP4 (H.264; needs the extra ``video``), whole or not at all.

        Raises
        ------
        ExistsError
            When the file is there already and `overwrite` is not set.
        UsageError
            For another suffix, or without PyAV.

        Examples
        --------
        >>> movie("cine.dcm").save("loop.gif")  # doctest: +SKIP
        """
        from hounsfield.files.output import writing

        encode = _encoder(path, self)
        progress = progress or Silent()
        with writing(path, overwrite=overwrite, dry_run=dry_run) as write:
            progress.start("Rendering", len(self), "frames")
            encode(self._told(progress), self.durations, write)
            progress.finish()

    def samples(self, count: int = 8) -> list[Array]:
        """Make a few of the pictures, from all over the movie, where they are in color."""
        first = self.sequel.picture(self.numbers[0]).array
        if first.ndim == 2:
            return [first]
        places = range(0, len(self.numbers), max(1, len(self.numbers) // count))
        return [first, *(self.sequel.picture(self.numbers[place]).array for place in places[1:])]

    def _told(self, progress: Progress) -> Iterator[Picture]:
        self.issues.clear()
        for picture in self:
            progress.advance()
            yield picture


def movie(
    source: Source,
    view: View | None = None,
    *,
    rate: float | None = None,
    limits: Limits | None = None,
    **which: Any,
) -> Movie:
    """Make a movie.

    Parameters
    ----------
    source
        As for `hounsfield.render.render`: the frames of an image or the slices of a series follow each other, the times
        of a volume that has several; with a `rendering`, it is a walk around the body.
    view : View, optional
        How each picture is shown.
    rate : float, optional
        Pictures per second; by default what the file asks for, in this order: Recommended Display Frame Rate
        (0008,2144), Frame Time (0018,1063) or Frame Time Vector (0018,1065), Cine Rate (0018,0040); otherwise 10.
    limits : Limits, optional
        What reading may cost.
    **which
        ``series``, ``stack`` and ``allow``; see `hounsfield.render.sources.opened`.

    Raises
    ------
    UsageError
        When there is only one picture, or for an impossible rate; otherwise as `render` does.

    Examples
    --------
    >>> movie("cine.dcm", View(size=512)).save("loop.mp4")  # doctest: +SKIP
    """
    view = (view or View()).with_(depth=8)
    if rate is not None and not _SLOWEST <= rate <= _FASTEST:
        raise UsageError(f"a rate is {_SLOWEST:g} to {_FASTEST:g} pictures per second, not {rate:g}")
    found = opened(source, view, limits=limits, **which)
    sequel = sequel_of(found, view, along="time")
    if len(sequel) < 2:
        raise UsageError("there is only one picture: it does not move", hint="Write a .png of it.")
    paces = None if rate is not None else _paces(found, sequel)
    if paces is None:
        seconds = 1 / (rate or USUAL_RATE)
        return Movie(sequel, tuple(range(len(sequel))), (seconds,) * len(sequel), rate is not None)
    return Movie(sequel, paces.frames, paces.durations, stated=True)


def _paces(found: Shown, sequel: Sequel) -> Any:
    """How long the file asks its frames to be shown; only the frames of one file have that."""
    if not isinstance(found, Frames) or found.ordered:
        return None
    image, _ = found.opened(0)
    return paces_of(image.dataset, len(sequel)) if image.frames == len(sequel) else None


def _encoder(
    path: str | os.PathLike[str], movie: Movie
) -> Callable[[Iterator[Picture], tuple[float, ...], Callable[[bytes], object]], None]:
    suffix = Path(path).suffix.lower()
    if suffix == ".gif":
        from hounsfield.render.gif import write_gif

        return partial(write_gif, samples=movie.samples())
    if suffix == ".mp4":
        from hounsfield.render.mp4 import write_mp4

        return write_mp4
    raise UsageError(
        f"{suffix or 'a name without suffix'} is no format of movies", hint=f"Movies: {', '.join(MOVIES)}."
    )
