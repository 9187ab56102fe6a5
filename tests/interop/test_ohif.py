"""OHIF's prebuilt app, unmodified, against our DICOMweb: list, open, MPR, in Chromium.

The app is fetched by this test alone, in the version below, and configured as its own documentation says.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from hounsfield.server.security import POLICY
from hounsfield.testing.series import chest_ct
from tests.server.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Playwright

VERSION = "3.13.2"
# Software GL takes its time; a page that hangs would wait for ever.
_PATIENCE, _LONGEST = 90_000, 300
# What the app is built with: it makes code from text.
_POLICY = POLICY.replace("'wasm-unsafe-eval'", "'unsafe-inline' 'unsafe-eval' blob:")
_CONFIG = """
window.config = {
  routerBasename: '/',
  extensions: [],
  modes: [],
  showStudyList: true,
  maxNumberOfWebWorkers: 1,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: false,
  showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true,
  defaultDataSourceName: 'dicomweb',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'dicomweb',
      configuration: {
        friendlyName: 'hounsfield',
        name: 'hounsfield',
        wadoUriRoot: '/dicom-web',
        qidoRoot: '/dicom-web',
        wadoRoot: '/dicom-web',
        qidoSupportsIncludeField: true,
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        supportsFuzzyMatching: true,
        supportsWildcard: true,
        omitQuotationForMultipartRequest: true,
      },
    },
  ],
};
"""
# Whether a canvas shows anything: the pixels that are not dark, of its middle.
_BRIGHT = """(canvas) => {
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [64, 64];
  const context = copy.getContext('2d');
  context.drawImage(canvas, 0, 0, 64, 64);
  const data = context.getImageData(0, 0, 64, 64).data;
  let bright = 0;
  for (let at = 0; at < data.length; at += 4) bright += data[at] > 40;
  return bright;
}"""


def _missing(reason: str) -> Any:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked app with a configuration of its own."""
    npm = shutil.which("npm") or _missing("no npm")
    folder = tmp_path_factory.mktemp("ohif")
    done = subprocess.run(
        [npm, "pack", f"@ohif/app@{VERSION}"], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        _missing(f"@ohif/app could not be fetched: {done.stderr[-300:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    pages = folder / "package" / "dist"
    (pages / "app-config.js").write_text(_CONFIG)
    return pages


@pytest.fixture(scope="module")
def page(app: Path, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with a session; whatever it asks of other machines is refused."""
    path = shutil.which("chromium") or shutil.which("google-chrome") or _missing("no Chromium")
    folder = tmp_path_factory.mktemp("ct")
    chest_ct(folder, slices=24, rows=128, spacing=4.0)
    options = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
    with serving(folder, pages=app, policy=_POLICY) as client:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        token = client.running.session.token()
        context.request.get(f"{client.running.base}/?token={token}", max_redirects=0)
        context.route(
            lambda url: not url.startswith((client.running.base, "blob:", "data:")), lambda route: route.abort()
        )
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        page.base = client.running.base  # type: ignore[attr-defined]
        yield page
        browser.close()


@pytest.fixture(autouse=True)
def timer() -> Iterator[None]:
    """End what hangs."""

    def ring(*_: Any) -> None:
        raise TimeoutError(f"OHIF did not answer within {_LONGEST} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, _LONGEST)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def shown(page: Page, count: int) -> None:
    """Wait until so many viewports show something."""
    page.wait_for_function(
        f"(count) => {{ const bright = {_BRIGHT};"
        " const canvases = [...document.querySelectorAll('.cornerstone-canvas')];"
        " return canvases.filter((one) => bright(one) > 100).length >= count; }",
        arg=count,
    )


def test_it_lists_and_opens_the_study(page: Page) -> None:
    page.goto(page.base)  # type: ignore[attr-defined]
    page.get_by_text("A000001").first.wait_for()
    study = page.evaluate("fetch('/dicom-web/studies').then((answer) => answer.json())")[0]["0020000D"]["Value"][0]
    page.goto(f"{page.base}/viewer?StudyInstanceUIDs={study}")  # type: ignore[attr-defined]
    shown(page, 1)


def test_it_shows_three_planes(page: Page) -> None:
    study = page.evaluate("fetch('/dicom-web/studies').then((answer) => answer.json())")[0]["0020000D"]["Value"][0]
    page.goto(f"{page.base}/viewer?StudyInstanceUIDs={study}&hangingprotocolId=mpr")  # type: ignore[attr-defined]
    shown(page, 3)
