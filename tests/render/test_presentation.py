"""Presentation states: grays and turns beside DCMTK's dcmp2pgm; areas, shutters and annotations where they belong."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from hounsfield.errors import HounsfieldError, UsageError
from hounsfield.render import View, render, sheet
from hounsfield.testing import chest_ct
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path


def _item(**values: Any) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def state_for(image: Path, output: Path, **changes: Any) -> Path:
    """A presentation state for one image; `area` is (left, top, right, bottom) from 1."""
    header = dcmread(image, stop_before_pixels=True)
    reference = _item(ReferencedSOPClassUID=header.SOPClassUID, ReferencedSOPInstanceUID=header.SOPInstanceUID)
    area = changes.pop("area", (1, 1, header.Columns, header.Rows))
    values: dict[str, Any] = {
        "SOPClassUID": UID("1.2.840.10008.5.1.4.1.1.11.1"),
        "SOPInstanceUID": UID("1.2.3.4.5"),
        "Modality": "PR",
        "StudyInstanceUID": header.StudyInstanceUID,
        "SeriesInstanceUID": UID("1.2.3.4"),
        "PatientName": "A^B",
        "PatientID": "X",
        "ContentLabel": "A",
        "ContentDescription": "d",
        "PresentationCreationDate": "20200101",
        "PresentationCreationTime": "000000",
        "InstanceNumber": 1,
        "SeriesNumber": 1,
        "ReferencedSeriesSequence": [
            _item(SeriesInstanceUID=header.SeriesInstanceUID, ReferencedImageSequence=[reference])
        ],
        "RescaleSlope": header.RescaleSlope,
        "RescaleIntercept": header.RescaleIntercept,
        "RescaleType": "US",
        "SoftcopyVOILUTSequence": [_item(WindowCenter=40, WindowWidth=400)],
        "DisplayedAreaSelectionSequence": [
            _item(
                DisplayedAreaTopLeftHandCorner=list(area[:2]),
                DisplayedAreaBottomRightHandCorner=list(area[2:]),
                PresentationSizeMode="SCALE TO FIT",
                PresentationPixelAspectRatio=[1, 1],
            )
        ],
        "PresentationLUTShape": "IDENTITY",
    }
    state = _item(**{key: value for key, value in (values | changes).items() if value is not None})
    state.file_meta = FileMetaDataset()
    state.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1")
    state.file_meta.MediaStorageSOPClassUID = state.SOPClassUID
    state.file_meta.MediaStorageSOPInstanceUID = state.SOPInstanceUID
    state.save_as(output, enforce_file_format=True)
    return output


_SIDES = ("LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return chest_ct(tmp_path / "in", slices=1, rows=64)[0]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ImageRotation": 90, "ImageHorizontalFlip": "N"},
        {"ImageRotation": 90, "ImageHorizontalFlip": "Y"},
        {"ImageRotation": 270, "ImageHorizontalFlip": "N"},
        {"ImageRotation": 0, "ImageHorizontalFlip": "Y"},
        {"PresentationLUTShape": "INVERSE"},
        {"RescaleSlope": None, "RescaleIntercept": None, "RescaleType": None},
        {"SoftcopyVOILUTSequence": None},
        {"SoftcopyVOILUTSequence": [_item(WindowCenter=-600, WindowWidth=1500)]},
    ],
    ids=str,
)
def test_grays_and_turns_are_those_of_dcmtk(image: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    state = state_for(image, tmp_path / "ps.dcm", **changes)
    subprocess.run([require("dcmp2pgm"), "-p", state, image, tmp_path / "x.pgm"], check=True, capture_output=True)
    with Pillow.open(tmp_path / "x.pgm") as opened:
        theirs = np.asarray(opened.convert("L")).astype(int)
    ours = render(image, View(presentation=str(state))).array
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1


def test_an_area_is_cut_out_and_what_is_outside_is_black(image: Path, tmp_path: Path) -> None:
    whole = render(image, View(presentation=str(state_for(image, tmp_path / "1")))).array
    part = render(image, View(presentation=str(state_for(image, tmp_path / "2", area=(11, 21, 50, 40))))).array
    assert np.array_equal(part, whole[20:40, 10:50])
    wide = render(image, View(presentation=str(state_for(image, tmp_path / "3", area=(-9, -4, 74, 69))))).array
    assert wide.shape == (74, 84)
    assert np.array_equal(wide[5:69, 10:74], whole)
    assert wide[:5].max() == 0
    # Corners are those that are seen: of a turned image, the first may be to the right of the last.
    turned = state_for(image, tmp_path / "4", area=(50, 21, 11, 40), ImageRotation=180, ImageHorizontalFlip="N")
    assert np.array_equal(render(image, View(presentation=str(turned))).array, whole[20:40, 10:50][::-1, ::-1])


def test_a_shutter_hides(image: Path, tmp_path: Path) -> None:
    edges = dict(zip(("Left", "Right"), (10, 40), strict=True))
    state = state_for(
        image,
        tmp_path / "ps.dcm",
        ShutterShape="RECTANGULAR",
        ShutterUpperHorizontalEdge=20,
        ShutterLowerHorizontalEdge=30,
        ShutterPresentationValue=0xFFFF,
        **{f"Shutter{side}VerticalEdge": edge for side, edge in edges.items()},
    )
    shown = render(image, View(presentation=str(state))).array
    assert shown[0, 0] == shown[-1, -1] == 255
    assert shown[25, 25] < 255


def test_a_bitmap_hides_what_is_below_its_ones(image: Path, tmp_path: Path) -> None:
    bits = np.zeros((64, 64), np.uint8)
    bits[:20] = bits[:, 40:] = 1
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    state = dcmread(
        state_for(
            image,
            tmp_path / "ps.dcm",
            ShutterShape="BITMAP",
            ShutterOverlayGroup=0x6002,
            ShutterPresentationValue=0x8000,
        )
    )
    for element, vr, value in (
        (0x10, "US", 64),
        (0x11, "US", 64),
        (0x40, "CS", "G"),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 1),
        (0x102, "US", 0),
        (0x3000, "OW", packed),
    ):
        state.add_new((0x6002, element), vr, value)
    state.save_as(tmp_path / "bitmap.dcm")
    # dcmp2pgm 3.6.7 reads bitmaps and does not apply them: what counts is PS3.3 C.7.6.15.
    shown = render(image, View(presentation=str(tmp_path / "bitmap.dcm"))).array
    assert np.unique(shown[bits == 1]).tolist() == [128]
    plain = render(image, View(presentation=str(state_for(image, tmp_path / "plain.dcm")))).array
    assert np.array_equal(shown[bits == 0], plain[bits == 0])


def test_a_palette_in_a_state_colors_the_grays(image: Path, tmp_path: Path) -> None:
    gray = render(image, View(presentation=str(state_for(image, tmp_path / "gray.dcm")))).array
    ramp = np.arange(256, dtype=np.uint16)
    tables = {"Red": ramp, "Green": 255 - ramp, "Blue": np.zeros_like(ramp)}
    palette: dict[str, Any] = {"SOPClassUID": UID("1.2.840.10008.5.1.4.1.1.11.3"), "PresentationLUTShape": None}
    for name, table in tables.items():
        palette[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        palette[f"{name}PaletteColorLookupTableData"] = (table * 257).astype("<u2").tobytes()
    red = {"ShutterPresentationColorCIELabValue": [35579, 53664, 50858], "ShutterPresentationValue": 0}
    edges = {f"Shutter{side}Edge": edge for side, edge in zip(_SIDES, (5, 60, 5, 60), strict=True)}
    state = state_for(image, tmp_path / "color.dcm", **palette, **red, **edges, ShutterShape="RECTANGULAR")
    shown = render(image, View(presentation=str(state))).array
    assert np.abs(shown[0, 0].astype(int) - (255, 0, 0)).max() <= 2
    inside = np.s_[4:60, 4:60]
    assert np.array_equal(shown[inside], np.stack([gray, 255 - gray, gray * 0], axis=-1)[inside])


@pytest.mark.parametrize(("rotation", "flip"), [(0, "N"), (90, "N"), (90, "Y"), (180, "Y"), (270, "N")])
@pytest.mark.parametrize("view", [View(size=320), View(size=320, rotate=90, flip_vertical=True)], ids=["", "turned"])
def test_annotations_stay_where_they_are_in_the_patient(
    image: Path, tmp_path: Path, rotation: int, flip: str, view: View
) -> None:
    """A mark on a pixel that is brighter than all others is drawn onto it, however the picture is turned."""
    header = dcmread(image)
    values = np.zeros((64, 64), np.uint16)
    values[40:43, 12:15] = 1500
    header.PixelData = values.tobytes()
    header.save_as(image)
    point = _item(
        GraphicAnnotationUnits="PIXEL",
        GraphicDimensions=2,
        NumberOfGraphicPoints=1,
        GraphicData=[13.5, 41.5],
        GraphicType="POINT",
        GraphicFilled="N",
    )
    turn = {"ImageRotation": rotation, "ImageHorizontalFlip": flip}
    layer = {"GraphicLayerSequence": [_item(GraphicLayer="L", GraphicLayerOrder=1)]}
    marked = {"GraphicAnnotationSequence": [_item(GraphicLayer="L", GraphicObjectSequence=[point])]}
    window = {"SoftcopyVOILUTSequence": [_item(WindowCenter=0, WindowWidth=4000)]}
    plain = state_for(image, tmp_path / "1", **turn, **window)
    drawn = state_for(image, tmp_path / "2", **turn, **window, **layer, **marked)
    before, after = (render(image, view.with_(presentation=str(state))).array.astype(int) for state in (plain, drawn))
    bright = np.argwhere(before > before.max() - 20).mean(axis=0)
    mark = np.argwhere(after != before).mean(axis=0)
    assert mark == pytest.approx(bright, abs=1.5)


def test_texts_and_lines_are_drawn(image: Path, tmp_path: Path) -> None:
    def graphic(kind: str, *places: float) -> Dataset:
        return _item(
            GraphicAnnotationUnits="PIXEL",
            GraphicDimensions=2,
            NumberOfGraphicPoints=len(places) // 2,
            GraphicData=list(places),
            GraphicType=kind,
            GraphicFilled="N",
        )

    text = _item(
        UnformattedTextValue="here\r\nit is",
        BoundingBoxAnnotationUnits="DISPLAY",
        BoundingBoxTopLeftHandCorner=[0.5, 0.5],
        BoundingBoxBottomRightHandCorner=[0.9, 0.7],
        BoundingBoxTextHorizontalJustification="CENTER",
    )
    kinds = [
        graphic("POLYLINE", 1, 1, 20, 20, 30, 5),
        graphic("INTERPOLATED", 1, 60, 20, 40, 30, 50, 50, 60),
        graphic("CIRCLE", 32, 32, 40, 32),
        graphic("ELLIPSE", 5, 10, 25, 10, 15, 5, 15, 15),
    ]
    plain = render(image, View(size=256, presentation=str(state_for(image, tmp_path / "0")))).array
    for number, one in enumerate([*kinds, text], 1):
        kind = "TextObjectSequence" if one is text else "GraphicObjectSequence"
        annotation = [_item(GraphicLayer="L", **{kind: [one]})]
        state = state_for(image, tmp_path / str(number), GraphicAnnotationSequence=annotation)
        changed = np.argwhere(render(image, View(size=256, presentation=str(state))).array != plain)
        assert 50 < len(changed) < plain.size // 10
        if one is text:
            assert changed.min(axis=0)[0] > 120


def test_states_of_other_images_and_other_objects_are_refused(image: Path, tmp_path: Path) -> None:
    other = chest_ct(tmp_path / "other", slices=3, rows=32)[1]
    state = state_for(other, tmp_path / "ps.dcm")
    with pytest.raises(UsageError, match="is for 1 other images"):
        render(image, View(presentation=str(state)))
    with pytest.raises(UsageError, match="no presentation state"):
        render(image, View(presentation=str(other)))
    # On a sheet, the others say so.
    made = sheet(tmp_path / "other", View(size=64, presentation=str(state)), columns=3, rows=1)
    assert len(made.issues) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"ImageRotation": 45, "ImageHorizontalFlip": "N"},
        {"area": (1, 1, 30000, 30000)},
        {"SoftcopyVOILUTSequence": [_item(WindowCenter=0, WindowWidth=0)]},
        {"SoftcopyVOILUTSequence": [_item(VOILUTSequence=[_item(LUTExplanation="none")])]},
        {"PresentationLUTSequence": [_item(LUTExplanation="none")]},
        {"GraphicAnnotationSequence": [_item(GraphicObjectSequence=[_item(GraphicType="CIRCLE", GraphicData=[1e30])])]},
        {"GraphicAnnotationSequence": [_item(TextObjectSequence=[_item(UnformattedTextValue="x")])]},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_an_error_or_passed_over(image: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    state = state_for(image, tmp_path / "ps.dcm", **changes)
    try:
        assert render(image, View(presentation=str(state))).shape == (64, 64)
    except HounsfieldError as error:
        assert str(error)
