"""What was replaced or removed can go along in envelopes: put back, every element is what it was."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pydicom
import pytest

import hounsfield as hu
from hounsfield.deidentify import Options
from tests.deidentify import planter

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

RECORD = ("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence")


def opened(data: Dataset) -> Dataset:
    """The item of Modified Attributes Sequence; the envelope of these tests is plain."""
    item = data.EncryptedAttributesSequence[0]
    assert item.EncryptedContentTransferSyntaxUID == "1.2.840.10008.1.2.1"
    syntax = data.file_meta.TransferSyntaxUID
    inner = pydicom.filereader.read_dataset(
        BytesIO(item.EncryptedContent), syntax.is_implicit_VR, syntax.is_little_endian, bytelength=None
    )
    found: Dataset = inner.ModifiedAttributesSequence[0]
    return found


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"])
def test_originals_go_along_and_come_back(tmp_path: Path, seed: int, syntax: str) -> None:
    data, planted = planter.dataset(seed)
    data.PixelData = data.PixelData[:32]
    planter.write(tmp_path / "in" / "a.dcm", data, planted, syntax)
    options = Options(seal=lambda originals, _: [originals])
    report = hu.deidentify(tmp_path / "in", tmp_path / "out", hu.Profile.basic("clean-descriptors"), options=options)
    made = pydicom.dcmread(tmp_path / "out" / report.rows[0].output)
    tags = [element.tag for element in made]
    assert tags == sorted(tags)
    restored = opened(made)
    before = pydicom.dcmread(tmp_path / "in" / "a.dcm")
    for element in made:
        if element.tag not in restored and element.tag != 0x04000500 and element.keyword not in RECORD:
            restored[element.tag] = element
    del restored.LongitudinalTemporalInformationModified
    left = {0x00280303}
    assert {element.tag for element in before} - left == {element.tag for element in restored}
    for element in restored:
        assert element.value == before[element.tag].value, element.tag


def test_a_seal_that_fails_leaves_nothing(shared_data: Path, tmp_path: Path) -> None:
    def broken(_: bytes, _syntax: str) -> list[bytes]:
        raise ValueError("no recipient")

    source = shared_data / "pydicom/src/pydicom/data/test_files/CT_small.dcm"
    report = hu.deidentify(source, tmp_path / "out", options=Options(seal=broken))
    assert [(row.status, row.code) for row in report] == [("failed", "envelope")]
    assert "no recipient" in report.rows[0].reason
    assert not list((tmp_path / "out").rglob("*.dcm"))
