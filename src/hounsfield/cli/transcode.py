"""`hu transcode`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar, plain, print_json, say, size, table
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.pixels.transcode import Row

_TO = (
    "Lossless: uncompressed, implicit, big-endian, deflated, encapsulated, deflated-frames, rle, jpeg-lossless, "
    "jpeg-ls, jpeg2000, htj2k, htj2k-rpcl, jpeg-xl, jpeg-xl-recompression. Lossy: jpeg:QUALITY, "
    "jpeg-ls:GREATEST_ERROR, jpeg2000:RATIO, htj2k:RATIO, jpeg-xl:RATIO. Or a transfer syntax UID."
)


def transcode(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str], Argument(help="Files, folders or ZIP archives.")],
    *,
    output: Annotated[str, Option("-o", "--output", help="File to write, or folder where the input is several files.")],
    to: Annotated[str, Option("--to", help=_TO)],
    verify: Annotated[bool, Option("--verify", help="Decode what was written, and compare every frame.")] = False,
    new_uid: Annotated[bool, Option("--new-uid", help="Give new SOP Instance UIDs even without loss.")] = False,
    keep_uid: Annotated[bool, Option("--keep-uid", help="Keep SOP Instance UIDs even with loss.")] = False,
    offsets: Annotated[
        Literal["basic", "extended", "empty"], Option("--offsets", help="Offset table of encapsulated pixels.")
    ] = "basic",
    overwrite: Annotated[bool, Option("--overwrite", help="Replace files that are there already.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Check the headers, write nothing.")] = False,
    json: Annotated[bool, Option("--json", help="Print a row for each file as JSON.")] = False,
) -> int:
    """Write images in another transfer syntax, compressed or not.

    Nothing is lost unless it is said how much. Folders and archives keep their shape; objects without pixels are kept
    as they are; the same call again goes on where the last one ended.
    """
    # No linear algebra is done here, but its threads would spin while NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from hounsfield.pixels.transcode import Options, target_of, transcode_all

    if new_uid and keep_uid:
        raise UsageError("--new-uid and --keep-uid contradict each other")
    uid = True if new_uid else False if keep_uid else None
    options = Options(target_of(to), verify, uid, offsets, overwrite=overwrite, dry_run=dry_run)
    rows = []
    for row in transcode_all(paths, output, options, progress=Bar()):
        rows.append(row)
        if row.status in ("failed", "skipped"):
            say(f"hu transcode: {plain(row.input)}: {row.status}: {plain(row.reason)}")
        elif not json and output != "-":
            _show(row)
    counts = _counts(rows)
    if json and output != "-":
        print_json({"counts": counts, "files": [row.to_dict() for row in rows]})
    if len(rows) != 1:
        say(f"hu transcode: {_summary(rows, counts)}")
    return _code(rows)


def _counts(rows: list[Row]) -> dict[str, int]:
    counts = {status: sum(row.status == status for row in rows) for status in ("done", "planned", "skipped", "failed")}
    return {status: count for status, count in counts.items() if count}


def _show(row: Row) -> None:
    facts = [f"{row.frames:,} frames"] if row.frames > 1 else []
    if row.status == "planned":
        facts.append("would be " + ("compressed with loss" if row.lossy else row.method))
    else:
        facts.append(
            f"{size(row.bytes_before)} -> {size(row.bytes_after)} ({_ratio(row.bytes_before, row.bytes_after)})"
        )
    if row.verified is not None:
        found = row.verified
        apart = f"values differ by up to {found.most:g}, by {found.mean:.3g} on average, PSNR {found.psnr or 0:.1f} dB"
        facts.append(apart if found.most else "verified: every value is the same")
    print("\n".join(table([(row.status, row.output, "; ".join(facts))], indent=0)))
    for note in row.notes:
        say(f"hu transcode: {plain(row.input)}: {plain(note)}")


def _ratio(before: int, after: int) -> str:
    return f"{before / max(after, 1):.1f}:1"


def _summary(rows: list[Row], counts: dict[str, int]) -> str:
    words = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    done = [row for row in rows if row.status == "done"]
    before, after = sum(row.bytes_before for row in done), sum(row.bytes_after for row in done)
    sizes = f"; {size(before)} -> {size(after)} ({_ratio(before, after)})" if before else ""
    return (words or "nothing found") + sizes


def _code(rows: list[Row]) -> int:
    if any(row.code == "verify" for row in rows):
        return exit_codes.SOME
    if not any(row.status in ("done", "planned") or row.code == "done-before" for row in rows):
        return exit_codes.REFUSED if any(row.code == "exists" for row in rows) else exit_codes.NOTHING
    return exit_codes.SOME if any(row.status == "failed" for row in rows) else exit_codes.DONE
