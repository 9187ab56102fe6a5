"""Evidence for rendering."""

from __future__ import annotations

import json
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.evidence.row import Row, hu, program, run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]

_HEAD = "slicer/Testing/Data/Input/CTHeadAxialDicom"
_CINE = "pydicom/src/pydicom/data/test_files/examples_ybr_color.dcm"


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    yield _plane(data)
    yield _slab(data)
    yield _window(data)
    yield _shown(data)
    yield _values(data)
    yield _movie(data)


def _read(path: Path) -> Any:
    from PIL import Image

    with Image.open(path) as opened:
        return np.asarray(opened)


def _plane(data: Path) -> Row:
    """Compare an oblique plane with SimpleITK's own reading and resampling of the series."""
    import SimpleITK

    words = ["--plane", "0.3,0.6,0.7", "--at", "100,100,60", "--size", "400", "--depth", "16"]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "x.tif"
        report = json.loads(hu("render", data / _HEAD, "-o", output, *words, "--json"))
        ours = _read(output).astype(float)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(data / _HEAD)))
    image = reader.Execute()
    # Axes of the picture: seen with the head up, the normal away from the viewer.
    away = np.array((0.3, 0.6, 0.7)) / np.linalg.norm((0.3, 0.6, 0.7))
    down = -(np.array((0, 0, 1.0)) - away * away[2])
    down /= np.linalg.norm(down)
    right = np.cross(down, away)
    corners = np.array([[x, y, z] for x in (-1.6, 203.2) for y in (-1.6, 203.2) for z in (-0.75, 138.75)])
    pixel = report["spacing"][0]
    middle = [(corners @ axis).min() / 2 + (corners @ axis).max() / 2 for axis in (right, down)]
    left, top = (center - (count - 1) * pixel / 2 for center, count in zip(middle, ours.shape[::-1], strict=True))
    origin = right * left + down * top + away * (np.array((100, 100, 60)) @ away)
    resample = SimpleITK.ResampleImageFilter()
    resample.SetInterpolator(SimpleITK.sitkLinear)
    resample.SetOutputOrigin(origin.tolist())
    resample.SetOutputSpacing((pixel, pixel, 1.0))
    resample.SetOutputDirection(np.stack((right, down, away), axis=1).ravel().tolist())
    resample.SetSize((ours.shape[1], ours.shape[0], 1))
    resample.SetOutputPixelType(SimpleITK.sitkFloat32)
    theirs = SimpleITK.GetArrayFromImage(resample.Execute(image))[0]
    # Values are whole numbers in the file; at the very edge one may see what the other does not.
    off = np.abs(ours - theirs) > 0.6
    return Row(
        "an oblique plane holds the values that are there",
        "`hu render SERIES --plane 0.3,0.6,0.7 --depth 16`",
        _HEAD,
        "SimpleITK ResampleImageFilter, linear",
        f"{ours.shape[1]} x {ours.shape[0]} pixels, {ours.min():g} to {ours.max():g}",
        f"{off.mean():.4%} of the pixels differ by more than rounding",
        bool(off.mean() < 0.001),
    )


def _slab(data: Path) -> Row:
    import pydicom

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "x.tif"
        hu("render", data / _HEAD, "-o", output, "--mip", "acquisition", "--depth", "16")
        ours = _read(output)
    planes = [pydicom.dcmread(path).pixel_array for path in sorted((data / _HEAD).glob("*.dcm"))]
    theirs = np.max(planes, axis=0)
    return Row(
        "a maximum intensity projection is the maximum",
        "`hu render SERIES --mip acquisition --depth 16`",
        _HEAD,
        "pydicom and numpy.max",
        f"greatest {int(ours.max())}, mean {ours.mean():.3f}",
        f"greatest {int(theirs.max())}, mean {theirs.mean():.3f}",
        bool(np.array_equal(ours, theirs)),
    )


