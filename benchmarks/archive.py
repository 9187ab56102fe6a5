"""A million instances in the index of an archive: how long a search for studies takes, and how fast objects come in.

`python -m benchmarks.archive [INSTANCES] [FOLDER]`
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import UID

import hounsfield as hu
from benchmarks.kept import Measured, keep_measured
from hounsfield.catalog.matching import Query, count, find
from hounsfield.catalog.schema import CONTEXT, INSTANCE, PATIENT, SERIES, STUDY

if TYPE_CHECKING:
    from collections.abc import Mapping

_TITLE = "The index of an archive, in SQLite"
SERIES_EACH, INSTANCES_EACH = 4, 50
NAMES = ("DOE", "SMITH", "MUELLER", "TANAKA", "ROSSI", "IVANOV", "SILVA", "NGUYEN")


def fill(connection: sqlite3.Connection, instances: int) -> float:
    """Write synthetic rows; returns the seconds."""
    chance = random.Random(1)
    begun = time.perf_counter()
    connection.execute("BEGIN")
    series = file = 0
    many = connection.executemany
    for study in range(1, instances // (SERIES_EACH * INSTANCES_EACH) + 1):
        patient = {
            "PatientID": f"P{study:07}",
            "PatientName": f"{chance.choice(NAMES)}{study % 977}^ANNA",
            "PatientSex": "F",
        }
        date = f"{chance.randrange(2010, 2026)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
        own = {"StudyInstanceUID": f"1.2.826.1.{study}", "StudyDate": date, "StudyDescription": "THORAX"}
        modality = chance.choice(("CT", "MR", "US", "DX"))
        insert(connection, "patients", (study,), PATIENT, patient)
        insert(connection, "studies", (study, study), STUDY, own)
        for number in range(SERIES_EACH):
            series += 1
            shown = {"SeriesInstanceUID": f"1.2.826.2.{series}", "Modality": modality, "SeriesNumber": number}
            insert(connection, "series", (series, study), SERIES, shown)
            insert(connection, "contexts", (series, series), CONTEXT, patient | own | shown)
            files = range(file + 1, file + 1 + INSTANCES_EACH)
            many(
                "INSERT INTO files VALUES (?, ?, NULL, 524288, 0, 'dicom', NULL)",
                [(one, f"/objects/{one % 256:02x}/{one:064x}.dcm") for one in files],
            )
            marks = ", ".join("?" * (3 + len(INSTANCE)))
            rows = [(one, series, 2000, f"1.2.826.3.{one}", one % 50, *[None] * (len(INSTANCE) - 2)) for one in files]
            many(f"INSERT INTO instances VALUES ({marks})", rows)
            file += INSTANCES_EACH
    connection.execute("COMMIT")
    return time.perf_counter() - begun


def insert(
    connection: sqlite3.Connection,
    table: str,
    keys: tuple[int, ...],
    columns: tuple[str, ...],
    values: Mapping[str, object],
) -> None:
    """Write one row."""
    row = (*keys, *(values.get(name) for name in columns))
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def ingest(folder: str, number: int = 500) -> list[tuple[str, str, str]]:
    """Store objects of 39 kB one by one, each safe before the next begins, and a folder of them in batches."""
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    objects = []
    for index in range(2 * number):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.826.0.2.{index}")
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        objects.append(buffer.getvalue())
    with hu.Archive(folder) as archive:
        begun = time.perf_counter()
        for data in objects[:number]:
            archive.ingest(data)
        alone = f"{number / (time.perf_counter() - begun):.0f} objects/s"
        source = Path(folder, "source")
        source.mkdir()
        for index, data in enumerate(objects[number:]):
            (source / f"{index}.dcm").write_bytes(data)
        begun = time.perf_counter()
        assert len(list(archive.add(source))) == number
        together = f"{number / (time.perf_counter() - begun):.0f} objects/s"
    return [
        ("objects of 39 kB stored with one commit each", alone, ""),
        ("a folder of them added, many with one commit", together, ""),
    ]


_SEARCHES = (
    (
        "name prefix, dates, modality",
        {"PatientName": "DOE1*", "StudyDate": "20200101-20221231", "ModalitiesInStudy": "CT"},
    ),
    ("one patient", {"PatientID": "P0000042"}),
    ("wildcards on both sides", {"PatientName": "*77^A*"}),
)
_MOST = 50


def searches(folder: str, instances: int) -> list[tuple[str, str, str]]:
    """Fill an index and search it: rows of what, milliseconds, and what was asked for."""
    rows = []
    with (
        hu.Archive(folder) as archive,
        contextlib.closing(sqlite3.connect(archive.database, isolation_level=None)) as connection,
    ):
        seconds = fill(connection, instances)
        rows.append((f"{instances:,} instances written in bulk", f"{seconds:.1f} s", ""))
        with archive.catalog() as catalog:
            every = count(catalog, Query())
            for number, (title, keys) in enumerate(_SEARCHES):
                times = []
                for _ in range(9):
                    begun = time.perf_counter()
                    answers = len(list(find(catalog, Query("study", keys))))
                    times.append(1000 * (time.perf_counter() - begun))
                found = statistics.median(times)
                asked = "" if number else f"at most {_MOST} ms: {'met' if found <= _MOST else 'not met'}"
                rows.append((f"search of {every:,} studies by {title}: {answers}", f"{found:.1f} ms", asked))
    return rows


def main() -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser("python -m benchmarks.archive", description="Measure the index of an archive.")
    parser.add_argument("instances", nargs="?", type=int, default=1_000_000)
    parser.add_argument("folder", nargs="?", help="where the archive is made; a temporary folder by default")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the figures of the page are kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        rows = [*ingest(f"{folder}/small"), *searches(folder, given.instances)]
    for row in rows:
        print("  ".join(row))
    if given.keep:
        keep_measured(given.keep, "archive", Measured(_TITLE, "python -m benchmarks.archive", rows))


if __name__ == "__main__":
    main()
