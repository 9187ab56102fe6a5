"""What a scan finds, passes over and reports."""

from __future__ import annotations

import io
import os
import shutil
import socket
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian

import hounsfield as hu
from hounsfield.errors import ReadError, UsageError
from tests.catalog.objects import write
from tests.robustness.malformed import MALFORMED, part10, short, wide


def statuses(catalog: hu.Catalog) -> dict[str, str]:
    """Status by the name of the file, or of the member."""
    return {str(file.member or Path(file.path).name): file.status for file in catalog.files}


def codes(catalog: hu.Catalog) -> dict[str, int]:
    """Number of places by code of the issue."""
    return {issue.code: issue.count for issue in catalog.issues}


def test_objects_are_found_by_content_and_the_rest_is_explained(tmp_path: Path) -> None:
    write(tmp_path / "IM0001")
    write(tmp_path / "a" / "b" / "x.ima", bare=True)
    write(tmp_path / "a" / "deflated.dcm", syntax=DeflatedExplicitVRLittleEndian)
    (tmp_path / "readme.dcm").write_text("hello, this is not DICOM at all\n" * 10)
    (tmp_path / "empty").touch()
    (tmp_path / "half").write_bytes(bytes(128) + b"DICM")
    catalog = hu.scan(tmp_path)
    assert statuses(catalog) == {
        "IM0001": "dicom",
        "x.ima": "dicom",
        "deflated.dcm": "dicom",
        "readme.dcm": "other",
        "empty": "other",
        "half": "broken",
    }
    assert sorted(file.reason for file in catalog.files.where(status=["other", "broken"])) == [
        "the file ends after the preamble: there is no data set, byte 132",
        "the file is empty",
        "the file is not DICOM: text",
    ]
    assert {instance.PatientName for instance in catalog.instances} == {"Doe^Jane"}
    assert catalog.counts["files"] == 6


def test_paths_may_be_one_or_many_and_overlap(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a" / "1"), write(tmp_path / "b" / "2")
    assert len(hu.scan(str(tmp_path)).instances) == 2
    assert len(hu.scan([tmp_path, first.parent, second]).instances) == 2
    assert [instance.path for instance in hu.scan([second, first]).instances] == [str(first), str(second)]


def test_results_come_in_the_order_of_paths(tmp_path: Path) -> None:
    for number in range(300):
        write(tmp_path / f"{number % 7}" / f"{number:04}", SOPInstanceUID=f"1.2.{number}")
    paths = [file.path for file in hu.scan(tmp_path).files]
    assert paths == sorted(paths)
    assert len(paths) == 300


def test_nothing_to_scan_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file or folder"):
        hu.scan(tmp_path / "missing")
    with pytest.raises(UsageError):
        hu.scan([])
    with pytest.raises(UsageError):
        hu.scan([1])  # type: ignore[list-item]
    write(tmp_path / "there" / "1")
    catalog = hu.scan([tmp_path / "missing", tmp_path / "there"])
    assert len(catalog.instances) == 1
    assert [file.reason for file in catalog.files.where(status="unreadable")] != []


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "1").parent
    inside = write(tmp_path / "in" / "2").parent
    (inside / "loop").symlink_to(inside)
    (inside / "up").symlink_to(tmp_path / "in")
    (inside / "out").symlink_to(outside)
    (inside / "again").symlink_to(outside)
    (inside / "file").symlink_to(inside / "2")
    (inside / "dead").symlink_to(inside / "nowhere")
    catalog = hu.scan(inside)
    assert sorted(Path(instance.path).name for instance in catalog.instances) == ["1", "2"]
    passed = {Path(file.path).name for file in catalog.files.where(status="passed")}
    assert passed == {"loop", "up", "out", "file", "dead"}


