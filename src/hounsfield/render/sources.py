"""From what a person names (a file, a folder, a ZIP archive) to the frames or the volume that a view needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hounsfield.errors import GeometryError, UsageError
from hounsfield.pixels.image import Image, open_image
from hounsfield.render.frames import Frames, counted, frames_of_image
from hounsfield.volumes.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.catalog.record import Instance, Series
    from hounsfield.render.view import View
    from hounsfield.settings import Limits
    from hounsfield.volumes import Stack

    Path = str | os.PathLike[str]
    # A pydicom `Dataset`, too, which is read like an image.
    Source = Volume | Image | Frames | Path | Sequence[Path]

__all__ = ["Shown", "needs_volume", "opened"]

Shown = Volume | Frames

# A lean is in the affine, which pictures are cut through; it is no reason to refuse one.
_HARMLESS = ("tilt",)
_LISTED = 12


def needs_volume(view: View) -> bool:
    """Tell whether a view can only be had of a volume."""
    return bool(view.plane != "acquisition" or view.slab or view.rendering or view.point or view.center)


def opened(
    source: Source,
    view: View,
    *,
    series: str | None = None,
    stack: str | None = None,
    allow: Sequence[str] = (),
    limits: Limits | None = None,
) -> Shown:
    """Find what is shown.

    Parameters
    ----------
    source : Volume, Image, Frames, path or sequence of paths
        Files, folders or ZIP archives of which one series is shown.
    view : View
        Whether it takes a volume or single frames.
    series, stack : str, optional
        Which one, where there are several: number, UID or part of the description; number or name.
    allow : sequence of str
        Codes of issues that a volume may have all the same.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    Volume or Frames
        A volume where the view needs one.

    Raises
    ------
    UsageError
        When there are several series or stacks: it lists them.
    GeometryError
        When the view needs a volume, and the series is none: it says why.
    """
    if isinstance(source, Volume | Frames):
        return source
    if isinstance(source, Image) or hasattr(source, "group_dataset"):
        one: Any = source
        image = open_image(one, limits=limits)
        if needs_volume(view):
            raise UsageError(
                f"an image has no {_wanted(view)}", where=image.name, hint="Name its file or folder to make a volume."
            )
        return frames_of_image(image)
    paths = [source] if isinstance(source, str | os.PathLike) else list(source)
    if len(paths) == 1 and not os.path.isdir(paths[0]) and not needs_volume(view) and not _archive(paths[0]):
        return frames_of_image(open_image(paths[0], limits=limits))
    return _from_scan(paths, view, (series, stack), allow, limits)


def _wanted(view: View) -> str:
    if view.rendering:
        return "body to look at"
    if view.plane != "acquisition":
        return f"{view.plane} plane"
    return "slab" if view.slab else "place in the patient"


def _archive(path: Path) -> bool:
    return os.fspath(path).lower().endswith(".zip")


def _from_scan(
    paths: Sequence[Path],
    view: View,
    which: tuple[str | None, str | None],
    allow: Sequence[str],
    limits: Limits | None,
) -> Shown:
    from hounsfield.catalog.scan import scan
    from hounsfield.volumes import load_stack, stacks

    where = ", ".join(os.fspath(path) for path in paths[:3])
    for path in paths:
        if not os.path.lexists(path) and not _in_archive(path):
            raise UsageError("there is no such file or folder", where=os.fspath(path))
    with scan(paths, limits=limits) as catalog:
        series = _series(list(catalog.series), which[0], where)
        headers = list(series.instances)
        found = _stack(stacks(headers, limits=limits), which[1], where)
        # Slices that share a frame, as in a mosaic, are apart only in a volume.
        if needs_volume(view) or (found.planes and found.planes[0].tile is not None):
            if found.reason:
                raise GeometryError(f"the series cannot become a volume: {found.reason}", where=where, code="no-stack")
            return load_stack(found, allow=(*_HARMLESS, *allow), limits=limits)
        return _frames(found, headers, limits)


def _in_archive(path: Path) -> bool:
    return ".zip" in os.fspath(path).lower()


def _series(every: list[Series], wanted: str | None, where: str) -> Series:
    images = [series for series in every if _pictured(series)]
    if not images:
        kinds = sorted({str(series["Modality"] or "objects without modality") for series in every})
        there = f"there are only {', '.join(kinds)}" if kinds else "there is no DICOM object"
        raise GeometryError(f"there are no images to show: {there}", where=where, code="no-images")
    chosen = images if wanted is None else [series for series in images if _matches(series, wanted)]
    if len(chosen) == 1:
        return chosen[0]
    problem = f"there are {len(chosen)} series" if chosen else f"no series is called {wanted!r}"
    listed = "\n".join(f"    {_line(series)}" for series in (chosen or images)[:_LISTED])
    more = len(chosen or images) - _LISTED
    raise UsageError(
        f"{problem}:\n{listed}{f'{chr(10)}    and {more} more' if more > 0 else ''}",
        where=where,
        hint="Choose one with --series: its number, its UID (or the end of it), or a part of its description.",
        code="several-series",
    )


def _pictured(series: Series) -> bool:
    return any(instance["Rows"] for instance in series.instances)


def _matches(series: Series, wanted: str) -> bool:
    uid, number = str(series["SeriesInstanceUID"] or ""), str(series["SeriesNumber"])
    if wanted in (uid, number):
        return True
    described = wanted.lower() in str(series["SeriesDescription"] or "").lower()
    return described or (len(wanted) > 4 and uid.endswith(wanted))


def _line(series: Series) -> str:
    instances = list(series.instances)
    number = "-" if series["SeriesNumber"] is None else series["SeriesNumber"]
    description = f"'{series['SeriesDescription']}', " if series["SeriesDescription"] else ""
    count = f"{len(instances):,} images" if len(instances) != 1 else "1 image"
    return f"{number:>6}  {series['Modality'] or '-':<6}  {description}{count}, UID {series['SeriesInstanceUID']}"


def _stack(found: list[Stack], wanted: str | None, where: str) -> Stack:
    usable = [stack for stack in found if not stack.reason] or found
    if wanted is None and len(usable) == 1:
        return usable[0]
    if wanted is not None:
        if wanted.isdigit() and 1 <= int(wanted) <= len(usable):
            return usable[int(wanted) - 1]
        named = [stack for stack in usable if stack.name.lower() == wanted.lower()]
        if len(named) == 1:
            return named[0]
    problem = f"the series has {len(usable)} stacks" if wanted is None else f"no stack is called {wanted!r}"
    listed = "\n".join(f"    {number}  {_size(stack)}" for number, stack in enumerate(usable[:_LISTED], 1))
    more = len(usable) - _LISTED
    raise UsageError(
        f"{problem}:\n{listed}{f'{chr(10)}    and {more} more' if more > 0 else ''}",
        where=where,
        hint="Choose one with --stack: its number or its name.",
        code="several-stacks",
    )


def _size(stack: Stack) -> str:
    size = " x ".join(f"{count} {axis}s" for axis, count in zip(stack.axes, stack.shape, strict=True))
    return f"{stack.name or 'without a name'} ({size or stack.reason})"


def _frames(stack: Stack, headers: Sequence[Instance], limits: Limits | None) -> Frames:
    if stack.planes:
        places = [(plane.source, plane.frame) for plane in stack.planes]
        slices = stack.shape[-1] if len(stack.shape) > 1 else len(places)
        ordered = bool(stack.geometry and stack.geometry.known)
        if len(stack.shape) > 1 and slices == 1:
            # Pictures in time.
            slices, ordered = len(places), False
        return Frames(places, slices, ordered, stack.axes[0] if len(stack.axes) > 1 else "time", limits)
    # It cannot become a volume, but it can be looked at.
    refused = {one.name for one in stack.refused}
    rows = [row for row in headers if _name(row) in refused] or list(headers)
    rows.sort(key=lambda row: (row["InstanceNumber"] or 0, _name(row)))
    named = [(_name(row), frame) for row in rows for frame in range(counted(row["NumberOfFrames"], _name(row)))]
    return Frames(named, len(named), limits=limits)


def _name(row: Instance) -> str:
    return f"{row['path']}/{row['member']}" if row["member"] else str(row["path"])
