"""dicomweb-client, unmodified, against our DICOMweb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from hounsfield.testing.series import chest_ct
from tests.server.serving import Client, serving

pytest.importorskip("dicomweb_client")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dicomweb_client.api import DICOMwebClient


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    chest_ct(folder, slices=5, rows=64)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Client]:
    with serving(folder) as client:
        yield client


@pytest.fixture(scope="module")
def web(server: Client) -> DICOMwebClient:
    import requests

    session = requests.Session()
    session.cookies.update(dict(server.cookies))
    from dicomweb_client.api import DICOMwebClient

    return DICOMwebClient(f"{server.running.base}/dicom-web", session=session)


@pytest.fixture(scope="module")
def datasets(folder: Path) -> dict[str, pydicom.Dataset]:
    return {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, sorted(folder.iterdir()))}


def uids(datasets: dict[str, pydicom.Dataset]) -> tuple[str, str, list[str]]:
    first = next(iter(datasets.values()))
    return str(first.StudyInstanceUID), str(first.SeriesInstanceUID), list(datasets)


def test_it_searches(web: DICOMwebClient, datasets: dict[str, pydicom.Dataset]) -> None:
    study, series, instances = uids(datasets)
    assert [one["0020000D"]["Value"] for one in web.search_for_studies()] == [[study]]
    assert web.search_for_studies(search_filters={"PatientID": "nobody"}) == []
    filters = {"00100020": "PHANTOM*", "StudyDate": "20240101-20241231"}
    (found,) = web.search_for_studies(search_filters=filters, fields=["StudyDescription"], fuzzymatching=True, limit=3)
    assert pydicom.Dataset.from_json(found).NumberOfStudyRelatedInstances == 5
    assert [one["0020000E"]["Value"][0] for one in web.search_for_series(study)] == [series]
    assert {one["00080018"]["Value"][0] for one in web.search_for_instances(study, series)} == set(instances)
    assert len(web.search_for_instances(limit=2, offset=1)) == 2


def test_it_retrieves(web: DICOMwebClient, datasets: dict[str, pydicom.Dataset]) -> None:
    study, series, instances = uids(datasets)
    assert len(web.retrieve_study_metadata(study)) == 5
    assert len(web.retrieve_series_metadata(study, series)) == 5
    (header,) = (web.retrieve_instance_metadata(study, series, instances[0]),)
    assert header["00080018"]["Value"] == [instances[0]]
    for found in (web.retrieve_study(study), web.retrieve_series(study, series)):
        assert {str(one.SOPInstanceUID): one.PixelData for one in found} == {
            uid: one.PixelData for uid, one in datasets.items()
        }
    one = web.retrieve_instance(study, series, instances[2])
    assert one == datasets[instances[2]]
    (frame,) = web.retrieve_instance_frames(study, series, instances[1], [1])
    array = datasets[instances[1]].pixel_array
    assert np.array_equal(np.frombuffer(frame, array.dtype).reshape(array.shape), array)
    assert web.retrieve_bulkdata(header["7FE00010"]["BulkDataURI"]) == [datasets[instances[0]].PixelData]


def test_it_retrieves_pictures(web: DICOMwebClient, datasets: dict[str, pydicom.Dataset]) -> None:
    study, series, instances = uids(datasets)
    rendered = web.retrieve_instance_rendered(study, series, instances[0], media_types=("image/png",))
    assert rendered.startswith(b"\x89PNG")
    frame = web.retrieve_instance_frames_rendered(study, series, instances[0], [1], media_types=("image/jpeg",))
    assert frame.startswith(b"\xff\xd8")


def test_it_is_told_what_is_not_there(web: DICOMwebClient, datasets: dict[str, pydicom.Dataset]) -> None:
    import requests

    study, series, _ = uids(datasets)
    with pytest.raises(requests.HTTPError, match="404"):
        web.retrieve_instance_metadata(study, series, "9.9")
    with pytest.raises(requests.HTTPError, match="400"):
        web.search_for_studies(search_filters={"StudyDate": "yesterday"})
