"""Worklist items that are posted: findscu is answered with them, and whoever has no session posts nothing."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydicom import Dataset
from pydicom.uid import generate_uid

import hounsfield as hu
from hounsfield.network.provider import schedule
from hounsfield.operation import Service, read_configuration
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def item(name: str, step: str, *, modality: str = "CT", study: str = "") -> dict[str, Any]:
    found, scheduled = Dataset(), Dataset()
    found.PatientName, found.PatientID, found.AccessionNumber = name, "123", "A1"
    found.StudyInstanceUID = study or generate_uid()
    scheduled.ScheduledStationAETitle, scheduled.Modality = "CT1", modality
    scheduled.ScheduledProcedureStepStartDate, scheduled.ScheduledProcedureStepStartTime = "20260101", "0900"
    scheduled.ScheduledProcedureStepID = step
    found.ScheduledProcedureStepSequence = [scheduled]
    return dict(found.to_json_dict())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    (tmp_path / "worklist").mkdir()
    config = tmp_path / "site.toml"
    config.write_text(
        f'[dimse]\nport = 0\n[web]\nenabled = true\nport = 0\n[worklist]\nfolder = "{tmp_path / "worklist"}"\n'
    )
    with Service(tmp_path / "archive", read_configuration(config)) as running:
        yield running


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    assert service.web is not None
    with httpx.Client(base_url=service.web.base, timeout=30) as client:
        assert client.get(service.web.address).status_code == 303
        yield client


def post(client: httpx.Client, items: object) -> httpx.Response:
    return client.post("/api/worklist", content=json.dumps(items), headers={"Content-Type": "application/dicom+json"})


def findscu(service: Service, *keys: str) -> str:
    words = [word for key in keys for word in ("-k", key)]
    place = ["-aec", "HOUNSFIELD", "127.0.0.1", str(service.provider.port)]
    done = subprocess.run(
        [require("findscu"), "-W", "-v", *words, "-k", "PatientName", *place],
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_findscu_finds_what_is_posted_until_it_is_removed(service: Service, client: httpx.Client) -> None:
    said = post(client, [item("DOE^JANE", "1"), item("ROE^JOHN", "2", modality="MR")])
    assert said.status_code == 201
    first, second = said.json()["ids"]
    step = "ScheduledProcedureStepSequence[0]"
    found = findscu(service, f"{step}.Modality=CT", f"{step}.ScheduledProcedureStepStartDate=20251231-20260102")
    assert "DOE^JANE" in found
    assert "ROE^JOHN" not in found
    with hu.Peer(f"HOUNSFIELD@127.0.0.1:{service.provider.port}") as peer:
        assert {str(one.PatientName) for one in peer.worklist()} == {"DOE^JANE", "ROE^JOHN"}
    assert client.get("/api/worklist").json().keys() == {first, second}
    assert client.delete(f"/api/worklist/{first}").status_code == 204
    assert client.delete(f"/api/worklist/{first}").status_code == 404
    assert "DOE^JANE" not in findscu(service, f"{step}.Modality=CT")


def test_the_same_step_again_takes_its_place(service: Service, client: httpx.Client) -> None:
    study = str(generate_uid())
    before = post(client, item("DOE^JANE", "1", study=study)).json()
    assert post(client, item("DOE^JANE^M", "1", study=study)).json() == before
    with hu.Peer(f"HOUNSFIELD@127.0.0.1:{service.provider.port}") as peer:
        assert [str(one.PatientName) for one in peer.worklist()] == ["DOE^JANE^M"]


WRONG: list[tuple[object, str]] = [
    ([], "no item"),
    ("x", "no object"),
    ({"00100010": 5}, "no DICOM JSON"),
    ({}, "Scheduled Procedure Step"),
    ({**item("A", "1"), "00100020": {"vr": "LO"}}, "PatientID"),
    ({**item("A", "1"), "00081140": {"vr": "SQ", "Value": ["x"]}}, "no DICOM JSON"),
    ([item("A", "1"), {}], "item 2"),
]


@pytest.mark.parametrize(("items", "words"), WRONG)
def test_what_is_no_item_is_refused_and_nothing_is_kept(
    client: httpx.Client, items: object, words: str, tmp_path: Path
) -> None:
    said = post(client, items)
    assert (said.status_code, words in said.json()["message"]) == (400, True), said.text
    assert list((tmp_path / "worklist").iterdir()) == []


def test_bodies_that_are_none(client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Content-Type": "application/dicom+json"}
    for content in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        assert client.post("/api/worklist", content=content, headers=headers).status_code == 400
    assert client.post("/api/worklist", content=b"{}", headers={"Content-Type": "text/html"}).status_code == 415
    assert post(client, {**item("A", "1"), "00104000": {"vr": "LT", "Value": ["x" * (2 << 20)]}}).status_code == 413
    monkeypatch.setattr(schedule, "_MOST", 1)
    assert post(client, [item("A", "1"), item("B", "2")]).status_code == 413
    assert list((tmp_path / "worklist").iterdir()) == []


@pytest.mark.parametrize("name", ["..", "../x", "%2e%2e%2fsite.toml", "x", "a" * 32, "A" * 32])
def test_nothing_else_is_removed(client: httpx.Client, tmp_path: Path, name: str) -> None:
    (tmp_path / "worklist" / "other.json").write_text("{}")
    (tmp_path / "x.json").write_text("{}")
    assert client.delete(f"/api/worklist/{name}").status_code in (404, 405)
    assert (tmp_path / "worklist" / "other.json").exists()
    assert (tmp_path / "x.json").exists()
    assert (tmp_path / "site.toml").exists()


def test_without_a_session_nothing_is_posted_or_removed(service: Service, tmp_path: Path) -> None:
    assert service.web is not None
    with httpx.Client(base_url=service.web.base, timeout=30) as stranger:
        assert post(stranger, item("A", "1")).status_code == 401
        assert stranger.get("/api/worklist").status_code == 401
        assert stranger.delete(f"/api/worklist/{'a' * 32}").status_code == 401
    assert list((tmp_path / "worklist").iterdir()) == []
