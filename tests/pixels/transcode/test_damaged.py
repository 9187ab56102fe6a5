"""Files with wrong bytes: a row that says what is wrong or that all went well, and nothing left behind."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

import pytest

from hounsfield.errors import UnsupportedError
from hounsfield.files.write import Encoding
from hounsfield.files.write_pixels import PIXEL_DATA, native, offset_tables
from hounsfield.pixels.transcode import Options, target_of, transcode_all

if TYPE_CHECKING:
    from pathlib import Path

_FILES = ["CT_small.dcm", "SC_rgb_small_odd_jpeg.dcm", "MR_small_RLE.dcm", "image_dfl.dcm", "rtdose_rle_1frame.dcm"]
_TARGETS = ["uncompressed", "big-endian", "jpeg-ls", "rle", "jpeg2000", "deflated-frames", "jpeg:80", "implicit"]


@pytest.mark.parametrize("name", _FILES)
def test_wrong_bytes_end_in_a_row(name: str, shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "pydicom/src/pydicom/data/test_files" / name).read_bytes()
    chosen = random.Random(name)
    (tmp_path / "out").mkdir()
    statuses = set()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chosen.choice((1, 4, 30))):
            # Mostly the header, which decides.
            place = chosen.randrange(132, chosen.choice((min(2000, len(data)), len(data))))
            data[place] = chosen.choice((0, 255, chosen.randrange(256)))
        if chosen.random() < 0.2:
            del data[chosen.randrange(200, len(data)) :]
        (tmp_path / "in.dcm").write_bytes(data)
        options = Options(target_of(chosen.choice(_TARGETS)), verify=chosen.random() < 0.5, overwrite=True)
        (row,) = transcode_all([tmp_path / "in.dcm"], tmp_path / "out" / "out.dcm", options)
        statuses.add(row.status)
        assert (row.status == "done") == (not row.reason)
        left = [path.name for path in (tmp_path / "out").iterdir()]
        assert left in ([], ["out.dcm"])
    assert {"done", "failed"} <= statuses


def test_offsets_beyond_32_bits_are_extended() -> None:
    lengths = [1 << 31, (1 << 31) - 1, 10, 3]
    basic, extended = offset_tables(lengths)
    assert not basic
    tag, element, vr, _, size = struct.unpack("<HH2sHI", extended[:12])
    assert (tag, element, vr, size) == (0x7FE0, 0x0001, b"OV", 32)
    assert struct.unpack("<4Q", extended[12:44]) == (0, 2**31 + 8, 2**32 + 16, 2**32 + 34)
    assert struct.unpack("<HH2sHI4Q", extended[44:]) == (0x7FE0, 0x0002, b"OV", 0, 32, *lengths)
    basic, extended = offset_tables(lengths[1:])
    assert struct.unpack("<3I", basic) == (0, 2**31 + 8, 2**31 + 26)
    assert not extended


def test_pixels_beyond_32_bits_need_an_encapsulated_syntax() -> None:
    with pytest.raises(UnsupportedError, match="encapsulated"):
        native(PIXEL_DATA, "OW", 2**32, Encoding())
