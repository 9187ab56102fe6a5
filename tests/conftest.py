"""What tests share: the place of the larger data, and programs to compare with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


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
