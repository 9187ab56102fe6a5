"""`hu serve` while its disk fails: refusals by their status, a line in the log, nothing lost, nothing left."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pydicom
import pytest

import hounsfield as hu
from hounsfield.cli import main
from tests.operation.serving import Served, received, served
from tests.operation.test_serve import series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = "Refused: OutOfResources"


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a file system of its own."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def check(folder: Path, paths: list[Path]) -> None:
    """Everything that was acknowledged is there, whole, and nothing else is."""
    with hu.Archive(folder) as archive:
        assert archive.stats()["instances"] == len(paths)
        for path in paths:
            sent = pydicom.dcmread(path)
            assert pydicom.dcmread(archive.open(str(sent.SOPInstanceUID))) == sent
        found = archive.verify()
        assert (found.checked, found.damaged, found.missing, found.unknown) == (len(paths), [], [], [])
        assert os.listdir(folder / "incoming") == [os.path.basename(archive.folder)]


def answers(running: Served) -> int:
    """It answers still; give the number of studies."""
    with hu.Peer(f"HOUNSFIELD@127.0.0.1:{running.port}") as peer:
        assert peer.echo()
        return len(list(peer.find(PatientName="compressed*")))


def nothing_is_on_its_way(folder: Path) -> None:
    (own,) = (folder / "incoming").iterdir()
    assert sorted(os.listdir(own)) == [".lock"]


def test_a_full_disk_refuses_with_a700_and_later_all_goes_on(tmp_path: Path) -> None:
    paths = series(tmp_path / "send", 60)
    folder = tmp_path / "archive"
    with small_disk(folder, "3m"):
        (folder / "filler").write_bytes(bytes(1 << 20))
        with served(folder) as running:
            outcomes = received(running.send(paths))
            assert len(outcomes) == 60
            assert set(outcomes) == {"Success", FULL}
            assert outcomes.count("Success") > 5
            assert answers(running) == 1
            nothing_is_on_its_way(folder)
            (folder / "filler").unlink()
            kept = [path for path, outcome in zip(paths, outcomes, strict=True) if outcome == "Success"]
            more = [path for path in paths if path not in kept][:10]
            assert received(running.send(more)) == ["Success"] * 10
        assert any(line["level"] == "error" and "refused" in line["message"] for line in running.log())
        check(folder, kept + more)


def test_files_that_may_not_grow_refuse_with_a700(tmp_path: Path) -> None:
    """What needs no rights: a process whose files may have 30,000 bytes only, as a quota has it."""
    paths = series(tmp_path / "send", 3)
    small = pydicom.dcmread(paths[1])
    small.PixelData, small.Rows, small.Columns = bytes(200), 10, 10
    small.save_as(paths[1])
    folder = tmp_path / "archive"
    hu.Archive(folder).close()
    most = (folder / "index.sqlite").stat().st_size + 1_000_000
    for path in (paths[0], paths[2]):
        large = pydicom.dcmread(path)
        large.PixelData, large.Rows, large.Columns = bytes(2 * 1500 * 1000), 1500, 1000
        large.save_as(path)

    def bound() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    with served(folder, before=bound) as running:
        assert received(running.send(paths)) == [FULL, "Success", FULL]
        assert answers(running) == 1
        nothing_is_on_its_way(folder)
    with served(folder) as running:
        assert received(running.send(paths)) == ["Success"] * 3
    check(folder, paths)


def test_adding_to_a_full_disk_says_so_and_goes_on_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    send = tmp_path / "send"
    paths = series(send, 60)
    folder = tmp_path / "archive"
    with small_disk(folder, "3m"):
        (folder / "filler").write_bytes(bytes(1 << 20))
        assert main(["archive", "add", str(folder), *map(str, paths[:5])]) == 0
        assert main(["archive", "add", str(folder), str(send)]) == 1
        assert "No space left" in capsys.readouterr().err
        assert list((folder / "incoming").iterdir()) == []
        check(folder, paths[:5])
        (folder / "filler").unlink()
        assert main(["archive", "add", str(folder), *map(str, paths[:15])]) == 0
        check(folder, paths[:15])


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let a folder be on a disk that cannot be written to."""
    for words in (["--bind", str(folder), str(folder)], ["-o", "remount,bind,ro", str(folder)]):
        done = subprocess.run(["mount", *words], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("name", ["objects", "incoming"])
def test_a_disk_that_becomes_read_only_refuses_with_a700(tmp_path: Path, name: str) -> None:
    paths = series(tmp_path / "send", 6)
    folder = tmp_path / "archive"
    with served(folder) as running:
        assert received(running.send(paths[:3])) == ["Success"] * 3
        with read_only(folder / name):
            assert received(running.send(paths[3:])) == [FULL] * 3
            assert answers(running) == 1
            nothing_is_on_its_way(folder)
        assert received(running.send(paths[3:])) == ["Success"] * 3
    check(folder, paths)


def test_an_archive_on_a_read_only_disk_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = series(tmp_path / "send", 1)
    folder = tmp_path / "archive"
    with small_disk(folder, "5m"):
        with hu.Archive(folder) as archive:
            list(archive.add(paths))
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        assert main(["archive", "add", str(folder), str(paths[0])]) != 0
        assert "cannot be written: Read-only file system" in capsys.readouterr().err


def test_an_index_that_is_damaged_meanwhile_refuses_until_it_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = series(tmp_path / "send", 6)
    folder = tmp_path / "archive"
    with served(folder) as running:
        assert received(running.send(paths[:4])) == ["Success"] * 4
        for name in ("index.sqlite", "index.sqlite-wal"):
            with open(folder / name, "r+b") as file:
                file.truncate(5000)
                file.write(b"damage" * 800)
        outcomes = received(running.send(paths[4:]))
        assert len(outcomes) == 2
        assert set(outcomes) <= {"Success", FULL}
        nothing_is_on_its_way(folder)
        with hu.Peer(f"HOUNSFIELD@127.0.0.1:{running.port}") as peer:
            with pytest.raises(hu.HounsfieldError):
                list(peer.find(PatientName="*"))
            assert peer.echo()
    assert any(line["level"] in ("error", "warning") for line in running.log())
    assert main(["serve", str(folder), "--port", "0"]) != 0
    assert "--rebuild" in capsys.readouterr().err
    assert main(["archive", "verify", str(folder), "--rebuild"]) == 0
    # What was acknowledged is on the disk, whatever became of the index.
    kept = [path for path, outcome in zip(paths[4:], outcomes, strict=True) if outcome == "Success"]
    check(folder, paths[:4] + kept)


def test_an_index_that_is_removed_meanwhile_refuses_until_it_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = series(tmp_path / "send", 6)
    folder = tmp_path / "archive"
    with served(folder) as running:
        assert received(running.send(paths[:4])) == ["Success"] * 4
        for path in folder.glob("index.sqlite*"):
            path.unlink()
        assert received(running.send(paths[4:])) == [FULL] * 2
        nothing_is_on_its_way(folder)
    assert any(line["level"] == "error" and "index is gone" in line["message"] for line in running.log())
    # An archive without an index is not an empty one.
    assert main(["archive", "stats", str(folder)]) != 0
    assert "--rebuild" in capsys.readouterr().err
    assert main(["archive", "verify", str(folder), "--rebuild"]) == 0
    check(folder, paths[:4])


def test_a_folder_for_arrivals_that_is_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    paths = series(tmp_path / "send", 4)
    folder = tmp_path / "archive"
    with served(folder) as running:
        assert received(running.send(paths[:2])) == ["Success"] * 2
        shutil.rmtree(folder / "incoming")
        assert received(running.send(paths[2:])) == ["Success"] * 2
        nothing_is_on_its_way(folder)
    check(folder, paths)
