"""`convert`: every stack of every series into a file of its own.

A stack that is not a proper volume is skipped with the reason; a series that fails does not stop the others; nothing is
overwritten unasked, and no file is ever half written under its name.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hounsfield.catalog import Catalog, scan
from hounsfield.catalog.query import Query
from hounsfield.catalog.record import Record as CatalogRecord
from hounsfield.catalog.record import Series
from hounsfield.cohort import executor as open_executor
from hounsfield.cohort import in_order
from hounsfield.convert.formats import format_of
from hounsfield.convert.naming import DEFAULT_NAME, check_template
from hounsfield.convert.planning import Planner
from hounsfield.convert.record import Record
from hounsfield.convert.report import Report, Row
from hounsfield.convert.task import Options, Task, perform
from hounsfield.errors import UsageError
from hounsfield.progress import Progress, Silent

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor

    Origin = Catalog | CatalogRecord | Query[Any] | str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

__all__ = ["convert"]

_UNITS = ("", "suvbw", "suvlbm", "suvbsa")
_SCALINGS = ("", "precise", "display", "real-world")
_UNUSABLE = ("broken", "unreadable")


def convert(  # noqa: PLR0913 - each is an option of `hu convert`
    source: Origin,
    output: str | os.PathLike[str],
    *,
    to: str = "nifti",
    name: str = DEFAULT_NAME,
    sidecar: Literal["none", "bids"] = "none",
    identity: bool = False,
    unit: Literal["", "suvbw", "suvlbm", "suvbsa"] = "",
    scaling: Literal["", "precise", "display", "real-world"] = "",
    resample: bool = False,
    split_gaps: bool = False,
    bids_layout: bool = False,
    bids_rules: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    workers: int | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> Report:
    """Convert every stack of `source` into a file of its own.

    Parameters
    ----------
    source : Catalog, Series, Query, path or iterable of paths
        What to convert.
    output : path
        Folder to write into; made where it is missing. ``conversion.json`` in it says what was made of what; what an
        earlier run made of the same input is kept.
    to : str
        The format: a name of the table in `hounsfield.convert.formats`.
    name : str
        Template of the file names: keywords and ``{stack}`` in braces, slashes for folders. A name that ends in
        another suffix of the format, e.g. ``.nii``, chooses that. Values are made safe: they never lead out of
        `output`. Two stacks of one name are an error; only the default adds a fingerprint of study and series then.
    sidecar : {'none', 'bids'}
        ``bids``: JSON beside each file with the attributes and units of BIDS, and ``.bval`` and ``.bvec``.
    identity : bool
        Sidecars may name the patient, dates and UIDs.
    unit : str
        ``suvbw``, ``suvlbm`` or ``suvbsa`` for uptake values of PET, with formula and inputs in the sidecar; series of
        other modalities stay as they are.
    scaling : str
        Which of the scalings that Philips files state; by default ``precise``, comparable between images. Series that
        do not state it stay as they are.
    resample : bool
        Make tilted stacks straight, and those with gaps or uneven spacing even, by linear interpolation.
    split_gaps : bool
        Cut stacks with gaps or uneven spacing into even ones.
    bids_layout : bool
        Name files as BIDS does, and write what else a data set needs; means NIfTI and the sidecar ``bids``.
    bids_rules : path, optional
        TOML with rules of your own for it.
    overwrite : bool
        Replace files that are there already.
    dry_run : bool
        Read headers only, write nothing, and report what would be done.
    workers : int, optional
        Convert on this many processes; by default in this one.
    executor : str or concurrent.futures.Executor, optional
        ``processes``, ``threads``, ``dask://host:port``, or an executor. Workers must see the same paths.
    progress : Progress, optional
        Is told how far it is.

    Returns
    -------
    Report
        A row for each stack: done, kept, skipped or failed, with the reason; and for each file that cannot be read.

    Raises
    ------
    UsageError
        For an unknown format, a name that is not a template, or a package that is missing.
    ReadError
        When none of the paths exists.
    WriteError
        When the record of the conversion cannot be written.

    Examples
    --------
    >>> import hounsfield as hu
    >>> report = hu.convert("export", "out", dry_run=True)  # doctest: +SKIP
    """
    if source is None:
        raise UsageError("there is nothing to convert: the query found no series")
    form = format_of(to)
    template, suffix = form.split(name)
    check_template(template)
    form.check()
    if sidecar not in ("none", "bids"):
        raise UsageError(f"there is no sidecar {sidecar!r}", hint="Use bids or none.")
    layout = None
    if bids_layout or bids_rules is not None:
        if to != "nifti" or template != DEFAULT_NAME:
            raise UsageError("a BIDS layout is of NIfTI, and names files itself", hint="Leave --to and --name away.")
        from hounsfield.convert.bids.layout import read_layout

        layout, sidecar = read_layout(bids_rules), "bids"
    if unit not in _UNITS:
        raise UsageError(f"there is no unit {unit!r}", hint="Use suvbw, suvlbm or suvbsa.")
    if scaling not in _SCALINGS:
        raise UsageError(f"there is no scaling {scaling!r}", hint="Use precise, display or real-world.")
    options = Options(
        to,
        sidecar,
        identity=identity,
        overwrite=overwrite,
        unit=unit,
        scaling=scaling,
        resample=resample,
        split_gaps=split_gaps,
    )
    planner = Planner(Path(output), (template, suffix), options, dry_run=dry_run, layout=layout)
    listener = progress or Silent()
    if not dry_run and workers is None:
        # What reading and writing need is imported while the core scans.
        Thread(target=_warm, args=(form.prepare,), daemon=True).start()
    opened = None if isinstance(source, Catalog | CatalogRecord | Query) else scan(source, progress=progress)
    try:
        chosen = list(_series(opened if opened is not None else source))
        rows = list(_unusable(source if opened is None else opened))
        planner.name_all(chosen)
        listener.start("converting", len(chosen), "series")
        with open_executor(executor, workers=workers) as (pool, count):
            run = _Run(planner, None if dry_run else Record(output), listener)
            rows = run.rows(rows, chosen, pool, count)
        if layout is not None and not dry_run and any(row.status in ("done", "kept") for row in rows):
            from hounsfield.convert.bids.dataset import write_dataset_files

            write_dataset_files(Path(output))
        listener.finish()
    finally:
        if opened is not None:
            opened.close()
    return Report(tuple(rows))


def _warm(modules: tuple[str, ...]) -> None:
    for module in ("numpy", "hounsfield.volumes.streaming", "hounsfield.volumes.nifti", *modules):
        try:
            import_module(module)
        except ImportError:
            return


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


class _Step(NamedTuple):
    """A task, or a row that is known without any work; and whether it is the last of its series."""

    work: Task | Row
    last: bool


def _do(step: _Step) -> Row:
    return step.work if isinstance(step.work, Row) else perform(step.work)


class _Run:
    """One run: plans series by series, has stacks converted, and keeps the record."""

    def __init__(self, planner: Planner, record: Record | None, listener: Progress) -> None:
        self.planner = planner
        self.record = record
        self.listener = listener

    def rows(self, first: list[Row], chosen: list[Series], pool: Executor, workers: int) -> list[Row]:
        """Convert all series; the rows are in their order, whoever was faster."""
        found = []
        try:
            found += [self._taken(row) for row in first]
            for step, outcome in in_order(pool, _do, self._steps(chosen), workers=workers):
                row = outcome if isinstance(outcome, Row) else _fallen(step.work, outcome)
                found.append(self._taken(row))
                if step.last:
                    self.listener.advance()
        finally:
            if self.record is not None:
                self.record.close()
        return found

    def _taken(self, row: Row) -> Row:
        if self.record is not None:
            self.record.add(row)
        return row

    def _steps(self, chosen: list[Series]) -> Iterator[_Step]:
        for series in chosen:
            works = list(self.planner.series(series, self.record))
            for number, work in enumerate(works, 1):
                yield _Step(work, number == len(works))


def _fallen(work: Task | Row, error: BaseException) -> Row:
    """Give the row of a stack whose worker raised, or died."""
    from concurrent.futures import BrokenExecutor
    from dataclasses import replace

    row = work if isinstance(work, Row) else work.row
    if isinstance(error, BrokenExecutor):
        reason, code = "the worker process died, perhaps for want of memory", "worker-died"
    else:
        reason, code = f"a fault of this program: {type(error).__name__}: {error}", "internal"
    return replace(row, status="failed", reason=reason, code=code)
