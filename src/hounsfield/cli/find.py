"""`hu find`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import print_json, say, table
from hounsfield.cli.peers import (
    Address,
    Authorities,
    Calling,
    Certificate,
    Key,
    MaxPdu,
    Secure,
    ServerName,
    Timeout,
    data_set_json,
    day,
    open_peer,
    text,
    tls_of,
)

if TYPE_CHECKING:
    from pydicom import Dataset

_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "patient": (
        ("patient ID", "PatientID"),
        ("name", "PatientName"),
        ("born", "PatientBirthDate"),
        ("sex", "PatientSex"),
        ("studies", "NumberOfPatientRelatedStudies"),
    ),
    "study": (
        ("date", "StudyDate"),
        ("patient ID", "PatientID"),
        ("name", "PatientName"),
        ("modality", "ModalitiesInStudy"),
        ("description", "StudyDescription"),
        ("series", "NumberOfStudyRelatedSeries"),
        ("images", "NumberOfStudyRelatedInstances"),
        ("study UID", "StudyInstanceUID"),
    ),
    "series": (
        ("no.", "SeriesNumber"),
        ("modality", "Modality"),
        ("description", "SeriesDescription"),
        ("images", "NumberOfSeriesRelatedInstances"),
        ("series UID", "SeriesInstanceUID"),
    ),
    "image": (
        ("no.", "InstanceNumber"),
        ("rows", "Rows"),
        ("columns", "Columns"),
        ("frames", "NumberOfFrames"),
        ("SOP instance UID", "SOPInstanceUID"),
    ),
}
_RIGHT = frozenset({"no.", "series", "images", "studies", "rows", "columns", "frames"})
_DATES = frozenset({"date", "born"})


def find(  # noqa: PLR0913 - one parameter for each option
    peer: Address,
    keys: Annotated[list[str], Argument(help="What must match: KEYWORD=VALUE, e.g. StudyDate=20260101-.")] = [],  # noqa: B006 - never changed
    *,
    level: Annotated[Literal["patient", "study", "series", "image"], Option("--level", help="What to list.")] = "study",
    root: Annotated[
        Literal["patient", "study"] | None,
        Option("--root", help="Information model, if not the usual one."),
    ] = None,
    include: Annotated[
        list[str], Option("--include", metavar="KEYWORD", help="Ask for this attribute, too; may be given again.")
    ] = [],  # noqa: B006 - never changed
    relational: Annotated[bool, Option("--relational", help="Ask without the keys of higher levels.")] = False,
    fuzzy: Annotated[bool, Option("--fuzzy", help="Ask for names that sound or are spelled alike.")] = False,
    most: Annotated[int, Option("--limit", metavar="NUMBER", help="Stop after so many answers; 0 for all.")] = 0,
    calling: Calling = "HOUNSFIELD",
    timeout: Timeout = 60.0,
    max_pdu: MaxPdu = None,
    tls: Secure = False,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    tls_ca: Authorities = None,
    tls_name: ServerName = None,
    json: Annotated[bool, Option("--json", help="Print the answers as JSON.")] = False,
) -> int:
    """Ask a device what it has (C-FIND): patients, studies, series or images.

    Values may have wildcards (DOE^*) and ranges (20260101-20261231); a keyword without a value asks for that attribute.
    Exit code 3: nothing matches; 4: the device cannot be reached or refuses.
    """
    from itertools import islice

    from hounsfield.network.identifier import parse_keys

    asked = parse_keys(keys)
    with open_peer(peer, calling, timeout, tls_of(tls, tls_cert, tls_key, tls_ca, tls_name), max_pdu) as found:
        answers = found.find(asked, level=level, include=include, root=root, relational=relational, fuzzy=fuzzy)
        rows = list(islice(answers, most or None))
        address = str(found.address)
    extra = [keyword for keyword in (*asked, *include) if "." not in keyword]
    if json:
        print_json({"peer": address, "level": level, "answers": [data_set_json(row) for row in rows]})
    elif rows:
        print("\n".join(_lines(rows, level, extra)))
    count = f"{len(rows):,} {_word(level, len(rows))}"
    if not json:
        say(f"\n{count} at {address}" if rows else f"hu find: nothing at {address} matches.")
    return exit_codes.DONE if rows else exit_codes.NOTHING


def _word(level: str, count: int) -> str:
    if count == 1:
        return level
    return {"study": "studies", "series": "series"}.get(level, f"{level}s")


def _lines(rows: list[Dataset], level: str, extra: list[str]) -> list[str]:
    """Aligned columns; those that no answer fills are left out."""
    known = {keyword for _, keyword in _COLUMNS[level]}
    more = [(keyword, keyword) for keyword in dict.fromkeys(extra) if keyword not in known]
    *usual, last = _COLUMNS[level]
    columns = [*usual, *more, last]
    cells = [[_cell(row, *column) for column in columns] for row in rows]
    kept = [place for place in range(len(columns)) if any(line[place] for line in cells)]
    head = [columns[place][0] for place in kept]
    align = "".join("r" if name in _RIGHT else "l" for name in head)
    return table([head, *([line[place] for place in kept] for line in cells)], align=align, indent=0)


def _cell(row: Dataset, name: str, keyword: str) -> str:
    value = text(row, keyword)
    return day(value) if name in _DATES else value
