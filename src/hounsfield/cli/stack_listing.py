"""The stacks that each series will become, as lines for a person and as records for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.cli.output import plain, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.catalog import Catalog, Series
    from hounsfield.volumes import Stack

__all__ = ["stack_lines", "stack_records"]

_HEAD = ("stack", "axes", "voxel mm", "unit", "files", "problems")


def stack_lines(catalog: Catalog) -> list[str]:
    """List every series with its stacks; one that no volume can be made of with the reason."""
    lines: list[str] = []
    for series in catalog.series:
        found = series.stacks
        number = "" if series.SeriesNumber is None else f"{series.SeriesNumber}  "
        title = f"{number}{series.Modality or ''}  {series.SeriesDescription or series.SeriesInstanceUID or ''}"
        lines += ["", plain(title.strip())]
        usable = [stack for stack in found if not stack.reason]
        if usable:
            lines += table([_HEAD, *map(_row, usable)], align="llllrl", indent=4)
        for stack in found:
            if stack.reason:
                count = len(stack.refused)
                lines.append(f"    no volume from {count:,} file{'' if count == 1 else 's'}: {plain(stack.reason)}")
        lines += [f"    {plain(issue.severity)}: {plain(issue.message)}" for issue in _told(usable)]
    return lines


def _told(stacks: Iterable[Stack]) -> list[Any]:
    return [issue for stack in stacks for issue in stack.issues if issue.severity != "info"]


def _row(stack: Stack) -> tuple[str, ...]:
    axes = " x ".join(f"{length} {axis}" for axis, length in zip(_axes(stack), stack.full_shape, strict=True))
    spacing = " x ".join(f"{part:.4g}" for part in stack.geometry.spacing[::-1]) if stack.geometry else ""
    problems = ", ".join(dict.fromkeys(issue.code for issue in stack.issues if issue.severity != "info"))
    return stack.name or "-", axes, spacing, stack.planes[0].unit, str(stack.files), problems


def _axes(stack: Stack) -> tuple[str, ...]:
    color = stack.planes[0].source.layout.samples > 1
    return (*stack.axes, "row", "column", *(("sample",) if color else ()))


def stack_records(series: Series) -> list[dict[str, Any]]:
    """Give what `--json` prints of the stacks of a series."""
    return [
        {
            "name": stack.name,
            "axes": list(_axes(stack)) if stack.planes else [],
            "shape": list(stack.full_shape),
            "spacing": list(stack.geometry.spacing) if stack.geometry else [],
            "unit": stack.planes[0].unit if stack.planes else "",
            "files": stack.files,
            "rules": [str(rule) for rule in stack.rules],
            "issues": [
                {name: getattr(issue, name) for name in ("code", "severity", "message", "hint", "count")}
                for issue in stack.issues
            ],
            "reason": stack.reason,
        }
        for stack in series.stacks
    ]
