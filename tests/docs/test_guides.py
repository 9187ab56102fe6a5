"""The guides to an archive, command by command, with DCMTK and Orthanc at the other end.

Blocks of `sh` are run by bash in one folder, one after the other. Hosts of the page are this machine, and its ports are
others that are free. What serves runs on; blocks of TOML and JSON are the files that the page names before them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import dcmread

import hounsfield as hu
from tests.network.archives import orthanc
from tests.network.storage.peers import free_port
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "pydicom"
BLOCK = re.compile(r"^```(sh|toml|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Guide:
    """A page whose commands are run."""

    def __init__(self, name: str, folder: Path, places: Mapping[str, str]) -> None:
        text = (ROOT / "docs" / "how-to" / name).read_text("utf-8")
        for said, meant in places.items():
            assert said in text, said
            text = text.replace(said, meant)
        self._blocks = BLOCK.findall(text)
        self.folder = folder
        # Programs of DCMTK, not those that pynetdicom installs with the same names.
        self._path = folder / "bin"
        self._path.mkdir()
        for program in ("echoscu", "storescu", "findscu"):
            (self._path / program).symlink_to(require(program))
        ours = self._path / "hu"
        ours.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hounsfield "$@"\n')
        ours.chmod(0o755)
        self.serving: list[subprocess.Popen[bytes]] = []

    def block(self, kind: str, number: int) -> str:
        """Give one of the blocks of a kind."""
        return str([content for found, content in self._blocks if found == kind][number])

    def run(self) -> list[str]:
        """Run every command; give what each block printed."""
        said = []
        for kind, content in self._blocks:
            if kind != "sh":
                continue
            if "hu serve" in content and "--check" not in content:
                self._serve(content)
                continue
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", content],
                cwd=self.folder,
                env=self._environment(),
                check=False,
                timeout=300,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert done.returncode == 0, f"{content}\n{done.stdout}"
            said.append(done.stdout)
        return said

    def _serve(self, command: str) -> None:
        log = self.folder / "serve.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env=self._environment(),
                stdout=output,
                stderr=output,
            )
        self.serving.append(process)
        until = time.monotonic() + 60
        while b"Ctrl-C ends" not in log.read_bytes():
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until, "it does not start"
            time.sleep(0.05)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self._path}{os.pathsep}{os.environ['PATH']}"}


@contextmanager
def guide(name: str, folder: Path, places: Mapping[str, str]) -> Iterator[Guide]:
    made = Guide(name, folder, places)
    try:
        yield made
    finally:
        for process in made.serving:
            process.terminate()
            assert process.wait(30) == 0


def test_a_small_clinic(tmp_path: Path) -> None:
    port = str(free_port())
    places = {
        'host = "0.0.0.0"': 'host = "127.0.0.1"\n',
        "10.0.0.5": "127.0.0.1",
        "10.0.0.21": "127.0.0.1",
        "10.0.0.30": "127.0.0.1",
        "11112": port,
        "[dimse]": "[web]\nenabled = false\n[dimse]",
    }
    with guide("clinic-archive.md", tmp_path, places) as page:
        (tmp_path / "site.toml").write_text(page.block("toml", 0))
        (tmp_path / "item.json").write_text(page.block("json", 0))
        (tmp_path / "exam").mkdir()
        for name in ("CT_small.dcm", "MR_small.dcm"):
            shutil.copy(DATA / name, tmp_path / "exam")
        said = page.run()
    assert "sound" in said[0]
    assert "DOE^JANE" in next(one for one in said if "ScheduledProcedureStep" in one)
    came = {str(dcmread(path).SOPInstanceUID): dcmread(path).PixelData for path in (tmp_path / "inbox").glob("*.dcm")}
    sent = {str(dcmread(path).SOPInstanceUID): dcmread(path).PixelData for path in (tmp_path / "exam").iterdir()}
    assert came == sent
    with hu.Archive(tmp_path / "backup") as copy:
        assert copy.stats()["instances"] == 2


def test_a_research_bridge(tmp_path: Path) -> None:
    port = str(free_port())
    with orthanc(tmp_path / "orthanc") as (theirs, web):
        places = {
            'host = "0.0.0.0"': 'host = "127.0.0.1"\n',
            "PACS@10.0.0.5": "PACS@127.0.0.1",
            "RESEARCH@10.1.0.5:11112": f"ORTHANC@127.0.0.1:{theirs}",
            "11112": port,
        }
        with guide("research-bridge.md", tmp_path, places) as page:
            (tmp_path / "bridge.toml").write_text(page.block("toml", 0))
            serving = Guide._serve

            def arrive(self: Guide, command: str) -> None:
                serving(self, command)
                place = ["-aet", "PACS", "-aec", "BRIDGE", "127.0.0.1", port]
                paths = [str(DATA / name) for name in ("CT_small.dcm", "MR_small.dcm")]
                subprocess.run([require("storescu"), *place, *paths], check=True, timeout=60)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Guide, "_serve", arrive)
                page.run()
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/instances", timeout=30) as said:
            (instance,) = json.loads(said.read())
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/instances/{instance}/file", timeout=30) as said:
            (tmp_path / "there.dcm").write_bytes(said.read())
    there, sent = dcmread(tmp_path / "there.dcm"), dcmread(DATA / "CT_small.dcm")
    assert there.PixelData == sent.PixelData
    assert there.PatientIdentityRemoved == "YES"
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert there[keyword].value != sent[keyword].value
    # The originals are still on the bridge.
    with hu.Archive(tmp_path / "incoming") as archive:
        assert archive.stats()["instances"] == 2
