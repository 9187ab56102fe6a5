"""The workstation and DICOMweb over an archive: its index is the catalog, also when its objects are in a bucket."""

from __future__ import annotations

import io
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

import hounsfield as hu
from hounsfield.server.archived import Archived
from tests.archive.s3 import S3, server
from tests.archive.test_archive import changed
from tests.server.serving import Client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.archive import Archive

CT = str(get_testdata_file("CT_small.dcm"))
STUDY = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"
NUMBER = 4


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with server() as running:
        yield running


@pytest.fixture(params=["files", "bucket"])
def archive(request: pytest.FixtureRequest, tmp_path: Path, s3: S3) -> Iterator[Archive]:
    storage = None if request.param == "files" else s3.storage(request.node.originalname)
    with hu.Archive(tmp_path / "archive", storage=storage) as opened:
        yield opened


@pytest.fixture
def client(archive: Archive) -> Iterator[Client]:
    for number in range(NUMBER):
        archive.ingest(slice_of(number))
    forget(archive)
    with serving(Archived(archive)) as found:
        yield found


def slice_of(number: int) -> bytes:
    return changed(
        SOPInstanceUID=f"1.2.{number}",
        InstanceNumber=str(number),
        ImagePositionPatient=f"-158\\-179\\{-75 + 5 * number}",
        SliceLocation=str(-75 + 5 * number),
    )


def forget(archive: Archive) -> None:
    """Let copies of objects in a bucket be gone."""
    shutil.rmtree(Path(archive.root, "cache"), ignore_errors=True)


def test_studies_frames_and_metadata(archive: Archive, client: Client) -> None:
    (study,) = client.get("/api/studies").json()
    assert (study["study_instance_uid"], study["instances"]) == (STUDY, NUMBER)
    # Queries and headers open no file.
    forget(archive)
    (found,) = client.get("/dicom-web/studies", params={"PatientName": "compressed*"}).json()
    assert found["0020000D"]["Value"] == [STUDY]
    headers = client.get(f"/dicom-web/studies/{STUDY}/metadata").json()
    assert not Path(archive.root, "cache").exists()
    expected = pydicom.dcmread(CT, stop_before_pixels=True)
    dataset = pydicom.Dataset.from_json({key: value for key, value in headers[0].items() if "BulkDataURI" not in value})
    assert (dataset.KVP, dataset.PixelSpacing) == (expected.KVP, expected.PixelSpacing)
    assert str(dataset.PatientName) == str(expected.PatientName)
    uid = headers[0]["00080018"]["Value"][0]
    place = headers[0]["7FE00010"]["BulkDataURI"]
    assert place.endswith(f"/instances/{uid}/bulkdata/7FE00010")
    frame = client.get(f"{place.removesuffix('/bulkdata/7FE00010')}/frames/1")
    assert frame.status_code == 200
    assert pydicom.dcmread(CT).PixelData[:1000] in frame.content


def test_files_come_back_byte_for_byte(archive: Archive, client: Client) -> None:
    answer = client.get(
        f"/dicom-web/studies/{STUDY}", headers={"accept": 'multipart/related; type="application/dicom"'}
    )
    assert answer.status_code == 200
    for number in range(NUMBER):
        assert slice_of(number) in answer.content
    forget(archive)
    rendered = client.get(
        f"/dicom-web/studies/{STUDY}/series/{series_of()}/instances/1.2.0/rendered", headers={"accept": "image/png"}
    )
    assert rendered.status_code == 200
    assert rendered.content.startswith(b"\x89PNG")


def test_stacks_are_volumes(archive: Archive, client: Client) -> None:
    (stack,) = client.get(f"/api/series/{series_of()}/stacks").json()
    assert stack["shape"] == [NUMBER]
    forget(archive)
    assert client.get(stack["frames"][2]["url"]).status_code == 200
    forget(archive)
    straight = client.get(f"/api/volumes/{stack['id']}").json()
    assert straight["shape"] == [NUMBER]


def series_of() -> str:
    return str(pydicom.dcmread(CT).SeriesInstanceUID)


def test_what_devices_store_is_there_soon_and_what_is_deleted_is_gone(archive: Archive, client: Client) -> None:
    def instances() -> list[int]:
        return [one["instances"] for one in client.get("/api/studies").json()]

    archive.ingest(slice_of(9))
    assert until(lambda: instances() == [NUMBER + 1])
    archive.delete(StudyInstanceUID=STUDY)
    assert until(lambda: instances() == [])


def until(done: Any) -> bool:
    for _ in range(100):
        if done():
            return True
        time.sleep(0.1)
    return False


def test_what_is_made_goes_into_the_archive(archive: Archive, client: Client) -> None:
    request = {
        "kind": "key-images",
        "title": "seen",
        "images": [{"sop_instance_uid": "1.2.1", "frame": 1}],
    }
    answer = client.post("/api/objects", json=request)
    assert answer.status_code < 300, answer.text
    uid = answer.json()["sop_instance_uid"]
    assert pydicom.dcmread(io.BytesIO(Path(archive.open(uid)).read_bytes())).Modality == "KO"
    assert [one["sop_instance_uid"] for one in client.get("/api/objects").json()] == [uid]
