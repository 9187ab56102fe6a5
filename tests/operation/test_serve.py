"""`hu serve`: DCMTK stores into it, asks it and kills it; the configuration is checked."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import UID

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.errors import UsageError
from hounsfield.operation import Service, read_configuration
from hounsfield.operation.configuration import KEYS
from hounsfield.operation.logs import JsonLines
from tests.operation.serving import served
from tests.programs import require

ROOT = Path(__file__).parents[2]


def series(folder: Path, number: int) -> list[Path]:
    folder.mkdir()
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    # DCMTK does not send what pads the file.
    del dataset[0xFFFCFFFC]
    paths = []
    for index in range(number):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.826.0.1.{index}")
        dataset.InstanceNumber = index
        paths.append(folder / f"{index}.dcm")
        dataset.save_as(paths[-1])
    return paths


def started(folder: Path) -> tuple[subprocess.Popen[str], int]:
    words = [sys.executable, "-m", "hounsfield", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"127\.0\.0\.1:(\d+); Ctrl-C", line):
            return process, int(found[1])
    raise AssertionError("it did not start")


def test_dcmtk_stores_finds_and_retrieves_and_what_it_was_told_survives_a_kill(tmp_path: Path) -> None:
    storescu, findscu, getscu = (require(name) for name in ("storescu", "findscu", "getscu"))
    paths = series(tmp_path / "send", 60)
    process, port = started(tmp_path / "archive")
    try:
        to = ["-aec", "HOUNSFIELD", "127.0.0.1", str(port)]
        subprocess.run([storescu, *to, *map(str, paths[:40])], check=True, timeout=60)
        keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName=compressed*", "-k", "StudyInstanceUID"]
        said = subprocess.run([findscu, "-S", *keys, *to], check=True, timeout=60, capture_output=True, text=True)
        study = pydicom.dcmread(paths[0]).StudyInstanceUID
        assert study in said.stdout + said.stderr
        out = tmp_path / "got"
        out.mkdir()
        asked = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}"]
        subprocess.run([getscu, "-S", "-od", str(out), *asked, *to], check=True, timeout=60)
        assert len(list(out.iterdir())) == 40
        with subprocess.Popen(
            [storescu, "-v", *to, *map(str, paths[40:])], stderr=subprocess.PIPE, text=True
        ) as sender:
            threading.Timer(0.05, process.send_signal, [signal.SIGKILL]).start()
            assert sender.stderr is not None
            told = sender.stderr.read().count("Received Store Response (Success)")
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
    with hu.Archive(tmp_path / "archive") as archive:
        assert archive.stats()["instances"] >= 40 + told
        for index in range(40 + told):
            assert pydicom.dcmread(archive.open(f"1.2.826.0.1.{index}")) == pydicom.dcmread(paths[index])
        found = archive.verify()
        assert found.sound
        assert not found.unknown


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    process, _ = started(tmp_path / "archive")
    time.sleep(0.1)
    process.terminate()
    assert process.stderr is not None
    rest = process.stderr.read()
    assert process.wait(20) == 0
    process.stderr.close()
    lines = [json.loads(line) for line in rest.splitlines() if line.startswith("{")]
    assert lines[-1]["message"] == "ended"
    assert list((tmp_path / "archive" / "incoming").iterdir()) == []


def test_it_ends_soon_while_devices_store_and_starts_again_with_all_it_acknowledged(tmp_path: Path) -> None:
    paths = series(tmp_path / "send", 400)
    told = 0
    for turn in range(2):
        with served(tmp_path / "archive") as server:
            words = [require("storescu"), "-v", *server.to, *map(str, paths[200 * turn : 200 * turn + 200])]
            with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as sender:
                assert sender.stderr is not None
                while "Received Store Response" not in (line := sender.stderr.readline()):
                    assert line
                begun = time.monotonic()
                server.process.terminate()
                # Systemd may well send it twice.
                server.process.terminate()
                told += 1 + sender.stderr.read().count("Received Store Response (Success)")
            assert server.process.wait(60) == 0
            # A device that has more to send is not waited for until it is done.
            assert time.monotonic() - begun < 30
        assert list((tmp_path / "archive" / "incoming").iterdir()) == []
        assert not (tmp_path / "archive" / "workstation.url").exists()
        with hu.Archive(tmp_path / "archive") as archive:
            assert archive.stats()["instances"] >= told
            assert archive.verify().sound


def test_the_address_for_the_next_browser_works_once(tmp_path: Path) -> None:
    with served(tmp_path / "archive", "--web") as server:
        note = tmp_path / "archive" / "workstation.url"
        assert note.stat().st_mode & 0o777 == 0o600
        first = note.read_text().strip()
        assert httpx.get(first).status_code == 303
        second = note.read_text().strip()
        assert second != first
        assert httpx.get(first).status_code == 401
        assert httpx.get(second).status_code == 303
        server.process.terminate()
        assert server.process.wait(20) == 0
        assert not note.exists()


def test_a_port_that_is_in_use_is_given_up_only_where_nobody_asked_for_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site = dataclasses.replace(read_configuration(None).site, port=0)
        said = dataclasses.replace(read_configuration(None), site=site, web_port=port)
        with Service(tmp_path / "archive", said) as running:
            assert running.web is not None
            assert running.web.port != port
        with pytest.raises(UsageError, match=r"(?s)cannot be used.*web\.port"):
            Service(tmp_path / "archive", dataclasses.replace(said, web_port_given=True))
    with Service(tmp_path / "archive", dataclasses.replace(said, web_port=None)) as running:
        assert running.web is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[dimse]\nhost = '0.0.0.0'", "nothing says who may come"),
        ("[dimse]\nport = 'x'", "line 2: dimse.port is text"),
        ("[dimse]\nport = 70000", "ports are"),
        ("[dimse]\nany_title = 1", "line 2: dimse.any_title is a whole number"),
        ("[archive]\nduplicates = 'lose'", "archive.duplicates"),
        ("[storage]\nurl = 'file:///etc'", "no address of object storage"),
        ("[storage]\nregion = 'eu-central-1'", "storage has no url"),
        ("[storage]\nurl = 's3://b'\ncache_megabytes = -1", "cache_megabytes"),
        ("[storage]\nurl = 'gs://b'\nregion = 'x'", "are for S3"),
        ("[nonsense]\n", "line 1: there is no section 'nonsense'"),
        ("[log]\nnames = true", "line 2: there is no key in log 'names'; there are level, file"),
        ("[[peers]]\naddress = 'x'", "TITLE@host:port"),
        ("[[peers]]\naddress = 'A@b:1'\nallow = ['steal']", "'steal'"),
        ("[[peers]]\naddress = 'A@b:1'\ntls = true", "no section tls"),
        ("[[peers]]\naddress = 'A@b:1'\ntls_name = '-'", "without tls"),
        ("[worklist]\nfolder = '/nowhere/at/all'", "is no folder"),
        ("= 1", "no TOML"),
        ("\n[dimse]\ntitel = 'A'", "line 3: there is no key in dimse 'titel'; did you mean 'title'?"),
        ("dimse.titel = 'A'", "line 1: there is no key in dimse 'titel'"),
        ("[wep]", "did you mean 'web'?"),
        ("dimse = 1", "line 1: dimse is a section"),
        ("[peers]\naddress = 'A@b:1'", "line 1: peers are written as"),
        ("[web]\nport = 1970-01-01", "web.port is a date or time"),
        ("[[peers]]\naddress = 'A@b:1'\n[[peers]]\naddress = 'B@b:1'\n# \nallow = ['ecko']", "line 6: there is no"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_configuration(path)
    assert words in str(caught.value)
    assert main(["serve", str(tmp_path / "archive"), "--config", str(path), "--check"]) in (2, 5)
    assert not (tmp_path / "archive").exists()


def test_all_wrong_keys_are_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        '# a site\n[dimse]\ntitel = \'X\'\nport = \'1\'\n[log]\nfile = """\nlevel = 1\n"""\n'
        "[[peers]]\naddress = 'A@h:1'\n[[peers]]\nadress = 'B@h:1'\n"
    )
    (tmp_path / "site.toml").write_text(text)
    assert main(["serve", str(tmp_path / "archive"), "--config", str(tmp_path / "site.toml"), "--check"]) == 2
    said = capsys.readouterr().err
    assert [int(line) for line in re.findall(r"line (\d+):", said)] == [3, 4, 12]


def test_every_key_is_documented_and_the_example_is_sound(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "serve.md").read_text("utf-8")
    for section, keys in KEYS.items():
        for key in keys:
            assert f"`{section}.{key}`" in page
    example = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0].replace("/srv/worklist", str(tmp_path))
    (tmp_path / "site.toml").write_text(example)
    found = read_configuration(tmp_path / "site.toml")
    assert (found.site.title, len(found.site.peers), found.worklist) == ("ARCHIVE", 2, str(tmp_path))


def test_a_log_line_is_one_line_whatever_is_in_it() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    try:
        raise ValueError("Doe^Jane")
    except ValueError:
        record = logging.LogRecord("hounsfield", logging.ERROR, "", 0, "a\nb %s", ("\u2028c",), sys.exc_info())
    handler.handle(record)
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert found.pop("place").startswith("test_serve.py:")
    assert found | {"time": ""} == {
        "time": "",
        "level": "error",
        "logger": "hounsfield",
        "message": "a\nb \u2028c",
        "exception": "ValueError",
    }
