"""Evidence for transcoding."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.evidence.row import Row, hu, program, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["rows"]

_SMALL = "pydicom/src/pydicom/data/test_files"
_LARGE = "pydicom-data/data_store/data"


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    ct, color = f"{_SMALL}/CT_small.dcm", f"{_LARGE}/color-pl.dcm"
    for to, file, name, decode in (
        ("jpeg-lossless", ct, "DCMTK `dcmdjpeg`", _dcmtk("dcmdjpeg")),
        ("jpeg-ls", color, "DCMTK `dcmdjpls`", _dcmtk("dcmdjpls")),
        ("rle", f"{_SMALL}/ExplVR_BigEnd.dcm", "DCMTK `dcmdrle`", _dcmtk("dcmdrle")),
        ("deflated", f"{_SMALL}/MR_small_bigendian.dcm", "DCMTK `dcmconv`", _dcmtk("dcmconv", "+te")),
        ("big-endian", ct, "DCMTK `dcmconv`", _dcmtk("dcmconv", "+te")),
        ("jpeg2000", color, "GDCM `gdcmconv`", _gdcm),
        ("htj2k", ct, "OpenJPEG `opj_decompress`", _openjpeg),
        ("jpeg-xl", f"{_SMALL}/SC_rgb_small_odd.dcm", "libjxl `djxl`", _djxl),
        ("deflated-frames", f"{_LARGE}/emri_small_big_endian.dcm", "zlib", _zlib),
    ):
        yield _lossless(data, file, to, name, decode)
    yield _jpeg_xl(data)
    yield _everything(data)
    yield _valid(data)


def _lossless(data: Path, file: str, to: str, name: str, decode: Callable[[Path], bytes]) -> Row:
    import pydicom

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "out.dcm")
        hu("transcode", data / file, "-o", made, "--to", to)
        theirs = decode(made)
    source = pydicom.dcmread(data / file)
    pixels: Any = source.pixel_array
    if source.BitsAllocated == 16:
        pixels = pixels.astype("<u2")
    ours = pixels.tobytes()
    return Row(
        f"lossless: {to}",
        f"`hu transcode FILE -o OUT --to {to}`",
        file,
        name,
        f"{pixels.shape}, SHA-256 {_digest(ours)}",
        f"{len(theirs):,} bytes, SHA-256 {_digest(theirs)}",
        ours == theirs,
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _plain(path: Path) -> bytes:
    """Pixels of an uncompressed file, side by side."""
    import pydicom

    pixels: Any = pydicom.dcmread(path).pixel_array
    return bytes(pixels.astype("<u2").tobytes() if pixels.itemsize == 2 else pixels.tobytes())


def _dcmtk(name: str, *words: str) -> Callable[[Path], bytes]:
    def decode(path: Path) -> bytes:
        out = path.with_suffix(".raw")
        run(program(name), *words, path, out)
        return _plain(out)

    return decode


def _gdcm(path: Path) -> bytes:
    out = path.with_suffix(".raw")
    run(program("gdcmconv"), "--raw", path, out)
    return _plain(out)


def _streams(path: Path) -> list[bytes]:
    import pydicom
    from pydicom.encaps import generate_frames

    dataset = pydicom.dcmread(path)
    return list(generate_frames(dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames", 1))))


def _openjpeg(path: Path) -> bytes:
    stream, out = path.with_suffix(".j2c"), path.with_suffix(".rawl")
    stream.write_bytes(_streams(path)[0])
    run(program("opj_decompress"), "-i", stream, "-o", out)
    return out.read_bytes()


def _djxl(path: Path) -> bytes:
    stream, out = path.with_suffix(".jxl"), path.with_suffix(".ppm")
    stream.write_bytes(_streams(path)[0])
    run(program("djxl"), stream, out)
    return out.read_bytes().split(b"\n", 3)[3]


def _zlib(path: Path) -> bytes:
    return b"".join(zlib.decompressobj(-15).decompress(stream) for stream in _streams(path))


def _jpeg_xl(data: Path) -> Row:
    file = f"{_SMALL}/SC_rgb_dcmtk_+eb+cy+s2.dcm"
    original = _streams(data / file)[0].rstrip(b"\0")
    with tempfile.TemporaryDirectory() as folder:
        made, back = Path(folder, "xl.dcm"), Path(folder, "back.dcm")
        hu("transcode", data / file, "-o", made, "--to", "jpeg-xl-recompression")
        hu("transcode", made, "-o", back, "--to", "jpeg")
        stream, out = Path(folder, "in.jxl"), Path(folder, "out.jpg")
        stream.write_bytes(_streams(made)[0])
        run(program("djxl"), stream, out)
        theirs, ours = out.read_bytes().rstrip(b"\0"), _streams(back)[0].rstrip(b"\0")
    return Row(
        "JPEG as JPEG XL and back, bit for bit",
        "`hu transcode FILE -o OUT --to jpeg-xl-recompression`, then `--to jpeg`",
        file,
        "libjxl `djxl`",
        f"SHA-256 {_digest(ours)}",
        f"SHA-256 {_digest(theirs)}; the original {_digest(original)}",
        ours == theirs == original,
    )


def _everything(data: Path) -> Row:
    import pydicom

    with tempfile.TemporaryDirectory() as folder:
        told = hu("transcode", data, "-o", f"{folder}/out", "--to", "uncompressed", "--verify", "--json", codes=(0, 1))
        report = json.loads(told)
        wrong = 0
        for row in report["files"]:
            if row["status"] == "done" and row["method"] == "decoded":
                meta = pydicom.dcmread(row["output"], stop_before_pixels=True).file_meta
                wrong += meta.TransferSyntaxUID != pydicom.uid.ExplicitVRLittleEndian
    failed = sorted({Path(row["input"]).name for row in report["files"] if row["status"] == "failed"})
    counts = ", ".join(f"{count:,} {status}" for status, count in report["counts"].items())
    return Row(
        "every file is transcoded, or told why not",
        "`hu transcode FOLDER -o OUT --to uncompressed --verify`",
        "every file of the test data",
        "pydicom reads what was written",
        f"{counts}; failed: {', '.join(failed)}",
        f"{wrong} of another syntax",
        not wrong and len(failed) < 10,
    )


def _valid(data: Path) -> Row:
    files = [f"{_SMALL}/CT_small.dcm", f"{_SMALL}/MR_small_bigendian.dcm", "highdicom/data/test_files/dx_image.dcm"]
    new: set[str] = set()
    count = 0
    for file in files:
        before = _faults(data / file)
        for to in ("rle", "jpeg-ls", "jpeg-ls:2", "jpeg2000:10", "implicit", "jpeg-lossless"):
            with tempfile.TemporaryDirectory() as folder:
                made = Path(folder, "out.dcm")
                hu("transcode", data / file, "-o", made, "--to", to)
                new |= _faults(made) - before
                count += 1
    return Row(
        "no new errors in the header, with or without loss",
        "`hu transcode FILE -o OUT --to ...`",
        f"{len(files)} files, {count} outputs",
        "`dciodvfy`",
        f"{len(new)} new errors",
        "0 new errors",
        not new,
    )


def _faults(path: Path) -> set[str]:
    command = [program("dciodvfy"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return {line for line in done.stderr.splitlines() if line.startswith("Error")}
