"""What dcm2niix makes of a folder."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import nibabel as nib
import numpy as np

from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Converted", "convert"]


class Converted(NamedTuple):
    """One file that it wrote, in nibabel's canonical order, with what stands beside it."""

    name: str
    image: Any
    sidecar: dict[str, Any]
    bvals: np.ndarray[Any, Any] | None
    bvecs: np.ndarray[Any, Any] | None


def convert(folder: Path, target: Path) -> list[Converted]:
    """Run dcm2niix."""
    target.mkdir()
    command = [require("dcm2niix"), "-b", "y", "-ba", "n", "-z", "n", "-f", "%s", "-o", str(target), str(folder)]
    subprocess.run(command, check=False, capture_output=True, timeout=60)
    return [_read(path) for path in sorted(target.glob("*.nii"))]


def _read(path: Path) -> Converted:
    bvals, bvecs = path.with_suffix(".bval"), path.with_suffix(".bvec")
    sidecar = path.with_suffix(".json")
    return Converted(
        path.stem,
        nib.load(path),
        json.loads(sidecar.read_text()) if sidecar.exists() else {},
        np.loadtxt(bvals, ndmin=1) if bvals.exists() else None,
        np.loadtxt(bvecs, ndmin=2) if bvecs.exists() else None,
    )
