"""Headers of all kinds: what they say is shown, what they cannot mean is passed over."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from hounsfield.pixels.window import windows_of
from hounsfield.render.hanging import hanging_of
from hounsfield.render.pace import paces_of
from hounsfield.render.spacing import spacing_of

_READ = [
    "PixelSpacing",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "PixelAspectRatio",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "PatientOrientation",
    "WindowCenter",
    "WindowWidth",
    "FrameTime",
    "FrameTimeVector",
    "CineRate",
    "StartTrim",
    "StopTrim",
    "RecommendedDisplayFrameRate",
    "FrameIncrementPointer",
    "SequenceOfUltrasoundRegions",
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
]
_TEXTS = st.sampled_from(
    [b"", b"1\\1", b"0\\0", b"-1\\2", b"nan\\inf", b"1e999", b"\\", b"1,5\\2", b"1\\0\\0\\0\\1\\0", b"L\\F"]
)


@given(st.dictionaries(st.sampled_from(_READ), _TEXTS | st.binary(max_size=48), max_size=8))
def test_no_header_is_too_broken(values: dict[str, bytes]) -> None:
    header = Dataset()
    for keyword, value in values.items():
        tag = Tag(tag_for_keyword(keyword) or 0)
        header[tag] = RawDataElement(tag, dictionary_VR(tag), len(value), value, 0, False, True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known, ratio = spacing_of(header, 0)
        sides, caption = hanging_of(header, 0)
        paces = paces_of(header, 4)
        windows = windows_of(header, 0)
    for pair in (known, ratio):
        assert pair is None or (math.isfinite(pair[0] / pair[1]) and min(pair) > 0)
    assert sides.keys() <= {"left", "right", "top", "bottom"}
    assert len(caption) < 40
    assert paces is None or all(0 < time < 100 for time in paces.durations)
    assert all(math.isfinite(window.center) and window.width > 0 for window in windows)


def _header(**values: Any) -> Dataset:
    header = Dataset()
    for keyword, value in values.items():
        setattr(header, keyword, value)
    return header


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (_header(PixelSpacing=[0.5, 0.7]), ((0.5, 0.7), None)),
        (_header(ImagerPixelSpacing=[0.2, 0.2]), ((0.2, 0.2), None)),
        (_header(PixelSpacing=[0.1, 0.1], ImagerPixelSpacing=[0.2, 0.2]), ((0.1, 0.1), None)),
        (_header(PixelSpacing=[0, 0], ImagerPixelSpacing=[0.2, 0.2]), ((0.2, 0.2), None)),
        (_header(PixelAspectRatio=[4, 3]), (None, (4.0, 3.0))),
        (_header(PixelSpacing=[1, 5000]), (None, None)),
        (_header(), (None, None)),
    ],
    ids=str,
)
def test_pixels_have_the_size_that_is_stated(header: Dataset, expected: Any) -> None:
    assert spacing_of(header) == expected


def test_frames_have_a_size_place_and_window_of_their_own() -> None:
    frames = []
    for number in range(3):
        frame = _header(
            PixelMeasuresSequence=[_header(PixelSpacing=[1 + number, 2])],
            PlanePositionSequence=[_header(ImagePositionPatient=[0, 0, 10 * number])],
            FrameVOILUTSequence=[_header(WindowCenter=number, WindowWidth=100)],
        )
        frames.append(frame)
    shared = _header(PlaneOrientationSequence=[_header(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])])
    header = _header(PerFrameFunctionalGroupsSequence=frames, SharedFunctionalGroupsSequence=[shared], WindowCenter=9)
    assert spacing_of(header, 2) == ((3.0, 2.0), None)
    assert hanging_of(header, 2) == ({"left": "R", "right": "L", "top": "A", "bottom": "P"}, "H 20.0 mm")
    assert _first(header, 1) == (1.0, 100.0)


def _first(header: Dataset, index: int = 0) -> tuple[float, float] | None:
    found = windows_of(header, index)
    return (found[0].center, found[0].width) if found else None


def test_a_window_around_0_is_one() -> None:
    assert _first(_header(WindowCenter=0, WindowWidth=40)) == (0.0, 40.0)
    assert _first(_header(WindowCenter=[-600, 40], WindowWidth=[1500, 400])) == (-600.0, 1500.0)
    assert _first(_header(WindowCenter=0, WindowWidth=0)) is None


def test_ultrasound_has_the_size_of_its_region() -> None:
    region = _header(
        RegionSpatialFormat=1,
        PhysicalUnitsXDirection=3,
        PhysicalUnitsYDirection=3,
        PhysicalDeltaX=0.05,
        PhysicalDeltaY=-0.05,
    )
    assert spacing_of(_header(SequenceOfUltrasoundRegions=[region])) == ((0.5, 0.5), None)
    assert spacing_of(_header(SequenceOfUltrasoundRegions=[region, region])) == (None, None)


def test_between_the_axes_a_plane_is_oblique() -> None:
    tilted = _header(ImageOrientationPatient=[1, 0, 0, 0, 0.7071, 0.7071], ImagePositionPatient=[0, 0, 0])
    assert hanging_of(tilted, 0) == ({"left": "R", "right": "L", "top": "AF", "bottom": "PH"}, "oblique")
