"""Evidence for grays and colors: windows, palettes, physical values, presentation states, display calibration."""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError
from hounsfield.pixels.display import Appearance, display
from hounsfield.pixels.gsdf import jnd_of_luminance, luminance_of_jnd
from hounsfield.pixels.image import open_image
from hounsfield.pixels.values import physical
from tools.evidence.row import Row, program, run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]

_WINDOW = (40.0, 400.0)
# Larger ones are many of a kind, and slow.
_MOST_BYTES = 3_000_000


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    images = list(_images(data))
    yield _windows(images)
    yield _values(images)
    yield _palettes(images)
    yield _presentation(data)
    yield _standard_display()


def _images(data: Path) -> Iterator[tuple[Path, Any]]:
    for path in sorted(path for path in data.rglob("*") if path.is_file() and path.stat().st_size <= _MOST_BYTES):
        try:
            image = open_image(str(path))
            image.stored(0)
        except HounsfieldError:
            continue
        yield path, image


def _read(path: Path) -> Any:
    from PIL import Image

    with Image.open(path) as opened:
        return np.asarray(opened).astype(int)


def _windows(images: list[tuple[Path, Any]]) -> Row:
    """Compare every gray image that is not compressed with DCMTK's picture of it."""
    compared, different = 0, []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "x.pgm"
        for path, image in images:
            if not _comparable(image):
                continue
            out.unlink(missing_ok=True)
            words = [program("dcm2pnm"), "--no-overlays", "+Ww", *map(str, _WINDOW), str(path), str(out)]
            done = subprocess.run(words, capture_output=True, check=False)
            if done.returncode or not out.exists():
                continue
            theirs = _read(out)
            shown = display(image, appearance=Appearance(window=_WINDOW, overlays=False, shutter=False))
            compared += 1
            if theirs.shape != shown.shape or np.abs(theirs - shown).max() > 1:
                different.append(path.name)
    return Row(
        "a window shows what it shows elsewhere",
        "`display(image, appearance=Appearance(window=(40, 400)))`",
        f"{compared} uncompressed gray images of whole slope, without functional groups",
        "DCMTK dcm2pnm +Ww 40 400",
        f"{compared - len(different)} equal to one level of 256",
        f"different: {', '.join(sorted(set(different))[:5]) or 'none'}",
        bool(compared) and not different,
    )


def _comparable(image: Any) -> bool:
    """DCMTK cuts what it rescales to whole numbers, and knows neither functional groups nor supplemental palettes."""
    layout, header = image.layout, image.dataset
    plain = layout.samples == 1 and not image.source.compressed and not layout.float
    beyond = "SharedFunctionalGroupsSequence" in header or "PixelPresentation" in header
    whole = all(float(header.get(keyword) or 0).is_integer() for keyword in ("RescaleSlope", "RescaleIntercept"))
    gray = layout.photometric.startswith("MONOCHROME")
    return plain and gray and layout.bits_allocated in (8, 16) and whole and not beyond


def _values(images: list[tuple[Path, Any]]) -> Row:
    from pydicom.pixels.processing import apply_modality_lut

    compared, different = 0, []
    for path, image in images:
        rescaled = "RescaleSlope" in image.dataset or "ModalityLUTSequence" in image.dataset
        if not rescaled or image.layout.samples > 1 or image.layout.photometric == "PALETTE COLOR":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = apply_modality_lut(image.stored(0), image.dataset)
        ours = physical(image, real_world=False).values
        compared += 1
        if not np.allclose(ours, theirs, rtol=1e-6, atol=1e-6):
            different.append(path.name)
    return Row(
        "physical values are those of the modality",
        '`hu.pixels(path, as_="physical")`',
        f"{compared} images with a rescale or a Modality LUT",
        "pydicom apply_modality_lut",
        f"{compared - len(different)} equal",
        f"different: {', '.join(sorted(set(different))[:5]) or 'none'}",
        bool(compared) and not different,
    )


def _palettes(images: list[tuple[Path, Any]]) -> Row:
    from pydicom.pixels.processing import apply_color_lut

    compared, different = 0, []
    for path, image in images:
        if image.layout.photometric != "PALETTE COLOR" or image.dataset.original_encoding[1] is False:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = apply_color_lut(image.stored(0), image.dataset)
        theirs = theirs >> 8 if theirs.dtype.itemsize == 2 else theirs
        shown = display(image, appearance=Appearance(icc=False, overlays=False, shutter=False))
        compared += 1
        if not np.array_equal(shown, theirs[..., :3]):
            different.append(path.name)
    return Row(
        "palettes give the colors that they name",
        '`hu.pixels(path, as_="display")`',
        f"{compared} little-endian images with a palette",
        "pydicom apply_color_lut, upper 8 bits",
        f"{compared - len(different)} equal",
        f"different: {', '.join(sorted(set(different))[:5]) or 'none'}",
        bool(compared) and not different,
    )


def _presentation(data: Path) -> Row:
    """Let DCMTK make a presentation state, turn it, and let both show the image by it."""
    import pydicom
    from pydicom.dataset import Dataset

    import hounsfield

    path = data / "pydicom/src/pydicom/data/test_files/CT_small.dcm"
    with tempfile.TemporaryDirectory() as folder:
        state, out = Path(folder) / "state.dcm", Path(folder) / "x.pgm"
        run(program("dcmpsmk"), path, state)
        changed = pydicom.dcmread(state)
        voi = Dataset()
        voi.WindowCenter, voi.WindowWidth = 100, 900
        changed.SoftcopyVOILUTSequence = [voi]
        changed.PresentationLUTShape, changed.ImageRotation, changed.ImageHorizontalFlip = "INVERSE", 90, "Y"
        changed.save_as(state)
        run(program("dcmp2pgm"), "-p", state, path, out)
        theirs = _read(out)
        from hounsfield.render import View

        ours = hounsfield.render(str(path), View(presentation=str(state))).array.astype(int)
    same = ours.shape == theirs.shape
    off = int(np.abs(ours - theirs).max()) if same else 255
    return Row(
        "a presentation state shows an image as elsewhere: window, inversion, rotation, flip",
        "`hu render FILE --presentation-state STATE`",
        path.relative_to(data).as_posix(),
        "DCMTK dcmpsmk and dcmp2pgm",
        f"{ours.shape[1]} x {ours.shape[0]}, mean {ours.mean():.2f}",
        f"{theirs.shape[1]} x {theirs.shape[0]}, mean {theirs.mean():.2f}; at most {off} of 255 apart",
        off <= 1,
    )


def _standard_display() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "x.txt"
        run(program("dcmdspfn"), "+Il", "0.5", "250", "+Og", out)
        lines = [line.split() for line in out.read_text().splitlines() if line[:1].isdigit()]
    theirs = np.array([float(line[1]) for line in lines])
    low, high = (float(jnd_of_luminance(end)) for end in (0.5, 250.0))
    ours = luminance_of_jnd(np.linspace(low, high, len(theirs)))
    off = float(np.abs(ours / theirs - 1).max())
    return Row(
        "the standard display function is that of PS3.14",
        "`hounsfield.pixels.gsdf.luminance_of_jnd`",
        "a display of 0.5 to 250 cd/m2",
        "DCMTK dcmdspfn +Il 0.5 250",
        f"level 128: {ours[128]:.3f} cd/m2",
        f"level 128: {theirs[128]:.3f} cd/m2; at most {off:.2%} apart",
        off < 0.002,
    )
