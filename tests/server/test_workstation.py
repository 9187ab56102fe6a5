"""The workstation's JSON and frames, from a real server, beside pydicom and NumPy."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

from hounsfield.server.folders import Folders
from hounsfield.testing.headers import Identity
from hounsfield.testing.series import Faults, chest_ct
from tests.server.serving import Client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    chest_ct(folder / "straight", slices=12, rows=64)
    chest_ct(
        folder / "tilted",
        slices=12,
        rows=64,
        faults=Faults(tilt=15),
        identity=Identity(patient_id="TILT", patient_name="Tilted^One", study=2, series=2),
    )
    (folder / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with serving(folder) as client:
        yield client


def of_patient(client: Client, patient: str) -> dict[str, Any]:
    return next(study for study in client.get("/api/studies").json() if study["patient_id"] == patient)


def only_stack(client: Client, study: dict[str, Any]) -> dict[str, Any]:
    (series,) = study["series"]
    (stack,) = client.get(f"/api/series/{series['series_instance_uid']}/stacks").json()
    return dict(stack)


def test_studies_have_their_series_and_counts(client: Client) -> None:
    study = of_patient(client, "TILT")
    assert study["patient_name"] == "Tilted, One"
    assert (study["instances"], study["modalities"]) == (12, ["CT"])
    assert study["series"][0]["instances"] == 12
    assert study["series"][0]["thumbnail"].startswith("/api/series/")


def test_files_that_cannot_be_used_are_listed_with_their_reason(client: Client) -> None:
    (problem,) = client.get("/api/problems").json()
    assert problem["path"].endswith("broken.dcm")
    assert problem["status"] == "broken"
    assert problem["reason"]


def test_a_stack_has_the_frames_in_order_and_their_values(client: Client, folder: Path) -> None:
    study = next(one for one in client.get("/api/studies").json() if one["patient_id"] != "TILT")
    stack = only_stack(client, study)
    assert (stack["kind"], stack["unit"], stack["no_volume"], stack["straight"]) == ("volume", "HU", None, None)
    files = {str(dataset.SOPInstanceUID): dataset for dataset in map(pydicom.dcmread, folder.glob("straight/*"))}
    heights = []
    for frame in stack["frames"]:
        dataset = files[frame["sop_instance_uid"]]
        body = client.get(frame["url"])
        assert body.headers["content-type"] == "application/octet-stream"
        values = np.frombuffer(body.content, f"<{'i' if stack['signed'] else 'u'}{stack['bits_allocated'] // 8}")
        assert np.array_equal(values.reshape(frame["rows"], frame["columns"]), dataset.pixel_array)
        assert frame["position"] == pytest.approx([float(one) for one in dataset.ImagePositionPatient])
        assert frame["orientation"] == pytest.approx([float(one) for one in dataset.ImageOrientationPatient])
        assert (frame["slope"], frame["intercept"]) == (dataset.RescaleSlope, dataset.RescaleIntercept)
        heights.append(frame["position"][2])
    assert heights == sorted(heights)
    assert stack["slice_spacing"] == pytest.approx(2.0)
    assert stack["pixel_spacing"] == pytest.approx([float(one) for one in dataset.PixelSpacing])
    assert {"Lung", "Bone", "Full range"} <= {preset["name"] for preset in stack["presets"]}


def test_a_tilted_stack_says_so_and_names_its_straight_volume(client: Client) -> None:
    stack = only_stack(client, of_patient(client, "TILT"))
    assert "tilt" in {issue["code"] for issue in stack["issues"]}
    assert stack["straight"] == f"/api/volumes/{stack['id']}"
    assert stack["no_volume"] is None


def test_words_of_the_corners_keep_identity_apart(client: Client) -> None:
    corners = only_stack(client, of_patient(client, "TILT"))["corners"]
    assert corners["top_left"][0] == "Tilted, One"
    others = [line for corner in ("top_right", "bottom_left", "bottom_right") for line in corners[corner]]
    assert not any("Tilted" in line or "TILT" in line for line in others)


@pytest.mark.parametrize("path", ["/api/series/9.9/stacks", "/api/files/999999/frames/1", "/api/nothing"])
def test_what_is_not_there_is_said_in_words(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["message"]


def test_a_frame_that_is_not_there_is_said_in_words(client: Client) -> None:
    url = only_stack(client, of_patient(client, "TILT"))["frames"][0]["url"]
    answer = client.get(url.replace("/frames/1", "/frames/2"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_events_tell_how_far_the_scan_is(client: Client) -> None:
    with client.stream("GET", "/api/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == "event: scan"
        news = json.loads(next(lines).removeprefix("data: "))
    assert news["state"] == "done"
    assert news["done"] == news["total"] == 25


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\u202e^" + "x" * 10_000
    (path, *_) = chest_ct(tmp_path, slices=1, rows=16)
    dataset = pydicom.dcmread(path)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = hostile
    dataset.SeriesDescription = hostile
    dataset.save_as(path)
    with serving(tmp_path) as client:
        answer = client.get("/api/studies")
        assert answer.headers["content-type"] == "application/json"
        (study,) = answer.json()
        assert study["patient_name"].startswith("<script>alert(1)</script>\u202e, xxx")
        assert len(study["patient_name"]) <= 256
        assert only_stack(client, study)["corners"]["top_left"]


def test_new_files_are_found(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        assert client.get("/api/studies").json() == []
        with client.stream("GET", "/api/events") as answer:
            chest_ct(tmp_path / "late", slices=2, rows=16)
            for line in answer.iter_lines():
                if line.startswith("data: ") and json.loads(line[6:]).get("done") == 2:
                    break
        assert client.running.library.rescan()
        (study,) = client.get("/api/studies").json()
        assert study["instances"] == 2


def test_the_first_image_is_there_while_the_scan_still_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chest_ct(tmp_path, slices=600, rows=16)
    held = threading.Event()
    grown = Folders._grown

    def after_the_first_batch(library: Folders) -> None:
        grown(library)
        assert held.wait(60)

    monkeypatch.setattr(Folders, "_grown", after_the_first_batch)
    try:
        with serving(tmp_path, wait=False) as client:
            while not (found := client.get("/api/studies").json()):
                time.sleep(0.01)
            state = client.get("/api/state").json()
            assert state["state"] == "scanning"
            (study,) = found
            assert 0 < study["instances"] < 600
            frames = only_stack(client, study)["frames"]
            assert len(frames) == study["instances"]
            assert len(client.get(frames[0]["url"]).content) == 16 * 16 * 2
            held.set()
            assert client.running.library.wait(60)
            assert client.get("/api/studies").json()[0]["instances"] == 600
            assert len(only_stack(client, study)["frames"]) == 600
    finally:
        held.set()
