"""Copies of archives: made while devices store, brought back with every object, never over anything else."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.errors import UsageError
from tests.archive.s3 import server
from tests.archive.test_archive import changed

if TYPE_CHECKING:
    from hounsfield.archive import Archive


def filled(folder: Path, numbers: range) -> dict[str, bytes]:
    """Store objects, and give them by UID."""
    objects = {f"1.2.{number}": changed(SOPInstanceUID=f"1.2.{number}") for number in numbers}
    with hu.Archive(folder) as archive:
        for data in objects.values():
            assert archive.ingest(data).outcome == "stored"
    return objects


def held(archive: Archive) -> dict[str, bytes]:
    with archive.catalog() as catalog:
        uids = [str(row["SOPInstanceUID"]) for row in catalog.instances]
    return {uid: Path(archive.open(uid)).read_bytes() for uid in uids}


def test_every_object_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    objects = filled(tmp_path / "archive", range(20))
    assert main(["archive", "backup", str(tmp_path / "archive"), "-o", str(tmp_path / "copy"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == {"objects": 20, "copied": 20, "removed": 0}
    # The disk is lost; the copy is copied to where the archive was.
    (tmp_path / "archive").rename(tmp_path / "lost")
    assert main(["archive", "backup", str(tmp_path / "copy"), "-o", str(tmp_path / "archive")]) == 0
    with hu.Archive(tmp_path / "archive") as archive:
        assert held(archive) == objects
        found = archive.verify()
        assert (found.checked, found.sound, found.unknown) == (20, True, [])
        assert archive.ingest(changed(SOPInstanceUID="1.3")).outcome == "stored"


def test_only_what_is_new_is_copied_and_what_was_deleted_goes(tmp_path: Path) -> None:
    filled(tmp_path / "archive", range(5))
    with hu.Archive(tmp_path / "archive") as archive:
        assert archive.backup(tmp_path / "copy").copied == 5
        archive.ingest(changed(SOPInstanceUID="1.3"))
        archive.delete(SOPInstanceUID="1.2.0")
        done = archive.backup(tmp_path / "copy")
        assert (done.objects, done.copied, done.removed) == (5, 1, 1)
        expected = held(archive)
    # Whoever looks at the copy does not make it something else.
    with hu.Archive(tmp_path / "copy") as copy:
        assert held(copy) == expected
        assert copy.verify().checked == 5
    assert len(list((tmp_path / "copy" / "objects").rglob("*.dcm"))) == 5
    with hu.Archive(tmp_path / "archive") as archive:
        assert archive.backup(tmp_path / "copy").copied == 0


def test_a_copy_that_is_made_while_objects_come_and_go_is_whole(tmp_path: Path) -> None:
    filled(tmp_path / "archive", range(10))
    done = threading.Event()

    def store() -> None:
        with hu.Archive(tmp_path / "archive") as archive:
            number = 100
            while not done.is_set():
                archive.ingest(changed(SOPInstanceUID=f"1.2.{number}"))
                if number % 3 == 0:
                    archive.delete(SOPInstanceUID=f"1.2.{number - 2}")
                number += 1

    thread = threading.Thread(target=store)
    thread.start()
    try:
        with hu.Archive(tmp_path / "archive") as archive:
            for _ in range(5):
                assert archive.backup(tmp_path / "copy").damaged == []
    finally:
        done.set()
        thread.join()
    with hu.Archive(tmp_path / "copy") as copy:
        found = copy.verify()
        assert found.sound
        assert found.unknown == found.recovered == []
        assert found.checked >= 10


def test_an_archive_in_use_or_another_folder_is_never_written_over(tmp_path: Path) -> None:
    filled(tmp_path / "archive", range(3))
    filled(tmp_path / "other", range(10, 12))
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a.txt").write_text("a")
    with hu.Archive(tmp_path / "archive") as archive:
        for name, words in (
            ("other", "in use"),
            ("papers", "neither empty"),
            ("archive", "of its own"),
            ("archive/objects/copy", "of its own"),
        ):
            with pytest.raises(UsageError, match=words):
                archive.backup(tmp_path / name)
        archive.backup(tmp_path / "copy")
    filled(tmp_path / "copy", range(20, 21))
    with hu.Archive(tmp_path / "archive") as archive, pytest.raises(UsageError, match="in use"):
        archive.backup(tmp_path / "copy")
    with hu.Archive(tmp_path / "other") as other:
        assert other.verify().checked == 2


def test_a_damaged_object_is_named_and_its_copy_stays(tmp_path: Path) -> None:
    objects = filled(tmp_path / "archive", range(3))
    with hu.Archive(tmp_path / "archive") as archive:
        archive.backup(tmp_path / "copy")
        path = Path(archive.open("1.2.1"))
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        new = archive.ingest(changed(SOPInstanceUID="1.3"))
        Path(new.path).write_bytes(b"")
        assert archive.backup(tmp_path / "copy").damaged == [new.path]
    with hu.Archive(tmp_path / "copy") as copy:
        assert Path(copy.open("1.2.1")).read_bytes() == objects["1.2.1"]
        assert len(copy.verify().missing) == 1
    assert main(["archive", "backup", str(tmp_path / "archive"), "-o", str(tmp_path / "copy")]) == 1


def test_of_an_archive_in_a_bucket_the_index_is_copied(tmp_path: Path) -> None:
    with server() as s3:
        with hu.Archive(tmp_path / "archive", storage=s3.storage()) as archive:
            stored = archive.ingest(changed())
            assert archive.backup(tmp_path / "copy").objects == 1
        with hu.Archive(tmp_path / "copy", storage=s3.storage()) as copy:
            assert Path(copy.open(stored.sop_instance)).read_bytes() == changed()
