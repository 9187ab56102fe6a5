"""Every small real file is read as pydicom reads it, tokenised as the slow parser does it, and shown by the catalog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
import pytest
from pydicom._dicom_dict import DicomDictionary

import hounsfield as hu
from hounsfield import _core
from tests.files.test_read import by_pydicom, difference
from tests.slow_parser import Encoding, parse

if TYPE_CHECKING:
    from hounsfield.errors import Issue

DATA = Path(__file__).parents[1] / "data"
FILES = sorted(path for path in DATA.glob("*/**/*") if path.is_file() and path.suffix in ("", ".dcm"))
DICOM = [path for path in FILES if path.name != "LICENSE"]
SEQUENCES = {tag for tag, entry in DicomDictionary.items() if entry[0] == "SQ"}

# What is wrong with a file, as its name says.
BROKEN = {
    "MR_truncated.dcm": ["value-truncated"],
    "rtplan_truncated.dcm": ["value-truncated", "sequence-truncated"],
}


def name(path: Path) -> str:
    return path.relative_to(DATA).as_posix()


@pytest.mark.parametrize("path", DICOM, ids=name)
def test_a_file_is_read_as_pydicom_reads_it(path: Path) -> None:
    theirs = by_pydicom(path)
    assert theirs is not None
    issues: list[Issue] = []
    ours = hu.read(path, issues=issues)
    assert difference(ours, theirs) == ""
    assert difference(ours.file_meta, theirs.file_meta) == ""
    assert [issue.code for issue in issues] == BROKEN.get(path.name, [])


def well_formed() -> list[Path]:
    """Files with group 0002 of a stated length, that are not deflated and of which nothing is wrong."""
    unfit = ("dfl", "truncated", "badVR", "meta_missing")
    return [
        path
        for path in DICOM
        if path.read_bytes()[128:140] == b"DICM\2\0\0\0UL\4\0" and not any(word in path.name for word in unfit)
    ]


@pytest.mark.parametrize("path", well_formed(), ids=name)
def test_tokens_are_the_slow_parsers(path: Path) -> None:
    data = path.read_bytes()
    start = 144 + int.from_bytes(data[140:144], "little")
    syntax = str(pydicom.dcmread(path, specific_tags=["SOPClassUID"]).file_meta.TransferSyntaxUID)
    encoding = Encoding(syntax == "1.2.840.10008.1.2", "big" if syntax == "1.2.840.10008.1.2.2" else "little")
    rows, issues = _core.tokens(data)
    assert issues == []
    assert [row for row in rows if row[2] >= start] == parse(data, start, encoding, SEQUENCES)


def test_the_folder_is_small_and_every_source_names_its_license() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 1_500_000
    described = (DATA / "README.md").read_text(encoding="utf-8")
    for folder in DATA.iterdir():
        if folder.is_dir():
            assert (folder / "LICENSE").is_file()
            assert f"| `{folder.name}` |" in described
    assert f"{len(DICOM)} DICOM files" in described
