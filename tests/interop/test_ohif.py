"""OHIF's prebuilt app, unmodified, against our DICOMweb: list, open, MPR, in Chromium.

The app is fetched by tests and benchmarks alone.
"""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING, Any, cast

import pytest

from hounsfield.testing.series import chest_ct
from tests.interop.ohif import OHIF_POLICY, OPTIONS, SHOWN, fetch
from tests.server.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Playwright

# Software GL takes its time; a page that hangs would wait for ever.
_PATIENCE, _LONGEST = 90_000, 300


def _missing(reason: str) -> Any:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked app with a configuration of its own."""
    try:
        return fetch(tmp_path_factory.mktemp("ohif"))
    except RuntimeError as error:
        return cast("Path", _missing(str(error)))


@pytest.fixture(scope="module")
def page(app: Path, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with a session; whatever it asks of other machines is refused."""
    path = shutil.which("chromium") or shutil.which("google-chrome") or _missing("no Chromium")
    folder = tmp_path_factory.mktemp("ct")
    chest_ct(folder, slices=24, rows=128, spacing=4.0)
    with serving(folder, pages=app, policy=OHIF_POLICY) as client:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
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
    page.wait_for_function(SHOWN, arg=count)


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
