"""Evidence for slides: regions of the total pixel matrix, beside highdicom."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from hounsfield.pixels.tiles import open_slide
from tools.evidence.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["rows"]

_FILES = (
    "sm_image",
    "sm_image_dots",
    "sm_image_numbers",
    "sm_image_grayscale",
    "sm_image_jpegls",
    "sm_image_jpegls_nobot",
)


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    yield _slides(data)


def _slides(data: Path) -> Row:
    import highdicom

    equal = 0
    for name in _FILES:
        path = data / "highdicom" / "data" / "test_files" / f"{name}.dcm"
        slide = open_slide(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = highdicom.imread(path).get_total_pixel_matrix(
                dtype=np.uint8, apply_icc_profile=False, apply_presentation_lut=False
            )
        ours = slide.read_region(3, 8, rows=40, columns=37)
        equal += np.array_equal(ours, theirs[3:43, 8:45])
    return Row(
        "a region of a slide is the one that highdicom lays out",
        "`open_slide(SLIDE).read_region(3, 8, rows=40, columns=37)`",
        "whole-slide images of highdicom",
        "highdicom",
        f"{equal} of {len(_FILES)} regions",
        f"equal in {equal}",
        equal == len(_FILES),
    )
