"""One frame of 512 x 512 for each codec: ours, the codec called directly, pydicom's plug-ins, and SimpleITK (GDCM).

Multi-frame objects, threads and single frames are in `benchmarks.frames`.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Contender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.data import Data

__all__ = ["CODECS", "frames"]

# How often the frame is decoded, and who reads it, too.
CODECS = {
    "jpeg": (1000, ("pydicom", "SimpleITK")),
    "jpeg-12": (500, ("SimpleITK",)),
    "jpeg-xl": (30, ()),
    "deflated-frames": (300, ()),
    "jpeg-lossless": (300, ("SimpleITK",)),
    "jpeg-ls": (150, ("SimpleITK",)),
    "jpeg2000": (30, ("SimpleITK",)),
    "rle": (1000, ("SimpleITK",)),
}
MAKE = """
import sys
import hounsfield as hu
source, folder = sys.argv[1], sys.argv[2]
lossy = {"jpeg": "jpeg:90", "jpeg-12": "jpeg-12:90"}
for to in sys.argv[3:]:
    ds = hu.read(source)
    if to == "jpeg":
        ds.PixelData = (ds.pixel_array >> 4).astype("u1").tobytes()
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
        ds["PixelData"].VR = "OB"
    elif to == "jpeg-12":
        # JPEG Extended has no signed samples.
        ds.PixelData = ds.pixel_array.clip(0, 4095).astype("<u2").tobytes()
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 12, 11, 0
    ds.save_as(folder + "/plain.dcm")
    hu.transcode(folder + "/plain.dcm", f"{folder}/{to}.dcm", to=lossy.get(to, to), overwrite=True)
"""
OURS = """
import sys
from hounsfield.pixels.image import open_image
image = open_image(sys.argv[1])
for _ in range(int(sys.argv[2])):
    found = image.stored(0)
print(found.shape)
"""
CODEC = """
import sys, zlib
import imagecodecs
from hounsfield.pixels.image import open_image
decode = {"jpeg": imagecodecs.jpeg8_decode, "jpeg-12": imagecodecs.jpeg8_decode,
          "jpeg-lossless": imagecodecs.jpeg8_decode, "jpeg-ls": imagecodecs.jpegls_decode,
          "jpeg2000": imagecodecs.jpeg2k_decode, "jpeg-xl": lambda data: imagecodecs.jpegxl_decode(data, numthreads=1),
          "rle": lambda data: imagecodecs.dicomrle_decode(data, "u2"),
          "deflated-frames": lambda data: zlib.decompress(data, -15)}[sys.argv[3]]
data = open_image(sys.argv[1]).encoded(0)
for _ in range(int(sys.argv[2])):
    found = decode(data)
print(len(found))
"""
PYDICOM = """
import sys
import pydicom
dataset = pydicom.dcmread(sys.argv[1])
for _ in range(int(sys.argv[2])):
    dataset._pixel_array = dataset._pixel_id = None
    found = dataset.pixel_array
print(found.shape)
"""
SIMPLEITK = """
import sys
import SimpleITK
for _ in range(int(sys.argv[2])):
    found = SimpleITK.GetArrayViewFromImage(SimpleITK.ReadImage(sys.argv[1]))
print(found.shape)
"""
_PEERS = {"pydicom": PYDICOM, "SimpleITK": SIMPLEITK}


def frames(codec: str) -> Callable[[Data], list[Contender]]:
    """Who decodes one frame again and again."""
    times, peers = CODECS[codec]

    def each(data: Data) -> list[Contender]:
        path = str(_made(data) / f"{codec}.dcm")
        found = [
            Contender("hounsfield", [sys.executable, "-c", OURS, path, str(times)]),
            Contender("imagecodecs", [sys.executable, "-c", CODEC, path, str(times), codec]),
        ]
        return found + [Contender(peer, [sys.executable, "-c", _PEERS[peer], path, str(times)]) for peer in peers]

    return each


def _made(data: Data) -> Path:
    folder = data.work / "codecs"
    if not (folder / "rle.dcm").exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = sorted(data.ct.iterdir())[len(list(data.ct.iterdir())) // 2]
        subprocess.run([sys.executable, "-c", MAKE, str(source), str(folder), *CODECS], check=True)
    return folder
