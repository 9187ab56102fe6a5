"""The workstation and OHIF's prebuilt app in headless Chromium with software GL: `python -m benchmarks.workstation`.

Seconds to the first image, milliseconds to scroll, mebibytes of the page's process, in a browser that runs already.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.kept import Measured, keep_measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

__all__ = ["main"]

SWITCHES, _REPEATS = 50, 3
_TITLE = "The workstation, in headless Chromium with software GL"
_WIDTH, _HEIGHT = 1366, 768
_READY = "globalThis.hounsfield?.store.active.value.phase.value === 'ready'"
# Waits within the page, so that nothing is lost to asking.
_SCROLLED = """async (index) => {
  const pane = hounsfield.store.active.value;
  const begun = performance.now();
  hounsfield.engine.scroll(pane.id, index - pane.slice.value);
  do await new Promise((resolve) => requestAnimationFrame(resolve));
  while (pane.slice.value !== index || pane.behind.value);
  return performance.now() - begun;
}"""

# A slab through the whole volume is turned 20 times; then the whole picture is waited for.
_TURNED = """async () => {
  const { store, engine } = hounsfield;
  const pane = store.active.value;
  const blocked = [];
  const watch = new PerformanceObserver((list) => blocked.push(...list.getEntries().map((entry) => entry.duration)));
  const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const turned = (angle) => ({
    plane: "oblique", normal: [Math.sin(angle), Math.cos(angle), 0], up: [0, 0, 1], slab: "all", blend: "mip",
  });
  store.change(pane.id, turned(0));
  do await next(); while (pane.behind.value || pane.phase.value !== "ready");
  watch.observe({ entryTypes: ["longtask"] });
  const times = [];
  for (let step = 1; step <= 20; step += 1) {
    const before = JSON.stringify(engine.shown(pane.id).orientation);
    const begun = performance.now();
    store.change(pane.id, turned(step / 20));
    do await next(); while (JSON.stringify(engine.shown(pane.id).orientation) === before);
    times.push(performance.now() - begun);
  }
  const begun = performance.now();
  do await next(); while (pane.behind.value);
  const whole = performance.now() - begun;
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { times, whole, blocked: Math.max(0, ...blocked) };
}"""


@contextmanager
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    from tests.interop.ohif import OPTIONS

    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHT})
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


@contextmanager
def _opened(*paths: Path) -> Iterator[str]:
    """`hu open`: the address as soon as it is printed."""
    words = [sys.executable, "-m", "hounsfield", "open", "--no-browser", *map(str, paths)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            found = re.search(r"http://\S+", line)
            if found:
                yield found[0]
                break
    finally:
        process.terminate()
        process.wait()


def _shown(page: Page) -> None:
    while not page.evaluate(f"Boolean({_READY})"):
        time.sleep(0.01)


def _loaded(page: Page) -> None:
    """Wait until every slice of the active pane is there."""
    pane = "hounsfield.store.active.value"
    while page.evaluate(f"{pane}.loaded.value.size < {pane}.slices.value"):
        time.sleep(0.05)


def first_image(browser: Browser, folder: Path) -> tuple[float, float]:
    """Seconds from the command to the first image, and from the address to it once everything is scanned."""
    with _page(browser) as page:
        begun = time.perf_counter()
        with _opened(folder) as address:
            page.goto(address)
            _shown(page)
            cold = time.perf_counter() - begun
            page.wait_for_timeout(3000)
            begun = time.perf_counter()
            page.goto(address.split("?")[0])
            _shown(page)
            return cold, time.perf_counter() - begun


def first_image_of_ohif(browser: Browser, folder: Path, pages: Path) -> float:
    """Seconds from the address of the study to its first image; the server has scanned everything."""
    from tests.interop.ohif import OHIF_POLICY, SHOWN
    from tests.server.serving import serving

    with serving(folder, pages=pages, policy=OHIF_POLICY) as client, _page(browser) as page:
        base = client.running.base
        page.context.request.get(f"{base}/?token={client.running.session.token()}", max_redirects=0)
        page.context.route(lambda url: not url.startswith((base, "blob:", "data:")), lambda route: route.abort())
        study = client.get("/dicom-web/studies").json()[0]["0020000D"]["Value"][0]
        begun = time.perf_counter()
        page.goto(f"{base}/viewer?StudyInstanceUIDs={study}")
        page.wait_for_function(SHOWN, arg=1)
        return time.perf_counter() - begun


def scrolling(browser: Browser, folder: Path) -> list[float]:
    """Milliseconds to each of some slices that are loaded."""
    with _page(browser) as page, _opened(folder) as address:
        page.goto(address)
        _shown(page)
        count = page.evaluate("hounsfield.store.active.value.slices.value")
        _loaded(page)
        return [float(page.evaluate(_SCROLLED, (number * 97) % count)) for number in range(1, 41)]


def turning(browser: Browser, folder: Path) -> dict[str, Any]:
    """Milliseconds to each picture of a slab that is turned, to the whole one, and of the longest task of the page."""
    with _page(browser) as page, _opened(folder) as address:
        page.goto(address)
        _shown(page)
        _loaded(page)
        found: dict[str, Any] = page.evaluate(_TURNED)
        return found


def memory(browser: Browser, folders: list[Path], switches: int) -> list[float]:
    """Mebibytes of the page's process: with the first study, and after each switch to another."""
    with _page(browser) as page, _opened(*folders) as address:
        page.goto(address)
        _shown(page)
        process = _renderer()
        _loaded(page)
        found = [_resident(process)]
        uids = page.evaluate("hounsfield.store.studies.value.map((study) => study.study_instance_uid)")
        for number in range(1, switches + 1):
            page.evaluate("(uid) => hounsfield.session.openStudy(uid)", uids[number % len(uids)])
            _shown(page)
            _loaded(page)
            found.append(_resident(process))
        return found


