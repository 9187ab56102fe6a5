"""Our volumes beside dcm2niix's: shape, affine and voxels in canonical order, gradients in FSL's frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

import hounsfield as hu
from tests.vendors.peer import Converted, convert

if TYPE_CHECKING:
    from pathlib import Path

    from hounsfield.volumes import Volume

__all__ = ["assert_alike", "fsl_vectors"]


def fsl_vectors(volume: Volume) -> np.ndarray[Any, Any]:
    """Gradients in the frame of our NIfTI files: columns, rows from the last to the first, slices."""
    assert volume.diffusion is not None
    slices, rows, columns = volume.direction
    vectors = np.array(volume.diffusion.bvecs)
    return np.stack([vectors @ columns, -(vectors @ rows), vectors @ slices])


def assert_alike(folder: Path, tmp_path: Path, count: int = 1) -> list[Volume]:
    """Convert a folder both ways; everything must be equal. Volumes are returned in the order of dcm2niix's names."""
    theirs = convert(folder, tmp_path / "theirs")
    volumes = hu.load_all(folder)
    assert len(theirs) == count, [one.name for one in theirs]
    assert len(volumes) == count, [(volume.name, volume.shape) for volume in volumes]
    ordered = []
    for one in theirs:
        match = next((volume for volume in volumes if _same(volume, one)), None)
        assert match is not None, f"{one.name} {one.image.shape} {one.image.affine}"
        volumes.remove(match)
        _assert_diffusion(match, one)
        ordered.append(match)
    return ordered


def _values(image: Any) -> Any:
    return np.asanyarray(image.dataobj).astype(float).squeeze()


def _same(volume: Volume, theirs: Converted) -> bool:
    ours = nib.as_closest_canonical(volume.to_nibabel())
    other = nib.as_closest_canonical(theirs.image)
    left, right = _values(ours), _values(other)
    return (
        left.shape == right.shape
        and np.allclose(ours.affine, other.affine, atol=1e-3)
        and np.allclose(left, right, rtol=1e-5, atol=1e-3)
    )


def _assert_diffusion(volume: Volume, theirs: Converted) -> None:
    if theirs.bvals is None or theirs.bvecs is None or not theirs.bvals.any():
        return
    assert volume.diffusion is not None
    np.testing.assert_allclose(volume.diffusion.bvals, theirs.bvals, atol=0.51)
    np.testing.assert_allclose(fsl_vectors(volume), theirs.bvecs, atol=2e-3)
