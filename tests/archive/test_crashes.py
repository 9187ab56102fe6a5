"""Processes that are killed while they store, and limits of the disk: nothing acknowledged is lost, nothing is left."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import hounsfield as hu
from hounsfield.archive.objects import digest
from tests.archive.test_archive import changed

INGESTS = 200
# Stores object after object, and says so after each: what was said is acknowledged.
STORE = textwrap.dedent(
    """
    import sys
    import hounsfield as hu
    source = open(sys.argv[2], "rb").read()
    with hu.Archive(sys.argv[1], storage=sys.argv[5] or None, database=sys.argv[6] or None) as archive:
        for number in range(int(sys.argv[3]), int(sys.argv[4])):
            data = source.replace(b"1.2.840.99999", b"1.2.840.%05d" % number)
            stored = archive.ingest(data)
            print(number, stored.outcome, stored.sop_instance, flush=True)
    """
)


def data_of(number: int) -> bytes:
    return changed(SOPInstanceUID="1.2.840.99999").replace(b"1.2.840.99999", b"1.2.840.%05d" % number)


def test_killed_at_random_moments_nothing_acknowledged_is_lost(tmp_path: Path, index: dict[str, str]) -> None:
    source = tmp_path / "source.dcm"
    source.write_bytes(changed(SOPInstanceUID="1.2.840.99999"))
    chance = random.Random(8)
    acknowledged: set[int] = set()
    begin = kills = 0
    while begin < INGESTS:
        words = [sys.executable, "-c", STORE, str(tmp_path / "archive"), str(source), str(begin), str(INGESTS)]
        words += ["", index.get("database", "")]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(5, 30)):
                if not process.stdout.readline():
                    break
                begin += 1
            time.sleep(chance.random() * 0.01)
            process.send_signal(signal.SIGKILL)
            begin += len(process.stdout.readlines())
            kills += 1
            assert kills < 100, "it stores nothing"
        acknowledged |= set(range(begin))
    assert kills > 5
    with hu.Archive(tmp_path / "archive") as archive:
        for number in acknowledged:
            assert Path(archive.open(f"1.2.840.{number:05d}")).read_bytes() == data_of(number)
        found = archive.verify()
        assert found.sound
        assert not found.unknown
        assert not found.recovered
        assert os.listdir(tmp_path / "archive" / "incoming") == [os.path.basename(archive.folder)]
        assert sorted(os.listdir(archive.folder)) == [".lock"]


def test_what_a_killed_process_left_is_settled(tmp_path: Path) -> None:
    with hu.Archive(tmp_path) as archive:
        known = archive.ingest(data_of(1))
    dead = tmp_path / "incoming" / "dead"
    dead.mkdir()
    (dead / "add-1").write_bytes(data_of(2))
    (dead / "add-2").write_bytes(data_of(1))
    (dead / "add-3").write_bytes(data_of(3)[:500])
    sha256 = digest(str(dead / "add-1"))
    orphan = tmp_path / "objects" / sha256[:2] / f"{sha256}.dcm"
    orphan.parent.mkdir(exist_ok=True)
    os.link(dead / "add-1", orphan)
    with hu.Archive(tmp_path) as archive:
        # It had reached its place; perhaps an index that was lost since had it.
        assert archive.open("1.2.840.00002") == str(orphan)
        assert archive.stats()["instances"] == 2
        assert not dead.exists()
        assert archive.open("1.2.840.00001") == known.path
        assert archive.verify().sound


def test_files_that_may_not_grow_refuse_and_later_all_goes_on(tmp_path: Path) -> None:
    with hu.Archive(tmp_path) as archive:
        archive.ingest(data_of(0))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
            with pytest.raises(hu.HounsfieldError):
                archive.ingest(data_of(1))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        assert sorted(os.listdir(archive.folder)) == [".lock"]
        assert archive.ingest(data_of(1)).outcome == "stored"
        assert archive.verify().checked == 2
