"""Measurements, key images, presentation states and captures through a real server, read by highdicom and pydicom."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import generate_uid

from hounsfield.testing.series import chest_ct
from tests.server.serving import Client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    chest_ct(tmp_path / "CT", slices=4, rows=64)
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    with serving(folder) as client:
        yield client


def stack_of(client: Client) -> dict[str, Any]:
    for study in client.get("/api/studies").json():
        for series in study["series"]:
            if series["modality"] == "CT":
                return dict(client.get(f"/api/series/{series['series_instance_uid']}/stacks").json()[0])
    raise AssertionError


def length_on(stack: dict[str, Any], number: int) -> dict[str, Any]:
    frame = stack["frames"][number]
    return {
        "id": str(generate_uid()),
        "kind": "length",
        "label": "nodule",
        "series_instance_uid": stack["series_instance_uid"],
        "sop_instance_uid": frame["sop_instance_uid"],
        "frame": 1,
        "pixels": [[10, 20], [30, 20]],
        "quantities": [{"name": "length", "value": 20 * stack["pixel_spacing"][1], "unit": "mm"}],
    }


def test_measurements_are_saved_restored_and_read_by_highdicom(client: Client, folder: Path) -> None:
    stack = stack_of(client)
    before = {path: path.read_bytes() for path in (folder / "CT").iterdir()}
    body = {
        "kind": "measurements",
        "study_instance_uid": stack["study_instance_uid"],
        "title": "Follow-up",
        "author": "Reader^One",
        "measurements": [length_on(stack, 1)],
    }
    answer = client.post("/api/objects", json=body)
    assert answer.status_code == 201, answer.text
    saved = answer.json()
    (listed,) = client.get(f"/api/objects?study={stack['study_instance_uid']}").json()
    assert (listed["kind"], listed["title"], listed["author"], listed["count"]) == (
        "measurements",
        "Follow-up",
        "Reader, One",
        1,
    )
    (restored,) = client.get(f"/api/objects/{saved['sop_instance_uid']}").json()["measurements"]
    for key, value in body["measurements"][0].items():
        assert restored[key] == value
    assert restored["stack"] == stack["id"]
    assert restored["study_instance_uid"] == stack["study_instance_uid"]
    affine = np.array(stack["affine"])
    assert np.allclose(restored["points"], [(affine @ [x, y, 1, 1])[:3] for x, y in restored["pixels"]])
    content = hd.sr.srread(saved["path"]).content
    assert isinstance(content, hd.sr.MeasurementReport)
    groups = content.get_image_measurement_groups()
    assert [group.get_measurements()[0].value for group in groups] == [20 * stack["pixel_spacing"][1]]
    # Nothing that was there has changed, and a second report is another file.
    again = client.post("/api/objects", json=body).json()
    assert again["path"] != saved["path"]
    assert {path: path.read_bytes() for path in before} == before
    assert len(client.get("/api/objects").json()) == 2


def test_measurements_on_cut_planes_are_in_the_space_of_the_patient(client: Client) -> None:
    stack = stack_of(client)
    measurement = length_on(stack, 0) | {
        "sop_instance_uid": None,
        "frame": None,
        "pixels": None,
        "frame_of_reference_uid": stack["frame_of_reference_uid"],
        "points": [[0, 0, 0], [3.5, 4, 0]],
    }
    saved = client.post("/api/objects", json={"kind": "measurements", "measurements": [measurement]}).json()
    (restored,) = client.get(f"/api/objects/{saved['sop_instance_uid']}").json()["measurements"]
    assert restored["points"] == [[0, 0, 0], [3.5, 4, 0]]
    assert restored["series_instance_uid"] == stack["series_instance_uid"]
    assert restored["stack"] is None


def test_key_images_and_states(client: Client) -> None:
    stack = stack_of(client)
    uid = stack["frames"][2]["sop_instance_uid"]
    saved = client.post(
        "/api/objects", json={"kind": "key-images", "note": "look", "images": [{"sop_instance_uid": uid}]}
    ).json()
    found = client.get(f"/api/objects/{saved['sop_instance_uid']}").json()
    assert (found["note"], found["images"]) == (
        "look",
        [{"sop_instance_uid": uid, "frame": None, "stack": stack["id"]}],
    )
    assert pydicom.dcmread(saved["path"]).Modality == "KO"
    shown = {"sop_instance_uid": uid, "window": {"center": 40, "width": 400, "function": "linear"}, "rotate": 90}
    saved = client.post("/api/objects", json={"kind": "presentation", "images": [shown]}).json()
    (read,) = client.get(f"/api/objects/{saved['sop_instance_uid']}").json()["images"]
    assert read["window"] == shown["window"]
    assert (read["rotate"], read["stack"]) == (90, stack["id"])
    # The state that was just written can be looked through.
    file = stack["frames"][2]["file"]
    view = {"presentation": saved["sop_instance_uid"]}
    assert client.post("/api/render", json={"file": file, "view": view}).status_code == 200


def test_what_a_state_draws_lies_over_the_frame_it_is_for(client: Client) -> None:
    stack = stack_of(client)
    frame = stack["frames"][2]
    line = {"kind": "polyline", "points": [[10, 20], [40, 20]], "filled": False, "text": ""}
    shown = {"sop_instance_uid": frame["sop_instance_uid"], "graphics": [line]}
    uid = client.post("/api/objects", json={"kind": "presentation", "images": [shown]}).json()["sop_instance_uid"]
    answer = client.get(f"/api/files/{frame['file']}/overlays/1?presentation={uid}")
    with Image.open(io.BytesIO(answer.content)) as opened:
        gray, covered = np.moveaxis(np.asarray(opened), -1, 0)
    times = covered.shape[0] // stack["rows"]
    assert covered.shape == (stack["rows"] * times, stack["columns"] * times)
    # Pixels have their centers at whole numbers: the line runs through the middle of the 21st row.
    row = round(20.5 * times)
    assert gray[row, round(25 * times)] == covered[row, round(25 * times)] == 255
    assert not covered[: 18 * times].any()
    assert not covered[:, 43 * times :].any()
    # Other frames have nothing, and what is no state is not taken for one.
    other = stack["frames"][3]["file"]
    assert client.get(f"/api/files/{other}/overlays/1?presentation={uid}").status_code == 404
    assert client.get(f"/api/files/{frame['file']}/overlays/1?presentation=1.2.3").status_code == 404


def test_a_capture_becomes_an_image_of_the_study(client: Client) -> None:
    stack = stack_of(client)
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(out, "png")
    png = base64.b64encode(out.getvalue()).decode()
    body = {"kind": "capture", "study_instance_uid": stack["study_instance_uid"], "title": "Slab", "png": png}
    for prefix in ("", "data:image/png;base64,"):
        saved = client.post("/api/objects", json=body | {"png": prefix + png}).json()
        assert (pydicom.dcmread(saved["path"]).pixel_array == (255, 0, 0)).all()
    (study,) = client.get("/api/studies").json()
    assert [series["description"] for series in study["series"]].count("Slab") == 2


def test_objects_go_into_the_folder_that_was_chosen(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    chosen = tmp_path_factory.mktemp("saved") / "new"
    with serving(folder, save_folder=chosen) as client:
        stack = stack_of(client)
        body = {"kind": "measurements", "measurements": [length_on(stack, 0)]}
        saved = client.post("/api/objects", json=body).json()
        assert saved["path"].startswith(str(chosen))
    with serving(folder, save_folder=chosen) as client:
        assert len(client.get("/api/objects").json()) == 1


def test_what_cannot_be_written_is_said_in_words(client: Client, folder: Path) -> None:
    stack = stack_of(client)
    good = length_on(stack, 0)
    for body, status in (
        ({"kind": "measurements", "measurements": []}, 400),
        ({"kind": "measurements", "measurements": [good | {"sop_instance_uid": "9.9"}]}, 404),
        ({"kind": "measurements", "measurements": [good | {"kind": "star"}]}, 400),
        ({"kind": "key-images", "images": "all"}, 400),
        ({"kind": "presentation", "images": [{}]}, 400),
        ({"kind": "capture", "study_instance_uid": stack["study_instance_uid"], "png": "!"}, 400),
        ({"kind": "capture", "study_instance_uid": "9.9", "png": ""}, 400),
        ({"kind": "virus"}, 400),
        ({"kind": ["measurements"]}, 400),
    ):
        answer = client.post("/api/objects", json=body)
        assert (answer.status_code, bool(answer.json()["message"])) == (status, True), body
    assert client.get("/api/objects").json() == []
    assert client.get("/api/objects/9.9").status_code == 404
    assert len(list(folder.rglob("*"))) == 5


def test_a_broken_object_is_listed_with_its_reason(folder: Path) -> None:
    with serving(folder) as client:
        stack = stack_of(client)
        body = {"kind": "measurements", "measurements": [length_on(stack, 0)]}
        path = client.post("/api/objects", json=body).json()["path"]
    whole = pydicom.dcmread(path)
    whole.ContentSequence[0].ConceptNameCodeSequence = []
    whole.ContentSequence = whole.ContentSequence[:1]
    whole.save_as(path)
    with serving(folder) as client:
        (listed,) = client.get("/api/objects").json()
        assert listed["count"] == 0
