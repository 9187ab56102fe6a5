"""What the tests of de-identification share."""

from __future__ import annotations

import os
import random

import pytest


@pytest.fixture(scope="session")
def seed() -> int:
    """A fresh one for each run, so that nothing is tuned to what is planted; `HOUNSFIELD_SEED` repeats a run."""
    return int(os.environ.get("HOUNSFIELD_SEED") or random.SystemRandom().randrange(2**32))


@pytest.fixture(autouse=True)
def planted_values() -> object:
    """pydicom writes and reads what is planted as it is, valid or not."""
    import pydicom.config

    settings = pydicom.config.settings
    before = settings.reading_validation_mode, settings.writing_validation_mode
    settings.reading_validation_mode = settings.writing_validation_mode = pydicom.config.IGNORE
    yield
    settings.reading_validation_mode, settings.writing_validation_mode = before
