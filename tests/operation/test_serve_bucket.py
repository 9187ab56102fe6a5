"""`hu serve --storage`: DCMTK stores into a bucket and gets it back; server or storage fail in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pydicom
import pytest

import hounsfield as hu
from tests.archive.s3 import S3, Door, server
from tests.operation import serving
from tests.operation.serving import received
from tests.operation.test_serve import series
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.operation.serving import Served


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with server() as running:
        yield running


@contextmanager
def served(folder: Path, s3: S3, prefix: str, *, port: int | None = None) -> Iterator[Served]:
    words = ("--storage", f"s3://images/{prefix}")
    with serving.served(folder, *words, environment=s3.environment(port=port)) as running:
        yield running


def test_what_is_sent_is_in_the_bucket_and_comes_back(tmp_path: Path, s3: S3) -> None:
    paths = series(tmp_path / "send", 20)
    folder = tmp_path / "archive"
    with served(folder, s3, "sent") as running:
        assert received(running.send(paths)) == ["Success"] * 20
        assert len(s3.client().list_objects_v2(Bucket="images", Prefix="sent/objects")["Contents"]) == 20
        with hu.Peer(f"HOUNSFIELD@127.0.0.1:{running.port}") as peer:
            assert peer.commit(paths).ok
        shutil.rmtree(folder / "cache")
        (folder / "cache").mkdir()
        study = pydicom.dcmread(paths[0]).StudyInstanceUID
        out = tmp_path / "got"
        out.mkdir()
        asked = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}"]
        subprocess.run([require("getscu"), "-S", "-od", str(out), *asked, *running.to], check=True, timeout=60)
        got = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, out.iterdir())}
        assert got == {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, paths)}


def test_what_it_was_told_survives_a_kill(tmp_path: Path, s3: S3) -> None:
    paths = series(tmp_path / "send", 80)
    told = 0
    with served(tmp_path / "archive", s3, "killed") as running:
        words = [require("storescu"), "-v", *running.to, *map(str, paths)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as sender:
            assert sender.stderr is not None
            for line in sender.stderr:
                told += "Received Store Response (Success)" in line
                if told == 15:
                    running.process.send_signal(signal.SIGKILL)
    assert 15 <= told < 80
    shutil.rmtree(tmp_path / "archive" / "cache")
    with hu.Archive(tmp_path / "archive", storage=s3.storage("killed")) as archive:
        for index in range(told):
            assert pydicom.dcmread(archive.open(f"1.2.826.0.1.{index}")) == pydicom.dcmread(paths[index])
        found = archive.verify()
        assert found.sound
        assert not found.unknown


def test_storage_that_is_down_refuses_with_a700_and_all_goes_on(tmp_path: Path, s3: S3) -> None:
    paths = series(tmp_path / "send", 6)
    door = Door(s3.port)
    folder = tmp_path / "archive"
    with served(folder, s3, "down", port=door.port) as running:
        assert received(running.send(paths[:3])) == ["Success"] * 3
        door.shut()
        assert received(running.send(paths[3:4])) == ["Refused: OutOfResources"]
        with hu.Peer(f"HOUNSFIELD@127.0.0.1:{running.port}") as peer:
            assert len(list(peer.find(PatientName="compressed*"))) == 1
            assert not peer.commit(paths[:1]).ok
        (own,) = (folder / "incoming").iterdir()
        assert sorted(os.listdir(own)) == [".lock"]
        door.open()
        assert received(running.send(paths[3:])) == ["Success"] * 3
        with hu.Peer(f"HOUNSFIELD@127.0.0.1:{running.port}") as peer:
            assert peer.commit(paths).ok
    assert any(line["level"] == "error" and "storage failed" in line["message"] for line in running.log())
    door.shut()
    with hu.Archive(folder, storage=s3.storage("down")) as archive:
        assert archive.verify().checked == 6
