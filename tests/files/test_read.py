"""`hu.read` gives what pydicom gives, and says where it cannot."""

from __future__ import annotations

import io
import logging
import sys
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement

import hounsfield as hu
from hounsfield.errors import Issue, NotDicomError, ReadError, TruncatedError, UsageError

# Files where pydicom gives less or something else on purpose; each with what is different.
KNOWN = {
    "emri_small_jpeg_2k_lossless_too_short.dcm": "pydicom loses every element when encapsulated data break off",
}


def difference(ours: Any, theirs: Any) -> str:
    """The first difference between two data sets, raw element by raw element."""
    if list(ours.keys()) != list(theirs.keys()):
        return f"keys {set(ours.keys()) ^ set(theirs.keys())}"
    for tag in theirs.keys():  # noqa: SIM118
        mine, other = ours.get_item(tag), theirs.get_item(tag)
        if isinstance(mine, RawDataElement) and isinstance(other, RawDataElement):
            if tuple(mine) != tuple(other):
                return f"{tag} raw"
            continue
        # pydicom converts the odd element while it reads.
        mine, other = ours[tag], theirs[tag]
        if mine.VR != other.VR or mine.is_undefined_length != other.is_undefined_length:
            return f"{tag} form"
        if mine.VR == "SQ":
            if len(mine.value) != len(other.value):
                return f"{tag} items"
            inner = next(filter(None, map(difference, mine.value, other.value)), "")
            if inner:
                return f"{tag} > {inner}"
        elif mine != other:
            return f"{tag} value"
    return ""


