"""`hu deidentify`."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar, plain, print_json, say, table
from hounsfield.errors import UnsupportedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hounsfield.deidentify import Finding, Profile, Report
    from hounsfield.deidentify.pixels.settings import Ocr

__all__ = ["deidentify"]

_OPTIONS = (
    "Option of the Basic Profile, may be given several times: clean-pixel-data, clean-descriptors, "
    "clean-structured-content, clean-graphics, retain-longitudinal-full-dates, retain-longitudinal-modified-dates, "
    "retain-patient-characteristics, retain-device-identity, retain-institution-identity, retain-uids, "
    "retain-safe-private."
)
_MOST = 20


def deidentify(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str] | None, Argument(help="Files, folders or ZIP archives.")] = None,
    *,
    output: Annotated[str | None, Option("-o", "--output", help="Folder to write into; new or empty.")] = None,
    profile: Annotated[str, Option("--profile", help="basic, or a recipe (TOML file).")] = "basic",
    option: Annotated[list[str] | None, Option("--option", help=_OPTIONS)] = None,
    blank: Annotated[
        list[str] | None,
        Option("--blank", help="With clean-pixel-data: blank x,y,width,height in all images.", metavar="X,Y,W,H"),
    ] = None,
    ocr: Annotated[
        str | None,
        Option("--ocr", help="With clean-pixel-data, or --check: look for text in all images, suspect ones, or none."),
    ] = None,
    regions: Annotated[
        bool, Option("--blank-outside-regions", help="With clean-pixel-data: keep only ultrasound regions.")
    ] = False,
    key: Annotated[str | None, Option("--key", help="Key file for pseudonyms (hu key new FILE).")] = None,
    mapping: Annotated[str | None, Option("--mapping", help="Table of replacements to use: CSV or SQLite.")] = None,
    save_mapping: Annotated[
        str | None, Option("--save-mapping", help="Write which original became what: as secret as the originals.")
    ] = None,
    recipient: Annotated[
        list[str] | None,
        Option(
            "--recipient",
            help="Take the originals along, encrypted for this certificate (hu reidentify). Repeatable.",
            metavar="FILE",
        ),
    ] = None,
    audit: Annotated[
        str | None, Option("--audit", help="Write what was done to what as JSON lines: safe to share.")
    ] = None,
    check: Annotated[
        str | None, Option("--check", help="Look for what may be left in this folder; write nothing.", metavar="CLEAN")
    ] = None,
    against: Annotated[
        str | None, Option("--against", help="With --check: the originals, whose values are looked for.")
    ] = None,
    threads: Annotated[int, Option("--threads", help="How many; 0: as many as there are processors.")] = 0,
    dry_run: Annotated[bool, Option("--dry-run", help="Show what would happen to every attribute.")] = False,
    json: Annotated[bool, Option("--json", help="Print the report as JSON; it names the inputs.")] = False,
) -> int:
    """Take out of files what identifies the patient, and keep what is useful.

    Follows PS3.15 Annex E at every depth of the data set. Pixels are changed with clean-pixel-data only, which blanks
    text; otherwise files that may show text are named.
    A run that was interrupted goes on where it stopped. Without --key, the pseudonyms cannot be linked by anybody.
    """
    from hounsfield.deidentify import Profile

    chosen = Profile.basic() if profile == "basic" else Profile.read(profile)
    chosen = chosen.with_options(*(option or ()))
    if check is not None:
        if paths or output:
            raise UsageError("--check looks at one folder and writes nothing", hint="hu deidentify --check CLEAN")
        return _check(check, against, chosen, _ocr_of_check(ocr), json=json)
    if against is not None:
        raise UsageError("--against belongs to --check")
    chosen = _with_pixels(chosen, blank or [], ocr, regions=regions)
    from hounsfield.deidentify import Options
    from hounsfield.deidentify import deidentify as run

    options = Options(mapping, save_mapping, dry_run, seal=_seal(recipient), threads=threads)
    report = run(paths or [], output, chosen, key=key, options=options, progress=Bar())
    if audit is not None:
        report.save(audit)
    if json:
        print_json(report.to_dict())
    else:
        _show(report, dry_run=dry_run)
    words = ", ".join(f"{count:,} {status}" for status, count in report.counts.items())
    say(f"hu deidentify: {words or 'nothing found'}")
    if not report.key.kept and not dry_run:
        say("hu deidentify: the pseudonyms were made with a key that is now forgotten")
    return _code(report)


def _seal(recipients: list[str] | None) -> Callable[[bytes, str], Sequence[bytes]] | None:
    if not recipients:
        return None
    from hounsfield.protect.originals import sealer
    from hounsfield.protect.secure_file import Recipients

    return sealer(Recipients.read(recipients))


def _with_pixels(profile: Profile, blank: list[str], ocr: str | None, *, regions: bool) -> Profile:
    from hounsfield.deidentify.pixels.boxes import parse_box

    if ocr is not None:
        _known_ocr(ocr)
    if (blank or ocr or regions) and not profile.cleans_pixels:
        raise UsageError("--blank, --ocr and --blank-outside-regions belong to --option clean-pixel-data")
    asked = {
        "blank": (*profile.pixels.blank, *(parse_box(text) for text in blank)),
        "ocr": ocr or profile.pixels.ocr,
        "regions": regions or profile.pixels.regions,
    }
    return profile.with_pixels(**asked)


def _show(report: Report, *, dry_run: bool) -> None:
    if dry_run:
        rows = [
            (line.path, line.action, f"{line.count:,}", plain(line.example))
            for line in report.lines
            if line.action != "keep"
        ]
        kept = sum(line.action == "keep" for line in report.lines)
        print("\n".join(table([("attribute", "what happens", "times", "e.g."), *rows], align="llrl", indent=0)))
        print(f"{kept:,} other attributes are kept, their texts without what is known of the patient.")
    reasons: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in report:
        if row.status in ("skipped", "failed") and row.code != "done-before":
            reasons[row.status, row.code, row.reason].append(row.input)
    for (status, _, reason), inputs in reasons.items():
        say(f"hu deidentify: {status}: {plain(inputs[0])}: {plain(reason)}")
        if len(inputs) > 1:
            say(f"               and {len(inputs) - 1:,} more for the same reason")
    cleaned = [row for row in report if row.boxes]
    for row in cleaned[:_MOST]:
        boxes = "; ".join(f"{box.x},{box.y},{box.width},{box.height}" for box in row.boxes[:4])
        more = f" and {len(row.boxes) - 4:,} more" if len(row.boxes) > 4 else ""
        verb = "would be blanked" if dry_run else "blanked"
        say(f"hu deidentify: {verb} in {plain(row.input if dry_run else row.output)}: {boxes}{more}")
    if len(cleaned) > _MOST:
        say(f"hu deidentify: blanked in {len(cleaned) - _MOST:,} more files; --audit or --json lists the boxes")
    for issue in report.residual:
        say(
            f"hu deidentify: look at {plain(issue.where)}: {plain(issue.message)} ({issue.count:,} files). {issue.hint}"
        )


def _code(report: Report) -> int:
    counts = report.counts
    before = any(row.code == "done-before" for row in report)
    if not counts.get("done") and not counts.get("planned") and not before:
        return exit_codes.NOTHING
    return exit_codes.SOME if counts.get("failed") else exit_codes.DONE


def _ocr_of_check(asked: str | None) -> Ocr:
    """Give the images that a check looks at: the suspect ones, where there is OCR, unless others are asked for."""
    from hounsfield.deidentify.pixels.ocr import reader

    if asked is not None:
        return _known_ocr(asked)
    try:
        reader()
    except UnsupportedError as error:
        say(f"hu deidentify: pixels are not looked at: {error.message}")
        return "none"
    return "suspect"


def _known_ocr(text: str) -> Ocr:
    from hounsfield.deidentify.pixels.settings import OCR

    for one in OCR:
        if text == one:
            return one
    raise UsageError(f"--ocr cannot be {text!r}", hint=f"There are: {', '.join(OCR)}.")


def _check(folder: str, against: str | None, profile: Profile, ocr: Ocr, *, json: bool) -> int:
    from hounsfield.deidentify import check as look

    findings = look(folder, against=against, profile=profile, ocr=ocr, progress=Bar())
    if json:
        shown = [
            {"where": found.where, "kind": found.kind, "path": found.path, "value": found.value} for found in findings
        ]
        print_json({"counts": dict(Counter(found.kind for found in findings)), "findings": shown})
    else:
        _show_findings(findings)
    say(f"hu deidentify: {len(findings):,} findings" if findings else "hu deidentify: nothing was found")
    return exit_codes.SOME if findings else exit_codes.DONE


def _show_findings(findings: list[Finding]) -> None:
    from hounsfield.deidentify.residual import KINDS

    counts = Counter((found.kind, found.path, found.value) for found in findings)
    first = {(found.kind, found.path, found.value): found.where for found in reversed(findings)}
    rows = [
        (path or "file", plain(value), KINDS[kind], f"{count:,}", plain(first[kind, path, value]))
        for (kind, path, value), count in counts.most_common(_MOST * 10)
    ]
    if rows:
        print("\n".join(table([("attribute", "value", "it", "files", "first"), *rows], align="lllrl", indent=0)))
    if len(counts) > len(rows):
        print(f"and {len(counts) - len(rows):,} more")
