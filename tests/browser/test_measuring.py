"""Measuring with the mouse, against known sizes and NumPy; kept as DICOM, and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser.phantom import block, gradient, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation


def quantity(measurement: dict[str, Any], name: str) -> tuple[float, str]:
    """Give value and unit."""
    found = next(one for one in measurement["quantities"] if one["name"] == name)
    return found["value"], found["unit"]


def test_lengths_are_those_of_the_phantom(workstation: Workstation, tmp_path: Path) -> None:
    """To half a millimeter, on the slice, on a plane cut from the volume, and when the picture is turned."""
    with running(write_ct(tmp_path / "ct", block)) as server:
        workstation.open(server.address)
        workstation.press("l")
        z = workstation.values()[1][0, 0, 2]
        workstation.drag(workstation.at((-40, -10, z)), workstation.at((40, -10, z)))
        for key in ("r", "h"):
            workstation.press(key)
        workstation.drag(workstation.at((-10, -30, z)), workstation.at((-10, 30, z)))
        workstation.change("pane-1", {"plane": "sagittal", "point": [0, 0, 0], "rotate": 0, "flip_horizontal": False})
        workstation.drag(workstation.at((0, 5, -20)), workstation.at((0, 5, 20)))
        lengths = [quantity(one, "length") for one in workstation.measured()]
        assert [unit for _, unit in lengths] == ["mm"] * 3
        assert np.allclose([value for value, _ in lengths], (80, 60, 40), atol=0.5)
        assert workstation.measured()[2]["sop_instance_uid"] is None
        assert workstation.measured()[0]["pixels"] is not None


@pytest.mark.parametrize("kind", ["ellipse", "rectangle", "polygon"])
def test_statistics_are_those_of_numpy(workstation: Workstation, tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(7)
    noise = rng.normal(100, 300, (96, 128)).round()
    with running(write_ct(tmp_path / "ct", lambda points: noise[: points.shape[0]], shape=(4, 96, 128))) as server:
        workstation.open(server.address)
        workstation.ask("(tool) => hounsfield.engine.setTool(tool)", kind)
        if kind == "polygon":
            for corner in ((30.3, 20.2), (90.4, 35.1), (60.2, 80.3), (30.3, 20.2)):
                workstation.drag(workstation.at(corner))
        else:
            workstation.drag(workstation.at((30.3, 20.2)), workstation.at((90.4, 70.1)))
        (found,) = workstation.measured()
        inside = _inside(kind, np.array(found["pixels"]), noise.shape)
        values = noise[inside]
        assert values.size > 100
        assert quantity(found, "mean")[0] == pytest.approx(values.mean(), abs=1e-9)
        assert quantity(found, "mean")[1] == "[hnsf'U]"
        assert quantity(found, "sd")[0] == pytest.approx(values.std(ddof=1), abs=1e-9)
        assert (quantity(found, "min")[0], quantity(found, "max")[0]) == (values.min(), values.max())
        assert quantity(found, "count")[0] == values.size
        assert quantity(found, "area")[0] == pytest.approx(values.size, rel=0.05)


def _inside(kind: str, pixels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    rows, columns = np.indices(shape)
    points = np.stack((columns, rows), axis=-1).astype(float)
    if kind == "rectangle":
        return np.asarray(((points >= pixels.min(axis=0)) & (points <= pixels.max(axis=0))).all(axis=-1))
    if kind == "ellipse":
        middle, radii = pixels.mean(axis=0), np.ptp(pixels, axis=0) / 2
        return np.asarray((((points - middle) / radii) ** 2).sum(axis=-1) <= 1)
    turns = []
    for one, other in zip(pixels, np.roll(pixels, -1, axis=0), strict=True):
        way, to = other - one, points - one
        turns.append(way[0] * to[..., 1] - way[1] * to[..., 0] > 0)
    return np.asarray(np.all(turns, axis=0) | ~np.any(turns, axis=0))


def test_every_kind_can_be_drawn_moved_and_undone(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", gradient)) as server:
        workstation.open(server.address)
        places: dict[str, list[tuple[float, float]]] = {
            "angle": [(20, 20), (40, 20), (40, 40)],
            "bidirectional": [(60, 20), (100, 20)],
            "probe": [(70, 50)],
            "arrow": [(90, 50), (110, 60)],
            "freehand": [(20, 60), (40, 60), (40, 80), (20, 80)],
        }
        for tool, corners in places.items():
            workstation.ask("(tool) => hounsfield.engine.setTool(tool)", tool)
            screen = [workstation.at(corner) for corner in corners]
            if tool == "angle":
                workstation.drag(*screen[:2])
                workstation.drag(screen[2])
            else:
                workstation.drag(*screen)
        workstation.ask("hounsfield.engine.setTool('cobb')")
        workstation.drag(workstation.at((60, 70)), workstation.at((80, 70)))
        workstation.drag(workstation.at((60, 90)), workstation.at((80, 80)))
        found = {one["kind"]: one for one in workstation.measured()}
        assert set(found) == {*places, "cobb"}
        assert quantity(found["angle"], "angle")[0] == pytest.approx(90, abs=1)
        assert quantity(found["cobb"], "angle")[0] == pytest.approx(np.degrees(np.arctan(0.5)), abs=1)
        assert quantity(found["bidirectional"], "long_axis")[0] == pytest.approx(40, abs=0.5)
        workstation.ask("hounsfield.engine.setTool('window')")
        workstation.drag(workstation.at((100, 20)), workstation.at((110, 20)))
        moved = next(one for one in workstation.measured() if one["kind"] == "bidirectional")
        assert quantity(moved, "long_axis")[0] == pytest.approx(50, abs=0.5)
        assert workstation.view().get("window") is None
        workstation.press("Control+z")
        back = next(one for one in workstation.measured() if one["kind"] == "bidirectional")
        assert back["points"] == found["bidirectional"]["points"]
        for _ in range(6):
            workstation.press("Control+z")
        assert workstation.measured() == []
        workstation.press("Control+y")
        assert [one["kind"] for one in workstation.measured()] == ["angle"]
