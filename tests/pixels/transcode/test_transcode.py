"""The same image in another transfer syntax: pixels, elements, attributes, and what is refused."""

from __future__ import annotations

import os
import resource
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, SecondaryCaptureImageStorage, generate_uid

import hounsfield as hu
from hounsfield.errors import ExistsError, HounsfieldError, PixelError, UnsupportedError, UsageError, WriteError
from hounsfield.files.write import IMPLEMENTATION_CLASS_UID
from hounsfield.pixels.encode import encode_frame
from hounsfield.pixels.image import open_image
from hounsfield.pixels.transcode import replace_pixels, target_of, targets

if TYPE_CHECKING:
    from pathlib import Path

_NATIVE = ["uncompressed", "implicit", "big-endian", "deflated"]
_KINDS = ["CT_small.dcm", "MR_small_bigendian.dcm", "examples_palette.dcm", "examples_rgb_color.dcm"]
# Elements that may differ after lossless transcoding.
_FREE = {0x7FE00010, 0x7FE00001, 0x7FE00002, 0x00280004, 0x00280006, 0x00280102, 0x7FE00000}


@pytest.fixture
def files(shared_data: Path) -> Path:
    return shared_data / "pydicom" / "src" / "pydicom" / "data" / "test_files"


def _elements(path: Path) -> dict[int, Any]:
    dataset = pydicom.dcmread(path)
    return {int(element.tag): element.value for element in dataset if element.tag not in _FREE}


