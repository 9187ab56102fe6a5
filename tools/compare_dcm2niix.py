"""Every series of a folder as our stacks and as dcm2niix's files, side by side: what is equal, and what is not.

``python tools/compare_dcm2niix.py FOLDER`` prints one line for each series; ``--all`` also those that agree.
Shapes, affines (1e-3) and voxels are compared after both are brought into nibabel's canonical order: dcm2niix turns
three-dimensional MR acquisitions.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

import hounsfield as hu


def voxels(image: Any) -> np.ndarray[Any, Any]:
    """Values, color as a last axis of three."""
    data: np.ndarray[Any, Any] = np.asanyarray(image.dataobj)
    if data.dtype.names:
        return np.stack([data[name] for name in data.dtype.names], axis=-1)
    return data


def shape_of(image: Any) -> tuple[int, ...]:
    """Four lengths: dcm2niix drops trailing ones."""
    return (*image.shape, *(1,) * (4 - len(image.shape)))


def same(ours: Any, theirs: Any) -> str:
    """Say what differs; empty where nothing does."""
    ours, theirs = nib.as_closest_canonical(ours), nib.as_closest_canonical(theirs)
    if shape_of(ours) != shape_of(theirs):
        return f"shape {ours.shape} / {theirs.shape}"
    if not np.allclose(ours.affine, theirs.affine, atol=1e-3):
        return f"affine by {np.abs(ours.affine - theirs.affine).max():.4g}"
    left, right = voxels(ours).reshape(-1).astype(float), voxels(theirs).reshape(-1).astype(float)
    if left.shape != right.shape:
        return "color"
    if not np.allclose(left, right, rtol=1e-5, atol=1e-3, equal_nan=True):
        return f"voxels: {np.mean(~np.isclose(left, right, rtol=1e-5, atol=1e-3)):.1%} differ"
    return ""


def theirs(files: list[str], folder: Path) -> list[Path]:
    """Convert files with dcm2niix."""
    source, target = folder / "in", folder / "theirs"
    source.mkdir()
    target.mkdir()
    for number, file in enumerate(files):
        (source / f"{number:05}.dcm").symlink_to(file)
    command = ["dcm2niix", "-b", "n", "-z", "n", "-f", "%s_%p", "-o", str(target), str(source)]
    subprocess.run(command, check=False, capture_output=True, timeout=300)
    return sorted(target.glob("*.nii"))


def compare(series: Any, folder: Path) -> tuple[str, str]:
    """Convert one series both ways; give a verdict and the details."""
    files = [str(item.path) for item in series.instances if item.member is None]
    report = hu.convert(series, folder / "ours", name="{SeriesNumber}_{stack}.nii")
    made: list[tuple[str, Any]] = [(Path(row.file).name, nib.load(row.file)) for row in report.done]
    notes = [f"{row.status} {row.stack}: {row.reason[:150]}" for row in report if row.status != "done"]
    left: list[tuple[str, Any]] = [(path.name, nib.load(path)) for path in theirs(files, folder)]
    theirs_made = len(left)
    for name, image in made:
        match = next((other for other in left if not same(image, other[1])), None)
        if match is not None:
            left.remove(match)
            continue
        why = "; ".join(f"{other[0]} {same(image, other[1])}" for other in left) or "nothing left there"
        notes.append(f"ours {name} {image.shape} != {why}")
    notes += [f"theirs only: {name} {image.shape}" for name, image in left]
    verdict = "differs" if notes else "equal"
    if not made or not theirs_made:
        verdict = "neither" if not made and not theirs_made else "only ours" if made else "only theirs"
    return verdict, "\n    ".join(notes)


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    counts = dict.fromkeys(("equal", "differs", "only ours", "only theirs", "neither"), 0)
    with hu.scan(options.folder) as catalog:
        for series in catalog.series:
            with tempfile.TemporaryDirectory() as folder:
                verdict, notes = compare(series, Path(folder))
            counts[verdict] += 1
            if options.all or verdict not in ("equal", "neither"):
                first = next(iter(series.instances))
                about = f"{series.Modality} {series.Manufacturer or ''} '{series.SeriesDescription or ''}'"
                sys.stdout.write(f"{verdict}: {first.path} ({about})\n    {notes}\n")
    sys.stdout.write(f"{counts}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
