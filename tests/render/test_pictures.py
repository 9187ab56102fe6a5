"""Pictures of volumes and frames: which way round, which size, which gray, and files that others read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Pillow

from hounsfield.errors import ExistsError, GeometryError, HounsfieldError, PixelError, UsageError
from hounsfield.render import Picture, View, render
from hounsfield.render.hanging import hanging_of, sides_of
from hounsfield.testing import Faults, chest_ct
from tests.render.bodies import LEANING, OBLIQUE, noise, volume

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    chest_ct(folder, slices=24, rows=64, spacing=8.0)
    return folder


def _head() -> Any:
    """Bright at the patient's right, front and head."""
    array = np.full((30, 40, 50), -1000, np.int16)
    array[:, :10, :] = 500
    array[:, :, :12] = 1500
    array[-8:] = 3000
    return volume(array, np.diag([1.0, 1.0, 1.0]))


def _brightest(picture: Picture) -> tuple[str, str]:
    """Which of left and right, and of top and bottom, is brighter."""
    array = picture.array.astype(float)
    rows, columns = array.shape
    sides = array[:, : columns // 2].mean() > array[:, columns // 2 :].mean()
    return ("left" if sides else "right", "top" if array[: rows // 2].mean() > array[rows // 2 :].mean() else "bottom")


WINDOW = (1000.0, 4000.0)


def test_pictures_hang_as_radiologists_expect() -> None:
    body = _head()
    # Axial: seen from the feet, front on top, the patient's right on the left.
    assert _brightest(render(body, View(plane="axial", window=WINDOW))) == ("left", "top")
    # Coronal: seen from the front, head on top, the patient's right on the left.
    assert _brightest(render(body, View(plane="coronal", point=(0, 60, 0), window=WINDOW))) == ("left", "top")
    # Sagittal: seen from the patient's left, front on the left.
    assert _brightest(render(body, View(plane="sagittal", point=(10, 0, 0), window=WINDOW))) == ("left", "top")


@pytest.mark.parametrize(
    ("plane", "expected"),
    [("axial", "R L A P"), ("coronal", "R L H F"), ("sagittal", "A P H F")],
)
def test_sides_are_named(plane: Any, expected: str) -> None:
    place = render(_head(), View(plane=plane)).place
    assert place is not None
    found = sides_of(np.array(place.right), np.array(place.down))
    assert " ".join(found[side] for side in ("left", "right", "top", "bottom")) == expected


@pytest.mark.parametrize("view", [View(flip_horizontal=True), View(flip_vertical=True), View(rotate=90)], ids=str)
def test_places_follow_what_is_done_to_a_picture(view: View) -> None:
    body = volume(noise(), OBLIQUE)
    plain, changed = render(body, View(window=WINDOW)), render(body, view.with_(window=WINDOW))
    assert plain.place is not None
    assert changed.place is not None
    origin, right, down = (np.array(part) for part in (plain.place.origin, plain.place.right, plain.place.down))
    for row, column in ((0, 0), (3, 5), (plain.shape[0] - 1, 2)):
        point = tuple(origin + row * down + column * right)
        there = changed.place.pixel_of(point)
        at = tuple(round(place) for place in there)
        assert there == pytest.approx(at, abs=1e-6)
        assert changed.array[at] == plain.array[row, column]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("flips", [(False, False), (True, False), (False, True), (True, True)])
def test_letters_follow_what_is_done_to_a_picture(rotate: int, flips: tuple[bool, bool]) -> None:
    from hounsfield.render import labels

    written: dict[str, str] = {}

    def catch(array: Any, texts: dict[str, str]) -> Any:
        written.update(texts)
        return array

    body, view = _head(), View(size=200, labels=True, rotate=rotate, flip_horizontal=flips[0], flip_vertical=flips[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "written", catch)
        picture = render(body, view)
    assert picture.place is not None
    found = sides_of(np.array(picture.place.right), np.array(picture.place.down))
    assert {side: written[side] for side in found} == found


def test_letters_are_written_and_leave_the_rest_alone() -> None:
    body = _head()
    plain = render(body, View(size=300, window=WINDOW)).array
    labeled = render(body, View(size=300, window=WINDOW, labels=True)).array
    changed = np.argwhere(plain != labeled)
    assert 50 < len(changed) < plain.size // 20
    middle = plain[60:-60, 60:-60]
    assert np.array_equal(middle, labeled[60:-60, 60:-60])
    tiny = render(body, View(size=100, window=WINDOW, labels=True)).array
    assert np.array_equal(tiny, render(body, View(size=100, window=WINDOW)).array)


def test_pixels_are_square_and_lengths_are_kept() -> None:
    array = np.full((10, 40, 40), -1000, np.int16)
    # A rod of 20 mm across and 20 mm along, in voxels of 1 x 1 x 5 mm.
    array[3:7, 10:30, 10:30] = 1000
    body = volume(array, np.diag([1.0, 1.0, 5.0]))
    picture = render(body, View(plane="coronal", window=(0, 100), size=400))
    assert picture.spacing is not None
    assert picture.spacing[0] == picture.spacing[1]
    assert picture.shape == (400, 320)
    inside = np.argwhere(picture.array > 127)
    high, wide = (inside.max(axis=0) - inside.min(axis=0) + 1) * picture.spacing
    assert (high, wide) == (pytest.approx(20, abs=0.5), pytest.approx(20, abs=0.5))


def test_a_slice_of_a_volume_is_the_frame_as_it_is_displayed(series: Path) -> None:
    import hounsfield as hu

    body = hu.load(series)
    for number in (1, 12, 24):
        cut = render(body, View(frame=number))
        frame = render(series, View(frame=number))
        source = body.sources[number - 1]
        alone = render(source.path)
        assert np.array_equal(frame.array, alone.array)
        # Rounded once in 32 bit, once in 64.
        assert np.abs(cut.array.astype(int) - frame.array).max() <= 1
        assert cut.spacing == pytest.approx(frame.spacing)
        assert cut.caption == frame.caption


def test_a_leaning_stack_is_cut_straight(tmp_path: Path) -> None:
    """The same body scanned with and without gantry tilt looks the same where both saw it."""
    made = {}
    for name, tilt in (("straight", 0.0), ("leaning", 12.0)):
        folder = tmp_path / name
        chest_ct(folder, slices=40, rows=48, spacing=4.0, faults=Faults(tilt=tilt))
        made[name] = render(folder, View(plane="sagittal", depth=16, window=None))
    assert made["leaning"].place != made["straight"].place
    assert made["leaning"].shape[0] > made["straight"].shape[0]


def test_a_ball_in_a_leaning_stack_stays_round() -> None:
    shape = (40, 60, 60)
    slices, rows, columns = np.meshgrid(*map(np.arange, shape), indexing="ij")
    points = np.stack((columns, rows, slices), axis=-1) @ LEANING.T
    ball = np.clip(15.5 - np.linalg.norm(points - points[20, 30, 30], axis=-1), 0, 1)
    picture = render(
        volume((ball * 1000).astype(np.int16), LEANING), View(plane="sagittal", size=400, window=(500, 10))
    )
    seen = np.argwhere(picture.array > 127)
    assert picture.spacing is not None
    high, wide = (seen.max(axis=0) - seen.min(axis=0) + 1) * picture.spacing
    assert high == pytest.approx(30, abs=1.5)
    assert wide == pytest.approx(30, abs=1.5)


def test_images_have_square_pixels(tmp_path: Path) -> None:
    import pydicom

    path = chest_ct(tmp_path, slices=1, rows=64)[0]
    header = pydicom.dcmread(path)
    header.PixelSpacing = [2.0, 1.0]
    header.save_as(path)
    assert render(path).shape == (128, 64)
    assert render(path, View(size=100)).shape == (100, 50)
    del header.PixelSpacing
    header.PixelAspectRatio = [1, 2]
    header.save_as(path)
    assert render(path).shape == (64, 128)


def test_an_inverted_monochrome_stays_what_it_shows(series: Path) -> None:
    plain, inverted = (render(series, View(frame=5, invert=invert)).array for invert in (False, True))
    assert np.array_equal(plain, 255 - inverted)


@pytest.mark.parametrize("window", ["bone", "lung", "40/400", "auto", (40, 400)])
def test_windows_are_named_or_given(series: Path, window: Any) -> None:
    shown = render(series, View(frame=12, window=window)).array
    assert len(np.unique(shown)) > 10


def test_colors_come_from_the_standards_palettes(series: Path) -> None:
    shown = render(series, View(colors="hot-iron")).array
    assert shown.shape == (64, 64, 3)
    with pytest.raises(UsageError, match="there are no colors 'hot-ice'"):
        render(series, View(colors="hot-ice"))


def test_values_are_kept_with_16_bit(series: Path, tmp_path: Path) -> None:
    import hounsfield as hu

    body = hu.load(series)
    cut = render(body, View(frame=7, depth=16))
    assert cut.array.dtype == np.int16
    assert np.array_equal(cut.array, body.array[6])
    cut.save(tmp_path / "x.tif")
    with Pillow.open(tmp_path / "x.tif") as opened:
        # Pillow widens signed 16 bit.
        assert np.array_equal(np.asarray(opened), body.array[6])
    with pytest.raises(UsageError, match="PNG holds whole numbers from 0"):
        cut.save(tmp_path / "x.png")
    stored = render(body.sources[6].path, View(depth=16))
    stored.save(tmp_path / "x.png")
    with Pillow.open(tmp_path / "x.png") as opened:
        assert np.array_equal(np.asarray(opened), body.array[6].astype(np.int32) + 1024)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("colors", ["gray", "hot-iron"])
def test_files_hold_the_picture_and_its_scale(series: Path, tmp_path: Path, suffix: str, colors: str) -> None:
    picture = render(series, View(colors=colors))
    picture.save(tmp_path / f"x{suffix}")
    with Pillow.open(tmp_path / f"x{suffix}") as opened:
        read = np.asarray(opened)
        dpi = opened.info["dpi"]
    assert np.abs(read.astype(int) - picture.array).mean() < (4 if suffix == ".jpg" else 1e-9)
    assert picture.spacing is not None
    assert float(dpi[0]) == pytest.approx(25.4 / picture.spacing[1], rel=0.1)


def test_tiff_is_read_by_another_library(series: Path) -> None:
    import imagecodecs

    for view in (View(depth=16), View(), View(colors="pet"), View(plane="oblique", normal=(1, 1, 1), depth=16)):
        picture = render(series, view)
        assert np.array_equal(imagecodecs.tiff_decode(picture.to_bytes("tiff")), picture.array, equal_nan=True)


def test_files_do_not_say_whose_they_are(series: Path) -> None:
    for format_ in ("png", "jpeg", "tiff"):
        data = render(series, View(labels=True)).to_bytes(format_)
        assert b"Chest" not in data
        assert b"tEXt" not in data
        assert b"Exif" not in data


def test_nothing_is_overwritten_unasked(series: Path, tmp_path: Path) -> None:
    picture = render(series)
    picture.save(tmp_path / "x.png")
    with pytest.raises(ExistsError):
        picture.save(tmp_path / "x.png")
    picture.save(tmp_path / "x.png", overwrite=True)
    with pytest.raises(UsageError, match=r"\.bmp is no format of pictures"):
        picture.save(tmp_path / "x.bmp")
    with pytest.raises(UsageError, match="quality of JPEG is 1 to 100"):
        picture.save(tmp_path / "x.jpg", quality=0)


def test_a_notebook_shows_a_picture(series: Path) -> None:
    for view in (View(), View(depth=16)):
        with Pillow.open(io.BytesIO(render(series, view)._repr_png_())) as opened:
            assert opened.size == (64, 64)


def test_bodies_are_rendered(series: Path) -> None:
    picture = render(series, View(rendering="bone", size=96))
    assert picture.shape[2:] == (3,)
    assert max(picture.shape[:2]) == 96
    lit = (picture.array.max(axis=2) > 30).mean()
    assert 0.02 < lit < 0.6
    turned = render(series, View(rendering="bone", size=96, turn=(90, 0)))
    assert not np.array_equal(picture.array, turned.array)
    with pytest.raises(UsageError, match="up to 1024"):
        render(series, View(rendering="bone", size=2000))
    with pytest.raises(UsageError, match="made for Hounsfield units"):
        render(volume(noise(), OBLIQUE, unit=""), View(rendering="skin"))
    for rendering in ("surface", "mip"):
        shown = render(volume(noise(), OBLIQUE, unit=""), View(rendering=rendering, size=64))
        assert shown.array.max() > 100


def test_a_ball_is_lit_from_the_viewers_side() -> None:
    """Bright in the middle, darker at the rim, black around it; a little brighter on the upper left."""
    across = np.arange(48) - 23.5
    far = np.sqrt(across[:, None, None] ** 2 + across[:, None] ** 2 + across**2)
    ball = np.clip((18 - far) * 300, -1000, 1500).astype(np.int16)
    body = volume(ball, np.diag([1.0, 1.0, 1.0]))
    light = render(body, View(rendering="bone", size=96)).array[..., 1].astype(float)
    # Wide enough to turn the cube in it: 48 mm times the root of 2, in 96 pixels.
    assert light.shape == (68, 96)
    assert light[:6].max() == 0
    assert light[34, 48] > 1.3 * light[34, 25] > 0
    assert light[24:31, 38:45].mean() > light[37:44, 51:58].mean() + 5


def test_series_that_are_no_volume_say_why(tmp_path: Path) -> None:
    chest_ct(tmp_path / "gap", slices=12, rows=32, faults=Faults(missing=(5,)))
    with pytest.raises(GeometryError, match="1 of 12 slices are missing"):
        render(tmp_path / "gap", View(plane="coronal"))
    assert render(tmp_path / "gap", View(plane="coronal"), allow=["missing-slices"]).shape[1] > 0
    # Its frames can be seen all the same.
    assert render(tmp_path / "gap").shape == (32, 32)


def test_folders_of_several_series_say_which(tmp_path: Path) -> None:
    from hounsfield.testing import Identity, mr_series

    chest_ct(tmp_path / "ct", slices=4, rows=32)
    mr_series(tmp_path / "mr", shape=(1, 4, 32, 32), identity=Identity(series=7, description="T1"))
    with pytest.raises(UsageError, match=r"there are 2 series:(.|\n)*7  MR      'T1', 4 images") as caught:
        render(tmp_path)
    assert "--series" in caught.value.hint
    assert render(tmp_path, series="7").shape == (32, 32)
    assert render(tmp_path, series="t1").shape == (32, 32)
    with pytest.raises(UsageError, match="no series is called '9'"):
        render(tmp_path, series="9")


def test_what_is_not_there_is_said(series: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no slice 25: there are 24 slices"):
        render(series, View(frame=25))
    with pytest.raises(UsageError, match="no time 2"):
        render(series, View(time=2))
    with pytest.raises(HounsfieldError, match=r"(?i)no such file"):
        render(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(GeometryError, match="no images to show: there is no DICOM object"):
        render(tmp_path / "empty")
    body = volume(noise(), OBLIQUE)
    with pytest.raises(UsageError, match="no slice 99"):
        render(body, View(frame=99))
    with pytest.raises(UsageError, match="belongs to images"):
        render(body, View(presentation="x.dcm"))


def test_a_frame_outside_an_image_is_an_error(series: Path) -> None:
    from hounsfield.pixels.image import open_image
    from hounsfield.render.image import show

    image = open_image(next(series.iterdir()))
    with pytest.raises(PixelError, match="there is no frame 4"):
        show(image, 3, View())
    with pytest.raises(UsageError, match="has no coronal plane"):
        render(image, View(plane="coronal"))


def test_palettes_are_read_in_either_byte_order(shared_data: Path) -> None:
    folder = shared_data / "pydicom-data" / "data_store" / "data"
    little, big = (render(folder / f"OBXXXX1A{order}.dcm").array for order in ("", "_expb"))
    assert little.shape == (600, 800, 3)
    assert np.array_equal(little, big)


def test_patient_orientation_names_the_sides_of_projections() -> None:
    from pydicom import Dataset

    header = Dataset()
    assert hanging_of(header, 0) == ({}, "")
    header.PatientOrientation = ["L", "FP"]
    assert hanging_of(header, 0)[0] == {"left": "R", "right": "L", "top": "HA", "bottom": "FP"}
    header.PatientOrientation = ["X", "F"]
    assert hanging_of(header, 0) == ({}, "")
    header.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    header.ImagePositionPatient = [-31.26, 0, 0]
    assert hanging_of(header, 0) == ({"left": "A", "right": "P", "top": "H", "bottom": "F"}, "R 31.3 mm")
