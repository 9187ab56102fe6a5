"""Evidence for what the vendors' rules make: mosaics, timing, scalings, tilt, enhanced objects."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.evidence.row import Row, hu, program

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]

_MOSAIC, _MOSAIC_REFERENCE = "dcm_qa_nih/In/20180918Si/mr_0003", "dcm_qa_nih/Ref/EPI_PE=AP_3"
_GE, _GE_REFERENCE = "dcm_qa_nih/In/20180918GE/mr_0004", "dcm_qa_nih/Ref/DCM2NIIX_regression_test_4"
_PHILIPS = "dicom2nifti/tests/data/philips_enhanced/fmri"
_TILTED = "dicom2nifti/tests/data/failing/gantrytilting/001"


def rows(data: Path) -> Iterator[Row]:
    """Give the rows, in the order of the README."""
    yield _mosaic(data)
    for name, folder, reference in (("Siemens", _MOSAIC, _MOSAIC_REFERENCE), ("GE", _GE, _GE_REFERENCE)):
        yield _times(data, name, folder, reference)
    yield _multiband()
    yield _precise(data)
    yield _display(data)
    yield _tilt(data)
    yield _stacks(data)
    yield _decay(data)
    yield _unowned(data)


def _image(path: Path) -> Any:
    import nibabel as nib

    return nib.as_closest_canonical(nib.load(path))


def _difference(ours: Any, theirs: Any) -> str:
    import numpy as np

    if ours.shape != theirs.shape:
        return f"shapes {ours.shape} and {theirs.shape}"
    apart = np.abs(ours.affine - theirs.affine).max()
    left, right = (np.asanyarray(image.dataobj).astype(np.float64) for image in (ours, theirs))
    same = np.allclose(left, right, rtol=1e-5, atol=1e-3)
    return f"shape {'x'.join(map(str, ours.shape))}, affine within {apart:.0e}, voxels {'equal' if same else 'differ'}"


def _equal(words: str) -> bool:
    return words.endswith("voxels equal") and float(words.split("within ")[1].split(",", maxsplit=1)[0]) < 1e-3


def _mosaic(data: Path) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        hu("convert", data / _MOSAIC, "-o", folder)
        (made,) = Path(folder).glob("*.nii.gz")
        words = _difference(_image(made), _image(data / f"{_MOSAIC_REFERENCE}.nii"))
    return Row(
        "Siemens mosaics are volumes in time",
        "`hu convert MOSAICS -o OUT`",
        "dcm_qa_nih, 2 mosaics of 5 slices",
        "published reference of dcm2niix",
        words,
        "the reference",
        _equal(words),
    )


def _times(data: Path, vendor: str, folder: str, reference: str) -> Row:
    import hounsfield

    volume = hounsfield.load(data / folder)
    theirs = json.loads((data / f"{reference}.json").read_text())
    encoded = volume.phase_encoding
    total = encoded.total_readout_time if encoded else None
    apart = max(abs(a - b) for a, b in zip(volume.timing.slice_times, theirs["SliceTiming"], strict=True))
    holds = apart < 1e-4 and total is not None and abs(total - theirs["TotalReadoutTime"]) < 1e-6
    return Row(
        f"slice times and readout time of {vendor}",
        "`hounsfield.load(FOLDER).timing`, `.phase_encoding`",
        f"dcm_qa_nih, {vendor}",
        "published sidecar of dcm2niix",
        f"{len(volume.timing.slice_times)} slice times within {apart:.0e} s, readout {total or 0:.7f} s",
        f"readout {theirs['TotalReadoutTime']:.7f} s",
        holds,
    )


# Slice times of each shot that dcm_qa_ge publishes: series 14 (48 slices, 3 bands) and 12 (77, 8, descending).
_SHOTS_OF_3 = (0, 1, 0.125, 1.125, 0.25, 1.25, 0.375, 1.375, 0.5, 1.5, 0.625, 1.625, 0.75, 1.875, 0.875, 1.75)
_SHOTS_OF_8 = (0, 0.5, 0.1, 0.6, 0.2, 0.7, 0.3, 0.9, 0.4, 0.8)


def _multiband() -> Row:
    from hounsfield.volumes.vendors.ge_slice_times import planned

    series = ((48, 3, 2.0, _SHOTS_OF_3), (77, 8, 1.0, _SHOTS_OF_8))
    apart = 0.0
    for slices, bands, duration, shots in series:
        found = planned(slices, duration, interleaved=True, bands=bands, exchanged=True)
        apart = max(apart, *(abs(time - shots[index % len(shots)]) for index, time in enumerate(found)))
    return Row(
        "slice times of GE with multiband, of the releases that exchange shots",
        "`hounsfield.load(FOLDER).timing`",
        "dcm_qa_ge, series 14 and 12: 48 slices in 3 bands, 77 in 8",
        "published sidecars of dcm2niix",
        f"125 slice times within {apart:.0e} s",
        "the same times",
        apart < 1e-6,
    )


def _converted(source: Path, folder: str) -> list[Path]:
    command = [program("dcm2niix"), "-b", "n", "-z", "n", "-f", "x", "-o", folder, str(source)]
    subprocess.run(command, check=False, capture_output=True, timeout=120)
    return sorted(Path(folder).glob("*.nii"))


def _precise(data: Path) -> Row:
    import hounsfield

    with tempfile.TemporaryDirectory() as folder:
        (theirs,) = _converted(data / _PHILIPS / "001", folder)
        import nibabel as nib

        ours = nib.as_closest_canonical(hounsfield.load(data / _PHILIPS / "001").to_nibabel())
        words = _difference(ours, _image(theirs))
    return Row(
        "Philips values are the precise ones",
        "`hounsfield.load(FOLDER)`",
        "dicom2nifti, enhanced fMRI of Philips",
        "dcm2niix",
        words,
        "what it writes",
        _equal(words),
    )


def _display(data: Path) -> Row:
    import nibabel as nib

    import hounsfield

    ours = nib.as_closest_canonical(hounsfield.load(data / _PHILIPS / "001", scaling="display").to_nibabel())
    words = _difference(ours, _image(data / _PHILIPS / "001_ground_truth.nii.gz"))
    return Row(
        "displayed values of Philips, when asked for",
        '`hounsfield.load(FOLDER, scaling="display")`',
        "dicom2nifti, enhanced fMRI of Philips",
        "published reference of dicom2nifti",
        words,
        "the reference",
        _equal(words),
    )


def _tilt(data: Path) -> Row:
    import numpy as np

    import hounsfield

    volume = hounsfield.load(data / _TILTED, resample=True)
    with tempfile.TemporaryDirectory() as folder:
        made = [path for path in _converted(data / _TILTED, folder) if "Tilt" in path.name]
        theirs = _image(made[0])
    import nibabel as nib

    ours = nib.as_closest_canonical(volume.to_nibabel())
    same = ours.shape == theirs.shape and np.allclose(ours.affine[:3, :3], theirs.affine[:3, :3], atol=1e-3)
    return Row(
        "a tilted stack becomes straight on request",
        "`hounsfield.load(FOLDER, resample=True)`",
        "dicom2nifti, gantry tilt of 14 degrees",
        "dcm2niix, _Tilt",
        f"{ours.shape}",
        f"{theirs.shape}, same directions and spacing" if same else f"{theirs.shape}",
        bool(same),
    )


def _stacks(data: Path) -> Row:
    found = json.loads(hu("scan", data / "dicom2nifti", "--stacks", "--json", codes=(0, 1)))
    stacks = [stack for series in found["series"] for stack in series["stack_list"]]
    usable = [stack for stack in stacks if not stack["reason"]]
    return Row(
        "stacks are listed before anything is written",
        "`hu scan FOLDER --stacks`",
        "all of dicom2nifti's test series",
        "",
        f"{len(stacks)} stacks of {len(found['series'])} series, {len(usable)} can be loaded",
        "",
        len(usable) == len(stacks) > 0,
    )


def _sidecar(source: Path, folder: str) -> tuple[dict[str, Any], Path]:
    hu("convert", source, "-o", folder, "--sidecar", "bids")
    (path,) = (path for path in Path(folder).glob("*.json") if path.name != "conversion.json")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found, path


def _decay(data: Path) -> Row:
    import math

    import pydicom

    source = data / "suyashkumar-dicom/testdata/2.dcm"
    header = pydicom.dcmread(source, stop_before_pixels=True)
    with tempfile.TemporaryDirectory() as folder:
        found, _ = _sidecar(source, folder)
    decay = math.log(2) / header.RadiopharmaceuticalInformationSequence[0].RadionuclideHalfLife
    frame = decay * header.ActualFrameDuration / 1000
    factor = math.exp(-decay * found["ImageDecayCorrectionTime"]) * frame / (1 - math.exp(-frame))
    return Row(
        "decay of a later bed is corrected to the start of the first",
        "`hu convert FILE -o OUT --sidecar bids`",
        "suyashkumar-dicom 2.dcm, ImageDecayCorrectionTime",
        "Decay Factor (0054,1321) that the scanner wrote",
        f"{found['ImageDecayCorrectionTime']:.0f} s, thus a factor of {factor:.4f}",
        f"{header.DecayFactor:.4f}",
        math.isclose(factor, header.DecayFactor, rel_tol=1e-3),
    )


def _unowned(data: Path) -> Row:
    source = data / "dicom2nifti/tests/data/ge/dti"
    with tempfile.TemporaryDirectory() as folder:
        _, path = _sidecar(source / "001", folder)
        ours = path.with_suffix(".bval").read_text().split()
    theirs = (source / "001_ground_truth.bval").read_text().split()
    return Row(
        "b-values of GE without private creators",
        "`hu convert FOLDER -o OUT --sidecar bids`",
        "dicom2nifti, GE DTI, anonymized",
        "published reference of dicom2nifti",
        f"b-values {' '.join(ours)}, said to be unconfirmed",
        f"b-values {' '.join(theirs)}",
        ours == theirs,
    )
