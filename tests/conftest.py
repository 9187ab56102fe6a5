"""What tests share: the place of the larger data, and programs to compare with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Playwright

    from tests.postgres import Postgres


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files beside the checkout; skipped where it is missing, but never in CI."""
    given = os.environ.get("HOUNSFIELD_SHARED_DATA")
    # Without `..`, since scans name files by their shortest path.
    path = Path(os.path.abspath(given)) if given else Path(__file__).parents[2] / "shared" / "data"
    if path.is_dir():
        return path
    reason = f"no folder {path}: set HOUNSFIELD_SHARED_DATA to the folder of test files"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, which can be started once at a time; tests are skipped where it is missing, but never in CI."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("no playwright: pip install '.[test]'")
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of PostgreSQL; tests are skipped where there is none, but never in CI."""
    from tests.postgres import postgres_server

    with postgres_server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def index(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where an archive has its index: in a file, and in a database of its own; for `Archive(folder, **index)`."""
    if request.param == "sqlite":
        return {}
    server: Postgres = request.getfixturevalue("postgres")
    return {"database": server.database()}
