"""What cannot be done is refused or left out, and nothing half-cleaned has a final name."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import UID

import hounsfield as hu
from hounsfield.deidentify import Options
from hounsfield.deidentify.journal import JOURNAL
from hounsfield.errors import ExistsError, ReadError, UsageError
from hounsfield.testing import chest_ct


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != JOURNAL)


def test_truncated_files_are_left_out(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "pydicom/src/pydicom/data/test_files/CT_small.dcm").read_bytes()
    (tmp_path / "in").mkdir()
    for length in (0, 100, 131, 133, 200, 1000, len(whole) // 2, len(whole) - 5):
        (tmp_path / "in" / f"{length}.dcm").write_bytes(whole[:length])
    (tmp_path / "in" / "whole.dcm").write_bytes(whole)
    report = hu.deidentify(tmp_path / "in", tmp_path / "out")
    done = [row.input for row in report if row.status == "done"]
    assert done == [str(tmp_path / "in" / "whole.dcm")]
    assert all(row.reason and row.code for row in report if row.status != "done")
    assert len(files(tmp_path / "out")) == 1


def test_malformed_files_are_left_out(shared_data: Path, tmp_path: Path) -> None:
    whole = bytearray((shared_data / "pydicom/src/pydicom/data/test_files/CT_small.dcm").read_bytes())
    at = whole.index(b"\x10\x00\x10\x00PN")
    whole[at + 6 : at + 8] = b"\xff\xff"
    (tmp_path / "bad.dcm").write_bytes(whole)
    report = hu.deidentify(tmp_path / "bad.dcm", tmp_path / "out")
    assert [row.status for row in report] == ["failed"]
    assert files(tmp_path / "out") == []


def test_keys(tmp_path: Path) -> None:
    path = tmp_path / "trial.key"
    key = hu.new_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert hu.read_key(path) == key
    assert len(key.secret) == 32
    assert key.secret.hex() not in repr(key)
    with pytest.raises(ExistsError):
        hu.new_key(path)
    with pytest.raises(UsageError, match="no such key"):
        hu.read_key(tmp_path / "none")
    (tmp_path / "short").write_text("00ff\n")
    with pytest.raises(UsageError, match="too short: 2 bytes"):
        hu.read_key(tmp_path / "short")
    (tmp_path / "words").write_text("secret\n")
    with pytest.raises(UsageError, match="no key"):
        hu.deidentify(tmp_path, tmp_path / "out", key=tmp_path / "words")


def test_output_folders(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=4, rows=64)
    with pytest.raises(UsageError, match="inside the input"):
        hu.deidentify(tmp_path / "in", tmp_path / "in" / "out")
    with pytest.raises(UsageError, match="inside the input"):
        hu.deidentify(tmp_path / "in", tmp_path / "in")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("")
    with pytest.raises(ExistsError, match="holds files"):
        hu.deidentify(tmp_path / "in", tmp_path / "full")
    with pytest.raises(UsageError, match="folder as output"):
        hu.deidentify(tmp_path / "in", tmp_path / "full" / "a")
    with pytest.raises(ReadError, match="no such file"):
        hu.deidentify(tmp_path / "none", tmp_path / "out")
    with pytest.raises(UsageError, match="nothing to de-identify"):
        hu.deidentify([], tmp_path / "out")


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe")
    report = hu.deidentify(tmp_path / "in", tmp_path / "out")
    assert [(row.status, row.code) for row in report] == [("skipped", "not-a-file")]


def test_a_run_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=4, rows=64)
    key = hu.new_key(tmp_path / "key")
    first = hu.deidentify(tmp_path / "in", tmp_path / "out", key=key)
    (tmp_path / "out" / first.rows[0].output).unlink()
    (tmp_path / "out" / ".hounsfield-1-1.part").write_bytes(b"half")
    second = hu.deidentify(tmp_path / "in", tmp_path / "out", key=key)
    assert second.counts == {"done": 1, "skipped": len(first) - 1}
    assert not list((tmp_path / "out").glob("*.part"))
    assert not list((tmp_path / "out").glob(".*.part"))
    with pytest.raises(ExistsError, match="another profile or key"):
        hu.deidentify(tmp_path / "in", tmp_path / "out", hu.Profile.basic("retain-uids"), key=key)
    with pytest.raises(ExistsError, match="another profile or key"):
        hu.deidentify(tmp_path / "in", tmp_path / "out")


def test_a_killed_run_leaves_whole_files_only(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "pydicom/src/pydicom/data/test_files/CT_small.dcm"
    data = pydicom.dcmread(source)
    (tmp_path / "in").mkdir()
    for number in range(3000):
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{number}")
        if number < 30:
            data.save_as(tmp_path / "in" / f"{number}.dcm")
        else:
            shutil.copyfile(tmp_path / "in" / f"{number % 30}.dcm", tmp_path / "in" / f"{number}.dcm")
    hu.new_key(tmp_path / "key")
    call = [sys.executable, "-m", "hounsfield", "deidentify", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    call += ["--key", str(tmp_path / "key")]
    run = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not files(tmp_path / "out") and time.monotonic() < deadline and run.poll() is None:
        time.sleep(0.005)
    run.send_signal(signal.SIGKILL)
    run.wait()
    for path in files(tmp_path / "out"):
        if not path.name.endswith(".part"):
            assert len(pydicom.dcmread(path).PixelData) == len(data.PixelData)
    assert subprocess.run(call, capture_output=True, check=False).returncode == 0
    assert len([path for path in files(tmp_path / "out") if path.suffix == ".dcm"]) == 30
    assert not [path for path in files(tmp_path / "out") if path.suffix == ".part"]


def test_a_disk_that_fills(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=4, rows=64)
    size = max(path.stat().st_size for path in (tmp_path / "in").rglob("*") if path.is_file())

    def small() -> None:
        # No file may grow beyond this: writing fails as on a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    call = [sys.executable, "-m", "hounsfield", "deidentify", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    done = subprocess.run(call, capture_output=True, text=True, check=False, preexec_fn=small)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr
    assert files(tmp_path / "out") == []


def test_frames_are_kept_where_their_number_cannot_be_read(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "pydicom/src/pydicom/data/test_files/badVR.dcm"
    report = hu.deidentify(source, tmp_path / "out")
    made = pydicom.dcmread(tmp_path / "out" / report.rows[0].output)
    assert made.PixelData == pydicom.dcmread(source).PixelData


def test_archives_in_folders_and_encrypted_files(shared_data: Path, tmp_path: Path) -> None:
    """An archive in a folder is looked into; what is encrypted is a row that failed, and a broken archive one, too."""
    source = shared_data / "pydicom/src/pydicom/data/test_files/CT_small.dcm"
    folder = tmp_path / "export"
    folder.mkdir()
    with zipfile.ZipFile(folder / "cd.zip", "w") as archive:
        archive.write(source, "DICOM/IM1")
    (folder / "broken.zip").write_bytes(b"PK\3\4 and nothing else")
    (folder / "locked.dcm").write_bytes(bytes.fromhex("3082010006092a864886f70d010703") + bytes(300))
    rows = {Path(row.input).name: row for row in hu.deidentify(folder, tmp_path / "clean")}
    assert rows["IM1"].status == "done"
    assert (rows["locked.dcm"].status, rows["locked.dcm"].code) == ("failed", "encrypted")
    assert rows["broken.zip"].status in {"skipped", "failed"}
    assert len(rows) == 3


def test_files_with_and_without_originals_do_not_mix(tmp_path: Path) -> None:
    chest_ct(tmp_path / "export", slices=2, rows=16)
    key = hu.new_key(tmp_path / "key")
    hu.deidentify(tmp_path / "export", tmp_path / "clean", key=key)
    sealed = Options(seal=lambda *_: [])
    with pytest.raises(ExistsError, match="without the encrypted originals"):
        hu.deidentify(tmp_path / "export", tmp_path / "clean", key=key, options=sealed)
