"""DICOMweb from a real server: beside pydicom, and through dicomweb-client."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import HTTP
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import UID, generate_uid

from hounsfield.testing.series import chest_ct
from tests.server.serving import Client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPRESSED = ("SC_rgb_jpeg_dcmtk.dcm", "JPEG2000.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_RLE.dcm")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    chest_ct(folder / "ct", slices=5, rows=64)
    for name in COMPRESSED:
        dataset = pydicom.dcmread(str(get_testdata_file(name)))
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.save_as(folder / name)
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with serving(folder) as client:
        yield client


def address(dataset: Any, *, level: int = 3) -> str:
    names = ("studies", "series", "instances")
    uids = (dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID)
    return "/dicom-web/" + "/".join(f"{name}/{uid}" for name, uid in list(zip(names, uids, strict=True))[:level])


def parts(answer: Any) -> list[tuple[str, bytes]]:
    """Split by Python's own parser of mail."""
    kind = answer.headers["content-type"]
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + answer.content, policy=HTTP)
    assert isinstance(message, EmailMessage)
    return [
        (str(part["Content-Type"]).replace('"', ""), bytes(part.get_payload(decode=True)))
        for part in message.iter_parts()
    ]


def test_metadata_are_the_headers(client: Client, folder: Path) -> None:
    paths = sorted((folder / "ct").iterdir())
    datasets = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, paths)}
    first = next(iter(datasets.values()))
    for level, count in ((1, 5), (2, 5), (3, 1)):
        answer = client.get(f"{address(first, level=level)}/metadata")
        assert answer.headers["content-type"] == "application/dicom+json"
        found = answer.json()
        assert len(found) == count
        for one in found:
            read = pydicom.Dataset.from_json(
                {tag: value for tag, value in one.items() if "BulkDataURI" not in value and tag != "00083002"}
            )
            original = datasets[str(read.SOPInstanceUID)]
            del read.SpecificCharacterSet
            for element in original:
                if element.keyword not in ("PixelData", "SpecificCharacterSet"):
                    assert read[element.tag].value == element.value, element.keyword
            assert one["7FE00010"]["BulkDataURI"].startswith(client.running.base)
            assert one["00083002"]["Value"] == [first.file_meta.TransferSyntaxUID]


