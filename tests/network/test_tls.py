"""TLS with DCMTK and with ourselves at the other end: certificates of both sides, and what can be wrong with them."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import dcmread

import hounsfield as hu
from hounsfield.errors import PeerError
from hounsfield.network.provider.provider import Provider
from hounsfield.network.provider.site import Site
from hounsfield.network.storage.inbox import Inbox
from hounsfield.testing.pdus import VERIFICATION, request
from tests.authority import identity, write
from tests.network.storage.peers import foreign, free_port
from tests.network.storage.test_interop import data_set
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data" / "pydicom"
CT, MR = DATA / "CT_small.dcm", DATA / "MR_small.dcm"


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, tuple[str, str]]:
    found = {"authority": write(tmp_path, "authority", identity("authority", kind="authority", issuers=()))}
    for name in ("server", "client"):
        found[name] = write(tmp_path, name, identity(name))
    found["stranger"] = write(tmp_path, "stranger", identity("stranger", issuers=()))
    return found


def tls(keys: dict[str, tuple[str, str]], who: str, *, authorities: str = "authority") -> hu.Tls:
    key, certificate = keys[who]
    return hu.Tls(certificate, key, keys[authorities][1], name="-")


@pytest.fixture
def port(tmp_path: Path, keys: dict[str, tuple[str, str]]) -> Iterator[int]:
    site = Site(port=0, any_title=True, tls=tls(keys, "server"), request_time=5)
    with Provider(site, keeper=Inbox(tmp_path / "in")) as provider:
        yield provider.port


def test_ours_to_ours(port: int, keys: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    with hu.Peer(f"ANY@127.0.0.1:{port}", tls=tls(keys, "client")) as peer:
        assert peer.echo() > 0
        assert [one.reason for one in peer.send([CT, MR])] == ["", ""]
    for path in (CT, MR):
        assert data_set(tmp_path / "in" / f"{dcmread(path).SOPInstanceUID}.dcm") == data_set(path)


def test_storescu_to_ours(port: int, keys: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    certificates = ["+tls", *keys["client"], "+cf", keys["authority"][1]]
    subprocess.run([require("storescu"), *certificates, "127.0.0.1", str(port), str(CT)], check=True, timeout=30)
    assert (tmp_path / "in" / f"{dcmread(CT).SOPInstanceUID}.dcm").exists()
    # A certificate that nobody vouches for is refused.
    certificates = ["+tls", *keys["stranger"], "+cf", keys["authority"][1]]
    done = subprocess.run([require("echoscu"), *certificates, "127.0.0.1", str(port)], check=False, timeout=30)
    assert done.returncode != 0


def test_ours_to_storescp(keys: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    port = free_port()
    out = tmp_path / "out"
    out.mkdir()
    command = [require("storescp"), "+tls", *keys["server"], "+cf", keys["authority"][1], "-od", str(out), str(port)]
    with foreign(command, port):
        peer = hu.Peer(f"ANY@127.0.0.1:{port}", tls=tls(keys, "client"), timeout=20)
        assert [one.reason for one in peer.send(CT)] == [""]
        with pytest.raises(PeerError, match="not trusted"):
            hu.Peer(f"ANY@127.0.0.1:{port}", tls=tls(keys, "client", authorities="stranger")).echo()
    assert len(list(out.iterdir())) == 1


def test_plain_text_and_nobody_known(port: int, keys: dict[str, tuple[str, str]]) -> None:
    with pytest.raises(PeerError, match=r"TLS|closed"):
        hu.Peer(f"ANY@127.0.0.1:{port}", timeout=10).echo()
    with pytest.raises(PeerError):
        hu.Peer(f"ANY@127.0.0.1:{port}", tls=tls(keys, "stranger"), timeout=10).echo()
    with pytest.raises(PeerError):
        # Without any certificate.
        hu.Peer(f"ANY@127.0.0.1:{port}", tls=hu.Tls(authorities=keys["authority"][1], name="-"), timeout=10).echo()
    # All of this does not keep others from being served.
    assert hu.Peer(f"ANY@127.0.0.1:{port}", tls=tls(keys, "client")).echo() > 0


def test_tls_to_a_port_of_plain_text(tmp_path: Path, keys: dict[str, tuple[str, str]]) -> None:
    with Provider(Site(port=0, any_title=True, request_time=5), keeper=Inbox(tmp_path / "plain")) as provider:
        with pytest.raises(PeerError, match="no TLS"):
            hu.Peer(f"ANY@127.0.0.1:{provider.port}", tls=tls(keys, "client"), timeout=10).echo()
        assert hu.Peer(f"ANY@127.0.0.1:{provider.port}").echo() > 0


def test_the_name_of_the_host_is_checked(port: int, keys: dict[str, tuple[str, str]]) -> None:
    key, certificate = keys["client"]
    with pytest.raises(PeerError, match=r"not trusted|not valid"):
        hu.Peer(f"ANY@127.0.0.1:{port}", tls=hu.Tls(certificate, key, keys["authority"][1])).echo()


def test_dicom_in_plain_text_to_a_port_of_tls(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of DICOM is answered, and the log says why."""
    with caplog.at_level("WARNING", "hounsfield.network"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line, contextlib.suppress(ConnectionError):
            line.sendall(request([VERIFICATION], called="ANY"))
            # At most an alert of TLS comes back, which is no PDU.
            assert line.recv(1000)[:1] in (b"", b"\x15")
        until = time.monotonic() + 10
        while "was lost" not in caplog.text and time.monotonic() < until:
            time.sleep(0.02)
    assert "the connection from 127.0.0.1 was lost" in caplog.text


def test_certificates_that_are_over_or_not_yet(port: int, keys: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    for number, days in enumerate(((-10, -1), (1, 10))):
        folder = tmp_path / str(number)
        folder.mkdir()
        keys["late"] = write(folder, "late", identity("late", days=days))
        with pytest.raises(PeerError):
            hu.Peer(f"ANY@127.0.0.1:{port}", tls=tls(keys, "late"), timeout=10).echo()
    assert hu.Peer(f"ANY@127.0.0.1:{port}", tls=tls(keys, "client")).echo() > 0


def test_who_connects_and_says_nothing_keeps_nobody(port: int, keys: dict[str, tuple[str, str]]) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        assert hu.Peer(f"ANY@127.0.0.1:{port}", tls=tls(keys, "client")).echo() > 0
