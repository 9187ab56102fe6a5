"""What will be made of each stack, and under which name: decided in one place and in one order, before any work."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from hounsfield.convert.naming import DEFAULT_NAME, file_name
from hounsfield.convert.record import issues_of
from hounsfield.convert.report import Row
from hounsfield.convert.task import Options, Task, identity_of
from hounsfield.errors import ExistsError, HounsfieldError, UsageError
from hounsfield.volumes import Stack, stacks
from hounsfield.volumes.header import integer, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hounsfield.catalog.record import Series
    from hounsfield.convert.bids.layout import Layout, Name
    from hounsfield.convert.record import Record
    from hounsfield.errors import Issue

__all__ = ["Planner"]

_SERIES = ("StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality", "PatientID")


class Planner:
    """Names that are taken, and the choices of one conversion.

    Parameters
    ----------
    output : Path
        Where files go.
    name : tuple of str
        Template and suffix.
    options : Options
        Of the conversion.
    dry_run : bool
        Give rows instead of tasks.
    layout : Layout, optional
        Names files as BIDS does, instead of the template; `name_all` comes first then.
    """

    def __init__(
        self, output: Path, name: tuple[str, str], options: Options, *, dry_run: bool, layout: Layout | None = None
    ) -> None:
        self.output = output
        self.template, self.suffix = name
        self.options = options
        self.dry_run = dry_run
        self.layout = layout
        self.names: dict[tuple[Any, int], Name] = {}
        self.taken: dict[str, str] = {}

    def name_all(self, chosen: Sequence[Series]) -> None:
        """Name every stack by the layout: runs and sessions can only be numbered when all are known."""
        if self.layout is None:
            return
        keys, found = [], []
        for series in chosen:
            try:
                every = enumerate(self._stacks(series))
                usable = [(number, one) for number, one in every if not one.reason and not self._in_the_way(one)]
            except HounsfieldError:  # which is a row when it is planned
                continue
            keys += [(series["id"], number) for number, _ in usable]
            found += [(series, replace(stack, planes=stack.planes[:1])) for _, stack in usable]
        self.names = dict(zip(keys, self.layout.names(found), strict=True))

    def _stacks(self, series: Series) -> list[Stack]:
        found = stacks(series.instances)
        if not self.options.split_gaps:
            return found
        from hounsfield.volumes.gaps import split_at_gaps

        return [piece for stack in found for piece in (split_at_gaps(stack) if not stack.reason else [stack])]

    def _in_the_way(self, stack: Stack) -> list[Issue]:
        """Give the issues because of which no file is made."""
        mended = ("missing-slices", "uneven-spacing") if self.options.resample else ()
        return [issue for issue in stack.errors if issue.code not in mended]

    def series(self, series: Series, record: Record | None) -> Iterator[Task | Row]:
        """Plan the stacks of one series; what fails here is a row, too."""
        facts = {key: series[key] for key in _SERIES}
        try:
            found = self._stacks(series)
        except HounsfieldError as error:
            yield Row("failed", reason=str(error), code=error.code, series=facts)
            return
        for number, stack in enumerate(found):
            try:
                yield self._stack(stack, series, _about(stack, facts), self.names.get((series["id"], number)), record)
            except UsageError:
                raise
            except HounsfieldError as error:
                yield replace(_about(stack, facts), status="failed", reason=str(error), code=error.code)

    def _stack(self, stack: Stack, series: Series, row: Row, name: Name | None, record: Record | None) -> Task | Row:
        if stack.reason:
            image = integer(stack.header, "Rows") and integer(stack.header, "Columns")
            return replace(row, reason=stack.reason, code="not-a-volume" if image else "no-image")
        for issue in self._in_the_way(stack):
            hint = f" {issue.hint}" if issue.hint else ""
            return replace(row, reason=f"{issue.message}.{hint}".rstrip("."), code=issue.code)
        if name is not None and name.skip:
            return replace(row, reason=name.skip, code=name.code)
        looked = lambda key: stack.name if key == "stack" else _look_up(series, stack, key)  # noqa: E731
        stem = self._claim(name.path if name is not None else file_name(self.template, looked), row)
        target = stem.with_name(stem.name + self.suffix)
        row = replace(row, status="planned", file=str(target), **_shape(stack))
        header = {key: stack.header[key] for key in stack.header.keys()}  # type: ignore[attr-defined]  # noqa: SIM118
        fields = name.fields if name is not None else {}
        task = Task(replace(stack, header=header), str(target), str(stem), row, self.options, fields)
        identity = identity_of(task)
        entry = record.kept(target, identity) if record is not None and not self.options.overwrite else None
        if entry is not None:
            return _kept(row, entry, self.output, identity)
        if target.exists() and not self.options.overwrite:
            raise ExistsError("the file is there already", where=str(target), hint="--overwrite replaces it.")
        return row if self.dry_run else replace(task, row=replace(row, input=identity))

    def _claim(self, relative: str, row: Row) -> Path:
        """Find the path of a stack. A template of the caller's own is obeyed to the letter."""
        stem = self.output / relative
        if str(stem).casefold() in self.taken and self.template == DEFAULT_NAME:
            stem = self.output / f"{relative}_{_fingerprint(row.series)}"
        key = str(stem).casefold()
        if key in self.taken:
            raise HounsfieldError(
                f"the name is taken by {self.taken[key]}",
                hint="Use a --name that tells them apart, e.g. with {SeriesInstanceUID} or {stack}.",
                code="name-collision",
            )
        self.taken[key] = f"series {row.series['SeriesInstanceUID']}" + (f", {row.stack}" if row.stack else "")
        return stem


def _about(stack: Stack, facts: dict[str, Any]) -> Row:
    """Begin the row of a stack."""
    if stack.planes:
        found = {plane.source.name: plane.source.uid for plane in stack.planes}
    else:
        found = {one.name: one.uid for one in stack.refused}
    return Row(
        "skipped",
        series=facts,
        stack=stack.name,
        sources=tuple(found),
        instances=tuple(found.values()),
        issues=stack.issues,
    )


def _shape(stack: Stack) -> dict[str, Any]:
    shape = stack.full_shape
    return {
        "axes": (*stack.axes, "row", "column", "sample")[: len(shape)],
        "shape": shape,
        "spacing": stack.geometry.spacing if stack.geometry else (),
        "unit": stack.planes[0].unit,
    }


def _kept(row: Row, entry: Mapping[str, Any], output: Path, identity: str) -> Row:
    return replace(
        row,
        status="kept",
        files=tuple(str(output / name) for name in entry["files"]),
        axes=tuple(entry["axes"]),
        shape=tuple(entry["shape"]),
        unit=entry["unit"],
        rules=tuple(entry["rules"]),
        issues=issues_of(entry),
        input=identity,
    )


def _fingerprint(facts: Mapping[str, Any]) -> str:
    """Eight letters that tell a series apart: there are series of one UID in several studies."""
    uids = f"{facts['StudyInstanceUID']} {facts['SeriesInstanceUID']}"
    return blake2s(uids.encode(), digest_size=4).hexdigest()


def _look_up(series: Series, stack: Stack, key: str) -> Any:
    found = value(series, key)
    return value(stack.header, key) if found is None else found
