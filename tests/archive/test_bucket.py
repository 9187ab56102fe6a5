"""Archives whose objects are in object storage, beside a server that speaks S3."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hounsfield as hu
from hounsfield.archive.bucket import CloudStorage
from hounsfield.archive.cache import Cache
from hounsfield.errors import HounsfieldError, ReadError, UsageError, WriteError
from tests.archive.s3 import S3, Door, server
from tests.archive.test_archive import changed
from tests.archive.test_crashes import STORE, data_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.archive import Archive


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with server() as running:
        yield running


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    return f"tests/{request.node.name[:40].replace('[', '.').replace(']', '')}"


@pytest.fixture
def archive(tmp_path: Path, s3: S3, prefix: str) -> Iterator[Archive]:
    with hu.Archive(tmp_path / "archive", storage=s3.storage(prefix)) as opened:
        yield opened


def key(prefix: str, data_or_path: str) -> str:
    name = os.path.basename(data_or_path)
    return f"{prefix}/objects/{name[:2]}/{name}"


def test_what_goes_in_is_in_the_bucket_and_comes_out(archive: Archive, s3: S3, prefix: str) -> None:
    stored = archive.ingest(changed())
    assert stored.outcome == "stored"
    assert s3.get(key(prefix, stored.path)) == changed()
    assert archive.ingest(changed()).outcome == "present"
    # Without its copy it is fetched.
    Path(stored.path).unlink()
    assert Path(archive.open(stored.sop_instance)).read_bytes() == changed()
    assert not (Path(archive.root) / "objects").exists()
    assert sorted(os.listdir(archive.folder)) == [".lock"]


def test_larger_objects_go_in_parts(archive: Archive, s3: S3, prefix: str) -> None:
    data = changed(PixelData=bytes(40 << 20))  # type: ignore[arg-type]
    stored = archive.ingest(data)
    assert s3.get(key(prefix, stored.path)) == data
    assert archive.verify().checked == 1


def test_the_folder_knows_where_its_objects_are(tmp_path: Path, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "word")
    with pytest.raises(UsageError, match="not be encrypted"):
        hu.Archive(tmp_path / "one", storage="s3://images/known")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    with hu.Archive(tmp_path / "one", storage="s3://images/known/") as archive:
        stored = archive.ingest(changed())
    Path(stored.path).unlink()
    with hu.Archive(tmp_path / "one") as archive:
        assert Path(archive.open(stored.sop_instance)).read_bytes() == changed()
    with pytest.raises(UsageError, match="has its objects in s3://images/known"):
        hu.Archive(tmp_path / "one", storage="s3://images/other")
    hu.Archive(tmp_path / "local").close()
    with pytest.raises(UsageError, match="below its folder"):
        hu.Archive(tmp_path / "local", storage="s3://images/known")


@pytest.mark.parametrize(
    "url", ["", "s3://", "file:///etc", "http://host/x", "s3://b/../c", "s3://b/a//c", "memory://"]
)
def test_what_is_no_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        hu.Archive(tmp_path / "archive", storage=url)
    assert not (tmp_path / "archive").exists()


def test_other_providers_take_their_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    azure: Any = CloudStorage("az://container/some/prefix").opened()
    assert (azure.config["container_name"], azure.prefix) == ("container", "some/prefix")
    google: Any = CloudStorage("gs://bucket/some/prefix").opened()
    assert (google.config["bucket"], google.prefix) == ("bucket", "some/prefix")
    with pytest.raises(UsageError, match="are for S3"):
        CloudStorage("gs://bucket", region="x")


def test_keys_are_not_shown() -> None:
    assert "word" not in repr(CloudStorage("s3://bucket", key_id="name", secret="word"))


def test_a_bucket_that_is_not_there_is_said(tmp_path: Path, s3: S3) -> None:
    storage = CloudStorage("s3://nowhere", endpoint=s3.endpoint, key_id="a", secret="b", allow_http=True)
    with pytest.raises(WriteError, match="NoSuchBucket"):
        hu.Archive(tmp_path, storage=storage)
    with pytest.raises(WriteError, match="NoSuchBucket"):
        hu.Archive.rebuild(tmp_path / "again", storage=storage)
    hu.Archive.rebuild(tmp_path / "again", storage=s3.storage("somewhere"))[0].close()
    # Another address may be tried.
    with hu.Archive(tmp_path, storage=s3.storage("somewhere")) as archive:
        assert archive.ingest(changed()).outcome == "stored"


def test_verify_reads_the_bucket_and_rebuild_lists_it(tmp_path: Path, s3: S3, prefix: str) -> None:
    storage = s3.storage(prefix)
    with hu.Archive(tmp_path / "archive", storage=storage) as archive:
        stored = [archive.ingest(changed(SOPInstanceUID=f"1.2.{number}")) for number in range(4)]
        whole = changed(SOPInstanceUID="1.2.0")
        s3.put(key(prefix, stored[0].path), b"x" * len(whole))
        s3.delete(key(prefix, stored[1].path))
        found = archive.verify()
        assert found.checked == 2
        assert [os.path.basename(path) for path in found.damaged] == [os.path.basename(stored[0].path)]
        assert found.missing == [f"s3://images/{prefix}/objects/" + "/".join(stored[1].path.split("/")[-2:])]
        Path(stored[0].path).unlink()
        with pytest.raises(ReadError, match="damaged"):
            archive.open("1.2.0")
        assert sorted(os.listdir(archive.folder)) == [".lock"]
    # The machine is lost, and with it index and copies.
    shutil.rmtree(tmp_path / "archive")
    rebuilt, found = hu.Archive.rebuild(tmp_path / "another", storage=storage)
    with rebuilt:
        assert (len(found.recovered), len(found.damaged)) == (2, 1)
        assert Path(rebuilt.open("1.2.3")).read_bytes() == changed(SOPInstanceUID="1.2.3")
        # What is missing or damaged is whole again once it comes again.
        for number in (0, 1):
            assert rebuilt.ingest(changed(SOPInstanceUID=f"1.2.{number}")).outcome == "stored"
        assert rebuilt.verify().checked == 4
        assert rebuilt.verify().sound


def test_what_is_gone_is_put_back_when_it_comes_again(archive: Archive, s3: S3, prefix: str) -> None:
    stored = archive.ingest(changed())
    s3.delete(key(prefix, stored.path))
    assert archive.ingest(changed()).outcome == "present"
    assert s3.get(key(prefix, stored.path)) == changed()


def test_deletion_removes_from_bucket_and_cache(archive: Archive, s3: S3, prefix: str) -> None:
    archive.ingest(changed())
    archive.ingest(changed("MR_small.dcm"))
    assert archive.delete(Modality="CT") == 1
    (left,) = archive.find(level="instance")
    path = archive.open(str(left.SOPInstanceUID))
    listed = s3.client().list_objects_v2(Bucket="images", Prefix=prefix)["Contents"]
    assert [one["Key"] for one in listed] == [key(prefix, path)]
    assert [str(one) for one in (Path(archive.root) / "cache").rglob("*.dcm")] == [path]


def test_export_copies_from_the_bucket(archive: Archive, tmp_path: Path) -> None:
    stored = archive.ingest(changed())
    Path(stored.path).unlink()
    (path,) = archive.export(tmp_path / "out")
    assert Path(path).read_bytes() == changed()


def test_copies_are_bounded_and_compared(tmp_path: Path) -> None:
    import hashlib

    datas = [bytes([number]) * 1000 for number in range(8)]
    names = [hashlib.sha256(data).hexdigest() for data in datas]
    cache = Cache(str(tmp_path / "cache"), 5000, grace=0)
    for moment, (name, data) in enumerate(zip(names, datas, strict=True)):
        cache.fetch(name, [data[:300], data[300:]], str(tmp_path))
        os.utime(cache.place(name), (moment, moment))
    there = {name for name in names if cache.have(name)}
    assert names[-1] in there
    assert names[0] not in there
    assert sum(file.stat().st_size for file in (tmp_path / "cache").rglob("*.dcm")) <= 5000
    with pytest.raises(OSError, match="damaged"):
        cache.fetch(names[0], [b"other"], str(tmp_path))
    # A power failure while it was written: another process finds it damaged and forgets it.
    Path(cache.place(names[-1])).write_bytes(b"half")
    assert Cache(str(tmp_path / "cache"), 5000).have(names[-1]) is None
    assert sorted(os.listdir(tmp_path)) == ["cache"]


def test_what_was_just_asked_for_stays(tmp_path: Path) -> None:
    import hashlib

    cache = Cache(str(tmp_path / "cache"), 1000)
    for number in range(5):
        data = bytes([number]) * 1000
        path = cache.fetch(hashlib.sha256(data).hexdigest(), [data], str(tmp_path))
        os.utime(path, (time.time() - 100 * (number < 2),) * 2)
    assert len(list((tmp_path / "cache").rglob("*.dcm"))) >= 3


def test_a_server_that_is_down_refuses_and_all_goes_on(tmp_path: Path, s3: S3) -> None:
    door = Door(s3.port)
    with hu.Archive(tmp_path, storage=s3.storage("down", port=door.port)) as archive:
        kept = archive.ingest(changed())
        door.shut()
        with pytest.raises(HounsfieldError, match="storage failed"):
            archive.ingest(changed("MR_small.dcm"))
        # What has a copy can be read still, and the index answers.
        assert Path(archive.open(kept.sop_instance)).read_bytes() == changed()
        assert len(archive.find(Modality="CT")) == 1
        Path(kept.path).unlink()
        with pytest.raises(ReadError, match="cannot be read"):
            archive.open(kept.sop_instance)
        with pytest.raises(ReadError, match="cannot be asked"):
            archive.keeps(kept.path)
        assert archive.delete(Modality="CT") == 1
        assert sorted(os.listdir(archive.folder)) == [".lock"]
        door.open()
        assert archive.ingest(changed("MR_small.dcm")).outcome == "stored"
        # What was deleted while nobody could is gone now.
        assert len(list(archive._opened.storage.all())) == 1
        assert archive.verify().checked == 1
    door.shut()


@pytest.mark.parametrize("passing", [0, 40, 400], ids=["says nothing", "stops in the head", "stops in the body"])
def test_a_server_that_hangs_is_given_up(tmp_path: Path, s3: S3, passing: int) -> None:
    door = Door(s3.port)
    storage = s3.storage(f"hangs{passing}", port=door.port, timeout=0.5)
    with hu.Archive(tmp_path, storage=storage) as archive:
        kept = archive.ingest(changed())
        Path(kept.path).unlink()
        door.hold(passing)
        for ask in (
            lambda: archive.ingest(changed("MR_small.dcm")),
            lambda: archive.open(kept.sop_instance),
            archive.verify,
        ):
            begun = time.monotonic()
            with pytest.raises(HounsfieldError, match=r"storage failed|cannot be read"):
                ask()
            # Half a second for each try, and a second for trying again; then again for what was sent in vain.
            assert time.monotonic() - begun < 30
        assert archive.stats()["instances"] == 1
        door.release()
        assert Path(archive.open(kept.sop_instance)).read_bytes() == changed()
        assert archive.ingest(changed("MR_small.dcm")).outcome == "stored"
        assert archive.verify().checked == 2
    door.shut()


def test_large_objects_come_in_pieces(tmp_path: Path, s3: S3) -> None:
    data = changed() + bytes(range(256)) * (1 << 18)
    with hu.Archive(tmp_path, storage=s3.storage("large")) as archive:
        stored = archive.ingest(data)
        Path(stored.path).unlink()
        assert Path(archive.open(stored.sop_instance)).read_bytes() == data
        assert archive.verify().sound


def test_killed_at_random_moments_nothing_acknowledged_is_lost(tmp_path: Path, s3: S3) -> None:
    source = tmp_path / "source.dcm"
    source.write_bytes(changed(SOPInstanceUID="1.2.840.99999"))
    chance = random.Random(8)
    begin = kills = 0
    environment = os.environ | s3.environment()
    while begin < 60:
        words = [
            sys.executable,
            "-c",
            STORE,
            str(tmp_path / "archive"),
            str(source),
            str(begin),
            "60",
            "s3://images/crash",
            "",
        ]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(2, 12)):
                if not process.stdout.readline():
                    break
                begin += 1
            time.sleep(chance.random() * 0.02)
            process.send_signal(signal.SIGKILL)
            begin += len(process.stdout.readlines())
            kills += 1
            assert kills < 100, "it stores nothing"
    assert kills > 4
    # Nothing but the bucket and the index is left of the machine.
    shutil.rmtree(tmp_path / "archive" / "cache")
    with hu.Archive(tmp_path / "archive", storage=s3.storage("crash")) as archive:
        for number in range(begin):
            assert Path(archive.open(f"1.2.840.{number:05d}")).read_bytes() == data_of(number)
        found = archive.verify()
        assert (found.damaged, found.missing, found.recovered, found.unknown) == ([], [], [], [])
        assert os.listdir(tmp_path / "archive" / "incoming") == [os.path.basename(archive.folder)]
