"""Colors in CIELab beside Little CMS, as Pillow has it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from hounsfield.pixels.cielab import srgb_of


@pytest.mark.parametrize("rgb", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (12, 100, 200), (128, 128, 128)])
def test_colors_come_back_from_the_words_of_dicom(rgb: tuple[int, int, int]) -> None:
    profile = ImageCms.createProfile("sRGB")
    there = ImageCms.buildTransform(
        profile, ImageCms.createProfile("LAB"), "RGB", "LAB", renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    light, green_red, blue_yellow = np.asarray(ImageCms.applyTransform(Image.new("RGB", (1, 1), rgb), there))[0, 0]
    # Pillow gives a* and b* as signed bytes.
    words = [int(light) * 257] + [(int(np.int8(one)) + 128) * 257 for one in (green_red, blue_yellow)]
    found = srgb_of(words)
    assert found is not None
    # A byte of L*, a* and b* is coarse for dark, saturated colors.
    assert np.abs(np.subtract(found, rgb)).max() <= 10


def test_what_is_no_color_is_none() -> None:
    assert srgb_of([1, 2]) is None
    assert srgb_of("x") is None
