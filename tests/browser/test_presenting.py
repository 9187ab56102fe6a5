"""Presentation states of other programs: applied by a click, brought back by the address, taken off again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, GrayscaleSoftcopyPresentationStateStorage, generate_uid

from tests.browser.phantom import block, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation


def _state(image: Dataset, path: Path) -> None:
    """Write a presentation state as others do: a window, a quarter turn, a part of the image, a circle and words."""
    state = Dataset()
    state.SOPClassUID, state.SOPInstanceUID = GrayscaleSoftcopyPresentationStateStorage, generate_uid()
    for keyword in ("StudyInstanceUID", "PatientName", "PatientID", "StudyDate", "StudyTime"):
        state[keyword] = image[keyword]
    state.SeriesInstanceUID, state.Modality, state.SeriesNumber, state.InstanceNumber = generate_uid(), "PR", 9, 1
    state.ContentLabel, state.PresentationCreationDate, state.PresentationCreationTime = "FOREIGN", "20240102", "1200"
    state.SeriesDescription = "Of others"
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = image.SeriesInstanceUID, [reference]
    state.ReferencedSeriesSequence = [series]
    window = Dataset()
    window.WindowCenter, window.WindowWidth, window.VOILUTFunction = 250, 900, "LINEAR"
    state.SoftcopyVOILUTSequence = [window]
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [1, 1], [16, 16]
    area.PresentationSizeMode, area.PresentationPixelAspectRatio = "SCALE TO FIT", [1, 1]
    state.DisplayedAreaSelectionSequence = [area]
    circle = Dataset()
    circle.GraphicAnnotationUnits, circle.GraphicDimensions, circle.NumberOfGraphicPoints = "PIXEL", 2, 2
    circle.GraphicData, circle.GraphicType, circle.GraphicFilled = [8.5, 8.5, 12.5, 8.5], "CIRCLE", "N"
    words = Dataset()
    words.AnchorPointAnnotationUnits, words.AnchorPoint, words.AnchorPointVisibility = "PIXEL", [8.5, 8.5], "N"
    words.UnformattedTextValue = "<b>lesion</b>"
    drawn = Dataset()
    drawn.GraphicLayer, drawn.GraphicObjectSequence, drawn.TextObjectSequence = "ONE", [circle], [words]
    state.GraphicAnnotationSequence = [drawn]
    state.ImageRotation, state.ImageHorizontalFlip, state.PresentationLUTShape = 90, "N", "INVERSE"
    state.file_meta = FileMetaDataset()
    state.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    state.save_as(path, enforce_file_format=True)


def test_a_foreign_presentation_state_is_applied_and_taken_off(workstation: Workstation, tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", block, shape=(5, 32, 32))
    image = pydicom.dcmread(folder / "IM0001")
    _state(image, folder / "STATE")
    with running(folder) as server:
        workstation.open(server.address)
        page = workstation.page
        workstation.run("panel.findings")
        page.get_by_role("button", name="Show:").click()
        workstation.wait("hounsfield.store.active.value.view.value.presentation")
        workstation.settled()
        _looks_so(workstation, str(image.SOPInstanceUID))
        workstation.wait("hounsfield.session.written")
        page.reload()
        workstation.wait("globalThis.hounsfield?.store.active.value.view.value.presentation")
        workstation.settled()
        _looks_so(workstation, str(image.SOPInstanceUID))
        page.get_by_role("button", name="Remove:").click()
        workstation.settled()
        assert set(workstation.view()) <= {"frame"} or not workstation.view().get("invert")
        assert workstation.ask("hounsfield.store.active.value.drawn.value.window") == {"center": 500, "width": 1200}


def _looks_so(workstation: Workstation, uid: str) -> None:
    view = workstation.view()
    assert (view["window"], view["rotate"], view["invert"]) == ([250, 900], 90, True)
    assert view["zoom"] == pytest.approx(2)
    at = workstation.slice()[0]
    shown = "(at) => hounsfield.store.active.value.stack.value.frames[at].sop_instance_uid"
    assert workstation.ask(shown, at) == uid
