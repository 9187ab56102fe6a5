"""Each rule of docs/concepts/pixel-trust.md, on code streams that contradict their header."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import imagecodecs
import numpy as np
import pytest

from hounsfield.errors import PixelError, UnsupportedError
from hounsfield.pixels.decode import decode_frame
from hounsfield.pixels.encode import encode_frame
from hounsfield.pixels.trust import RULES
from tests.pixels.codecs.streams import LOSSLESS, ROOT, codes, encoded, layout, numbers, replace

if TYPE_CHECKING:
    from hounsfield.errors import Issue

BASELINE, LOSSLESS_JPEG = ROOT + "4.50", ROOT + "4.70"


def test_the_page_holds_every_rule() -> None:
    page = (Path(__file__).parents[3] / "docs" / "concepts" / "pixel-trust.md").read_text("utf-8")
    for code, _, _ in RULES:
        assert f"`{code}`" in page


@pytest.mark.parametrize("to", LOSSLESS)
@pytest.mark.parametrize(("bits", "signed"), [(8, False), (12, False), (16, False), (8, True), (12, True), (16, True)])
@pytest.mark.parametrize("samples", [1, 3])
def test_what_agrees_comes_back_without_a_word(to: str, bits: int, signed: bool, samples: int) -> None:
    wide = layout(bits=bits, signed=signed, samples=samples)
    given = numbers(wide)
    made = encode_frame(given, LOSSLESS[to], wide)
    issues: list[Issue] = []
    found = decode_frame(made.data, LOSSLESS[to], replace(wide, photometric=made.photometric), issues=issues)
    assert found.dtype == given.dtype
    assert np.array_equal(found, given)
    assert issues == []


@pytest.mark.parametrize("to", ["rle", "htj2k", "deflated-frames"])
@pytest.mark.parametrize("signed", [False, True])
def test_32_bits(to: str, signed: bool) -> None:
    wide = layout(bits=32, signed=signed)
    given = numbers(wide)
    assert np.array_equal(decode_frame(encoded(given, to, wide), LOSSLESS[to], wide), given)


@pytest.mark.parametrize("to", LOSSLESS)
def test_one_bit(to: str) -> None:
    """As bytes; single bits in RLE are tried on real files."""
    wide = replace(layout(bits=1), bits_allocated=8)
    given = numbers(wide)
    assert set(np.unique(given)) == {0, 1}
    assert np.array_equal(decode_frame(encoded(given, to, wide), LOSSLESS[to], wide), given)


@pytest.mark.parametrize("to", ["jpeg2000", "htj2k"])
def test_the_header_says_what_the_highest_bit_means(to: str) -> None:
    plus, minus = layout(bits=12), layout(bits=12, signed=True)
    issues: list[Issue] = []
    values = numbers(plus)
    found = decode_frame(encoded(values, to, plus), LOSSLESS[to], minus, issues=issues)
    assert np.array_equal(found, np.where(values > 2047, values.astype(int) - 4096, values))
    assert codes(issues) == ["stream-sign"]
    values = numbers(minus)
    found = decode_frame(encoded(values, to, minus), LOSSLESS[to], plus, issues=issues)
    assert found.dtype == np.uint16
    assert np.array_equal(found, values.astype(int) & 0xFFF)
    assert codes(issues) == ["stream-sign", "stream-sign"]


@pytest.mark.parametrize("to", ["jpeg-lossless", "jpeg-ls", "jpeg2000", "htj2k", "jpeg-xl"])
@pytest.mark.parametrize("signed", [False, True])
def test_a_stream_of_more_bits_than_it_uses(to: str, signed: bool) -> None:
    """Many writers state the precision of the type: 16 bits for values of 12, with the sign repeated above."""
    narrow, wide = layout(bits=12, signed=signed), layout(bits=16, signed=signed)
    values = numbers(narrow)
    issues: list[Issue] = []
    found = decode_frame(encoded(values, to, wide), LOSSLESS[to], narrow, issues=issues)
    assert np.array_equal(found, values)
    assert issues == []


@pytest.mark.parametrize("to", ["jpeg-lossless", "jpeg-ls", "jpeg2000", "htj2k", "jpeg-xl"])
@pytest.mark.parametrize("signed", [False, True])
def test_bits_above_bits_stored_are_left_out(to: str, signed: bool) -> None:
    """An overlay in unused bits was compressed together with the pixels."""
    narrow, wide = layout(bits=12, signed=signed), layout(bits=16)
    values = numbers(narrow)
    overlay = np.zeros(values.shape, np.uint16)
    overlay[3:9, 5:20] = 0x4000
    issues: list[Issue] = []
    cells = values.view(np.uint16) & 0xFFF | overlay
    found = decode_frame(encoded(cells, to, wide), LOSSLESS[to], narrow, issues=issues)
    assert np.array_equal(found, values)
    assert set(codes(issues)) - {"stream-sign"} == {"stream-bits"}


@pytest.mark.parametrize("to", ["jpeg-lossless", "jpeg-ls", "jpeg2000", "jpeg-xl"])
def test_a_stream_of_fewer_bits(to: str) -> None:
    """Two's complement has its sign where the stream ends, if that is before Bits Stored."""
    narrow, wide = layout(bits=12), replace(layout(bits=16, signed=True))
    values = numbers(layout(bits=12, signed=True))
    found = decode_frame(encoded(values.view(np.uint16) & 0xFFF, to, narrow), LOSSLESS[to], wide)
    assert np.array_equal(found, values)


