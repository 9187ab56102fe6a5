"""Evidence for the formats that volumes are written in, for BIDS, and for the record of a conversion."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.evidence.row import Row, hu, program, run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]

_CT = "slicer/Testing/Data/Input/CTHeadAxialDicom"


def rows(data: Path) -> Iterator[Row]:
    """Give the rows, in the order of the documentation."""
    for to in ("nrrd", "mha"):
        yield _itk(data, to)
    yield _nifti_2(data)
    yield _zarr(data)
    yield _hdf5(data)
    yield _pictures(data)
    yield _video(data)
    for name, series in (("EPI_PE=AP_3", "20180918Si"), ("DCM2NIIX_regression_test_4", "20180918GE")):
        yield _sidecar(data, name, series)
    yield _bids(data)
    yield _resumed(data)
    yield _workers(data)


def _reference(data: Path) -> Any:
    """Read the CT as SimpleITK does, from DICOM."""
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(data / _CT)))
    return reader.Execute()


def _converted(data: Path, folder: str, to: str) -> Path:
    hu("convert", data / _CT, "-o", folder, "--to", to, "--name", "ct")
    (path,) = [one for one in Path(folder).iterdir() if one.name != "conversion.json" and one.suffix != ".json"]
    return path


def _row(promise: str, to: str, foreign: str, shown: tuple[str, str], *, holds: bool) -> Row:
    command = f"`hu convert FOLDER -o OUT --to {to}`"
    return Row(promise, command, "slicer/…/CTHeadAxialDicom (93 files)", foreign, *shown, holds)


def _itk(data: Path, to: str) -> Row:
    import numpy as np
    import SimpleITK

    theirs = _reference(data)
    with tempfile.TemporaryDirectory() as made:
        ours = SimpleITK.ReadImage(str(_converted(data, made, to)))
    equal = np.array_equal(SimpleITK.GetArrayFromImage(ours), SimpleITK.GetArrayFromImage(theirs))
    place = all(
        np.allclose(getattr(ours, get)(), getattr(theirs, get)(), atol=1e-4)
        for get in ("GetOrigin", "GetSpacing", "GetDirection")
    )
    first, second = (f"{one.GetSize()}, origin {np.round(one.GetOrigin(), 2).tolist()}" for one in (ours, theirs))
    shown = (first, second)
    promise = f"{to.upper()}: values and place as in the DICOM files"
    return _row(promise, to, "SimpleITK, of DICOM and of our file", shown, holds=equal and place)


def _nifti_2(data: Path) -> Row:
    import nibabel
    import numpy as np

    with tempfile.TemporaryDirectory() as made:
        load: Any = nibabel.__dict__["load"]
        images: list[Any] = [load(_converted(data, f"{made}/{to}", to)) for to in ("nifti", "nifti2")]
        first, second = images
        equal = np.array_equal(np.asanyarray(first.dataobj), np.asanyarray(second.dataobj))
        same = np.allclose(first.affine, second.affine)
    kinds = [f"{type(image).__name__} {image.shape}" for image in images]
    shown = (kinds[1], f"{kinds[0]}, equal: {equal and same}")
    return _row("NIfTI-2 holds what NIfTI-1 holds", "nifti2", "nibabel", shown, holds=bool(equal and same))


def _zarr(data: Path) -> Row:
    import numpy as np
    import SimpleITK
    import zarr

    theirs = SimpleITK.GetArrayFromImage(_reference(data))
    with tempfile.TemporaryDirectory() as made:
        group: Any = zarr.open_group(str(_converted(data, made, "zarr")), mode="r")
        equal = np.array_equal(group["0"][:], theirs)
        levels = [list(group[one["path"]].shape) for one in group.attrs["ome"]["multiscales"][0]["datasets"]]
        version = group.attrs["ome"]["version"]
    shown = (f"OME-Zarr {version}, levels {levels}", f"SimpleITK of DICOM {theirs.shape}; equal: {equal}")
    return _row("OME-Zarr: values, and a pyramid", "zarr", "zarr-python, SimpleITK", shown, holds=bool(equal))


def _hdf5(data: Path) -> Row:
    import h5py
    import numpy as np
    import SimpleITK

    image = _reference(data)
    theirs = SimpleITK.GetArrayFromImage(image)
    with tempfile.TemporaryDirectory() as made, h5py.File(_converted(data, made, "hdf5")) as file:
        equal = np.array_equal(file["volume"][()], theirs)
        place = np.allclose(file["volume"].attrs["origin"], image.GetOrigin(), atol=1e-4)
        unit = file["volume"].attrs["unit"]
    shown = (f"{theirs.shape} {unit}", f"SimpleITK of DICOM; equal: {equal and place}")
    return _row("HDF5: values and place", "hdf5", "h5py, SimpleITK", shown, holds=bool(equal and place))


def _pictures(data: Path) -> Row:
    import numpy as np
    import SimpleITK

    theirs = SimpleITK.GetArrayFromImage(_reference(data))
    sums = {}
    with tempfile.TemporaryDirectory() as made:
        for to in ("png", "tiff"):
            folder = _converted(data, f"{made}/{to}", to)
            about = json.loads((folder / "volume.json").read_text("utf-8"))
            read = [SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(folder / name))) for name in about["files"]]
            sums[to] = np.array_equal(np.stack(read).astype(np.int64) + about.get("offset", 0), theirs)
    shown = (f"{len(theirs)} pictures each", f"SimpleITK of DICOM; equal: PNG {sums['png']}, TIFF {sums['tiff']}")
    return _row("PNG and TIFF keep 16 bits", "png|tiff", "SimpleITK", shown, holds=all(sums.values()))


def _video(data: Path) -> Row:
    with tempfile.TemporaryDirectory() as made:
        path = _converted(data, made, "mp4")
        words = [program("ffprobe"), "-v", "error", "-count_frames", "-show_entries"]
        entries = "stream=codec_name,width,height,nb_read_frames"
        found = run(*words, entries, "-of", "csv=p=0", str(path)).strip()
    shown = (found, "one picture for each of 93 slices")
    return _row("MP4 plays", "mp4", "ffprobe", shown, holds=found.startswith("h264,") and found.endswith(",93"))


def _sidecar(data: Path, name: str, series: str) -> Row:
    import numpy as np

    theirs = json.loads((data / "dcm_qa_nih" / "Ref" / f"{name}.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as made:
        hu("convert", data / "dcm_qa_nih" / "In" / series, "-o", made, "--sidecar", "bids", "--name", "x")
        ours = json.loads(Path(made, "x.json").read_text("utf-8"))
    skipped = {"ConversionSoftware", "ConversionSoftwareVersion", "ImageType"}
    both = ours.keys() & theirs.keys() - skipped
    other = [key for key in sorted(both) if not _same(ours[key], theirs[key], np)]
    missing = sorted(theirs.keys() - ours.keys())
    return Row(
        "BIDS fields equal the published ones",
        "`hu convert FOLDER -o OUT --sidecar bids`",
        f"dcm_qa_nih/In/{series}",
        f"dcm_qa_nih/Ref/{name}.json (dcm2niix)",
        f"{len(both) - len(other)} of {len(both)} fields that both have are equal",
        f"ImageType as it stands, where theirs adds to it; only theirs: {', '.join(missing)}",
        not other,
    )


def _same(ours: Any, theirs: Any, numpy: Any) -> bool:
    if isinstance(theirs, str | bool):
        return bool(ours == theirs)
    return bool(numpy.allclose(ours, theirs, rtol=5e-6, atol=1e-9))


def _bids(data: Path) -> Row:
    sources = [data / name for name in ("dcm_qa_nih", "dicom2nifti", "dcmstack", "suyashkumar-dicom", "dcmqi")]
    with tempfile.TemporaryDirectory() as made:
        report = json.loads(hu("convert", *sources, "-o", f"{made}/out", "--bids-layout", "--json", codes=(0, 1)))
        beside = Path(sys.executable).with_name("bids-validator-deno")
        validator = str(beside) if beside.exists() else program("bids-validator-deno")
        words = [validator, f"{made}/out", "--ignoreWarnings"]
        found = subprocess.run(words, capture_output=True, text=True, check=False)
    accepted = found.returncode == 0 and "BIDS compatible" in found.stdout
    return Row(
        "names and sidecars that BIDS accepts",
        "`hu convert FOLDER... -o OUT --bids-layout`",
        "dcm_qa_nih, dicom2nifti, dcmstack, suyashkumar-dicom, dcmqi",
        "bids-validator-deno",
        f"{report['counts']['done']} volumes of MR and PET named, the rest left out with reasons",
        "appears to be BIDS compatible" if accepted else found.stdout[-200:],
        accepted,
    )


def _contents(folder: str) -> str:
    found = hashlib.sha256()
    for path in sorted(one for one in Path(folder).rglob("*") if one.is_file()):
        found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:12]


def _resumed(data: Path) -> Row:
    with tempfile.TemporaryDirectory() as made:
        words = ("convert", data / "dicom2nifti", "-o", f"{made}/out", "--json")
        first = json.loads(hu(*words, codes=(0, 1)))
        before = _contents(f"{made}/out")
        again = json.loads(hu(*words, codes=(0, 1)))
        after = _contents(f"{made}/out")
    kept = again["counts"].get("kept", 0)
    return Row(
        "a second run keeps what the first made",
        "`hu convert FOLDER -o OUT`, twice",
        "dicom2nifti",
        "the same, sha256 of all files",
        f"{first['counts']['done']} done, then {kept} kept",
        f"{before} and {after}",
        before == after and kept == first["counts"]["done"],
    )


def _workers(data: Path) -> Row:
    sums = []
    with tempfile.TemporaryDirectory() as made:
        for number in (1, 2):
            hu("convert", data / "dicom2nifti", "-o", f"{made}/{number}", "--workers", str(number), codes=(0, 1))
            sums.append(_contents(f"{made}/{number}"))
    return Row(
        "the same bytes on any number of workers",
        "`hu convert FOLDER -o OUT --workers N`",
        "dicom2nifti",
        "one worker and two, sha256 of all files",
        sums[0],
        sums[1],
        sums[0] == sums[1],
    )
