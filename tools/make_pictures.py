"""Write docs/images: pictures that `hu render` makes of a thorax that belongs to nobody (tools/pictures/thorax.py).

`python tools/make_pictures.py [FOLDER]`; the phantom is written as a DICOM series into FOLDER, or a temporary one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from hounsfield.testing.headers import CT_IMAGE, Identity, file_dataset, general, pixels, uid  # noqa: E402
from tools.pictures.thorax import SPACING, thorax  # noqa: E402 - the path has to be there first

IMAGES = ROOT / "docs" / "images"
# Picture: options of `hu render`.
PICTURES = {
    "axial": "--plane axial --at 0,0,143 --window 130/700 --size 420",
    "mip": "--mip coronal --slab 40mm --at 0,10,0 --window -250/1500 --size 420",
    "body": "--volume angio --turn 25,6 --zoom 1.06 --size 420",
    "sheet": "--sheet 6x2 --window 50/500 --size 160",
    "oblique": "--plane=-0.53,0.85,0 --at 20,20,140 --window 130/700 --size 420",
}
FRONT = ("axial", "mip", "body")
_HEIGHT = 346


def main() -> int:
    """Write the phantom, render it, and join the pictures of the front page."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary) / "thorax"
        if not folder.exists():
            write(folder)
        IMAGES.mkdir(exist_ok=True)
        for name, options in PICTURES.items():
            output = IMAGES / f"{name}.png"
            words = ["render", str(folder), "-o", str(output), "--overwrite", *options.split()]
            subprocess.run([sys.executable, "-m", "hounsfield", *words], check=True)
    front = Image.new("RGB", (420 * len(FRONT), _HEIGHT), "black")
    for place, name in enumerate(FRONT):
        with Image.open(IMAGES / f"{name}.png") as opened:
            front.paste(opened.convert("RGB"), (420 * place, (_HEIGHT - opened.height) // 2))
    _save_small(front, IMAGES / "front.png")
    with Image.open(IMAGES / "body.png") as opened:
        _save_small(opened.convert("RGB"), IMAGES / "body.png")
    (IMAGES / "axial.png").unlink()
    return 0


def _save_small(picture: Image.Image, path: Path) -> None:
    """Save with 256 colors, a third of the bytes."""
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def write(folder: Path) -> None:
    """Write the phantom as a CT series."""
    folder.mkdir(parents=True)
    dataset = general(CT_IMAGE, "CT", Identity(description="Thorax phantom"))
    pixels(dataset, bits_stored=16, signed=True)
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = 50, 400
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.SliceThickness, dataset.PixelSpacing = SPACING[0], list(SPACING[1:])
    volume = thorax()
    slices, dataset.Rows, dataset.Columns = volume.shape
    for number in range(slices):
        dataset.InstanceNumber = number + 1
        dataset.ImagePositionPatient = [-181.5, -130.0, number * SPACING[0]]
        dataset.PixelData = np.ascontiguousarray(volume[number]).tobytes()
        file_dataset(dataset, uid("thorax", number)).save_as(folder / f"{number:03d}")


if __name__ == "__main__":
    sys.exit(main())
