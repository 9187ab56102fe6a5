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
