"""Whatever is in the files, every answer is a picture, a value, or a reason in words; nothing is a fault of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from hounsfield.testing.series import chest_ct
from tests.server.serving import Client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")


def addresses(client: Client) -> Iterator[str]:
    """Give what a viewer would ask of every stack, and a client of every instance."""
    for study in client.get("/api/studies").json():
        for series in study["series"]:
            yield series["thumbnail"] or "/api/state"
            for stack in client.get(f"/api/series/{series['series_instance_uid']}/stacks").json():
                yield f"/api/volumes/{stack['id']}"
                for frame in (stack["frames"][0], stack["frames"][-1]):
                    yield frame["url"]
                    yield f"/api/files/{frame['file']}/overlays/{frame['frame']}"
        yield f"/api/objects?study={study['study_instance_uid']}"
    with client.running.library.catalog() as catalog:
        rows = list(catalog.instances)
    for row in rows:
        yield f"/api/tags/{row['id']}"
        if row["SOPInstanceUID"] and row["StudyInstanceUID"] and row["SeriesInstanceUID"]:
            place = f"/dicom-web/studies/{row['StudyInstanceUID']}/series/{row['SeriesInstanceUID']}"
            for path in ("metadata", "rendered?viewport=32,32", "frames/1"):
                yield f"{place}/instances/{row['SOPInstanceUID']}/{path}"
    yield from (f"/dicom-web/{level}?includefield=all" for level in ("studies", "series", "instances"))


@pytest.mark.parametrize("folder", ["pydicom", "dicomParser", "cornerstoneWADOImageLoader", "dcmjs", "dcmqi"])
def test_no_request_about_any_file_is_a_fault(shared_data: Path, folder: str) -> None:
    told = 0
    with serving(shared_data / folder) as client:
        for address in addresses(client):
            answer = client.get(address)
            assert answer.status_code < 500, (address, answer.text)
            if answer.status_code >= 400:
                assert answer.json()["message"], address
            told += 1
    assert told > 10


def test_what_is_broken_is_a_tile_with_its_reason(tmp_path: Path) -> None:
    paths = chest_ct(tmp_path, slices=6, rows=32)
    whole = pydicom.dcmread(paths[0])
    paths[1].write_bytes(paths[1].read_bytes()[:-700])
    compressed = pydicom.dcmread(paths[2])
    compressed.compress(pydicom.uid.RLELossless)
    compressed.PixelData = pydicom.encaps.encapsulate([b"\xff" * 200])
    compressed.save_as(paths[2])
    paths[3].write_bytes(np.random.default_rng(1).bytes(4000))
    huge = pydicom.dcmread(paths[4])
    huge.Rows = huge.Columns = 65535
    huge.save_as(paths[4])
    paths[5].write_bytes(b"")
    with serving(tmp_path) as client:
        (study,) = client.get("/api/studies").json()
        uid = study["series"][0]["series_instance_uid"]
        shown, reasons = {}, []
        for stack in client.get(f"/api/series/{uid}/stacks").json():
            for frame in stack["frames"]:
                answer = client.get(frame["url"])
                if answer.status_code == 200:
                    shown[frame["sop_instance_uid"]] = answer.content
                else:
                    assert answer.status_code in (413, 422)
                    reasons.append(answer.json()["message"])
        assert shown == {whole.SOPInstanceUID: whole.PixelData}
        assert len(reasons) == 3
        assert all(reasons)
