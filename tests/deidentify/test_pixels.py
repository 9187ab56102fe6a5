"""Text in pixels: rectangles, rules, regions, and what is done to files of all kinds of pixels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

import hounsfield as hu
from hounsfield.deidentify import Options
from hounsfield.deidentify.pixels.boxes import Box, outside, parse_box
from hounsfield.deidentify.pixels.rules import built_in, places, read_rules
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

FILES = "pydicom/src/pydicom/data/test_files"
CLEAN = hu.Profile.basic("clean-pixel-data", "retain-uids").with_pixels(ocr="none")
BOX = Box(3, 5, 20, 10)


def cleaned(source: Path, folder: Path, profile: Any) -> tuple[Any, Path]:
    report = hu.deidentify(source, folder / "out", profile)
    (row,) = report
    assert row.status == "done", row
    return row, folder / "out" / row.output


# Gray, MONOCHROME1 (16 bits), palette, RGB, YBR, JPEG, JPEG 2000, RLE, big endian; with what becomes of the syntax.
KINDS = {
    f"{FILES}/CT_small.dcm": "1.2.840.10008.1.2.1",
    f"{FILES}/MR_small_bigendian.dcm": "1.2.840.10008.1.2.2",
    f"{FILES}/MR_small_RLE.dcm": "1.2.840.10008.1.2.5",
    f"{FILES}/MR_small_jp2klossless.dcm": "1.2.840.10008.1.2.4.90",
    f"{FILES}/MR_small_jpeg_ls_lossless.dcm": "1.2.840.10008.1.2.4.80",
    f"{FILES}/examples_palette.dcm": "1.2.840.10008.1.2.1",
    f"{FILES}/SC_rgb_rle_2frame.dcm": "1.2.840.10008.1.2.5",
    f"{FILES}/SC_ybr_full_422_uncompressed.dcm": "1.2.840.10008.1.2.1",
    f"{FILES}/SC_rgb_jpeg_dcmtk.dcm": "1.2.840.10008.1.2.4.70",
    "highdicom/data/test_files/dx_image.dcm": "1.2.840.10008.1.2.1",
}


@pytest.mark.parametrize("name", KINDS)
def test_a_rectangle_is_black_and_all_else_is_kept(shared_data: Path, tmp_path: Path, name: str) -> None:
    before = shared_data / name
    row, after = cleaned(before, tmp_path, CLEAN.with_pixels(blank=(BOX,)))
    made = pydicom.dcmread(after)
    assert str(made.file_meta.TransferSyntaxUID) == KINDS[name]
    # Nobody looked at the rest of the image.
    assert made.get("BurnedInAnnotation") == pydicom.dcmread(before).get("BurnedInAnnotation")
    assert "113101" in [code.CodeValue for code in made.DeidentificationMethodCodeSequence]
    assert [(box.x, box.y, box.because) for box in row.boxes] == [(3, 5, "asked")]
    count = int(made.get("NumberOfFrames") or 1)
    for index in range(count):
        old, new = hu.frame(before, index), hu.frame(after, index)
        inside = np.zeros(old.shape[:2], bool)
        inside[5:15, 3:23] = True
        assert np.array_equal(old[~inside], new[~inside])
        assert np.unique(new[inside].reshape(200, -1), axis=0).shape[0] == 1
        if made.SamplesPerPixel == 3:
            assert not new[inside].any()
        elif made.PhotometricInterpretation == "MONOCHROME1":
            assert new[inside][0] == old.max()
        elif made.PhotometricInterpretation == "MONOCHROME2":
            assert new[inside][0] == old.min()
    if made.PhotometricInterpretation == "PALETTE COLOR":
        shown = hu.frame(after, as_="display")
        assert shown[6, 6].max() <= shown.max(axis=-1).min() + 2


def test_a_dry_run_tells_the_places(shared_data: Path) -> None:
    source = shared_data / FILES / "CT_small.dcm"
    (row,) = hu.deidentify(source, None, CLEAN.with_pixels(blank=(BOX,)), options=Options(dry_run=True))
    assert row.status == "planned"
    assert [(box.x, box.y, box.because) for box in row.boxes] == [(3, 5, "asked")]


def test_pydicom_reads_the_same(shared_data: Path, tmp_path: Path) -> None:
    _, after = cleaned(shared_data / FILES / "MR_small_RLE.dcm", tmp_path, CLEAN.with_pixels(blank=(BOX,)))
    before = pydicom.dcmread(shared_data / FILES / "MR_small_RLE.dcm").pixel_array
    made = pydicom.dcmread(after).pixel_array
    assert (made[5:15, 3:23] == before.min()).all()
    assert np.array_equal(made[16:], before[16:])


def test_ultrasound_is_blanked_outside_of_its_regions(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "cornerstoneWADOImageLoader/testImages/US-YBR_FULL_422-EVRLE.dcm"
    row, after = cleaned(source, tmp_path, CLEAN.with_pixels(regions=True))
    old, new = hu.frame(source), hu.frame(after)
    (region,) = pydicom.dcmread(source).SequenceOfUltrasoundRegions
    place = np.s_[
        region.RegionLocationMinY0 : region.RegionLocationMaxY1 + 1,
        region.RegionLocationMinX0 : region.RegionLocationMaxX1 + 1,
    ]
    assert np.array_equal(old[place], new[place])
    new = new.copy()
    new[place] = 0
    assert not new.any()
    assert {box.because for box in row.boxes} == {"region"}


def test_pixels_that_nothing_is_known_of_stay_and_are_named(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / FILES / "examples_palette.dcm"
    row, after = cleaned(source, tmp_path, CLEAN)
    assert pydicom.dcmread(after).PixelData == pydicom.dcmread(source).PixelData
    assert [issue.code for issue in row.issues] == ["burned-in"]
    made = pydicom.dcmread(after)
    assert "BurnedInAnnotation" not in made
    assert "113101" not in [code.CodeValue for code in made.DeidentificationMethodCodeSequence]


def test_rules_know_images_by_their_header(tmp_path: Path) -> None:
    assert len(built_in()) > 20
    data = pydicom.Dataset()
    data.Modality, data.Manufacturer, data.ManufacturerModelName = "US", "Philips Medical Systems", "iU22"
    data.Rows, data.Columns = 600, 800
    assert [(box.x, box.y, box.width, box.height) for box in places(built_in(), data)] == [(0, 0, 800, 59)]
    data.Rows = 601
    assert places(built_in(), data) == []
    own = tmp_path / "own.csv"
    own.write_text('manufacturer,rows,blank\nphilips|other,601,"0,0,10,10; 5,5,9,9"\n')
    assert len(places(read_rules(own), data)) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("who,blank\nme,\n", "line 1: there is no column 'who'"),
        ("modality\nCT\n", "line 1: there is no column 'blank'"),
        ('modality,blank\nCT,"0,0,1"\n', "line 2: '0,0,1' is no rectangle"),
        ('modality,blank\n,"0,0,1,1"\n', "line 2: the rule does not say"),
        ('rows,blank\nmany,"0,0,1,1"\n', "line 2: rows and columns are numbers"),
    ],
)
def test_rules_that_make_no_sense(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.csv").write_text(text)
    with pytest.raises(UsageError) as error:
        read_rules(tmp_path / "own.csv")
    assert message in error.value.message


def test_the_rest_of_an_image_without_its_regions() -> None:
    regions = [Box(10, 10, 20, 20), Box(20, 15, 30, 10), Box(90, 90, 50, 50)]
    mask = np.zeros((100, 100), int)
    for box in outside(regions, 100, 100):
        mask[box.y : box.bottom, box.x : box.right] += 1
    wanted = np.ones((100, 100), int)
    for box in regions:
        wanted[box.y : box.bottom, box.x : box.right] = 0
    assert np.array_equal(mask, wanted)
    assert parse_box(" 1,2, 3,4 ") == Box(1, 2, 3, 4)


def test_a_file_whose_pixels_cannot_be_decoded_is_not_written(shared_data: Path, tmp_path: Path) -> None:
    data = pydicom.dcmread(shared_data / FILES / "MR_small_jp2klossless.dcm")
    data.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51" + bytes(200)])
    data.save_as(tmp_path / "bad.dcm")
    report = hu.deidentify(tmp_path / "bad.dcm", tmp_path / "out", CLEAN.with_pixels(blank=(BOX,)))
    assert [(row.status, row.output) for row in report] == [("failed", "")]
    assert [path.name for path in (tmp_path / "out").rglob("*")] == [".hounsfield-deidentify"]


def test_overlays_in_unused_bits_go(shared_data: Path, tmp_path: Path) -> None:
    data = pydicom.dcmread(shared_data / FILES / "MR_small_implicit.dcm")
    values = data.pixel_array.astype(np.uint16) & 0x0FFF
    values[20:30, 20:50] |= 0x8000
    data.PixelData, data.BitsStored, data.HighBit, data.PixelRepresentation = values.tobytes(), 12, 11, 0
    overlay = {0x0010: ("US", 64), 0x0011: ("US", 64), 0x0040: ("CS", "G"), 0x0050: ("SS", [1, 1])}
    for element, (vr, value) in {**overlay, 0x0100: ("US", 16), 0x0102: ("US", 15)}.items():
        data.add_new((0x6000, element), vr, value)
    data.save_as(tmp_path / "in.dcm")
    _, after = cleaned(tmp_path / "in.dcm", tmp_path, CLEAN)
    made = np.frombuffer(pydicom.dcmread(after).PixelData, np.uint16)
    assert not (made & 0xF000).any()
    assert np.array_equal(made & 0x0FFF, values.ravel() & 0x0FFF)


def test_the_same_file_twice_is_one(shared_data: Path, tmp_path: Path) -> None:
    for name in ("a.dcm", "b.dcm"):
        (tmp_path / name).write_bytes((shared_data / FILES / "CT_small.dcm").read_bytes())
    given = [tmp_path / "a.dcm", tmp_path / "b.dcm"]
    report = hu.deidentify(given, tmp_path / "out", CLEAN.with_pixels(blank=(BOX,)))
    assert [row.status for row in report] == ["done", "done"]
    assert len({row.output for row in report}) == len(list((tmp_path / "out").rglob("*.dcm"))) == 1
    assert [len(row.boxes) for row in report] == [1, 1]


def test_a_run_goes_on_and_the_audit_tells_the_boxes(shared_data: Path, tmp_path: Path) -> None:
    profile, key = CLEAN.with_pixels(blank=(BOX,)), hu.new_key(tmp_path / "key")
    source = [shared_data / FILES / name for name in ("CT_small.dcm", "test-SR.dcm")]
    first = hu.deidentify(source, tmp_path / "out", profile, key=key)
    first.save(tmp_path / "audit.jsonl")
    told = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [box["x"] for record in told for box in record.get("blanked", [])] == [3]
    (tmp_path / "out" / ".hounsfield-left.part").mkdir()
    again = hu.deidentify(source, tmp_path / "out", profile, key=key)
    assert {row.code for row in again} == {"done-before"}
    journal = tmp_path / "out" / ".hounsfield-deidentify"
    journal.write_text(journal.read_text().splitlines()[0] + "\n")
    third = hu.deidentify(source, tmp_path / "out", profile, key=key)
    assert {row.code for row in third} == {"same-file"}
    assert {row.output for row in third} == {row.output for row in first}
    assert not list((tmp_path / "out").glob("*.part"))
