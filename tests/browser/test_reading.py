"""Scrolling, windows, planes, slabs and movies, by mouse and by keyboard, against NumPy and the Python renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser.phantom import block, gradient, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation


def test_opens_a_folder_scrolls_and_windows(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", gradient)) as server:
        workstation.open(server.address)
        assert workstation.slice() == (20, 40)
        workstation.press("ArrowDown")
        workstation.press("PageDown")
        assert workstation.slice() == (31, 40)
        workstation.press("Home")
        assert workstation.slice() == (0, 40)
        workstation.press("End")
        assert workstation.slice() == (39, 40)
        middle = workstation.at((64, 48))
        workstation.page.mouse.move(*middle)
        workstation.page.mouse.wheel(0, -120)
        workstation.settled()
        assert workstation.slice() == (38, 40)
        workstation.press("w")
        workstation.drag(middle, (middle[0] + 100, middle[1] - 60))
        center, width = workstation.view()["window"]
        assert width == pytest.approx(1200 + 100 * 1200 / 300, abs=1)
        assert center == pytest.approx(500 - 60 * 1200 / 300, abs=1)
        workstation.run("edit.undo")
        assert "window" not in workstation.view() or workstation.view()["window"] is None


def test_pans_zooms_and_turns_about_what_is_seen(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", gradient)) as server:
        workstation.open(server.address)
        workstation.press("p")
        before = workstation.at((30, 40))
        workstation.drag(workstation.at((64, 48)), tuple(np.add(workstation.at((64, 48)), (50, 30))))
        assert np.allclose(np.subtract(workstation.at((30, 40)), before), (50, 30), atol=0.6)
        for key in ("r", "h", "+"):
            workstation.press(key)
        view = workstation.view()
        assert (view["rotate"], view["flip_horizontal"], view["zoom"]) == (90, True, 1.25)
        workstation.run("view.actual-size")
        assert workstation.ask("hounsfield.store.active.value.drawn.value.magnification") == pytest.approx(1)


@pytest.mark.parametrize("how", [{}, {"rotate": 90}, {"flip_horizontal": True, "rotate": 90}, {"flip_vertical": True}])
def test_hangs_as_the_python_renderer_does(workstation: Workstation, tmp_path: Path, how: dict[str, Any]) -> None:
    """The brightest corner of a picture is where `hounsfield.render` puts it."""
    import hounsfield as hu
    from hounsfield.render import View, render

    folder = write_ct(tmp_path / "ct", gradient)
    shape = render(hu.load(folder), View(plane="axial", window=(0, 900), **how)).array
    brightest = np.unravel_index(int(np.argmax(shape[::4, ::4].astype(int))), shape[::4, ::4].shape)
    low = [brightest[axis] < shape[::4, ::4].shape[axis] / 2 for axis in (0, 1)]
    with running(folder) as server:
        workstation.open(server.address)
        workstation.change("pane-1", how)
        corners = {corner: workstation.at(corner) for corner in ((0, 0), (127, 0), (0, 95), (127, 95))}
        values, _ = workstation.values()
        best = max(corners, key=lambda corner: values[corner[1], corner[0]])
        middle = np.mean(list(corners.values()), axis=0)
        assert [corners[best][1] < middle[1], corners[best][0] < middle[0]] == low


@pytest.mark.parametrize("tilt", [0.0, 20.0])
@pytest.mark.parametrize("plane", ["coronal", "sagittal", "axial", "oblique"])
def test_planes_hold_the_values_of_their_points(
    workstation: Workstation, tmp_path: Path, plane: str, tilt: float
) -> None:
    """Also of a tilted series: each pixel has the value that belongs to its point of the patient."""
    folder = write_ct(tmp_path / "ct", gradient, tilt=tilt, shape=(40, 64, 80))
    with running(folder) as server:
        workstation.open(server.address)
        view: dict[str, Any] = {"plane": plane, "point": [3.2, -4.1, 5.3]}
        if plane == "oblique":
            view |= {"normal": [0.3, 0.8, 0.4], "up": [0, 0, 1]}
        workstation.change("pane-1", view)
        assert workstation.ask("hounsfield.store.active.value.phase.value") == "ready"
        values, points = workstation.values()
        angle = np.radians(tilt)
        # How far a point is from the middle slice, along the axis of the scanner, and along the rows.
        depth = points[..., 2] - np.tan(angle) * points[..., 1]
        along = points[..., 1] / np.cos(angle)
        inside = (np.abs(depth) < 38.5) & (np.abs(along) < 31) & (np.abs(points[..., 0]) < 39)
        assert inside.mean() > 0.2
        assert np.abs(values - gradient(points))[inside].max() <= 1.5


@pytest.mark.parametrize(("blend", "slab"), [("mip", 12), ("minip", 12), ("mean", 12), ("mip", "all")])
def test_slabs_are_those_of_the_python_renderer(
    workstation: Workstation, tmp_path: Path, blend: str, slab: Any
) -> None:
    import hounsfield as hu
    from hounsfield.render import View
    from hounsfield.render.reslice import reslice

    folder = write_ct(tmp_path / "ct", block, shape=(40, 64, 80))
    point = (2.0, -3.0, 5.0)
    expected, _ = reslice(hu.load(folder), View(plane="coronal", slab=slab, blend=blend, point=point))  # type: ignore[arg-type]
    with running(folder) as server:
        workstation.open(server.address)
        workstation.change("pane-1", {"plane": "coronal", "slab": slab, "blend": blend, "point": list(point)})
        values, _ = workstation.values()
    assert values.shape == expected.shape
    difference = np.abs(values - np.nan_to_num(expected))
    assert difference.max() <= 1
    assert difference.mean() < 0.5


def test_three_planes_with_crosshairs_that_turn(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", gradient)) as server:
        workstation.open(server.address)
        workstation.press("m")
        assert [workstation.view(f"pane-{number}").get("plane") for number in (1, 2, 3)] == [
            "axial",
            "coronal",
            "sagittal",
        ]
        workstation.drag(workstation.at((0, 0, 0)), workstation.at((10, 8, 0)))
        for number in (1, 2, 3):
            assert np.allclose(workstation.view(f"pane-{number}")["point"], (10, 8, 1), atol=1.2)
        handle = workstation.ask(
            """() => {
              const pane = document.querySelector('[data-viewport-uid="pane-1"]').getBoundingClientRect();
              const circle = document.querySelector('[data-viewport-uid="pane-1"] circle');
              return [pane.left + Number(circle.getAttribute('cx')), pane.top + Number(circle.getAttribute('cy'))];
            }"""
        )
        middle = np.array(workstation.at(tuple(workstation.view("pane-1")["point"])))
        way = np.array(handle) - middle
        angle = np.radians(30)
        turned = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle)))) @ way
        workstation.drag(tuple(handle), tuple(middle + turned))
        normals = [np.array(workstation.view(f"pane-{number}")["normal"]) for number in (2, 3)]
        assert abs(normals[0] @ normals[1]) < 1e-6
        assert abs(normals[0] @ (0, 1, 0)) == pytest.approx(np.cos(angle), abs=0.02)
        values, points = workstation.values("pane-2")
        inside = (np.abs(points) < (60, 44, 36)).all(axis=-1)
        assert np.abs(values - gradient(points))[inside].max() <= 1.5


def test_plays_by_the_clock(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", gradient)) as server:
        workstation.open(server.address)
        workstation.press("Home")
        workstation.wait("hounsfield.store.active.value.loaded.value.size === 40")
        seen = workstation.ask(
            """async () => {
              const pane = hounsfield.store.active.value;
              pane.rate.value = 20;
              await hounsfield.commands.run("cine.play");
              const seen = new Set();
              const started = performance.now();
              while (performance.now() - started < 1000) {
                seen.add(pane.slice.value);
                await new Promise((resolve) => requestAnimationFrame(resolve));
              }
              await hounsfield.commands.run("cine.play");
              return [...seen].length;
            }"""
        )
        assert 10 <= seen <= 22
        assert workstation.ask("hounsfield.store.active.value.playing.value") is False


def test_linked_series_follow_by_position(workstation: Workstation, tmp_path: Path) -> None:
    import pydicom

    fine = write_ct(tmp_path / "ct", gradient)
    coarse = write_ct(tmp_path / "other", gradient, shape=(16, 96, 128), spacing=(5.0, 1.0, 1.0))
    first = pydicom.dcmread(fine / "IM0000")
    for path in coarse.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.StudyInstanceUID, dataset.FrameOfReferenceUID = first.StudyInstanceUID, first.FrameOfReferenceUID
        dataset.SeriesNumber = 2
        dataset.save_as(path)
    with running(tmp_path) as server:
        workstation.open(server.address)
        workstation.ask(
            """async () => {
              const { store } = hounsfield;
              store.setLayout(1, 2);
              [...store.stacks.value.values()].forEach((stack, at) => store.open(`pane-${at + 1}`, stack));
            }"""
        )
        workstation.settled()
        counts = [workstation.slice(f"pane-{number}")[1] for number in (1, 2)]
        assert sorted(counts) == [16, 40]
        source, other = ("pane-1", "pane-2") if counts[0] == 40 else ("pane-2", "pane-1")
        workstation.ask("(id) => { hounsfield.store.activeId.value = id; }", source)
        workstation.ask("(id) => hounsfield.engine.goTo(id, 30)", source)
        workstation.settled()
        _, points = workstation.values(source)
        _, others = workstation.values(other)
        assert abs(points[0, 0, 2] - others[0, 0, 2]) <= 2.5
        line = workstation.page.locator(f'[data-viewport-uid="{other}"] svg line')
        assert line.count() == 0
        workstation.change(other, {"plane": "coronal"})
        assert line.count() == 1


def test_the_address_brings_back_what_was_shown(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", gradient)) as server:
        workstation.open(server.address)
        workstation.press("m")
        workstation.change("pane-2", {"slab": 10, "blend": "mean", "window": [100, 300]})
        before = workstation.ask("hounsfield.session.place()")
        workstation.wait("hounsfield.session.written")
        workstation.page.reload()
        workstation.wait("globalThis.hounsfield?.store.active.value.phase.value === 'ready'")
        workstation.settled()
        after = workstation.ask("hounsfield.session.place()")
        assert [pane["view"] for pane in after["panes"]] == [
            {key: value for key, value in pane["view"].items() if value is not None} for pane in before["panes"]
        ]


@pytest.mark.parametrize(
    "how",
    [
        {"window": [100, 500]},
        {"window": "bone", "invert": True},
        {"window": [0, 300], "colors": "hot-iron"},
        {"window": [0, 300], "function": "sigmoid", "rotate": 270},
        {"window": [0.5, 0.7], "function": "linear-exact"},
    ],
)
def test_colors_are_those_of_the_python_renderer(workstation: Workstation, tmp_path: Path, how: dict[str, Any]) -> None:
    import io
    import json

    from PIL import Image

    import hounsfield as hu
    from hounsfield.render import View, render

    folder = write_ct(tmp_path / "ct", gradient, shape=(5, 40, 50))
    view = {"frame": 3} | {key: value for key, value in how.items() if key != "rotate"}
    expected = render(hu.load(folder), View.from_json(json.dumps(view))).array
    expected = np.repeat(expected[..., None], 3, axis=2) if expected.ndim == 2 else expected
    with running(folder) as server:
        workstation.open(server.address)
        workstation.change("pane-1", {"frame": 3, "interpolation": "nearest", **how})
        picture = np.asarray(Image.open(io.BytesIO(workstation.page.screenshot())).convert("RGB")).astype(int)
        for column, row in ((5, 5), (25, 20), (44, 30), (10, 35), (33, 12)):
            x, y = workstation.at((column, row))
            assert np.abs(picture[int(y), int(x)] - expected[row, column]).max() <= 1, (column, row)


def test_a_color_map_has_its_bar(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path, block)) as server:
        workstation.open(server.address)
        bar = workstation.page.get_by_role("img", name="Colors from")
        assert bar.count() == 0
        workstation.change("pane-1", {"colors": "hot-iron", "window": [100, 400]})
        assert bar.get_attribute("aria-label") == "Colors from -100 to 300 HU"
        colors = workstation.ask(
            """() => { const canvas = document.querySelector(".colorbar canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, 1, 256); return [...data]; }"""
        )
        # Hot iron ends in white, and begins in black (PS3.6 B.1).
        assert colors[:3] == [255, 255, 255]
        assert colors[-4:-1] == [0, 0, 0]
        assert colors[4 * 128 : 4 * 128 + 3] == [254, 0, 0]
        workstation.change("pane-1", {"invert": True})
        assert (
            workstation.ask("document.querySelector('.colorbar canvas').getContext('2d').getImageData(0,0,1,1).data[0]")
            == 0
        )
