"""Every series of a folder as our stacks and as dcm2niix's files, side by side: what is equal, and what is not.

``python tools/compare_dcm2niix.py FOLDER`` prints one line for each series; ``--all`` also those that agree.
Shapes, affines (1e-3) and voxels are compared after both are brought into nibabel's canonical order: dcm2niix turns
three-dimensional MR acquisitions. Of files that are equal, b-values, gradients (in the patient's frame) and the fields
that both sidecars have are compared too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

import hounsfield as hu

# Who wrote it, and what is a matter of taste.
_OTHERWISE = ("ConversionSoftware", "ConversionSoftwareVersion", "ImageType")


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


def sidecar(image: Path) -> dict[str, Any]:
    """Read the JSON beside a volume."""
    path = image.with_suffix(".json")
    found: dict[str, Any] = json.loads(path.read_text(errors="replace"), strict=False) if path.exists() else {}
    return {name: value for name, value in found.items() if name not in _OTHERWISE}


def equal(ours: Any, theirs: Any) -> bool:
    """Compare two values of a sidecar: numbers by 1e-4 of their size, lists one by one."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(equal, ours, theirs))
    if isinstance(ours, bool) or not isinstance(ours, int | float) or not isinstance(theirs, int | float):
        return bool(ours == theirs)
    return bool(np.isclose(ours, theirs, rtol=1e-4, atol=1e-5))


def gradients(image: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None:
    """Read b-values, and gradients turned from FSL's frame into the patient's (RAS)."""
    values = image.with_suffix(".bval")
    if not values.exists() or not image.with_suffix(".bvec").exists():
        return None
    found = np.loadtxt(image.with_suffix(".bvec"), ndmin=2)
    loaded: Any = nib.load(image)
    axes = loaded.affine[:3, :3]
    axes = axes / np.linalg.norm(axes, axis=0)
    if np.linalg.det(axes) > 0:
        found = found * [[-1], [1], [1]]
    return np.loadtxt(values, ndmin=1), axes @ found


def beside(ours: Path, theirs: Path) -> str:
    """Say what differs in what is beside two equal volumes."""
    left, right = sidecar(ours), sidecar(theirs)
    notes = [
        f"{name} {str(left[name])[:80]} / {str(right[name])[:80]}"
        for name in sorted(left.keys() & right.keys())
        if not equal(left[name], right[name])
    ]
    mine, other = gradients(ours), gradients(theirs)
    if (mine is None) != (other is None):
        notes.append("gradients only ours" if other is None else "gradients only theirs")
    elif mine is not None and other is not None:
        if not np.allclose(mine[0], other[0], atol=1):
            notes.append(f"b-values {mine[0]} / {other[0]}")
        # A gradient and its opposite are the same.
        elif not np.allclose(np.abs((mine[1] * other[1]).sum(0)), (other[1] ** 2).sum(0), atol=1e-3):
            notes.append("gradients differ")
    return "; ".join(notes)


def theirs(files: list[str], folder: Path) -> list[Path]:
    """Convert files with dcm2niix."""
    source, target = folder / "in", folder / "theirs"
    source.mkdir()
    target.mkdir()
    for number, file in enumerate(files):
        (source / f"{number:05}.dcm").symlink_to(file)
    command = ["dcm2niix", "-b", "y", "-ba", "n", "-z", "n", "-f", "%s_%p", "-o", str(target), str(source)]
    subprocess.run(command, check=False, capture_output=True, timeout=300)
    return sorted(target.glob("*.nii"))


def compare(series: Any, folder: Path) -> tuple[str, str]:
    """Convert one series both ways; give a verdict and the details."""
    files = [str(item.path) for item in series.instances if item.member is None]
    report = hu.convert(series, folder / "ours", name="{SeriesNumber}_{stack}.nii", sidecar="bids", identity=True)
    made: list[tuple[Path, Any]] = [(Path(row.file), nib.load(row.file)) for row in report.done]
    notes = [f"{row.status} {row.stack}: {row.reason[:150]}" for row in report if row.status != "done"]
    left: list[tuple[Path, Any]] = [(path, nib.load(path)) for path in theirs(files, folder)]
    theirs_made = len(left)
    for path, image in made:
        match = next((other for other in left if not same(image, other[1])), None)
        if match is not None:
            left.remove(match)
            around = beside(path, match[0])
            notes += [f"beside {path.name}: {around}"] if around else []
            continue
        why = "; ".join(f"{other[0].name} {same(image, other[1])}" for other in left) or "nothing left there"
        notes.append(f"ours {path.name} {image.shape} != {why}")
    notes += [f"theirs only: {path.name} {image.shape}" for path, image in left]
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
