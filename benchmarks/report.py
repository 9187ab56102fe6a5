"""The report: a table of the numbers to reach, then a table for each piece of work."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.data import Sizes
    from benchmarks.kept import Measured
    from benchmarks.measure import Figures
    from benchmarks.work import Target, Work

__all__ = ["report"]

# What the numbers mean, and why some fall short: written by hand, and part of every page.
_NOTES = Path(__file__).with_name("notes.md")
PEERS = ["hounsfield", "pydicom", "SimpleITK", "dcm2niix", "dicom2nifti", "fastdicom", "numpy", "nibabel", "isal"]


def report(
    results: list[tuple[Work, dict[str, Figures]]], sizes: Sizes, *, repeats: int, measured: Sequence[Measured] = ()
) -> str:
    """Return the page."""
    lines = [
        "<!-- Made by `python -m benchmarks`; do not edit. -->",
        "# Benchmarks",
        "",
        f"Whole processes, run in turn in one session, warm page cache; medians of {repeats} runs after one that is",
        "not counted (of contenders that take over 20 seconds: 2). Ratios hold; absolute figures are this machine's.",
        "",
        f"- Data: {_described(sizes)}",
        f"- Machine: {os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}",
        f"- Load average at the end: {os.getloadavg()[1]:.1f}; where it is high, compare CPU, not wall times",
        f"- Versions: {', '.join(_versions())}",
        "",
        "## Numbers to reach",
        "",
        "| work | against | asked | measured | |",
        "|---|---|---|---|---|",
    ]
    for work, figures in results:
        lines += [_row(work, target, figures) for target in work.targets]
        lines += _memory(work, figures, sizes)
    for one in measured:
        lines += ["", f"### {one.title}", "", f"`{one.command}`", "", "| | measured | asked |", "|---|---|---|"]
        lines += [f"| {' | '.join(row)} |" for row in one.rows]
    lines += ["", _NOTES.read_text(encoding="utf-8").strip()]
    for work, figures in results:
        lines += ["", f"## {work.title}", "", *_table(figures)]
    return "\n".join(lines) + "\n"


def _versions() -> list[str]:
    found = []
    for name in PEERS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return found


def _row(work: Work, target: Target, figures: dict[str, Figures]) -> str:
    ours, peer = next(iter(figures.values())), figures.get(target.peer)
    what = f"{'at most' if target.at_most else 'at least'} {target.ratio:g} x ({target.by})"
    if peer is None or peer.failure or ours.failure:
        missing = "not there" if peer is None else (ours.failure or peer.failure)
        return f"| {work.title} | {target.peer} | {what} | not measured: {missing} | |"
    ratio = ours.median(target.by) / peer.median(target.by)
    shown = ratio if target.at_most else 1 / ratio
    met = shown <= target.ratio if target.at_most else shown >= target.ratio
    verdict = "met" if met else f"short by {abs(shown / target.ratio - 1):.0%}" + (target.why and f": {target.why}")
    return f"| {work.title} | {target.peer} | {what} | {shown:.2f} x | {verdict} |"


def _memory(work: Work, figures: dict[str, Figures], sizes: Sizes) -> list[str]:
    ours = next(iter(figures.values()))
    if work.most_memory is None or ours.failure:
        return []
    most, peak = work.most_memory(sizes), ours.median("peak")
    verdict = "met" if peak <= most else f"short by {peak / most - 1:.0%}"
    return [f"| {work.title}: memory | 1.2 x the array + 60 MB | at most {most:.0f} MiB | {peak:.0f} MiB | {verdict} |"]


def _described(sizes: Sizes) -> str:
    (slices, rows), (many, across) = sizes.ct, sizes.enhanced
    return (
        f"export of {sizes.export_files:,} files; CT {slices} x {rows} x {rows}; MR {' x '.join(map(str, sizes.mr))}; "
        f"enhanced CT {many} x {across} x {across}"
    )


def _table(figures: dict[str, Figures]) -> list[str]:
    lines = [
        "| | CPU s | wall s | peak MiB | made MiB | CPU, ours = 1 | wall, ours = 1 |",
        "|---|---|---|---|---|---|---|",
    ]
    ours = next(iter(figures.values()))
    for name, found in figures.items():
        if found.failure:
            lines.append(f"| {name} | failed: {found.failure} | | | | | |")
            continue
        shares = ["" if ours.failure else f"{found.median(what) / ours.median(what):.2f}" for what in ("cpu", "wall")]
        cpu, wall, peak = (found.median(what) for what in ("cpu", "wall", "peak"))
        made = f"{found.median('size'):.1f}" if found.size else ""
        lines.append(f"| {name} | {cpu:.3f} | {wall:.3f} | {peak:.0f} | {made} | {' | '.join(shares)} |")
    return lines
