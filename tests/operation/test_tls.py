"""`hu serve` by TLS with certificates of both sides: DCMTK, pynetdicom and Orthanc at the other end."""

from __future__ import annotations

import json
import ssl
import subprocess
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydicom import Dataset, dcmread

import hounsfield as hu
from hounsfield.operation import Service, read_configuration
from tests.authority import identity, write
from tests.network.archives import orthanc
from tests.network.storage.peers import free_port
from tests.network.storage.test_interop import data_set
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data" / "pydicom"
CT, MR = DATA / "CT_small.dcm", DATA / "MR_small.dcm"
Keys = dict[str, tuple[str, str]]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    found = {"authority": write(tmp_path, "authority", identity("authority", kind="authority", issuers=()))}
    for name in ("server", "client"):
        found[name] = write(tmp_path, name, identity(name))
    return found


@contextmanager
def serving(folder: Path, keys: Keys, *peers: str, port: int = 0) -> Iterator[Service]:
    """An archive that lets in whom the authority vouches for."""
    key, certificate = keys["server"]
    config = folder / "site.toml"
    config.write_text(
        f'[web]\nenabled = false\n[dimse]\nport = {port}\n[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
        f'authorities = "{keys["authority"][1]}"\n' + "".join(f"[[peers]]\n{peer}\n" for peer in peers)
    )
    with Service(folder / "archive", read_configuration(config)) as running:
        yield running


def test_echoscu_storescu_and_findscu(tmp_path: Path, keys: Keys) -> None:
    with serving(tmp_path, keys) as service:
        words = ["+tls", *keys["client"], "+cf", keys["authority"][1], "-aec", "HOUNSFIELD", "127.0.0.1"]
        where = [*words, str(service.provider.port)]
        subprocess.run([require("echoscu"), *where], check=True, timeout=30)
        subprocess.run([require("storescu"), *where, str(MR)], check=True, timeout=30)
        asked = ["-S", "-v", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID"]
        done = subprocess.run(
            [require("findscu"), *asked, *where], check=True, timeout=30, capture_output=True, text=True
        )
        assert "4MR1" in done.stdout + done.stderr
        # In plain text there is nothing.
        plain = ["-aec", "HOUNSFIELD", "127.0.0.1", str(service.provider.port)]
        assert subprocess.run([require("echoscu"), *plain], check=False, timeout=60).returncode != 0


def test_pynetdicom(tmp_path: Path, keys: Keys) -> None:
    from pynetdicom import AE, build_role, evt
    from pynetdicom.sop_class import (  # type: ignore[attr-defined]
        MRImageStorage,
        StudyRootQueryRetrieveInformationModelFind,
        StudyRootQueryRetrieveInformationModelGet,
    )

    came: list[bytes] = []

    def take(event: Any) -> int:
        came.append(event.request.DataSet.getvalue())
        return 0x0000

    key, certificate = keys["client"]
    context = ssl.create_default_context(cafile=keys["authority"][1])
    context.load_cert_chain(certificate, key)
    context.check_hostname = False
    entity = AE("THEIRS")
    syntax = dcmread(MR).file_meta.TransferSyntaxUID
    entity.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    entity.add_requested_context(StudyRootQueryRetrieveInformationModelGet)
    entity.add_requested_context(MRImageStorage, syntax)
    with serving(tmp_path, keys) as service:
        found = entity.associate(
            "127.0.0.1",
            service.provider.port,
            ae_title="HOUNSFIELD",
            tls_args=(context, "127.0.0.1"),
            ext_neg=[build_role(MRImageStorage, scu_role=True, scp_role=True)],
            evt_handlers=[(evt.EVT_C_STORE, take)],
        )
        assert found.is_established
        assert found.send_c_store(str(MR)).Status == 0
        asked = Dataset()
        asked.QueryRetrieveLevel, asked.PatientID, asked.StudyInstanceUID = "STUDY", "4MR*", ""
        answers = [one for status, one in found.send_c_find(asked, StudyRootQueryRetrieveInformationModelFind) if one]
        assert [one.StudyInstanceUID for one in answers] == [dcmread(MR).StudyInstanceUID]
        wanted = Dataset()
        wanted.QueryRetrieveLevel, wanted.StudyInstanceUID = "STUDY", answers[0].StudyInstanceUID
        statuses = [one.Status for one, _ in found.send_c_get(wanted, StudyRootQueryRetrieveInformationModelGet)]
        found.release()
    assert statuses[-1] == 0
    assert came == [data_set(MR)]


def test_orthanc_both_ways(tmp_path: Path, keys: Keys) -> None:
    def ask(web: int, path: str, body: object) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{web}{path}", json.dumps(body).encode(), timeout=60) as said:
            return dict(json.loads(said.read()))

    port = free_port()
    key, certificate = keys["client"]
    settings = {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": certificate,
        "DicomTlsPrivateKey": key,
        "DicomTlsTrustedCertificates": keys["authority"][1],
        "DicomTlsRemoteCertificateRequired": True,
        "DicomModalities": {
            "HERE": {"AET": "HOUNSFIELD", "Host": "127.0.0.1", "Port": port, "UseDicomTls": True},
        },
    }
    tls = hu.Tls(certificate, key, keys["authority"][1], name="-")
    with orthanc(tmp_path / "orthanc", more=settings) as (theirs, web):
        peer = f'address = "ORTHANC@127.0.0.1:{theirs}"\ntls = true\ntls_name = "-"'
        with serving(tmp_path, keys, peer, port=port):
            there = hu.Peer(f"ORTHANC@127.0.0.1:{theirs}", tls=tls)
            assert [one.reason for one in there.send([CT, MR])] == ["", ""]
            assert {str(one.PatientID) for one in there.find()} == {"1CT1", "4MR1"}
            # What Orthanc sends to us, it finds here, and has moved back over a third connection.
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/instances", timeout=30) as said:
                instances = json.loads(said.read())
            assert ask(web, "/modalities/HERE/store", instances)["FailedInstancesCount"] == 0
            for one in instances:
                request = urllib.request.Request(f"http://127.0.0.1:{web}/instances/{one}", method="DELETE")
                urllib.request.urlopen(request, timeout=30).close()
            query = ask(web, "/modalities/HERE/query", {"Level": "Study", "Query": {"PatientID": "4MR1"}})
            ask(web, f"/queries/{query['ID']}/retrieve", {"TargetAet": "ORTHANC"})
            (back,) = there.find()
            assert back.PatientID == "4MR1"
