"""Timing and phase encoding of real series equal those of the published sidecars."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import hounsfield as hu

if TYPE_CHECKING:
    from pathlib import Path

_NIH = {"20180918Si/mr_0003": "EPI_PE=AP_3.json", "20180918GE/mr_0004": "DCM2NIIX_regression_test_4.json"}


@pytest.mark.parametrize("folder", _NIH)
def test_times_equal_the_reference(shared_data: Path, folder: str) -> None:
    volume = hu.load(shared_data / "dcm_qa_nih/In" / folder)
    reference = json.loads((shared_data / "dcm_qa_nih/Ref" / _NIH[folder]).read_text())
    np.testing.assert_allclose(volume.timing.slice_times, reference["SliceTiming"], atol=1e-5)
    assert volume.timing.repetition_time == pytest.approx(reference["RepetitionTime"])
    encoded = volume.phase_encoding
    assert encoded is not None
    assert encoded.axis == "row"
    assert encoded.echo_spacing == pytest.approx(reference["EffectiveEchoSpacing"], rel=1e-5)
    assert encoded.total_readout_time == pytest.approx(reference["TotalReadoutTime"], rel=1e-5)


def test_the_polarity_of_siemens_equals_the_reference(shared_data: Path) -> None:
    """The reference's ``j-`` is towards higher rows: NIfTI's rows are stored from the last to the first."""
    encoded = hu.load(shared_data / "dcm_qa_nih/In/20180918Si/mr_0003").phase_encoding
    assert encoded is not None
    assert encoded.polarity == 1


def test_rules_are_named_with_tag_and_source(shared_data: Path) -> None:
    rules = hu.load(shared_data / "dcm_qa_nih/In/20180918Si/mr_0003").rules
    assert any(rule.startswith("siemens-mosaic: ") and "(0019,xx0A)" in rule and "nibabel" in rule for rule in rules)
