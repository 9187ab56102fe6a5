"""The small real files of the repository: a catalog of all, and volumes equal to their references."""

from __future__ import annotations

import warnings
from pathlib import Path

import nibabel
import numpy as np
import pydicom

import hounsfield as hu

DATA = Path(__file__).parents[1] / "data"


def test_the_catalog_lists_what_pydicom_reads() -> None:
    catalog = hu.scan(DATA)
    listed = {Path(instance["path"]).resolve(): instance for instance in catalog.instances}
    compared = 0
    for path in DATA.rglob("*"):
        if not path.is_file() or path.suffix not in ("", ".dcm") or path.name == "LICENSE":
            assert path.resolve() not in listed
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = pydicom.dcmread(path, force=True)
        if "SOPInstanceUID" not in theirs:
            continue
        ours = listed[path.resolve()]
        for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "Modality", "PatientID", "Rows", "InstanceNumber"):
            assert (ours[keyword] or "") == (theirs.get(keyword) or ""), (path.name, keyword)
            compared += 1
    assert compared > 400


def test_a_time_series_equals_its_reference() -> None:
    volume = hu.load(DATA / "dicom2nifti" / "ge_fmri")
    reference = nibabel.Nifti1Image.from_filename(DATA / "dicom2nifti" / "ge_fmri.nii.gz")
    assert volume.axes == ("time", "slice", "row", "column")
    voxels = np.asarray(reference.dataobj)
    # The reference counts its rows from the back, as NIfTI does.
    to_ras = np.diag([-1, -1, 1, 1]) @ volume.affine
    assert np.allclose(to_ras[:3, 3], reference.affine[:3, 3], atol=1e-3)
    assert np.allclose(to_ras[:3, :3], reference.affine[:3, :3], atol=1e-3)
    assert np.array_equal(volume.array.transpose(3, 2, 1, 0), voxels)


def test_an_enhanced_image_equals_the_slices_it_was_made_of() -> None:
    slices = hu.load([str(path) for path in sorted((DATA / "dcmqi" / "23x38x3").glob("IMG*"))])
    enhanced = hu.load(DATA / "dcmqi" / "23x38x3" / "mf.dcm")
    assert np.array_equal(slices.array, enhanced.array)
    assert np.allclose(slices.affine, enhanced.affine, atol=1e-6)


def test_every_syntax_of_one_image_gives_the_same_voxels() -> None:
    plain = hu.load(DATA / "pydicom" / "MR_small.dcm").array
    for name in ("implicit", "bigendian", "RLE", "jpeg_ls_lossless", "jp2klossless", "padded"):
        assert np.array_equal(hu.load(DATA / "pydicom" / f"MR_small_{name}.dcm").array, plain), name


def test_a_series_is_ordered_by_position() -> None:
    volume = hu.load(DATA / "torchio")
    assert volume.array.shape == (17, 128, 88)
    heights = [
        float(pydicom.dcmread(path, specific_tags=["ImagePositionPatient"]).ImagePositionPatient[2])
        for path in (DATA / "torchio").glob("*.dcm")
    ]
    last = volume.array.shape[0] - 1
    ends = [volume.affine[2, 3], volume.affine[2, 3] + last * volume.affine[2, 2]]
    assert np.allclose(sorted(ends), [min(heights), max(heights)], atol=1e-3)
