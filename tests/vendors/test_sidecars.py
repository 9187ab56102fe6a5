"""What sidecars say of reconstructions by compressed sensing and deep learning.

Source: notes of dcm_qa_cs_dl, which name the private elements of Siemens XA51 and GE MR30 and their values.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import hounsfield as hu
from tests.vendors.enhanced import IN_STACK, STACK, Frames, item, write_enhanced
from tests.vendors.peer import convert
from tests.vendors.phantom import Series, voxels, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import Dataset

NAMES = ("ImageTypeText", "DeepLearning", "DeepLearningDetails", "CompressedSensingFactor")
ECHO = (0x00189082, 0x00189114)
PROTOCOL = b"""### ASCCONV BEGIN ###
sPat.lAccelFactPE\t = \t1
sPat.lAccelFact3D\t = \t1
sPat.dTotalAccelFact\t = \t4.0
### ASCCONV END ###
"""


def sidecars(folder: Path, vendor: str, change: Callable[[Dataset, int, int], None]) -> list[dict[str, Any]]:
    """Give ours and dcm2niix's, as far as they speak of reconstruction."""
    write(folder / "in", Series(vendor), voxels(1, 4), change)
    (theirs,) = convert(folder / "in", folder / "theirs")
    report = hu.convert(folder / "in", folder / "ours", sidecar="bids")
    (ours,) = [json.loads((folder / "ours" / name).read_text()) for row in report.done for name in row.files[1:]]
    return [{name: found[name] for name in NAMES if name in found} for found in (ours, theirs.sidecar)]


def test_hypersense_and_air_recon_of_ge(tmp_path: Path) -> None:
    def change(dataset: Dataset, _: int, __: int) -> None:
        block = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
        block.add_new(0xB7, "LO", ["1.24", "1", "10", "0"])
        block.add_new(0xCA, "LO", ["0.75", "High"])

    ours, theirs = sidecars(tmp_path, "GE MEDICAL SYSTEMS", change)
    assert (
        ours == theirs == {"CompressedSensingFactor": 1.24, "DeepLearning": True, "DeepLearningDetails": "0.75\\High"}
    )


def test_deep_resolve_of_siemens(tmp_path: Path) -> None:
    def change(dataset: Dataset, _: int, __: int) -> None:
        dataset.SoftwareVersions = "syngo MR XA51"
        dataset.add_new(0x00210011, "LO", "SIEMENS MR SDI 02")
        dataset.add_new(0x00211175, "CS", ["ORIGINAL", "PRIMARY", "M", "DRG", "NORM", "DRS", "DIS2D"])
        dataset.add_new(0x00211176, "LO", ["ACCAlgo:9", "EdgeEnhancement_2"])

    ours, theirs = sidecars(tmp_path, "Siemens Healthineers", change)
    assert ours == theirs
    assert ours["DeepLearning"] is True
    assert ours["DeepLearningDetails"] == "ACCAlgo:9\\EdgeEnhancement_2"


def test_compressed_sensing_of_siemens_is_a_total_beyond_the_product(tmp_path: Path) -> None:
    def change(dataset: Dataset, _: int, __: int) -> None:
        dataset.SoftwareVersions = "syngo MR XA51"
        dataset.private_block(0x0021, "SIEMENS MR SDS 01", create=True).add_new(0x19, "OB", PROTOCOL)

    ours, _ = sidecars(tmp_path, "Siemens Healthineers", change)
    assert ours == {"CompressedSensingFactor": 4}


def test_series_without_either_say_nothing(tmp_path: Path) -> None:
    for vendor in ("GE MEDICAL SYSTEMS", "Siemens Healthineers"):
        assert sidecars(tmp_path / vendor, vendor, lambda *_: None) == [{}, {}]


def test_each_echo_of_one_object_has_its_own_time(tmp_path: Path) -> None:
    """Also where the groups of all frames state another one."""

    def change(frame: Dataset, time: int, _: int) -> None:
        frame.MREchoSequence = item(EffectiveEchoTime=(10.0, 30.0)[time])

    (tmp_path / "in").mkdir()
    about = Series("Philips Medical Systems", image_type=("ORIGINAL", "PRIMARY", "T1", "NONE"))
    write_enhanced(tmp_path / "in/a.dcm", about, voxels(2, 4), Frames([STACK, IN_STACK, ECHO]), change)
    theirs = [one.sidecar["EchoTime"] for one in convert(tmp_path / "in", tmp_path / "theirs")]
    report = hu.convert(tmp_path / "in", tmp_path / "ours", sidecar="bids")
    ours = [json.loads((tmp_path / "ours" / name).read_text())["EchoTime"] for row in report for name in row.files[1:]]
    assert sorted(ours) == sorted(theirs) == [0.01, 0.03]
