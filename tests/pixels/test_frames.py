"""Every frame of every image equals pydicom's, whatever its transfer syntax, depth and color."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

import hounsfield as hu
from hounsfield.errors import HounsfieldError, PixelError, ReadError
from hounsfield.pixels.gather import FrameJob, allocate, gather
from hounsfield.settings import Limits
from hounsfield.volumes.planes import Refused, planes_of

if TYPE_CHECKING:
    from pathlib import Path

# Files whose pixels cannot be given, and why; each is said in an error that names the file.
UNREADABLE = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "its code stream is made up",
    "MR_truncated.dcm": "pixel data break off",
    "chrJapMulti.dcm": "pixel data break off",
    "chrJapMultiExplicitIR6.dcm": "pixel data break off",
    "chrKoreanMulti.dcm": "pixel data break off",
    "mlut_18.dcm": "values go through a Modality LUT",
}
# Decoders of lossy JPEG round differently.
ROUNDED = 1
LOSSY = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
# pydicom has no decoder for these without others' plug-ins: values that DCMTK's dcmdjpeg gives are checked instead.
TWELVE_BIT = ("JPGExtended.dcm",)


def frames(path: Path) -> Any:
    with hu.scan(path) as catalog:
        found = [planes_of(instance, Limits()) for instance in catalog.instances]
    if len(found) != 1 or isinstance(found[0], Refused):
        return None
    jobs = [FrameJob(plane.source, plane.frame) for plane in found[0]]
    out = allocate(jobs, Limits())
    gather(jobs, out, limits=Limits())
    return out


def by_pydicom(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(path).pixel_array
        except Exception:  # noqa: BLE001 - it lacks a plug-in, or the file is broken
            return None


def test_frames_equal_those_of_pydicom(shared_data: Path) -> None:
    different, compared = [], 0
    for path in sorted(shared_data.rglob("*")):
        if not path.is_file() or path.name in UNREADABLE:
            continue
        try:
            ours = frames(path)
        except ReadError as error:
            different.append(f"{path.name}: {error}")
            continue
        theirs = None if ours is None else by_pydicom(path)
        if theirs is None:
            continue
        compared += 1
        theirs = theirs.reshape(ours.shape) if theirs.size == ours.size else theirs
        lossy = pydicom.dcmread(path).file_meta.get("TransferSyntaxUID") in LOSSY
        if ours.shape != theirs.shape or np.abs(ours.astype(float) - theirs).max() > ROUNDED * lossy:
            different.append(f"{path.name}: {ours.shape} {ours.dtype}, {theirs.shape} {theirs.dtype}")
    assert different == []
    assert compared > 400


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_an_error_that_names_the_file(shared_data: Path, name: str) -> None:
    for path in shared_data.rglob(name):
        try:
            made = frames(path)
        except HounsfieldError as error:
            assert name in str(error)
        else:
            assert made is None


def test_a_missing_sequence_delimiter_costs_no_frame(shared_data: Path) -> None:
    (short,) = shared_data.rglob("emri_small_jpeg_2k_lossless_too_short.dcm")
    (whole,) = shared_data.rglob("emri_small_jpeg_2k_lossless.dcm")
    np.testing.assert_array_equal(frames(short), frames(whole))


@pytest.mark.parametrize("kept", [0.5, 0.97])
@pytest.mark.parametrize(
    "name", ["JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm", "MR_small_RLE.dcm", "JPEG-LL.dcm", "JPEGLSNearLossless_16.dcm"]
)
def test_frames_that_break_off_are_never_made_up(shared_data: Path, tmp_path: Path, name: str, kept: float) -> None:
    path = next(shared_data.rglob(name))
    dataset = pydicom.dcmread(path)
    data = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
    dataset.PixelData = pydicom.encaps.encapsulate([data[: int(len(data) * kept) & ~1]])
    dataset.save_as(tmp_path / "short.dcm")
    with pytest.raises(PixelError, match="frame 1"):
        frames(tmp_path / "short.dcm")


def test_an_error_names_file_frame_and_syntax(tmp_path: Path) -> None:
    from pydicom.data import get_testdata_file

    dataset = pydicom.dcmread(str(get_testdata_file("JPEG2000.dcm")))
    damaged = tmp_path / "damaged.dcm"
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51" + bytes(400)])
    dataset.save_as(damaged)
    with pytest.raises(PixelError, match=r"frame 1: .* JPEG 2000") as caught:
        frames(damaged)
    assert caught.value.where == str(damaged)


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("fragments", [1, 3])
def test_fragments_are_put_together(tmp_path: Path, table: bool, fragments: int) -> None:
    import imagecodecs
    from pydicom.data import get_testdata_file

    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    images = [np.roll(dataset.pixel_array, shift, axis=0).view(np.uint16) for shift in (0, 5, 9)]
    encoded = [imagecodecs.jpeg2k_encode(image, codecformat="j2k", reversible=True, level=0) for image in images]
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.JPEG2000Lossless
    dataset.NumberOfFrames = 3
    parts = [bytes(one) for one in encoded]
    dataset.PixelData = pydicom.encaps.encapsulate(parts, fragments_per_frame=fragments, has_bot=table)
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(tmp_path / "cine.dcm")
    np.testing.assert_array_equal(frames(tmp_path / "cine.dcm").view(np.uint16), np.stack(images))


def test_extended_twelve_bit_jpeg_equals_dcmtk(shared_data: Path, tmp_path: Path) -> None:
    import subprocess

    from tests.programs import require

    program = require("dcmdjpeg")
    (path,) = shared_data.rglob(TWELVE_BIT[0])
    subprocess.run([program, str(path), str(tmp_path / "plain.dcm")], check=True, capture_output=True)
    theirs = pydicom.dcmread(tmp_path / "plain.dcm").pixel_array
    assert np.abs(frames(path)[0].astype(int) - theirs.astype(int)).max() <= ROUNDED
