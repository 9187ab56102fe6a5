"""An index in PostgreSQL: the same archive, wherever its index is, and a database that goes and comes back."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

import hounsfield as hu
from hounsfield.archive.databases import open_index
from hounsfield.archive.migrations import VERSION
from hounsfield.catalog.connection import connect
from hounsfield.cli import main
from hounsfield.errors import ReadError, UsageError, WriteError
from hounsfield.settings import Limits
from tests.archive.test_archive import changed
from tests.postgres import postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.archive import Archive
    from hounsfield.archive.stored import Incoming
    from tests.postgres import Postgres

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[tuple[Archive, Archive]]:
    """The same objects in two archives, one with its index in a file and one in a database."""
    folder = tmp_path_factory.mktemp("both")
    names = ["CT_small.dcm", "MR_small.dcm", "examples_ybr_color.dcm", "ExplVR_BigEnd.dcm", "reportsi.dcm"]
    with contextlib.ExitStack() as stack:
        archives = [
            stack.enter_context(hu.Archive(folder / name, **given))  # type: ignore[arg-type]  # the address only
            for name, given in (("file", {}), ("database", {"database": postgres.database()}))
        ]
        for archive in archives:
            for name in names:
                archive.ingest(changed(name))
            for number in range(1, 4):
                archive.ingest(
                    changed(SOPInstanceUID=f"1.2.{number}", InstanceNumber=str(number), PatientID="007", KVP="12e1")
                )
            assert archive.stats()["instances"] == len(names) + 3
        yield archives[0], archives[1]


def rows_of(archive: Archive, kind: str, **keys: Any) -> list[dict[str, Any]]:
    with archive.catalog() as catalog:
        found = getattr(catalog, kind).where(**keys)
        rows = [{name: row[name] for name in row.keys()} for row in found]  # noqa: SIM118 - records, not mappings
        assert len(found) == len(rows)
    for row in rows:
        for varying in ("path", "mtime_ns"):
            row.pop(varying, None)
    return rows


@pytest.mark.parametrize("kind", ["patients", "studies", "series", "instances", "files"])
def test_records_are_the_same(both: tuple[Archive, Archive], kind: str) -> None:
    in_file, in_database = (rows_of(archive, kind) for archive in both)
    assert in_file
    assert in_database == in_file


@pytest.mark.parametrize(
    "keys",
    [
        {"Rows": 128},
        {"Rows": "128"},
        {"Rows": "12?"},
        {"KVP": 120},
        {"KVP": "120"},
        {"PatientID": "007"},
        {"PatientID": ["007", "1CT1", 7]},
        {"PatientID": "0*"},
        {"PatientName": "Compressed%*"},
        {"PatientName": "*_*"},
        {"InstanceNumber": ["1", 3, None]},
        {"Modality": []},
        {"ImageType": "ORIGINAL*AXIAL"},
        {"StudyDescription": None},
        {"Rows": "nan"},
        {"Rows": "1e400"},
    ],
)
def test_conditions_mean_the_same(both: tuple[Archive, Archive], keys: dict[str, Any]) -> None:
    in_file, in_database = (rows_of(archive, "series", **keys) for archive in both)
    assert in_database == in_file


def test_catalogs_say_the_same(both: tuple[Archive, Archive], tmp_path: Path) -> None:
    said = []
    for number, archive in enumerate(both):
        with archive.catalog() as catalog:
            counts = catalog.counts
            facts = catalog.facts()
            issues = [(one.code, one.count) for one in catalog.issues]
            catalog.save(tmp_path / str(number))
        with hu.Catalog.open(tmp_path / str(number)) as kept:
            assert kept.counts == counts
        said.append((counts, facts, issues))
    assert said[0] == said[1]


def test_headers_and_exports_are_the_same(both: tuple[Archive, Archive], tmp_path: Path) -> None:
    assert both[0].header("1.2.1") == both[1].header("1.2.1")
    out = []
    for number, archive in enumerate(both):
        folder = tmp_path / str(number)
        out.append([Path(path).relative_to(folder) for path in archive.export(folder, Modality="CT")])
    assert len(out[0]) > 3
    assert out[0] == out[1]


def test_an_index_moves_and_the_folder_knows_where_it_is(tmp_path: Path, postgres: Postgres) -> None:
    with hu.Archive(tmp_path) as archive:
        uid = archive.ingest(changed()).sop_instance
    database = postgres.database()
    with pytest.raises(UsageError, match="has its index in its folder"):
        hu.Archive(tmp_path, database=database)
    moved, found = hu.Archive.rebuild(tmp_path, database=database)
    with moved:
        assert (found.checked, len(found.recovered)) == (0, 1)
    assert json.loads((tmp_path / "database.json").read_text()) == {"url": database}
    assert not (tmp_path / "index.sqlite").exists()
    assert (tmp_path / "index.sqlite.old").exists()
    with hu.Archive(tmp_path) as archive:
        assert archive.database == database
        assert Path(archive.open(uid)).read_bytes() == changed()
    with pytest.raises(UsageError, match="has its index in postgresql://"):
        hu.Archive(tmp_path, database=postgres.database())


def test_a_database_of_another_archive_or_of_something_else_is_left_alone(tmp_path: Path, postgres: Postgres) -> None:
    database = postgres.database()
    with hu.Archive(tmp_path / "one", database=database) as archive:
        archive.ingest(changed())
        with pytest.raises(ReadError, match="the index of another archive"):
            hu.Archive(tmp_path / "two", database=database)
        with pytest.raises(UsageError, match="the index of another archive"):
            hu.Archive.rebuild(tmp_path / "two", storage="s3://none/at-all", database=database)
        assert archive.stats()["instances"] == 1
    import psycopg

    other = postgres.database()
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute("CREATE TABLE patients (name text)")
    with pytest.raises(ReadError, match="tables of something else"):
        hu.Archive(tmp_path / "three", database=other)
    with psycopg.connect(other, autocommit=True) as connection:
        tables = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        assert tables.fetchall() == [("patients",)]


def test_a_newer_index_is_refused(tmp_path: Path, index: dict[str, Any]) -> None:
    with hu.Archive(tmp_path, **index) as archive:
        archive.ingest(changed())
        archive._opened.index.connection.execute("UPDATE meta SET value = '99' WHERE key = 'archive'")
        if index:
            archive._opened.index.connection.execute("COMMIT")
    with pytest.raises(ReadError, match=f"version 99, this program knows {VERSION}"):
        hu.Archive(tmp_path, **index)


def test_an_old_index_is_brought_up_to_date(tmp_path: Path, index: dict[str, Any]) -> None:
    with hu.Archive(tmp_path, **index) as archive:
        archive.ingest(changed(PatientName="Müller^Änne"))
        run = archive._opened.index.connection.execute
        for table in ("names", "words"):
            run(f"DROP TABLE {table}")
        for name in ("series_uid", "studies_uid", "studies_accession", "patients_id", "patients_name"):
            run(f"DROP INDEX {name}")
        run("DROP INDEX studies_referrer")
        run("UPDATE meta SET value = '1' WHERE key = 'archive'")
    with hu.Archive(tmp_path, **index) as archive:
        assert [study.PatientName for study in archive.find(PatientName="müller*")] == ["Müller^Änne"]
        assert [study.PatientName for study in archive.find(PatientName="anne", fuzzy=True)] == ["Müller^Änne"]
        with contextlib.closing(connect(archive.database)) as connection:
            assert connection.execute("SELECT value FROM meta WHERE key = 'archive'").fetchone() == (str(VERSION),)


def test_an_index_that_was_emptied_is_told_from_a_new_one(tmp_path: Path, postgres: Postgres) -> None:
    import psycopg

    database = postgres.database()
    with hu.Archive(tmp_path, database=database) as archive:
        archive.ingest(changed())
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    with pytest.raises(ReadError, match="the index is gone, the objects are there"):
        hu.Archive(tmp_path)
    archive, found = hu.Archive.rebuild(tmp_path)
    with archive:
        assert len(found.recovered) == 1


def test_a_copy_has_an_index_of_its_own(both: tuple[Archive, Archive], tmp_path: Path) -> None:
    done = [archive.backup(tmp_path / str(number)) for number, archive in enumerate(both)]
    assert done[0] == done[1]
    assert both[1].backup(tmp_path / "1").copied == 0
    opened = [hu.Archive(tmp_path / str(number)) for number in range(2)]
    with opened[0], opened[1]:
        assert rows_of(opened[0], "instances") == rows_of(opened[1], "instances")
        assert opened[1].find(PatientName="compressed*") == both[0].find(PatientName="compressed*")
        assert opened[1].verify().sound
        assert opened[1].ingest(changed(SOPInstanceUID="1.2.99")).outcome == "stored"


def arriving(archive: Archive, number: int) -> Incoming:
    """Give a file that has just been received."""
    import hashlib

    data = changed(SOPInstanceUID=f"1.2.{number}")
    path = Path(archive.folder, f"arriving-{number}")
    path.write_bytes(data)
    return _Arrived(str(path), len(data), hashlib.sha256(data).digest())


class _Arrived:
    """What the network hands over."""

    sop_class = sop_instance = calling = ""

    def __init__(self, path: str, size: int, sha256: bytes) -> None:
        self.path, self.size, self.sha256 = path, size, sha256


def test_a_server_that_goes_refuses_and_everything_goes_on_when_it_is_back(tmp_path: Path) -> None:
    with postgres_server() as server, hu.Archive(tmp_path, database=server.database()) as archive:
        archive.ingest(changed(SOPInstanceUID="1.2.1"))
        server.stop()
        with pytest.raises(WriteError, match="the index cannot be read: connection failed"):
            archive.ingest(changed(SOPInstanceUID="1.2.2"))
        # Out of resources (PS3.4 B.2.3): a device tries again later.
        assert archive.keep([arriving(archive, 3)]) == [0xA700]
        with pytest.raises(ReadError, match="the index cannot be read"):
            archive.open("1.2.1")
        with pytest.raises(ReadError, match="cannot be opened"):
            archive.find()
        server.start()
        assert archive.keep([arriving(archive, 3)]) == [0]
        assert archive.ingest(changed(SOPInstanceUID="1.2.2")).outcome == "stored"
        assert set(Path(archive.folder).iterdir()) == {Path(archive.folder, ".lock")}
        found = archive.verify()
        assert (found.checked, found.sound) == (3, True)


def test_a_server_that_dies_while_many_store_loses_nothing(tmp_path: Path) -> None:
    safe: dict[int, bytes] = {}
    stop = threading.Event()
    with postgres_server() as server, hu.Archive(tmp_path, database=server.database()) as archive:

        def store(first: int) -> None:
            for number in range(first, first + 400):
                if stop.is_set():
                    return
                data = changed(SOPInstanceUID=f"1.2.{number}")
                with contextlib.suppress(WriteError, ReadError):
                    archive.ingest(data)
                    safe[number] = data

        threads = [threading.Thread(target=store, args=(number * 1000,)) for number in range(4)]
        for one in threads:
            one.start()
        for _ in range(3):
            before, enough = len(safe), threading.Event()
            while len(safe) < before + 20:
                enough.wait(0.01)
            server.stop()
            server.start()
        stop.set()
        for one in threads:
            one.join()
        assert len(safe) > 60
        for number, data in safe.items():
            assert Path(archive.open(f"1.2.{number}")).read_bytes() == data
        archive._opened.clear()
        found = archive.verify()
        assert (found.damaged, found.missing, found.unknown) == ([], [], [])


def test_passwords_are_neither_kept_nor_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    closed = "postgresql://hu:geheim@127.0.0.1:1/none?password=geheim"
    with pytest.raises(WriteError, match="the index cannot be reached: connection failed") as raised:
        hu.Archive(tmp_path / "a", database=closed)
    assert "geheim" not in str(raised.value)
    assert main(["archive", "add", str(tmp_path / "b"), str(DATA), "--database", closed]) != 0
    assert main(["archive", "add", str(tmp_path / "b"), str(DATA), "--database", "hu:geheim@host/x"]) == 2
    said = capsys.readouterr()
    assert "geheim" not in said.out + said.err
    assert not any("geheim" in path.read_text() for path in tmp_path.rglob("*.json"))


def test_the_password_is_noted_nowhere_when_it_works(tmp_path: Path, postgres: Postgres) -> None:
    given = postgres.database().replace("hu@", "hu:geheim@")
    with hu.Archive(tmp_path, database=given) as archive:
        archive.ingest(changed())
    assert "geheim" not in (tmp_path / "database.json").read_text()
    with hu.Archive(tmp_path) as archive:
        assert archive.stats()["instances"] == 1


def test_text_that_no_database_takes_is_kept_readably(tmp_path: Path, index: dict[str, Any]) -> None:
    dataset = pydicom.dcmread(io.BytesIO(changed(SOPInstanceUID="1.2.5")))
    dataset.PatientComments = "x"
    dataset.add_new(0x00100020, "LO", b"A\x00B\xff")
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    with hu.Archive(tmp_path, **index) as archive:
        assert archive.ingest(buffer.getvalue()).outcome == "stored"
        assert len(archive.find()) == 1
        assert len(archive.find(PatientID="A*")) == 1
        assert archive.verify().sound


def test_values_longer_than_an_index_takes_are_kept(tmp_path: Path, index: dict[str, Any]) -> None:
    long = "x" * 12_000
    with hu.Archive(tmp_path, **index) as archive:
        with pytest.warns(UserWarning, match="exceeds the maximum"):
            data = changed(PatientName=long, PatientID=long)
        assert archive.ingest(data).outcome == "stored"
        assert len(archive.find(PatientID=f"{long[:64]}*")) == 1
        assert len(archive.find(PatientName=f"{long[:70]}*")) == 1


def test_two_opened_at_once_make_the_tables_once(tmp_path: Path, postgres: Postgres) -> None:
    database, found = postgres.database(), []

    def opened() -> None:
        index = open_index(database, str(tmp_path), Limits())
        found.append(index.stats()["instances"])
        index.close()

    threads = [threading.Thread(target=opened) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [0] * 6


def test_errors_are_those_of_sqlite(postgres: Postgres) -> None:
    with contextlib.closing(connect(postgres.database())) as connection:
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute("SELECT nothing FROM nowhere")
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute("CREATE TABLE x (y text)")