@pytest.mark.parametrize("to", ["jpeg-lossless", "jpeg-ls", "jpeg2000", "htj2k", "jpeg-xl"])
def test_values_are_never_cut(to: str) -> None:
    wide, narrow = layout(bits=12), layout(bits=8)
    values = numbers(wide)
    with pytest.raises(PixelError, match="do not fit into 8") as caught:
        decode_frame(encoded(values, to, wide), LOSSLESS[to], narrow)
    assert (caught.value.code, caught.value.tag) == ("stream-depth", 0x00280100)
    small = values & 0xFF
    assert np.array_equal(decode_frame(encoded(small, to, wide), LOSSLESS[to], narrow), small)


COLOR = layout(samples=3)
SMOOTH = np.stack([np.add.outer(np.arange(24) * 4, np.arange(32) * k) % 256 for k in (3, 1, 2)], -1).astype("u1")


def without(data: bytes | bytearray, marker: int) -> bytes:
    """Leave out a segment."""
    at = data.index(bytes((0xFF, marker)))
    return bytes(data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :])


def test_jpeg_that_names_its_color_is_believed() -> None:
    issues: list[Issue] = []
    ycc = bytes(imagecodecs.jpeg8_encode(SMOOTH, 95))
    assert b"JFIF" in ycc
    found = decode_frame(ycc, BASELINE, COLOR, issues=issues)
    assert np.median(np.abs(found.astype(int) - SMOOTH)) <= 2
    assert codes(issues) == ["stream-color"]
    rgb = bytes(imagecodecs.jpeg8_encode(SMOOTH, 95, colorspace="RGB", outcolorspace="RGB"))
    assert b"Adobe" in rgb
    found = decode_frame(rgb, BASELINE, replace(COLOR, photometric="YBR_FULL_422"), issues=(issues := []))
    assert np.median(np.abs(found.astype(int) - SMOOTH)) <= 2
    assert codes(issues) == ["stream-color"]


def test_jpeg_whose_components_are_called_rgb() -> None:
    data = without(imagecodecs.jpeg8_encode(SMOOTH, 95, colorspace="RGB", outcolorspace="RGB"), 0xEE)
    assert b"\3R\x11" in data
    issues: list[Issue] = []
    found = decode_frame(data, BASELINE, replace(COLOR, photometric="YBR_FULL_422"), issues=issues)
    assert np.median(np.abs(found.astype(int) - SMOOTH)) <= 2
    assert codes(issues) == ["stream-color"]


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422", "YBR_FULL"])
def test_jpeg_that_names_no_color_is_what_the_header_says(photometric: str) -> None:
    data = without(imagecodecs.jpeg8_encode(SMOOTH, 95, colorspace="RGB", outcolorspace="RGB"), 0xEE)
    for name, plain in ((b"R", b"\1"), (b"G", b"\2"), (b"B", b"\3")):
        data = data.replace(name + b"\x11\0", plain + b"\x11\0").replace(name + b"\0", plain + b"\0")
    issues: list[Issue] = []
    found = decode_frame(data, BASELINE, replace(COLOR, photometric=photometric), issues=issues)
    assert (np.median(np.abs(found.astype(int) - SMOOTH)) <= 2) == (photometric == "RGB")
    assert issues == []


