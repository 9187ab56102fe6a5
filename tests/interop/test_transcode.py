"""What `hu transcode` writes without loss, foreign programs read: every value is the one that went in."""

from __future__ import annotations

import subprocess
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

import hounsfield as hu
from hounsfield.errors import PixelError, UnsupportedError
from hounsfield.pixels.image import open_image
from hounsfield.pixels.syntaxes import SYNTAXES
from tests.interop.images import KINDS, Kind, write
from tests.interop.readers import code_streams, dcmtk, deflate, gdcm, jpeg_xl, native, openjpeg, openjph, plain, run
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Array = np.ndarray[Any, np.dtype[Any]]

READERS: dict[str, Callable[[Path], Array]] = {
    "uncompressed": native,
    "implicit": lambda path: dcmtk("dcmconv", path, "+te"),
    "big-endian": lambda path: dcmtk("dcmconv", path, "+te"),
    "deflated": lambda path: dcmtk("dcmconv", path, "+te"),
    "rle": lambda path: dcmtk("dcmdrle", path),
    "jpeg-lossless": lambda path: dcmtk("dcmdjpeg", path, "+cn"),
    "jpeg-lossless-14": lambda path: dcmtk("dcmdjpeg", path, "+cn"),
    "jpeg-ls": lambda path: dcmtk("dcmdjpls", path),
    "jpeg2000": gdcm,
    "htj2k": openjpeg,
    "htj2k-rpcl": openjpeg,
    "jpeg-xl": jpeg_xl,
    "deflated-frames": deflate,
    "encapsulated": plain,
}


def numbers(values: Array, kind: Kind) -> Array:
    """Stored values as unsigned numbers of Bits Stored bits."""
    shaped = values.reshape(kind.frames, kind.rows, kind.columns, kind.samples)
    found: Array = shaped.astype("i8").view("u8") & np.array((1 << kind.bits) - 1, "u8")
    return found


