"""Foreign programs that read what was transcoded, and give the unsigned numbers that they find."""

from __future__ import annotations

import subprocess
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from pydicom.encaps import generate_frames

from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["code_streams", "dcmtk", "deflate", "gdcm", "jpeg_xl", "native", "openjpeg", "openjph", "plain", "run"]

Array = np.ndarray[Any, np.dtype[Any]]


def run(program: str, *arguments: object) -> None:
    """Run a program that must succeed."""
    done = subprocess.run([require(program), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{program}: {done.stderr or done.stdout}"


def native(path: Path) -> Array:
    """Give the numbers of an uncompressed file: ``(frame, row, column, sample)``, without what is above Bits Stored."""
    dataset = pydicom.dcmread(path)
    order = ">" if dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2" else "<"
    wide = dataset.BitsAllocated > 8
    kind = f"{order}u{dataset.BitsAllocated // 8}"
    data = dataset.PixelData
    if order == ">" and not wide and dataset["PixelData"].VR == "OW":
        data = np.frombuffer(data, ">u2").astype("<u2").tobytes()
    return _shaped(np.frombuffer(data, kind), dataset)


def _shaped(values: Array, dataset: pydicom.Dataset) -> Array:
    frames, samples = int(dataset.get("NumberOfFrames", 1)), dataset.SamplesPerPixel
    count = frames * dataset.Rows * dataset.Columns * samples
    values = values[:count].astype(values.dtype.newbyteorder("=")) & np.array((1 << dataset.BitsStored) - 1, "u8")
    if dataset.get("PlanarConfiguration") == 1:
        planes = values.reshape(frames, samples, dataset.Rows, dataset.Columns)
        return planes.transpose(0, 2, 3, 1)
    shaped: Array = values.reshape(frames, dataset.Rows, dataset.Columns, samples)
    return shaped


def dcmtk(program: str, path: Path, *options: str) -> Array:
    """Let DCMTK decompress the file."""
    out = path.with_suffix(".dcmtk")
    run(program, *options, path, out)
    return native(out)


def gdcm(path: Path) -> Array:
    """Let GDCM decompress the file."""
    out = path.with_suffix(".gdcm")
    run("gdcmconv", "--raw", path, out)
    return native(out)


def code_streams(path: Path) -> list[bytes]:
    """Give the code stream of each frame, as pydicom finds it."""
    dataset = pydicom.dcmread(path)
    table = dataset.get("ExtendedOffsetTable")
    extended = (table, dataset.ExtendedOffsetTableLengths) if table else None
    frames = int(dataset.get("NumberOfFrames", 1))
    return list(generate_frames(dataset.PixelData, number_of_frames=frames, extended_offsets=extended))


def deflate(path: Path) -> Array:
    """Let zlib inflate each frame."""
    dataset = pydicom.dcmread(path)
    frames = [zlib.decompressobj(-15).decompress(frame) for frame in code_streams(path)]
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
    return _shaped(
        np.frombuffer(b"".join(frame[:size] for frame in frames), f"<u{dataset.BitsAllocated // 8}"), dataset
    )


def plain(path: Path) -> Array:
    """Take each frame as it is."""
    dataset = pydicom.dcmread(path)
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
    data = b"".join(frame[:size] for frame in code_streams(path))
    return _shaped(np.frombuffer(data, f"<u{dataset.BitsAllocated // 8}"), dataset)


def openjpeg(path: Path) -> Array:
    """Let OpenJPEG decompress each code stream."""
    dataset = pydicom.dcmread(path)
    frames = []
    for number, stream in enumerate(code_streams(path)):
        source, out = path.with_suffix(f".{number}.j2c"), path.with_suffix(f".{number}.rawl")
        source.write_bytes(stream)
        run("opj_decompress", "-i", source, "-o", out)
        # Planes, one after the other, of as many bytes as the precision needs.
        planes = np.frombuffer(out.read_bytes(), "u1" if dataset.BitsStored <= 8 else "<u2")
        shape = (dataset.SamplesPerPixel, dataset.Rows, dataset.Columns)
        frames.append(planes.reshape(shape).transpose(1, 2, 0))
    found: Array = np.stack(frames).astype("u8") & np.array((1 << dataset.BitsStored) - 1, "u8")
    return found


def openjph(path: Path) -> Array:
    """Let OpenJPH decompress each code stream: OpenJPEG stops at 31 bits."""
    import imagecodecs

    dataset = pydicom.dcmread(path)
    frames = np.stack([np.asarray(imagecodecs.htj2k_decode(stream)) for stream in code_streams(path)])
    shape = (len(frames), dataset.Rows, dataset.Columns, dataset.SamplesPerPixel)
    return frames.reshape(shape).astype("u8")


def jpeg_xl(path: Path) -> Array:
    """Let djxl decompress each code stream into a PNM, whose numbers it scales to 8 or 16 bits."""
    dataset = pydicom.dcmread(path)
    frames = []
    for number, stream in enumerate(code_streams(path)):
        source = path.with_suffix(f".{number}.jxl")
        out = path.with_suffix(f".{number}.{'pgm' if dataset.SamplesPerPixel == 1 else 'ppm'}")
        source.write_bytes(stream)
        # Left to itself, it writes the precision of the stream into the header, but scales the numbers to 16 bits.
        run("djxl", source, out, f"--bits_per_sample={8 if dataset.BitsStored <= 8 else 16}")
        _, size, most, data = out.read_bytes().split(b"\n", 3)
        assert size.split() == [str(dataset.Columns).encode(), str(dataset.Rows).encode()]
        found = np.frombuffer(data, "u1" if int(most) < 256 else ">u2").astype("f8")
        values = np.rint(found * ((1 << dataset.BitsStored) - 1) / int(most)).astype("u8")
        frames.append(values.reshape(dataset.Rows, dataset.Columns, dataset.SamplesPerPixel))
    return np.stack(frames)
