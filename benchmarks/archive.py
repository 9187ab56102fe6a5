"""A million instances in the index of an archive: how long a search for studies takes, and how fast objects come in.

`python -m benchmarks.archive [INSTANCES] [FOLDER] [--postgresql URL]`
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
from urllib.parse import urlsplit, urlunsplit

import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import UID

import hounsfield as hu
from benchmarks.kept import Measured, keep_measured
from hounsfield.archive.names import name_rows
from hounsfield.catalog.connection import add_rows, is_url
from hounsfield.catalog.matching import Query, count, find
from hounsfield.catalog.schema import CONTEXT, INSTANCE, PATIENT, SERIES, STUDY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hounsfield.catalog.connection import Connection

_TITLE = "The index of an archive, in SQLite and in PostgreSQL"
_TABLES = ("files", "patients", "studies", "series", "contexts", "instances")
SERIES_EACH, INSTANCES_EACH = 4, 50
NAMES = ("DOE", "SMITH", "MUELLER", "TANAKA", "ROSSI", "IVANOV", "SILVA", "NGUYEN")


def fill(connection: Connection, instances: int) -> float:
    """Write synthetic rows; returns the seconds."""
    chance = random.Random(1)
    begun = time.perf_counter()
    connection.execute("BEGIN")
    series = file = 0
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _TABLES}
    for study in range(1, instances // (SERIES_EACH * INSTANCES_EACH) + 1):
        name = f"{chance.choice(NAMES)}{study % 977}^ANNA"
        patient = {"PatientID": f"P{study:07}", "PatientName": name, "PatientSex": "F"}
        date = f"{chance.randrange(2010, 2026)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
        own = {"StudyInstanceUID": f"1.2.826.1.{study}", "StudyDate": date, "StudyDescription": "THORAX"}
        modality = chance.choice(("CT", "MR", "US", "DX"))
        rows["patients"].append(row((study,), PATIENT, patient))
        rows["studies"].append(row((study, study), STUDY, own))
        for number in range(SERIES_EACH):
            series += 1
            shown = {"SeriesInstanceUID": f"1.2.826.2.{series}", "Modality": modality, "SeriesNumber": number}
            rows["series"].append(row((series, study), SERIES, shown))
            rows["contexts"].append(row((series, series), CONTEXT, patient | own | shown))
            for one in range(file + 1, file + 1 + INSTANCES_EACH):
                place = f"/objects/{one % 256:02x}/{one:064x}.dcm"
                rows["files"].append((one, place, None, 524288, 0, "dicom", None))
                own_values = (f"1.2.826.3.{one}", one % 50, *[None] * (len(INSTANCE) - 2))
                rows["instances"].append((one, series, 2000, *own_values))
            file += INSTANCES_EACH
        if not study % 50:
            write(connection, rows)
    write(connection, rows)
    found = connection.execute('SELECT DISTINCT "PatientName" FROM patients').fetchall()
    names, words = name_rows(one for (one,) in found)
    add_rows(connection, "names", names)
    add_rows(connection, "words", words)
    connection.execute("COMMIT")
    if not isinstance(connection, sqlite3.Connection):
        # As the server does by itself some minutes later.
        connection.execute("ANALYZE")
    return time.perf_counter() - begun


def row(keys: tuple[int, ...], columns: tuple[str, ...], values: Mapping[str, object]) -> tuple[object, ...]:
    """Give one row."""
    return (*keys, *(values.get(name) for name in columns))


def write(connection: Connection, rows: dict[str, list[tuple[object, ...]]]) -> None:
    """Write the rows that have gathered."""
    for table, found in rows.items():
        add_rows(connection, table, found)
        found.clear()


def ingest(folder: str, database: str | None, number: int = 500) -> list[tuple[str, str, str]]:
    """Store objects of 39 kB one by one, each safe before the next begins, and a folder of them in batches."""
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    objects = []
    for index in range(2 * number):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.826.0.2.{index}")
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        objects.append(buffer.getvalue())
    with hu.Archive(folder, database=database) as archive:
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


def searches(folder: str, database: str | None, instances: int) -> list[tuple[str, str, str]]:
    """Fill an index and search it: rows of what, milliseconds, and what was asked for."""
    rows = []
    with hu.Archive(folder, database=database) as archive, contextlib.closing(writer(archive.database)) as connection:
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


def writer(database: str) -> Connection:
    """Connect to an index in order to write to it."""
    if not is_url(database):
        return sqlite3.connect(database, isolation_level=None)
    from hounsfield.catalog.postgres import PostgresConnection

    return PostgresConnection(database)


@contextlib.contextmanager
def databases(server: str | None, number: int) -> Iterator[list[str]]:
    """Make empty databases on a server of PostgreSQL, and remove them in the end; none without a server."""
    if server is None:
        yield []
        return
    import psycopg

    names = [f"hounsfield_benchmark_{index}" for index in range(number)]
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            for name in names:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
            yield [urlunsplit(urlsplit(server)._replace(path=f"/{name}")) for name in names]
        finally:
            for name in names:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def main() -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser("python -m benchmarks.archive", description="Measure the index of an archive.")
    parser.add_argument("instances", nargs="?", type=int, default=1_000_000)
    parser.add_argument("folder", nargs="?", help="where the archive is made; a temporary folder by default")
    parser.add_argument("--postgresql", metavar="URL", help="a server to measure, too: postgresql://user@host/postgres")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the figures of the page are kept")
    given = parser.parse_args()
    rows: list[tuple[str, str, str]] = []
    with (
        tempfile.TemporaryDirectory(dir=given.folder) as folder,
        databases(given.postgresql, 2) as there,
    ):
        for kind, small, large in [("SQLite", None, None), *([("PostgreSQL", *there)] if there else [])]:
            found = [*ingest(f"{folder}/small-{kind}", small), *searches(f"{folder}/{kind}", large, given.instances)]
            rows += [(f"{kind}: {what}", result, asked) for what, result, asked in found]
    for one in rows:
        print("  ".join(one))
    if given.keep:
        command = "python -m benchmarks.archive" + (" --postgresql URL" if given.postgresql else "")
        keep_measured(given.keep, "archive", Measured(_TITLE, command, rows))


if __name__ == "__main__":
    main()
