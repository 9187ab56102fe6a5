"""`hu convert`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar, plain, print_json, say, table

if TYPE_CHECKING:
    from hounsfield.convert import Report, Row

_NAME = "{PatientID}_{SeriesNumber}_{SeriesDescription}_{stack}"


_Formats = Literal["nifti", "nifti2", "nrrd", "mha", "zarr", "numpy", "hdf5", "png", "tiff", "jpeg", "mp4"]


def convert(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str], Argument(help="Folders, files or ZIP archives.")],
    *,
    output: Annotated[str, Option("-o", "--output", help="Folder to write into.")],
    to: Annotated[_Formats, Option("--to", help="Format.")] = "nifti",
    name: Annotated[str, Option("--name", help=f"Template of the file names (default: {_NAME}).")] = _NAME,
    compress: Annotated[
        Literal["gzip", "none"], Option("--compress", help="Of NIfTI: gzip, or none for .nii.")
    ] = "gzip",
    sidecar: Annotated[
        Literal["none", "bids"], Option("--sidecar", help="bids: JSON beside each file, .bval and .bvec.")
    ] = "none",
    identity: Annotated[bool, Option("--identity", help="Sidecars may name the patient, dates and UIDs.")] = False,
    unit: Annotated[Literal["suvbw", "suvlbm", "suvbsa"] | None, Option("--unit", help="Uptake values of PET.")] = None,
    scaling: Annotated[
        Literal["precise", "display", "real-world"] | None,
        Option("--scaling", help="Which values of Philips images; default: precise."),
    ] = None,
    resample: Annotated[
        bool, Option("--resample", help="Make tilted stacks straight, uneven ones even (interpolates).")
    ] = False,
    split_gaps: Annotated[bool, Option("--split-gaps", help="Cut stacks with gaps into even ones.")] = False,
    bids_layout: Annotated[
        bool, Option("--bids-layout", help="Name files as BIDS does; means --sidecar bids.")
    ] = False,
    bids_rules: Annotated[str | None, Option("--bids-rules", help="TOML file with your own rules for it.")] = None,
    workers: Annotated[int | None, Option("--workers", help="Convert on this many processes.")] = None,
    executor: Annotated[str | None, Option("--executor", help="Where: processes, threads or dask://HOST:PORT.")] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace files that are there already.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Only say what would be done.")] = False,
    json: Annotated[bool, Option("--json", help="Print the report as JSON.")] = False,
) -> int:
    """Convert every stack of every series into a file of its own.

    Prints a row for each stack: done, kept, skipped or failed, and why. Stacks with gaps, uneven spacing or duplicates
    are skipped, with the positions listed, unless --split-gaps or --resample mends them.
    conversion.json beside the files says what each was made of; a
    run that was interrupted goes on where it stopped.
    """
    # No linear algebra is done here, but its threads would spin while NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from hounsfield.convert import convert as run

    if compress == "none" and to.startswith("nifti") and not name.endswith(".nii"):
        name = f"{name.removesuffix('.gz').removesuffix('.nii')}.nii"
    report = run(
        paths,
        output,
        to=to,
        name=name,
        sidecar=sidecar,
        identity=identity,
        unit=unit or "",
        scaling=scaling or "",
        resample=resample,
        split_gaps=split_gaps,
        bids_layout=bids_layout,
        bids_rules=bids_rules,
        overwrite=overwrite,
        dry_run=dry_run,
        workers=workers,
        executor=executor,
        progress=Bar(),
    )
    if json:
        print_json(report.to_dict())
    else:
        _show(report)
    say(f"hu convert: {', '.join(f'{count:,} {status}' for status, count in report.counts.items()) or 'nothing found'}")
    return _code(report)


def _show(report: Report) -> None:
    done = report.done
    for line in table([(f"{row.status:7}", row.file, _size(row), row.unit) for row in done], indent=0):
        print(line)
    for row in report:
        if row.status not in ("done", "kept", "planned"):
            print("\n".join(table([(f"{row.status:7}", _what(row))], indent=0)))
            print("\n".join(f"         {plain(line.strip())}" for line in row.reason.splitlines()))
    for row in done:
        for issue in row.issues:
            if issue.severity != "info":
                say(f"hu convert: {row.file}: {plain(issue.message)}")


def _size(row: Row) -> str:
    shape = " x ".join(map(str, row.shape))
    return f"{shape} ({', '.join(row.axes)})"


def _what(row: Row) -> str:
    number, description = row.series.get("SeriesNumber"), row.series.get("SeriesDescription")
    parts = [
        f"series {number}" if number is not None else "series" if row.series else "",
        f"'{description}'" if description else "",
        row.stack,
    ]
    files = f"{len(row.sources):,} files" if len(row.sources) != 1 else row.sources[0]
    return f"{' '.join(filter(None, parts))} ({files})".strip()


def _code(report: Report) -> int:
    failed = [row for row in report if not row.expected]
    if not report.done:
        return exit_codes.REFUSED if any(row.code == "exists" for row in failed) else exit_codes.NOTHING
    return exit_codes.SOME if failed else exit_codes.DONE
