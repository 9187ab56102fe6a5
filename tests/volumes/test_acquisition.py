"""Timing and phase encoding of real series equal those of the published sidecars."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import hounsfield as hu
from hounsfield.volumes.vendors.ge_user_data import polarity_of

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


@pytest.mark.parametrize("folder", _NIH)
def test_polarity_equals_the_reference(shared_data: Path, folder: str) -> None:
    """The references' ``j-`` is towards higher rows: NIfTI's rows are stored from the last to the first."""
    reference = json.loads((shared_data / "dcm_qa_nih/Ref" / _NIH[folder]).read_text())
    encoded = hu.load(shared_data / "dcm_qa_nih/In" / folder).phase_encoding
    assert encoded is not None
    assert encoded.polarity == {"j-": 1, "j": -1}[reference["PhaseEncodingDirection"]]


@pytest.mark.parametrize(("flags", "direction", "polarity"), [(0, 0, 1), (4, 0, -1), (0, 2, -1), (4, 2, 1)], ids=str)
def test_polarity_of_ge_turns_with_the_direction_in_ky(
    shared_data: Path, flags: int, direction: int, polarity: int
) -> None:
    file = next((shared_data / "dcm_qa_nih/In/20180918GE/mr_0004").glob("*.dcm"))
    data = bytearray(hu.read(file)[0x0043102A].value)
    begin = int.from_bytes(data[24:26], "little") + 0x4C
    data[begin + 0x30 : begin + 0x32] = flags.to_bytes(2, "little")
    data[begin + 0x308 : begin + 0x30A] = direction.to_bytes(2, "little")
    assert polarity_of(bytes(data)) == polarity


@pytest.mark.parametrize(
    "value",
    [None, b"", bytes(7336), bytes(24) + b"\xff\xff" + bytes(2000)],
    ids=lambda value: f"{len(value or b'')} bytes",
)
def test_user_data_of_another_kind_say_nothing(value: bytes | None) -> None:
    assert polarity_of(value) == 0


def test_rules_are_named_with_tag_and_source(shared_data: Path) -> None:
    rules = hu.load(shared_data / "dcm_qa_nih/In/20180918Si/mr_0003").rules
    assert any(rule.startswith("siemens-mosaic: ") and "(0019,xx0A)" in rule and "nibabel" in rule for rule in rules)
