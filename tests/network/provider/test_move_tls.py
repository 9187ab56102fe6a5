"""C-MOVE to destinations that are reached by TLS: DCMTK asks, and receives by TLS."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pydicom import dcmread

import hounsfield as hu
from hounsfield.errors import PeerError
from hounsfield.network.address import Address
from hounsfield.network.provider.site import KnownPeer
from hounsfield.operation import Service, read_configuration
from tests.authority import identity, write
from tests.network.provider.site import archive
from tests.network.storage.peers import foreign, free_port
from tests.network.storage.test_interop import data_set
from tests.programs import require

DATA = Path(__file__).parents[2] / "data" / "pydicom"
MR = DATA / "MR_small.dcm"
STUDY = str(dcmread(MR).StudyInstanceUID)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, tuple[str, str]]:
    found = {"authority": write(tmp_path, "authority", identity("authority", kind="authority", issuers=()))}
    for name in ("server", "client"):
        found[name] = write(tmp_path, name, identity(name))
    found["stranger"] = write(tmp_path, "stranger", identity("stranger", issuers=()))
    return found


def storescp(keys: dict[str, tuple[str, str]], who: str, out: Path, port: int) -> list[str]:
    out.mkdir()
    certificates = ["+tls", *keys[who], "+cf", keys["authority"][1]]
    return [require("storescp"), *certificates, "+B", "-od", str(out), str(port)]


def moved(port: int) -> str:
    """Let movescu ask, which speaks no TLS itself in DCMTK 3.6, and give what it says."""
    words = ["-v", "-aec", "HERE", "-aem", "DEST", "-S", "127.0.0.1", str(port)]
    asked = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"]
    done = subprocess.run([require("movescu"), *words, *asked], check=False, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def test_movescu_to_storescp(tmp_path: Path, keys: dict[str, tuple[str, str]]) -> None:
    to, (key, certificate) = free_port(), keys["server"]
    own = hu.Tls(certificate, key, keys["authority"][1], name="-")
    peers = (
        KnownPeer(Address("DEST", "127.0.0.1", to), tls=own),
        KnownPeer(Address("MOVESCU", "127.0.0.1", 1)),
    )
    with archive(tmp_path / "here", [MR], peers=peers) as provider:
        # Nobody is there.
        assert "OutOfResourcesSubOperations" in moved(provider.port)
        with foreign(storescp(keys, "client", tmp_path / "out", to), to):
            assert "Success" in moved(provider.port)
        (came,) = (tmp_path / "out").iterdir()
        assert data_set(came) == data_set(MR)
        # Somebody else is there, for whom no authority vouches: no byte of a patient goes there.
        with foreign(storescp(keys, "stranger", tmp_path / "wrong", to), to):
            assert "OutOfResourcesSubOperations" in moved(provider.port)
        assert list((tmp_path / "wrong").iterdir()) == []
        # Whoever speaks plain text there gets nothing either.
        (tmp_path / "plain").mkdir()
        with foreign([require("storescp"), "-od", str(tmp_path / "plain"), str(to)], to):
            assert "OutOfResourcesSubOperations" in moved(provider.port)
        assert list((tmp_path / "plain").iterdir()) == []


@pytest.mark.parametrize("listen", [True, False])
def test_by_the_configuration(tmp_path: Path, keys: dict[str, tuple[str, str]], *, listen: bool) -> None:
    to, (key, certificate) = free_port(), keys["server"]
    (tmp_path / "site.toml").write_text(
        f'[web]\nenabled = false\n[dimse]\nport = 0\n[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
        f'authorities = "{keys["authority"][1]}"\nlisten = {str(listen).lower()}\n'
        f'[[peers]]\naddress = "DEST@127.0.0.1:{to}"\ntls = true\ntls_name = "client"\n'
        '[[peers]]\naddress = "ME@127.0.0.1:1"\n'
    )
    mine, certificate = keys["client"]
    tls = hu.Tls(certificate, mine, keys["authority"][1], name="-") if listen else None
    with Service(tmp_path / "archive", read_configuration(tmp_path / "site.toml")) as service:
        peer = hu.Peer(f"HOUNSFIELD@127.0.0.1:{service.provider.port}", calling="ME", tls=tls)
        assert next(iter(peer.send(MR))).ok
        with foreign(storescp(keys, "client", tmp_path / "out", to), to):
            result = peer.retrieve(STUDY, to="DEST", via="move")
        (came,) = (tmp_path / "out").iterdir()
        assert (result.completed, data_set(came)) == (1, data_set(MR))
        if listen:
            with pytest.raises(PeerError):
                hu.Peer(f"HOUNSFIELD@127.0.0.1:{service.provider.port}", calling="ME", timeout=5).echo()
