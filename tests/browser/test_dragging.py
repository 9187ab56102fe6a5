"""Planes that take long to cut are coarse while they are dragged, and whole when they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.browser.phantom import block, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation

# Turns a slab through everything, and gives the columns of each picture that was drawn meanwhile.
_TURNED = """async () => {
  const { store, engine } = hounsfield;
  const seen = [];
  for (let step = 1; step <= 12; step += 1) {
    const angle = step / 20;
    store.change("pane-1", {
      plane: "oblique", normal: [Math.sin(angle), Math.cos(angle), 0], up: [0, 0, 1], slab: "all", blend: "mip",
    });
    for (let frame = 0; frame < 12; frame += 1) await new Promise((next) => requestAnimationFrame(next));
    seen.push(engine.shown("pane-1").columns);
  }
  return seen;
}"""


def test_slow_slabs_are_coarse_until_they_stay(workstation: Workstation, tmp_path: Path) -> None:
    import hounsfield as hu
    from hounsfield.render import View
    from hounsfield.render.reslice import reslice

    folder = write_ct(tmp_path / "ct", block, shape=(120, 192, 192), spacing=(1.0, 1.0, 1.0))
    with running(folder) as server:
        workstation.open(server.address)
        workstation.change("pane-1", {"plane": "coronal"})
        seen = workstation.ask(_TURNED)
        workstation.settled()
        view = workstation.view()
        values, points = workstation.values()
        # What was coarse is where the whole one is: its middle is the volume's.
        assert np.allclose(points.mean(axis=(0, 1)) @ np.array(view["up"]), 0, atol=1)
    assert min(seen) < values.shape[1] / 1.5
    expected, _ = reslice(hu.load(folder), View.from_dict(view))
    assert values.shape == expected.shape
    assert np.abs(values - np.nan_to_num(expected)).max() <= 1
