"""Foreign programs and our own ask a provider: queries, retrievals, worklists."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import Dataset, dcmread

import hounsfield as hu
from hounsfield.errors import PeerError
from hounsfield.network.address import Address
from hounsfield.network.provider.site import KnownPeer
from tests.network.archives import orthanc
from tests.network.provider.site import archive
from tests.network.storage.peers import free_port
from tests.network.storage.test_interop import data_set
from tests.network.user.test_transfer import plain
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[2] / "data" / "pydicom"
CT, MR, JPEG = (DATA / name for name in ("CT_small.dcm", "MR_small.dcm", "SC_rgb_jpeg_dcmtk.dcm"))
STUDY = str(dcmread(CT).StudyInstanceUID)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[list[str]]:
    with archive(tmp_path / "here", [CT, MR, JPEG]) as provider:
        yield ["127.0.0.1", str(provider.port)]


def run(program: str, *words: str, timeout: float = 60) -> str:
    done = subprocess.run([require(program), *words], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stderr + done.stdout


def test_findscu(here: list[str], tmp_path: Path) -> None:
    words = ["-aec", "HERE", "-S", *here, "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID"]
    run("findscu", *words, "-k", "PatientID=1CT1", "-k", "NumberOfStudyRelatedInstances", "-X", "-od", str(tmp_path))
    (answer,) = [dcmread(path, force=True) for path in tmp_path.glob("rsp*.dcm")]
    assert (answer.StudyInstanceUID, answer.NumberOfStudyRelatedInstances) == (STUDY, 1)
    assert answer.RetrieveAETitle == "HERE"


def test_findscu_of_patients_and_of_what_may_not_be_asked(here: list[str]) -> None:
    said = run("findscu", "-aec", "HERE", "-P", *here, "-k", "QueryRetrieveLevel=PATIENT", "-k", "PatientID", "-v")
    assert "4MR1" in said
    said = run(
        "findscu", "-aec", "HERE", "-S", *here, "-k", "QueryRetrieveLevel=SERIES", "-k", "SeriesInstanceUID", "-v"
    )
    assert "DataSetDoesNotMatchSOPClass" in said


def test_getscu_gets_every_byte(here: list[str], tmp_path: Path) -> None:
    words = ["-aec", "HERE", "-S", *here, "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"]
    run("getscu", *words, "-od", str(tmp_path), "+B")
    (came,) = [path for path in tmp_path.iterdir() if path.is_file()]
    assert data_set(came) == data_set(CT)


def test_movescu(tmp_path: Path) -> None:
    port = free_port()
    peers = (KnownPeer(Address("MOVESCU", "127.0.0.1", port)),)
    out = tmp_path / "out"
    out.mkdir()
    with archive(tmp_path / "here", [CT, MR], peers=peers) as provider:
        words = ["-aec", "HERE", "-aet", "MOVESCU", "-S", "127.0.0.1", str(provider.port), "+P", str(port)]
        keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"]
        run("movescu", *words, *keys, "-od", str(out))
        (came,) = out.iterdir()
        # movescu writes lengths of its own.
        assert plain(came) == plain(CT)
        done = subprocess.run(
            [require("movescu"), *words[:-2], "-aem", "NOBODY", *keys, "-v"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "MoveDestinationUnknown" in done.stderr


def test_orthanc_queries_and_moves(tmp_path: Path) -> None:
    import urllib.request

    def ask(web: int, path: str, body: object) -> dict[str, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{web}{path}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as said:
            return dict(json.loads(said.read()))

    port = free_port()
    with orthanc(tmp_path / "orthanc", {"HERE": port}) as (theirs, web):
        peers = (KnownPeer(Address("ORTHANC", "127.0.0.1", theirs)),)
        with archive(tmp_path / "here", [CT, MR], peers=peers, port=port):
            ask(web, "/modalities/HERE/echo", {})
            query = ask(web, "/modalities/HERE/query", {"Level": "Study", "Query": {"PatientID": "4MR1"}})
            ask(web, f"/queries/{query['ID']}/retrieve", {"TargetAet": "ORTHANC"})
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/instances", timeout=30) as said:
            (instance,) = json.loads(said.read())
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/instances/{instance}/file", timeout=30) as said:
            (tmp_path / "came.dcm").write_bytes(said.read())
    came = dcmread(tmp_path / "came.dcm")
    assert came.PixelData == dcmread(MR).PixelData


def test_ours_to_ours(here: list[str], tmp_path: Path) -> None:
    with hu.Peer(f"HERE@{here[0]}:{here[1]}") as peer:
        assert {str(one.PatientID) for one in peer.find(level="patient")} >= {"1CT1", "4MR1"}
        assert len(list(peer.find(level="image", relational=True))) == 3
        with pytest.raises(PeerError, match="StudyInstanceUID must be given"):
            list(peer.find(level="series"))
        for path in (CT, JPEG):
            (came,) = peer.retrieve(str(dcmread(path).StudyInstanceUID), into=tmp_path / "came").files
            assert data_set(came) == data_set(path)


def test_what_the_peer_cannot_take_is_made_uncompressed(here: list[str], tmp_path: Path) -> None:
    words = ["-aec", "HERE", "-S", *here, "-k", "QueryRetrieveLevel=STUDY"]
    study = str(dcmread(JPEG).StudyInstanceUID)
    run("getscu", *words, "-k", f"StudyInstanceUID={study}", "-od", str(tmp_path))
    (came,) = [path for path in tmp_path.iterdir() if path.is_file()]
    assert dcmread(came).file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert (dcmread(came).pixel_array == hu.frame(JPEG, 0)).all()


def test_worklist(tmp_path: Path) -> None:
    items = tmp_path / "items"
    items.mkdir()
    for number, (modality, name) in enumerate((("CT", "DOE^JANE"), ("MR", "MÜLLER^ÄNNE"))):
        step, item = Dataset(), Dataset()
        step.Modality, step.ScheduledStationAETitle = modality, "STATION"
        step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = f"2026010{number + 1}", "081500"
        item.SpecificCharacterSet = "ISO_IR 192"
        item.PatientName, item.PatientID = name, f"P{number}"
        item.ScheduledProcedureStepSequence = [step]
        (items / f"{number}.json").write_text(item.to_json(), "utf-8")
    (items / "broken.json").write_text("{")
    with archive(tmp_path / "here", [CT], worklist=items) as provider:
        words = ["-aec", "HERE", "-W", "127.0.0.1", str(provider.port), "-k", "PatientName", "-v"]
        said = run("findscu", *words, "-k", "(0040,0100)[0].Modality=CT")
        assert "DOE^JANE" in said
        assert "P1" not in said
        with hu.Peer(f"HERE@127.0.0.1:{provider.port}") as peer:
            (found,) = peer.worklist(ScheduledProcedureStepStartDate="20260102-", PatientName="müller*")
            assert found.PatientName == "MÜLLER^ÄNNE"
            assert found.ScheduledProcedureStepSequence[0].ScheduledStationAETitle == "STATION"
            assert len(list(peer.worklist())) == 2
