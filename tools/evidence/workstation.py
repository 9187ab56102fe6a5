"""Evidence for the workstation in Chromium: beside pydicom with NumPy, the Python renderer, highdicom and OHIF."""

from __future__ import annotations

import math
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom

from tools.evidence.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from hounsfield.server.running import Running
    from tests.browser.workstation import Workstation

__all__ = ["rows"]

_PLACES = ("chromium", "chromium-browser", "google-chrome")
_FILE = "slicer, the CT with the most slices"


def rows(data: Path) -> Iterator[Row]:
    """Give the rows; none without Chromium, Playwright and the built pages."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return
    from hounsfield.server.static import bundle
    from tests.interop.ohif import OPTIONS

    path = next(filter(None, map(shutil.which, _PLACES)), None)
    if path is None or bundle() is None:
        return
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = _series(data / "slicer", Path(place))
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        with _opened(browser, folder) as (page, _):
            yield _length(page)
            yield _statistics(page, folder)
            yield _report(page, folder)
        with _opened(browser, folder) as (page, _):
            yield _slab(page, folder)
        yield _ohif(browser, folder, Path(place, "ohif"))
        browser.close()


def _series(data: Path, place: Path) -> Path:
    """Copy the CT series with the most slices into a folder of its own: what is measured is saved there."""
    import hounsfield as hu

    series = max(hu.scan(data).series.where(Modality="CT"), key=lambda one: len(list(one.instances)))
    folder = place / "ct"
    folder.mkdir()
    for number, instance in enumerate(series.instances):
        shutil.copyfile(instance.path, folder / f"{number:04d}.dcm")
    return folder


@contextmanager
def _opened(browser: Browser, folder: Path) -> Iterator[tuple[Workstation, Running]]:
    from tests.browser.workstation import Workstation, running

    with running(folder) as server:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        found = Workstation(page)
        found.open(server.address)
        found.settled()
        yield found, server
        page.close()


def _quantity(measured: dict[str, Any], name: str) -> float:
    return float(next(one["value"] for one in measured["quantities"] if one["name"] == name))


def _length(page: Workstation) -> Row:
    page.press("l")
    first, last = (15, 18), (45, 38)
    page.drag(page.at(first), page.at(last))
    (found,) = page.measured()
    rows, columns = page.ask("hounsfield.store.active.value.stack.value.pixel_spacing")
    (x, y), (u, v) = found["pixels"]
    expected = math.hypot((u - x) * columns, (v - y) * rows)
    value = _quantity(found, "length")
    return Row(
        "a length that is drawn is the distance in the patient",
        "`hu open FOLDER`, drag with the length tool",
        _FILE,
        "Pixel Spacing of the header times the distance in pixels",
        f"{value:.3f} mm",
        f"{expected:.3f} mm",
        abs(value - expected) < 0.01 and abs(u - x - 30) < 1,
    )


def _statistics(page: Workstation, folder: Path) -> Row:
    page.ask("(tool) => hounsfield.engine.setTool(tool)", "rectangle")
    page.drag(page.at((20.3, 22.4)), page.at((40.2, 44.1)))
    found = page.measured()[-1]
    header = next(
        one for one in map(pydicom.dcmread, folder.iterdir()) if str(one.SOPInstanceUID) == found["sop_instance_uid"]
    )
    values = header.pixel_array * float(header.RescaleSlope) + float(header.RescaleIntercept)
    corners = np.array(found["pixels"])
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    rows, columns = np.indices(values.shape)
    inside = values[(columns >= left) & (columns <= right) & (rows >= top) & (rows <= bottom)]
    ours = [_quantity(found, name) for name in ("mean", "sd", "min", "max", "count")]
    theirs = [inside.mean(), inside.std(ddof=1), inside.min(), inside.max(), inside.size]
    return Row(
        "statistics of a region are those of its pixels",
        "`hu open FOLDER`, drag with the rectangle tool",
        _FILE,
        "pydicom and NumPy",
        f"mean {ours[0]:.4f}, SD {ours[1]:.4f}, {ours[2]:.0f} to {ours[3]:.0f} HU, {ours[4]:.0f} pixels",
        f"mean {theirs[0]:.4f}, SD {theirs[1]:.4f}, {theirs[2]:.0f} to {theirs[3]:.0f}, {theirs[4]} pixels",
        bool(np.allclose(ours, theirs, atol=1e-6)),
    )


def _report(page: Workstation, folder: Path) -> Row:
    import highdicom as hd

    length = _quantity(page.measured()[0], "length")
    page.press("Control+s")
    page.wait("hounsfield.store.objects.value.length === 1")
    path = next(
        one
        for one in folder.rglob("*")
        if one.is_file() and pydicom.dcmread(one, stop_before_pixels=True).Modality == "SR"
    )
    content: Any = hd.sr.srread(path).content
    groups = [*content.get_planar_roi_measurement_groups(), *content.get_image_measurement_groups()]
    values = [float(one.value) for group in groups for one in group.get_measurements()]
    nearest = min(values, key=lambda value: abs(value - length))
    return Row(
        "measurements are saved as a report that others read",
        "`hu open FOLDER`, Ctrl+S",
        _FILE,
        "highdicom",
        f"{length:.3f} mm and {len(values) - 1} other values",
        f"{nearest:.3f} mm, in {len(groups)} measurement groups",
        abs(nearest - length) < 0.01,
    )


def _slab(page: Workstation, folder: Path) -> Row:
    import hounsfield as hu
    from hounsfield.render import View
    from hounsfield.render.reslice import reslice

    expected, _ = reslice(hu.load(list(folder.glob("*.dcm"))), View(plane="coronal", slab="all", blend="mip"))
    page.change("pane-1", {"plane": "coronal", "slab": "all", "blend": "mip"})
    values, _ = page.values()
    same = values.shape == expected.shape
    apart = float(np.abs(values - np.nan_to_num(expected)).max()) if same else math.inf
    return Row(
        "a maximum intensity projection in the browser is that of the renderer in Python",
        "`hu open FOLDER`, a coronal slab through everything",
        _FILE,
        "`hounsfield.render`",
        f"{values.shape[1]} x {values.shape[0]}, mean {values.mean():.3f} HU",
        f"mean {np.nan_to_num(expected).mean():.3f} HU, at most {apart:.2g} apart",
        apart <= 1,
    )


def _ohif(browser: Browser, folder: Path, place: Path) -> Row:
    from tests.interop.ohif import OHIF_POLICY, SHOWN, VERSION, fetch
    from tests.server.serving import serving

    place.mkdir()
    pages = fetch(place)
    with serving(folder, pages=pages, policy=OHIF_POLICY) as client:
        base = client.running.base
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.request.get(f"{base}/?token={client.running.session.token()}", max_redirects=0)
        page = context.new_page()
        page.set_default_timeout(90_000)
        study = client.get("/dicom-web/studies").json()[0]["0020000D"]["Value"][0]
        page.goto(f"{base}/viewer?StudyInstanceUIDs={study}&hangingprotocolId=mpr")
        page.wait_for_function(SHOWN, arg=3)
        planes = page.locator(".cornerstone-canvas").count()
        context.close()
    return Row(
        "another viewer opens our DICOMweb and cuts planes",
        "`hu open FOLDER`",
        _FILE,
        f"OHIF {VERSION}, unmodified",
        "list, frames, metadata",
        f"{planes} planes are shown",
        planes >= 3,
    )
