"""Queries to DCMTK's archive and worklist server, to Orthanc and to pynetdicom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydicom import Dataset, dcmread
from pynetdicom import AE, evt

import hounsfield as hu
from hounsfield.errors import PeerError, UsageError
from hounsfield.network.user.query import PATIENT_ROOT, STUDY_ROOT
from tests.network.archives import dcmqrscp, fill, orthanc, worklists
from tests.network.storage.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[2] / "data" / "pydicom"
CT, MR = DATA / "CT_small.dcm", DATA / "MR_small.dcm"
ITEM = """
(0008,0050) SH [A{number}]
(0010,0010) PN [DOE^JANE]
(0010,0020) LO [P{number}]
(0020,000d) UI [1.2.3.{number}]
(0040,1001) SH [R{number}]
(0032,1060) LO [Head]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [{modality}]
(0040,0001) AE [CT01]
(0040,0002) DA [20260102]
(0040,0003) TM [0815]
(0040,0009) SH [S{number}]
(fffe,e00d) -
(fffe,e0dd) -
"""


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with dcmqrscp(tmp_path_factory.mktemp("pacs")) as port:
        fill("PACS", port, CT, MR)
        yield port


def test_echo(pacs: int) -> None:
    with hu.Peer(f"PACS@127.0.0.1:{pacs}") as peer:
        assert 0 < peer.echo() < 60


def test_studies(pacs: int) -> None:
    with hu.Peer(f"PACS@127.0.0.1:{pacs}") as peer:
        found = {str(one.PatientID): one for one in peer.find()}
        wanted = {str(one.PatientID): one for one in map(dcmread, (CT, MR))}
        assert found.keys() == wanted.keys()
        assert all(found[key].StudyInstanceUID == wanted[key].StudyInstanceUID for key in wanted)
        assert [one.PatientID for one in peer.find(PatientID="1CT1")] == ["1CT1"]
        assert [one.PatientID for one in peer.find(PatientName="CompressedSamples^C*")] == ["1CT1"]
        assert [one.PatientID for one in peer.find(StudyDate="20040201-20041231")] == ["4MR1"]
        assert [one.PatientID for one in peer.find(StudyDate="-20040201")] == ["1CT1"]
        assert list(peer.find(PatientID="nobody")) == []


def test_every_level(pacs: int) -> None:
    wanted = dcmread(CT)
    study, series = str(wanted.StudyInstanceUID), str(wanted.SeriesInstanceUID)
    with hu.Peer(f"PACS@127.0.0.1:{pacs}") as peer:
        assert {one.PatientID for one in peer.find(level="patient")} == {"1CT1", "4MR1"}
        assert [one.SeriesInstanceUID for one in peer.find(level="series", StudyInstanceUID=study)] == [series]
        (image,) = peer.find(level="image", StudyInstanceUID=study, SeriesInstanceUID=series)
        assert image.SOPInstanceUID == wanted.SOPInstanceUID


def test_a_query_inside_a_query(pacs: int) -> None:
    with hu.Peer(f"PACS@127.0.0.1:{pacs}") as peer:
        listed = [
            series.Modality
            for study in peer.find()
            for series in peer.find(level="series", StudyInstanceUID=study.StudyInstanceUID)
        ]
    assert sorted(listed) == ["CT", "MR"]


def test_a_peer_that_does_not_know_the_title(pacs: int) -> None:
    with pytest.raises(PeerError, match="does not know the called AE title") as raised:
        hu.Peer(f"NOBODY@127.0.0.1:{pacs}").echo()
    assert raised.value.code == "rejected"


def test_a_peer_without_the_service(pacs: int) -> None:
    with pytest.raises(PeerError, match=r"Modality Worklist .* SOP class is not supported"):
        list(hu.Peer(f"PACS@127.0.0.1:{pacs}").worklist())


def test_nobody_there() -> None:
    with pytest.raises(PeerError, match="no connection"):
        hu.Peer(f"PACS@127.0.0.1:{free_port()}").echo()


def test_wrong_keys(pacs: int) -> None:
    peer = hu.Peer(f"PACS@127.0.0.1:{pacs}")
    with pytest.raises(UsageError, match="no attribute"):
        list(peer.find(PatientNumber="1"))
    with pytest.raises(UsageError, match="no value of Rows"):
        list(peer.find(level="image", Rows="many"))


def test_worklist(tmp_path: Path) -> None:
    items = [ITEM.format(number=1, modality="CT"), ITEM.format(number=2, modality="MR")]
    with worklists(tmp_path / "wl", items) as port, hu.Peer(f"WL@127.0.0.1:{port}") as peer:
        assert {str(one.PatientID) for one in peer.worklist()} == {"P1", "P2"}
        (item,) = peer.worklist(Modality="CT", ScheduledProcedureStepStartDate="20260101-20260103")
        assert (item.PatientID, item.ScheduledProcedureStepSequence[0].Modality) == ("P1", "CT")


def test_orthanc(tmp_path: Path) -> None:
    with orthanc(tmp_path / "orthanc") as (port, _), hu.Peer(f"ORTHANC@127.0.0.1:{port}") as peer:
        fill("ORTHANC", port, CT, MR)
        assert peer.echo() > 0
        assert {str(one.PatientID) for one in peer.find(ModalitiesInStudy="CT")} == {"1CT1"}
        (study,) = peer.find(PatientID="4MR1")
        assert study.NumberOfStudyRelatedInstances == 1


def test_extended_negotiation_and_a_refusal() -> None:
    """pynetdicom as the peer shows what was asked for, and can refuse."""
    seen: list[bytes] = []

    def negotiate(event: Any) -> dict[str, bytes]:
        seen.extend(event.app_info.values())
        return dict(event.app_info)

    def answer(_: Any) -> Iterator[tuple[int | Dataset, None]]:
        refusal = Dataset()
        refusal.Status, refusal.ErrorComment = 0xA700, "come back later"
        yield refusal, None

    entity = AE("PEER")
    entity.add_supported_context(STUDY_ROOT)
    entity.add_supported_context(PATIENT_ROOT)
    handlers: list[Any] = [(evt.EVT_SOP_EXTENDED, negotiate), (evt.EVT_C_FIND, answer)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    assert server is not None
    try:
        peer = hu.Peer(f"PEER@127.0.0.1:{server.server_address[1]}")
        with peer, pytest.raises(PeerError, match=r"out of resources \(A700\): come back later"):
            list(peer.find(relational=True, fuzzy=True))
    finally:
        server.shutdown()
    assert seen == [b"\1\1\1\0"]


def test_stopping_early_cancels(pacs: int) -> None:
    with hu.Peer(f"PACS@127.0.0.1:{pacs}") as peer:
        answers: Any = peer.find()
        assert next(answers).PatientID
        answers.close()
        # The association is used again.
        assert len(list(peer.find())) == 2