def test_pipes_and_sockets_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        write(tmp_path / "1")
        catalog = hu.scan(tmp_path)
    assert statuses(catalog) == {"1": "dicom", "pipe": "passed", "socket": "passed"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_listed(tmp_path: Path) -> None:
    write(tmp_path / "locked" / "1")
    write(tmp_path / "2").chmod(0)
    (tmp_path / "locked").chmod(0)
    catalog = hu.scan(tmp_path)
    (tmp_path / "locked").chmod(0o700)
    assert statuses(catalog) == {"2": "unreadable", "locked": "unreadable"}


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe"
    Path(os.fsdecode(path)).write_bytes(write(tmp_path / "1").read_bytes())
    catalog = hu.scan(tmp_path)
    instance = next(instance for instance in catalog.instances if not instance.path.endswith("/1"))
    assert os.fsencode(instance.path) == path
    assert instance.read().PatientID == "P1"
    assert len(catalog.files.to_pandas()) == 2


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_members_of_archives_are_objects(tmp_path: Path, method: int) -> None:
    data = write(tmp_path / "1", SOPInstanceUID="1.2").read_bytes()
    deflated = write(tmp_path / "2", SOPInstanceUID="1.3", syntax=DeflatedExplicitVRLittleEndian).read_bytes()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x", data)
    members = {"DICOM/IM1": data, "DICOM/IM2": deflated, "readme.txt": b"hello " * 50, "inner.zip": inner.getvalue()}
    path = zipped(tmp_path / "export", members, method)
    catalog = hu.scan(path)
    assert statuses(catalog) == {
        "export": "archive",
        "DICOM/IM1": "dicom",
        "DICOM/IM2": "dicom",
        "readme.txt": "other",
        "inner.zip": "other",
    }
    nested = catalog.files.where(member="inner.zip").first()
    assert nested is not None
    assert "not looked into" in nested.reason
    first = catalog.instances.where(SOPInstanceUID="1.2").first()
    second = catalog.instances.where(SOPInstanceUID="1.3").first()
    assert first is not None
    assert second is not None
    assert (first.PatientName, second.PatientName, first.size) == ("Doe^Jane", "Doe^Jane", len(data))
    assert first.mtime_ns == path.stat().st_mtime_ns


def test_a_member_can_be_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", {"a/1": write(tmp_path / "1").read_bytes()})
    instance = hu.scan(path).instances.first()
    assert instance is not None
    assert instance.read().PatientName == "Doe^Jane"


def test_large_archives_are_spread_over_many_batches(tmp_path: Path) -> None:
    data = write(tmp_path / "1").read_bytes()
    path = zipped(tmp_path / "e.zip", {f"{number:04}": data for number in range(700)})
    members = [file.member for file in hu.scan(path).files if file.member]
    assert members == sorted(members)
    assert len(members) == 700


def test_damaged_archives_and_members_are_listed(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "whole.zip", {"1": write(tmp_path / "x" / "1").read_bytes()}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-10])
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    catalog = hu.scan(tmp_path)
    assert catalog.counts["broken"] == 1
    assert catalog.counts["unreadable"] == 1
    for name in ("cut.zip", "locked.zip"):
        assert any(name in file.path and file.reason for file in catalog.files.where(status=["broken", "unreadable"]))


def test_a_bomb_is_inflated_no_further_than_allowed(tmp_path: Path) -> None:
    body = (
        short(0x00080018, "UI", b"1.2\0") + wide(0x00091010, "OB", bytes(20_000_000)) + short(0x00100010, "PN", b"A^B")
    )
    path = zipped(tmp_path / "bomb.zip", {f"{number}": part10(body) for number in range(20)})
    limits = hu.Limits(inflated_bytes=50_000_000)
    catalog = hu.scan(path, limits=limits)
    found = list(catalog.files.where(member="*"))
    assert len(found) == 20
    stopped = [file for file in found if file.status == "unreadable" and "inflated" in file.reason]
    assert len(stopped) > 10


