"""Nothing that names a patient gets into the log, whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import threading
import warnings
from typing import TYPE_CHECKING

import httpx
import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import UID

from hounsfield.operation.logs import logging_to
from tests.operation.serving import served
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NAME = "PLANTED"


def planted(folder: Path) -> list[Path]:
    """Make objects with a name, some of them broken."""
    folder.mkdir()
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    del dataset[0xFFFCFFFC]
    dataset.PatientName, dataset.PatientID, dataset.StudyDescription = f"{NAME}^JANE", NAME, f"of {NAME}"
    paths = []
    for number in range(3):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.826.0.2.{number}")
        paths.append(folder / f"{NAME}-{number}.dcm")
        dataset.save_as(paths[-1])
    # Pixels that are too few, and a header that ends in the middle.
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.826.0.2.9")
    dataset.PixelData = dataset.PixelData[:100]
    dataset.Rows = 3000
    paths.append(folder / f"{NAME}-9.dcm")
    dataset.save_as(paths[-1])
    return paths


def test_a_planted_name_is_nowhere_in_the_log(tmp_path: Path) -> None:
    paths = planted(tmp_path / "send")
    study, series = (str(pydicom.dcmread(paths[0])[key].value) for key in ("StudyInstanceUID", "SeriesInstanceUID"))
    worklist = tmp_path / "worklist"
    worklist.mkdir()
    (worklist / f"{NAME}.json").write_text('{"00100010": {"vr": "PN", "Value": [{"Alphabetic": "PLANTED"')
    (worklist / f"{NAME}.dcm").write_bytes(paths[0].read_bytes()[:300])
    log = tmp_path / "log.json"
    config = tmp_path / "site.toml"
    config.write_text(f"[log]\nlevel = 'debug'\nfile = '{log}'\n[worklist]\nfolder = '{worklist}'\n")
    archive = tmp_path / "archive"
    with served(archive, "--config", str(config)) as server:
        server.send(paths)
        keys = ["-k", f"PatientName={NAME}*", "-k", f"StudyDate={NAME}"]
        for words in (
            ["findscu", "-S", "-k", "QueryRetrieveLevel=STUDY", *keys],
            ["findscu", "-W", *keys],
            ["movescu", "-S", "-aem", NAME, "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}"],
            ["getscu", "-S", "-od", str(tmp_path), "-k", "QueryRetrieveLevel=STUDY", "-k", f"PatientName={NAME}"],
        ):
            command = [require(words[0]), *words[1:], *server.to]
            subprocess.run(command, check=False, timeout=60, capture_output=True)
        with httpx.Client(timeout=60) as web:
            address = (archive / "workstation.url").read_text().strip()
            assert web.get(address).status_code == 303
            base = re.sub(r"/\?.*", "", address)
            assert NAME in web.get(f"{base}/api/studies").text
            for place in (
                f"/dicom-web/studies?PatientName={NAME}",
                f"/dicom-web/studies?{NAME}=1",
                f"/dicom-web/studies/{study}/rendered",
                f"/api/series/{series}/stacks",
                f"/api/volumes/{series}.0",
                f"/dicom-web/studies/{study}/series/{series}/instances/1.2.826.0.2.9/frames/1",
                f"/api/tags/1.2.826.0.2.9?{NAME}",
                f"/{NAME}",
            ):
                web.get(f"{base}{place}")
        server.process.terminate()
        assert server.process.wait(20) == 0
        server.join()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert any("objects stored" in line["message"] for line in lines)
    assert any("worklist" in line["message"] for line in lines)
    assert NAME not in log.read_text()
    assert NAME not in server.said()


def test_words_of_others_and_warnings_are_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(NAME)

    with warnings.catch_warnings(), logging_to(None, "debug") as handler:
        warnings.simplefilter("always")
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream := io.StringIO())
        logging.getLogger("pydicom").warning(NAME)
        logging.getLogger("pydicom").error(NAME)
        warnings.warn(NAME, stacklevel=1)
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        logging.getLogger("hounsfield.network").debug("said")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["logger"], line["level"]) for line in lines] == [
        ("pydicom", "error"),
        ("hounsfield.operation", "error"),
        ("hounsfield.network", "debug"),
    ]
    assert lines[1]["exception"] == "ValueError"
    assert lines[1]["place"].startswith("test_logs.py:")
    assert NAME not in stream.getvalue() + "".join(capfd.readouterr())


def test_a_log_file_that_was_renamed_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    with logging_to(str(path), "info"):
        logging.getLogger("hounsfield.a").info("one")
        path.rename(tmp_path / "log.1")
        logging.getLogger("hounsfield.a").info("two")
    assert [json.loads(file.read_text())["message"] for file in (tmp_path / "log.1", path)] == ["one", "two"]
