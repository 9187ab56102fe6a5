"""A catalog as lines for a person: patients, their studies, their series in aligned columns."""

from __future__ import annotations

import os
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.cli.output import plain, size, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hounsfield.catalog import Catalog, Series
    from hounsfield.catalog.facts import SeriesFacts

__all__ = ["hierarchy", "problems", "syntax_words", "totals"]

# Short words for transfer syntaxes (PS3.5 A): what matters to a person is whether and how pixels are compressed.
_SYNTAXES: Mapping[str, str] = MappingProxyType(
    {
        "": "not stated",
        "1.2.840.10008.1.2": "uncompressed",
        "1.2.840.10008.1.2.1": "uncompressed",
        "1.2.840.10008.1.2.1.99": "deflated",
        "1.2.840.10008.1.2.2": "big endian",
        "1.2.840.10008.1.2.4.50": "JPEG",
        "1.2.840.10008.1.2.4.51": "JPEG 12 bit",
        "1.2.840.10008.1.2.4.57": "JPEG lossless",
        "1.2.840.10008.1.2.4.70": "JPEG lossless",
        "1.2.840.10008.1.2.4.80": "JPEG-LS",
        "1.2.840.10008.1.2.4.81": "JPEG-LS lossy",
        "1.2.840.10008.1.2.4.90": "JPEG 2000",
        "1.2.840.10008.1.2.4.91": "JPEG 2000 lossy",
        "1.2.840.10008.1.2.4.110": "JPEG XL",
        "1.2.840.10008.1.2.4.111": "JPEG XL (JPEG)",
        "1.2.840.10008.1.2.4.112": "JPEG XL lossy",
        "1.2.840.10008.1.2.4.201": "HTJ2K",
        "1.2.840.10008.1.2.4.202": "HTJ2K",
        "1.2.840.10008.1.2.4.203": "HTJ2K lossy",
        "1.2.840.10008.1.2.5": "RLE",
        "1.2.840.10008.1.2.8.1": "deflated frames",
    }
)
_VIDEO: Mapping[str, str] = MappingProxyType({"4.100": "MPEG-2", "4.101": "MPEG-2", "4.107": "HEVC", "4.108": "HEVC"})

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "conflicting-instance": "in conflict",
        "duplicate-instance": "repeated",
        "missing-uid": "without UID",
        "pixels-truncated": "cut short",
        "syntax-contradicted": "in wrong syntax",
        "value-truncated": "cut short",
    }
)

_HEAD = (
    "no.",
    "modality",
    "description",
    "images",
    "rows x columns",
    "stacks",
    "spacing",
    "stored as",
    "bytes",
    "problems",
)
_RIGHT = frozenset({0, 3, 5, 6, 8})
_DESCRIPTION = 2
_LEAST = 12
_INDENT = 4
_GAP = 2


def syntax_words(uids: Iterable[str]) -> str:
    """Name transfer syntaxes in short words."""
    words = []
    for uid in uids:
        suffix = uid.removeprefix("1.2.840.10008.1.2.")
        video = _VIDEO.get(suffix) or ("MPEG-4" if suffix.startswith("4.10") else None)
        words.append(_SYNTAXES.get(uid) or video or uid)
    unique = list(dict.fromkeys(words))
    return unique[0] if len(unique) == 1 else f"{len(unique)} kinds" if len(unique) > 2 else ", ".join(unique)


def date(value: str | None) -> str:
    """Show a date with hyphens where it is one (PS3.5 6.2 DA)."""
    text = str(value or "")
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text


def _time(value: str | None) -> str:
    text = str(value or "")
    return f"{text[:2]}:{text[2:4]}" if text[:4].isdigit() and len(text) >= 4 else ""


def totals(counts: Mapping[str, int], seconds: float) -> list[str]:
    """Say in two lines how much there is."""
    files, rest = counts["files"], []
    rate = f" ({files / seconds:,.0f} files/s)" if seconds > 0 and files >= 100 else ""
    lines = [f"{_count(files, 'file')}, {size(counts['bytes'])}, in {seconds:.2f} s{rate}"]
    levels = [_count(counts[level], _ONE[level], level) for level in ("patients", "studies", "series")]
    lines.append(f"{_count(counts['instances'], 'DICOM object')} of {', '.join(levels)}")
    for status, words in _STATUS.items():
        if counts[status]:
            rest.append(_count(counts[status], *words))
    if rest:
        lines.append("also " + ", ".join(rest))
    return lines


_ONE: Mapping[str, str] = MappingProxyType({"patients": "patient", "studies": "study", "series": "series"})
_STATUS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "dicomdir": ("DICOMDIR", "DICOMDIRs"),
        "archive": ("ZIP archive", "ZIP archives"),
        "envelope": ("encrypted file, opened", "encrypted files, opened"),
        "encrypted": ("encrypted file without a key for it", "encrypted files without a key for them"),
        "other": ("file that is not DICOM", "files that are not DICOM"),
        "broken": ("broken file", "broken files"),
        "unreadable": ("unreadable", "unreadable"),
        "passed": ("link or device passed over", "links or devices passed over"),
    }
)


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def hierarchy(catalog: Catalog, *, columns: int | None, most: int | None) -> list[str]:
    """List patients, studies and series.

    Parameters
    ----------
    catalog : Catalog
        What to list.
    columns : int or None
        Width to keep to; descriptions are cut where it would be passed.
    most : int or None
        Show only so many series.
    """
    facts, troubles = catalog.facts(), _troubles(catalog)
    shown = [series for series, _ in zip(catalog.series, range(most or len(facts)), strict=False)]
    rows = [_row(series, facts[series.id], troubles.get(series.id, {})) for series in shown]
    used = [index for index in range(len(_HEAD)) if index < 2 or any(row[index] for row in rows)]
    widths = {index: max(width(text) for text in (_HEAD[index], *(row[index] for row in rows))) for index in used}
    if columns is not None:
        excess = _INDENT + sum(widths.values()) + _GAP * (len(used) - 1) - columns
        widths[_DESCRIPTION] = max(widths.get(_DESCRIPTION, 0) - max(excess, 0), _LEAST)
    lines: list[str] = []
    table = zip(shown, rows, strict=True)
    for patient, of_patient in groupby(table, key=lambda pair: pair[0].patient_id):
        del patient
        members = list(of_patient)
        lines += ["", _patient(members[0][0])]
        for _, of_study in groupby(members, key=lambda pair: pair[0].study_id):
            series = list(of_study)
            lines.append("  " + _study(series[0][0]))
            lines += [_line(row, widths) for _, row in series]
    if lines:
        lines.insert(0, _line(_HEAD, widths))
    if len(shown) < len(facts):
        lines += ["", f"{_count(len(facts) - len(shown), 'series', 'series')} more: --all shows them"]
    return lines