def _window(data: Path) -> Row:
    file = data / "pydicom/src/pydicom/data/test_files/CT_small.dcm"
    with tempfile.TemporaryDirectory() as folder:
        output, other = Path(folder) / "x.png", Path(folder) / "y.png"
        hu("render", file, "-o", output, "--window", "40/400", "--no-labels")
        run(program("dcm2pnm"), "--write-png", "+Ww", "40", "400", file, other)
        ours, theirs = _read(output).astype(int), _read(other).astype(int)
    worst = int(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else 255
    return Row(
        "a window is applied as the standard has it",
        "`hu render FILE --window 40/400`",
        "pydicom/src/pydicom/data/test_files/CT_small.dcm",
        "DCMTK dcm2pnm +Ww 40 400",
        f"mean {ours.mean():.2f}",
        f"mean {theirs.mean():.2f}; levels differ by at most {worst}",
        worst <= 1,
    )


def _shown(data: Path) -> Row:
    """Compare all frames that DCMTK can show with the window or the colors that their files ask for."""
    from pydicom import dcmread

    from hounsfield.errors import HounsfieldError
    from hounsfield.render import render

    compared, far, unequal = 0, 0, 0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = Path(folder) / "x.png"
        for file in sorted((data / "pydicom").rglob("*.dcm")) + sorted((data / "pydicom-data").rglob("*.dcm")):
            try:
                ours = render(file).array
                header = dcmread(file, stop_before_pixels=True, force=True)
            except (HounsfieldError, ValueError, TypeError):
                continue
            if ours.ndim == 2 and "WindowWidth" not in header:
                continue
            if ours.ndim == 3 and str(header.get("PhotometricInterpretation")).startswith("MONOCHROME"):
                # Supplemental palettes, which DCMTK leaves out.
                continue
            options = ["-O", "+Wi", "1"] if ours.ndim == 2 else []
            done = subprocess.run(
                [program("dcm2pnm"), "--write-png", *options, file, other], capture_output=True, check=False
            )
            theirs = _read(other) if done.returncode == 0 else np.zeros(0)
            # DCMTK leaves pixels that are not square as they are, and shows no compressed frames with this program.
            if theirs.shape[:2] != ours.shape[:2]:
                continue
            worst = int(
                np.abs(theirs.reshape(*ours.shape[:2], -1).astype(int) - ours.reshape(*ours.shape[:2], -1)).max()
            )
            compared, far, unequal = compared + 1, max(far, worst), unequal + (worst > 1)
    return Row(
        "frames look as their files ask for",
        "`hu render FILE`",
        "pydicom and pydicom-data: uncompressed gray with a window, palettes, RGB, YBR",
        "DCMTK dcm2pnm",
        f"{compared} frames compared",
        f"{unequal} differ by more than one level, by at most {far}",
        compared > 20 and far <= 2,
    )


def _values(data: Path) -> Row:
    import imagecodecs
    import pydicom

    file = data / "pydicom/src/pydicom/data/test_files/CT_small.dcm"
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "x.tif"
        hu("render", file, "-o", output, "--depth", "16")
        ours = imagecodecs.tiff_decode(output.read_bytes())
    theirs = pydicom.dcmread(file).pixel_array
    return Row(
        "16 bits stay 16 bits",
        "`hu render FILE -o x.tif --depth 16`",
        "pydicom/src/pydicom/data/test_files/CT_small.dcm",
        "pydicom, and libtiff to read the file",
        f"{ours.dtype}, {ours.min()} to {ours.max()}",
        f"{theirs.dtype}, {theirs.min()} to {theirs.max()}",
        bool(np.array_equal(ours, theirs)),
    )


def _movie(data: Path) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "x.mp4"
        report = json.loads(hu("render", data / _CINE, "-o", output, "--json"))
        words = ["-v", "error", "-show_entries", "stream=codec_name,avg_frame_rate,nb_frames", "-of", "csv=p=0"]
        found = run(program("ffprobe"), *words, output).strip()
    codec, rate, frames = found.split(",")
    top, bottom = map(int, rate.split("/"))
    return Row(
        "a cine runs as fast as it was recorded",
        "`hu render CINE -o loop.mp4`",
        _CINE,
        "ffprobe",
        f"{report['frames']} frames, {report['rate']:.2f} per second",
        f"{codec}, {frames} frames, {top / bottom:.2f} per second",
        codec == "h264" and int(frames) == report["frames"] and abs(top / bottom - report["rate"]) < 0.05,
    )
