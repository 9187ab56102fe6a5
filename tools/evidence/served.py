"""Evidence for the server and its objects: beside dicomweb-client, pydicom, highdicom, DCMTK and dciodvfy."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom

from hounsfield.server.running import Running
from tools.evidence.row import Row, program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomweb_client.api import DICOMwebClient

__all__ = ["rows"]

_MANY = ("slicer", "torchio", "dcmqi", "rt-utils")


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folders = [data / name for name in _MANY if (data / name).is_dir()]
        with _serving(folders) as (web, client, running):
            yield _frames(web, running)
            yield _syntaxes(web, running)
            yield _compressed(web, running)
            yield _headers(web, running)
            yield _search(web, running)
            yield _refusals(client, running)
        with tempfile.TemporaryDirectory() as saved, _serving([data / "slicer"], Path(saved)) as (_, client, running):
            yield _report(client, running)
            yield _state(client, running, Path(saved))


@contextmanager
def _serving(folders: list[Path], save: Path | None = None) -> Iterator[tuple[DICOMwebClient, Any, Running]]:
    import requests
    from dicomweb_client.api import DICOMwebClient

    running = Running(folders, save_folder=save)
    ready = threading.Event()
    thread = threading.Thread(target=lambda: running.run(ready.set))
    thread.start()
    try:
        ready.wait(30)
        session = requests.Session()
        session.get(running.address, allow_redirects=False, timeout=30)
        running.library.wait(60)
        yield DICOMwebClient(f"{running.base}/dicom-web", session=session), session, running
    finally:
        running.stop()
        thread.join(30)


def _instances(running: Running) -> list[Any]:
    """Give the instances that have a UID of their own: of others, nobody could say which is meant."""
    with running.library.catalog() as catalog:
        every = list(catalog.instances)
    times = Counter(row["SOPInstanceUID"] for row in every)
    return [row for row in every if times[row["SOPInstanceUID"]] == 1]


def _frames(web: DICOMwebClient, running: Running) -> Row:
    equal = total = 0
    for row in _instances(running):
        single = row["NumberOfFrames"] in (None, "", 1) and (row["BitsAllocated"] or 0) >= 8
        if row["Rows"] and single and row["SamplesPerPixel"] == 1:
            uids = (row["StudyInstanceUID"], row["SeriesInstanceUID"], row["SOPInstanceUID"])
            (frame,) = web.retrieve_instance_frames(*uids, [1])
            total += 1
            equal += frame == pydicom.dcmread(row["path"]).pixel_array.tobytes()
    return Row(
        "a frame fetched by DICOMweb has the pixels that pydicom decodes",
        "`DICOMwebClient(...).retrieve_instance_frames(...)` of `hu open FOLDER`",
        f"CT, MR and RT of {', '.join(_MANY)}",
        "dicomweb-client, pydicom",
        f"{total} frames",
        f"equal in {equal}",
        equal == total > 0,
    )


_OBJECTS = ("1.2.840.10008.1.2.1", *(f"1.2.840.10008.1.2.4.{one}" for one in (57, 70, 80, 90)), "1.2.840.10008.1.2.5")
_FEW = 40


def _pictured(running: Running) -> list[tuple[tuple[str, str, str], str]]:
    """Give UIDs and path of some images, spread over all."""
    found = [row for row in _instances(running) if row["Rows"] and (row["BitsAllocated"] or 0) in (8, 16)]
    chosen = found[:: max(1, len(found) // _FEW)]
    names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    return [((row[names[0]], row[names[1]], row[names[2]]), row["path"]) for row in chosen]


def _syntaxes(web: DICOMwebClient, running: Running) -> Row:
    equal = total = 0
    for uids, path in _pictured(running):
        expected = pydicom.dcmread(path).pixel_array
        for syntax in _OBJECTS:
            made = web.retrieve_instance(*uids, media_types=(("application/dicom", syntax),))
            total += 1
            equal += made.file_meta.TransferSyntaxUID == syntax and np.array_equal(made.pixel_array, expected)
    return Row(
        "an object fetched by DICOMweb is in the transfer syntax that was asked for, with the same pixels",
        '`DICOMwebClient(...).retrieve_instance(..., media_types=(("application/dicom", SYNTAX),))`, six syntaxes',
        f"images of {', '.join(_MANY)}",
        "dicomweb-client, pydicom",
        f"{total} objects",
        f"right in {equal}",
        equal == total > 0,
    )


def _compressed(web: DICOMwebClient, running: Running) -> Row:
    import imagecodecs

    forms = (
        ("image/jls", f"{_J}80", imagecodecs.jpegls_decode),
        ("image/jp2", f"{_J}90", imagecodecs.jpeg2k_decode),
    )
    equal = total = 0
    for uids, path in _pictured(running):
        dataset = pydicom.dcmread(path)
        if int(dataset.get("NumberOfFrames") or 1) > 1:
            continue
        expected = dataset.pixel_array.view(f"u{dataset.pixel_array.itemsize}")
        for media, syntax, decode in forms:
            (frame,) = web.retrieve_instance_frames(*uids, [1], media_types=((media, syntax),))
            found = decode(frame)
            total += 1
            # Code streams of JPEG-LS do not say whether values are signed.
            equal += np.array_equal(found.view(f"u{found.itemsize}") & _mask(dataset), expected & _mask(dataset))
    return Row(
        "a frame fetched as JPEG-LS or JPEG 2000 has the same pixels",
        "`DICOMwebClient(...).retrieve_instance_frames(..., media_types=((MEDIA, SYNTAX),))`",
        f"images of {', '.join(_MANY)}",
        "dicomweb-client, imagecodecs, pydicom",
        f"{total} frames",
        f"equal in {equal}",
        equal == total > 0,
    )


_J = "1.2.840.10008.1.2.4."


def _mask(dataset: Any) -> int:
    return (1 << int(dataset.BitsStored)) - 1


def _headers(web: DICOMwebClient, running: Running) -> Row:
    equal = total = 0
    for row in _instances(running):
        uids = (row["StudyInstanceUID"], row["SeriesInstanceUID"], row["SOPInstanceUID"])
        found: Any = web.retrieve_instance_metadata(*uids)
        header = found[0] if isinstance(found, list) else found
        dataset = pydicom.dcmread(row["path"], stop_before_pixels=True)
        for element in dataset:
            if (
                element.tag.group > 8
                and element.tag.element
                and element.VR not in ("SQ", "OB", "OW", "UN", "OF", "FD", "FL", "OD", "OL")
            ):
                total += 1
                told = header.get(f"{element.tag:08X}", {}).get("Value", [])
                expected = element.to_json_dict(None, 1 << 30).get("Value", [])
                equal += told == expected
    return Row(
        "a header fetched by DICOMweb says what pydicom reads",
        "`DICOMwebClient(...).retrieve_instance_metadata(...)`",
        f"all objects of {', '.join(_MANY)}",
        "dicomweb-client, pydicom",
        f"{total:,} values",
        f"equal in {equal:,}",
        equal == total > 0,
    )


def _search(web: DICOMwebClient, running: Running) -> Row:
    with running.library.catalog() as catalog:
        paths = [row["path"] for row in catalog.instances]
    read = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    ours = {one["0020000D"]["Value"][0]: one["00201208"]["Value"][0] for one in web.search_for_studies(limit=1000)}
    theirs: dict[str, int] = {}
    for dataset in read:
        theirs[str(dataset.StudyInstanceUID)] = theirs.get(str(dataset.StudyInstanceUID), 0) + 1
    found = web.search_for_series(search_filters={"Modality": "CT"}, limit=1000)
    # Of anonymized files, one series may be in several studies.
    ct = {(str(one.StudyInstanceUID), str(one.SeriesInstanceUID)) for one in read if one.Modality == "CT"}
    told = [(one["0020000D"]["Value"][0], one["0020000E"]["Value"][0]) for one in found]
    same = ours == theirs and sorted(told) == sorted(ct)
    return Row(
        "a search finds the studies and series that are in the files",
        '`DICOMwebClient(...).search_for_studies()`, `search_for_series(search_filters={"Modality": "CT"})`',
        f"all objects of {', '.join(_MANY)}",
        "dicomweb-client, pydicom",
        f"{len(ours)} studies, {len(found)} CT series",
        f"{len(theirs)} and {len(ct)}",
        same,
    )


def _refusals(client: Any, running: Running) -> Row:
    import requests

    address = f"{running.base}/api/studies"
    told = [
        requests.get(address, timeout=30).status_code,
        requests.get(running.address, timeout=30).status_code,
        client.get(address, headers={"Origin": "http://evil.example"}, timeout=30).status_code,
        client.get(address, headers={"Host": "evil.example"}, timeout=30).status_code,
        client.get(address, timeout=30).status_code,
    ]
    return Row(
        "the server answers its own page alone: no session, a used token, a foreign page and another name are refused",
        "requests to the address that `hu open --no-browser` printed",
        "",
        "requests",
        ", ".join(map(str, told)),
        "401, 401, 403, 421, 200",
        told == [401, 401, 403, 421, 200],
    )


def _stack(client: Any, running: Running) -> dict[str, Any]:
    for study in client.get(f"{running.base}/api/studies", timeout=30).json():
        for series in study["series"]:
            for stack in client.get(
                f"{running.base}/api/series/{series['series_instance_uid']}/stacks", timeout=60
            ).json():
                if stack["kind"] == "volume":
                    return dict(stack)
    raise RuntimeError("no volume")


def _report(client: Any, running: Running) -> Row:
    import highdicom

    stack = _stack(client, running)
    frame = stack["frames"][10]
    length = 20 * stack["pixel_spacing"][1]
    measurement = {
        "kind": "length",
        "series_instance_uid": stack["series_instance_uid"],
        "sop_instance_uid": frame["sop_instance_uid"],
        "frame": 1,
        "pixels": [[10, 20], [30, 20]],
        "quantities": [{"name": "length", "value": length, "unit": "mm"}],
    }
    body = {"kind": "measurements", "title": "Evidence", "measurements": [measurement]}
    path = client.post(f"{running.base}/api/objects", json=body, timeout=60).json()["path"]
    content: Any = highdicom.sr.srread(path).content
    (group,) = content.get_image_measurement_groups()
    value = group.get_measurements()[0].value
    checked = subprocess.run([program("dciodvfy"), path], capture_output=True, text=True, check=False)
    faults = sum(line.startswith("Error") for line in checked.stderr.splitlines())
    return Row(
        "a length is saved as a structured report (TID 1500) that others read",
        "`POST /api/objects`",
        "CT of 3D Slicer",
        "highdicom, dciodvfy",
        f"{length:.3f} mm",
        f"{value:.3f} mm, {faults} faults",
        abs(value - length) < 1e-9 and faults == 0,
    )


def _state(client: Any, running: Running, folder: Path) -> Row:
    from PIL import Image

    import hounsfield as hu
    from hounsfield.render import View

    frame = _stack(client, running)["frames"][10]
    window = {"center": 40, "width": 400, "function": "linear"}
    shown = {"sop_instance_uid": frame["sop_instance_uid"], "window": window, "rotate": 90}
    body = {"kind": "presentation", "images": [shown]}
    state = client.post(f"{running.base}/api/objects", json=body, timeout=60).json()["path"]
    source = running.library
    with source.catalog() as catalog:
        row = catalog.instances.where(SOPInstanceUID=[frame["sop_instance_uid"]]).first()
    assert row is not None
    picture = folder / "state.pgm"
    subprocess.run([program("dcmp2pgm"), "-p", state, row["path"], str(picture)], check=True, capture_output=True)
    theirs = np.asarray(Image.open(picture)).astype(int)
    ours = hu.render(row["path"], View(window=(40, 400), rotate=90)).array.astype(int)
    most = int(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else 255
    return Row(
        "a window and a rotation are saved as a presentation state that DCMTK shows alike",
        "`POST /api/objects`, `dcmp2pgm -p STATE IMAGE`",
        "CT of 3D Slicer",
        "DCMTK",
        "the view of `hu.render`",
        f"differs by at most {most} of 255",
        most <= 1,
    )