def _patient(series: Series) -> str:
    name = plain(series.PatientName or "") or "(no name)"
    details = [f"ID {plain(series.PatientID)}" if series.PatientID else "no ID"]
    details += [plain(text) for text in (series.PatientSex, series.PatientAge) if text]
    if series.PatientBirthDate:
        details.append(f"born {plain(date(series.PatientBirthDate))}")
    return f"{name}  {', '.join(details)}"


def _study(series: Series) -> str:
    when = " ".join(filter(None, (date(series.StudyDate), _time(series.StudyTime)))) or "no date"
    return plain("  ".join(filter(None, (when, series.StudyDescription or "(no description)"))))


def _row(series: Series, facts: SeriesFacts, troubles: Mapping[str, int]) -> tuple[str, ...]:
    frames = f" ({facts.frames:,} frames)" if facts.frames > facts.instances else ""
    sizes = facts.image_sizes
    size_text = "" if not sizes else f"{sizes[0][0]} x {sizes[0][1]}" if len(sizes) == 1 else f"{len(sizes)} sizes"
    wrong = [_count(facts.gaps, "slice missing", "slices missing")] if facts.gaps > 0 and not facts.uneven else []
    wrong += ["uneven spacing"] if facts.uneven else []
    wrong += [f"{number:,} {_WORDS.get(code, code)}" for code, number in troubles.items()]
    cells: tuple[Any, ...] = (
        "" if series.SeriesNumber is None else series.SeriesNumber,
        series.Modality or "?",
        series.SeriesDescription or series.ProtocolName or "",
        f"{facts.instances:,}{frames}",
        size_text,
        facts.stacks or "",
        "" if facts.spacing is None else f"{facts.spacing:.2f} mm",
        syntax_words(facts.transfer_syntaxes),
        size(facts.size),
        ", ".join(wrong),
    )
    return tuple(plain(str(cell)) for cell in cells)


def _troubles(catalog: Catalog) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for number, code, count in catalog.execute(
        "SELECT c.series_id, x.code, count(*) FROM issues AS x JOIN instances AS i ON i.id = x.file_id "
        "JOIN contexts AS c ON c.id = i.context_id GROUP BY 1, 2 ORDER BY 1, 3 DESC"
    ):
        found.setdefault(number, {})[code] = count
    return found


def _line(row: Sequence[str], widths: Mapping[int, int]) -> str:
    cells = []
    for index, room in widths.items():
        text = _cut(row[index], room)
        space = " " * (room - width(text))
        cells.append(space + text if index in _RIGHT else text + space)
    return (" " * _INDENT + (" " * _GAP).join(cells)).rstrip()


def _cut(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    while text and width(text) > room - 1:
        text = text[:-1]
    return text + "\N{HORIZONTAL ELLIPSIS}"


def problems(catalog: Catalog, *, most: int | None) -> list[str]:
    """List what is wrong and what was left out, each kind once with its number and an example."""
    lines: list[str] = []
    issues = catalog.issues
    if issues:
        lines += ["", "Problems"]
        for issue in issues:
            lines.append(f"  {issue.count:>6,}  {issue.severity:<7}  {plain(issue.message)}")
            lines.append(f"{'':19}{plain(issue.where)}")
            if issue.hint:
                lines.append(f"{'':19}{issue.hint}")
    left = list(
        catalog.execute(
            "SELECT f.status, f.reason, g.number, f.path, f.member FROM (SELECT min(id) AS first, count(*) AS number "
            "FROM files WHERE reason IS NOT NULL GROUP BY status, reason) AS g JOIN files AS f ON f.id = g.first "
            "ORDER BY CASE f.status WHEN 'other' THEN 1 ELSE 0 END, g.number DESC, f.reason"
        )
    )
    if left:
        lines += ["", "Left out"]
        for status, reason, count, path, member in left[:most]:
            example = os.fsdecode(path) + (f"/{member}" if member else "")
            what = "" if status == "other" else f"{status}: "
            lines.append(f"  {count:>6,}  {what}{plain(str(reason))}")
            lines.append(f"{'':10}{'e.g. ' if count > 1 and most is not None else ''}{plain(example)}")
            if count > 1 and most is None:
                lines += _others(catalog, status, reason)
        if most is not None and len(left) > most:
            lines.append(f"  {len(left) - most:,} more reasons: --all shows them")
    return lines


def _others(catalog: Catalog, status: str, reason: str) -> list[str]:
    """List all but the first file with this reason."""
    files = list(catalog.files.where(status=status, reason=reason))
    return [f"{'':10}{plain(file.path if file.member is None else f'{file.path}/{file.member}')}" for file in files[1:]]
