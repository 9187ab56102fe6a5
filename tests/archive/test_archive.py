"""The archive: what goes in stays, whatever happens; what is asked for is found."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import random
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

import hounsfield as hu
from hounsfield.archive.objects import digest
from hounsfield.errors import ReadError, UsageError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.archive import Archive


@pytest.fixture
def archive(tmp_path: Path, index: dict[str, Any]) -> Iterator[Archive]:
    with hu.Archive(tmp_path / "archive", **index) as opened:
        yield opened


def changed(name: str = "CT_small.dcm", **values: str) -> bytes:
    dataset = pydicom.dcmread(str(get_testdata_file(name)))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def test_only_the_owner_can_read_a_new_archive(tmp_path: Path) -> None:
    with hu.Archive(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o750)
    with hu.Archive(tmp_path / "shared"):
        assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o750


def test_what_goes_in_comes_out_byte_for_byte_and_is_found(archive: Archive) -> None:
    source = str(get_testdata_file("CT_small.dcm"))
    (stored,) = archive.add(source)
    assert stored.outcome == "stored"
    assert Path(archive.open(stored.sop_instance)).read_bytes() == Path(source).read_bytes()
    (study,) = archive.find(PatientName="compressed*", StudyDate="20040101-20041231")
    assert study.StudyInstanceUID == pydicom.dcmread(source).StudyInstanceUID
    assert archive.find(PatientName="nobody*") == []


def test_the_whole_header_is_in_the_index(archive: Archive) -> None:
    source = str(get_testdata_file("CT_small.dcm"))
    (stored,) = archive.add(source)
    Path(stored.path).unlink()
    header = archive.header(stored.sop_instance)
    assert header is not None
    found = pydicom.Dataset.from_json(header)
    expected = pydicom.dcmread(source)
    for keyword in ("PatientName", "KVP", "ImageType", "PixelSpacing", "OtherPatientIDsSequence"):
        assert found.get(keyword) == expected.get(keyword)


def test_paths_come_from_checksums_only(archive: Archive) -> None:
    stored = archive.ingest(changed(PatientID="../../etc/passwd", StudyInstanceUID="1.2.3", SOPInstanceUID="1.2.4"))
    assert os.path.basename(stored.path) == f"{digest(stored.path)}.dcm"
    assert Path(archive.root) in Path(stored.path).parents


def test_the_same_bytes_are_stored_once(archive: Archive) -> None:
    assert [archive.ingest(changed()).outcome for _ in range(2)] == ["stored", "present"]
    assert archive.stats()["instances"] == 1


@pytest.mark.parametrize(
    ("policy", "outcome", "instances", "kept"),
    [("keep", "kept", 1, "A"), ("replace", "replaced", 1, "B"), ("both", "stored", 2, "B")],
)
def test_duplicates(
    tmp_path: Path, index: dict[str, Any], policy: str, outcome: str, instances: int, kept: str
) -> None:
    with hu.Archive(tmp_path, duplicates=policy, **index) as archive:  # type: ignore[arg-type]
        archive.ingest(changed(PatientName="A"))
        second = archive.ingest(changed(PatientName="B"))
        assert second.outcome == outcome
        assert archive.stats()["instances"] == instances
        assert pydicom.dcmread(archive.open(second.sop_instance)).PatientName == kept
        assert len(list((tmp_path / "objects").rglob("*.dcm"))) == instances
        assert archive.verify().sound


def test_one_series_has_one_context_however_it_comes(archive: Archive) -> None:
    for number in range(5):
        archive.ingest(changed(SOPInstanceUID=f"1.2.{number}", InstanceNumber=str(number)))
    with archive.catalog() as catalog:
        assert catalog.execute("SELECT count(*) FROM contexts").fetchone() == (1,)
        assert catalog.counts["instances"] == 5


def test_what_is_no_object_is_refused_and_gone(archive: Archive) -> None:
    for data in (b"", b"no DICOM", changed()[:200], b"PK\3\4" + bytes(100)):
        stored = archive.ingest(data)
        assert (stored.outcome, stored.status) == ("refused", 0xC000)
        assert stored.reason
    assert list((Path(archive.root) / "objects").rglob("*.dcm")) == []
    assert sorted(os.listdir(archive.folder)) == [".lock"]


def test_deletion_removes_files_and_empty_levels(archive: Archive) -> None:
    archive.ingest(changed())
    archive.ingest(changed("MR_small.dcm"))
    assert archive.delete(Modality="CT") == 1
    assert archive.stats() | {"bytes": 0} == {"patients": 1, "studies": 1, "series": 1, "instances": 1, "bytes": 0}
    assert len(list((Path(archive.root) / "objects").rglob("*.dcm"))) == 1
    # A key that the index does not keep matches everything in a query.
    for keys in ({}, {"PatientName": "*"}, {"PatientName": ""}, {"RequestingService": "CT"}, {"X": "1"}):
        with pytest.raises(UsageError):
            archive.delete(**keys)
    assert archive.stats()["instances"] == 1
    # What was deleted may come again.
    assert archive.ingest(changed()).outcome == "stored"


def test_export_has_uids_for_names_and_nothing_else(archive: Archive, tmp_path: Path) -> None:
    archive.ingest(changed(StudyInstanceUID="../../../etc"))
    (path,) = archive.export(tmp_path / "out")
    assert (tmp_path / "out") in Path(path).resolve().parents
    assert Path(path).read_bytes() == changed(StudyInstanceUID="../../../etc")
    assert list(archive.export(tmp_path / "out")) == [path]


def test_verify_finds_damage_and_rebuild_makes_the_index_again(tmp_path: Path) -> None:
    with hu.Archive(tmp_path) as archive:
        stored = [archive.ingest(changed(SOPInstanceUID=f"1.2.{number}")) for number in range(4)]
        with open(stored[0].path, "r+b") as file:
            file.seek(1000)
            file.write(b"\xff\xfe\xfd")
        Path(stored[1].path).unlink()
        found = archive.verify()
        assert (found.checked, found.damaged, found.missing) == (2, [stored[0].path], [stored[1].path])
    (tmp_path / "index.sqlite").write_bytes(b"this is no database any more" * 100)
    with pytest.raises((ReadError, UsageError, WriteError)):
        hu.Archive(tmp_path)
    archive, found = hu.Archive.rebuild(tmp_path)
    with archive:
        assert (len(found.recovered), found.damaged) == (2, [stored[0].path])
        assert {study.PatientID for study in archive.find()} == {"1CT1"}
        assert archive.open("1.2.3") == stored[3].path


def test_an_archive_may_be_moved(tmp_path: Path, index: dict[str, Any]) -> None:
    with hu.Archive(tmp_path / "one", **index) as archive:
        uid = archive.ingest(changed()).sop_instance
    shutil.move(tmp_path / "one", tmp_path / "two")
    with hu.Archive(tmp_path / "two") as archive:
        assert Path(archive.open(uid)).read_bytes() == changed()
        assert archive.verify().sound


def test_two_writers_share_an_archive(tmp_path: Path, index: dict[str, Any]) -> None:
    with hu.Archive(tmp_path, **index) as one, hu.Archive(tmp_path, **index) as two:
        for number in range(6):
            (one, two)[number % 2].ingest(
                changed(SOPInstanceUID=f"1.2.{number}", SeriesInstanceUID=f"1.3.{number // 4}")
            )
        assert one.stats() == two.stats()
        assert one.stats()["series"] == 2
        assert one.verify().sound


def test_a_database_that_fails_refuses_and_leaves_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.ingest(changed())

    def fail() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(archive._opened.index, "commit", fail)
        with pytest.raises(WriteError, match="disk is full"):
            archive.ingest(changed("MR_small.dcm"))
    assert archive.ingest(changed("MR_small.dcm")).outcome == "stored"
    assert len(list((Path(archive.root) / "objects").rglob("*.dcm"))) == 2
    assert sorted(os.listdir(archive.folder)) == [".lock"]


def test_names_of_attributes_are_not_sql(archive: Archive) -> None:
    archive.ingest(changed(PatientName="O'Brien; DROP TABLE files; --"))
    assert len(archive.find(PatientName="O'Brien; DROP TABLE files; --")) == 1
    assert archive.find(PatientName="' OR '1'='1") == []
    assert archive.find(StudyInstanceUID=str(generate_uid())) == []


def test_many_threads_and_failures_lose_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects that several send at once: whoever is refused takes nothing from those who were told that it is safe."""
    chance, index = random.Random(8), archive._opened.index
    commit = index.commit

    def fail() -> None:
        if chance.random() < 0.3:
            raise sqlite3.OperationalError("database or disk is full")
        commit()

    monkeypatch.setattr(index, "commit", fail)
    safe: set[int] = set()

    def send(first: int) -> None:
        for number in range(first, first + 20):
            with contextlib.suppress(WriteError):
                archive.ingest(changed(SOPInstanceUID=f"1.2.{number}"))
                safe.add(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, [0, 0, 0, 10, 10, 20, 30, 30]))
    monkeypatch.undo()
    assert len(safe) > 20
    for number in safe:
        assert Path(archive.open(f"1.2.{number}")).read_bytes() == changed(SOPInstanceUID=f"1.2.{number}")
    archive._opened.clear()
    found = archive.verify()
    assert (found.checked, found.recovered) == (len(safe), [])
    assert found.sound
    assert sorted(os.listdir(archive.folder)) == [".lock"]


def test_whoever_waits_is_served_with_the_next_commit(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    index, commits = archive._opened.index, []
    commit = index.commit

    def slowly() -> None:
        commits.append(1)
        time.sleep(0.05)
        commit()

    monkeypatch.setattr(index, "commit", slowly)
    datas = [changed(SOPInstanceUID=f"1.2.{number}") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert [one.outcome for one in pool.map(archive.ingest, datas)] == ["stored"] * 40
    assert len(commits) < 20
    assert archive.stats()["instances"] == 40


def test_a_disk_without_links_will_do(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    stored = [archive.ingest(changed(SOPInstanceUID="1.2.1")) for _ in range(2)]
    assert [one.outcome for one in stored] == ["stored", "present"]
    assert Path(archive.open("1.2.1")).read_bytes() == changed(SOPInstanceUID="1.2.1")
    assert archive.header("1.2.1") is not None
    assert archive.verify().checked == 1
    assert sorted(os.listdir(archive.folder)) == [".lock"]