def test_a_deflated_bomb_is_an_object_with_an_issue(tmp_path: Path) -> None:
    body = (
        short(0x00080018, "UI", b"1.2\0") + wide(0x00091010, "OB", bytes(20_000_000)) + short(0x00100010, "PN", b"A^B")
    )
    squeezer = zlib.compressobj(wbits=-15)
    data = squeezer.compress(body) + squeezer.flush()
    (tmp_path / "1").write_bytes(part10(data, b"1.2.840.10008.1.2.1.99"))
    catalog = hu.scan(tmp_path, limits=hu.Limits(inflated_bytes=1_000_000))
    assert len(catalog.instances.where(SOPInstanceUID="1.2")) == 1
    assert codes(catalog)["limit-inflated-bytes"] == 1


@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_malformed_files_neither_stop_a_scan_nor_vanish(tmp_path: Path, name: str) -> None:
    (tmp_path / "bad").write_bytes(MALFORMED[name]())
    write(tmp_path / "good")
    found = statuses(hu.scan(tmp_path))
    assert found["good"] == "dicom"
    assert "bad" in found


def test_a_truncated_object_is_kept_with_an_issue(tmp_path: Path) -> None:
    data = write(tmp_path / "1").read_bytes()
    (tmp_path / "1").write_bytes(data[:-5])
    (tmp_path / "2").write_bytes(data[: data.index(b"Doe^Jane") + 4])
    catalog = hu.scan(tmp_path)
    assert len(catalog.instances) == 2
    assert {"pixels-truncated", "value-truncated"} <= set(codes(catalog))
    assert {instance.PatientName for instance in catalog.instances} == {"Doe^Jane", "Doe^"}


def test_absurd_values_stay_text(tmp_path: Path) -> None:
    body = short(0x00080018, "UI", b"../../x ") + short(0x00280008, "IS", b"-1") + short(0x00281053, "DS", b"1e99999 ")
    body += short(0x00280010, "US", struct.pack("<HH", 1, 2)) + short(0x00100010, "PN", b"A" * 9000)
    (tmp_path / "1").write_bytes(part10(body))
    catalog = hu.scan(tmp_path)
    instance = catalog.instances.first()
    assert instance is not None
    assert (instance.SOPInstanceUID, instance.NumberOfFrames, instance.Rows) == ("../../x", -1, "1\\2")
    assert instance.PatientName == "A" * 4096
    assert "long-value" in codes(catalog)


def test_a_dicomdir_is_only_a_hint(tmp_path: Path) -> None:
    directory = get_testdata_file("DICOMDIR")
    assert isinstance(directory, str)
    shutil.copy(directory, tmp_path / "DICOMDIR")
    write(tmp_path / "1")
    catalog = hu.scan(tmp_path)
    assert catalog.counts["dicomdir"] == 1
    assert catalog.counts["instances"] == 1


def test_progress_is_told_of_every_file(tmp_path: Path) -> None:
    class Listener:
        def __init__(self) -> None:
            self.tasks: list[tuple[str, int | None]] = []
            self.done = 0

        def start(self, task: str, total: int | None, unit: str) -> None:
            assert unit == "files"
            self.tasks.append((task, total))

        def advance(self, amount: int = 1) -> None:
            self.done += amount

        def finish(self) -> None:
            pass

    for number in range(5):
        write(tmp_path / str(number))
    listener = Listener()
    hu.scan(tmp_path, progress=listener)
    assert listener.tasks[-1][1] == listener.done == 5


def test_a_failing_listener_stops_the_scan_cleanly(tmp_path: Path) -> None:
    class Failing:
        def start(self, *_: Any) -> None:
            pass

        def advance(self, amount: int = 1) -> None:
            raise KeyboardInterrupt(amount)

        def finish(self) -> None:
            pass

    write(tmp_path / "1")
    with pytest.raises(KeyboardInterrupt):
        hu.scan(tmp_path, progress=Failing(), catalog=tmp_path / "c.db")
    with hu.Catalog.open(tmp_path / "c.db") as catalog:
        assert len(catalog.files) == 0