def test_metadata_are_utf_8_whatever_the_file_is(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    dataset.SpecificCharacterSet = "ISO_IR 126"
    dataset.PatientName = "Διονυσιος"
    dataset.save_as(tmp_path / "greek.dcm")
    with serving(tmp_path) as other:
        (found,) = other.get(f"{address(dataset)}/metadata").json()
    assert found["00080005"]["Value"] == ["ISO_IR 192"]
    assert found["00100010"]["Value"] == [{"Alphabetic": "Διονυσιος"}]


def test_frames_uncompressed_are_the_pixels(client: Client, folder: Path) -> None:
    for path in (*sorted((folder / "ct").iterdir())[:2], *(folder / name for name in COMPRESSED)):
        dataset = pydicom.dcmread(path)
        accept = 'multipart/related; type="application/octet-stream"'
        answer = client.get(f"{address(dataset)}/frames/1", headers={"Accept": accept})
        ((kind, body),) = parts(answer)
        assert kind == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
        array = dataset.pixel_array
        assert np.array_equal(np.frombuffer(body, array.dtype).reshape(array.shape), array)
        single = client.get(f"{address(dataset)}/frames/1", headers={"Accept": "application/octet-stream"})
        assert single.content == body


@pytest.mark.parametrize(
    ("name", "media"),
    list(zip(COMPRESSED, ("image/jpeg", "image/jp2", "image/jls", "image/dicom-rle"), strict=True)),
)
def test_frames_go_out_as_stored_where_the_client_takes_that(
    client: Client, folder: Path, name: str, media: str
) -> None:
    dataset = pydicom.dcmread(folder / name)
    stored = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
    syntax = dataset.file_meta.TransferSyntaxUID
    for accept in (
        f'multipart/related; type="{media}"',
        f'multipart/related; type="{media}"; transfer-syntax={syntax}',
        'multipart/related; type="application/octet-stream"; transfer-syntax=*',
        "multipart/related; type=application/octet-stream; transfer-syntax=*",
        "*/*; transfer-syntax=*",
    ):
        ((kind, body),) = parts(client.get(f"{address(dataset)}/frames/1", headers={"Accept": accept}))
        assert kind == f"{media}; transfer-syntax={syntax}"
        assert body.rstrip(b"\0") == stored.rstrip(b"\0")


def test_frames_are_compressed_without_loss_for_who_asks(client: Client, folder: Path) -> None:
    dataset = pydicom.dcmread(min((folder / "ct").iterdir()))
    for accept in ('multipart/related; type="image/jphc"', "image/jphc"):
        answer = client.get(f"{address(dataset)}/frames/1", headers={"Accept": accept})
        body = parts(answer)[0][1] if accept.startswith("multi") else answer.content
        assert np.array_equal(imagecodecs.htj2k_decode(body), dataset.pixel_array)


@pytest.mark.parametrize(
    ("media", "syntax", "decode"),
    [
        ("image/jphc", "1.2.840.10008.1.2.4.201", imagecodecs.htj2k_decode),
        ("image/jphc", "1.2.840.10008.1.2.4.202", imagecodecs.htj2k_decode),
        ("image/jls", "1.2.840.10008.1.2.4.80", imagecodecs.jpegls_decode),
        ("image/jp2", "1.2.840.10008.1.2.4.90", imagecodecs.jpeg2k_decode),
        ("image/jpeg", "1.2.840.10008.1.2.4.70", imagecodecs.ljpeg_decode),
        ("image/jpeg", "1.2.840.10008.1.2.4.57", imagecodecs.ljpeg_decode),
        ("image/dicom-rle", "1.2.840.10008.1.2.5", None),
    ],
)
def test_frames_are_compressed_as_the_client_asks(
    client: Client, folder: Path, media: str, syntax: str, decode: Any
) -> None:
    for path in (min((folder / "ct").iterdir()), *(folder / name for name in COMPRESSED)):
        dataset = pydicom.dcmread(path)
        if dataset.file_meta.TransferSyntaxUID == syntax or (dataset.SamplesPerPixel == 3 and "jpeg" in media):
            continue
        for accept in (
            f'multipart/related; type="{media}"; transfer-syntax={syntax}',
            f'multipart/related; type="application/octet-stream"; transfer-syntax={syntax}',
        ):
            ((kind, body),) = parts(client.get(f"{address(dataset)}/frames/1", headers={"Accept": accept}))
            assert kind == f"{media}; transfer-syntax={syntax}"
            array = decoded_rle(dataset, body) if decode is None else decode(body)
            assert np.array_equal(array.astype(np.int32) & 0xFFFF, dataset.pixel_array.astype(np.int32) & 0xFFFF), path


def decoded_rle(dataset: Any, body: bytes) -> Any:
    """Let pydicom decode a frame."""
    made = pydicom.Dataset()
    made.file_meta = pydicom.dataset.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = pydicom.uid.RLELossless
    for keyword in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit"):
        setattr(made, keyword, dataset[keyword].value)
    made.PixelRepresentation = dataset.PixelRepresentation
    made.PhotometricInterpretation = "RGB" if dataset.SamplesPerPixel == 3 else "MONOCHROME2"
    if dataset.SamplesPerPixel == 3:
        made.PlanarConfiguration = 0
    made.PixelData = pydicom.encaps.encapsulate([body])
    made["PixelData"].VR = "OB"
    return made.pixel_array


def test_jpeg_of_8_bits_is_for_who_names_it_and_for_pixels_that_it_holds(client: Client, folder: Path) -> None:
    baseline = 'multipart/related; type="image/jpeg"; transfer-syntax=1.2.840.10008.1.2.4.50'
    deep = pydicom.dcmread(min((folder / "ct").iterdir()))
    answer = client.get(f"{address(deep)}/frames/1", headers={"Accept": baseline})
    assert answer.status_code == 406
    assert "image/jls (1.2.840.10008.1.2.4.80)" in answer.text
    assert "PATIENT" not in answer.text
    # What is wanted next is taken.
    both = f'{baseline}, multipart/related; type="application/octet-stream"; q=0.5'
    ((kind, _),) = parts(client.get(f"{address(deep)}/frames/1", headers={"Accept": both}))
    assert kind.startswith("application/octet-stream")


def test_objects_come_in_the_transfer_syntax_that_is_asked_for(client: Client, folder: Path) -> None:
    for path in (min((folder / "ct").iterdir()), *(folder / name for name in COMPRESSED)):
        dataset = pydicom.dcmread(path)
        for syntax in (
            "1.2.840.10008.1.2.1",
            "1.2.840.10008.1.2",
            "1.2.840.10008.1.2.4.201",
            "1.2.840.10008.1.2.4.80",
            "1.2.840.10008.1.2.4.90",
            "1.2.840.10008.1.2.5",
        ):
            accept = f'multipart/related; type="application/dicom"; transfer-syntax={syntax}'
            ((kind, body),) = parts(client.get(address(dataset), headers={"Accept": accept}))
            assert kind == f"application/dicom; transfer-syntax={syntax}"
            single = client.get(address(dataset), headers={"Accept": f"application/dicom; transfer-syntax={syntax}"})
            for content in (body, single.content):
                made = pydicom.dcmread(BytesIO(content))
                assert made.file_meta.TransferSyntaxUID == syntax
                assert made.SOPInstanceUID == dataset.SOPInstanceUID
                assert np.array_equal(made.pixel_array, dataset.pixel_array)


def test_what_a_syntax_cannot_hold_goes_out_as_it_is(tmp_path: Path) -> None:
    for name in ("rtdose.dcm", "rtplan.dcm"):
        (tmp_path / name).write_bytes(Path(str(get_testdata_file(name))).read_bytes())
    dose, plan = (pydicom.dcmread(tmp_path / name) for name in ("rtdose.dcm", "rtplan.dcm"))
    accept = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.80'
    with serving(tmp_path) as other:
        for dataset, name in ((dose, "rtdose.dcm"), (plan, "rtplan.dcm")):
            ((kind, body),) = parts(other.get(address(dataset), headers={"Accept": accept}))
            assert kind == f"application/dicom; transfer-syntax={dataset.file_meta.TransferSyntaxUID}"
            assert body == (tmp_path / name).read_bytes()
        refused = 'multipart/related; type="image/jls"'
        assert other.get(f"{address(dose)}/frames/1", headers={"Accept": refused}).status_code == 406


def test_forms_that_there_are_none_of_are_refused(client: Client, folder: Path) -> None:
    dataset = pydicom.dcmread(min((folder / "ct").iterdir()))
    for accept in ("text/html", "image/png", 'multipart/related; type="video/mp4"'):
        assert client.get(f"{address(dataset)}/frames/1", headers={"Accept": accept}).status_code == 406
    for frames, status in (("2", 404), ("0", 404), ("x", 400), ("1,2", 404)):
        assert client.get(f"{address(dataset)}/frames/{frames}").status_code == status
    assert client.post(address(dataset)).status_code == 405
    assert client.get("/dicom-web/studies/9.9/metadata").status_code == 404


def test_instances_are_the_files(client: Client, folder: Path) -> None:
    paths = sorted((folder / "ct").iterdir())
    first = pydicom.dcmread(paths[0])
    single = client.get(address(first), headers={"Accept": "application/dicom"})
    assert single.content == paths[0].read_bytes()
    for level, count in ((1, 5), (2, 5), (3, 1)):
        answer = client.get(
            address(first, level=level), headers={"Accept": 'multipart/related; type="application/dicom"'}
        )
        assert len(answer.content) == int(answer.headers["content-length"])
        found = [body for _, body in parts(answer)]
        assert len(found) == count
        assert {pydicom.dcmread(BytesIO(one)).SOPInstanceUID for one in found} <= {
            pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in paths
        }
    refused = f'multipart/related; type="application/dicom"; transfer-syntax={pydicom.uid.JPEGBaseline8Bit}'
    assert client.get(address(first), headers={"Accept": refused}).status_code == 406


def test_bulk_data_are_where_the_metadata_say(client: Client, folder: Path) -> None:
    dataset = pydicom.dcmread(min((folder / "ct").iterdir()))
    (header,) = client.get(f"{address(dataset)}/metadata").json()
    answer = client.get(header["7FE00010"]["BulkDataURI"])
    assert parts(answer)[0][1] == dataset.PixelData
    for bad in ("", "?offset=-1&length=4", "?offset=0&length=99999999", "?offset=x&length=1", "/00100010"):
        assert client.get(f"{address(dataset)}/bulkdata{bad}").status_code in (400, 404)


def test_large_values_are_bulk_data(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    value = bytes(range(256)) * 40
    dataset.add_new(0x00420011, "OB", value)
    dataset.save_as(tmp_path / "large.dcm")
    with serving(tmp_path) as other:
        (header,) = other.get(f"{address(dataset)}/metadata").json()
        uri = header["00420011"]["BulkDataURI"]
        assert other.get(uri, headers={"Accept": "application/octet-stream"}).content == value
        assert parts(other.get(uri))[0][1] == value


def test_pictures_are_rendered(client: Client, folder: Path) -> None:
    from PIL import Image

    dataset = pydicom.dcmread(min((folder / "ct").iterdir()))
    for path, size in (("/rendered?viewport=32,32", 32), ("/frames/1/rendered", 64), ("/thumbnail", 160)):
        for level in (3,) if "frames" in path else (1, 2, 3):
            answer = client.get(address(dataset, level=level) + path)
            assert answer.status_code == 200
            assert max(Image.open(BytesIO(answer.content)).size) == size
    dark = client.get(f"{address(dataset)}/rendered?window=5000,10,linear", headers={"Accept": "image/png"})
    assert np.asarray(Image.open(BytesIO(dark.content))).max() == 0
    assert client.get(f"{address(dataset)}/rendered?window=1,0,linear").status_code == 400
    assert client.get(f"{address(dataset)}/rendered?viewport=99999,1").status_code == 400
    assert client.get(f"{address(dataset)}/rendered", headers={"Accept": "image/gif"}).status_code == 406


def test_dates_and_times_are_one_range_of_moments(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    moments = [("20240101", "235900"), ("20240102", "080000"), ("20240102", "200000"), ("20240103", "0100"), ("", "")]
    for number, (date, time) in enumerate(moments):
        dataset.StudyDate, dataset.StudyTime, dataset.StudyInstanceUID = date, time, UID(f"1.2.{number}")
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.3.{number}")
        dataset.save_as(tmp_path / f"{number}.dcm")
    with serving(tmp_path) as other:

        def found(query: str) -> list[int]:
            return sorted(
                int(one["0020000D"]["Value"][0].rpartition(".")[2])
                for one in other.get(f"/dicom-web/studies?{query}").json()
            )

        # From the evening of the first to the first hours of the third, nothing in between left out.
        assert found("StudyDate=20240101-20240103&StudyTime=230000-020000") == [0, 1, 2, 3]
        assert found("StudyDate=20240101-20240102&StudyTime=235930-100000") == [1]
        assert found("00080020=20240102-&00080030=120000-") == [2, 3]
        pages = [found(f"StudyDate=20240101-20240103&StudyTime=230000-&limit=2&offset={at}") for at in (0, 2, 4)]
        assert [len(page) for page in pages] == [2, 2, 0]
        assert sorted(pages[0] + pages[1]) == [0, 1, 2, 3]
        for bad in ("StudyDate=x-y&StudyTime=10-", "StudyDate=20240101-&StudyTime=nonsense-"):
            assert other.get(f"/dicom-web/studies?{bad}").status_code == 400
        assert found("StudyDate=20240102&StudyTime=080000") == [1]
        assert found("StudyTime=070000-090000") == [1]
