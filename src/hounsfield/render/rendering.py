"""`render`: an image or a volume as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.errors import UsageError
from hounsfield.render.cut import cut
from hounsfield.render.frames import Frames
from hounsfield.render.image import show
from hounsfield.render.sources import opened
from hounsfield.render.view import View

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.render.picture import Picture
    from hounsfield.render.sources import Source
    from hounsfield.settings import Limits

__all__ = ["render", "stated"]


def render(
    source: Source,
    view: View | None = None,
    *,
    presentation: Dataset | None = None,
    limits: Limits | None = None,
    **which: Any,
) -> Picture:
    """Show an image or a volume.

    Parameters
    ----------
    source : Volume, Image, pydicom.Dataset, path or sequence of paths
        A volume as `hounsfield.load` gives it, an image, or files and folders that hold one series. Of a file one frame
        is shown, of a series one slice, unless the view asks for more: another plane, a slab, a body.
    view : View, optional
        What is shown, and how; by default the first frame, or the middle slice, as its file asks for.
    presentation : pydicom.Dataset, optional
        A presentation state to apply to an image; by default the file that `view.presentation` names.
    limits : Limits, optional
        What reading may cost.
    **which
        ``series``, ``stack`` and ``allow``; see `hounsfield.render.sources.opened`.

    Returns
    -------
    Picture
        ``picture.array`` is uint8 ``(row, column)`` or ``(row, column, 3)``; ``picture.save("x.png")`` writes it.

    Raises
    ------
    UsageError
        When the view asks for what the source does not have, or the source holds several series.
    GeometryError
        When a volume is needed, and the source is none.
    ReadError, PixelError
        When the image cannot be read.

    Examples
    --------
    >>> render("export/CT", View(plane="coronal", slab=20)).save("mip.png")  # doctest: +SKIP
    >>> render("cine.dcm", View(frame=12, size=512)).save("frame.png")  # doctest: +SKIP

    Notes
    -----
    Grays follow PS3.4 N.2; volumes are sampled trilinearly through their full affine, oblique or tilted.
    """
    view = view or View()
    found = opened(source, view, limits=limits, **which)
    if isinstance(found, Frames):
        image, index = found.opened(found.chosen(view))
        return show(image, index, view, presentation=presentation or stated(view))
    if presentation is not None or view.presentation is not None:
        raise UsageError("a presentation state belongs to images, not to a volume")
    return cut(found, view)


def stated(view: View) -> Dataset | None:
    """Read the presentation state that a view names."""
    if view.presentation is None:
        return None
    from hounsfield.files.read import read

    found: Dataset = read(view.presentation, issues=[])
    return found
