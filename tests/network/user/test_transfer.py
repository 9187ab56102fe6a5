"""Sending to, retrieving from and receiving from foreign archives."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import Dataset, dcmread

import hounsfield as hu
from hounsfield.errors import PeerError, UsageError
from hounsfield.network.address import Address
from hounsfield.network.provider.provider import Provider
from hounsfield.network.provider.site import KnownPeer, Site
from hounsfield.network.storage.inbox import Inbox
from tests.network.archives import dcmqrscp, fill, orthanc
from tests.network.storage.peers import free_port
from tests.network.storage.test_interop import data_set
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.network.user.peer import Level

DATA = Path(__file__).parents[2] / "data" / "pydicom"
CT, MR, JPEG = DATA / "CT_small.dcm", DATA / "MR_small.dcm", DATA / "SC_rgb_jpeg_dcmtk.dcm"
RLE, J2K = DATA / "MR_small_RLE.dcm", DATA / "MR_small_jp2klossless.dcm"


def plain(path: str | Path) -> Dataset:
    """A data set as DCMTK writes it: without the padding at its end."""
    found = dcmread(path)
    found.pop("DataSetTrailingPadding", None)
    return found


def study(path: Path) -> str:
    return str(dcmread(path).StudyInstanceUID)


@pytest.fixture(scope="module")
def move_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory, move_port: int) -> Iterator[str]:
    with dcmqrscp(tmp_path_factory.mktemp("pacs"), {"HOUNSFIELD": move_port}) as port:
        fill("PACS", port, CT, MR)
        yield f"PACS@127.0.0.1:{port}"


def test_get(pacs: str, tmp_path: Path) -> None:
    with hu.Peer(pacs) as peer:
        for answer in peer.find(PatientID="1CT1"):
            found = peer.retrieve(answer, into=tmp_path)
    assert (found.ok, found.completed) == (True, 1)
    assert plain(found.files[0]) == plain(CT)
    assert [path.name for path in tmp_path.iterdir()] == [f"{dcmread(CT).SOPInstanceUID}.dcm"]


def test_every_level(pacs: str, tmp_path: Path) -> None:
    header = dcmread(MR)
    with hu.Peer(pacs) as peer:
        patient, whole = {"PatientID": "4MR1"}, {"StudyInstanceUID": str(header.StudyInstanceUID)}
        asked: tuple[tuple[Level, dict[str, str]], ...] = (("patient", patient), ("study", whole), ("series", whole))
        for level, wanted in asked:
            (answer,) = peer.find(wanted, level=level)
            assert peer.retrieve(answer, into=tmp_path / level).completed == 1
        keys = {name: str(header[name].value) for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")}
        assert peer.retrieve(keys, into=tmp_path / "image").completed == 1


def test_move(pacs: str, tmp_path: Path, move_port: int) -> None:
    found = hu.Peer(pacs).retrieve(study(MR), into=tmp_path, via="move", port=move_port)
    assert (found.ok, found.completed) == (True, 1)
    assert plain(found.files[0]) == plain(MR)


def test_move_to_a_destination_that_the_peer_does_not_know(pacs: str) -> None:
    with pytest.raises(PeerError, match="does not know the destination"):
        hu.Peer(pacs).retrieve(study(MR), to="NOBODY")


def test_nothing_to_retrieve(pacs: str, tmp_path: Path) -> None:
    found = hu.Peer(pacs).retrieve("1.2.3.4.5.6", into=tmp_path)
    assert (found.completed, found.files, list(tmp_path.iterdir())) == (0, [], [])
    with pytest.raises(UsageError, match="where to put"):
        hu.Peer(pacs).retrieve("1.2.3")
    with pytest.raises(UsageError, match="StudyInstanceUID must be known"):
        hu.Peer(pacs).retrieve({"SeriesInstanceUID": "1.2"}, into=tmp_path)


def test_orthanc_both_ways_keeps_syntaxes(tmp_path: Path) -> None:
    port = free_port()
    with orthanc(tmp_path / "orthanc", {"HOUNSFIELD": port}) as (theirs, _):
        peer = hu.Peer(f"ORTHANC@127.0.0.1:{theirs}")
        paths = [CT, JPEG, J2K]
        with peer:
            sent = list(peer.send(paths))
            assert [one.reason for one in sent] == ["", "", ""]
            assert not any(one.transcoded for one in sent)
            for path in paths:
                got = peer.retrieve(study(path), into=tmp_path / "get")
                moved = peer.retrieve(study(path), into=tmp_path / "move", via="move", port=port)
                assert (got.ok, moved.ok) == (True, True), (got, moved)
                for one in (*got.files, *moved.files):
                    assert dcmread(one).file_meta.TransferSyntaxUID == dcmread(path).file_meta.TransferSyntaxUID
                    assert dcmread(one).PixelData == dcmread(path).PixelData


def test_one_file_that_makes_the_peer_abort_does_not_stop_the_others(tmp_path: Path) -> None:
    with dcmqrscp(tmp_path) as port:
        sent = list(hu.Peer(f"PACS@127.0.0.1:{port}").send([CT, DATA / "MR_truncated.dcm", MR, RLE]))
    assert [Path(one.object.path).name for one in sent if not one.ok] == ["MR_truncated.dcm"]
    assert len(sent) == 4


def test_what_echoscu_and_storescu_send(tmp_path: Path) -> None:
    with Provider(Site(port=0, any_title=True), keeper=Inbox(tmp_path / "in")) as provider:
        where = ["127.0.0.1", str(provider.port)]
        subprocess.run([require("echoscu"), *where], check=True, timeout=30)
        subprocess.run([require("storescu"), *where, str(CT)], check=True, timeout=30)
        subprocess.run([require("storescu"), *where, str(MR)], check=True, timeout=30)
        subprocess.run([require("storescu"), "-xs", *where, str(CT)], check=True, timeout=30)
    kept = {path.stem: path for path in (tmp_path / "in").iterdir() if path.is_file()}
    for path in (CT, MR):
        assert plain(kept[str(dcmread(path).SOPInstanceUID)]) == plain(path)


def test_storage_among_other_services_is_kept_too(tmp_path: Path) -> None:
    """An association that proposes storage and queries goes to pynetdicom, which stores into the same inbox."""
    from pynetdicom import AE
    from pynetdicom.sop_class import CTImageStorage, StudyRootQueryRetrieveInformationModelFind  # type: ignore[attr-defined]

    entity = AE("MIXED")
    entity.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    entity.add_requested_context(CTImageStorage, dcmread(CT).file_meta.TransferSyntaxUID)
    with Provider(Site(port=0, any_title=True), keeper=Inbox(tmp_path)) as provider:
        found = entity.associate("127.0.0.1", provider.port, max_pdu=16382)
        assert found.is_established
        assert [str(one.abstract_syntax) for one in found.rejected_contexts] == [
            str(StudyRootQueryRetrieveInformationModelFind)
        ]
        assert found.send_c_store(str(CT)).Status == 0
        found.release()
    (kept,) = [path for path in tmp_path.iterdir() if path.is_file()]
    assert data_set(kept) == data_set(CT)
    assert dcmread(kept).file_meta.SourceApplicationEntityTitle == "MIXED"


def test_strangers_are_rejected(tmp_path: Path) -> None:
    known = KnownPeer(Address("FRIEND", "127.0.0.1"), frozenset({"echo"}))
    with Provider(Site("HERE", port=0, peers=(known,)), keeper=Inbox(tmp_path)) as provider:
        where = f"HERE@127.0.0.1:{provider.port}"
        assert hu.Peer(where, calling="FRIEND").echo() > 0
        with pytest.raises(PeerError, match="does not know the calling AE title"):
            hu.Peer(where, calling="STRANGER").echo()
        with pytest.raises(PeerError, match="does not know the called AE title"):
            hu.Peer(f"THERE@127.0.0.1:{provider.port}", calling="FRIEND").echo()
        (sent,) = hu.Peer(where, calling="FRIEND").send(CT)
        assert (sent.ok, sent.code) == (False, "not-accepted")


def test_not_open_to_a_network_without_saying_to_whom() -> None:
    with pytest.raises(UsageError, match="nothing says who may come"):
        Site(host="0.0.0.0")
    assert Site(host="0.0.0.0", peers=(KnownPeer(Address("A", "10.0.0.1")),)).peers
