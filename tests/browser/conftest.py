"""A browser for all tests, a page for each, and a timer that ends what hangs."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright

    from tests.browser.workstation import Workstation

# Seconds for one test; Playwright itself waits for ever when a page hangs, as those of software GL do.
_LONGEST = 120
_PLACES = ("chromium", "chromium-browser", "google-chrome")


def _missing(reason: str) -> Any:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium without a window; tests are skipped where it is missing, but never in CI."""
    path = next(filter(None, map(shutil.which, _PLACES)), None)
    if path is None:
        _missing("no Chromium")
    from hounsfield.server.static import bundle

    if bundle() is None:
        _missing("the workstation's pages are not built: npm run build in viewer/")
    found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
    yield found
    found.close()


@pytest.fixture(autouse=True)
def timer() -> Iterator[None]:
    """End a test that takes too long."""

    def ring(*_: Any) -> None:
        raise TimeoutError(f"the page did not answer within {_LONGEST} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, _LONGEST)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def workstation(browser: Browser) -> Iterator[Workstation]:
    """A page; nothing may go wrong in it."""
    from tests.browser.workstation import Workstation

    page = browser.new_page(viewport={"width": 1366, "height": 768})
    found = Workstation(page)
    yield found
    page.close()
    assert found.errors == []
