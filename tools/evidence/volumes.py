"""Evidence for scanning, loading and converting."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.evidence.row import Row, hu, program, run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]


def rows(data: Path) -> Iterator[Row]:
    """Give the rows, in the order of the README."""
    yield _light()
    yield _scan(data)
    yield _load(data)
    for name, folder in (
        ("slicer", "slicer/Testing/Data/Input/CTHeadAxialDicom"),
        ("torchio", "torchio/tests/image_data/dicom"),
    ):
        yield _convert(data / folder, name)
    yield _references(data)
    yield _deterministic(data)
    yield _gap()


def _light() -> Row:
    code = "import hounsfield, sys; print(sorted({'numpy', 'pydicom'} & set(sys.modules)))"
    ours = run(sys.executable, "-c", code).strip()
    return Row(
        "importing costs next to nothing",
        "`import hounsfield`",
        "",
        "the interpreter's list of modules",
        f"of numpy and pydicom, loaded: {ours}",
        "[]",
        ours == "[]",
    )


def _scan(data: Path) -> Row:
    import pydicom

    counted = json.loads(hu("scan", data, "--json", codes=(0, 1)))
    instances = sum(series["instances"] for series in counted["series"])
    uids = set()
    for path in data.rglob("*"):
        if not path.is_file():
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = pydicom.dcmread(path, stop_before_pixels=True)
            except Exception:  # noqa: BLE001 - not DICOM for pydicom
                continue
        if "SOPInstanceUID" in dataset and "SeriesInstanceUID" in dataset:
            uids.add(str(dataset.SeriesInstanceUID))
    ours = {series["SeriesInstanceUID"] for series in counted["series"]}
    return Row(
        "every series of a folder is found",
        "`hu scan FOLDER --json`",
        "every file of the test data",
        "pydicom, file by file",
        f"{len(ours)} series, {instances} instances",
        f"{len(uids)} series, {len(uids - ours)} of them not found by hu",
        not uids - ours,
    )


def _load(data: Path) -> Row:
    import numpy as np
    import SimpleITK

    import hounsfield

    folder = data / "slicer/Testing/Data/Input/CTHeadAxialDicom"
    ours = hounsfield.load(folder)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    theirs = SimpleITK.GetArrayFromImage(image)
    same = ours.shape == theirs.shape and np.array_equal(ours.array, theirs)
    spacing = np.allclose(ours.spacing[::-1], image.GetSpacing()) and np.allclose(ours.origin, image.GetOrigin())
    return Row(
        "values in HU, in the patient's space",
        "`hu.load(FOLDER)`",
        "slicer/…/CTHeadAxialDicom (93 files)",
        "SimpleITK",
        f"{ours.shape}, sum {int(ours.array.sum(dtype=np.int64)):,}, origin {np.round(ours.origin, 2).tolist()}",
        f"{theirs.shape}, sum {int(theirs.sum(dtype=np.int64)):,}, origin {np.round(image.GetOrigin(), 2).tolist()}",
        bool(same and spacing),
    )


def _convert(folder: Path, name: str) -> Row:
    import nibabel
    import numpy as np

    with tempfile.TemporaryDirectory() as made:
        hu("convert", folder, "-o", f"{made}/ours", "--to", "nifti")
        Path(made, "theirs").mkdir()
        command = [program("dcm2niix"), "-z", "y", "-b", "n", "-o", f"{made}/theirs", str(folder)]
        subprocess.run(command, check=True, capture_output=True)
        ours, theirs = (_images(nibabel, Path(made, side)) for side in ("ours", "theirs"))
        same = len(ours) == len(theirs) == 1 and all(
            a.shape == b.shape
            and np.allclose(a.affine, b.affine, atol=1e-3)
            and np.array_equal(a.get_fdata(), b.get_fdata())
            for a, b in zip(ours, theirs, strict=True)
        )
        shown = [f"{image.shape}, sum {image.get_fdata().sum():,.0f}" for image in (ours[0], theirs[0])]
    return Row(
        "shape, affine and voxels of the volume",
        "`hu convert FOLDER -o OUT --to nifti`",
        f"{name} ({sum(1 for _ in folder.iterdir())} files)",
        "dcm2niix",
        shown[0],
        f"{shown[1]}; {'equal' if same else 'different'}",
        same,
    )


def _images(nibabel: Any, folder: Path) -> list[Any]:
    return [nibabel.Nifti1Image.from_filename(path) for path in sorted(folder.rglob("*.nii.gz"))]


def _references(data: Path) -> Row:
    import nibabel
    import numpy as np

    references = [nibabel.Nifti1Image.from_filename(path) for path in sorted((data / "dcm_qa_nih/Ref").glob("*.nii"))]
    with tempfile.TemporaryDirectory() as made:
        report = json.loads(hu("convert", data / "dcm_qa_nih/In", "-o", made, "--to", "nifti", "--json", codes=(0, 1)))
        ours = _images(nibabel, Path(made))
        equal = sum(
            any(
                image.shape == reference.shape
                and np.allclose(image.affine, reference.affine, atol=1e-3)
                and np.array_equal(np.asanyarray(image.dataobj), np.asanyarray(reference.dataobj))
                for image in ours
            )
            for reference in references
        )
    skipped = report["counts"].get("skipped", 0)
    return Row(
        "published references",
        "`hu convert FOLDER -o OUT --to nifti`",
        "dcm_qa_nih/In",
        "dcm_qa_nih/Ref (dcm2niix)",
        f"{len(ours)} volume, {skipped} series skipped with a reason",
        f"{equal} of {len(references)} references equal; Siemens mosaics need vendor knowledge and are listed",
        equal >= 1 and equal == len(ours),
    )


def _deterministic(data: Path) -> Row:
    folder = data / "torchio/tests/image_data/dicom"
    sums = []
    with tempfile.TemporaryDirectory() as made:
        for turn in "ab":
            hu("convert", folder, "-o", f"{made}/{turn}", "--to", "nifti")
            (path,) = Path(made, turn).rglob("*.nii.gz")
            sums.append(hashlib.sha256(path.read_bytes()).hexdigest()[:12])
        run(program("gzip"), "-t", path)
        members = path.read_bytes().count(b"\x1f\x8b\x08")
        size = len(gzip.decompress(path.read_bytes()))
    return Row(
        "the same bytes every time, one gzip member",
        "`hu convert`, twice",
        "torchio (17 files)",
        "gzip -t, sha256",
        " and ".join(sums),
        f"gzip accepts it: {size:,} bytes in {members} member",
        sums[0] == sums[1],
    )


def _gap() -> Row:
    from hounsfield.testing import Faults, chest_ct

    with tempfile.TemporaryDirectory() as made:
        chest_ct(f"{made}/in", slices=20, rows=64, faults=Faults(missing=(9,)))
        text = hu("convert", f"{made}/in", "-o", f"{made}/ours", "--to", "nifti", "--json", codes=(0, 1, 3))
        ours = len(list(Path(made, "ours").rglob("*.nii.gz")))
        Path(made, "theirs").mkdir()
        command = [program("dcm2niix"), "-z", "y", "-o", f"{made}/theirs", f"{made}/in"]
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        theirs = len(list(Path(made, "theirs").rglob("*.nii.gz")))
    words = "gap" in text.lower() or "spacing" in text.lower() or "missing" in text.lower()
    warned = "warn" in (result.stdout + result.stderr).lower()
    return Row(
        "a missing slice is never papered over",
        "`hu convert FOLDER -o OUT --to nifti`",
        "a phantom with one slice missing",
        "dcm2niix",
        f"{ours} volumes; the reason names the place: {words}",
        f"{theirs} volumes, {'with' if warned else 'without'} a warning",
        ours == 0 and words,
    )
