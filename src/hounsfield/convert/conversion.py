"""`convert`: every stack of every series into a file of its own.

A stack that is not a proper volume is skipped with the reason; a series that fails does not stop the others; nothing is
overwritten unasked, and no file is ever half written under its name.
"""

from __future__ import annotations

from hashlib import blake2s
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from hounsfield.catalog import Catalog, scan
from hounsfield.catalog.query import Query
from hounsfield.catalog.record import Record, Series
from hounsfield.convert.formats import Format, format_of
from hounsfield.convert.naming import DEFAULT_NAME, check_template, file_name
from hounsfield.convert.report import Report, Row
from hounsfield.errors import ExistsError, HounsfieldError, UsageError
from hounsfield.progress import Progress, Silent
from hounsfield.volumes import Stack, stacks
from hounsfield.volumes.header import value

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    Origin = Catalog | Record | Query[Any] | str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

__all__ = ["convert"]

_SERIES = ("StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality", "PatientID")
_UNUSABLE = ("broken", "unreadable")


def convert(
    source: Origin,
    output: str | os.PathLike[str],
    *,
    to: str = "nifti",
    name: str = DEFAULT_NAME,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Convert every stack of `source` into a file of its own.

    Parameters
    ----------
    source : Catalog, Series, Query, path or iterable of paths
        What to convert.
    output : path
        Folder to write into; made where it is missing.
    to : str
        The format: ``nifti``.
    name : str
        Template of the file names: keywords and ``{stack}`` in braces, slashes for folders. A name that ends in
        ``.nii`` is not compressed. Values are made safe: they never lead out of `output`. Two stacks of one name are
        an error; only the default adds a fingerprint of study and series then.
    overwrite : bool
        Replace files that are there already.
    dry_run : bool
        Read headers only, write nothing, and report what would be done.
    progress : Progress, optional
        Is told how far it is.

    Returns
    -------
    Report
        A row for each stack: done, skipped or failed, with the reason; and for each file that cannot be read.

    Raises
    ------
    UsageError
        For an unknown format or a name that is not a template.
    ReadError
        When none of the paths exists.

    Examples
    --------
    >>> import hounsfield as hu
    >>> report = hu.convert("export", "out", dry_run=True)  # doctest: +SKIP
    """
    form = format_of(to)
    template, suffix = form.split(name)
    check_template(template)
    listener = progress or Silent()
    opened = None if isinstance(source, Catalog | Record | Query) else scan(source, progress=progress)
    try:
        chosen = list(_series(opened if opened is not None else source))
        run = _Run(form, Path(output), (template, suffix), overwrite=overwrite, dry_run=dry_run)
        rows = list(_unusable(source if opened is None else opened))
        listener.start("converting", len(chosen), "series")
        for series in chosen:
            rows += run.series(series)
            listener.advance()
        listener.finish()
    finally:
        if opened is not None:
            opened.close()
    return Report(tuple(rows))


def _series(source: Any) -> Iterator[Series]:
    if isinstance(source, Series):
        yield source
    elif isinstance(source, Catalog):
        yield from source.series
    elif isinstance(source, Query):
        for record in source:
            yield from _series(record)
    elif hasattr(source, "series"):
        yield from source.series
    else:
        raise UsageError(f"a {type(source).__name__.lower()} cannot be converted; give a series, a catalog or paths")


def _unusable(source: Any) -> Iterator[Row]:
    """Files of a scan that look like DICOM but could not be read."""
    if not isinstance(source, Catalog):
        return
    for status in _UNUSABLE:
        for file in source.files.where(status=status):
            where = f"{file['path']}/{file['member']}" if file["member"] else file["path"]
            yield Row("failed", reason=file["reason"] or status, code=status, sources=(where,))


class _Run:
    """One call of `convert`: what was chosen, and which names are taken."""

    def __init__(self, form: Format, output: Path, name: tuple[str, str], *, overwrite: bool, dry_run: bool) -> None:
        self.form = form
        self.output = output
        self.template, self.suffix = name
        self.overwrite = overwrite
        self.dry_run = dry_run
        self.taken: dict[str, str] = {}
        self.warm: Thread | None = None

    def series(self, series: Series) -> Iterator[Row]:
        """Convert the stacks of one series."""
        facts = {key: series[key] for key in _SERIES}
        for stack in stacks(series.instances):
            yield self.stack(stack, series, facts)

    def stack(self, stack: Stack, series: Series, facts: dict[str, Any]) -> Row:
        """Convert one stack; whatever is wrong with it is its row."""
        sources = tuple(dict.fromkeys(plane.source.name for plane in stack.planes)) or tuple(
            one.name for one in stack.refused
        )
        about: dict[str, Any] = {"series": facts, "stack": stack.name, "sources": sources, "issues": stack.issues}
        if stack.reason:
            return Row("skipped", reason=stack.reason, code="not-a-volume", **about)
        for issue in stack.errors:
            hint = f" {issue.hint}" if issue.hint else ""
            return Row("skipped", reason=f"{issue.message}.{hint}".rstrip("."), code=issue.code, **about)
        relative = file_name(self.template, lambda key: stack.name if key == "stack" else _look_up(series, stack, key))
        try:
            target = self._claim(relative, stack, facts)
            about["file"] = str(target)
            return self._write(stack, target, about)
        except HounsfieldError as error:
            return Row("failed", reason=str(error), code=error.code, **about)

    def _claim(self, relative: str, stack: Stack, facts: dict[str, Any]) -> Path:
        """Find the path of a stack. A template of the caller's own is obeyed to the letter."""
        target = self.output / f"{relative}{self.suffix}"
        if str(target).casefold() in self.taken and self.template == DEFAULT_NAME:
            target = self.output / f"{relative}_{_fingerprint(facts)}{self.suffix}"
        key = str(target).casefold()
        if key in self.taken:
            raise HounsfieldError(
                f"the name is taken by {self.taken[key]}",
                hint="Use a --name that tells them apart, e.g. with {SeriesInstanceUID} or {stack}.",
                code="name-collision",
            )
        self.taken[key] = f"series {facts['SeriesInstanceUID']}" + (f", {stack.name}" if stack.name else "")
        if target.exists() and not self.overwrite:
            raise ExistsError("the file is there already", where=str(target), hint="--overwrite replaces it.")
        return target

    def _write(self, stack: Stack, target: Path, about: dict[str, Any]) -> Row:
        layout = stack.planes[0].source.layout
        color = layout.samples > 1
        about["axes"] = (*stack.axes, "row", "column", *(("sample",) if color else ()))
        about["shape"] = (*stack.shape, layout.rows, layout.columns, *((layout.samples,) if color else ()))
        about["spacing"] = stack.geometry.spacing if stack.geometry else ()
        about["unit"] = stack.planes[0].unit
        if self.dry_run:
            return Row("planned", **about)
        self._prepare()
        from hounsfield.volumes.loading import load_stack

        volume = load_stack(stack)
        about["issues"], about["unit"] = volume.issues, volume.unit
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HounsfieldError(f"the folder cannot be made: {error.strerror}", where=str(target.parent)) from None
        self.form.write(volume, target, self.overwrite)
        return Row("done", **about)

    def _prepare(self) -> None:
        """Import what writing needs while the first pixels are read."""
        if self.warm is None:
            self.warm = Thread(target=lambda: [import_module(module) for module in self.form.prepare], daemon=True)
            self.warm.start()


def _fingerprint(facts: dict[str, Any]) -> str:
    """Eight letters that tell a series apart: there are series of one UID in several studies."""
    uids = f"{facts['StudyInstanceUID']} {facts['SeriesInstanceUID']}"
    return blake2s(uids.encode(), digest_size=4).hexdigest()


def _look_up(series: Series, stack: Stack, key: str) -> Any:
    found = value(series, key)
    return value(stack.header, key) if found is None else found
