"""The longest PDU: what is announced, what is sent, and what is refused."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from pydicom import dcmread

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.errors import UsageError
from hounsfield.network.storage.receiving import Bounds
from hounsfield.operation import read_configuration
from tests.network.provider.site import archive
from tests.network.storage.peers import foreign, free_port
from tests.network.storage.test_interop import data_set
from tests.programs import require

DATA = Path(__file__).parents[1] / "data" / "pydicom"
MR = DATA / "MR_small.dcm"


def test_echoscu_and_storescu_see_what_is_announced(tmp_path: Path) -> None:
    with archive(tmp_path, [MR], bounds=Bounds(max_length=20_000)) as provider:
        for program, *files in (("echoscu",), ("storescu", str(MR))):
            command = [require(program), "-d", "-aec", "HERE", "127.0.0.1", str(provider.port), *files]
            said = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
            assert re.search(r"Their Max PDU Receive Size:\s+20000", said.stdout + said.stderr)
    # DCMTK does not send what pads the file.
    assert dcmread(tmp_path / "inbox" / f"{dcmread(MR).SOPInstanceUID}.dcm").PixelData == dcmread(MR).PixelData


def test_storescp_sees_what_is_announced_and_short_pdus(tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out"
    out.mkdir()
    log = tmp_path / "log"
    command = f"exec {require('storescp')} -d +B -od {out} {port} > {log} 2>&1"
    with foreign(["/bin/sh", "-c", command], port):
        (sent,) = hu.Peer(f"ANY@127.0.0.1:{port}", max_pdu=4096).send(MR)
    assert sent.ok
    said = log.read_text("utf-8")
    assert re.search(r"Their Max PDU Receive Size:\s+4096", said)
    (path,) = out.iterdir()
    assert data_set(path) == data_set(MR)


def test_what_comes_is_no_longer_than_was_announced(tmp_path: Path) -> None:
    """An archive that takes long ones sends short ones to whom wants that."""
    with archive(tmp_path / "here", [MR]) as provider:
        peer = hu.Peer(f"HERE@127.0.0.1:{provider.port}", max_pdu=4096)
        assert peer.retrieve(next(peer.find()), into=tmp_path / "got").completed == 1
    assert data_set(next((tmp_path / "got").glob("*.dcm"))) == data_set(MR)


@pytest.mark.parametrize("length", [0, -1, 4095, (1 << 27) + 1])
def test_no_length_that_cannot_be(tmp_path: Path, length: int) -> None:
    with pytest.raises(UsageError, match="no PDU"):
        hu.Peer("A@127.0.0.1", max_pdu=length)
    assert main(["receive", "-o", str(tmp_path / "in"), "--port", "0", "--max-pdu", str(length)]) == 2
    (tmp_path / "site.toml").write_text(f"[dimse]\nmax_pdu = {length}\n")
    with pytest.raises(UsageError, match="no PDU"):
        read_configuration(tmp_path / "site.toml")


def test_the_configuration_says_it(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("[dimse]\nmax_pdu = 65536\n")
    assert read_configuration(tmp_path / "site.toml").site.bounds.max_length == 65536
    assert read_configuration(None).site.bounds.max_length == 1 << 20
