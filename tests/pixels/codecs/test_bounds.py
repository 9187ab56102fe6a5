"""Streams that promise what they do not hold: an error that names the pixel data, in no time and without memory."""

from __future__ import annotations

import struct
import subprocess
import zlib
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pytest

from hounsfield.errors import LimitError, PixelError
from hounsfield.pixels.codecs import jpeg_stream, jpeg_xl_stream
from hounsfield.pixels.decode import decode_frame
from tests.pixels.codecs.streams import LOSSLESS, ROOT, encoded, layout, numbers
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

    from hounsfield.errors import HounsfieldError

BASELINE = ROOT + "4.50"
GRAY = layout()


def refusal(data: bytes, to: str) -> HounsfieldError:
    with pytest.raises((PixelError, LimitError)) as caught:
        decode_frame(data, LOSSLESS.get(to, to), GRAY)
    assert caught.value.tag is not None
    return caught.value


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


@pytest.mark.parametrize("to", ["jpeg-lossless", "jpeg-ls", BASELINE])
def test_jpeg_of_65500_by_65500(to: str) -> None:
    data = encoded(numbers(GRAY), to, GRAY, quality=50 if to == BASELINE else None)
    start = next(
        data.index(bytes((0xFF, marker))) for marker in (0xC0, 0xC1, 0xC3, 0xF7) if bytes((0xFF, marker)) in data
    )
    found = refusal(patched(data, start + 5, struct.pack(">HH", 65500, 65500)), to)
    assert found.code == "frame-shape"
    assert "65500x65500x1" in str(found)


def test_jpeg_of_many_scans() -> None:
    data = encoded(numbers(GRAY), BASELINE, GRAY, quality=50).replace(b"\xff\xc0", b"\xff\xc2")
    scan = data[data.index(b"\xff\xda") : data.rindex(b"\xff\xd9")]
    found = refusal(data[: data.rindex(b"\xff\xd9")] + 600 * scan + b"\xff\xd9", BASELINE)
    assert found.code == "jpeg-scans"
    assert "601 scans" in str(found)
    color = layout(samples=3)
    data = encoded(numbers(color), BASELINE, color, quality=50)
    at = data.index(b"\xff\xda")
    # A scan of the first component alone, again and again.
    one = b"\xff\xda\0\x08\1" + data[at + 5 : at + 7] + b"\0\x3f\0\x12"
    with pytest.raises(LimitError, match="700 scans"):
        decode_frame(data[:at] + 700 * one + b"\xff\xd9", BASELINE, color)


@pytest.mark.parametrize("to", ["jpeg2000", "htj2k"])
def test_jpeg_2000_of_many_tiles(to: str) -> None:
    data = encoded(numbers(GRAY), to, GRAY)
    found = refusal(patched(data, 24, struct.pack(">II", 1, 1)), to)
    assert found.code == "jpeg-2000-tiles"
    assert "768 tiles" in str(found)


@pytest.mark.parametrize("to", ["jpeg2000", "htj2k"])
def test_jpeg_2000_of_many_layers(to: str) -> None:
    data = encoded(numbers(GRAY), to, GRAY)
    found = refusal(patched(data, data.index(b"\xff\x52") + 6, b"\xff\xff"), to)
    assert found.code == "jpeg-2000-packets"


def test_jpeg_2000_of_many_precincts() -> None:
    """One of each pixel, in a stream that says so."""
    flat = np.zeros((512, 512), np.uint8)
    wide = layout(512, 512)
    data = encoded(flat, "jpeg2000", wide)
    at = data.index(b"\xff\x52")
    end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    levels = data[at + 9]
    longer = (end - at - 2 + levels + 1).to_bytes(2, "big") + bytes([data[at + 4] | 1]) + data[at + 5 : end]
    bomb = data[: at + 2] + longer + bytes(levels + 1) + data[end:]
    with pytest.raises(LimitError, match="packets") as caught:
        decode_frame(bomb, LOSSLESS["jpeg2000"], wide)
    assert caught.value.code == "jpeg-2000-packets"


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (8, struct.pack(">I", 64), "the header promises"),
        (24, struct.pack(">I", 0), "no rows, columns or tiles"),
        (32, struct.pack(">I", 5), "do not cover"),
        (40, struct.pack(">H", 0), "no components"),
        (43, b"\2", "subsampled"),
        (4, struct.pack(">H", 60000), "damaged"),
    ],
)
def test_jpeg_2000_whose_sizes_make_no_sense(at: int, value: bytes, words: str) -> None:
    assert words in str(refusal(patched(encoded(numbers(GRAY), "jpeg2000", GRAY), at, value), "jpeg2000"))


@pytest.mark.parametrize(
    "options",
    [
        ["-t", "64,64"],
        ["-t", "33,47", "-r", "30,10,1"],
        ["-n", "3", "-c", "[64,64],[32,32],[32,32]"],
        ["-p", "RPCL", "-t", "100,100", "-TP", "R"],
        ["-p", "CPRL", "-b", "4,4", "-d", "5,7"],
        ["-SOP", "-EPH", "-t", "128,128", "-T", "0,0", "-PLT", "-TLM"],
    ],
)
def test_tiles_layers_and_precincts_of_real_streams_are_no_bomb(options: list[str], tmp_path: Path) -> None:
    wide = layout(200, 300, bits=12)
    values = numbers(wide)
    (tmp_path / "x.raw").write_bytes(values.astype(">u2").tobytes())
    words = ["-i", str(tmp_path / "x.raw"), "-o", str(tmp_path / "x.j2k"), "-F", "300,200,1,12,u", *options]
    subprocess.run([require("opj_compress"), *words], check=True, capture_output=True)
    words = ["-i", str(tmp_path / "x.j2k"), "-o", str(tmp_path / "y.rawl")]
    subprocess.run([require("opj_decompress"), *words], check=True, capture_output=True)
    theirs = np.fromfile(tmp_path / "y.rawl", "<u2").reshape(200, 300)
    assert np.array_equal(decode_frame((tmp_path / "x.j2k").read_bytes(), LOSSLESS["jpeg2000"], wide), theirs)


