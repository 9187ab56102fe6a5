"""Gray and color: look-up tables, windows, palettes, overlays and shutters, beside pydicom and DCMTK."""

from __future__ import annotations

import subprocess
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageCms
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

import hounsfield as hu
from hounsfield.errors import HounsfieldError, PixelError, UsageError
from hounsfield.pixels.display import Appearance, display
from hounsfield.pixels.image import open_image
from hounsfield.pixels.lut import segments
from hounsfield.pixels.values import physical
from hounsfield.pixels.window import PRESETS, levels, parse_window, window_around, windows_of
from tests.pixels.test_images import made, saved
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

RAMP = np.arange(256, dtype="u2").reshape(16, 16)
GRAY = {"Rows": 16, "Columns": 16, "BitsStored": 8, "HighBit": 7, "PixelData": RAMP.tobytes()}


def item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def table(entries: list[int], first: int = 0, bits: int = 16, **more: Any) -> Dataset:
    found = item(LUTDescriptor=[len(entries) & 0xFFFF, first, bits], **more)
    found.add_new(0x00283006, "US", entries)
    return found


def shown(dataset: Dataset, **appearance: Any) -> Any:
    return display(open_image(dataset), appearance=Appearance(**appearance))


def test_every_shared_image_is_shown_and_its_values_are_pydicoms(shared_data: Path) -> None:
    different, compared, palettes = [], 0, 0
    for path in sorted(path for path in shared_data.rglob("*") if path.is_file()):
        try:
            image = open_image(path)
            stored = image.stored(0)
        except HounsfieldError:
            continue
        picture = display(image, 0, appearance=Appearance(icc=False, overlays=False))
        assert picture.dtype == np.uint8
        assert picture.shape[:2] == stored.shape[:2]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if image.layout.photometric == "PALETTE COLOR":
                if image.syntax == "1.2.840.10008.1.2.2":
                    continue  # pydicom takes the bytes of its tables as they come
                theirs = apply_color_lut(stored, image.dataset)
                theirs = theirs >> 8 if theirs.dtype.itemsize > 1 else theirs
                palettes += 1
                different += [path.name] * (not np.array_equal(picture, theirs))
            elif stored.ndim == 2 and "PerFrameFunctionalGroupsSequence" not in image.dataset:
                compared += 1
                values = physical(image, 0, real_world=False).values
                different += [path.name] * (
                    not np.allclose(values, apply_modality_lut(stored, image.dataset), rtol=1e-6)
                )
    assert different == []
    assert compared > 300
    assert palettes > 5


# dcmj2pnm's words for the same choices.
CHOICES: list[tuple[list[str], dict[str, Any]]] = [
    (["+Wi", "1"], {}),
    (["+Ww", "40", "400"], {"window": (40.0, 400.0)}),
    (["+Ww", "40", "400", "+Wfs"], {"window": (40.0, 400.0), "function": "sigmoid"}),
]


