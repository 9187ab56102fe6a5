"""Regions of slides: equal to highdicom's total pixel matrix; positions as the standard counts them."""

from __future__ import annotations

import importlib
import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hounsfield.errors import LimitError, PixelError, UnsupportedError, UsageError
from hounsfield.pixels.image import Image, open_image
from hounsfield.pixels.tiles import open_slide
from tests.pixels.test_images import made

if TYPE_CHECKING:
    from pathlib import Path

SLIDES = ("sm_image", "sm_image_dots", "sm_image_grayscale", "sm_image_jpegls", "sm_image_jpegls_nobot")


def foreign() -> Any:
    """Give highdicom; skip the test without it, or fail it in CI."""
    try:
        return importlib.import_module("highdicom")
    except ImportError:
        if os.environ.get("CI") == "true":
            pytest.fail("no highdicom: pip install highdicom")
        pytest.skip("no highdicom: pip install highdicom")


@pytest.mark.parametrize("name", SLIDES)
def test_regions_equal_highdicoms(shared_data: Path, name: str) -> None:
    highdicom = foreign()
    path = shared_data / "highdicom" / "data" / "test_files" / f"{name}.dcm"
    slide = open_slide(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = highdicom.imread(path).get_total_pixel_matrix(
            dtype=np.uint8, apply_icc_profile=False, apply_presentation_lut=False
        )
    whole = slide.read_region(0, 0, rows=slide.rows, columns=slide.columns)
    assert np.array_equal(whole, theirs)
    assert np.array_equal(slide.read_region(7, 18, rows=25, columns=31), theirs[7:32, 18:49])
    assert np.array_equal(slide.read_region(49, 49, rows=1, columns=1), theirs[49:, 49:])


def test_segments_in_tiles_equal_highdicoms(shared_data: Path) -> None:
    highdicom = foreign()
    folder = shared_data / "highdicom" / "data" / "test_files"
    for name in ("seg_image_sm_dots", "seg_image_sm_dots_tiled_full"):
        slide = open_slide(folder / f"{name}.dcm")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = highdicom.seg.segread(folder / f"{name}.dcm").get_total_pixel_matrix(combine_segments=False)
        for channel in slide.channels:
            ours = slide.read_region(0, 0, rows=50, columns=50, channel=channel)
            assert np.array_equal(ours, theirs[..., int(channel) - 1])


def test_a_large_jpeg_slide_is_laid_out_row_by_row(shared_data: Path) -> None:
    path = shared_data / "ez-wsi" / "ez_wsi_dicomweb" / "testdata" / "multiframe_camelyon_challenge_image.dcm"
    slide, image = open_slide(path), open_image(path)
    region = slide.read_region(200, 1000, rows=500, columns=152)
    assert np.array_equal(region[:56, :24], image.stored(3)[200:, 232:])
    assert np.array_equal(region[312:, 24:], image.stored(14)[:188, :128])


def test_only_what_is_needed_is_decoded(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slide = open_slide(shared_data / "highdicom" / "data" / "test_files" / "sm_image_jpegls.dcm")
    asked: list[int] = []
    stored = Image.stored

    def noted(image: Image, index: int = 0) -> Any:
        asked.append(index)
        return stored(image, index)

    monkeypatch.setattr(Image, "stored", noted)
    slide.read_region(10, 10, rows=10, columns=11)
    assert sorted(asked) == [6, 7]


def tiled(**changes: Any) -> Dataset:
    frames = np.arange(8, dtype=np.uint8).repeat(4).tobytes()
    values: dict[str, Any] = {"Rows": 2, "Columns": 2, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    values |= {"NumberOfFrames": 8, "PixelData": frames, "DimensionOrganizationType": "TILED_FULL"}
    values |= {"TotalPixelMatrixRows": 1, "TotalPixelMatrixColumns": 3}
    return made(**(values | changes))


def position(row: int, column: int, path: str | None = None) -> Dataset:
    item, place = Dataset(), Dataset()
    place.RowPositionInTotalImagePixelMatrix, place.ColumnPositionInTotalImagePixelMatrix = row, column
    item.PlanePositionSlideSequence = [place]
    if path:
        optical = Dataset()
        optical.OpticalPathIdentifier = path
        item.OpticalPathIdentificationSequence = [optical]
    return item


def test_focal_planes_come_before_optical_paths() -> None:
    slide = open_slide(tiled(NumberOfOpticalPaths=2, TotalPixelMatrixFocalPlanes=2))
    assert (slide.channels, slide.depths) == (("1", "2"), (0, 1))
    assert slide.read_region(0, 0, rows=1, columns=3, channel="2", depth=0).tolist() == [[4, 4, 5]]
    assert slide.read_region(0, 1, rows=1, columns=2, channel="1", depth=1).tolist() == [[2, 3]]
    with pytest.raises(UsageError, match="no channel 3"):
        slide.read_region(0, 0, rows=1, columns=1, channel="3")


def test_sparse_tiles_lie_where_they_say() -> None:
    groups = [position(1, 1, "a"), position(2, 3, "a"), *[position(1, 1, "b")] * 6]
    dataset = tiled(
        DimensionOrganizationType="TILED_SPARSE",
        TotalPixelMatrixRows=4,
        TotalPixelMatrixColumns=4,
        PerFrameFunctionalGroupsSequence=groups,
    )
    found = open_slide(dataset).read_region(0, 0, rows=4, columns=4, channel="a", fill=9)
    assert found.tolist() == [[0, 0, 9, 9], [0, 0, 1, 1], [9, 9, 1, 1], [9, 9, 9, 9]]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"TotalPixelMatrixRows": 0}, r"\(0048,0007\)"),
    ({"TotalPixelMatrixColumns": 4_000_000_000}, r"need .* frames.*\(0028,0008\)"),
    ({"NumberOfOpticalPaths": 4_000_000_000}, r"\(0048,0302\)"),
    ({"TotalPixelMatrixFocalPlanes": 4_000_000_000}, r"need .* frames"),
    ({"DimensionOrganizationType": "TILED_SPARSE"}, r"\(5200,9230\)"),
    (
        {"DimensionOrganizationType": None, "PerFrameFunctionalGroupsSequence": [Dataset()] * 8},
        r"frame 1 does not say.*\(0048,021A\)",
    ),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_slides_that_make_no_sense_name_the_tag(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PixelError, match=words):
        open_slide(tiled(**changes))


def test_empty_space_is_not_made_without_end() -> None:
    dataset = tiled(
        DimensionOrganizationType="TILED_SPARSE",
        TotalPixelMatrixRows=4_000_000_000,
        TotalPixelMatrixColumns=4_000_000_000,
        PerFrameFunctionalGroupsSequence=[position(1, 1)] * 8,
    )
    slide = open_slide(dataset)
    with pytest.raises(LimitError):
        slide.read_region(0, 0, rows=slide.rows, columns=slide.columns)
    with pytest.raises(UsageError, match="not within"):
        slide.read_region(-1, 0, rows=2, columns=2)
    with pytest.raises(UnsupportedError, match="not tiled"):
        open_slide(made(PixelData=b"\0" * 30))


def test_tiles_without_end_are_refused() -> None:
    with pytest.raises(LimitError, match=r"\(0028,0008\)"):
        open_slide(tiled(NumberOfFrames=9_000_000))