def test_jpeg_xl_of_two_to_the_thirty() -> None:
    # Large sizes, no ratio: 30 bits each.
    bits = 0 | 3 << 1 | (2**30 - 1) << 3 | 0 << 33 | 3 << 36 | (2**30 - 1) << 38
    found = refusal(b"\xff\x0a" + bits.to_bytes(12, "little") + b"\1" * 40, "jpeg-xl")
    assert found.code == "frame-shape"
    assert "1073741824x1073741824" in str(found)


@pytest.mark.parametrize("rows", [1, 7, 8, 100, 256, 257, 600, 9000])
@pytest.mark.parametrize("columns", [1, 8, 256, 800])
def test_sizes_of_jpeg_xl(rows: int, columns: int) -> None:
    for dtype, samples, bits in (("u1", 1, 8), ("u2", 1, 12), ("u1", 3, 8), ("u2", 3, 16)):
        if rows * columns * samples > 3_000_000:
            continue
        values = np.zeros((rows, columns, samples)[: 2 + (samples > 1)], dtype)
        for lossless in (True, False):
            data = imagecodecs.jpegxl_encode(
                values, lossless=lossless, effort=1, bitspersample=bits, photometric="RGB" if samples == 3 else "GRAY"
            )
            found = jpeg_xl_stream.inspect(bytes(data))
            assert (found.rows, found.columns, found.samples, found.bits) == (rows, columns, samples, bits)


def test_jpeg_xl_that_is_more_than_a_picture() -> None:
    for values, photometric, code in (
        (np.zeros((3, 24, 32), "u1"), "GRAY", "jpeg-xl-form"),
        (np.zeros((24, 32, 2), "u1"), None, "frame-shape"),
        (np.zeros((24, 32), "f4"), None, "frame-shape"),
    ):
        assert refusal(bytes(imagecodecs.jpegxl_encode(values, photometric=photometric)), "jpeg-xl").code == code


def test_jpeg_xl_made_of_jpeg_is_a_container() -> None:
    jpeg = encoded(numbers(GRAY), BASELINE, GRAY, quality=90)
    data = bytes(imagecodecs.jpegxl_encode_jpeg(jpeg))
    assert data[4:7] == b"JXL"
    found = decode_frame(data, ROOT + "4.111", GRAY)
    # It rounds later than libjpeg does.
    assert np.abs(found.astype(int) - decode_frame(jpeg, BASELINE, GRAY)).max() <= 4


def test_rle_whose_header_lies() -> None:
    data = encoded(numbers(GRAY), "rle", GRAY)
    assert refusal(patched(data, 0, b"\xff\xff\xff\xff"), "rle").code == "rle-segments"
    assert refusal(patched(data, 4, b"\xff\xff\xff\xff"), "rle").code == "rle-offset"
    assert refusal(patched(data, 4, b"\0\0\0\0"), "rle").code == "rle-offset"
    assert refusal(data[:40], "rle").code == "rle-header"
    assert refusal(data[:90], "rle").code == "rle-short"


def test_deflated_frames_that_inflate_to_much() -> None:
    """What is beyond the frame is not even inflated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(200)) + packer.flush()
    issues: list[object] = []
    found = decode_frame(bomb, LOSSLESS["deflated-frames"], GRAY, issues=issues)  # type: ignore[arg-type]
    assert not found.any()
    assert len(issues) == 1
    assert refusal(bomb[:0], "deflated-frames").code == "pixels-truncated"
    assert refusal(b"\xff" * 100, "deflated-frames").code == "codec"


@pytest.mark.parametrize("to", [*LOSSLESS, BASELINE])
def test_streams_that_break_off_or_are_something_else(to: str) -> None:
    data = encoded(numbers(GRAY), to, GRAY, quality=90 if to == BASELINE else None)
    for cut in (0, 1, 2, 3, 10, 20, 50):
        assert str(refusal(data[:cut], to))
    for other in (b"", bytes(100), b"\xff" * 100, b"GIF89a" + bytes(50), b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\0\1"):
        assert "[(" in str(refusal(other, to))


def test_headers_are_read_without_a_codec() -> None:
    data = encoded(numbers(GRAY), BASELINE, GRAY, quality=90)
    found = jpeg_stream.inspect(data)
    assert (found.rows, found.columns, found.samples, found.bits, found.process) == (24, 32, 1, 8, "baseline")
    # Bytes that are no marker, fill bytes and restart markers between segments are passed over, as libjpeg does.
    odd = data[:2] + b"\xff\xd0\x33\x44\xff\xff" + data[2:]
    assert jpeg_stream.inspect(odd) == found


def test_damaged_streams_of_32_bits_end_no_process_of_ours() -> None:
    wide = layout(96, 80, bits=32)
    data = encoded(numbers(wide), "htj2k", wide)
    chance = np.random.default_rng(5)
    for _ in range(4):
        bent = bytearray(data)
        for at in chance.integers(150, len(data), 200):
            bent[at] = int(chance.integers(256))
        try:
            found = decode_frame(bytes(bent), LOSSLESS["htj2k"], wide)
        except PixelError as error:
            assert error.tag == 0x7FE00010
        else:
            assert found.shape == (96, 80)
