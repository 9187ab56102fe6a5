"""What is kept as DICOM: written by the server, brought back by another page, read by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser.phantom import block, write_ct
from tests.browser.test_measuring import quantity
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation


def test_measurements_are_kept_as_a_report(workstation: Workstation, tmp_path: Path) -> None:
    """Saved, brought back by another page, and read by highdicom."""
    import highdicom as hd
    import pydicom

    with running(write_ct(tmp_path / "ct", block)) as server:
        workstation.open(server.address)
        workstation.press("l")
        z = workstation.values()[1][0, 0, 2]
        workstation.drag(workstation.at((-40, -10, z)), workstation.at((40, -10, z)))
        workstation.press("e")
        workstation.drag(workstation.at((-20, -15, z)), workstation.at((20, 15, z)))
        before = workstation.measured()
        workstation.press("Control+s")
        workstation.wait("hounsfield.store.objects.value.length === 1")
        workstation.page.reload()
        workstation.wait("globalThis.hounsfield?.store.measurements.value.length === 2")
        after = workstation.measured()
    for old, new in zip(before, after, strict=True):
        assert (new["kind"], new["sop_instance_uid"]) == (old["kind"], old["sop_instance_uid"])
        assert np.allclose(sorted(new["pixels"]), sorted(old["pixels"]), atol=0.01)
        for one in old["quantities"]:
            if one["name"] in ("length", "area", "mean", "max"):
                assert quantity(new, one["name"])[0] == pytest.approx(one["value"], rel=1e-4)
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file() and _is_report(path)]
    report: Any = hd.sr.srread(path)
    assert isinstance(report, hd.sr.Comprehensive3DSR | hd.sr.ComprehensiveSR | hd.sr.EnhancedSR)
    content: Any = report.content
    groups = [*content.get_planar_roi_measurement_groups(), *content.get_image_measurement_groups()]
    values = [float(one.value) for group in groups for one in group.get_measurements()]
    assert any(value == pytest.approx(80, abs=0.5) for value in values)
    assert pydicom.dcmread(path).PatientName == "Phantom^Browser"


def _is_report(path: Path) -> bool:
    import pydicom

    return str(pydicom.dcmread(path, stop_before_pixels=True).Modality) == "SR"


def test_key_images_are_kept(workstation: Workstation, tmp_path: Path) -> None:
    import pydicom

    with running(write_ct(tmp_path / "ct", block)) as server:
        workstation.open(server.address)
        for _ in range(2):
            workstation.press("j")
            workstation.press("ArrowDown")
        keys = workstation.ask("hounsfield.store.keyImages.value")
        workstation.press("Control+Shift+s")
        workstation.wait("hounsfield.store.objects.value.length === 1")
        workstation.page.reload()
        workstation.wait("globalThis.hounsfield?.store.keyImages.value.length === 2")
    objects = [pydicom.dcmread(path, stop_before_pixels=True) for path in tmp_path.rglob("*") if path.is_file()]
    (key,) = [one for one in objects if one.Modality == "KO"]
    named = [
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in key.ContentSequence
        if item.ValueType == "IMAGE"
    ]
    assert named == [one["sop_instance_uid"] for one in keys]


def test_how_it_is_shown_is_kept(workstation: Workstation, tmp_path: Path) -> None:
    """A presentation state with the window, the turn, and what was drawn; mirrored as presentation states can."""
    import pydicom

    with running(write_ct(tmp_path / "ct", block)) as server:
        workstation.open(server.address)
        workstation.press("l")
        z = workstation.values()[1][0, 0, 2]
        workstation.drag(workstation.at((-40, -10, z)), workstation.at((40, -10, z)))
        workstation.change("pane-1", {"window": [300, 700], "rotate": 90, "flip_vertical": True})
        workstation.press("Control+Alt+s")
        workstation.wait("hounsfield.store.objects.value.length === 1")
    objects = [pydicom.dcmread(path) for path in tmp_path.rglob("*") if path.is_file()]
    (state,) = [one for one in objects if one.Modality == "PR"]
    window = state.SoftcopyVOILUTSequence[0]
    assert (float(window.WindowCenter), float(window.WindowWidth)) == (300, 700)
    # Top and bottom exchanged, then a quarter turn, is a quarter turn, then left and right exchanged (PS3.3 C.10.6).
    assert (state.ImageRotation, state.ImageHorizontalFlip) == (90, "Y")
    graphics = [item for group in state.GraphicAnnotationSequence for item in group.get("GraphicObjectSequence", [])]
    texts = [
        item.UnformattedTextValue
        for group in state.GraphicAnnotationSequence
        for item in group.get("TextObjectSequence", [])
    ]
    assert [item.GraphicType for item in graphics] == ["POLYLINE"]
    assert any("mm" in text for text in texts)


def test_a_state_of_another_program_is_shown_and_taken_away(workstation: Workstation, tmp_path: Path) -> None:
    """By a press in the list of what is saved: window, turn and what is drawn, as `hu.render` shows it."""
    from hounsfield.render import View, render

    with running(write_ct(tmp_path / "ct", block)) as server:
        workstation.open(server.address)
        frame = workstation.ask("hounsfield.store.active.value.stack.value.frames[5]")
        box = {"kind": "polyline", "points": [[20, 20], [40, 20], [40, 40], [20, 20]], "filled": False, "text": ""}
        image = {
            "sop_instance_uid": frame["sop_instance_uid"],
            "window": {"center": 100, "width": 2000, "function": "linear"},
            "rotate": 90,
            "graphics": [box],
        }
        kept = workstation.ask(
            """(body) => fetch("/api/objects", { method: "POST", body: JSON.stringify(body),
            headers: { "content-type": "application/json" } }).then((answer) => answer.json())""",
            {"kind": "presentation", "images": [image]},
        )
        workstation.run("panel.findings")
        workstation.wait("hounsfield.store.objects.value.length === 1")
        before = workstation.view()
        workstation.page.get_by_role("button", name="Show:").click()
        workstation.settled()
        shown = workstation.view()
        assert (shown["presentation"], shown["window"], shown["rotate"]) == (kept["sop_instance_uid"], [100, 2000], 90)
        assert workstation.slice()[0] == 5
        workstation.wait(f"({_INK})('pane-1') > 100")
        workstation.page.get_by_role("button", name="Remove:").click()
        workstation.settled()
        assert "presentation" not in workstation.view()
        workstation.wait(f"({_INK})('pane-1') < 20")
        assert before.get("window") == workstation.view().get("window")
    path = next(path for path in tmp_path.rglob("*") if path.is_file() and str(path) == kept["path"])
    picture = render(frame_file(tmp_path, frame["sop_instance_uid"]), View(presentation=str(path)))
    # Three sides of 20, 20 and 28 pixels.
    assert 55 <= int((picture.array == 255).sum()) <= 75


# White pixels of a pane: the phantom is gray in this window.
_INK = """(id) => Math.max(...[...document.querySelectorAll(`#${id} canvas`)].map((canvas) => {
  const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  let count = 0;
  for (let at = 0; at < pixels.length; at += 4) count += pixels[at] > 250;
  return count;
}))"""


def frame_file(folder: Path, uid: str) -> str:
    """The file of an instance."""
    import hounsfield as hu

    found = hu.scan(folder).instances.where(SOPInstanceUID=[uid]).first()
    assert found is not None
    return str(found.path)


def test_findings_are_taken_along_as_tables(workstation: Workstation, tmp_path: Path) -> None:
    """As CSV and JSON, read by Python; a label that a spreadsheet would take for a formula is text."""
    import csv
    import json

    with running(write_ct(tmp_path / "ct", block)) as server:
        workstation.open(server.address)
        workstation.press("l")
        z = workstation.values()[1][0, 0, 2]
        workstation.drag(workstation.at((-40, -10, z)), workstation.at((40, -10, z)))
        workstation.ask(
            "hounsfield.store.measurements.value = hounsfield.store.measurements.value"
            ".map((each) => ({ ...each, label: '=1+\"x\"' }))"
        )
        (measured,) = workstation.measured()
        workstation.run("panel.findings")
        paths = {}
        for kind in ("CSV", "JSON"):
            with workstation.page.expect_download() as coming:
                workstation.page.get_by_role("button", name=kind, exact=True).click()
            paths[kind] = coming.value.path()
    with paths["CSV"].open(newline="", encoding="utf-8") as file:
        (row,) = [row for row in csv.DictReader(file) if row["quantity"] == "length"]
    assert (row["kind"], row["unit"], row["label"]) == ("length", "mm", '\'=1+"x"')
    assert float(row["value"]) == pytest.approx(80, abs=0.5)
    assert row["instance"] == measured["sop_instance_uid"]
    (same,) = json.loads(paths["JSON"].read_text("utf-8"))
    assert same["quantities"] == measured["quantities"]
