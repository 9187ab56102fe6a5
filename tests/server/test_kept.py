"""Catalogs of folders in the user's cache: there at once, never in the way, for nobody else to read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hounsfield.server.folders import Folders
from hounsfield.server.kept import Kept, cache_folder
from hounsfield.testing.series import chest_ct
from tests.server.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def data(tmp_path: Path) -> Path:
    chest_ct(tmp_path / "data", slices=6, rows=16)
    return tmp_path / "data"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "hounsfield" / "catalogs"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let scans wait until this is set."""
    event = threading.Event()
    scan = Folders._scan

    def later(library: Folders) -> None:
        event.wait(60)
        scan(library)

    monkeypatch.setattr(Folders, "_scan", later)
    yield event
    event.set()


def kept(data: Path, cache: Path) -> Kept:
    return Kept([str(data)], folder=cache, fewest=1)


def opened(data: Path, cache: Path) -> int:
    """Open, scan and close; tells how many files were read."""
    library = Folders([data], watch=False, kept=kept(data, cache))
    # What is read gets a number that no other has had.
    before = numbers(library)
    library.start()
    assert library.wait(60)
    read = numbers(library) - before
    library.close()
    return len(read)


def numbers(library: Folders) -> set[int]:
    with library.catalog() as catalog:
        return {number for (number,) in catalog.execute("SELECT id FROM files")}


def test_what_was_opened_before_is_there_before_the_scan(data: Path, cache: Path, held: threading.Event) -> None:
    held.set()
    assert opened(data, cache) == 6
    held.clear()
    (data / os.listdir(data)[0]).unlink()
    with serving(Folders([data], kept=kept(data, cache)), wait=False) as client:
        (study,) = client.get("/api/studies").json()
        assert study["instances"] == 6
        assert client.get("/api/state").json()["state"] == "scanning"
        held.set()
        assert client.running.library.wait(60)
        assert client.get("/api/studies").json()[0]["instances"] == 5


def test_only_what_has_changed_is_read_again(data: Path, cache: Path) -> None:
    assert opened(data, cache) == 6
    chest_ct(data / "more", slices=3, rows=16)
    assert opened(data, cache) == 3
    assert opened(data, cache) == 0


def test_nobody_else_can_read_it_and_nothing_lies_beside_the_data(data: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    before = sorted(data.rglob("*"))
    opened(data, cache)
    assert sorted(data.rglob("*")) == before
    assert cache.stat().st_mode & 0o777 == 0o700
    (file,) = cache.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"nonsense", b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_catalog_is_made_again(data: Path, cache: Path, content: bytes) -> None:
    opened(data, cache)
    (file,) = cache.iterdir()
    file.write_bytes(content)
    assert opened(data, cache) == 6
    assert opened(data, cache) == 0
    # A database of something else is not taken for one.
    file.unlink()
    sqlite3.connect(file).executescript("CREATE TABLE files (a)").connection.close()
    assert opened(data, cache) == 6


def test_a_page_in_the_middle_that_is_damaged_is_noticed(data: Path, cache: Path) -> None:
    opened(data, cache)
    (file,) = cache.iterdir()
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)
    assert opened(data, cache) == 6


def test_two_at_once_do_not_disturb_each_other(data: Path, cache: Path) -> None:
    read: list[int] = []
    threads = [threading.Thread(target=lambda: read.append(opened(data, cache))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(read) <= {0, 6}
    assert len(read) == 6
    (file,) = cache.iterdir()
    assert file.suffix == ".sqlite"
    assert opened(data, cache) == 0


def test_the_cache_is_bounded(tmp_path: Path, cache: Path) -> None:
    for number in range(35):
        folder = tmp_path / str(number)
        chest_ct(folder, slices=1, rows=16)
        opened(folder, cache)
        for file in cache.iterdir():
            os.utime(file, ns=(0, file.stat().st_mtime_ns - 10**9))
    assert len(list(cache.iterdir())) == 32
    assert opened(tmp_path / "34", cache) == 0
    assert opened(tmp_path / "0", cache) == 1


def test_small_folders_and_what_was_encrypted_are_not_kept(data: Path, cache: Path) -> None:
    library = Folders([data], watch=False, kept=Kept([str(data)], folder=cache))
    library.start()
    assert library.wait(60)
    with sqlite3.connect(library.database) as connection:
        connection.execute("UPDATE files SET status = 'envelope' WHERE id = 1")
    connection.close()
    assert not kept(data, cache).give(Path(library.database))
    library.close()
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_does_not_matter(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert opened(data, tmp_path / "file" / "below") == 6
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "other")
    assert opened(data, tmp_path / "link") == 6
    assert list((tmp_path / "other").iterdir()) == []


def test_it_is_where_the_user_has_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "hounsfield" / "catalogs"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "hounsfield" / "catalogs"


def test_a_moved_folder_is_another_one(data: Path, cache: Path, tmp_path: Path) -> None:
    opened(data, cache)
    shutil.move(data, tmp_path / "moved")
    assert opened(tmp_path / "moved", cache) == 6
