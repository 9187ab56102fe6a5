"""Pixels of a stack as a volume."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hounsfield.errors import GeometryError, Issue
from hounsfield.pixels.gather import FrameJob, Gathered, allocate, gather
from hounsfield.settings import Limits
from hounsfield.volumes.gaps import places
from hounsfield.volumes.header import value
from hounsfield.volumes.resampling import equalize, straighten
from hounsfield.volumes.rescale import Rescale, integer_dtype, plan
from hounsfield.volumes.scaling import with_scaling
from hounsfield.volumes.splitting import positions
from hounsfield.volumes.suv import with_unit
from hounsfield.volumes.tiles import gather_tiles
from hounsfield.volumes.vendors.acquiring import acquisition_of
from hounsfield.volumes.volume import Source, Volume

if TYPE_CHECKING:
    from collections.abc import Collection

    from hounsfield.pixels.layout import Layout
    from hounsfield.volumes.stack import Stack

__all__ = ["Prepared", "load_stack", "made_volume", "prepared"]

Array = np.ndarray[Any, np.dtype[Any]]

_ATTRIBUTES = (
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "Modality",
    "FrameOfReferenceUID",
    "RepetitionTime",
    "TemporalPositionIdentifier",
    "WindowCenter",
    "WindowWidth",
    "FrameTime",
    "CineRate",
)


def load_stack(
    stack: Stack,
    *,
    allow: Collection[str] = (),
    tolerant: bool = False,
    scaling: str = "",
    unit: str = "",
    resample: bool = False,
    limits: Limits | None = None,
) -> Volume:
    """Read the pixels of a stack.

    Parameters
    ----------
    stack : Stack
        As `stacks` gives it.
    allow : collection of str
        Codes of issues to put up with, or ``"all"``: the volume is made all the same and carries the issue.
    tolerant : bool
        Also fill missing parts of pixel data with zeros; each is an issue of the volume.
    scaling : str
        Of several scalings the one to use: ``real-world`` (a Real World Value Mapping in the file, with its unit), or
        of Philips ``precise`` and ``display``; by default precise, or display where there is no other.
    unit : str
        ``suvbw``, ``suvlbm`` or ``suvbsa`` for uptake values of PET (`hounsfield.volumes.suv`); by default as stored.
    resample : bool
        Make tilted stacks straight and uneven ones even, by linear interpolation (`hounsfield.volumes.resampling`).
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    Volume
        In physical units.

    Raises
    ------
    GeometryError
        When its planes do not form a volume: gaps, uneven spacing, duplicates; or it does not say what the unit takes.
    UsageError
        When it does not have the scaling that is asked for.
    ReadError, PixelError
        When pixels are missing or cannot be decoded.
    """
    if resample:
        allow = "all" if allow == "all" else {*allow, "missing-slices", "uneven-spacing"}
    found = prepared(stack, allow=allow, tolerant=tolerant, scaling=scaling, unit=unit, limits=limits)
    volume = _load(found, tolerant=tolerant)
    if not resample or not volume.geometry.known or volume.geometry.slice_step == (0.0, 0.0, 0.0):
        return volume
    slices = volume.shape[volume.axes.index("slice")]
    return straighten(equalize(volume, places(stack.planes[:slices])))


class Prepared(NamedTuple):
    """A stack that has been checked, before its pixels are read.

    Parameters
    ----------
    stack : Stack
        With the planes that are taken.
    layout : Layout
        Of its frames.
    rescale : Rescale
        How they become physical values.
    derivation : dict
        How a unit is computed that was asked for.
    limits : Limits
        What reading may cost.
    """

    stack: Stack
    layout: Layout
    rescale: Rescale
    derivation: dict[str, Any]
    limits: Limits


def prepared(
    stack: Stack,
    *,
    allow: Collection[str] = (),
    tolerant: bool = False,
    scaling: str = "",
    unit: str = "",
    limits: Limits | None = None,
) -> Prepared:
    """Check a stack and decide how it is read; parameters and errors are those of `load_stack`."""
    _check(stack, allow, tolerant=tolerant)
    limits = limits or Limits()
    if any(issue.code == "duplicate-positions" for issue in stack.errors):
        kept = tuple(group[0] for group in positions(stack.planes))
        stack = replace(stack, planes=kept, shape=(len(kept),))
    stack, uptake = with_unit(with_scaling(stack, scaling, limits), unit, limits)
    layout = stack.planes[0].source.layout
    derivation = {} if uptake is None else {"unit": unit, "formula": uptake.formula, **uptake.inputs}
    return Prepared(stack, layout, plan(stack.planes, layout), derivation, limits)


def _load(found: Prepared, *, tolerant: bool) -> Volume:
    planes, rescale, limits = found.stack.planes, found.rescale, found.limits
    if planes[0].tile is not None:
        out, gathered = gather_tiles(planes, rescale.offset, limits, tolerant=tolerant)
    else:
        jobs = [FrameJob(plane.source, plane.frame, rescale.offset) for plane in planes]
        out = allocate(jobs, limits)
        gathered = gather(jobs, out, limits=limits, tolerant=tolerant)
    values = _values(out, gathered, rescale, found.layout)
    stored = values.stored.reshape(*found.stack.shape, *out.shape[1:])
    return made_volume(found, stored, (values.slopes, values.intercepts), gathered.issues)


def made_volume(
    found: Prepared, stored: Array, scaling: tuple[tuple[float, ...], tuple[float, ...]], issues: tuple[Issue, ...]
) -> Volume:
    """Give the volume of a stack whose pixels have been read, or will be."""
    stack, layout = found.stack, found.layout
    color = layout.samples > 1
    first = stack.planes[0]
    if stack.geometry is None:
        raise GeometryError("the stack has no geometry", where=stack.name)
    return Volume(
        stored=stored,
        slopes=scaling[0],
        intercepts=scaling[1],
        geometry=stack.geometry,
        axes=(*stack.axes, "row", "column", *(("sample",) if color else ())),
        unit=first.unit if len({plane.unit for plane in stack.planes}) == 1 else "",
        name=stack.name,
        photometric="RGB" if color else layout.photometric,
        sources=tuple(Source(plane.source.uid, plane.source.name, plane.frame + 1) for plane in stack.planes),
        coordinates=stack.coordinates,
        issues=(*stack.issues, *_counted(issues)),
        acquisition=acquisition_of(stack, found.limits),
        derivation=found.derivation,
        scalings=first.facts.get("Scalings", {}),
        attributes={key: value(stack.header, key) or first.facts.get(key) for key in _ATTRIBUTES},
    )


def _check(stack: Stack, allow: Collection[str], *, tolerant: bool) -> None:
    if stack.reason:
        where = stack.refused[0].name if stack.refused else stack.name
        raise GeometryError(f"no volume can be made of it: {stack.reason}", where=where, code="not-a-volume")
    if tolerant or "all" in allow or allow == "all":
        return
    for issue in stack.errors:
        if issue.code not in allow:
            raise GeometryError(issue.message, where=issue.where, hint=issue.hint, code=issue.code)


def _counted(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Keep the first of many equal issues, with their number."""
    if len(issues) < 2:
        return issues
    return (replace(issues[0], count=len(issues)),)


class _Values(NamedTuple):
    stored: Array
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]


def _values(out: Array, gathered: Gathered, rescale: Rescale, layout: Layout) -> _Values:
    """Decide what the gathered numbers are: the intercept was added with wrap-around, which is exact where it fits."""
    if layout.float or gathered.low is None or gathered.high is None or not rescale.whole:
        return _Values(out, rescale.slopes, rescale.intercepts)
    fitting = integer_dtype(layout, gathered.low + rescale.offset, gathered.high + rescale.offset)
    if fitting is not None:
        return _Values(out.view(fitting), (1.0,), (0.0,))
    np.subtract(out, np.array(rescale.offset).astype(out.dtype), out=out)
    return _Values(out, rescale.slopes, rescale.intercepts)