def test_lossless_jpeg_is_what_the_header_says_whatever_its_markers() -> None:
    data = encoded(SMOOTH, "jpeg-lossless", COLOR)
    named = data[:2] + b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + data[2:]
    issues: list[Issue] = []
    assert np.array_equal(decode_frame(named, LOSSLESS_JPEG, COLOR, issues=issues), SMOOTH)
    assert codes(issues) == []


@pytest.mark.parametrize("to", ["jpeg2000", "htj2k"])
def test_color_that_is_transformed_within_the_stream_is_always_undone(to: str) -> None:
    issues: list[Issue] = []
    transformed = encoded(SMOOTH, to, COLOR)
    assert np.array_equal(decode_frame(transformed, LOSSLESS[to], COLOR, issues=issues), SMOOTH)
    assert codes(issues) == ["stream-transform"]
    plain = encoded(SMOOTH, to, COLOR, keep_ybr=True)
    found = decode_frame(plain, LOSSLESS[to], replace(COLOR, photometric="YBR_RCT"), issues=(issues := []))
    assert np.array_equal(found, SMOOTH)
    assert codes(issues) == ["stream-transform"]


def test_another_process_than_the_syntax_names() -> None:
    gray = layout()
    values = numbers(gray)
    issues: list[Issue] = []
    found = decode_frame(encoded(values, "jpeg-lossless", gray), BASELINE, gray, issues=issues)
    assert np.array_equal(found, values)
    assert codes(issues) == ["stream-process"]


def test_jpeg_2000_in_a_file_of_its_own() -> None:
    gray = layout(bits=12)
    values = numbers(gray)
    data = bytes(imagecodecs.jpeg2k_encode(values, 0, reversible=True, codecformat="jp2", bitspersample=12))
    issues: list[Issue] = []
    assert np.array_equal(decode_frame(data, LOSSLESS["jpeg2000"], gray, issues=issues), values)
    assert codes(issues) == ["stream-boxes"]


def test_a_height_that_is_left_open() -> None:
    gray = layout()
    values = numbers(gray)
    data = bytearray(encoded(values, "jpeg-lossless", gray))
    at = data.index(b"\xff\xc3")
    data[at + 5 : at + 7] = b"\0\0"
    issues: list[Issue] = []
    assert np.array_equal(decode_frame(bytes(data), LOSSLESS_JPEG, gray, issues=issues), values)
    assert codes(issues) == ["stream-height"]


@pytest.mark.parametrize("to", ["rle", "deflated-frames"])
def test_more_than_the_frame(to: str) -> None:
    tall, short = layout(rows=24), layout(rows=20)
    values = numbers(tall)
    issues: list[Issue] = []
    found = decode_frame(encoded(values, to, tall), LOSSLESS[to], short, issues=issues)
    assert np.array_equal(found, values[:20])
    assert codes(issues) == ["stream-surplus"]


@pytest.mark.parametrize("to", ["jpeg-lossless", "jpeg-ls", "jpeg2000", "htj2k", "jpeg-xl", BASELINE])
@pytest.mark.parametrize(
    ("changes", "tag"), [({"rows": 25}, 0x00280010), ({"columns": 31}, 0x00280010), ({"samples": 3}, 0x00280002)]
)
def test_sizes_must_agree(to: str, changes: dict[str, int], tag: int) -> None:
    gray = layout()
    data = encoded(numbers(gray), to, gray, quality=90 if to == BASELINE else None)
    with pytest.raises(PixelError, match="the header promises") as caught:
        decode_frame(data, LOSSLESS.get(to, to), replace(gray, **cast("Any", changes)))
    assert (caught.value.code, caught.value.tag) == ("frame-shape", tag)


def test_cells_that_compressed_pixels_cannot_have() -> None:
    gray = layout(bits=12)
    data = encoded(numbers(gray), "jpeg-ls", gray)
    with pytest.raises(UnsupportedError, match="of 12 bits are not known"):
        decode_frame(data, LOSSLESS["jpeg-ls"], replace(gray, bits_allocated=12))
