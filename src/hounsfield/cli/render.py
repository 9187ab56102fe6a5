"""`hu render`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar, plain, print_json, say
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.render import Movie, Picture, View

_PLANES = ("acquisition", "axial", "coronal", "sagittal")
_BLENDS = ("mip", "minip", "mean")


def render(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str], Argument(help="A file, or files, folders or ZIP archives that hold one series.")],
    *,
    output: Annotated[str, Option("-o", "--output", help=".png, .jpg, .tif; of several frames also .gif, .mp4.")],
    frame: Annotated[int | None, Option("--frame", help="Frame of a file, or slice of a series, from 1.")] = None,
    time: Annotated[int, Option("--time", help="Time (or echo ...) of a series that has several, from 1.")] = 1,
    window: Annotated[
        str | None, Option("--window", help="Center/width such as 40/400, auto, or a name such as lung.")
    ] = None,
    colors: Annotated[str, Option("--colors", help="gray, hot-iron, pet, hot-metal-blue, spring ...")] = "gray",
    invert: Annotated[bool, Option("--invert", help="Exchange black and white.")] = False,
    size: Annotated[int | None, Option("--size", help="Pixels of the longer side (of a tile).")] = None,
    zoom: Annotated[float, Option("--zoom", help="Show the middle, so many times larger.")] = 1.0,
    flip: Annotated[list[str], Option("--flip", help="horizontal or vertical: mirror the picture. Repeatable.")] = [],  # noqa: B006 - argparse copies it
    rotate: Annotated[Literal["0", "90", "180", "270"], Option("--rotate", help="Degrees clockwise.")] = "0",
    overlay: Annotated[bool, Option("--overlay", help="Draw overlays (60xx) of the file.")] = False,
    presentation: Annotated[
        str | None, Option("--presentation-state", help="File of a presentation state to apply.", metavar="FILE")
    ] = None,
    labels: Annotated[bool, Option("--labels", help="Write sides of the patient and positions.")] = True,
    plane: Annotated[
        str | None,
        Option("--plane", help="axial, coronal, sagittal, or the normal of a plane: x,y,z (LPS).", metavar="PLANE"),
    ] = None,
    at: Annotated[str | None, Option("--at", help="A point of the plane: x,y,z (LPS, mm).", metavar="X,Y,Z")] = None,
    mip: Annotated[
        str | None, Option("--mip", help="Show the greatest values along this plane.", metavar="PLANE")
    ] = None,
    minip: Annotated[str | None, Option("--minip", help="Show the least values.", metavar="PLANE")] = None,
    mean: Annotated[str | None, Option("--mean", help="Show the mean.", metavar="PLANE")] = None,
    slab: Annotated[str | None, Option("--slab", help="Thickness of what is seen through: 20mm, or all.")] = None,
    volume: Annotated[
        Literal["bone", "skin", "angio", "lung", "surface", "mip"] | None,
        Option("--volume", help="Render the body: a preset of colors and opacities."),
    ] = None,
    turn: Annotated[
        str | None,
        Option("--turn", help="Of --volume: degrees to walk around the patient, and to climb.", metavar="A[,B]"),
    ] = None,
    sheet: Annotated[str | None, Option("--sheet", help="A contact sheet: 6x5 tiles.", metavar="6x5")] = None,
    rate: Annotated[float | None, Option("--rate", help="Frames per second (default: what the file says).")] = None,
    view: Annotated[
        str | None, Option("--view", help="A view as a JSON file; other options change it.", metavar="FILE")
    ] = None,
    depth: Annotated[Literal["8", "16"], Option("--depth", help="16: keep the values, no window (.tif, .png).")] = "8",
    quality: Annotated[int, Option("--quality", help="Of JPEG, 1 to 100.")] = 90,
    series: Annotated[str | None, Option("--series", help="Which series: number, UID or words of it.")] = None,
    stack: Annotated[str | None, Option("--stack", help="Which stack of the series: number or name.")] = None,
    allow: Annotated[
        list[str], Option("--allow", help="Put up with this issue, e.g. missing-slices. Repeatable.", metavar="CODE")
    ] = [],  # noqa: B006 - argparse copies it
    overwrite: Annotated[bool, Option("--overwrite", help="Replace the output if it is there already.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Render, but write nothing.")] = False,
    json: Annotated[bool, Option("--json", help="Print what was made as JSON, with the view.")] = False,
) -> int:
    """Show an image or a series as a picture, a contact sheet or a movie.

    A file is shown as it asks for: window, colors, square pixels. Of a series, one slice is shown; as a volume, it is
    cut along any plane, seen through, or rendered as a body. The picture says which side of the patient is where,
    never who the patient is.

      hu render IM0001 -o out.png --window lung        hu render CINE -o loop.mp4
      hu render SERIES -o sheet.png --sheet 6x5        hu render SERIES -o mip.png --mip coronal --slab 20mm
      hu render SERIES -o cut.png --plane 0,0.7,0.7    hu render SERIES -o body.png --volume bone
    """
    # No linear algebra is done here, but its threads would spin while NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from hounsfield.files.output import writing
    from hounsfield.render import View

    base = View.from_json(_text(view)).to_dict() if view else {}
    asked = {
        **_plane(plane, {"mip": mip, "minip": minip, "mean": mean}, slab),
        **_flips(flip),
        "frame": frame,
        "time": time if time != 1 else None,
        "window": _window(window),
        "colors": colors if colors != "gray" else None,
        "invert": invert or None,
        "size": size,
        "zoom": zoom if zoom != 1.0 else None,
        "rotate": int(rotate) or None,
        "overlays": overlay or None,
        "presentation": presentation,
        "labels": labels,
        "point": _numbers(at, "--at", 3),
        "rendering": volume,
        "turn": _turn(turn),
        "depth": int(depth) if depth != "8" else None,
    }
    shown = View.from_dict(base | {key: value for key, value in asked.items() if value is not None})
    with writing(output, overwrite=overwrite, dry_run=True):
        """Refused before anything is rendered."""
    which = {"series": series, "stack": stack, "allow": tuple(allow)}
    made = _made(paths, shown, output, sheet=sheet, rate=rate, which=which)
    _save(made, output, quality=quality, overwrite=overwrite, dry_run=dry_run)
    if json and output != "-":
        print_json(_report(made, output, shown))
    for issue in made.issues:
        say(f"hu render: {plain(str(issue))}")
    say(f"hu render: {_words(made, output)}{' (dry run, not written)' if dry_run else ''}")
    return exit_codes.SOME if made.issues else exit_codes.DONE


def _made(
    paths: list[str], view: View, output: str, *, sheet: str | None, rate: float | None, which: dict[str, Any]
) -> Picture | Movie:
    from hounsfield.render.movies import MOVIES, movie
    from hounsfield.render.picture import format_of
    from hounsfield.render.rendering import render as still
    from hounsfield.render.sheets import sheet as contact_sheet

    moving = Path(output).suffix.lower() in MOVIES
    if not moving:
        # Nothing is worth its time that cannot be written.
        format_of(output)
    if sheet is not None:
        if moving:
            raise UsageError("a contact sheet does not move", hint="Write a .png.")
        columns, rows = _sheet(sheet)
        return contact_sheet(paths, view, columns=columns, rows=rows, progress=Bar(), **which)
    if moving:
        return movie(paths, view, rate=rate, **which)
    if rate is not None:
        raise UsageError("only movies have a rate", hint="Write a .gif or a .mp4.")
    return still(paths, view, **which)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the view cannot be read: {error}", where=path) from None


def _plane(plane: str | None, blends: dict[str, str | None], slab: str | None) -> dict[str, Any]:
    """Read --plane, --mip, --minip, --mean and --slab."""
    asked = {blend: where for blend, where in blends.items() if where is not None}
    if len(asked) > 1:
        raise UsageError(f"--{' and --'.join(asked)} exclude each other")
    found: dict[str, Any] = {}
    for blend, where in asked.items():
        if plane is not None:
            raise UsageError(f"--{blend} names the plane already", hint=f"--{blend} {plane}")
        plane, found["blend"], found["slab"] = where, blend, "all"
    if slab is not None:
        found["slab"] = _slab(slab)
    if plane in _PLANES:
        return {**found, "plane": plane}
    if plane is None:
        return found
    if "," not in plane:
        raise UsageError(f"there is no plane {plane!r}", hint=f"{', '.join(_PLANES)}, or a normal such as 0,0.7,0.7.")
    return {**found, "plane": "oblique", "normal": _numbers(plane, "--plane", 3)}


def _slab(text: str) -> float | str:
    if text == "all":
        return text
    number = text.strip().lower()
    scale = 10.0 if number.endswith("cm") else 1.0
    try:
        thickness = float(number.removesuffix("mm").removesuffix("cm")) * scale
    except ValueError:
        thickness = 0.0
    if not thickness > 0:
        raise UsageError(f"{text!r} is no thickness", hint="--slab 20mm, or --slab all.")
    return thickness


def _numbers(text: str | None, name: str, count: int) -> list[float] | None:
    if text is None:
        return None
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count:
        raise UsageError(f"{name} takes {count} numbers with commas between them, not {text!r}")
    return found


def _turn(text: str | None) -> list[float] | None:
    if text is None:
        return None
    return _numbers(text if "," in text else f"{text},0", "--turn", 2)


def _window(text: str | None) -> list[float] | str | None:
    if text is None or "/" not in text:
        return text
    return _numbers(text.replace("/", ","), "--window", 2)


def _flips(words: list[str]) -> dict[str, bool]:
    for word in words:
        if word not in ("horizontal", "vertical"):
            raise UsageError(f"a picture cannot be flipped {word!r}", hint="horizontal or vertical.")
    return {f"flip_{word}": True for word in words}


def _sheet(text: str) -> tuple[int, int]:
    columns, _, rows = text.lower().partition("x")
    if not columns.isdigit() or not rows.isdigit():
        raise UsageError(f"{text!r} is no sheet", hint="--sheet 6x5: six tiles in a row, five rows.")
    return int(columns), int(rows)


def _save(made: Picture | Movie, output: str, *, quality: int, overwrite: bool, dry_run: bool) -> None:
    from hounsfield.render import Movie

    if isinstance(made, Movie):
        made.save(output, overwrite=overwrite, progress=Bar(), dry_run=dry_run)
    else:
        made.save(output, overwrite=overwrite, quality=quality, dry_run=dry_run)


def _report(made: Picture | Movie, output: str, view: View) -> dict[str, Any]:
    from hounsfield.render import Movie

    issues = [{"code": issue.code, "where": issue.where, "message": issue.message} for issue in made.issues]
    report = {"output": output, "view": view.to_dict(), "issues": issues}
    if isinstance(made, Movie):
        return {**report, "frames": len(made), "rate": made.rate}
    rows, columns = made.shape[:2]
    return {**report, "rows": rows, "columns": columns, "spacing": made.spacing, "caption": made.caption}


def _words(made: Picture | Movie, output: str) -> str:
    from hounsfield.render import Movie

    name = "standard output" if output == "-" else plain(output)
    if isinstance(made, Movie):
        rate = f"{made.rate:.3g} per second{'' if made.stated else ' (the file does not say how fast)'}"
        return f"{name}: {len(made):,} frames, {rate}"
    rows, columns = made.shape[:2]
    known = f", {made.spacing[1]:.3g} mm per pixel" if made.spacing else ""
    return f"{name}: {columns} x {rows} pixels{known}{f', {made.caption}' if made.caption else ''}"
