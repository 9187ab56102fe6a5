"""`hu open` as a person starts and ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pydicom

from hounsfield.testing.series import chest_ct

if TYPE_CHECKING:
    from pathlib import Path


def started(*words: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hounsfield", "open", "--no-browser", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_it_prints_an_address_serves_and_ends_quietly(tmp_path: Path) -> None:
    chest_ct(tmp_path, slices=3, rows=16)
    process = started(tmp_path)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    with httpx.Client(base_url=address.partition("/?")[0]) as client:
        assert client.get(address).status_code == 303
        while client.get("/api/state").json()["state"] != "done":
            time.sleep(0.01)
        assert client.get("/api/studies").json()[0]["instances"] == 3
        with client.stream("GET", "/api/events") as events:
            # Whoever listens does not hold up the end.
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert any(line == "event: end" for line in events.iter_lines())
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - begun < 10
    assert "Traceback" not in said
    assert "ERROR" not in said
    assert process.returncode in (0, 130)


def test_archives_open_like_folders(tmp_path: Path) -> None:
    paths = chest_ct(tmp_path / "CT", slices=3, rows=16)
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, f"DICOM/{path.name}")
    process = started(tmp_path / "export.zip")
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with httpx.Client(base_url=address.partition("/?")[0]) as client:
            client.get(address)
            while client.get("/api/state").json()["state"] != "done":
                time.sleep(0.01)
            (study,) = client.get("/api/studies").json()
            uid = study["series"][0]["series_instance_uid"]
            (stack,) = client.get(f"/api/series/{uid}/stacks").json()
            files = {one.SOPInstanceUID: one.pixel_array for one in map(pydicom.dcmread, paths)}
            for frame in stack["frames"]:
                body = client.get(frame["url"]).content
                assert np.array_equal(np.frombuffer(body, "<u2").reshape(16, 16), files[frame["sop_instance_uid"]])
            instance = f"{study['study_instance_uid']}/series/{uid}/instances/{frame['sop_instance_uid']}"
            file = client.get(f"/dicom-web/studies/{instance}", headers={"Accept": "application/dicom"}).content
            assert file in [path.read_bytes() for path in paths]
            (header,) = client.get(f"/dicom-web/studies/{instance}/metadata").json()
            assert json.dumps(header)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_what_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    process = started(tmp_path / "nothing")
    out, said = process.communicate(timeout=20)
    assert (out, process.returncode) == ("", 3)
    assert "no such file or folder" in said
