"""Volumes, pictures, movies, tags and archives from a real server, beside `hounsfield.load` and `hounsfield.render`."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

import hounsfield as hu
from hounsfield.render.view import View
from hounsfield.testing.headers import Identity
from hounsfield.testing.series import Faults, chest_ct
from tests.server.serving import Client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = ("straight", "tilted", "uneven")


def clip(path: Path) -> None:
    """Write an ultrasound clip in color."""
    dataset = pydicom.dcmread(str(get_testdata_file("SC_rgb_small_odd.dcm")))
    frames = np.random.default_rng(1).integers(0, 255, (6, 5, 5, 3), np.uint8).repeat(10, 1).repeat(10, 2)
    dataset.Modality, dataset.NumberOfFrames, dataset.Rows, dataset.Columns = "US", 6, 50, 50
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = pydicom.uid.UltrasoundMultiFrameImageStorage
    dataset.PlanarConfiguration = 0
    dataset.FrameTime, dataset.PixelData = 40, frames.tobytes()
    dataset.save_as(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    for number, kind in enumerate(KINDS, 1):
        faults = {"tilted": Faults(tilt=15), "uneven": Faults(shifted=(4,))}.get(kind)
        chest_ct(
            folder / kind,
            slices=12,
            rows=64,
            faults=faults,
            identity=Identity(patient_id=kind, study=number, series=number, description=kind),
        )
    clip(folder / "clip.dcm")
    private = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    private.SOPInstanceUID = generate_uid()
    private.save_as(folder / "private.dcm")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with serving(folder) as client:
        yield client


def stack_of(client: Client, description: str) -> dict[str, Any]:
    for study in client.get("/api/studies").json():
        for series in study["series"]:
            if description in (series["description"], series["modality"]):
                (stack,) = client.get(f"/api/series/{series['series_instance_uid']}/stacks").json()
                return dict(stack)
    raise AssertionError(description)


def array_of(client: Client, volume: dict[str, Any]) -> np.ndarray[Any, Any]:
    kind = f"<{'f' if volume['floating'] else 'i' if volume['signed'] else 'u'}{volume['bits_allocated'] // 8}"
    bodies = [client.get(frame["url"]).content for frame in volume["frames"]]
    return np.stack([np.frombuffer(one, kind).reshape(volume["rows"], volume["columns"]) for one in bodies])


@pytest.mark.parametrize("kind", KINDS)
def test_volumes_are_straight_and_physical(client: Client, folder: Path, kind: str) -> None:
    stack = stack_of(client, kind)
    assert (stack["straight"] is None) == (kind == "straight")
    found = client.get(f"/api/volumes/{stack['id']}").json()
    expected = hu.load(folder / kind, resample=True)
    assert np.array_equal(array_of(client, found), expected.array)
    assert np.allclose(found["affine"], expected.affine)
    assert (found["unit"], found["halved"], found["shape"]) == ("HU", [1, 1, 1], [expected.shape[0]])
    last = found["frames"][-1]
    assert np.allclose(last["position"], (expected.affine @ [0, 0, expected.shape[0] - 1, 1])[:3])
    through = np.cross(last["orientation"][:3], last["orientation"][3:])
    step = np.subtract(last["position"], found["frames"][0]["position"])
    assert np.allclose(step / np.linalg.norm(step), through)


def test_large_volumes_are_halved_until_they_fit(client: Client, folder: Path) -> None:
    stack = stack_of(client, "straight")
    whole = hu.load(folder / "straight")
    found = client.get(f"/api/volumes/{stack['id']}?most=20000").json()
    array = array_of(client, found)
    assert array.size <= 20000
    step = found["halved"]
    assert array.shape == tuple(length // by for length, by in zip(whole.shape, step, strict=True))
    pooled = whole.array.reshape(array.shape[0], step[0], array.shape[1], step[1], array.shape[2], step[2])
    assert np.abs(array - pooled.mean((1, 3, 5))).max() <= 1
    # The corner of the volume stays where it is.
    assert np.allclose(np.array(found["affine"]) @ [-0.5, -0.5, -0.5, 1], whole.affine @ [-0.5, -0.5, -0.5, 1])


def test_what_is_no_volume_says_why(client: Client) -> None:
    stack = stack_of(client, "US")
    assert (stack["kind"], stack["samples"], round(stack["frame_rate"], 6)) == ("cine", 3, 25)
    answer = client.get(f"/api/volumes/{stack['id']}")
    assert answer.status_code == 422
    assert stack["no_volume"] in answer.json()["message"]
    for path in ("nothing.0", "nothing", f"{stack['series_instance_uid']}.7"):
        assert client.get(f"/api/volumes/{path}").status_code == 404


@pytest.mark.parametrize(
    "view",
    [{}, {"frame": 3, "window": [40, 400]}, {"plane": "coronal", "slab": 20, "size": 128}, {"rendering": "bone"}],
)
def test_views_are_what_render_gives(client: Client, folder: Path, view: dict[str, Any]) -> None:
    body = {"stack": stack_of(client, "tilted")["id"], "view": view}
    answer = client.post("/api/render", json=body)
    assert answer.headers["content-type"] == "image/png"
    expected = hu.render(folder / "tilted", View.from_dict(view)).array
    assert np.array_equal(np.asarray(Image.open(BytesIO(answer.content))), expected)


def test_views_of_a_file(client: Client, folder: Path) -> None:
    file = stack_of(client, "US")["frames"][0]["file"]
    answer = client.post("/api/render", json={"file": file, "view": {"frame": 2}, "format": "jpeg"})
    expected = hu.render(folder / "clip.dcm", View(frame=2)).array
    shown = np.asarray(Image.open(BytesIO(answer.content)).convert("RGB"))
    assert np.abs(shown.astype(int) - expected).mean() < 3


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"stack": 7}',
        b'{"file": 1, "view": 3}',
        b'{"file": 1, "view": {"plan": 1}}',
        b'{"file": 1, "format": "exe"}',
        b'{"file": 1, "format": "jpeg", "quality": 1000}',
        b"[" * 100_000,
    ],
)
def test_requests_that_mean_nothing_are_refused_in_words(client: Client, body: bytes) -> None:
    answer = client.post("/api/render", content=body)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_a_view_names_no_file_of_the_machine(client: Client, folder: Path) -> None:
    file = stack_of(client, "straight")["frames"][0]["file"]
    view = {"presentation": str(folder / "private.dcm")}
    assert client.post("/api/render", json={"file": file, "view": view}).status_code == 404


def test_thumbnails_are_small(client: Client) -> None:
    for study in client.get("/api/studies").json():
        for series in study["series"]:
            answer = client.get(series["thumbnail"])
            assert answer.headers["content-type"] == "image/jpeg"
            assert max(Image.open(BytesIO(answer.content)).size) <= 160
    file = stack_of(client, "US")["frames"][0]["file"]
    first, second = (client.get(f"/api/files/{file}/thumbnail?frame={frame}").content for frame in (1, 6))
    assert first != second


def test_every_element_is_in_the_tag_browser(client: Client, folder: Path) -> None:
    dataset = pydicom.dcmread(folder / "private.dcm")
    found = client.get(f"/api/tags/{dataset.SOPInstanceUID}").json()
    assert found["path"].endswith("private.dcm")
    listed = {row["tag"]: row for row in found["elements"]}
    for element in dataset:
        if element.keyword != "PixelData" and element.tag < 0x7FE00010:
            row = listed[f"{element.tag.group:04X},{element.tag.element:04X}"]
            assert row["vr"] == element.VR
            assert row["keyword"] == element.keyword
    assert listed["0010,0010"]["value"] == "CompressedSamples^CT1"
    assert (listed["0009,1002"]["name"], listed["0009,1002"]["creator"]) == ("Suite id", "GEMS_IDEN_01")
    assert listed["0002,0010"]["name"] == "Transfer Syntax UID"
    (item,) = listed["0010,1002"]["items"][:1]
    assert {row["keyword"] for row in item} >= {"PatientID"}


def test_overlays_and_shutters_are_drawn_apart(tmp_path: Path) -> None:
    (path, other) = chest_ct(tmp_path, slices=2, rows=32)
    dataset = pydicom.dcmread(path)
    bits = np.zeros((32, 32), np.uint8)
    bits[12:16, 4:8] = 1
    dataset.add_new(0x60000010, "US", 32)
    dataset.add_new(0x60000011, "US", 32)
    dataset.add_new(0x60000040, "CS", "G")
    dataset.add_new(0x60000050, "SS", [1, 1])
    dataset.add_new(0x60000100, "US", 1)
    dataset.add_new(0x60000102, "US", 0)
    dataset.add_new(0x60003000, "OW", np.packbits(bits.ravel(), bitorder="little").tobytes())
    dataset.ShutterShape = "CIRCULAR"
    dataset.CenterOfCircularShutter, dataset.RadiusOfCircularShutter = [16, 16], 15
    dataset.save_as(path)
    with serving(tmp_path) as client:
        stack = stack_of(client, "CT")
        files = {frame["sop_instance_uid"]: frame["file"] for frame in stack["frames"]}
        answer = client.get(f"/api/files/{files[dataset.SOPInstanceUID]}/overlays/1")
        shown = np.asarray(Image.open(BytesIO(answer.content)))
        assert (shown[12:16, 4:8] == 255).all()
        assert (shown[0, 0] == (0, 255)).all()
        assert (shown[16, 16] == 0).all()
        plain = files[pydicom.dcmread(other).SOPInstanceUID]
        assert client.get(f"/api/files/{plain}/overlays/1").status_code == 404


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_a_cine_is_exported_with_all_frames(client: Client, kind: str) -> None:
    if kind == "mp4":
        pytest.importorskip("av")
    stack = stack_of(client, "straight")
    answer = client.post("/api/export", json={"format": kind, "stack": stack["id"], "view": {"size": 64}, "rate": 20})
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    if kind == "gif":
        assert Image.open(BytesIO(answer.content)).n_frames == len(stack["frames"])  # type: ignore[attr-defined]
    else:
        import av

        with av.open(BytesIO(answer.content), "r") as movie:
            assert len(list(movie.decode(video=0))) == len(stack["frames"])


def test_a_study_is_exported_as_it_is(client: Client, folder: Path) -> None:
    stack = stack_of(client, "tilted")
    answer = client.post("/api/export", json={"format": "zip", "study": stack["study_instance_uid"]})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        found = {archive.read(name) for name in names}
    assert found == {path.read_bytes() for path in (folder / "tilted").iterdir()}
    assert len({name.partition("/")[0] for name in names}) == 1
    assert "tilted" in names[0]
    for bad in ({"format": "zip"}, {"format": "exe"}, {}):
        assert client.post("/api/export", json=bad).status_code == 400
    assert client.post("/api/export", json={"format": "zip", "study": "9.9"}).status_code == 404