@pytest.mark.parametrize("to", READERS)
@pytest.mark.parametrize("name", KINDS)
def test_a_foreign_program_reads_every_value(name: str, to: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    values = write(tmp_path / "in.dcm", kind)
    hu.transcode(tmp_path / "in.dcm", tmp_path / "out.dcm", to=to)
    assert np.array_equal(READERS[to](tmp_path / "out.dcm"), numbers(values, kind))


@pytest.mark.parametrize("to", READERS)
@pytest.mark.parametrize("name", ["gray 12", "RGB in planes", "odd length"])
def test_from_implicit(name: str, to: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    values = write(tmp_path / "in.dcm", kind, implicit=True)
    hu.transcode(tmp_path / "in.dcm", tmp_path / "out.dcm", to=to)
    assert np.array_equal(READERS[to](tmp_path / "out.dcm"), numbers(values, kind))


@pytest.mark.parametrize("to", ["rle", "jpeg-ls", "jpeg2000"])
@pytest.mark.parametrize("offsets", ["basic", "extended", "empty"])
def test_pydicom_finds_frames_by_every_offset_table(to: str, offsets: Any, tmp_path: Path) -> None:
    kind = KINDS["gray 12"]
    values = write(tmp_path / "in.dcm", kind)
    hu.transcode(tmp_path / "in.dcm", tmp_path / "out.dcm", to=to, offsets=offsets)
    assert np.array_equal(pydicom.dcmread(tmp_path / "out.dcm").pixel_array, values)


_SMALL = "pydicom/src/pydicom/data/test_files"
_LARGE = "pydicom-data/data_store/data"
# Uncompressed files, by what they are.
REAL = {
    "CT": f"{_SMALL}/CT_small.dcm",
    "MR, implicit": f"{_SMALL}/MR_small_implicit.dcm",
    "MR, big endian": f"{_SMALL}/MR_small_bigendian.dcm",
    "gray 12": f"{_SMALL}/examples_overlay.dcm",
    "gray 12 in frames, big endian": f"{_LARGE}/emri_small_big_endian.dcm",
    "signed 12 with a modality LUT": f"{_LARGE}/mlut_18.dcm",
    "inverse gray 8": "highdicom/data/test_files/dx_image.dcm",
    "slide in tiles": "highdicom/data/test_files/sm_image_grayscale.dcm",
    "palette": f"{_SMALL}/examples_palette.dcm",
    "palette, big endian": f"{_LARGE}/OBXXXX1A_expb.dcm",
    "palette of 16 bits": f"{_LARGE}/gdcm-US-ALOKA-16.dcm",
    "palette of 16 bits, big endian": f"{_LARGE}/gdcm-US-ALOKA-16_big.dcm",
    "RGB": f"{_SMALL}/examples_rgb_color.dcm",
    "RGB in planes": f"{_LARGE}/color-pl.dcm",
    "RGB in planes, big endian": f"{_SMALL}/ExplVR_BigEnd.dcm",
    "RGB, odd length": f"{_SMALL}/SC_rgb_small_odd.dcm",
    "RGB, odd length, big endian": f"{_SMALL}/SC_rgb_small_odd_big_endian.dcm",
    "RGB of 16 bits in frames, big endian": f"{_LARGE}/SC_rgb_expb_16bit_2frame.dcm",
    "YBR": f"{_LARGE}/SC_ybr_full_uncompressed.dcm",
    "deflated": f"{_SMALL}/image_dfl.dcm",
    "dose of 32 bits": f"{_SMALL}/rtdose.dcm",
    "RGB of 32 bits": f"{_LARGE}/SC_rgb_32bit_2frame.dcm",
}


@pytest.mark.parametrize("to", READERS)
@pytest.mark.parametrize("name", REAL)
def test_real_files(name: str, to: str, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / REAL[name]
    wide = pydicom.dcmread(source).BitsAllocated > 16
    if wide and to in {"big-endian", "jpeg-lossless", "jpeg-lossless-14", "jpeg-ls", "jpeg2000", "jpeg-xl"}:
        with pytest.raises(UnsupportedError):
            hu.transcode(source, tmp_path / "out.dcm", to=to)
        return
    hu.transcode(source, tmp_path / "out.dcm", to=to, verify=True)
    reader = READERS[to]
    if wide and reader is openjpeg:
        reader = openjph
    if reader is gdcm and name.startswith("RGB of 16 bits"):
        # GDCM does not write these.
        reader = openjpeg
    assert np.array_equal(reader(tmp_path / "out.dcm"), native(source))


@pytest.mark.parametrize("name", ["SC_rgb_small_odd_jpeg.dcm", "JPGExtended.dcm", "SC_rgb_dcmtk_+eb+cy+s2.dcm"])
def test_jpeg_and_jpeg_xl_are_one_another(name: str, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / _SMALL / name
    if name == "JPGExtended.dcm":
        # Of 12 bits, which JPEG XL does not take.
        with pytest.raises(PixelError, match="recompressed"):
            hu.transcode(source, tmp_path / "xl.dcm", to="jpeg-xl-recompression")
        return
    hu.transcode(source, tmp_path / "xl.dcm", to="jpeg-xl-recompression")
    (stream,), (original,) = code_streams(tmp_path / "xl.dcm"), code_streams(source)
    (tmp_path / "in.jxl").write_bytes(stream)
    run("djxl", tmp_path / "in.jxl", tmp_path / "out.jpg")
    assert (tmp_path / "out.jpg").read_bytes() == original[: (tmp_path / "out.jpg").stat().st_size]
    hu.transcode(tmp_path / "xl.dcm", tmp_path / "back.dcm", to="jpeg", verify=True)
    assert code_streams(tmp_path / "back.dcm")[0].rstrip(b"\0") == original.rstrip(b"\0")
    before, after = pydicom.dcmread(source), pydicom.dcmread(tmp_path / "back.dcm")
    assert {element.tag: element.value for element in before if element.tag != 0x7FE00010} == {
        element.tag: element.value for element in after if element.tag != 0x7FE00010
    }
    assert before.file_meta.TransferSyntaxUID == after.file_meta.TransferSyntaxUID


LOSSY: dict[str, Callable[[Path], Array]] = {
    "jpeg:95": lambda path: dcmtk("dcmdjpeg", path),
    "jpeg-12:90": lambda path: dcmtk("dcmdjpeg", path),
    "jpeg-ls:2": lambda path: dcmtk("dcmdjpls", path),
    "jpeg2000:8": gdcm,
    "htj2k:8": openjpeg,
    "jpeg-xl:8": jpeg_xl,
}


@pytest.mark.parametrize("to", LOSSY)
@pytest.mark.parametrize("name", ["gray 8", "gray 12", "signed 12", "RGB"])
def test_foreign_programs_see_the_loss_that_we_see(name: str, to: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    write(tmp_path / "in.dcm", kind)
    if kind.signed and to not in {"jpeg2000:8", "htj2k:8"}:
        # A loss would turn -2048 into 2047.
        with pytest.raises(UnsupportedError):
            hu.transcode(tmp_path / "in.dcm", tmp_path / "out.dcm", to=to)
        return
    row = hu.transcode(tmp_path / "in.dcm", tmp_path / "out.dcm", to=to, verify=True)
    assert row.verified is not None
    assert row.verified.most > 0
    ours = np.stack([open_image(tmp_path / "out.dcm").stored(index) for index in range(kind.frames)])
    apart = np.abs(LOSSY[to](tmp_path / "out.dcm").astype("i8") - numbers(ours, kind).astype("i8"))
    # XYB of JPEG XL is floating point, which may be rounded either way.
    assert apart.max() <= (2 if to.startswith("jpeg-xl") else 0)


def test_every_syntax_that_is_written_has_a_reader() -> None:
    lossless = {one.to for one in SYNTAXES.values() if one.writable and one.lossy == "never"}
    lossy = {one.to for one in SYNTAXES.values() if one.writable and one.lossy != "never"}
    assert lossless == set(READERS)
    assert lossy - {"jpeg-xl-recompression"} == {name.partition(":")[0] for name in LOSSY}


@pytest.mark.parametrize("to", ["uncompressed", "big-endian", "deflated", "deflated-frames", "encapsulated"])
@pytest.mark.parametrize(
    "name", [f"{_LARGE}/liver_expb.dcm", "dcmqi/data/sr-example/seg.dcm", f"{_LARGE}/liver_deflate.dcm"]
)
def test_one_bit_in_frames_that_do_not_end_at_bytes(name: str, to: str, shared_data: Path, tmp_path: Path) -> None:
    before = pydicom.dcmread(shared_data / name)
    shape = (int(before.NumberOfFrames), before.Rows, before.Columns)
    row = hu.transcode(shared_data / name, tmp_path / "out.dcm", to=to, verify=True)
    assert row.verified is not None
    hu.transcode(tmp_path / "out.dcm", tmp_path / "back.dcm", to="uncompressed", verify=True)
    back = pydicom.dcmread(tmp_path / "back.dcm")
    assert back.pixel_array.shape == shape
    if to.startswith("deflated-"):
        packed = [zlib.decompressobj(-15).decompress(one) for one in code_streams(tmp_path / "out.dcm")]
        bits = [np.unpackbits(np.frombuffer(one, "u1"), bitorder="little")[: shape[1] * shape[2]] for one in packed]
        assert np.array_equal(np.stack(bits).reshape(shape), back.pixel_array)
    if "deflate" not in name:
        assert np.array_equal(back.pixel_array, before.pixel_array)
    with pytest.raises(UnsupportedError, match="one bit"):
        hu.transcode(shared_data / name, tmp_path / "no.dcm", to="jpeg-ls")


_NO_NEW_ERRORS = ["CT", "MR, big endian", "gray 12", "inverse gray 8", "palette", "RGB", "slide in tiles"]


@pytest.mark.parametrize(
    "to", ["implicit", "big-endian", "rle", "jpeg-lossless", "jpeg-ls", "jpeg-ls:2", "jpeg2000:10"]
)
@pytest.mark.parametrize("name", _NO_NEW_ERRORS)
def test_dciodvfy_finds_no_new_errors(name: str, to: str, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / REAL[name]
    try:
        hu.transcode(source, tmp_path / "out.dcm", to=to)
    except UnsupportedError:
        assert name == "palette"
        return
    assert not _faults(tmp_path / "out.dcm") - _faults(source)


def _faults(path: Path) -> set[str]:
    done = subprocess.run([require("dciodvfy"), str(path)], capture_output=True, text=True, check=False)
    return {line for line in done.stderr.splitlines() if line.startswith("Error")}
