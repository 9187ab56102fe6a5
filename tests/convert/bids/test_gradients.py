"""`.bval` and `.bvec` files beside dcm2niix's, of diffusion in four orientations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

import hounsfield as hu
from tests.vendors import diffusion
from tests.vendors.peer import convert
from tests.vendors.phantom import AXIAL, CORONAL, OBLIQUE, SAGITTAL, Series, voxels, write

if TYPE_CHECKING:
    from pathlib import Path

_PLANES = {"axial": AXIAL, "oblique": OBLIQUE, "sagittal": SAGITTAL, "coronal": CORONAL}
_VENDORS = {
    "siemens": ("SIEMENS", diffusion.siemens, ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "ND", "NORM")),
    "ge": ("GE MEDICAL SYSTEMS", diffusion.ge, ("ORIGINAL", "PRIMARY", "OTHER")),
    "philips": ("Philips Medical Systems", diffusion.philips, ("ORIGINAL", "PRIMARY", "M_SE", "M", "SE")),
}


def scanner(affine: Any, vectors: Any) -> Any:
    """Undo FSL's frame: gradients in RAS, whatever the order in which voxels are stored."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    mirrored = np.array([-1 if np.linalg.det(axes) > 0 else 1, 1, 1])
    return axes @ (vectors * mirrored[:, None])


@pytest.mark.parametrize("plane", _PLANES)
@pytest.mark.parametrize("vendor", _VENDORS)
def test_gradients_are_those_of_dcm2niix(tmp_path: Path, vendor: str, plane: str) -> None:
    manufacturer, change, image_type = _VENDORS[vendor]
    about = {"InPlanePhaseEncodingDirection": "COL", "ScanOptions": "PFF"}
    write(
        tmp_path / "in",
        Series(manufacturer, _PLANES[plane], image_type=image_type, attributes=about),
        voxels(6, 4),
        change,
    )
    (theirs,) = convert(tmp_path / "in", tmp_path / "theirs")
    hu.convert(tmp_path / "in", tmp_path / "ours", sidecar="bids", name="x")
    image: Any = nib.load(tmp_path / "ours" / "x.nii.gz")
    assert theirs.bvals is not None
    assert theirs.bvecs is not None
    bvals = np.loadtxt(tmp_path / "ours" / "x.bval")
    bvecs = np.loadtxt(tmp_path / "ours" / "x.bvec")
    assert bvecs.shape == (3, image.shape[3])
    np.testing.assert_allclose(bvals, theirs.bvals, atol=0.51)
    ours_in_space = scanner(image.affine, bvecs)
    np.testing.assert_allclose(ours_in_space, scanner(theirs.image.affine, theirs.bvecs), atol=2e-3)
    if np.allclose(image.affine, theirs.image.affine, atol=1e-3):
        np.testing.assert_allclose(bvecs, theirs.bvecs, atol=2e-3)


def test_a_single_volume_in_a_direction_has_its_gradient(shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "slicer" / "Testing" / "Data" / "Input" / "philips_ingenia_4_1_3_dwi.dcm"
    hu.convert(file, tmp_path, sidecar="bids", name="x")
    image: Any = nib.load(tmp_path / "x.nii.gz")
    assert (tmp_path / "x.bval").read_text() == "1500\n"
    vector = scanner(image.affine, np.loadtxt(tmp_path / "x.bvec", ndmin=2))
    # (0018,9089) is -1\\0\\0 in LPS.
    np.testing.assert_allclose(vector[:, 0], (1, 0, 0), atol=1e-6)


def test_b_values_of_ge_are_kept_where_private_creators_are_removed(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "dicom2nifti" / "tests" / "data" / "ge" / "dti"
    (row,) = hu.convert(folder / "001", tmp_path, sidecar="bids", name="x")
    bvals = np.loadtxt(tmp_path / "x.bval")
    np.testing.assert_array_equal(bvals, np.loadtxt(folder / "001_ground_truth.bval"))
    # Nothing says along which axis phase was encoded, (0018,1312).
    assert {"unconfirmed-rule", "gradient-unknown"} <= {issue.code for issue in row.issues}
    assert not np.loadtxt(tmp_path / "x.bvec").any()
