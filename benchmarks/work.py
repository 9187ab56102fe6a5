"""The pieces of work, and how each contender does them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import deidentify, storage
from benchmarks.clearing import cleared
from benchmarks.codecs import CODECS, frames
from benchmarks.convert_formats import cohort, format_of_ct, streamed
from benchmarks.frames import arrays, decoding, single, slices, threads
from benchmarks.measure import Contender
from benchmarks.render import planes
from benchmarks.transcode import contenders as transcode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.data import Data, Sizes

__all__ = ["Target", "Work", "all_work"]

PYTHON = sys.executable

PYDICOM_INDEX = """
import os, sys, sqlite3, pydicom
tags = "SOPInstanceUID SOPClassUID SeriesInstanceUID StudyInstanceUID PatientID PatientName Modality SeriesNumber \
SeriesDescription InstanceNumber ImageType Manufacturer StudyDate StudyTime ImagePositionPatient \
ImageOrientationPatient PixelSpacing SliceThickness Rows Columns BitsAllocated RescaleSlope".split()
db = sqlite3.connect(":memory:")
db.execute("create table i (path, %s)" % ", ".join(tags))
for root, _, names in os.walk(sys.argv[1]):
    for name in names:
        try:
            ds = pydicom.dcmread(os.path.join(root, name), stop_before_pixels=True)
        except Exception:
            continue
        row = [os.path.join(root, name), *(str(ds.get(tag, "")) for tag in tags)]
        db.execute("insert into i values (%s)" % ", ".join("?" * len(row)), row)
db.commit()
print(db.execute("select count(*) from i").fetchone())
"""
FASTDICOM_INDEX = """
import os, sys, sqlite3, fastdicom
tags = [0x00080018, 0x00080016, 0x0020000E, 0x0020000D, 0x00100020, 0x00100010, 0x00080060, 0x00200011, 0x0008103E,
        0x00200013, 0x00080008, 0x00080070, 0x00080020, 0x00080030, 0x00200032, 0x00200037, 0x00280030, 0x00180050,
        0x00280010, 0x00280011, 0x00280100, 0x00281053]
db = sqlite3.connect(":memory:")
db.execute("create table i (path, %s)" % ", ".join(f"t{t:08x}" for t in tags))
for root, _, names in os.walk(sys.argv[1]):
    for name in names:
        try:
            ds = fastdicom.dcmread(os.path.join(root, name))
        except Exception:
            continue
        row = [os.path.join(root, name)]
        for tag in tags:
            try:
                row.append(str(ds[tag >> 16, tag & 0xFFFF]))
            except Exception:
                row.append("")
        db.execute("insert into i values (%s)" % ", ".join("?" * len(row)), row)