def _renderer() -> int:
    """The process of the page: the largest of Chromium's renderers."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes()
        except OSError:
            continue
        if b"--type=renderer" in words:
            found.append(int(place.name))
    return max(found, key=_resident)


def _resident(process: int) -> float:
    """Proportional set size: what Chromium's processes share, its program above all, counts once for all of them."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) / 1024  # type: ignore[index]


def _held(found: float, most: float, unit: str) -> tuple[str, str]:
    """Give a figure, and whether it is within what was asked for."""
    shown = f"{found:.0f}" if found >= 10 else f"{found:.2f}"
    return f"{shown} {unit}", f"at most {most:.3g} {unit}: {'met' if found <= most else 'not met'}"


def _as_another(folder: Path, number: int) -> None:
    """Give the files a study of their own."""
    import pydicom

    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.StudyInstanceUID = f"1.2.826.0.1.3680043.2.2.{number}"
        dataset.SeriesInstanceUID = f"1.2.826.0.1.3680043.2.2.{number}.1"
        dataset.save_as(path)


def _moved(browser: Browser, folder: Path, asked: list[str]) -> list[tuple[str, str, str]]:
    """Give rows of what a reader does with the mouse."""
    rows: list[tuple[str, str, str]] = []
    if "scroll" in asked:
        times = scrolling(browser, folder)
        rows.append(("a jump to a loaded slice, median", f"{statistics.median(times):.0f} ms", ""))
        rows.append(("a jump to a loaded slice, longest of 40", *_held(max(times), 200, "ms")))
    if "turn" in asked:
        turned = turning(browser, folder)
        rows.append(("a turn of a slab through all slices, median", f"{statistics.median(turned['times']):.0f} ms", ""))
        rows.append(("a turn of a slab through all slices, longest of 20", *_held(max(turned["times"]), 200, "ms")))
        rows.append(("its whole picture, once it stays", f"{turned['whole'] / 1000:.1f} s", ""))
        rows.append(("longest task that blocks the page meanwhile", *_held(turned["blocked"], 100, "ms")))
    return rows


def main(words: list[str] | None = None) -> None:
    """Print a table."""
    from hounsfield.testing import chest_ct

    parser = argparse.ArgumentParser("python -m benchmarks.workstation", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / ".data", help="where data are kept")
    parser.add_argument("--switches", type=int, default=SWITCHES, help="how often studies are switched")
    parser.add_argument("--only", action="append", choices=["first", "ohif", "large", "scroll", "turn", "memory"])
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the figures of the page are kept")
    given = parser.parse_args(words)
    asked = given.only or ["first", "ohif", "large", "scroll", "turn", "memory"]
    folder = given.data / "ct"
    folders = [given.data / f"study-{number}" for number in (1, 2)]
    for number, small in enumerate(folders):
        if not small.exists():
            chest_ct(small, slices=100 + number, rows=256)
            _as_another(small, number)
    rows: list[tuple[str, str, str]] = []
    with _browser() as browser:
        if "first" in asked or "ohif" in asked:
            ours = [first_image(browser, folder) for _ in range(_REPEATS)]
            cold, warm = (statistics.median(one) for one in zip(*ours, strict=True))
            rows.append(("`hu open` of 600 slices to the first image", *_held(cold, 3, "s")))
            rows.append(("its address to the first image, when all is scanned", f"{warm:.2f} s", ""))
        if "ohif" in asked:
            from tests.interop.ohif import fetch

            with tempfile.TemporaryDirectory() as place:
                pages = fetch(Path(place))
                theirs = statistics.median(first_image_of_ohif(browser, folder, pages) for _ in range(_REPEATS))
            rows.append(("the same in OHIF", f"{theirs:.2f} s", ""))
            rows.append(("`hu open`, its scan included, of OHIF's time", *_held(cold / theirs, 0.5, "of it")))
        if "large" in asked:
            large = statistics.median(first_image(browser, given.data / "gigabyte")[0] for _ in range(_REPEATS))
            rows.append(("`hu open` of a file of 1 GB to the first image", *_held(large, 3, "s")))
        rows += _moved(browser, folder, asked)
        if "memory" in asked:
            pixels = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / (1 << 20)
            first = memory(browser, [folder], 0)[0]
            most = pixels + 400e6 / (1 << 20)
            rows.append(("the page's process (PSS) with 600 slices; pixel data and 400 MB", *_held(first, most, "MiB")))
            found = memory(browser, folders, given.switches)
            early, late = found[len(found) // 5], found[-1]
            rows.append((f"with two studies, after {len(found) // 5} switches", f"{early:.0f} MiB", ""))
            grown = "no growth: " + ("met" if late < 1.05 * early else "not met")
            rows.append((f"after {given.switches} switches", f"{late:.0f} MiB", grown))
    for row in rows:
        print("  ".join(row))
    if given.keep:
        keep_measured(given.keep, "workstation", Measured(_TITLE, "python -m benchmarks.workstation", rows))


if __name__ == "__main__":
    main()
