"""`hu serve --database`: DCMTK stores, asks and is answered from PostgreSQL, which may go and come back."""

from __future__ import annotations

import re
import signal
import subprocess
from typing import TYPE_CHECKING

import pydicom
from pydicom import Dataset

import hounsfield as hu
from hounsfield.cli import main
from tests.archive.s3 import server
from tests.operation.serving import received, served
from tests.operation.test_serve import series
from tests.postgres import postgres_server
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.operation.serving import Served
    from tests.postgres import Postgres


def requested(paths: list[Path]) -> None:
    """Write into each object what was requested, which no table has."""
    for number, path in enumerate(paths):
        dataset, request = pydicom.dcmread(path), Dataset()
        request.RequestedProcedureID = f"R{number}"
        dataset.RequestAttributesSequence = [request]
        dataset.PatientComments = f"comment {number}"
        dataset.save_as(path)


def found(running: Served, *keys: str, level: str = "IMAGE") -> list[str]:
    """Give the UIDs that findscu is answered with, of instances or studies."""
    tag = {"IMAGE": "0008,0018", "STUDY": "0020,000d"}[level]
    words = [one for key in (f"QueryRetrieveLevel={level}", tag, *keys) for one in ("-k", key)]
    command = [require("findscu"), "-S", "-v", *words, *running.to]
    said = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    answers = (said.stdout + said.stderr).split("Find Response:", 1)[-1]
    return re.findall(rf"\({tag}\) UI \[([0-9.]+)", answers, re.IGNORECASE)


def test_what_is_sent_is_found_by_any_attribute_and_comes_back(tmp_path: Path, postgres: Postgres) -> None:
    paths = series(tmp_path / "send", 5)
    requested(paths)
    database = postgres.database()
    with served(tmp_path / "archive", "--database", database) as running:
        assert received(running.send(paths)) == ["Success"] * 5
        study, third = pydicom.dcmread(paths[0]).StudyInstanceUID, pydicom.dcmread(paths[3]).SOPInstanceUID
        within = (f"StudyInstanceUID={study}", "SeriesInstanceUID")
        of_series = f"SeriesInstanceUID={pydicom.dcmread(paths[0]).SeriesInstanceUID}"
        assert len(found(running, within[0], of_series)) == 5
        assert found(running, within[0], of_series, "RequestAttributesSequence[0].RequestedProcedureID=R3") == [third]
        assert found(running, within[0], of_series, "PatientComments=*3") == [third]
        assert found(running, "RequestAttributesSequence[0].RequestedProcedureID=R?", level="STUDY") == [study]
        assert found(running, "RequestAttributesSequence[0].RequestedProcedureID=X", level="STUDY") == []
        assert found(running, "Modality=CT", level="STUDY") == [study]
        assert found(running, "Modality=MR", level="STUDY") == []
        for value in ("' OR '1'='1", "%", "*;DROP TABLE studies;--", "_" * 64, "*a" * 30 + "*"):
            assert found(running, f"PatientName={value}", level="STUDY") == []
        out = tmp_path / "got"
        out.mkdir()
        asked = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}"]
        subprocess.run([require("getscu"), "-S", "-od", str(out), *asked, *running.to], check=True, timeout=60)
        got = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, out.iterdir())}
        assert got == {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, paths)}
    # The folder knows where its index is.
    assert main(["archive", "verify", str(tmp_path / "archive")]) == 0


def test_without_its_database_it_refuses_and_goes_on_later(tmp_path: Path) -> None:
    paths = series(tmp_path / "send", 6)
    with postgres_server() as database, served(tmp_path / "archive", "--database", database.database()) as running:
        assert received(running.send(paths[:2])) == ["Success"] * 2
        database.stop()
        refused = running.send(paths[2:4])
        assert refused.count("0xa700") + refused.count("Refused: OutOfResources") >= 2
        command = [require("findscu"), "-S", "-v", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName=*", *running.to]
        said = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
        assert "Failed" in said.stdout + said.stderr or "0xc000" in said.stdout + said.stderr
        database.start()
        assert received(running.send(paths[2:])) == ["Success"] * 4
        assert len(list((tmp_path / "archive" / "objects").rglob("*.dcm"))) == 6
        with hu.Archive(tmp_path / "archive") as archive:
            assert archive.verify().checked == 6


def test_what_it_was_told_survives_a_kill(tmp_path: Path, postgres: Postgres) -> None:
    paths = series(tmp_path / "send", 80)
    told = 0
    with served(tmp_path / "archive", "--database", postgres.database()) as running:
        words = [require("storescu"), "-v", *running.to, *map(str, paths)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as sender:
            assert sender.stderr is not None
            for line in sender.stderr:
                told += "Received Store Response (Success)" in line
                if told == 15:
                    running.process.send_signal(signal.SIGKILL)
    assert 15 <= told < 80
    with hu.Archive(tmp_path / "archive") as archive:
        for index in range(told):
            assert pydicom.dcmread(archive.open(f"1.2.826.0.1.{index}")) == pydicom.dcmread(paths[index])
        verified = archive.verify()
        assert verified.sound
        assert not verified.unknown


def test_with_a_bucket_and_a_database_no_folder_is_needed(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    paths = series(tmp_path / "send", 4)
    with server() as s3:
        words = ("--database", postgres.database(), "--storage", "s3://images/site")
        for number in (2, 4):
            # The second time, everything is there still.
            with served(None, *words, environment=s3.environment()) as running:
                assert received(running.send(paths[number - 2 : number])) == ["Success"] * 2
                study = pydicom.dcmread(paths[0]).StudyInstanceUID
                assert found(running, "NumberOfStudyRelatedInstances", level="STUDY") == [study]
        assert len(s3.client().list_objects_v2(Bucket="images", Prefix="site/objects")["Contents"]) == 4
    assert [path.name[:8] for path in (tmp_path / "state" / "hounsfield").iterdir()] == ["archive-"]
    assert main(["serve", "--database", words[1]]) == 2
    assert "nothing says where the archive is" in capsys.readouterr().err


def test_what_is_no_database_is_said_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.toml").write_text('[archive]\ndatabase = "mysql://x"\n')
    assert main(["serve", str(tmp_path / "archive"), "--config", str(tmp_path / "site.toml"), "--check"]) == 2
    assert "line 2: 'mysql://x' is no address of a database" in capsys.readouterr().err
    assert main(["serve", str(tmp_path / "archive"), "--database", "archive.sqlite"]) == 2
    assert not (tmp_path / "archive").exists()
