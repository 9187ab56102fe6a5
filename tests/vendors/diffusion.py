"""Diffusion series as each vendor writes them: two images without weighting, then four directions.

Gradients are given in the frame that the vendor uses, which is why no two of these look alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["BVALS", "GRADIENTS", "canon", "ge", "philips", "public", "siemens", "uih"]

BVALS = (0, 0, 1000, 1000, 1000, 2000)
GRADIENTS = ((0, 0, 0), (0, 0, 0), (1, 0, 0), (0, 1, 0), (0.6, 0, 0.8), (0.5773503, 0.5773503, -0.5773503))


def siemens(dataset: Dataset, time: int, index: int) -> None:
    """Siemens, MAGNETOM conformance statement (VE11), private group 0019: B_value, DiffusionGradientDirection."""
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", str(BVALS[time]))
    block.add_new(0x0D, "CS", "DIRECTIONAL" if BVALS[time] else "NONE")
    if BVALS[time]:
        block.add_new(0x0E, "FD", list(GRADIENTS[time]))
    dataset.AcquisitionTime = f"1011{10 + time * 3 + index * 0.5:09.6f}"
    dataset.AcquisitionNumber = time + 1


def ge(dataset: Dataset, time: int, _: int) -> None:
    """GE, MR conformance statement: GEMS_PARM_01 39 (b + 10^9 in newer software), GEMS_ACQU_01 BB, BC, BD."""
    block = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
    block.add_new(0x2F, "SS", 0)
    block.add_new(0x39, "IS", [1_000_000_000 + BVALS[time] if BVALS[time] else 0, 8, 0, 0])
    block = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
    for element, part in zip((0xBB, 0xBC, 0xBD), GRADIENTS[time], strict=True):
        block.add_new(element, "DS", f"{part:.6f}")


def philips(dataset: Dataset, time: int, _: int) -> None:
    """Philips, Ingenia conformance statement: (2001,xx03), (2001,xx04), (2005,xxB0-B2), scale slope (2005,xx0E)."""
    block = dataset.private_block(0x2001, "Philips Imaging DD 001", create=True)
    block.add_new(0x03, "FL", float(BVALS[time]))
    block.add_new(0x04, "CS", "O" if BVALS[time] else "N")
    block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    block.add_new(0x0E, "FL", 0.0125)
    for element, part in zip((0xB0, 0xB1, 0xB2), GRADIENTS[time], strict=True):
        block.add_new(element, "FL", float(part))
    dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType = "2.5", "0", "normalized"
    dataset.TemporalPositionIdentifier = 1


def uih(dataset: Dataset, time: int, index: int) -> None:
    """United Imaging, table in the notes of dcm2niix on UIH: (0065,xx09), (0065,xx37)."""
    block = dataset.private_block(0x0065, "Image Private Header", create=True)
    block.add_new(0x09, "FD", float(BVALS[time]))
    block.add_new(0x37, "FD", [float(part) for part in GRADIENTS[time]])
    dataset.AcquisitionTime = f"1011{10 + time * 3 + index * 0.5:09.6f}"


def canon(dataset: Dataset, time: int, _: int) -> None:
    """Canon, notes of dcm2niix on Canon: Image Comments; nothing where b is 0."""
    if BVALS[time]:
        x, y, z = GRADIENTS[time]
        dataset.ImageComments = f"b={BVALS[time]}({x:.3f},{y:.3f},{z:.3f})"
        dataset.add_new(0x00189087, "FD", float(BVALS[time]))


def public(dataset: Dataset, time: int, _: int) -> None:
    """PS3.3 C.8.13.5.9, as Toshiba, Hitachi and Bruker write it into single-frame objects; nothing where b is 0."""
    if BVALS[time]:
        dataset.add_new(0x00189087, "FD", float(BVALS[time]))
        dataset.add_new(0x00189089, "FD", list(GRADIENTS[time]))