def _image(path: Path, pixels: np.ndarray[Any, Any], **attributes: Any) -> Path:
    """Write an uncompressed secondary capture; frames first, samples last."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    dataset.Modality, dataset.PatientName = "OT", "Test^Transcode"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    frames = pixels.shape[0]
    dataset.Rows, dataset.Columns = pixels.shape[1:3]
    dataset.SamplesPerPixel = pixels.shape[3] if pixels.ndim == 4 else 1
    dataset.PhotometricInterpretation = "RGB" if pixels.ndim == 4 else "MONOCHROME2"
    if pixels.ndim == 4:
        dataset.PlanarConfiguration = 0
    if frames > 1:
        dataset.NumberOfFrames = frames
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.dtype.itemsize
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.HighBit = attributes.get("HighBit", dataset.BitsStored - 1)
    data = pixels.tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if pixels.dtype.itemsize > 1 else "OB"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(
    "to", ["uncompressed", "implicit", "big-endian", "deflated", "rle", "jpeg-lossless", "jpeg-ls"]
)
@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_bigendian.dcm", "examples_palette.dcm", "examples_rgb_color.dcm"]
)
def test_lossless_and_back_is_the_same_file(files: Path, tmp_path: Path, to: str, name: str) -> None:
    row = hu.transcode(files / name, tmp_path / "there.dcm", to=to, verify=True)
    assert row.verified is not None
    assert row.verified.most == 0
    hu.transcode(tmp_path / "there.dcm", tmp_path / "back.dcm", to="uncompressed", verify=True)
    assert _elements(tmp_path / "back.dcm") == _elements(files / name)
    before, after = pydicom.dcmread(files / name), pydicom.dcmread(tmp_path / "back.dcm")
    assert np.array_equal(before.pixel_array, after.pixel_array)


def test_the_file_says_who_wrote_it(files: Path, tmp_path: Path) -> None:
    hu.transcode(files / "CT_small.dcm", tmp_path / "a.dcm", to="jpeg-ls")
    meta = pydicom.dcmread(tmp_path / "a.dcm").file_meta
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.80"
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert "HOUNSFIELD" in str(meta.ImplementationVersionName)
    assert meta.MediaStorageSOPInstanceUID == pydicom.dcmread(files / "CT_small.dcm").SOPInstanceUID


def test_loss_is_recorded_and_only_where_it_was_asked_for(files: Path, tmp_path: Path) -> None:
    source = pydicom.dcmread(files / "CT_small.dcm")
    row = hu.transcode(files / "CT_small.dcm", tmp_path / "a.dcm", to="jpeg-ls:2", verify=True)
    made = pydicom.dcmread(tmp_path / "a.dcm")
    assert row.lossy
    assert row.verified is not None
    assert 0 < row.verified.most <= 2
    assert (row.verified.psnr or 0) > 40
    assert made.LossyImageCompression == "01"
    assert made.LossyImageCompressionMethod == "ISO_14495_1"
    assert float(made.LossyImageCompressionRatio) > 2
    assert made.ImageType[0] == "DERIVED"
    assert made.DerivationCodeSequence[-1].CodeValue == "113040"
    assert "JPEG-LS" in made.DerivationDescription
    assert made.SOPInstanceUID == made.file_meta.MediaStorageSOPInstanceUID == row.sop_instance_uid
    assert made.SOPInstanceUID != source.SOPInstanceUID
    assert made.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
    again = hu.transcode(tmp_path / "a.dcm", tmp_path / "b.dcm", to="jpeg2000:20", new_uid=False)
    twice = pydicom.dcmread(tmp_path / "b.dcm")
    assert list(twice.LossyImageCompressionMethod) == ["ISO_14495_1", "ISO_15444_1"]
    assert len(twice.LossyImageCompressionRatio) == 2
    assert twice.SOPInstanceUID == made.SOPInstanceUID
    assert again.notes
    hu.transcode(tmp_path / "a.dcm", tmp_path / "c.dcm", to="jpeg-ls")
    assert pydicom.dcmread(tmp_path / "c.dcm").LossyImageCompression == "01"


@pytest.mark.parametrize("to", ["jpeg2000", "htj2k"])
def test_color_of_jpeg_2000_is_called_what_it_is(files: Path, tmp_path: Path, to: str) -> None:
    hu.transcode(files / "examples_rgb_color.dcm", tmp_path / "a.dcm", to=to, verify=True)
    assert pydicom.dcmread(tmp_path / "a.dcm").PhotometricInterpretation == "YBR_RCT"
    hu.transcode(tmp_path / "a.dcm", tmp_path / "b.dcm", to="uncompressed", verify=True)
    back = pydicom.dcmread(tmp_path / "b.dcm")
    assert back.PhotometricInterpretation == "RGB"
    assert np.array_equal(back.pixel_array, pydicom.dcmread(files / "examples_rgb_color.dcm").pixel_array)


@pytest.mark.parametrize("to", ["jpeg-ls", "rle", "big-endian", "deflated", "jpeg2000"])
def test_signed_unused_bits_and_many_odd_frames(tmp_path: Path, to: str) -> None:
    values = np.random.default_rng(3).integers(-2048, 2048, (5, 7, 9), "i2")
    stored = (values & 0xFFF).astype("u2").view("i2")
    source = _image(tmp_path / "in.dcm", stored, BitsStored=12)
    hu.transcode(source, tmp_path / "out.dcm", to=to, verify=True)
    found = open_image(tmp_path / "out.dcm")
    for index in range(5):
        assert np.array_equal(found.stored(index), values[index])


def test_planes_come_side_by_side(tmp_path: Path) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (2, 5, 7, 3), "u1")
    source = _image(tmp_path / "in.dcm", np.ascontiguousarray(pixels), NumberOfFrames=2)
    dataset = pydicom.dcmread(source)
    dataset.PlanarConfiguration = 1
    dataset.PixelData = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).tobytes()
    dataset.save_as(source)
    hu.transcode(source, tmp_path / "out.dcm", to="jpeg-ls", verify=True)
    made = pydicom.dcmread(tmp_path / "out.dcm")
    assert made.PlanarConfiguration == 0
    assert np.array_equal(open_image(tmp_path / "out.dcm").stored(1), pixels[1])


def test_overlays_in_unused_bits_get_data_of_their_own(tmp_path: Path) -> None:
    values = np.arange(48, dtype="u2").reshape(1, 6, 8)
    drawn = np.random.default_rng(5).integers(0, 2, (6, 8), "u2")
    source = _image(tmp_path / "in.dcm", values | drawn << 14, BitsStored=12)
    dataset = pydicom.dcmread(source)
    for element, vr, value in (
        (0x10, "US", 6),
        (0x11, "US", 8),
        (0x40, "CS", "G"),
        (0x100, "US", 16),
        (0x102, "US", 14),
    ):
        dataset.add_new((0x6000, element), vr, value)
    dataset.add_new((0x6000, 0x50), "SS", [1, 1])
    dataset.save_as(source)
    row = hu.transcode(source, tmp_path / "out.dcm", to="jpeg-ls", verify=True)
    made = pydicom.dcmread(tmp_path / "out.dcm")
    assert made[0x6000, 0x100].value == 1
    assert made[0x6000, 0x102].value == 0
    assert np.array_equal(made.overlay_array(0x6000), drawn)
    assert np.array_equal(open_image(tmp_path / "out.dcm").stored(0), values[0])
    assert "overlay" in row.notes[0]
    hu.transcode(source, tmp_path / "rle.dcm", to="rle", verify=True)
    assert (0x6000, 0x3000) not in pydicom.dcmread(tmp_path / "rle.dcm")


@pytest.mark.parametrize("offsets", ["basic", "extended", "empty"])
def test_offset_tables(tmp_path: Path, offsets: Any) -> None:
    source = _image(tmp_path / "in.dcm", np.random.default_rng(6).integers(0, 99, (3, 8, 9), "u1"))
    hu.transcode(source, tmp_path / "out.dcm", to="rle", offsets=offsets)
    made = pydicom.dcmread(tmp_path / "out.dcm")
    assert ("ExtendedOffsetTable" in made) == (offsets == "extended")
    basic, _ = pydicom.encaps.parse_basic_offsets(made.PixelData), None
    assert len(basic) == (3 if offsets == "basic" else 0)
    assert np.array_equal(made.pixel_array, pydicom.dcmread(source).pixel_array)
    fragments = list(pydicom.encaps.generate_frames(made.PixelData, number_of_frames=3))
    if offsets == "extended":
        lengths = np.frombuffer(made.ExtendedOffsetTableLengths, "<u8")
        assert [len(one) for one in fragments] == [length + length % 2 for length in lengths]


def test_icons_in_the_old_syntax_become_native(tmp_path: Path) -> None:
    source = _image(tmp_path / "in.dcm", np.arange(64, dtype="u1").reshape(1, 8, 8))
    hu.transcode(source, tmp_path / "j2k.dcm", to="jpeg2000")
    dataset = pydicom.dcmread(tmp_path / "j2k.dcm")
    icon = Dataset()
    icon.SamplesPerPixel, icon.PhotometricInterpretation, icon.Rows, icon.Columns = 1, "MONOCHROME2", 8, 8
    icon.BitsAllocated, icon.BitsStored, icon.HighBit, icon.PixelRepresentation = 8, 8, 7, 0
    icon.PixelData = encapsulate([next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))])
    icon["PixelData"].VR, icon["PixelData"].is_undefined_length = "OB", True
    dataset.IconImageSequence = [icon]
    assert dataset.file_meta.TransferSyntaxUID == JPEG2000Lossless
    dataset.save_as(tmp_path / "icon.dcm")
    for to in ("jpeg-ls", "uncompressed", "big-endian"):
        hu.transcode(tmp_path / "icon.dcm", tmp_path / f"{to}.dcm", to=to, verify=True)
        made = pydicom.dcmread(tmp_path / f"{to}.dcm").IconImageSequence[0]
        data = np.frombuffer(made.PixelData, ">u2" if to == "big-endian" else "<u2")
        assert np.array_equal(data.astype("<u2").view("u1"), np.arange(64))


def test_floating_point_stays_native(shared_data: Path, tmp_path: Path) -> None:
    found = [path for path in shared_data.rglob("*.dcm") if "float" in path.name.lower()]
    done = 0
    for path in found:
        if "FloatPixelData" not in (dataset := pydicom.dcmread(path)) and "DoubleFloatPixelData" not in dataset:
            continue
        hu.transcode(path, tmp_path / f"{done}.dcm", to="deflated", verify=True)
        with pytest.raises(UnsupportedError, match="floating"):
            hu.transcode(path, tmp_path / "no.dcm", to="jpeg-ls")
        done += 1
    assert done


def test_a_palette_is_not_compressed_with_loss(files: Path, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="palette"):
        hu.transcode(files / "examples_palette.dcm", tmp_path / "a.dcm", to="jpeg:90")
    assert not list(tmp_path.iterdir())


def test_objects_without_pixels_are_encoded_or_kept(files: Path, tmp_path: Path) -> None:
    row = hu.transcode(files / "rtplan.dcm", tmp_path / "kept.dcm", to="jpeg-ls")
    assert row.method == "kept"
    assert (tmp_path / "kept.dcm").read_bytes() == (files / "rtplan.dcm").read_bytes()
    assert hu.transcode(files / "rtplan.dcm", tmp_path / "big.dcm", to="big-endian", verify=True).method == "copied"
    assert _elements(tmp_path / "big.dcm") == _elements(files / "rtplan.dcm")


def test_nothing_is_overwritten_and_nothing_half_written(files: Path, tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(b"mine")
    with pytest.raises(ExistsError):
        hu.transcode(files / "CT_small.dcm", tmp_path / "a.dcm", to="jpeg-ls")
    assert (tmp_path / "a.dcm").read_bytes() == b"mine"
    with pytest.raises(HounsfieldError):
        hu.transcode(files / "MR_truncated.dcm", tmp_path / "b.dcm", to="jpeg-ls")
    assert [path.name for path in tmp_path.iterdir()] == ["a.dcm"]
    hu.transcode(files / "CT_small.dcm", tmp_path / "a.dcm", to="jpeg-ls", overwrite=True)
    hu.transcode(tmp_path / "a.dcm", tmp_path / "a.dcm", to="rle", overwrite=True, verify=True)


def test_a_disk_that_fills_leaves_nothing(tmp_path: Path) -> None:
    source = _image(tmp_path / "in.dcm", np.random.default_rng(7).integers(0, 256, (1, 600, 600), "u1"))
    (tmp_path / "out").mkdir()
    child = os.fork()
    if child == 0:
        # Files of this child may not grow beyond this; the signal for it is ignored by Python.
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            hu.transcode(source, tmp_path / "out" / "a.dcm", to="uncompressed")
        except WriteError:
            os._exit(7)
        os._exit(8)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert not list((tmp_path / "out").iterdir())


def test_verification_finds_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _image(tmp_path / "in.dcm", np.random.default_rng(8).integers(0, 256, (2, 16, 16), "u1"))
    honest = encode_frame

    def liar(pixels: Any, *arguments: Any, **keywords: Any) -> Any:
        return honest(pixels ^ 1, *arguments, **keywords)

    monkeypatch.setattr(sys.modules["hounsfield.pixels.transcode.frames"], "encode_frame", liar)
    with pytest.raises(PixelError, match="frame 1 is not the same") as caught:
        hu.transcode(source, tmp_path / "out.dcm", to="jpeg-ls", verify=True)
    assert caught.value.code == "verify"
    assert not (tmp_path / "out.dcm").exists()


@pytest.mark.parametrize(
    ("to", "message"),
    [("jpeg-ls:0", "error"), ("jpeg:101", "quality"), ("nonsense", "no transfer syntax"), ("rle:3", "loses nothing")],
)
def test_a_wrong_target_is_a_wrong_call(to: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        target_of(to)


def test_every_name_is_understood() -> None:
    assert "jpeg-ls" in targets()
    assert "jpeg2000:10" in targets()
    for name in targets():
        assert target_of(name).lossy == (":" in name)
    assert target_of("1.2.840.10008.1.2.4.80").name == "jpeg-ls"
    assert target_of("1.2.840.10008.1.2.4.91:10").syntax == "1.2.840.10008.1.2.4.91"
    with pytest.raises(UsageError, match="say how much"):
        target_of("1.2.840.10008.1.2.4.91")
    with pytest.raises(UsageError, match="loses nothing"):
        target_of("1.2.840.10008.1.2.4.90:10")


def test_new_pixels_of_one_bit_are_not_written_as_what_cannot_hold_them(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "pydicom-data/data_store/data/liver_nonbyte_aligned_rle.dcm"
    image = open_image(source)
    row = replace_pixels(source, tmp_path / "out.dcm", (1 - image.stored(index) for index in range(image.frames)))
    assert row.after == "1.2.840.10008.1.2.8.1"
    made = open_image(tmp_path / "out.dcm")
    for index in range(image.frames):
        assert np.array_equal(made.stored(index), 1 - image.stored(index))
    with pytest.raises(UnsupportedError, match="one bit"):
        replace_pixels(source, tmp_path / "no.dcm", [], to="rle")


@pytest.mark.parametrize(
    "name",
    ["CT_small.dcm", "examples_rgb_color.dcm", "examples_jpeg2k.dcm", "MR_small_RLE.dcm", "SC_rgb_jpeg_dcmtk.dcm"],
)
def test_pixels_are_replaced_in_the_same_syntax_without_loss(files: Path, tmp_path: Path, name: str) -> None:
    image = open_image(files / name)
    pixels = [image.stored(index).copy() for index in range(image.frames)]
    for frame in pixels:
        frame[: frame.shape[0] // 2] = 0
    row = replace_pixels(files / name, tmp_path / "out.dcm", iter(pixels))
    made = open_image(tmp_path / "out.dcm")
    for index, frame in enumerate(pixels):
        assert np.array_equal(made.stored(index), frame)
    lossy = "jpeg_dcmtk" in name
    assert (row.after == row.before) != lossy
    with pytest.raises(UsageError, match="frame"):
        replace_pixels(files / name, tmp_path / "no.dcm", [])
    assert not (tmp_path / "no.dcm").exists()
