"""b-values and gradients of every vendor, in four orientations, equal dcm2niix's; so do the voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hounsfield as hu
from tests.vendors import diffusion
from tests.vendors.compared import assert_alike
from tests.vendors.phantom import AXIAL, CORONAL, OBLIQUE, SAGITTAL, Series, voxels, write

if TYPE_CHECKING:
    from pathlib import Path

_PLANES = {"axial": AXIAL, "oblique": OBLIQUE, "sagittal": SAGITTAL, "coronal": CORONAL}
_VENDORS = {
    "siemens": ("SIEMENS", diffusion.siemens, ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "ND", "NORM")),
    "ge": ("GE MEDICAL SYSTEMS", diffusion.ge, ("ORIGINAL", "PRIMARY", "OTHER")),
    "philips": ("Philips Medical Systems", diffusion.philips, ("ORIGINAL", "PRIMARY", "M_SE", "M", "SE")),
    "uih": ("UIH", diffusion.uih, ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE")),
    "canon": ("CANON_MEC", diffusion.canon, ("ORIGINAL", "PRIMARY", "OTHER")),
    "canon public": ("CANON_MEC", diffusion.public, ("ORIGINAL", "PRIMARY", "OTHER")),
    "toshiba": ("TOSHIBA_MEC", diffusion.public, ("ORIGINAL", "PRIMARY", "OTHER")),
    "hitachi": ("HITACHI", diffusion.public, ("ORIGINAL", "PRIMARY", "OTHER")),
    "bruker": ("BRUKER", diffusion.public, ("ORIGINAL", "PRIMARY", "OTHER")),
}


def series(vendor: str, plane: str, **options: Any) -> tuple[Series, Any]:
    manufacturer, change, image_type = _VENDORS[vendor]
    attributes = {"InPlanePhaseEncodingDirection": options.pop("encoding", "COL"), "ScanOptions": "PFF"}
    return Series(manufacturer, _PLANES[plane], image_type=image_type, attributes=attributes, **options), change


@pytest.mark.parametrize("plane", _PLANES)
@pytest.mark.parametrize("vendor", _VENDORS)
def test_gradients_equal_those_of_dcm2niix(tmp_path: Path, vendor: str, plane: str) -> None:
    about, change = series(vendor, plane)
    write(tmp_path / "in", about, voxels(6, 4), change)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert volume.axes == ("diffusion", "slice", "row", "column")
    assert volume.diffusion is not None
    np.testing.assert_allclose(volume.diffusion.bvals, diffusion.BVALS)


@pytest.mark.parametrize("plane", _PLANES)
@pytest.mark.parametrize("vendor", ["ge", "canon", "canon public"])
def test_logical_gradients_turn_with_phase_encoding_along_rows(tmp_path: Path, vendor: str, plane: str) -> None:
    about, change = series(vendor, plane, encoding="ROW")
    write(tmp_path / "in", about, voxels(6, 4), change)
    assert_alike(tmp_path / "in", tmp_path)


@pytest.mark.parametrize(
    ("vendor", "order"),
    [
        *((vendor, {"descending": True}) for vendor in ("siemens", "ge", "philips", "uih")),
        # dcm2niix does not read this order of Siemens and UIH.
        *((vendor, {"slices_first": True}) for vendor in ("ge", "philips")),
    ],
)
def test_the_order_of_instances_does_not_matter(tmp_path: Path, vendor: str, order: dict[str, bool]) -> None:
    about, change = series(vendor, "oblique", **order)
    write(tmp_path / "in", about, voxels(6, 4), change)
    assert_alike(tmp_path / "in", tmp_path)


def test_signs_that_are_only_likely_are_said(tmp_path: Path) -> None:
    about, change = series("ge", "coronal")
    write(tmp_path / "in", about, voxels(6, 4), change)
    assert "unconfirmed-rule" in {issue.code for issue in hu.load(tmp_path / "in").issues}


@pytest.mark.parametrize("vendor", ["siemens", "ge", "philips", "uih"])
def test_without_private_attributes_nothing_is_invented(tmp_path: Path, vendor: str) -> None:
    about, change = series(vendor, "axial")

    def anonymized(dataset: Any, time: int, index: int) -> None:
        change(dataset, time, index)
        dataset.remove_private_tags()

    write(tmp_path / "in", about, voxels(6, 4), anonymized)
    volume = hu.load(tmp_path / "in")
    assert volume.shape == (6, 4, 12, 10)
    assert volume.diffusion is None
    assert "no-private-attributes" in {issue.code for issue in volume.issues}


def test_a_direction_that_cannot_be_turned_is_said(tmp_path: Path) -> None:
    about, change = series("ge", "axial", encoding="")
    write(tmp_path / "in", about, voxels(6, 4), change)
    volume = hu.load(tmp_path / "in")
    assert volume.diffusion is not None
    assert not np.any(volume.diffusion.bvecs)
    assert "gradient-unknown" in {issue.code for issue in volume.issues}


def test_trace_images_stay_with_what_they_weigh(tmp_path: Path) -> None:
    """Clinical series have images without weighting and trace images, no directions: one volume in b."""

    def trace(dataset: Any, time: int, _: int) -> None:
        block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        block.add_new(0x0C, "IS", "1000" if time else "0")
        block.add_new(0x0D, "CS", "ISOTROPIC" if time else "NONE")

    about = Series("SIEMENS", image_type=("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW", "ND"))
    write(tmp_path / "in", about, voxels(2, 4), trace)
    (volume,) = assert_alike(tmp_path / "in", tmp_path)
    assert volume.diffusion is not None
    assert list(volume.diffusion.bvals) == [0, 1000]
    assert not np.any(volume.diffusion.bvecs)
