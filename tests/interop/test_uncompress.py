"""What foreign programs compress without loss, `hu transcode` uncompresses: every value is the one that went in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

import hounsfield as hu
from tests.interop.images import KINDS, write
from tests.interop.readers import native, run

if TYPE_CHECKING:
    from pathlib import Path

_COMPRESSORS = {
    "jpeg-lossless by DCMTK": ["dcmcjpeg", "+e1"],
    "jpeg-ls by DCMTK": ["dcmcjpls"],
    "rle by DCMTK": ["dcmcrle"],
    "jpeg-ls by GDCM": ["gdcmconv", "--jpegls"],
    "jpeg2000 by GDCM": ["gdcmconv", "--j2k"],
    "deflated by DCMTK": ["dcmconv", "+td"],
    "big endian by DCMTK": ["dcmconv", "+tb"],
}
_CASES = [
    (name, how)
    for name in ("gray 8", "gray 12", "signed 16", "palette", "RGB", "YBR", "odd length")
    for how in _COMPRESSORS
    # Frames this small GDCM does not write.
    if (name, how) != ("odd length", "jpeg2000 by GDCM")
]


@pytest.mark.parametrize(("name", "how"), _CASES)
def test_what_others_compress(name: str, how: str, tmp_path: Path) -> None:
    write(tmp_path / "in.dcm", KINDS[name])
    program, *words = _COMPRESSORS[how]
    run(program, *words, tmp_path / "in.dcm", tmp_path / "theirs.dcm")
    row = hu.transcode(tmp_path / "theirs.dcm", tmp_path / "ours.dcm", to="uncompressed", verify=True)
    assert row.before != row.after
    made, wanted = pydicom.dcmread(tmp_path / "ours.dcm"), pydicom.dcmread(tmp_path / "in.dcm")
    assert made.PhotometricInterpretation == wanted.PhotometricInterpretation
    assert np.array_equal(native(tmp_path / "ours.dcm"), native(tmp_path / "in.dcm"))
