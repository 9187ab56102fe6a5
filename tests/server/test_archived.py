"""An archive behind the workstation and DICOMweb: read from its own index, followed as it changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

import hounsfield as hu
from hounsfield.server.archived import Archived
from hounsfield.testing.series import chest_ct
from tests.archive.s3 import server
from tests.server.serving import Client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.archive import Archive

ADD = (
    "import sys, hounsfield as hu; a = hu.Archive(sys.argv[1]); "
    "[*a.add(sys.argv[2])] if sys.argv[2:] else a.delete(PatientID='*?')"
)


@pytest.fixture
def archive(tmp_path: Path, index: dict[str, Any]) -> Iterator[Archive]:
    with hu.Archive(tmp_path / "archive", **index) as opened:
        yield opened


@pytest.fixture
def client(archive: Archive) -> Iterator[Client]:
    with serving(Archived(archive)) as found:
        yield found


def ct(folder: Path, slices: int = 4, **values: str) -> list[Path]:
    """Make a study of its own."""
    study, series = generate_uid(), generate_uid()
    paths = chest_ct(folder, slices=slices, rows=64)
    for path in paths:
        dataset = pydicom.dcmread(path)
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        dataset.save_as(path)
    return paths


def put(archive: Archive, paths: list[Path]) -> None:
    assert {stored.outcome for stored in archive.add(paths)} <= {"stored", "replaced"}


def listed(client: Client) -> dict[str, int]:
    return {study["patient_id"]: study["instances"] for study in client.get("/api/studies").json()}


def changes(client: Client, number: int, then: Any) -> list[dict[str, Any]]:
    """Do something, and give the news until the version has changed so often."""
    found: list[dict[str, Any]] = []
    with client.stream("GET", "/api/events") as answer:
        lines = answer.iter_lines()
        for line in lines:
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
                if len(found) == 1:
                    then()
                if len(found) > number:
                    return found
    raise AssertionError("the events ended")


def test_what_comes_in_is_listed_at_once_and_what_is_deleted_is_gone(
    archive: Archive, client: Client, tmp_path: Path
) -> None:
    assert listed(client) == {}
    before, after = changes(client, 1, lambda: put(archive, ct(tmp_path / "one", PatientID="1")))
    assert (before["state"], after["state"]) == ("done", "done")
    assert after["version"] > before["version"]
    assert listed(client)["1"] >= 1
    put(archive, ct(tmp_path / "two", PatientID="2"))
    client.running.library.rescan()
    assert listed(client) == {"1": 4, "2": 4}
    changes(client, 1, lambda: archive.delete(PatientID="1"))
    assert listed(client) == {"2": 4}
    (answer,) = client.get("/dicom-web/studies").json()
    assert answer["00100020"]["Value"] == ["2"]


def test_what_another_process_adds_and_deletes_is_seen(archive: Archive, client: Client, tmp_path: Path) -> None:
    ct(tmp_path / "one", PatientID="1")
    words = [sys.executable, "-c", ADD, archive.root]
    changes(client, 1, lambda: subprocess.run([*words, str(tmp_path / "one")], check=True, timeout=60))
    client.running.library.rescan()
    assert listed(client) == {"1": 4}
    changes(client, 1, lambda: subprocess.run(words, check=True, timeout=60))
    assert listed(client) == {}


def test_searches_and_headers_open_no_file(archive: Archive, client: Client, tmp_path: Path) -> None:
    paths = ct(tmp_path / "one")
    put(archive, paths)
    client.running.library.rescan()
    dataset = pydicom.dcmread(paths[0])
    base = f"/dicom-web/studies/{dataset.StudyInstanceUID}"
    whole = {header["00080018"]["Value"][0]: header for header in client.get(f"{base}/metadata").json()}
    shutil.move(Path(archive.root) / "objects", tmp_path / "elsewhere")
    assert len(client.get(f"{base}/instances?includefield=all").json()) == 4
    assert {one["00080018"]["Value"][0]: one for one in client.get(f"{base}/metadata").json()} == whole
    assert client.get(f"/api/series/{dataset.SeriesInstanceUID}/stacks").json()[0]["shape"] == [4]
    shutil.move(tmp_path / "elsewhere", Path(archive.root) / "objects")
    header = whole[dataset.SOPInstanceUID]
    read = pydicom.Dataset.from_json(header, bulk_data_uri_handler=lambda _: b"")
    for element in dataset:
        if element.keyword not in ("PixelData", "SpecificCharacterSet"):
            assert read[element.tag].value == element.value
    assert header["7FE00010"]["BulkDataURI"].startswith(f"{client.running.base}{base}/series/")
    pixels = client.get(header["7FE00010"]["BulkDataURI"], headers={"Accept": "*/*"})
    assert dataset.PixelData in pixels.content


def test_frames_are_those_of_the_objects(archive: Archive, client: Client, tmp_path: Path) -> None:
    paths = ct(tmp_path / "one")
    put(archive, paths)
    client.running.library.rescan()
    stack = client.get(f"/api/series/{pydicom.dcmread(paths[0]).SeriesInstanceUID}/stacks").json()[0]
    for frame, path in zip(stack["frames"], paths, strict=True):
        dataset = pydicom.dcmread(path)
        assert frame["sop_instance_uid"] == dataset.SOPInstanceUID
        assert client.get(frame["url"]).content == dataset.PixelData


def test_what_comes_meanwhile_does_not_throw_away_other_series(
    archive: Archive, client: Client, tmp_path: Path
) -> None:
    first, second = ct(tmp_path / "one"), ct(tmp_path / "two")
    put(archive, first)
    library = client.running.library
    library.rescan()
    series = pydicom.dcmread(first[0]).SeriesInstanceUID
    before = library.stamp(series)
    put(archive, second)
    library.rescan()
    assert library.stamp(series) == before
    archive.delete(SOPInstanceUID=pydicom.dcmread(first[-1]).SOPInstanceUID)
    library.rescan()
    assert library.stamp(series) != before
    # Its number goes to another object.
    newer = library.stamp(series)
    put(archive, [first[-1]])
    library.rescan()
    assert library.stamp(series) != newer
    assert len(client.get(f"/api/series/{series}/stacks").json()[0]["frames"]) == 4


def test_an_object_that_is_replaced_is_shown_as_it_is_now(tmp_path: Path) -> None:
    paths = ct(tmp_path / "one", slices=1)
    with hu.Archive(tmp_path / "archive", duplicates="replace") as archive, serving(Archived(archive)) as client:
        put(archive, paths)
        client.running.library.rescan()
        dataset = pydicom.dcmread(paths[0])
        series = f"/dicom-web/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
        address = f"{series}/instances/{dataset.SOPInstanceUID}/frames/1"
        plain = {"Accept": "application/octet-stream"}
        assert client.get(address, headers=plain).content == dataset.PixelData
        dataset.PixelData = np.full((64, 64), 7, np.uint16).tobytes()
        dataset.save_as(paths[0])
        put(archive, paths)
        client.running.library.rescan()
        assert client.get(address, headers=plain).content == dataset.PixelData


def test_what_a_person_makes_is_stored_in_the_archive(archive: Archive, client: Client, tmp_path: Path) -> None:
    paths = ct(tmp_path / "one")
    put(archive, paths)
    client.running.library.rescan()
    uid = str(pydicom.dcmread(paths[0]).SOPInstanceUID)
    body = {"kind": "key-images", "images": [{"sop_instance_uid": uid, "frame": None}], "author": "Doe^Jane"}
    written = client.post("/api/objects", json=body).json()
    made = pydicom.dcmread(archive.open(written["sop_instance_uid"]))
    assert made.Modality == "KO"
    (study,) = client.get("/api/studies").json()
    (one,) = client.get(f"/api/objects?study={study['study_instance_uid']}").json()
    assert one["sop_instance_uid"] == written["sop_instance_uid"]


def test_many_ask_while_objects_come_in(archive: Archive, client: Client, tmp_path: Path) -> None:
    paths = ct(tmp_path / "many", slices=60)

    def add() -> None:
        for path in paths:
            put(archive, [path])

    adding = threading.Thread(target=add)
    adding.start()
    seen = []
    while adding.is_alive():
        seen.append(sum(listed(client).values()))
    adding.join()
    assert seen == sorted(seen)
    client.running.library.rescan()
    assert sum(listed(client).values()) == 60


def test_numbers_are_right_whatever_comes_and_goes(archive: Archive, tmp_path: Path) -> None:
    from hounsfield.server.studies import Counts, studies_json

    kept = Counts()
    one, two = ct(tmp_path / "one", slices=6, PatientID="1"), ct(tmp_path / "two", slices=6, PatientID="2")

    def change(leaving: Path | None, coming: list[Path]) -> None:
        if leaving is not None:
            archive.delete(SOPInstanceUID=pydicom.dcmread(leaving).SOPInstanceUID)
        if coming:
            put(archive, coming)

    steps: list[tuple[Path | None, list[Path]]] = [
        (None, []),
        (None, one[:3]),
        (None, []),
        (None, two[:2]),
        # The newest goes, and two of another series come: one of them gets its number.
        (two[1], one[3:5]),
        (one[4], two[1:2]),
        (one[0], two[2:3]),
        (two[0], []),
    ]
    steps += [(path, []) for path in (*one[1:4], *two[1:3])] + [(None, one)]
    for leaving, coming in steps:
        change(leaving, coming)
        with archive.catalog() as catalog:
            expected = {study.PatientID: sum(len(one.instances) for one in study.series) for study in catalog.studies}
            found = studies_json(catalog, kept.of(catalog))
            assert {study["patient_id"]: study["instances"] for study in found} == expected
            assert found == studies_json(catalog, Counts().of(catalog))


def test_objects_in_a_bucket_are_fetched_when_they_are_shown(tmp_path: Path) -> None:
    paths = ct(tmp_path / "one")
    with (
        server() as s3,
        hu.Archive(tmp_path / "archive", storage=s3.storage()) as archive,
        serving(Archived(archive)) as client,
    ):
        put(archive, paths)
        client.running.library.rescan()
        dataset = pydicom.dcmread(paths[0])
        copies = [Path(archive.open(str(pydicom.dcmread(path).SOPInstanceUID))) for path in paths]
        for copy in copies:
            copy.unlink()
        base = f"/dicom-web/studies/{dataset.StudyInstanceUID}"
        assert len(client.get(f"{base}/metadata").json()) == 4
        stack = client.get(f"/api/series/{dataset.SeriesInstanceUID}/stacks").json()[0]
        # The one whose header speaks for all was needed, the others were not.
        assert sum(copy.exists() for copy in copies) == 1
        for frame, path in zip(stack["frames"], paths, strict=True):
            assert client.get(frame["url"]).content == pydicom.dcmread(path).PixelData
        for copy in copies:
            copy.unlink()
        volume = client.get(f"/api/volumes/{stack['id']}").json()
        assert client.get(volume["frames"][0]["url"]).status_code == 200
        for copy in copies:
            copy.unlink()
        whole = client.get(base, headers={"Accept": 'multipart/related; type="application/dicom"'}).content
        assert all(path.read_bytes() in whole for path in paths)
