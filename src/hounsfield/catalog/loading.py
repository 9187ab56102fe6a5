"""`load` and `load_all`: from files, or a series of a catalog, to volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.query import Query
from hounsfield.catalog.record import Instance, Record, Series
from hounsfield.catalog.scan import scan
from hounsfield.errors import GeometryError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from hounsfield.settings import Limits
    from hounsfield.volumes import Stack, Volume

    Source = Catalog | Record | Query[Any] | str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

__all__ = ["load", "load_all"]


def load(source: Source, *, limits: Limits | None = None, **options: Any) -> Volume:
    """Load the one volume that `source` holds.

    Parameters
    ----------
    source : Series, Catalog, Query, path or iterable of paths
        A series of a catalog, or files of which everything forms one stack.
    limits : Limits, optional
        What each file may cost.
    **options
        Passed on to `hounsfield.volumes.load_stack`, e.g. ``allow={"gap"}``.

    Returns
    -------
    Volume
        `array` of (slice, row, column) or (time, slice, row, column) in physical units.

    Raises
    ------
    GeometryError
        When there is no stack, or more than one: the message lists them, `load_all` gives them all.
    ReadError, PixelError
        When a file cannot be read or decoded.
    """
    from hounsfield.volumes import load_stack

    found = _stacks(source, limits)
    usable = [stack for stack in found if not stack.reason]
    if len(usable) == 1:
        return load_stack(usable[0], limits=limits, **options)
    if usable:
        raise GeometryError(
            f"there are {len(usable)} stacks, not one: {_listed(usable)}",
            hint="Choose a series, or use hu.load_all, which gives all of them.",
            code="several-stacks",
        )
    reasons = "; ".join(dict.fromkeys(stack.reason for stack in found)) or "there is no DICOM image"
    raise GeometryError(f"nothing here can become a volume: {reasons}", code="no-stack")


def load_all(source: Source, *, split_gaps: bool = False, limits: Limits | None = None, **options: Any) -> list[Volume]:
    """Load every volume that `source` holds; what is given is as for `load`.

    Parameters
    ----------
    source : Series, Catalog, Query, path or iterable of paths
        What holds them.
    split_gaps : bool
        Cut stacks with gaps or uneven spacing into even ones, named ``part1`` and so on.
    limits : Limits, optional
        What each file may cost.
    **options
        Passed on to `hounsfield.volumes.load_stack`.

    Returns
    -------
    list of Volume
        One for each stack that can be loaded, series by series, named by what tells it apart from the others.

    Raises
    ------
    GeometryError, ReadError, PixelError
        For the first stack that cannot be loaded.
    """
    from hounsfield.volumes import load_stack
    from hounsfield.volumes.gaps import split_at_gaps

    found = [stack for stack in _stacks(source, limits) if not stack.reason]
    if split_gaps:
        found = [piece for stack in found for piece in split_at_gaps(stack)]
    return [load_stack(stack, limits=limits, **options) for stack in found]


def _listed(found: list[Stack], most: int = 8) -> str:
    names = []
    for stack in found[:most]:
        series = stack.header["SeriesDescription"] or stack.header["SeriesInstanceUID"]
        size = " x ".join(f"{count} {axis}s" for axis, count in zip(stack.axes, stack.shape, strict=True))
        names.append(f"'{series}'{f' {stack.name}' if stack.name else ''} ({size})")
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(names) + rest


def _stacks(source: Source, limits: Limits | None) -> list[Stack]:
    from hounsfield.volumes import stacks

    return stacks(_headers(source, limits), limits=limits)


def _headers(source: Source, limits: Limits | None) -> list[Instance]:
    if source is None:
        raise UsageError("there is nothing to load: the query found no series")
    if isinstance(source, Catalog):
        return list(source.instances)
    if isinstance(source, Instance):
        return [source]
    if isinstance(source, Query):
        return [header for record in source for header in _headers(record, limits)]
    if isinstance(source, Series):
        return list(source.instances)
    if isinstance(source, Record):
        if not hasattr(source, "series"):
            raise UsageError(f"a {type(source).__name__.lower()} cannot be loaded")
        return [header for series in source.series for header in _headers(series, limits)]
    with scan(source, limits=limits) as catalog:
        return list(catalog.instances)
