"""Storage commitment in both roles, with Orthanc and with ourselves at the other end."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

import pytest
from pydicom import dcmread

import hounsfield as hu
from hounsfield.errors import PeerError
from hounsfield.network.address import Address
from hounsfield.network.provider.site import KnownPeer
from tests.network.archives import dcmqrscp, fill, orthanc
from tests.network.provider.site import archive
from tests.network.storage.peers import free_port

DATA = Path(__file__).parents[2] / "data" / "pydicom"
CT, MR = DATA / "CT_small.dcm", DATA / "MR_small.dcm"
UIDS = {path: str(dcmread(path).SOPInstanceUID) for path in (CT, MR)}


def test_on_the_same_association(tmp_path: Path) -> None:
    with archive(tmp_path, [CT]) as provider:
        peer = hu.Peer(f"HERE@127.0.0.1:{provider.port}")
        told = peer.commit(CT)
        assert (told.ok, told.committed) == (True, (UIDS[CT],))
        told = peer.commit([CT, MR])
        assert told.committed == (UIDS[CT],)
        assert told.failed == {UIDS[MR]: "the device does not have it"}


def test_orthanc_reports_on_an_association_of_its_own(tmp_path: Path) -> None:
    port = free_port()
    with orthanc(tmp_path / "orthanc", {"HOUNSFIELD": port}) as (theirs, _):
        fill("ORTHANC", theirs, CT)
        told = hu.Peer(f"ORTHANC@127.0.0.1:{theirs}").commit([CT, MR], port=port, wait=20)
    assert told.committed == (UIDS[CT],)
    assert told.failed == {UIDS[MR]: "the device does not have it"}


def test_orthanc_asks_and_is_told(tmp_path: Path) -> None:
    port = free_port()

    def ask(web: int, path: str, body: object = None) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{web}{path}", data, timeout=30) as said:
            return dict(json.loads(said.read()))

    with orthanc(tmp_path / "orthanc", {"HERE": port}) as (theirs, web):
        peers = (KnownPeer(Address("ORTHANC", "127.0.0.1", theirs)),)
        with archive(tmp_path / "here", [CT], peers=peers, port=port):
            objects = [[str(dcmread(path).SOPClassUID), uid] for path, uid in UIDS.items()]
            transaction = ask(web, "/modalities/HERE/storage-commitment", {"DicomInstances": objects})["ID"]
            deadline = time.monotonic() + 20
            while (told := ask(web, f"/storage-commitment/{transaction}"))["Status"] == "Pending":
                assert time.monotonic() < deadline, "no report"
                time.sleep(0.1)
    assert told["Status"] == "Failure"
    assert [one["SOPInstanceUID"] for one in told["Success"]] == [UIDS[CT]]  # type: ignore[attr-defined]
    assert [one["SOPInstanceUID"] for one in told["Failures"]] == [UIDS[MR]]  # type: ignore[attr-defined]


def test_a_peer_that_does_not_commit(tmp_path: Path) -> None:
    with dcmqrscp(tmp_path) as port, pytest.raises(PeerError, match=r"Storage Commitment .* not supported"):
        hu.Peer(f"PACS@127.0.0.1:{port}").commit(CT)
