"""Evidence for text in pixels: text drawn into real images, and what OCR finds of it."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont

from tools.evidence.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Planted", "Result", "measured", "plant", "rows"]

Array = np.ndarray[Any, np.dtype[Any]]

# There is no angiography among the test data: projection images, scaled to its size, are closest.
BACKGROUNDS = {
    "CT": (
        "dicompyler-core/tests/testdata/example_data/ct.0.dcm",
        "dicomParser/testImages/encapsulated/single-frame/CT1_UNC.fragmented_bot_jpeg_ls.80.dcm",
        "cornerstoneWADOImageLoader/testImages/CTImage.dcm_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm",
    ),
    "US": (
        "pydicom/src/pydicom/data/test_files/examples_palette.dcm",
        "pydicom/src/pydicom/data/test_files/examples_jpeg2k.dcm",
        "cornerstoneWADOImageLoader/testImages/US-YBR_FULL_422-EVRLE.dcm",
    ),
    "projection": (
        "pydicom-data/data_store/data/RG1_J2KI.dcm",
        "pydicom-data/data_store/data/RG3_J2KI.dcm",
        "pynetdicom/pynetdicom/tests/dicom_files/RTImageStorage.dcm",
    ),
}
_FONTS = (
    "",
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSansCondensed.ttf",
)
_NAMES = (
    "MUSTERMANN, ERIKA",
    "Okonkwo Adaeze",
    "Lindqvist^Bjorn",
    "GARCIA LOPEZ M",
    "Ms. J. Whitfield",
    "Tanaka Haruto",
)
_LEAST, _CELL, _CONTRAST = 10, 12, 64


@dataclass(frozen=True)
class Planted:
    """A text in an image: what it says, the pixels of it, and the rectangle around them."""

    text: str
    ink: Array
    area: int
    height: int


@dataclass(frozen=True)
class Result:
    """What was found of the planted texts of some images."""

    planted: int
    found: int
    blanked: int
    area: int
    missed: tuple[str, ...]

    @property
    def recall(self) -> float:
        """Of the texts, those whose pixels are all in boxes."""
        return self.found / max(self.planted, 1)

    @property
    def ratio(self) -> float:
        """Blanked pixels by those of the rectangles around the texts."""
        return self.blanked / max(self.area, 1)


def background(path: Path) -> Array:
    """8-bit gray of a real image, at most 768 pixels high or wide."""
    import hounsfield as hu

    shown = Image.fromarray(hu.frame(path, as_="display")).convert("L")
    factor = min(768 / max(shown.size), 1)
    return np.asarray(shown.resize((round(shown.width * factor), round(shown.height * factor))))


def plant(picture: Array, number: random.Random, count: int = 5) -> tuple[Array, list[Planted]]:
    """Draw texts of 10 pixels height and more, in several fonts, sizes and contrasts, that do not touch."""
    made = picture.copy()
    planted: list[Planted] = []
    taken = np.zeros(picture.shape, bool)
    for _ in range(200):
        if len(planted) == count:
            break
        text = _text(number)
        drawn = _drawn(picture.shape, text, number)
        ink = drawn > 96
        ys, xs = np.nonzero(drawn > 0)
        if not ink.any() or np.ptp(np.nonzero(ink)[0]) + 1 < _LEAST or xs.min() == 0 or xs.max() == ink.shape[1] - 1:
            continue
        frame = np.s_[max(ys.min() - _CELL, 0) : ys.max() + _CELL, max(xs.min() - _CELL, 0) : xs.max() + _CELL]
        if taken[frame].any() or ys.max() == ink.shape[0] - 1:
            continue
        around = made[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
        level = int(around.mean()) + number.choice((90, 130, 255)) if around.mean() < 128 else number.choice((0, 20))
        level = min(level, 255)
        if not _readable(made, drawn, level):
            continue
        taken[frame] = True
        share = drawn.astype(float) / 255
        made = np.rint(made * (1 - share) + level * share).astype(np.uint8)
        area = int((np.ptp(ys) + 1) * (np.ptp(xs) + 1))
        planted.append(Planted(text, ink, area, int(np.ptp(np.nonzero(ink)[0]) + 1)))
    return made, planted


def _text(number: random.Random) -> str:
    name, day, month = number.choice(_NAMES), number.randrange(1, 29), number.randrange(1, 13)
    return number.choice(
        (
            name,
            f"{name} {day:02}.{month:02}.19{number.randrange(30, 99)}",
            f"ID {number.randrange(10**6, 10**8)}",
            f"{number.randrange(1930, 2024)}-{month:02}-{day:02} 14:{number.randrange(10, 59)}",
        )
    )


def _drawn(shape: tuple[int, ...], text: str, number: random.Random) -> Array:
    size = number.choice((14, 15, 16, 18, 20, 24, 32))
    name = number.choice(_FONTS)
    try:
        font: Any = ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        font = ImageFont.load_default(size)
    sheet = Image.new("L", (shape[1], shape[0]))
    place = (number.randrange(2, max(shape[1] // 2, 3)), number.randrange(2, shape[0] - 40))
    ImageDraw.Draw(sheet).text(place, text, font=font, fill=255)
    return np.asarray(sheet)


def _readable(picture: Array, drawn: Array, level: int) -> bool:
    """Tell whether a person could read every letter: a quarter of the range away from what is around it."""
    ys, xs = np.nonzero(drawn > 0)
    top, bottom = ys.min(), ys.max() + 1
    for left in range(int(xs.min()), int(xs.max()) + 1, _LEAST):
        around = picture[top:bottom, left : left + _LEAST].astype(int)
        if np.percentile(np.abs(around - level), 20) < _CONTRAST:
            return False
    return True


def _file(picture: Array, like: Path, folder: Path) -> Path:
    """Write a picture as a gray image of 12 bits with the header of the real one."""
    source = pydicom.dcmread(like)
    data = pydicom.Dataset()
    for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality"):
        setattr(data, keyword, source.get(keyword) or pydicom.uid.generate_uid())
    data.Rows, data.Columns = picture.shape
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PixelRepresentation = 1, "MONOCHROME2", 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelData = (picture.astype(np.uint16) * 16).tobytes()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.save_as(folder / "in.dcm", enforce_file_format=True)
    return folder / "in.dcm"


def measured(data: Path, names: tuple[str, ...], *, seed: int, pictures: int = 1) -> Result:
    """De-identify real images with texts drawn into them, and hold the boxes to the texts."""
    import hounsfield as hu

    number = random.Random(seed)
    count = found = blanked = area = 0
    missed: list[str] = []
    for name in names:
        # Text that the image has of its own would count as blanked in vain.
        with tempfile.TemporaryDirectory() as folder:
            (row,) = hu.deidentify(data / name, Path(folder) / "out", hu.Profile.basic("clean-pixel-data"))
            bare = background(Path(folder) / "out" / row.output)
        for _ in range(pictures):
            picture, planted = plant(bare, number)
            with tempfile.TemporaryDirectory() as folder:
                source = _file(picture, data / name, Path(folder))
                (row,) = hu.deidentify(source, Path(folder) / "out", hu.Profile.basic("clean-pixel-data"))
            covered = np.zeros(picture.shape, bool)
            ours = np.zeros(picture.shape, bool)
            inks = np.logical_or.reduce([each.ink for each in planted])
            for box in row.boxes:
                place = np.s_[box.y : box.bottom, box.x : box.right]
                covered[place] = True
                ours[place] |= bool(inks[place].any())
            for each in planted:
                count += 1
                if not (each.ink & ~covered).any():
                    found += 1
                else:
                    left = (each.ink & ~covered).sum() / each.ink.sum()
                    missed.append(f"{each.text} ({each.height} pixels high, {left:.0%} left)")
            blanked += int(ours.sum())
            area += sum(each.area for each in planted)
    return Result(count, found, blanked, area, tuple(missed))


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    for kind, names in BACKGROUNDS.items():
        result = measured(data, names, seed=2026, pictures=2)
        yield Row(
            f"text of 10 pixels and more in {kind} images is found and blanked",
            "`hu deidentify --option clean-pixel-data`",
            ", ".join(Path(name).name[:24] for name in names),
            f"Pillow drew {result.planted} texts",
            f"{result.found} blanked to the last pixel",
            f"blanked area {result.ratio:.2f} times the text's",
            result.recall >= 0.98 and result.ratio <= 3,
        )
