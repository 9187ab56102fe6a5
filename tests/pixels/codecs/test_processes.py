"""Every process of JPEG that DCMTK writes, and others that libjpeg-turbo's tools do, decode to what these decode."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

import hounsfield as hu
from hounsfield.errors import PixelError, UnsupportedError
from hounsfield.pixels.decode import decode_frame
from hounsfield.pixels.layout import Layout
from hounsfield.pixels.syntaxes import SYNTAXES
from tests.interop.images import KINDS, write
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

    from hounsfield.errors import Issue

Array = np.ndarray[Any, np.dtype[Any]]

ROOT = "1.2.840.10008.1.2.4."
LOSSY = {"+eb": "50", "+ee": "51", "+es": "53", "+ep": "55"}
# 32 columns and 24 rows of a ramp (8 times the column, 10 times the row, 255 - 4 times the column), by libjpeg-turbo's
# cjpeg -quality 90 and -arithmetic; -arithmetic -progressive; -scans "0: 0-0, 0, 0; 0: 1-63, 0, 0".
ARITHMETIC = (
    "|JeWF01!$>Nk#wx0RR9200961|JwjV00RO70|EjA0|NsD0|NvF2n7WM1O*BQ2L=cX3JeSj3JVJj4iXRz4iOFu3lJ6%5fc;@6%`B*"
    "7Z?^47!ni}6#vNp3kU!h03ZPY5di<p00saM5C#9*00;pA002J#{{ZY{HuAZmG}^R+ncdz7&1z^*hB62Nt?7=ynXLHB4F_a<jS+#K"
    "uv>|^|Je"
)
ARITHMETIC_PROGRESSIVE = (
    "|JeWF01!$>Nk#wx0RR9200961|JwjV00RO70|EjA0|NsD0|NvF2n7WM1O*BQ2L=cX3JeSj3JVJj4iXRz4iOFu3lJ6%5fc;@6%`B*"
    "7Z?^47!ni}6#v@*LjeN>1O)^I2?YfS6b%av6ciK`6ciK`6ciK`6ciK`6ciK`6ciK`6ciK`6ciK`6ciK`6ciK`6ciK`6ciK`6cqo;"
    "01*fP7yuvx0U`hb5di}c0sqVZ1^^HN5dYc$3<CiG0uTcb000610JsEu<1L2fmf$8=vVGK^tUhQj@UgGOj?LiJ!2iqu1P}%P+5iXv"
    "0RRC70vhDIyqC>1&!Stt25DlTApgt&1Q7-Q+5iXv0|5a)0Tw9gJIH^MIB#{5qyC`a|I7dc5e5I+00;pB0RcY&Iy>{^ua3A-lVJbM"
    "00a;P|Jncu0RaF8KLTD8@!-(^%m4%s1^?Or2mt{A0Y4$8D(Vn^|Jncy0|5X600RI301&Tfn*YoI1Q7-Q+5iXv0|5a)5T+CGZ~x2y"
    "1Q7-Q+5iXv0s#R(5T{v;X#dOr1P}%P+5iXv0RRC%5GN`^fm8P3ix6fCZ9+RLKmXY"
)
SPECTRAL = (
    "|JeWF01!$>Nk#wx0RR9200961|JwjV00RO70|EjA0|NsD0|NvF2n7WM1O*BQ2L=cX3JeSj3JVJj4iXRz4iOFu3lJ6%5fc;@6%`B*"
    "7Z?^47!ni}6#v2i3kU!h03ZPY5di<h02TlN0RaF20000000000000083JL$(00;pA00000&qZ3TRX^&rTB?85YPDDY!~ho%00RL4"
    "00000000000000000%>X|Jncu0RaF3KLA@x1+=hRO9iyBTT2DBuv<$7w6I%C1+=hRO9iyB|Je"
)


def by_dcmtk(path: Path) -> Array:
    out = path.with_suffix(".native")
    subprocess.run([require("dcmdjpeg"), str(path), str(out)], check=True, capture_output=True)
    return hu.frame(out, 0)


def compressed(path: Path, name: str, *options: str) -> Path:
    write(path / "in.dcm", KINDS[name])
    words = [require("dcmcjpeg"), *options, str(path / "in.dcm"), str(path / "jpeg.dcm")]
    subprocess.run(words, check=True, capture_output=True)
    return path / "jpeg.dcm"


@pytest.mark.parametrize("option", LOSSY)
@pytest.mark.parametrize("name", ["gray 8", "gray 12", "RGB"])
def test_lossy_processes(name: str, option: str, tmp_path: Path) -> None:
    if option == "+eb" and name == "gray 12":
        pytest.skip("baseline has 8 bits")
    path = compressed(tmp_path, name, option, "+q", "90")
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == ROOT + LOSSY[option]
    ours = hu.frame(path, 0)
    theirs = by_dcmtk(path)
    assert np.median(np.abs(ours.astype(int) - theirs)) <= 1
    assert np.abs(ours.astype(int) - theirs).max() <= (40 if name == "RGB" else 2)


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("name", ["gray 8", "gray 12", "gray 16", "signed 12", "signed 16", "RGB"])
def test_every_predictor(name: str, predictor: int, tmp_path: Path) -> None:
    path = compressed(tmp_path, name, "+el", "+sv", str(predictor))
    assert np.array_equal(hu.frame(path, 0), hu.frame(tmp_path / "in.dcm", 0))
    assert np.array_equal(hu.frame(path, 0), by_dcmtk(path))


@pytest.mark.parametrize("shift", [1, 3])
@pytest.mark.parametrize("name", ["gray 8", "gray 12", "gray 16"])
def test_point_transform(name: str, shift: int, tmp_path: Path) -> None:
    path = compressed(tmp_path, name, "+el", "+sv", "1", "+pt", str(shift))
    assert np.array_equal(hu.frame(path, 0), by_dcmtk(path))
    assert np.array_equal(hu.frame(path, 0), hu.frame(tmp_path / "in.dcm", 0) >> shift << shift)


def ramp(samples: int) -> tuple[Array, Layout]:
    rows, columns = np.mgrid[0:24, 0:32]
    color = np.stack([columns * 8, rows * 10, 255 - columns * 4], axis=-1).astype("u1")
    name = "MONOCHROME2" if samples == 1 else "YBR_FULL_422"
    return color[..., 0] if samples == 1 else color, Layout(24, 32, samples, 8, 8, 7, False, False, False, name)


@pytest.mark.parametrize(
    ("end", "text", "samples", "most"),
    [("52", ARITHMETIC, 1, 1), ("56", ARITHMETIC_PROGRESSIVE, 3, 8), ("53", SPECTRAL, 1, 1)],
)
def test_what_dcmtk_does_not_write(end: str, text: str, samples: int, most: int) -> None:
    wanted, layout = ramp(samples)
    issues: list[Issue] = []
    found = decode_frame(base64.b85decode(text), ROOT + end, layout, issues=issues)
    assert np.abs(found.astype(int) - wanted).max() <= most
    assert issues == []


def test_syntaxes_that_nothing_decodes_say_why() -> None:
    _, layout = ramp(1)
    for uid, syntax in SYNTAXES.items():
        if not syntax.readable:
            with pytest.raises(UnsupportedError) as caught:
                decode_frame(b"", uid, layout)
            assert syntax.note in str(caught.value)


def test_hierarchical_streams_are_named() -> None:
    _, layout = ramp(1)
    data = bytearray(base64.b85decode(SPECTRAL))
    at = data.index(b"\xff\xc2")
    data[at + 1] = 0xC5
    with pytest.raises(PixelError, match="hierarchical"):
        decode_frame(bytes(data), f"{ROOT}50", layout)