@pytest.mark.parametrize(("words", "appearance"), CHOICES)
def test_gray_images_look_as_dcmtk_shows_them(
    shared_data: Path, tmp_path: Path, words: list[str], appearance: dict[str, Any]
) -> None:
    program = require("dcmj2pnm")
    different, compared = [], 0
    for path in sorted(path for path in shared_data.rglob("*.dcm") if path.stat().st_size < 1_000_000)[::2]:
        try:
            image = open_image(path)
            if image.layout.samples > 1 or "PALETTE" in image.layout.photometric or image.layout.float:
                continue
            if not windows_of(image.dataset, 0) or "SharedFunctionalGroupsSequence" in image.dataset:
                continue
            ours = display(image, 0, appearance=Appearance(**({"overlays": False, "shutter": False} | appearance)))
        except HounsfieldError:
            continue
        picture = tmp_path / "theirs.pgm"
        picture.unlink(missing_ok=True)
        command = [program, "+op", "-O", *words, "--frame", "1", str(path), str(picture)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode or not picture.exists():
            continue
        theirs = np.asarray(Picture.open(picture))
        if theirs.shape != ours.shape:
            continue
        compared += 1
        # DCMTK rounds in several steps.
        if np.abs(ours.astype(int) - theirs).max() > 2:
            different.append(f"{path.name}: {np.abs(ours.astype(int) - theirs).max()}")
    assert different == []
    assert compared > 50


def test_windows_follow_the_standard() -> None:
    values = np.arange(-1200, 1200, dtype=np.float64)
    for center, width in ((40.0, 400.0), (0.0, 1.0), (127.5, 255.0)):
        low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
        with np.errstate(all="ignore"):
            linear = np.where(
                values <= low, 0, np.where(values > high, 1, (values - (center - 0.5)) / (width - 1) + 0.5)
            )
        assert np.allclose(levels(values, (center, width), "linear"), linear, atol=1e-6)
        low, high = center - width / 2, center + width / 2
        exact = np.where(values <= low, 0, np.where(values > high, 1, (values - center) / width + 0.5))
        assert np.allclose(levels(values, (center, width), "linear-exact"), exact, atol=1e-6)
        with np.errstate(over="ignore"):
            sigmoid = 1 / (1 + np.exp(-4 * (values - center) / width))
        assert np.allclose(levels(values, (center, width), "sigmoid"), sigmoid, atol=1e-6)


def test_windows_are_read_as_people_write_them() -> None:
    assert parse_window("40/400") == (40, 400)
    assert parse_window("-600/1500") == PRESETS["lung"] == parse_window("lung")
    assert parse_window("auto") == "auto"
    for wrong in ("40", "40/0", "40/-3", "a/b", "nan/10", "10/inf", "lungs", ""):
        with pytest.raises(UsageError, match="is not a window"):
            parse_window(wrong)


@pytest.mark.parametrize("width", [0, -5, "nan"])
def test_windows_that_show_nothing_are_passed_over(width: Any) -> None:
    dataset = made(**GRAY, WindowCenter="50")
    dataset.add_new(0x00281051, "DS", str(width)) if width != "nan" else None
    assert windows_of(dataset, 0) == []
    picture = shown(dataset)
    assert picture[0, 0] == 0
    assert picture[-1, -1] == 255


def test_tables_of_modality_and_voi_are_applied() -> None:
    twice = [2 * value for value in range(256)]
    dataset = made(**GRAY, ModalityLUTSequence=[table(twice, ModalityLUTType="OD")])
    found = physical(open_image(dataset))
    assert found.unit == "OD"
    assert np.array_equal(found.values, 2 * RAMP)
    assert np.array_equal(found.values, apply_modality_lut(RAMP, dataset))
    inverse = [255 - value for value in range(256)]
    dataset = made(**GRAY, VOILUTSequence=[table(inverse, bits=8)])
    assert np.array_equal(shown(dataset), 255 - RAMP)
    part = made(**GRAY, VOILUTSequence=[table([0, 255], first=100, bits=8)])
    assert np.array_equal(shown(part), np.where(RAMP <= 100, 0, 255))
    broken = made(**GRAY, VOILUTSequence=[item(LUTDescriptor=[256, 0, 8])])
    with pytest.raises(PixelError, match=r"0028,3006"):
        shown(broken)
    with pytest.raises(PixelError, match=r"0028,3002"):
        shown(made(**GRAY, VOILUTSequence=[item(LUTExplanation="none")]))


def test_low_may_be_bright() -> None:
    plain = made(**GRAY, WindowCenter="128", WindowWidth="256")
    assert np.array_equal(shown(plain), RAMP)
    for changes in ({"PhotometricInterpretation": "MONOCHROME1"}, {"PresentationLUTShape": "INVERSE"}):
        turned = made(**(GRAY | changes), WindowCenter="128", WindowWidth="256")
        assert np.array_equal(shown(turned), 255 - RAMP)
        assert np.array_equal(shown(turned, invert=True), RAMP)
    both = made(**GRAY, PresentationLUTShape="INVERSE", WindowCenter="128", WindowWidth="256")
    both.PhotometricInterpretation = "MONOCHROME1"
    assert np.array_equal(shown(both), 255 - RAMP)


def test_rescale_keeps_whole_numbers_and_units() -> None:
    whole = physical(open_image(str(get_testdata_file("CT_small.dcm"))))
    assert whole.values.dtype == np.int32
    dataset = made(**GRAY, RescaleSlope="0.5", RescaleIntercept="-3", RescaleType="HU")
    found = physical(open_image(dataset))
    assert found.unit == "HU"
    assert found.values.dtype == np.dtype("f4")
    assert np.allclose(found.values, RAMP * 0.5 - 3)
    assert np.array_equal(hu.pixels(dataset, as_="physical"), found.values)
    unit = item(CodeValue="ml/min", CodingSchemeDesignator="UCUM", CodeMeaning="flow")
    mapped = item(RealWorldValueSlope=2.0, RealWorldValueIntercept=1.0, MeasurementUnitsCodeSequence=[unit])
    found = physical(open_image(made(**GRAY, RealWorldValueMappingSequence=[mapped])))
    assert found.unit == "ml/min"
    assert np.allclose(found.values, RAMP * 2 + 1)


def palette(dataset: Dataset, entries: int = 256, bits: int = 16, stated: int | None = None) -> Dataset:
    for number, color in enumerate(("Red", "Green", "Blue")):
        values = (np.arange(entries) * (number + 1) * 251 % (1 << bits)).astype("u2" if bits == 16 else "u1")
        dataset.add_new(0x00281101 + number, "US", [entries if stated is None else stated, 0, bits])
        dataset.add_new(0x00281201 + number, "OW", values.tobytes())
        del color
    return dataset


@pytest.mark.parametrize("bits", [8, 16])
def test_palettes(bits: int) -> None:
    dataset = palette(made(**(GRAY | {"PhotometricInterpretation": "PALETTE COLOR"})), bits=bits)
    theirs = apply_color_lut(RAMP, dataset)
    assert np.array_equal(shown(dataset), theirs if bits == 8 else theirs >> 8)


def test_palettes_that_are_missing_or_short() -> None:
    with pytest.raises(PixelError, match=r"0028,1101"):
        shown(made(**(GRAY | {"PhotometricInterpretation": "PALETTE COLOR"})))
    half = palette(made(**(GRAY | {"PhotometricInterpretation": "PALETTE COLOR"})), entries=128, stated=256)
    issues: list[Any] = []
    picture = display(open_image(half), issues=issues)
    assert [issue.code for issue in issues] == ["palette-short"] * 3
    assert np.array_equal(picture[8:], np.broadcast_to(picture[7, 15], (8, 16, 3)))
    empty = palette(made(**(GRAY | {"PhotometricInterpretation": "PALETTE COLOR"})))
    empty[0x00281202].value = b""
    with pytest.raises(PixelError, match=r"0028,1202"):
        shown(empty)


def test_segmented_palettes_expand_as_in_the_standard() -> None:
    """The three kinds of segments: runs, slopes, and repetitions."""
    words = [0, 2, 10, 20, 1, 4, 100, 2, 1, 0, 0]
    data = np.array(words, "<u2").tobytes()
    assert segments(data, 16, name="x", tag=0).tolist() == [10, 20, 40, 60, 80, 100, 10, 20]
    for wrong in ([1, 4, 100, 0, 0, 0], [2, 1, 9000, 0], [7, 1, 2, 3]):
        with pytest.raises(PixelError, match="segment"):
            segments(
                np.array([0, 1, 5, *wrong], "<u2").tobytes() if wrong[0] != 1 else np.array(wrong, "<u2").tobytes(),
                16,
                name="x",
                tag=0,
            )
    endless = np.array([0, 1, 1, *[2, 1, 0, 0] * 5], "<u2").tobytes()
    assert segments(endless, 16, name="x", tag=0).size < 100


def test_supplemental_palettes_color_some_values_only() -> None:
    dataset = made(**GRAY, PixelPresentation="COLOR", WindowCenter="128", WindowWidth="256")
    for number in range(3):
        dataset.add_new(0x00281101 + number, "US", [56, 200, 16])
        dataset.add_new(0x00281201 + number, "OW", np.full(56, (number + 1) * 256 * 60, "<u2").tobytes())
    picture = shown(dataset)
    assert np.array_equal(picture[RAMP < 200], np.repeat(RAMP[RAMP < 200][:, None], 3, axis=1))
    assert np.all(picture[RAMP >= 200] == (60, 120, 180))


def overlay(dataset: Dataset, bits: Any, origin: tuple[int, int] = (1, 1), **more: Any) -> Dataset:
    dataset.add_new(0x60000010, "US", bits.shape[-2])
    dataset.add_new(0x60000011, "US", bits.shape[-1])
    dataset.add_new(0x60000040, "CS", "G")
    dataset.add_new(0x60000050, "SS", list(origin))
    dataset.add_new(0x60000100, "US", 1)
    dataset.add_new(0x60000102, "US", 0)
    packed = np.packbits(bits.astype("u1").reshape(-1), bitorder="little").tobytes()
    dataset.add_new(0x60003000, "OW", packed + b"\0" * (len(packed) % 2))
    for keyword, value in more.items():
        dataset.add_new(0x60000000 | int(keyword[1:], 16), "IS" if keyword == "x0015" else "US", value)
    return dataset


@pytest.mark.parametrize("origin", [(1, 1), (3, 5), (-3, -2), (12, 12), (-32768, -32768), (300, 1)])
def test_overlays_lie_where_they_say_and_are_cut_off(origin: tuple[int, int]) -> None:
    bits = np.random.default_rng(5).integers(0, 2, (9, 7)).astype(bool)
    window = {"WindowCenter": "200", "WindowWidth": "512"}
    picture = shown(overlay(made(**GRAY, **window), bits, origin))
    wanted = shown(made(**GRAY, **window))
    for row, column in np.argwhere(bits):
        place = (row + origin[0] - 1, column + origin[1] - 1)
        if 0 <= place[0] < 16 and 0 <= place[1] < 16:
            wanted[place] = 255
    assert np.array_equal(picture, wanted)
    assert np.array_equal(
        shown(overlay(made(**GRAY, **window), bits, origin), overlays=False), shown(made(**GRAY, **window))
    )


def test_overlays_in_unused_bits(tmp_path: Path) -> None:
    bits = np.random.default_rng(6).integers(0, 2, (16, 16))
    data = (RAMP | bits << 12).astype("<u2").tobytes()
    dataset = made(**(GRAY | {"PixelData": data}), WindowCenter="200", WindowWidth="512")
    for element, vr, value in (
        (0x10, "US", 16),
        (0x11, "US", 16),
        (0x40, "CS", "G"),
        (0x100, "US", 16),
        (0x102, "US", 12),
    ):
        dataset.add_new(0x60000000 | element, vr, value)
    dataset.add_new(0x60000050, "SS", [1, 1])
    picture = display(open_image(saved(dataset, tmp_path / "bits.dcm")))
    plain = shown(made(**GRAY, WindowCenter="200", WindowWidth="512"))
    assert np.array_equal(picture, np.where(bits, 255, plain))
    assert np.array_equal(hu.frame(dataset), RAMP)


def test_an_overlay_of_several_frames_changes_with_them() -> None:
    planes = np.random.default_rng(7).integers(0, 2, (2, 16, 16)).astype(bool)
    dataset = overlay(
        made(
            **(GRAY | {"PixelData": np.tile(RAMP // 2, (4, 1, 1)).tobytes()}),
            NumberOfFrames=4,
            WindowCenter="128",
            WindowWidth="256",
        ),
        planes,
        x0015="2",
        x0051=2,
    )
    image = open_image(dataset)
    for index, plane in enumerate((None, planes[0], planes[1], None)):
        picture = display(image, index)
        assert np.array_equal(picture == 255, np.zeros((16, 16), bool) if plane is None else plane)


def test_the_overlay_of_a_real_file_is_pydicoms() -> None:
    path = str(get_testdata_file("examples_overlay.dcm"))
    image = open_image(path)
    mask = image.dataset.overlay_array(0x6000).astype(bool)
    plane = mask[0] if mask.ndim == 3 else mask
    picture = display(image, 0)
    without = display(image, 0, appearance=Appearance(overlays=False))
    assert plane.any()
    assert np.array_equal(picture, np.where(plane, 255, without))


def test_shutters() -> None:
    window = {"WindowCenter": "0", "WindowWidth": "2", "ShutterPresentationValue": 0x4000}
    rows, columns = np.mgrid[1:17, 1:17]
    edges = {
        "ShutterLeftVerticalEdge": 3, "ShutterRightVerticalEdge": 10,
        "ShutterUpperHorizontalEdge": 2, "ShutterLowerHorizontalEdge": 7,
    }  # fmt: skip
    inside = (columns >= 3) & (columns <= 10) & (rows >= 2) & (rows <= 7)
    plain = shown(made(**GRAY, WindowCenter="0", WindowWidth="2"))
    picture = shown(made(**GRAY, **window, ShutterShape="RECTANGULAR", **edges))
    assert np.array_equal(picture, np.where(inside, plain, 0x40))
    circle = {"CenterOfCircularShutter": [8, 8], "RadiusOfCircularShutter": 5}
    round_ = (rows - 8) ** 2 + (columns - 8) ** 2 <= 25
    picture = shown(made(**GRAY, **window, ShutterShape=["RECTANGULAR", "CIRCULAR"], **edges, **circle))
    assert np.array_equal(picture, np.where(inside & round_, plain, 0x40))
    corners = {"VerticesOfThePolygonalShutter": [3, 3, 3, 12, 12, 12, 12, 3]}
    square = (rows >= 3) & (rows <= 12) & (columns >= 3) & (columns <= 12)
    picture = shown(made(**GRAY, **window, ShutterShape="POLYGONAL", **corners))
    assert np.array_equal(picture, np.where(square, plain, 0x40))
    assert np.array_equal(shown(made(**GRAY, **window, ShutterShape="CIRCULAR")), plain)


def test_color_profiles() -> None:
    values = np.random.default_rng(8).integers(0, 256, (16, 16, 3), dtype="u1")
    color = {
        "Rows": 16, "Columns": 16, "SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0,
        "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelData": values.tobytes(),
    }  # fmt: skip
    same = made(**color, ICCProfile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert np.abs(shown(same).astype(int) - values).max() <= 1
    issues: list[Any] = []
    broken = made(**color, ICCProfile=b"no profile at all" * 20)
    assert np.array_equal(display(open_image(broken), issues=issues), values)
    assert [issue.code for issue in issues] == ["icc-profile"]
    wide = made(
        **(
            color
            | {
                "BitsAllocated": 16,
                "BitsStored": 16,
                "HighBit": 15,
                "PixelData": (values.astype("<u2") * 257).tobytes(),
            }
        )
    )
    assert np.array_equal(shown(wide), values)


def test_a_window_is_found_where_none_is_stated() -> None:
    picture = shown(made(**GRAY))
    assert picture.min() == 0
    assert picture.max() == 255
    padded = made(
        **(
            GRAY
            | {"PixelData": np.where(RAMP < 128, RAMP, 4000).astype("<u2").tobytes(), "BitsStored": 12, "HighBit": 11}
        )
    )
    padded.add_new(0x00280120, "US", 4000)
    assert shown(padded)[7, 15] > 200
    assert window_around(np.full(9, np.nan)) == (0.5, 1.0)
    assert window_around(np.array([3.0])) == (3.0, 1.0)


def test_all_frames_in_all_ways() -> None:
    path = str(get_testdata_file("examples_ybr_color.dcm"))
    assert hu.pixels(path).shape == hu.pixels(path, as_="display").shape == (30, 240, 320, 3)
    assert hu.frame(path, 2, as_="display").shape == (240, 320, 3)
    assert hu.frames(str(get_testdata_file("CT_small.dcm")), [0], as_="physical").min() < -800
    with pytest.raises(UsageError):
        hu.frame(path, as_="raw")  # type: ignore[arg-type]


def test_segments_of_bytes() -> None:
    """In tables of 8 bits an offset has four bytes."""
    data = bytes([0, 2, 10, 20, 1, 2, 40, 2, 1, 0, 0, 0, 0])
    assert segments(data, 8, name="x", tag=0).tolist() == [10, 20, 30, 40, 10, 20]


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_segments_of_no_length_are_refused(kind: int) -> None:
    """Repeating thousands of segments that make nothing would take forever."""
    bomb = np.tile(np.array([kind, 0], "<u2"), 30_000)
    repeats = np.tile(np.array([2, 65_535, 4, 0], "<u2"), 8_000)
    data = np.concatenate([np.array([0, 1, 7], "<u2"), bomb, repeats]).tobytes()
    with pytest.raises(PixelError, match="no sense"):
        segments(data, 16, name="x", tag=0)


def test_palettes_of_bytes_in_words_are_not_black() -> None:
    dataset = made(**(GRAY | {"PhotometricInterpretation": "PALETTE COLOR"}))
    for number in range(3):
        dataset.add_new(0x00281101 + number, "US", [256, 0, 16])
        dataset.add_new(0x00281201 + number, "OW", np.roll(np.arange(256, dtype="<u2"), number).tobytes())
    issues: list[Any] = []
    picture = display(open_image(dataset), issues=issues)
    assert [issue.code for issue in issues] == ["palette-depth"]
    assert np.array_equal(picture, np.stack([RAMP, RAMP - 1, RAMP - 2], axis=-1).astype(np.uint8))
