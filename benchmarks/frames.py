"""Frames of compressed multi-frame objects: ours, the codec alone on frames that are found already, and pydicom."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Contender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.data import Data

__all__ = ["arrays", "decoding", "single", "slices", "threads"]

MAKE = """
import sys
import numpy as np, pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import generate_uid
from hounsfield.pixels.encode import encode_frame
from hounsfield.pixels.layout import Layout

folder, size = sys.argv[1], int(sys.argv[2])
chance = np.random.default_rng(1)
y, x = np.mgrid[0:size, 0:size]


def slice_(number):
    values = 1000 + 400 * np.sin(x / 37 + number) * np.cos(y / 29) + chance.normal(0, 12, (size, size))
    values[(x - size / 2) ** 2 + (y - size / 2) ** 2 > (size * 0.47) ** 2] = 0
    return np.clip(values, 0, 4095).astype("u2")


def picture(number):
    waves = np.stack([np.sin(x / 40 + number), np.cos(y / 30 + number), np.sin((x + y) / 50)], axis=-1)
    return np.clip(127 + 100 * waves + chance.normal(0, 5, waves.shape), 0, 255).astype("u1")


def write(name, syntax, streams, layout, photometric, count):
    dataset = Dataset()
    meta = dataset.file_meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7.3"
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = layout.rows, layout.columns, layout.samples
    dataset.BitsAllocated, dataset.BitsStored = layout.bits_allocated, layout.bits_stored
    dataset.HighBit = layout.high_bit
    dataset.PixelRepresentation, dataset.PhotometricInterpretation = 0, photometric
    if layout.samples > 1:
        dataset.PlanarConfiguration = 0
    dataset.NumberOfFrames = count
    dataset.PixelData = encapsulate([streams[number % len(streams)] for number in range(count)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    pydicom.dcmwrite(f"{folder}/{name}", dataset, enforce_file_format=True)


gray = Layout(size, size, 1, 16, 12, 11, False, False, False, "MONOCHROME2")
color = Layout(size, size, 3, 8, 8, 7, False, False, False, "RGB")
slices = [slice_(number) for number in range(10)]
for name, syntax, count in (
    ("jpeg-ls", "1.2.840.10008.1.2.4.80", 300),
    ("jpeg-lossless", "1.2.840.10008.1.2.4.70", 300),
    ("jpeg2000", "1.2.840.10008.1.2.4.90", 60),
    ("htj2k", "1.2.840.10008.1.2.4.201", 300),
    ("rle", "1.2.840.10008.1.2.5", 600),
):
    write(name, syntax, [encode_frame(one, syntax, gray).data for one in slices], gray, "MONOCHROME2", count)
baseline = "1.2.840.10008.1.2.4.50"
made = [encode_frame(picture(number), baseline, color, quality=90) for number in range(10)]
write("cine", baseline, [one.data for one in made], color, made[0].photometric, 850)
"""
OURS = """
import sys
from hounsfield.pixels.image import open_image
image, workers, rounds = open_image(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for _ in range(rounds):
    if workers == 1:
        for index in range(image.frames):
            found = image.stored(index)
    else:
        for start in range(0, image.frames, 50):
            found = image.many(range(start, min(start + 50, image.frames)), workers=workers)
print(found.shape)
"""
CODEC = """
import sys
import imagecodecs
from hounsfield.pixels.image import open_image
decode = {"jpeg-ls": imagecodecs.jpegls_decode, "jpeg-lossless": imagecodecs.jpeg_decode,
          "jpeg2000": imagecodecs.jpeg2k_decode, "htj2k": imagecodecs.jpeg2k_decode,
          "rle": lambda data: imagecodecs.dicomrle_decode(data, "u2"), "cine": imagecodecs.jpeg_decode}[sys.argv[2]]
image = open_image(sys.argv[1])
for index in range(image.frames):
    found = decode(image.encoded(index))
print(len(found))
"""
PIXELS = "import sys, hounsfield as hu; print([hu.pixels(sys.argv[1]).shape for _ in range(4)])"
ARRAYS = "import sys, pydicom; print([pydicom.dcmread(sys.argv[1]).pixel_array.shape for _ in range(4)])"
PYDICOM = """
import sys
import pydicom
dataset = pydicom.dcmread(sys.argv[1])
print(dataset.pixel_array.shape)
"""
SINGLE = """
import sys, time
import numpy as np
import hounsfield as hu
from hounsfield.pixels.image import open_image
path = sys.argv[1]
begun = time.perf_counter()
image = open_image(path)
image.stored(0)
opened = time.perf_counter()
for index in (image.frames - 1, image.frames // 2, 3):
    image.stored(index)
print(f"open {1e3 * (opened - begun):.1f} ms, frame {1e3 * (time.perf_counter() - opened) / 3:.1f} ms", file=sys.stderr)
"""
LOAD = "import sys, hounsfield as hu; print(hu.load(sys.argv[1]).array.shape)"


def decoding(codec: str) -> Callable[[Data], list[Contender]]:
    """All frames of one object, one after the other."""

    def each(data: Data) -> list[Contender]:
        path = str(_made(data) / codec)
        return [
            Contender("hounsfield", [sys.executable, "-c", OURS, path, "1", "1"]),
            Contender("imagecodecs", [sys.executable, "-c", CODEC, path, codec]),
            Contender("pydicom", [sys.executable, "-c", PYDICOM, path]),
        ]

    return each


def threads(data: Data) -> list[Contender]:
    """All frames of an object four times, on two threads and on one."""
    path = str(_made(data) / "jpeg-ls")
    return [
        Contender("hounsfield", [sys.executable, "-c", OURS, path, "2", "4"]),
        Contender("hounsfield, 1 thread", [sys.executable, "-c", OURS, path, "1", "4"]),
    ]


def arrays(codec: str) -> Callable[[Data], list[Contender]]:
    """All frames of one object as an array, four times, as each does it by itself: ours on all processors."""

    def each(data: Data) -> list[Contender]:
        path = str(_made(data) / codec)
        return [
            Contender("hounsfield", [sys.executable, "-c", PIXELS, path]),
            Contender("pydicom", [sys.executable, "-c", ARRAYS, path]),
        ]

    return each


def slices(data: Data) -> list[Contender]:
    """A volume from 300 compressed slices: its array is 150 MiB."""
    out = data.work / "compressed"
    if not out.exists():
        folder = data.work / "three-hundred"
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(data.ct.iterdir())[:300]:
            link = folder / path.name
            if not link.exists():
                link.symlink_to(path.resolve())
        words = [sys.executable, "-m", "hounsfield", "transcode", str(folder), "-o", str(out), "--to", "jpeg-ls"]
        subprocess.run(words, check=True, capture_output=True)
    return [Contender("hounsfield", [sys.executable, "-c", LOAD, str(out)])]


def single(data: Data) -> list[Contender]:
    """Three frames of an object of 1 GB, after it is opened."""
    path = data.work / "gigabyte"
    if not path.exists():
        _gigabyte(path)
    return [Contender("hounsfield", [sys.executable, "-c", SINGLE, str(path)])]


def _gigabyte(path: Path) -> None:
    """2,000 uncompressed frames of 512 x 512 behind a small header, most of the file a hole."""
    head = b"\0" * 128 + b"DICM\2\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0"
    numbers = {
        0x00280002: 1,
        0x00280010: 512,
        0x00280011: 512,
        0x00280100: 16,
        0x00280101: 16,
        0x00280102: 15,
        0x00280103: 0,
    }

    def element(tag: int, vr: bytes, value: bytes) -> bytes:
        return (
            tag.to_bytes(4, "little")[2:]
            + tag.to_bytes(4, "little")[:2]
            + vr
            + len(value).to_bytes(2, "little")
            + value
        )

    parts = {tag: element(tag, b"US", value.to_bytes(2, "little")) for tag, value in numbers.items()}
    parts[0x00280004] = element(0x00280004, b"CS", b"MONOCHROME2 ")
    parts[0x00280008] = element(0x00280008, b"IS", b"2000")
    size = 2000 * 512 * 512 * 2
    header = head + b"".join(parts[tag] for tag in sorted(parts)) + b"\xe0\x7f\x10\0OW\0\0" + size.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)


def _made(data: Data) -> Path:
    folder = data.work / "frames"
    if not (folder / "cine").exists():
        folder.mkdir(parents=True, exist_ok=True)
        size = "512" if data.work.parent.name.startswith("20000") else "64"
        subprocess.run([sys.executable, "-c", MAKE, str(folder), size], check=True)
    return folder
