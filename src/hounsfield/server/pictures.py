"""Pictures: thumbnails, views of stacks and files, movies, and what is drawn over frames."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import PixelError, ReadError, UsageError
from hounsfield.files.read import read
from hounsfield.pixels.overlays import bits_of, overlays_of
from hounsfield.pixels.shutter import shutter_color, shutter_of
from hounsfield.render.frames import Frames, frames_of_image
from hounsfield.render.movies import movie
from hounsfield.render.over import drawn_over
from hounsfield.render.rendering import render
from hounsfield.render.sources import needs_volume
from hounsfield.render.view import View

if TYPE_CHECKING:
    from hounsfield.pixels.image import Image
    from hounsfield.render.picture import Picture
    from hounsfield.server.images import Images
    from hounsfield.server.stacks import Entry, Stacks
    from hounsfield.server.volumes import Volumes
    from hounsfield.volumes.volume import Volume

Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["THUMBNAIL", "Pictures", "overlay_png"]

THUMBNAIL = 160
_FORMATS = ("png", "jpeg")
_MOVIES = ("mp4", "gif")
_MOST_FRAMES = 5000


class Pictures:
    """Makes pictures of what is open.

    Parameters
    ----------
    images : Images
        Opens instances.
    stacks : Stacks
        What there is.
    volumes : Volumes
        Loads volumes.
    """

    def __init__(self, images: Images, stacks: Stacks, volumes: Volumes) -> None:
        self._images, self._stacks, self._volumes = images, stacks, volumes

    def rendered(self, request: dict[str, Any]) -> tuple[bytes, str]:
        """Give a picture and its media type; `request` is the body of ``/api/render``.

        Raises
        ------
        UsageError
            When the request means nothing.
        """
        kind = request.get("format", "png")
        if kind not in _FORMATS:
            raise UsageError(f"there is no picture format {kind!r:.40}", hint=f"Formats: {', '.join(_FORMATS)}.")
        view = self._view(request)
        picture = self._picture(request, view)
        return picture.to_bytes(kind, quality=_quality(request)), f"image/{kind}"

    def movie(self, request: dict[str, Any]) -> tuple[bytes, str]:
        """Give a movie of all frames of a stack and its media type; `request` is the body of ``/api/export``."""
        kind = request["format"]
        view = self._view(request)
        source = self._source(self._stacks.entry(_text(request, "stack")), view)
        if isinstance(source, Frames) and len(source.places) > _MOST_FRAMES:
            raise UsageError(f"a movie has at most {_MOST_FRAMES:,} frames, not {len(source.places):,}")
        rate = request.get("rate")
        if rate is not None and not isinstance(rate, int | float):
            raise UsageError(f"rate is a number, not {rate!r:.40}")
        made = movie(source, view, rate=rate)
        with tempfile.TemporaryDirectory(prefix="hounsfield-") as folder:
            path = Path(folder, f"movie.{kind}")
            made.save(path)
            return path.read_bytes(), "video/mp4" if kind == "mp4" else "image/gif"

    def thumbnail(self, file: int, frame: int | None = None) -> bytes:
        """Give a small JPEG of one frame, from 1; by default of the middle one."""
        image = self._images.file(file).image
        chosen = image.frames // 2 + 1 if frame is None else frame
        return render(image, View(frame=chosen, size=THUMBNAIL)).to_bytes("jpeg", quality=80)

    def series_thumbnail(self, series: str) -> bytes:
        """Give a small JPEG of the middle of the first stack of a series."""
        for entry in self._stacks.entries(series):
            return self.thumbnail(entry.first["id"])
        raise ReadError("the series has no images", where=series, code="not-found")

    def instance(self, uid: str, view: View) -> Picture:
        """Show one frame of an instance."""
        return render(self._images.opened(uid).image, view)

    def _view(self, request: dict[str, Any]) -> View:
        given = request.get("view", {})
        if not isinstance(given, dict):
            raise UsageError("view is a JSON object")
        given = dict(given)
        state = given.get("presentation")
        if state is not None:
            # A page names objects, never files.
            given["presentation"] = self._images.opened(str(state)).name
        return View.from_dict(given)

    def _picture(self, request: dict[str, Any], view: View) -> Picture:
        file = request.get("file")
        if isinstance(file, int):
            return render(self._images.file(file).image, view)
        return render(self._source(self._stacks.entry(_text(request, "stack")), view), view)

    def _source(self, entry: Entry, view: View) -> Volume | Frames:
        stack = entry.stack
        tiled = bool(stack.planes and stack.planes[0].tile is not None)
        if needs_volume(view) or tiled:
            return self._volumes.loaded(entry, view.time)
        if not stack.planes:
            images = [self._images.file(row["id"]) for row in entry.rows]
            places = [(image.image, frame) for image in images for frame in range(image.count)]
            return Frames(places, len(places))
        # The header of each file is read when it is shown.
        placed: list[tuple[Any, int]] = [(plane.source, plane.frame) for plane in stack.planes]
        slices = stack.shape[-1] if len(stack.shape) > 1 else len(placed)
        ordered = bool(stack.geometry and stack.geometry.known)
        if len(stack.shape) > 1 and slices == 1:
            slices, ordered = len(placed), False
        if len({id(source) for source, _ in placed}) == 1:
            image = self._images.file(entry.first["id"]).image
            placed = [(image, frame) for _, frame in placed] if len(placed) > 1 else list(frames_of_image(image).places)
        return Frames(placed, slices, ordered)


def overlay_png(images: Images, file: int, frame: int, presentation: str | None = None) -> bytes:
    """Give what is to be drawn over a frame, from 1.

    Parameters
    ----------
    images : Images
        What is open.
    file, frame : int
        Which.
    presentation : str, optional
        SOP Instance UID of a presentation state: its overlays, annotations and shutter. Without, what the header of
        the image asks for: overlays in white, the shutter in its gray.

    Raises
    ------
    ReadError
        When there is nothing to draw, or no such presentation state (code ``not-found``).
    PixelError
        When the presentation state makes no sense.
    """
    from PIL import Image as Pillow

    opened = images.file(file)
    opened.check(frame - 1)
    image = opened.image
    shape = (image.layout.rows, image.layout.columns)
    if presentation is not None:
        state = read(images.opened(presentation).name, limits=opened.limits, issues=[])
        shown = drawn_over(state, (image.dataset, frame - 1), shape)
        drawn = bool(shown[..., 1].any())
    else:
        shown, drawn = _of_header(image, frame - 1, shape)
    if not drawn:
        raise ReadError("nothing is drawn over this frame", where=opened.name, code="not-found")
    out = io.BytesIO()
    Pillow.fromarray(shown, "LA").save(out, "png")
    return out.getvalue()


def _of_header(image: Image, index: int, shape: tuple[int, int]) -> tuple[Array, bool]:
    shown = np.zeros((*shape, 2), np.uint8)
    drawn = False
    try:
        for overlay in overlays_of(image.dataset, name=image.name):
            bits = bits_of(overlay, image, index)
            if bits is not None and bits.any():
                shown[bits] = (255, 255)
                drawn = True
    except PixelError:
        drawn = bool(drawn)
    visible = shutter_of(image.dataset, shape)
    if visible is not None:
        shown[~visible] = (shutter_color(image.dataset), 255)
        drawn = True
    return shown, drawn


def _text(request: dict[str, Any], key: str) -> str:
    found = request.get(key)
    if not isinstance(found, str):
        raise UsageError(f"the request does not say which {key}")
    return found


def _quality(request: dict[str, Any]) -> int:
    found = request.get("quality", 90)
    if not isinstance(found, int) or not 1 <= found <= 100:
        raise UsageError(f"quality is 1 to 100, not {found!r:.40}")
    return found
