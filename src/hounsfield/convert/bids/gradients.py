"""b-values and directions as FSL reads them: along the axes of the file, and mirrored where these are right-handed.

FSL takes directions relative to the voxels of the image and assumes a radiological (left-handed) order: with a
positive determinant of the affine, the first component is negated
(fsl.fmrib.ox.ac.uk/fsl/docs/#/diffusion/dtifit?id=input).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.volumes.nifti import nifti_affine

if TYPE_CHECKING:
    from hounsfield.volumes.volume import Volume

__all__ = ["fsl_gradients"]

_DIGITS = 6


def fsl_gradients(volume: Volume) -> tuple[bytes, bytes] | None:
    """Give the contents of ``.bval`` and ``.bvec``; ``None`` where the volume has no diffusion.

    A single volume has them where it has a direction: alone it is a trace or a map otherwise.

    Directions of the volume are in the patient's space, LPS; volumes without one have zeros.
    """
    diffusion = volume.diffusion
    if diffusion is None or (len(diffusion.bvals) < 2 and not any(diffusion.bvecs[0])):
        return None
    values = np.asarray(diffusion.bvals, dtype=np.float64)
    vectors = np.nan_to_num(np.asarray(diffusion.bvecs, dtype=np.float64).reshape(-1, 3))
    bvals = " ".join(f"{value:g}" for value in np.round(values, 3))
    rows = "\n".join(" ".join(_number(one) for one in row) for row in fsl_vectors(volume, vectors).T)
    return f"{bvals}\n".encode(), f"{rows}\n".encode()


def fsl_vectors(volume: Volume, vectors: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    """Turn unit vectors of LPS, ``(n, 3)``, into FSL's frame."""
    affine = nifti_affine(volume)[:3, :3]
    axes = affine / np.linalg.norm(affine, axis=0)
    turned: np.ndarray[Any, np.dtype[Any]] = (vectors * (-1, -1, 1)) @ axes
    if np.linalg.det(axes) > 0:
        turned[:, 0] *= -1
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    made: np.ndarray[Any, np.dtype[Any]] = turned / np.where(length > 0, length, 1) * (length > 0)
    return made


def _number(value: float) -> str:
    return f"{round(float(value), _DIGITS) + 0.0:g}"
