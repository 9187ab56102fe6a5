"""Two processes with many threads store the same objects at once and are killed, while their storage comes and goes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hounsfield as hu
from tests.archive.s3 import S3, Door, server
from tests.archive.test_crashes import data_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECONDS = 6.0
MANY = 300
# What a line says is acknowledged; what was refused may be tried again.
_STORE = textwrap.dedent(
    """
    import os, random, sys, threading
    import hounsfield as hu

    source, chance, lock = open(sys.argv[2], "rb").read(), random.Random(os.getpid()), threading.Lock()

    def store(archive):
        while True:
            number = chance.randrange(int(sys.argv[3]))
            try:
                stored = archive.ingest(source.replace(b"1.2.840.99999", b"1.2.840.%05d" % number))
            except hu.HounsfieldError:
                continue
            with lock:
                print(number, stored.outcome, flush=True)

    with hu.Archive(sys.argv[1], storage=sys.argv[4] or None, database=sys.argv[5] or None) as archive:
        threads = [threading.Thread(target=store, args=(archive,), daemon=True) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """
)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with server() as running:
        yield running


def store_and_kill(words: list[str], environment: Mapping[str, str], end: float, said: list[str]) -> None:
    """Start a process that stores, kill it, and start it again; collect what it says, and what it complains of."""
    chance = random.Random(end)
    while time.monotonic() < end:
        with subprocess.Popen(
            [sys.executable, "-c", _STORE, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | dict(environment),
        ) as process:
            assert process.stdout is not None
            # How long it takes to start depends on the machine.
            said.append(process.stdout.readline())
            threading.Timer(chance.uniform(0.3, 1.5), process.send_signal, [signal.SIGKILL]).start()
            said += process.stdout.readlines()


def chaos(words: list[str], environment: Mapping[str, str], door: Door | None) -> set[int]:
    """Give the numbers of all objects that were acknowledged."""
    end = time.monotonic() + SECONDS
    said: list[str] = []
    killers = [threading.Thread(target=store_and_kill, args=(words, environment, end, said)) for _ in range(2)]
    for one in killers:
        one.start()
    while door is not None and time.monotonic() < end:
        time.sleep(0.7)
        door.shut()
        time.sleep(0.2)
        door.open()
    for one in killers:
        one.join()
    # A line that the kill cut off was told to nobody.
    whole = [line.split() for line in said if line.endswith("\n")]
    assert {outcome for _, outcome in whole} <= {"stored", "present"}
    return {int(number) for number, _ in whole}


@pytest.mark.parametrize("bucket", [False, True], ids=["files", "bucket"])
def test_nothing_acknowledged_is_lost_whatever_happens(
    tmp_path: Path, s3: S3, index: dict[str, Any], *, bucket: bool
) -> None:
    source, folder = tmp_path / "source.dcm", tmp_path / "archive"
    source.write_bytes(data_of(99999))
    door = Door(s3.port) if bucket else None
    prefix = "chaos-postgresql" if index else "chaos"
    storage = s3.storage(prefix) if bucket else None
    # Both processes find an index.
    hu.Archive(folder, storage=storage, **index).close()
    acknowledged = chaos(
        [str(folder), str(source), str(MANY), f"s3://images/{prefix}" if bucket else "", index.get("database", "")],
        {} if door is None else s3.environment(port=door.port),
        door,
    )
    if door is not None:
        door.shut()
        shutil.rmtree(folder / "cache")
    assert len(acknowledged) > 20
    with hu.Archive(folder, storage=storage) as archive:
        for number in acknowledged:
            assert Path(archive.open(f"1.2.840.{number:05d}")).read_bytes() == data_of(number)
        found = archive.verify()
        assert (found.damaged, found.missing, found.unknown) == ([], [], [])
        assert os.listdir(folder / "incoming") == [os.path.basename(archive.folder)]
