"""`hu serve` is killed at random moments of 200 ingests; what DCMTK was told is there, byte for byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

import hounsfield as hu
from tests.archive.s3 import server
from tests.network.storage.test_interop import data_set
from tests.operation.serving import served
from tests.operation.test_serve import series
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TOLD = "Received Store Response (Success)"


def send_until_killed(to: list[str], paths: list[Path], told: list[Path]) -> None:
    """Send one after the other, and note each that the archive said is safe."""
    words = [require("storescu"), "-v", *to, *map(str, paths)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as sender:
        assert sender.stderr is not None
        left = iter(paths)
        for line in sender.stderr:
            if _TOLD in line:
                told.append(next(left))  # noqa: PERF401 - another thread counts them meanwhile


def crash(folder: Path, paths: list[Path], words: tuple[str, ...], environment: Mapping[str, str]) -> tuple[int, int]:
    """Let two senders send everything while the archive is killed again and again; give kills and objects told."""
    chance = random.Random(8)
    told: list[list[Path]] = [[], []]
    halves = [paths[0::2], paths[1::2]]
    kills = 0
    while any(len(one) < len(half) for one, half in zip(told, halves, strict=True)):
        with served(folder, *words, environment=environment) as running:
            senders = [
                threading.Thread(target=send_until_killed, args=(running.to, half[len(one) :], one))
                for one, half in zip(told, halves, strict=True)
                if len(one) < len(half)
            ]
            before = sum(map(len, told))
            enough = chance.randrange(10, 60)
            for one in senders:
                one.start()
            while any(one.is_alive() for one in senders) and sum(map(len, told)) - before < enough:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.01)
            running.process.send_signal(signal.SIGKILL)
            for one in senders:
                one.join()
            kills += 1
            assert kills < 100, "it stores nothing"
    return kills, sum(map(len, told))


@pytest.mark.parametrize("bucket", [False, True], ids=["files", "bucket"])
def test_killed_at_random_moments_of_200_ingests(tmp_path: Path, *, bucket: bool) -> None:
    paths = series(tmp_path / "send", 80 if bucket else 200)
    folder = tmp_path / "archive"
    if bucket:
        with server() as s3:
            kills, told = crash(folder, paths, ("--storage", "s3://images/crash"), s3.environment())
            with hu.Archive(folder, storage=s3.storage("crash")) as archive:
                check(archive, paths)
    else:
        kills, told = crash(folder, paths, (), {})
        with hu.Archive(folder) as archive:
            check(archive, paths)
    assert told == len(paths)
    assert kills >= 3


def check(archive: hu.Archive, paths: list[Path]) -> None:
    for index, path in enumerate(paths):
        assert data_set(archive.open(f"1.2.826.0.1.{index}")) == data_set(path)
    found = archive.verify()
    assert (found.checked, found.damaged, found.missing, found.unknown) == (len(paths), [], [], [])
    assert os.listdir(os.path.join(archive.root, "incoming")) == [os.path.basename(archive.folder)]
