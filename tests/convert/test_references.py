"""Volumes equal published references, and dcm2niix's wherever both make one; each difference has its reason.

dicom2nifti stores rows, and sometimes slices, in another order than dcm2niix, whose order is ours (rows from last to
first, slices along the normal). These are compared after both are brought into nibabel's canonical order, which moves
voxels and affine together.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

import hounsfield as hu
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

_D2N = "dicom2nifti/tests/data"
_GENERIC = f"{_D2N}/generic"
_RLE = f"{_GENERIC}/compressed_rle/001_ground_truth.nii.gz"
# Input folder and reference; the four compressed series hold one image.
REFERENCES = {
    "dcm_qa_nih/In/20180918GE/mr_0004": "dcm_qa_nih/Ref/DCM2NIIX_regression_test_4.nii",
    "dcm_qa_nih/In/20180918Si/mr_0003": "dcm_qa_nih/Ref/EPI_PE=AP_3.nii",
    f"{_D2N}/ge/dti/001": f"{_D2N}/ge/dti/001_ground_truth.nii.gz",
    f"{_D2N}/ge/fmri/001": f"{_D2N}/ge/fmri/001_ground_truth.nii.gz",
    f"{_D2N}/siemens/anatomical/001": f"{_D2N}/siemens/anatomical/001_ground_truth.nii.gz",
    f"{_D2N}/siemens/fmri_classic/001": f"{_D2N}/siemens/fmri_classic/001_ground_truth.nii.gz",
    f"{_GENERIC}/anatomical/001": f"{_GENERIC}/anatomical/001_ground_truth.nii.gz",
    f"{_GENERIC}/anatomical/001_implicit": f"{_GENERIC}/anatomical/001_implicit_ground_truth.nii.gz",
    f"{_GENERIC}/rgb/001": f"{_GENERIC}/rgb/001_ground_truth.nii.gz",
    f"{_GENERIC}/compressed/001": _RLE,
    f"{_GENERIC}/compressed_jpeg/001": _RLE,
    f"{_GENERIC}/compressed_jpegls/001": _RLE,
    f"{_GENERIC}/compressed_rle/001": _RLE,
}
# What may not be converted quietly, and what is said about it.
REFUSED = {
    "dcmstack/test/data/dcmstack/2D_16Echo_qT2": "1 of 4 slices are missing, at -12.71 mm",
    "pydicom/src/pydicom/data/test_files/dicomdirtests/77654033/CT2": "the distance between slices varies",
}
# Folders that dcm2niix converts as well.
TOGETHER = (
    "dcm_qa_nih/In/20180918GE/mr_0004",
    "dcm_qa_nih/In/20180918Si/mr_0003",
    "deid/examples/dicom/header-manipulation/func-sequence-replace",
    "dcmqi/data/paramaps/pm-example-dcm.zip.d/701-ADCb500",
    "dcmqi/data/segmentations/23x38x3/image",
    "dcmqi/data/segmentations/23x38x3/multiframe",
    "dcmqi/data/segmentations/24x38x3/multiframe",
    "dcmstack/test/data/extract",
    f"{_D2N}/failing/sliceorientation/001",
    f"{_D2N}/ge/dti/001",
    f"{_D2N}/philips_enhanced/fmri/001",
    f"{_D2N}/siemens/fmri_classic/001",
    f"{_GENERIC}/rgb/001",
    "dicomParser/testImages/encapsulated/single-frame",
    "dicompyler-core/tests/testdata/example_data",
    "niivue/packages/niivue/tests/images/dicom",
    "pydicom/src/pydicom/data/test_files/dicomdirtests/98892001/CT5N",
    "pydicom/src/pydicom/data/test_files/dicomdirtests/98892003/MR2",
    "pydicom/src/pydicom/data/test_files/dicomdirtests/98892003/MR700",
    "rt-utils/tests/mock_data",
    "slicer/Testing/Data/Input/CTHeadAxialDicom",
    "suyashkumar-dicom/testdata",
    "torchio/tests/image_data/dicom",
)


def voxels(image: Any) -> np.ndarray:
    """Values, color as a last axis of three."""
    data: np.ndarray = np.asanyarray(image.dataobj)
    if data.dtype.names:
        return np.stack([data[name] for name in "RGB"], axis=-1)
    return data


def written(tmp_path: Path) -> list[Any]:
    return [nib.load(path) for path in sorted(tmp_path.glob("*.nii*"))]


@pytest.mark.parametrize("folder", REFERENCES)
def test_series_equal_their_references(shared_data: Path, tmp_path: Path, folder: str) -> None:
    report = hu.convert(shared_data / folder, tmp_path)
    assert report.counts == {"done": 1}
    (ours,) = written(tmp_path)
    theirs: Any = nib.load(shared_data / REFERENCES[folder])
    if folder.startswith("dcm_qa"):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-3)
    ours, theirs = nib.as_closest_canonical(ours), nib.as_closest_canonical(theirs)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-3)
    # Scaled values are written as float32 by dicom2nifti: equal to its last bit.
    np.testing.assert_allclose(voxels(ours).astype(np.float64), voxels(theirs).astype(np.float64), rtol=2e-7)


def test_philips_display_values_equal_the_reference_that_has_them(shared_data: Path) -> None:
    """dicom2nifti writes the values as displayed; dcm2niix, and we unless asked, the precise ones."""
    folder = shared_data / _D2N / "philips_enhanced/fmri/001"
    ours = nib.as_closest_canonical(hu.load(folder, scaling="display").to_nibabel())
    theirs: Any = nib.as_closest_canonical(nib.load(folder.parent / "001_ground_truth.nii.gz"))
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-3)
    np.testing.assert_allclose(voxels(ours).astype(np.float64), voxels(theirs).astype(np.float64), rtol=2e-7)


@pytest.mark.parametrize("folder", REFUSED)
def test_what_is_no_proper_volume_is_skipped_with_the_reason(shared_data: Path, tmp_path: Path, folder: str) -> None:
    report = hu.convert(shared_data / folder, tmp_path)
    assert any(row.status == "skipped" and REFUSED[folder] in row.reason for row in report)


@pytest.mark.parametrize("folder", TOGETHER)
def test_dcm2niix_makes_the_same_volumes(shared_data: Path, tmp_path: Path, folder: str) -> None:
    program = require("dcm2niix")
    (tmp_path / "theirs").mkdir()
    command = [program, "-b", "n", "-z", "n", "-d", "0", "-o", str(tmp_path / "theirs"), str(shared_data / folder)]
    subprocess.run(command, check=False, capture_output=True, timeout=120)
    left = [nib.as_closest_canonical(image) for image in written(tmp_path / "theirs")]
    report = hu.convert(shared_data / folder, tmp_path / "ours")
    ours = [nib.as_closest_canonical(image) for image in written(tmp_path / "ours")]
    assert ours
    assert len(ours) == len(report.done)
    for image in ours:
        match = next((other for other in left if same(image, other)), None)
        assert match is not None, f"{image.shape} {image.affine}"
        left.remove(match)
    assert not left


def same(ours: Any, theirs: Any) -> bool:
    # A single slice in time has a third axis of 1 in both; dcm2niix drops a trailing one.
    shapes = [tuple(image.shape) + (1,) * (4 - len(image.shape)) for image in (ours, theirs)]
    return (
        shapes[0] == shapes[1]
        and np.allclose(ours.affine, theirs.affine, atol=1e-3)
        and np.allclose(voxels(ours), voxels(theirs), rtol=1e-6, atol=1e-3)
    )