def by_pydicom(path: Path) -> pydicom.FileDataset | None:
    """What pydicom reads, forced where it must be; None where it cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for force in (False, True):
            try:
                return pydicom.dcmread(path, force=force)
            except Exception:  # noqa: BLE001 - whatever it raises, it cannot read the file
                continue
    return None


def test_every_shared_file_is_read_as_pydicom_reads_it(shared_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="pydicom")
    different: dict[str, str] = {}
    equal = 0
    for path in sorted(found for found in shared_data.rglob("*") if found.is_file()):
        theirs = by_pydicom(path)
        issues: list[Issue] = []
        try:
            ours = hu.read(path, issues=issues)
        except ReadError as error:
            # What is not DICOM is refused with a reason; pydicom, when forced, makes a handful of elements of it.
            assert str(path) in str(error)
            assert theirs is None or len(theirs) <= 3, path
            continue
        assert theirs is not None, path
        found = difference(ours, theirs) or difference(ours.file_meta, theirs.file_meta)
        if found:
            different[path.name] = found
        else:
            equal += 1
            assert ours.preamble == theirs.preamble
    assert set(different) == set(KNOWN), different
    assert equal > 700


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm", "nested_priv_SQ.dcm"])
def test_a_bundled_file_is_read_as_pydicom_reads_it_from_any_source(name: str, tmp_path: Path) -> None:
    path = Path(str(get_testdata_file(name)))
    theirs = pydicom.dcmread(path)
    data = path.read_bytes()
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("DICOM/IM0001", data)
    with path.open("rb") as opened_file:
        sources = [path, str(path), data, io.BytesIO(data), opened_file, archive / "DICOM" / "IM0001"]
        for source in sources:
            ours = hu.read(source)  # type: ignore[arg-type]
            assert not difference(ours, theirs)
            assert ours == theirs
            assert type(ours) is pydicom.FileDataset


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_implicit.dcm", "image_dfl.dcm", "rtplan.dcm"])
def test_choices_are_pydicoms(name: str) -> None:
    path = str(get_testdata_file(name))
    tags: list[Any] = ["PatientName", 0x00280010, (0x7FE0, 0x0010), "BeamSequence"]
    assert not difference(
        hu.read(path, specific_tags=tags, issues=[]),
        pydicom.dcmread(path, specific_tags=tags),
    )
    assert not difference(
        hu.read(path, stop_before_pixels=True, issues=[]), pydicom.dcmread(path, stop_before_pixels=True)
    )


@pytest.mark.parametrize("size", [100, "1 KB"])
def test_deferred_values_come_from_the_file_when_used(size: int | str) -> None:
    path = str(get_testdata_file("CT_small.dcm"))
    ours, theirs = hu.read(path, defer_size=size), pydicom.dcmread(path, defer_size=size)
    assert ours._dict[0x7FE00010].value is None  # type: ignore[index]
    assert not difference(ours, theirs)
    assert ours.PixelData == pydicom.dcmread(path).PixelData


def test_what_is_read_can_be_saved_unchanged(tmp_path: Path) -> None:
    path = Path(str(get_testdata_file("CT_small.dcm")))
    hu.read(path).save_as(tmp_path / "again.dcm")
    assert pydicom.dcmread(tmp_path / "again.dcm") == pydicom.dcmread(path)


def test_strict_raises_where_tolerant_reports(tmp_path: Path) -> None:
    data = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()[:-500]
    path = tmp_path / "short.dcm"
    path.write_bytes(data)
    with pytest.raises(TruncatedError, match=r"short\.dcm: the value should have 32768 bytes") as caught:
        hu.read(path, strict=True)
    assert caught.value.tag in (0xFFFCFFFC, 0x7FE00010)
    assert caught.value.offset is not None
    issues: list[Issue] = []
    assert hu.read(path, issues=issues).PatientID == "1CT1"
    assert [issue.code for issue in issues] == ["value-truncated"]
    with pytest.warns(hu.IssueWarning, match="data end after"):
        hu.read(path)


def test_a_syntax_that_lies_is_corrected_and_reported(tmp_path: Path) -> None:
    data = Path(str(get_testdata_file("MR_small.dcm"))).read_bytes()
    assert data.count(b"1.2.840.10008.1.2.1\0") == 1
    for stated in (b"1.2.840.10008.1.2\0\0\0", b"1.2.840.10008.1.2.2\0"):
        path = tmp_path / "lies.dcm"
        path.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", stated))
        issues: list[Issue] = []
        assert hu.read(path, issues=issues).PatientID == "4MR1"
        assert [issue.code for issue in issues] == ["syntax-contradicted"]


def test_a_deflated_syntax_over_plain_data_is_read(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(str(get_testdata_file("MR_small.dcm")))
    data = Path(str(get_testdata_file("MR_small.dcm"))).read_bytes()
    meta = dataset.file_meta
    short, long = b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x16\x001.2.840.10008.1.2.1.99"
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert data.count(short) == 1
    path = tmp_path / "plain.dcm"
    path.write_bytes(data.replace(short, long))
    assert hu.read(path).PatientID == "4MR1"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello world, this is no image", "text"),
        (b"\xff\xd8\xff\xe0" + bytes(300), "a JPEG picture"),
        (bytes(300), "no DICOM prefix"),
        (b"PK\x03\x04" + bytes(300), "a ZIP archive"),
    ],
)
def test_what_is_not_dicom_is_named(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "odd"
    path.write_bytes(data)
    with pytest.raises(NotDicomError, match=words) as caught:
        hu.read(path)
    assert caught.value.where == str(path)


def test_other_failures_are_read_or_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="No such file"):
        hu.read(tmp_path / "missing")
    with pytest.raises(ReadError, match="a folder, not a file"):
        hu.read(tmp_path)
    with pytest.raises(UsageError, match="expected a path"):
        hu.read(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="text mode"):
        hu.read(io.StringIO("x"))  # type: ignore[arg-type]
    (tmp_path / "only.dcm").write_bytes(bytes(128) + b"DICM")
    with pytest.raises(TruncatedError, match="ends after the preamble"):
        hu.read(tmp_path / "only.dcm")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("x", b"y")
    with pytest.raises(ReadError, match="no such member"):
        hu.read(tmp_path / "a.zip" / "z")


def test_items_have_the_state_that_pydicom_gives_them() -> None:
    path = str(get_testdata_file("nested_priv_SQ.dcm"))
    ours, theirs = hu.read(path)[0x0001, 0x0001].value[0], pydicom.dcmread(path)[0x0001, 0x0001].value[0]
    state, expected = vars(ours), vars(theirs)
    assert {name: state[name] for name in state if name != "_dict"} == {
        name: expected[name] for name in expected if name != "_dict"
    }
    assert state["_private_blocks"] is not vars(hu.read(path)[0x0001, 0x0001].value[0])["_private_blocks"]


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_implicit.dcm", "image_dfl.dcm"])
def test_file_meta_information_has_the_state_that_pydicom_gives_it(name: str) -> None:
    path = str(get_testdata_file(name))
    state, expected = vars(hu.read(path).file_meta), vars(pydicom.dcmread(path).file_meta)
    assert {key: state[key] for key in state if key != "_dict"} == {
        key: expected[key] for key in expected if key != "_dict"
    }
    assert type(hu.read(path).file_meta) is pydicom.dataset.FileMetaDataset


def test_many_threads_read_at_once() -> None:
    paths = sorted((Path(__file__).parents[1] / "data").rglob("*.dcm")) * 40
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            read = list(pool.map(lambda path: hu.read(path, issues=[]), paths))
    finally:
        sys.setswitchinterval(interval)
    assert [len(dataset) for dataset in read] == [len(pydicom.dcmread(path, force=True)) for path in paths]
