"""Write docs/images/workstation-*.png: ten pictures of the workstation at work, on phantoms that belong to nobody.

`python tools/make_screenshots.py [FOLDER]`; the series are written into FOLDER, or a temporary one. Needs the `test`
extra, Chromium, and the viewer's pages (`npm run build` in viewer/).
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from hounsfield.testing.headers import Identity  # noqa: E402
from hounsfield.testing.series import chest_ct, mr_series  # noqa: E402
from tests.browser.workstation import Workstation, running  # noqa: E402
from tools.make_pictures import write  # noqa: E402 - the path has to be there first

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES = ROOT / "docs" / "images"
EARLIER = Identity("EARLIER^STUDY", "PHANTOM-9", 9, 1, "Chest, earlier")
SIZE = {"width": 1366, "height": 768}


def main() -> int:
    """Write the series, and a picture of each thing worth showing."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        if not (folder / "thorax").exists():
            write(folder / "thorax")
            chest_ct(folder / "earlier", slices=100, rows=256, spacing=3.0, identity=EARLIER)
            mr_series(folder / "time", shape=(6, 20, 128, 128))
        with sync_playwright() as playwright, running(folder) as server:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            workstation = Workstation(browser.new_page(viewport=SIZE))  # type: ignore[arg-type]
            workstation.open(server.address)
            _open(workstation, "CT", 1)
            for name, show in SHOWS.items():
                show(workstation)
                workstation.page.wait_for_timeout(300)
                _keep(name, workstation.page.screenshot())
            browser.close()
    return 0


def _keep(name: str, png: bytes) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(200, dither=Image.Dither.NONE)
    picture.save(IMAGES / f"workstation-{name}.png", optimize=True)


def _open(workstation: Workstation, modality: str, number: int) -> None:
    """Open the study of a modality that has the most images, or the next."""
    workstation.ask(
        """([modality, number]) => {
          const { store, session } = hounsfield;
          const found = store.studies.value.filter((study) => study.modalities.includes(modality));
          found.sort((one, other) => other.instances - one.instances);
          return session.openStudy(found[number - 1].study_instance_uid);
        }""",
        [modality, number],
    )
    workstation.settled()


def _stack(workstation: Workstation) -> None:
    workstation.change("pane-1", {"window": [60, 450]})
    workstation.page.mouse.move(*workstation.at((0, 0, 0)))


def _measure(workstation: Workstation) -> None:
    columns, rows = workstation.ask(
        "(() => { const s = hounsfield.engine.shown('pane-1'); return [s.columns, s.rows]; })()"
    )

    def at(across: float, down: float) -> tuple[float, float]:
        return workstation.at((columns * across, rows * down))

    workstation.press("l")
    workstation.drag(at(0.12, 0.5), at(0.88, 0.5))
    workstation.press("e")
    workstation.drag(at(0.45, 0.62), at(0.55, 0.72))
    workstation.press("b")
    workstation.drag(at(0.5, 0.28), at(0.66, 0.42))
    workstation.press("a")
    workstation.drag(at(0.25, 0.72), at(0.35, 0.8))
    workstation.drag(at(0.3, 0.9))


def _planes(workstation: Workstation) -> None:
    workstation.press("Escape")
    workstation.press("Shift+M")
    workstation.press("m")


def _oblique(workstation: Workstation) -> None:
    handle = workstation.ask(
        """() => {
          const pane = document.querySelector('[data-viewport-uid="pane-1"]').getBoundingClientRect();
          const circle = document.querySelector('[data-viewport-uid="pane-1"] circle');
          return [pane.left + Number(circle.getAttribute("cx")), pane.top + Number(circle.getAttribute("cy"))];
        }"""
    )
    workstation.drag((handle[0], handle[1]), (handle[0] + 45, handle[1] + 45))


def _slab(workstation: Workstation) -> None:
    for pane, view in (
        ("pane-1", {"slab": 20, "blend": "mean"}),
        ("pane-2", {"plane": "coronal", "slab": 60, "blend": "mip", "window": [250, 1100]}),
        ("pane-3", {"plane": "sagittal", "slab": 15, "blend": "minip", "window": [-850, 350], "point": [-70, 0, 150]}),
        ("pane-4", {"plane": "sagittal", "slab": "all", "window": [400, 1500]}),
    ):
        workstation.change(pane, view)


def _colors(workstation: Workstation) -> None:
    workstation.press("w")
    workstation.run("layout.1x2")
    for pane, colors in (("pane-1", "gray"), ("pane-2", "hot-iron")):
        view = {"plane": "coronal", "slab": 80, "blend": "mip", "window": [200, 1400], "colors": colors}
        workstation.ask("([id, view]) => { hounsfield.store.pane(id).view.value = view; }", [pane, view])
    workstation.settled()


def _compare(workstation: Workstation) -> None:
    _open(workstation, "CT", 1)
    workstation.press("Control+o")
    line = workstation.page.locator(".studies .list .line").filter(has_text="EARLIER")
    line.get_by_role("button", name="Compare").click()
    workstation.wait("hounsfield.store.pane('pane-2')?.phase.value === 'ready'")
    workstation.settled()


def _palette(workstation: Workstation) -> None:
    workstation.press("Control+k")
    workstation.page.keyboard.type("mir")


def _keys(workstation: Workstation) -> None:
    workstation.press("Escape")
    workstation.press("?")


def _light(workstation: Workstation) -> None:
    workstation.press("Escape")
    workstation.press("Alt+t")
    workstation.run("layout.1x2")
    workstation.change("pane-2", {"plane": "coronal"})
    workstation.press("Shift+M")


SHOWS: dict[str, Callable[[Workstation], None]] = {
    "stack": _stack,
    "measure": _measure,
    "planes": _planes,
    "oblique": _oblique,
    "slabs": _slab,
    "colors": _colors,
    "compare": _compare,
    "palette": _palette,
    "keys": _keys,
    "light": _light,
}


if __name__ == "__main__":
    sys.exit(main())
