"""Evidence for the index of an archive in PostgreSQL: real files, found by DCMTK as pydicom reads them."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom

from tests.operation.serving import served
from tests.postgres import postgres_server
from tests.programs import require
from tools.evidence.row import Row, hu, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.operation.serving import Served

    Matches = Callable[[pydicom.Dataset], bool]

__all__ = ["rows"]

_FILES = "pydicom"


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _items(dataset: pydicom.Dataset, keyword: str, inner: str) -> list[str]:
    return [_text(item.get(inner)) for item in dataset.get(keyword) or []]


# What findscu is told of the study, and of which instances pydicom says that they match.
_QUESTIONS: tuple[tuple[tuple[str, ...], Matches], ...] = (
    (("PatientName=*an*",), lambda one: "an" in _text(one.get("PatientName")).lower()),
    (
        ("Modality=CT", "StudyDate=20040101-"),
        lambda one: one.get("Modality") == "CT" and _text(one.get("StudyDate")) >= "20040101",
    ),
    (("ImageType=LOCALIZER",), lambda one: "LOCALIZER" in (one.get("ImageType") or [])),
    # No table has these.
    (("ConversionType=W?D",), lambda one: one.get("ConversionType") == "WSD"),
    (("PatientWeight=80",), lambda one: one.get("PatientWeight") == 80),
    (("ScanOptions=*MODE", "OperatorsName"), lambda one: _text(one.get("ScanOptions")).endswith("MODE")),
    (
        ("RequestAttributesSequence[0].ScheduledProcedureStepDescription=MRT*",),
        lambda one: any(
            text.startswith("MRT")
            for text in _items(one, "RequestAttributesSequence", "ScheduledProcedureStepDescription")
        ),
    ),
    (
        ("ConceptNameCodeSequence[0].CodeMeaning=D*", "ConceptNameCodeSequence[0].CodingSchemeDesignator=TEST"),
        lambda one: any(
            meaning.startswith("D") and scheme == "TEST"
            for meaning, scheme in zip(
                _items(one, "ConceptNameCodeSequence", "CodeMeaning"),
                _items(one, "ConceptNameCodeSequence", "CodingSchemeDesignator"),
                strict=True,
            )
        ),
    ),
)


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    with tempfile.TemporaryDirectory() as place, postgres_server() as server:
        folder, database = Path(place), server.database()
        with served(folder / "archive", "--database", database, "--no-web") as running:
            hu("archive", "add", folder / "archive", data / _FILES, codes=(0, 1))
            yield _counted(folder, database)
            yield _found(running, folder)
        yield _moved(folder, server.database())


def _counted(folder: Path, database: str) -> Row:
    said = json.loads(hu("archive", "stats", folder / "archive", "--json"))
    levels = ("patients", "studies", "series", "instances")
    query = " UNION ALL ".join(f"SELECT count(*) FROM {level}" for level in levels)
    theirs = [int(line) for line in run(require("psql"), "-At", "-d", database, "-c", query).split()]
    ours = [said[level] for level in levels]
    return Row(
        "the index of an archive is in PostgreSQL, in plain tables",
        "`hu archive add --database`, `hu archive stats`",
        _FILES,
        "psql",
        ", ".join(f"{number} {level}" for number, level in zip(ours, levels, strict=True)),
        ", ".join(map(str, theirs)),
        ours == theirs and ours[-1] > 100,
    )


def _found(running: Served, folder: Path) -> Row:
    paths = (folder / "archive" / "objects").rglob("*.dcm")
    kept = [pydicom.dcmread(path, stop_before_pixels=True, force=True) for path in paths]
    ours, theirs = [], []
    for keys, matches in _QUESTIONS:
        words = [word for key in ("QueryRetrieveLevel=STUDY", "StudyInstanceUID", *keys) for word in ("-k", key)]
        command = [require("findscu"), "-S", "-v", *words, *running.to]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, errors="replace")
        answers = (said.stdout + said.stderr).split("Response", 1)[-1]
        ours.append(set(re.findall(r"\(0020,000d\) UI \[([0-9.]+)", answers, re.IGNORECASE)))
        theirs.append({str(one.StudyInstanceUID) for one in kept if matches(one)})
    return Row(
        "every attribute is a key of queries, also those of sequences and those that no table has",
        "`hu serve --database`, C-FIND",
        f"{_FILES}, {len(kept)} objects",
        "findscu asks, pydicom reads every file",
        f"{', '.join(str(len(one)) for one in ours)} studies by {len(_QUESTIONS)} queries",
        f"the same: {ours == theirs}",
        ours == theirs and all(ours),
    )


def _moved(folder: Path, other: str) -> Row:
    before = json.loads(hu("archive", "stats", folder / "archive", "--json"))
    found = json.loads(
        hu("archive", "verify", folder / "archive", "--rebuild", "--database", other, "--json", codes=(0, 1))
    )
    theirs = int(run(require("psql"), "-At", "-d", other, "-c", "SELECT count(*) FROM instances"))
    return Row(
        "an index that is lost is made again from the objects, in another database",
        "`hu archive verify --rebuild --database`",
        _FILES,
        "psql",
        f"{len(found['recovered'])} of {before['instances']} objects",
        f"{theirs} rows",
        theirs == len(found["recovered"]) == before["instances"],
    )