db.commit()
print(db.execute("select count(*) from i").fetchone())
"""
SIMPLEITK_LOAD = """
import sys, SimpleITK
reader = SimpleITK.ImageSeriesReader()
reader.SetFileNames(reader.GetGDCMSeriesFileNames(sys.argv[1]))
image = reader.Execute()
array = SimpleITK.GetArrayViewFromImage(image)
print(array.shape, array[2, 6, 7])
"""
OUR_LOAD = "import sys, hounsfield as hu; array = hu.load(sys.argv[1]).array; print(array.shape, array[2, 6, 7])"
OUR_READ = "import sys, hounsfield as hu\nfor _ in range(10000): hu.read(sys.argv[1])"
PYDICOM_READ = "import sys, pydicom\nfor _ in range(10000): pydicom.dcmread(sys.argv[1])"
PYDICOM_SHOW = "import sys; from pydicom.cli.main import main; main(sys.argv[1:])"
DICOM2NIFTI = """
import sys, dicom2nifti
dicom2nifti.dicom_series_to_nifti(sys.argv[1], sys.argv[2], reorient_nifti=False)
"""


@dataclass(frozen=True)
class Target:
    """A number to reach: `peer` / ours at least (or ours / `peer` at most) `ratio`, and why where it is not."""

    peer: str
    ratio: float
    by: str = "wall"
    at_most: bool = False
    why: str = ""


@dataclass(frozen=True)
class Work:
    """One piece of work, its contenders (ours first), the numbers to reach, and the most memory to take (in MiB)."""

    name: str
    title: str
    contenders: Callable[[Data], list[Contender]]
    targets: tuple[Target, ...] = ()
    most_memory: Callable[[Sizes], float] | None = None


def _hu(*words: object) -> list[str]:
    return [PYTHON, "-m", "hounsfield", *map(str, words)]


def _available(*contenders: Contender | None) -> list[Contender]:
    return [contender for contender in contenders if contender is not None]


def _module(name: str, contender: Contender) -> Contender | None:
    import importlib.util

    return contender if importlib.util.find_spec(name) else None


def _program(contender: Contender) -> Contender | None:
    return contender if shutil.which(contender.command[0]) else None


def _limit(data: Data, folder: Path, *words: str) -> Contender | None:
    """The C program, compiled on the spot."""
    from pathlib import Path as _Path

    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program = data.work / "limit"
    source = _Path(__file__).with_name("limit.c")
    if not program.exists():
        subprocess.run([compiler, "-O2", "-o", program, source], check=True)
    return Contender("C: walk and read", [str(program), str(folder), *words])


def _index(data: Data) -> list[Contender]:
    return _available(
        Contender("hounsfield", _hu("scan", data.export), accept=(0, 1)),
        _limit(data, data.export),
        _module("fastdicom", Contender("fastdicom", [PYTHON, "-c", FASTDICOM_INDEX, str(data.export)])),
        Contender("pydicom", [PYTHON, "-c", PYDICOM_INDEX, str(data.export)]),
    )


def _load(data: Data) -> list[Contender]:
    return _available(
        Contender("hounsfield", [PYTHON, "-c", OUR_LOAD, str(data.ct)]),
        _limit(data, data.ct, "read-all"),
        _module("SimpleITK", Contender("SimpleITK", [PYTHON, "-c", SIMPLEITK_LOAD, str(data.ct)])),
    )


def _nifti(source: str, *, compress: bool) -> Callable[[Data], list[Contender]]:
    def contenders(data: Data) -> list[Contender]:
        folder, out = getattr(data, source), data.work / "nifti"
        ours, theirs = ([], ["-z", "y"]) if compress else (["--compress", "none"], ["-z", "n"])
        suffix = ".nii.gz" if compress else ".nii"
        return _available(
            Contender(
                "hounsfield",
                _hu("convert", folder, "-o", out, "--to", "nifti", *ours),
                cleared(out),
                makes=out,
            ),
            _program(
                Contender(
                    "dcm2niix",
                    ["dcm2niix", *theirs, "-b", "n", "-o", str(out), str(folder)],
                    cleared(out),
                    makes=out,
                )
            ),
            _module(
                "dicom2nifti",
                Contender(
                    "dicom2nifti",
                    [PYTHON, "-c", DICOM2NIFTI, str(folder), str(out / f"x{suffix}")],
                    cleared(out),
                    makes=out,
                ),
            ),
        )

    return contenders


def _start(data: Data) -> list[Contender]:
    del data
    return [
        Contender("import hounsfield", [PYTHON, "-c", "import hounsfield"]),
        Contender("bare Python", [PYTHON, "-c", "pass"]),
    ]


def _help(data: Data) -> list[Contender]:
    del data
    return [Contender("hu --help", _hu("--help")), Contender("bare Python", [PYTHON, "-c", "pass"])]


def _show(verb: str) -> Callable[[Data], list[Contender]]:
    def contenders(data: Data) -> list[Contender]:
        file = data.header / "IM0001"
        return [
            Contender(f"hu {verb}", _hu(verb, file)),
            Contender("pydicom show", [PYTHON, "-c", PYDICOM_SHOW, "show", str(file)]),
        ]

    return contenders


def _read(data: Data) -> list[Contender]:
    file = str(data.header / "IM0001")
    return [
        Contender("hu.read", [PYTHON, "-c", OUR_READ, file]),
        Contender("pydicom.dcmread", [PYTHON, "-c", PYDICOM_READ, file]),
    ]


_LOAD = (
    "importing NumPy (0.1 s) and giving 300 MiB of fresh memory to the array "
    "(0.1 to 0.8 s of system time) are most of ours"
)


def _one_array(sizes: Sizes) -> float:
    slices, rows = sizes.ct
    return 1.2 * slices * rows * rows * 2 / (1 << 20) + 60 * 1e6 / (1 << 20)


def _compressed_slices(sizes: Sizes) -> float:
    """300 slices of the same size, at most."""
    slices_, rows = sizes.ct
    return 1.2 * min(300, slices_) * rows * rows * 2 / (1 << 20) + 80 * 1e6 / (1 << 20)


def _codecs() -> Iterator[Work]:
    for codec in CODECS:
        yield Work(f"codec-{codec}", f"One frame of 512 x 512 again and again, {codec}", frames(codec))


def _frames() -> Iterator[Work]:
    for codec in ("jpeg-ls", "jpeg-lossless", "jpeg2000", "htj2k", "rle"):
        targets = (Target("imagecodecs", 1.10, by="cpu", at_most=True),)
        yield Work(f"frames-{codec}", f"Frames of 512 x 512, {codec}", decoding(codec), targets)
    for codec in ("jpeg-ls", "jpeg-lossless"):
        yield Work(
            f"array-{codec}", f"300 frames as an array, four times, {codec}", arrays(codec), (Target("pydicom", 3),)
        )
    yield Work("frames-cine", "850 frames of a YBR cine", decoding("cine"), (Target("pydicom", 10),))
    two = (Target("hounsfield, 1 thread", 1.7),)
    yield Work("threads", "1,200 frames of 512 x 512, jpeg-ls, on two threads", threads, two)
    yield Work("single", "Opening an object of 1 GB, and four of its frames", single)
    yield Work("compressed", "A volume from 300 slices, jpeg-ls", slices, (), _compressed_slices)


def _network() -> Iterator[Work]:
    quarter = Target("pynetdicom", 4, by="cpu")
    large = (quarter, Target("pynetdicom", 2), Target("raw socket", 2, at_most=True))
    yield Work("receive", "2,400 CT slices received", storage.receiving("large"), large)
    title = "400 files of 31 kB received from storescu"
    yield Work("receive-storescu", title, storage.receiving("storescu"), (Target("storescp", 5),))
    title = "16,000 files of 31 kB received from a sender that does not wait"
    yield Work("receive-small", title, storage.receiving("small"), (Target("storescp", 1),))
    yield Work("send", "2,400 CT slices sent", storage.sending, (quarter, Target("storescu", 1)))
    title = "400 files of 31 kB sent to storescp"
    yield Work("send-storescp", title, storage.sending_to_storescp, (Target("storescu", 1),))


def all_work() -> Iterator[Work]:
    """Every piece of work, in the order of the report."""
    yield Work(
        "scan",
        "Catalog of an export into SQLite",
        _index,
        (
            Target("pydicom", 80),
            Target("fastdicom", 6),
            Target("C: walk and read", 5, at_most=True),
        ),
    )
    yield Work("load", "CT series to an array in HU", _load, (Target("SimpleITK", 8, by="cpu", why=_LOAD),), _one_array)
    yield Work("ct-nii", "CT to .nii", _nifti("ct", compress=False), (Target("dcm2niix", 1),))
    yield Work(
        "ct-nii-gz",
        "CT to .nii.gz",
        _nifti("ct", compress=True),
        (Target("dcm2niix", 4), Target("dcm2niix", 1.10, by="size", at_most=True)),
    )
    yield Work("mr-nii", "MR time series to .nii", _nifti("mr", compress=False), (Target("dcm2niix", 3),))
    yield Work("mr-nii-gz", "MR time series to .nii.gz", _nifti("mr", compress=True), (Target("dcm2niix", 4),))
    yield Work("streamed", "MR time series of 2 GB to .nii", streamed, most_memory=lambda _: 80 * 1e6 / (1 << 20) + 44)
    yield Work("cohort", "A thousand series to .nii.gz", cohort, (Target("one worker", 1.8),))
    for name in ("nrrd", "mha", "zarr", "numpy", "hdf5", "png", "tiff"):
        yield Work(f"ct-{name}", f"CT to {name}", format_of_ct(name))
    yield Work("enhanced-nii", "Enhanced CT to .nii", _nifti("enhanced", compress=False))
    yield Work("enhanced-nii-gz", "Enhanced CT to .nii.gz", _nifti("enhanced", compress=True))
    yield Work("read", "A header of 262 elements, 10,000 times", _read, (Target("pydicom.dcmread", 4, by="cpu"),))
    yield Work("import", "Importing the package", _start, (Target("bare Python", 2.5, by="cpu", at_most=True),))
    yield Work("help", "Help", _help, (Target("bare Python", 10, by="cpu", at_most=True),))
    yield Work("info", "hu info of one file", _show("info"), (Target("pydicom show", 2, by="cpu"),))
    yield Work("dump", "hu dump of one file", _show("dump"), (Target("pydicom show", 2, by="cpu"),))
    yield from _frames()
    yield from _codecs()
    oblique: dict[str, object] = {"plane": "oblique", "normal": (0, 0.7, 0.7)}
    yield Work("mpr", "200 oblique planes", planes(oblique, 200))
    yield Work("slab", "10 oblique MIPs of 20 mm", planes({**oblique, "slab": 20}, 10))
    yield Work("mip", "Coronal MIP of everything", planes({"plane": "coronal", "slab": "all"}, 1))
    peers = {"jpeg-ls": "dcmcjpls", "rle": "dcmcrle", "jpeg2000": "gdcmconv", "jpeg-lossless": "dcmcjpeg"}
    for to in ("jpeg-ls", "rle", "jpeg2000", "jpeg-lossless", "htj2k", "jpeg-xl"):
        targets = (Target(peers[to], 1),) if to in peers else ()
        yield Work(f"transcode-{to}", f"200 CT slices to {to}", transcode(to), targets)
    yield Work(
        "deidentify-headers",
        "3,000 headers of 262 elements de-identified",
        deidentify.headers,
        (Target("dicom-anonymizer", 30, by="cpu"), Target("gdcmanon", 2, by="cpu")),
    )
    yield from _network()
    yield Work("deidentify-images", "CT slices de-identified", deidentify.images, (Target("cp", 2, at_most=True),))
