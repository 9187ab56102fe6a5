"""Evidence for the long lists: published references, compressed frames, broken files, and what a second scan costs."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.evidence.row import Row, hu, program

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    yield _dicom2nifti(data)
    yield _frames(data)
    yield _again(data)
    yield _broken()


def _dicom2nifti(data: Path) -> Row:
    import nibabel as nib
    import numpy as np

    root = data / "dicom2nifti/tests/data"
    references = sorted(path for path in root.rglob("*_ground_truth.nii.gz") if "failing" not in path.parts)
    equal, displayed = [], 0
    for reference in references:
        folder = reference.with_name(reference.name.removesuffix("_ground_truth.nii.gz"))
        if not folder.is_dir():
            continue
        right = nib.as_closest_canonical(nib.load(reference))

        def alike(*words: str, folder: Path = folder, right: Any = right) -> bool:
            with tempfile.TemporaryDirectory() as made:
                hu("convert", folder, "-o", made, *words, codes=(0, 1))
                left = nib.as_closest_canonical(nib.load(next(Path(made).glob("*.nii.gz"))))
                close = left.shape == right.shape and np.allclose(left.affine, right.affine, atol=1e-3)
                return bool(close and np.allclose(_numbers(left), _numbers(right), rtol=2e-7))

        plain = alike()
        # dicom2nifti takes the values that a Philips scanner displays; dcm2niix and we the precise ones.
        shown = not plain and "philips" in folder.as_posix() and alike("--scaling", "display")
        displayed += shown
        equal.append(plain or shown)
    return Row(
        "published references of GE, Siemens and Philips",
        "`hu convert FOLDER -o OUT --to nifti`",
        "dicom2nifti/tests/data, every folder with a reference",
        "dicom2nifti's ground truth, in canonical order",
        f"{len(equal)} volumes",
        f"{sum(equal)} equal in shape, affine (1e-3) and voxels, {displayed} of them with --scaling display",
        bool(equal) and all(equal),
    )


def _numbers(image: Any) -> Any:
    import numpy as np

    found = np.asanyarray(image.dataobj)
    return np.stack([found[name] for name in "RGB"], axis=-1) if found.dtype.names else found.astype(np.float64)


def _frames(data: Path) -> Row:
    import numpy as np
    import pydicom

    import hounsfield

    equal = compared = 0
    folders = ("CT", "MR")
    names = sorted((data / "pydicom/src/pydicom/data/test_files").glob("*.dcm"))
    for path in [path for path in names if path.name.startswith(folders)]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = pydicom.dcmread(path)
                theirs = dataset.pixel_array.astype(np.float64)
            except Exception:  # noqa: BLE001 - truncated on purpose, or no plug-in of pydicom decodes it
                continue
            theirs = theirs * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))
            compared += 1
            # What pydicom shows and hounsfield refuses counts against it.
            with contextlib.suppress(hounsfield.HounsfieldError):
                equal += np.array_equal(hounsfield.load(path).array[0], theirs)
    return Row(
        "pixels in every encoding, as values",
        "`hu.load(FILE)`",
        "pydicom/…/CT*, MR*: little and big endian, implicit, RLE, JPEG-LS, JPEG 2000",
        "pydicom.pixel_array, rescaled",
        f"{compared} images",
        f"{equal} equal",
        compared > 5 and equal == compared,
    )


def _again(data: Path) -> Row:
    folder = data / "slicer"
    with tempfile.TemporaryDirectory() as made:
        catalog = Path(made) / "catalog.sqlite"
        first = json.loads(hu("scan", folder, "--catalog", catalog, "--json", codes=(0, 1)))
        second = json.loads(hu("scan", folder, "--catalog", catalog, "--json", codes=(0, 1)))
        fresh = json.loads(hu("scan", folder, "--json", codes=(0, 1)))
        connection = sqlite3.connect(catalog)
        rows_there = str(connection.execute("select count(*) from instances").fetchone()[0])
        connection.close()
    same = first["series"] == second["series"] == fresh["series"]
    return Row(
        "a kept catalog, read again only where files changed",
        "`hu scan FOLDER --catalog FILE`, twice",
        f"slicer ({sum(1 for path in folder.rglob('*') if path.is_file())} files)",
        "sqlite3, and a fresh scan",
        f"series of both scans and of a fresh one are the same: {same}",
        f"{rows_there} rows in the table of instances",
        same and rows_there == str(sum(series["instances"] for series in fresh["series"])),
    )


def _broken() -> Row:
    from tests.robustness.malformed import MALFORMED

    outcomes: dict[str, list[str]] = {"hu info": [], "dcmdump": []}
    commands = {"hu info": [sys.executable, "-m", "hounsfield", "info"], "dcmdump": [program("dcmdump"), "-q"]}
    with tempfile.TemporaryDirectory() as made:
        for name, make in MALFORMED.items():
            path = Path(made) / name
            path.write_bytes(make())
            for who, command in commands.items():
                if not _survives([*command, str(path)]):
                    outcomes[who].append(name)
    return Row(
        "broken files are answered, not crashed on",
        "`hu info FILE`",
        f"{len(MALFORMED)} files broken on purpose (tests/robustness)",
        "dcmdump",
        f"{len(outcomes['hu info'])} crash, hang or pass 1 GiB",
        f"{len(outcomes['dcmdump'])} crash, hang or pass 1 GiB{': ' if outcomes['dcmdump'] else ''}"
        + ", ".join(outcomes["dcmdump"]),
        not outcomes["hu info"],
    )


def _survives(command: list[str]) -> bool:
    """Whether a command ends by itself within ten seconds and a GiB of memory."""
    import threading

    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    timer = threading.Timer(10, process.kill)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode >= 0 and usage.ru_maxrss < 1 << 20
