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
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hounsfield.catalog.record import Series
    from hounsfield.convert.record import Record

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
    """

    def __init__(self, output: Path, name: tuple[str, str], options: Options, *, dry_run: bool) -> None:
        self.output = output
        self.template, self.suffix = name
        self.options = options
        self.dry_run = dry_run
        self.taken: dict[str, str] = {}

    def series(self, series: Series, record: Record | None) -> Iterator[Task | Row]:
        """Plan the stacks of one series; what fails here is a row, too."""
        facts = {key: series[key] for key in _SERIES}
        try:
            found = stacks(series.instances)
        except HounsfieldError as error:
            yield Row("failed", reason=str(error), code=error.code, series=facts)
            return
        for stack in found:
            try:
                yield self._stack(stack, series, facts, record)
            except UsageError:
                raise
            except HounsfieldError as error:
                yield replace(_about(stack, facts), status="failed", reason=str(error), code=error.code)

    def _stack(self, stack: Stack, series: Series, facts: dict[str, Any], record: Record | None) -> Task | Row:
        row = _about(stack, facts)
        if stack.reason:
            image = integer(stack.header, "Rows") and integer(stack.header, "Columns")
            return replace(row, reason=stack.reason, code="not-a-volume" if image else "no-image")
        for issue in stack.errors:
            hint = f" {issue.hint}" if issue.hint else ""
            return replace(row, reason=f"{issue.message}.{hint}".rstrip("."), code=issue.code)
        relative = file_name(self.template, lambda key: stack.name if key == "stack" else _look_up(series, stack, key))
        stem = self._claim(relative, row)
        target = stem.with_name(stem.name + self.suffix)
        row = replace(row, status="planned", file=str(target), **_shape(stack))
        header = {key: stack.header[key] for key in stack.header.keys()}  # type: ignore[attr-defined]  # noqa: SIM118
        task = Task(replace(stack, header=header), str(target), str(stem), row, self.options)
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
    layout = stack.planes[0].source.layout
    color = layout.samples > 1
    return {
        "axes": (*stack.axes, "row", "column", *(("sample",) if color else ())),
        "shape": stack.full_shape,
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
