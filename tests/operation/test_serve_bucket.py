"""`hu serve --storage`: DCMTK stores into a bucket and gets it back; server or storage fail in the middle."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pydicom
import pytest

import hounsfield as hu
from tests.archive.s3 import S3, Door, server
from tests.operation.test_serve import series
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with server() as running:
        yield running


class Served:
    """`hu serve`, and its log."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[str] = []
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"127\.0\.0\.1:(\d+); Ctrl-C", line):
                self.port = int(found[1])
                break
        else:
            raise AssertionError("it did not start")
        self._reader = threading.Thread(target=lambda: self.log.extend(process.stderr or ()))
        self._reader.start()
        self.to = ["-aec", "HOUNSFIELD", "127.0.0.1", str(self.port)]

    def send(self, paths: list[Path]) -> str:
        """Send with DCMTK, and give what it says."""
        words = [require("storescu"), "-v", "--no-halt", *self.to, *map(str, paths)]
        return subprocess.run(words, check=False, timeout=120, stderr=subprocess.PIPE, text=True).stderr

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()


@contextmanager
def served(folder: Path, s3: S3, prefix: str, *, port: int | None = None) -> Iterator[Served]:
    words = [sys.executable, "-m", "hounsfield", "serve", str(folder), "--port", "0"]
    words += ["--storage", f"s3://images/{prefix}"]
    environment = os.environ | s3.environment(port=port)
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment) as process:
        running = Served(process)
        try:
            yield running
        finally:
            running.end()


def received(text: str) -> list[str]:
    return re.findall(r"Received Store Response \(([^)]*)\)", text)


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
    assert any('"level": "error"' in line and "storage failed" in line for line in running.log)
    door.shut()
    with hu.Archive(folder, storage=s3.storage("down")) as archive:
        assert archive.verify().checked == 6
