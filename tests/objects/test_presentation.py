"""Key images, presentation states and captures: written, read back, applied by DCMTK and by our own renderer."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING, Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from PIL import Image

import hounsfield as hu
from hounsfield.errors import LimitError, ReadError, UsageError
from hounsfield.objects.capture import capture, picture_of
from hounsfield.objects.key_images import key_images, read_key_images
from hounsfield.objects.presentation import Graphic, Shown, presentation_states, shown_of
from hounsfield.objects.presentation_reading import read_presentation_state
from hounsfield.render.view import View
from hounsfield.testing.enhanced import enhanced_ct
from hounsfield.testing.series import chest_ct
from tests.objects.headers import Headers
from tests.objects.validation import faults
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return chest_ct(tmp_path_factory.mktemp("ct"), slices=3, rows=64)


@pytest.fixture(scope="module")
def sources(paths: list[Path]) -> Headers:
    return Headers(paths)


def test_key_images_come_back_and_highdicom_reads_them(sources: Headers, tmp_path: Path) -> None:
    uids = [str(one.SOPInstanceUID) for one in sources.all[:2]]
    path = tmp_path / "key.dcm"
    made = key_images(
        [(uid, None) for uid in uids], sources, title="Tumor", note="see <b>arrow</b>", author="Reader^One"
    )
    made.save_as(path)
    read = pydicom.dcmread(path)
    assert read_key_images(read) == ([(uid, None) for uid in uids], "see <b>arrow</b>")
    document = hd.ko.KeyObjectSelectionDocument.from_dataset(read)
    assert {uid for _, _, uid in map(document.resolve_reference, uids)} == set(uids)
    assert read.Modality == "KO"
    assert read.StudyInstanceUID == sources.all[0].StudyInstanceUID
    assert faults(path) == []


def test_frames_can_be_key_images(tmp_path: Path) -> None:
    source = tmp_path / "enhanced.dcm"
    enhanced_ct(source, slices=4, rows=16)
    headers = Headers([source])
    uid = str(headers.all[0].SOPInstanceUID)
    made = key_images([(uid, 3), (uid, 1)], headers)
    assert read_key_images(made) == ([(uid, 1), (uid, 3)], "")


def test_key_images_that_do_not_belong_together_are_refused(sources: Headers) -> None:
    with pytest.raises(UsageError, match="1 to"):
        key_images([], sources)
    with pytest.raises(ReadError, match="no instance"):
        key_images([("9.9", None)], sources)


GRAPHICS = (
    Graphic(kind="polyline", points=((10.0, 10.0), (20.0, 10.5), (15.0, 20.0), (10.0, 10.0)), filled=True),
    Graphic(kind="ellipse", points=((10.0, 20.0), (30.0, 20.0), (20.0, 15.0), (20.0, 25.0))),
    Graphic(kind="point", points=((5.0, 5.0),)),
    Graphic(kind="text", points=((5.0, 50.0),), text="arrow <b>Ä</b>"),
)


@pytest.mark.parametrize("turn", [(0, False), (90, False), (90, True), (180, True), (270, True)])
def test_states_come_back_and_look_as_the_view_that_they_keep(
    paths: list[Path], sources: Headers, tmp_path: Path, turn: tuple[int, bool]
) -> None:
    rotate, flip = turn
    shown = Shown(
        sop_instance_uid=str(sources.all[0].SOPInstanceUID),
        window=(40.0, 400.0, "linear"),
        invert=True,
        rotate=rotate,
        flip_horizontal=flip,
        area=(0.0, 0.0, 63.0, 63.0),
    )
    path = tmp_path / "state.dcm"
    (made,) = presentation_states([shown], sources, title="Bone", author="Reader^One")
    made.save_as(path)
    assert read_presentation_state(pydicom.dcmread(path)) == ([shown], [])
    view = View(window=(40, 400), invert=True, rotate=rotate, flip_horizontal=flip)
    expected = hu.render(paths[0], view).array
    by_state = hu.render(paths[0], View(presentation=str(path))).array
    assert np.array_equal(by_state, expected)
    assert faults(path) == []


def test_dcmtk_shows_the_state_alike(paths: list[Path], sources: Headers, tmp_path: Path) -> None:
    shown = Shown(
        sop_instance_uid=str(sources.all[0].SOPInstanceUID), window=(40.0, 400.0, "linear"), graphics=GRAPHICS
    )
    state, picture = tmp_path / "state.dcm", tmp_path / "picture.pgm"
    (made,) = presentation_states([shown], sources)
    made.save_as(state)
    subprocess.run(
        [require("dcmp2pgm"), "-p", str(state), str(paths[0]), str(picture)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    by_dcmtk = np.asarray(Image.open(picture)).astype(int)
    ours = hu.render(paths[0], View(window=(40, 400))).array.astype(int)
    assert np.abs(by_dcmtk - ours).max() <= 1


def test_drawings_come_back(sources: Headers, tmp_path: Path) -> None:
    uids = [str(one.SOPInstanceUID) for one in sources.all]
    given = [
        Shown(sop_instance_uid=uids[0], window=(40.0, 400.0, "linear"), area=(0.0, 0.0, 63.0, 63.0), graphics=GRAPHICS),
        Shown(sop_instance_uid=uids[1], window=(-600.0, 1500.0, "sigmoid"), area=(8.0, 4.0, 40.0, 36.0)),
        Shown(sop_instance_uid=uids[2], window=(1.0, 2.0, "linear-exact"), invert=True, area=(0.0, 0.0, 63.0, 63.0)),
    ]
    made = presentation_states(given, sources)
    assert len(made) == 2
    assert len({one.SeriesInstanceUID for one in made}) == 1
    read = []
    for number, state in enumerate(made):
        path = tmp_path / f"{number}.dcm"
        state.save_as(path)
        read += read_presentation_state(pydicom.dcmread(path))[0]
        assert faults(path) == []
    assert read == given
    assert [shown_of([one.to_dict()])[0] for one in given] == given


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sop_instance_uid": 7}, "sop_instance_uid"),
        ({"rotate": 45}, "rotate"),
        ({"frame": 0}, "from 1"),
        ({"window": {"center": 1, "width": 0}}, "above 0"),
        ({"window": {"center": 1}}, "center, width"),
        ({"area": {"left": 5, "top": 0, "right": 1, "bottom": 1}}, "empty"),
        ({"graphics": [{"kind": "star", "points": []}]}, "star"),
        ({"graphics": [{"kind": "polyline", "points": [[1, 2]]}]}, "points"),
        ({"graphics": [{"kind": "text", "points": [[1, 2]], "text": " "}]}, "letters"),
    ],
)
def test_json_that_means_nothing_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        shown_of([{"sop_instance_uid": "1.2"} | change])


def test_a_capture_is_an_image_of_the_study(sources: Headers, tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "png")
    path = tmp_path / "capture.dcm"
    capture(picture_of(out.getvalue()), sources.all[0], title="Slab").save_as(path)
    read = pydicom.dcmread(path)
    assert np.array_equal(read.pixel_array, picture)
    assert (read.StudyInstanceUID, read.PatientID) == (sources.all[0].StudyInstanceUID, sources.all[0].PatientID)
    assert read.SeriesDescription == "Slab"
    assert faults(path) == []


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="no PNG"):
        picture_of(b"GIF89a")
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "png")
    with pytest.raises(LimitError, match="too large"):
        picture_of(out.getvalue())
