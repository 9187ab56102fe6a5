"""One frame at a time: equal to pydicom's, whatever the file, and whatever the data set was read or changed by."""

from __future__ import annotations

import io
import subprocess
import warnings
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels.utils import pixel_array
from pydicom.uid import generate_uid

import hounsfield as hu
from hounsfield.errors import HounsfieldError, LimitError, PixelError, TruncatedError, UnsupportedError
from hounsfield.pixels.image import open_image
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
ENCAPSULATED, DEFLATED_FRAME, RLE = "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.5"
# Decoders of lossy JPEG round differently.
LOSSY_JPEG = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
# Files that hold an image but no pixels that can be read, and a word of the reason.
UNREADABLE = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "14,540,801 tiles",
    "MR_truncated.dcm": "have only 8130",
    "chrJapMulti.dcm": "but the file has 1,918",
    "chrJapMultiExplicitIR6.dcm": "but the file has 1,940",
    "chrKoreanMulti.dcm": "but the file has 1,898",
    "badVR.dcm": "NumberOfFrames is no number",
}


def made(**changes: Any) -> Dataset:
    """A small image as a data set; `changes` are its attributes, `syntax` its transfer syntax."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = changes.pop("syntax", EXPLICIT)
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", generate_uid(prefix=None)
    values = {"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Rows": 3, "Columns": 5}
    values |= {"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0} | changes
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)
    if "PixelData" in dataset:
        dataset["PixelData"].VR = "OW" if dataset.get("BitsAllocated", 8) > 8 else "OB"
        dataset["PixelData"].is_undefined_length = dataset.file_meta.TransferSyntaxUID in (
            ENCAPSULATED,
            DEFLATED_FRAME,
            RLE,
        )
    return dataset


def saved(dataset: Dataset, path: Path) -> Path:
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    # By hand: pydicom does not write every syntax, nor what makes no sense.
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = syntax != BIG_ENDIAN, False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_dataset(buffer, dataset)
    value = syntax.encode() + b"\0" * (len(syntax) % 2)
    meta = b"\2\0\x10\0UI" + len(value).to_bytes(2, "little") + value
    path.write_bytes(b"\0" * 128 + b"DICM" + meta + buffer.getvalue())
    return path


def both(dataset: Dataset, tmp_path: Path) -> list[Any]:
    """All frames, by way of a file and of the data set."""
    path = saved(dataset, tmp_path / "image.dcm")
    from_file, from_memory = hu.frames(path), hu.frames(dataset)
    assert np.array_equal(from_file, from_memory, equal_nan=from_file.dtype.kind == "f")
    return list(from_file)


def test_every_shared_image_equals_pydicoms_or_is_listed(shared_data: Path) -> None:
    different, compared, refused = [], 0, set()
    for path in sorted(path for path in shared_data.rglob("*") if path.is_file()):
        try:
            image = open_image(path)
            found = {index: image.stored(index) for index in {0, image.frames - 1}}
        except HounsfieldError as error:
            if path.name in UNREADABLE:
                assert UNREADABLE[path.name] in str(error)
                refused.add(path.name)
            elif "DICOM" not in str(error) and "no image" not in str(error) and "empty" not in str(error):
                different.append(f"{path.name}: {error}")
            continue
        for index, ours in found.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    theirs = pixel_array(path, index=index if image.frames > 1 else None)
                except Exception:  # noqa: BLE001 - it lacks a plug-in, or the file is broken
                    continue
            compared += 1
            most = 1 if image.syntax in LOSSY_JPEG else 0
            if ours.shape != theirs.shape or np.abs(ours.astype(float) - theirs).max() > most:
                different.append(f"{path.name}, frame {index + 1}")
    assert different == []
    assert refused == set(UNREADABLE)
    assert compared > 650


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm"])
@pytest.mark.parametrize("deferred", [None, 100])
def test_a_data_set_of_pydicom_gives_the_same(name: str, deferred: int | None) -> None:
    path = str(get_testdata_file(name))
    dataset = pydicom.dcmread(path, defer_size=deferred)
    assert np.array_equal(hu.frame(dataset), hu.frame(path))
    assert np.array_equal(hu.frame(hu.read(path)), hu.frame(path))


def test_changed_pixels_are_seen() -> None:
    dataset = hu.read(str(get_testdata_file("CT_small.dcm")))
    doubled = dataset.pixel_array * 2
    dataset.PixelData = doubled.tobytes()
    assert np.array_equal(hu.frame(dataset), doubled)


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize(
    ("allocated", "stored", "high"), [(8, 8, 7), (8, 6, 6), (16, 12, 11), (16, 12, 15), (32, 20, 19)]
)
def test_bits_outside_of_bits_stored_are_dropped(
    tmp_path: Path, syntax: str, signed: int, allocated: int, stored: int, high: int
) -> None:
    chance = np.random.default_rng(allocated + high)
    cells = chance.integers(0, 1 << allocated, (2, 3, 5), dtype=f"u{allocated // 8}")
    wanted = (cells >> (high + 1 - stored)).astype(np.int64) & ((1 << stored) - 1)
    if signed:
        wanted = np.where(wanted >= 1 << (stored - 1), wanted - (1 << stored), wanted)
    data = cells.astype(cells.dtype.newbyteorder(">" if syntax == BIG_ENDIAN else "<")).tobytes()
    dataset = made(
        syntax=syntax,
        BitsAllocated=allocated,
        BitsStored=stored,
        HighBit=high,
        PixelRepresentation=signed,
        NumberOfFrames=2,
        PixelData=data,
    )
    for index, frame in enumerate(both(dataset, tmp_path)):
        assert np.array_equal(frame, wanted[index])


@pytest.mark.parametrize("bits", [1, 12])
@pytest.mark.parametrize("frames", [1, 3])
def test_packed_cells_need_not_begin_with_a_byte(tmp_path: Path, bits: int, frames: int) -> None:
    values = np.random.default_rng(bits).integers(0, 1 << bits, (frames, 3, 5), dtype="u2")
    single = (values[..., None] >> np.arange(bits)) & 1
    data = np.packbits(single.astype("u1").reshape(-1), bitorder="little").tobytes()
    data += b"\0" * (len(data) % 2)
    dataset = made(BitsAllocated=bits, BitsStored=bits, HighBit=bits - 1, NumberOfFrames=frames, PixelData=data)
    assert np.array_equal(both(dataset, tmp_path), values)
    if bits == 1:
        assert np.array_equal(hu.read(tmp_path / "image.dcm").pixel_array.reshape(values.shape), values)


def test_odd_frames_of_big_endian_color_share_a_word(tmp_path: Path) -> None:
    """Three frames of 45 bytes, as DCMTK writes and reads them: pydicom 3.0 takes the bytes as they come."""
    values = np.random.default_rng(1).integers(0, 256, (3, 3, 5, 3), dtype="u1")
    data = values.tobytes() + b"\0"
    little = saved(
        made(
            SamplesPerPixel=3,
            PhotometricInterpretation="RGB",
            PlanarConfiguration=0,
            BitsAllocated=8,
            BitsStored=8,
            HighBit=7,
            NumberOfFrames=3,
            PixelData=data,
        ),
        tmp_path / "little.dcm",
    )
    assert np.array_equal(hu.frames(little), values)
    subprocess.run([require("dcmconv"), "+te", str(little), str(tmp_path / "explicit.dcm")], check=True)
    subprocess.run([require("dcmconv"), "+tb", str(tmp_path / "explicit.dcm"), str(tmp_path / "big.dcm")], check=True)
    assert np.array_equal(hu.frames(tmp_path / "big.dcm"), values)


def test_planes_and_shared_chrominance(tmp_path: Path) -> None:
    color = {"SamplesPerPixel": 3, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    values = np.random.default_rng(2).integers(0, 256, (3, 6, 3), dtype="u1")
    planes = made(
        **color,
        Columns=6,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=1,
        PixelData=values.transpose(2, 0, 1).tobytes(),
    )
    assert np.array_equal(both(planes, tmp_path)[0], values)
    pairs = values[:, ::2]
    packed = np.stack([values[:, ::2, 0], values[:, 1::2, 0], pairs[..., 1], pairs[..., 2]], axis=-1)
    shared = made(
        **color, Columns=6, PhotometricInterpretation="YBR_FULL_422", PlanarConfiguration=0, PixelData=packed.tobytes()
    )
    full = values.copy()
    full[:, 1::2, 1:] = full[:, ::2, 1:]
    whole = made(
        **color, Columns=6, PhotometricInterpretation="YBR_FULL", PlanarConfiguration=0, PixelData=full.tobytes()
    )
    assert np.array_equal(both(shared, tmp_path)[0], both(whole, tmp_path)[0])
    theirs = pixel_array(hu.read(saved(whole, tmp_path / "ybr.dcm")))
    assert np.abs(both(whole, tmp_path)[0].astype(int) - theirs).max() <= 1


@pytest.mark.parametrize(("keyword", "kind"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")])
def test_floating_point(tmp_path: Path, keyword: str, kind: str) -> None:
    values = np.random.default_rng(3).normal(size=(2, 3, 5)).astype(kind)
    values[0, 0, 0] = np.nan
    dataset = made(
        BitsAllocated=8 * int(kind[1]), BitsStored=None, HighBit=None, PixelRepresentation=None, NumberOfFrames=2
    )
    setattr(dataset, keyword, values.tobytes())
    assert np.array_equal(both(dataset, tmp_path), values, equal_nan=True)


@pytest.mark.parametrize("syntax", [ENCAPSULATED, DEFLATED_FRAME])
@pytest.mark.parametrize("bits", [1, 16])
def test_frames_without_a_picture_codec(tmp_path: Path, syntax: str, bits: int) -> None:
    values = np.random.default_rng(4).integers(0, 1 << min(bits, 12), (4, 3, 5), dtype="u2")
    plain = [
        np.packbits(frame.astype("u1").reshape(-1), bitorder="little").tobytes() if bits == 1 else frame.tobytes()
        for frame in values
    ]
    packer = [zlib.compressobj(9, zlib.DEFLATED, -15) for _ in plain]
    deflated = [one.compress(data) + one.flush() for one, data in zip(packer, plain, strict=True)]
    dataset = made(
        syntax=syntax,
        BitsAllocated=bits,
        BitsStored=min(bits, 12),
        HighBit=min(bits, 12) - 1,
        NumberOfFrames=4,
        PixelData=encapsulate(plain if syntax == ENCAPSULATED else deflated),
    )
    assert np.array_equal(both(dataset, tmp_path), values)


def test_offset_tables_of_all_kinds(tmp_path: Path) -> None:
    frames = [hu.read(str(get_testdata_file("MR_small_RLE.dcm"))).PixelData]
    image = open_image(str(get_testdata_file("MR_small_RLE.dcm")))
    stream, wanted = image.encoded(0), image.stored(0)
    assert stream in frames[0]
    header = {"Rows": 64, "Columns": 64, "BitsStored": 16, "HighBit": 15, "PixelRepresentation": 1, "NumberOfFrames": 5}
    fragments = ([stream] * 5, {"fragments_per_frame": 1})
    for data, extra in (
        (encapsulate(*fragments[:1], has_bot=True), {}),
        (encapsulate(*fragments[:1], has_bot=False), {}),
        (encapsulate([stream] * 5, fragments_per_frame=3, has_bot=True), {}),
        (_extended([stream] * 5)),
    ):
        dataset = made(syntax=RLE, **header, PixelData=data, **extra)
        opened = open_image(saved(dataset, tmp_path / "rle.dcm"))
        assert np.array_equal(opened.stored(3), wanted)
        assert opened.issues == ()
        assert opened.encoded(4)[: len(stream)] == stream
    wrong = bytearray(encapsulate([stream] * 5, has_bot=True))
    wrong[12:16] = b"\x01\0\0\0"
    opened = open_image(saved(made(syntax=RLE, **header, PixelData=bytes(wrong)), tmp_path / "wrong.dcm"))
    assert np.array_equal(opened.stored(3), wanted)


def _extended(streams: list[bytes]) -> tuple[bytes, dict[str, bytes]]:
    data, offsets, lengths = encapsulate_extended(streams)
    return data, {"ExtendedOffsetTable": offsets, "ExtendedOffsetTableLengths": lengths}


def test_a_member_of_an_archive(tmp_path: Path) -> None:
    import zipfile

    path = get_testdata_file("CT_small.dcm")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(str(path), "IM1")
    assert np.array_equal(hu.frame(tmp_path / "a.zip" / "IM1"), hu.frame(str(path)))


def test_one_frame_of_many_reads_nothing_of_the_rest(tmp_path: Path) -> None:
    """The others are damaged, which would be noticed."""
    stream = open_image(str(get_testdata_file("MR_small_RLE.dcm"))).encoded(0)
    frames = [b"\xff" * len(stream)] * 400
    frames[123] = stream
    dataset = made(
        syntax=RLE, Rows=64, Columns=64, BitsStored=16, HighBit=15, PixelRepresentation=1, NumberOfFrames=400,
        PixelData=encapsulate(frames),
    )  # fmt: skip
    image = open_image(saved(dataset, tmp_path / "many.dcm"))
    assert np.array_equal(image.stored(123), hu.frame(str(get_testdata_file("MR_small_RLE.dcm"))))
    with pytest.raises(PixelError, match="frame 125"):
        image.stored(124)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"Rows": 0}, r"\(0028,0010\)"),
    ({"Columns": 0}, r"\(0028,0011\)"),
    ({"BitsStored": 0}, r"Bits Stored is 0.*\(0028,0101\)"),
    ({"BitsStored": 17}, r"Bits Stored is 17.*\(0028,0101\)"),
    ({"BitsAllocated": 0}, r"\(0028,0100\)"),
    ({"BitsAllocated": 65}, r"\(0028,0100\)"),
    ({"SamplesPerPixel": 77}, r"\(0028,0002\)"),
    ({"NumberOfFrames": -3}, r"\(0028,0008\)"),
    ({"NumberOfFrames": 2_000_000_000}, r"\(0028,0008\)"),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_headers_that_make_no_sense_name_the_tag(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    path = saved(made(**({"PixelData": b"\0" * 30} | changes)), tmp_path / "bad.dcm")
    with pytest.raises(PixelError, match=words):
        hu.frame(path)


def test_repairs_are_told(tmp_path: Path) -> None:
    path = saved(made(HighBit=3, NumberOfFrames=0, PixelData=b"\1\2" * 15), tmp_path / "odd.dcm")
    image = open_image(path)
    assert {issue.code for issue in image.issues} == {"high-bit", "frames-zero"}
    assert image.stored(0)[0, 0] == 0x201


def test_promises_that_a_file_cannot_hold_cost_nothing(tmp_path: Path) -> None:
    native = saved(made(Rows=60000, Columns=60000, PixelData=b"\0" * 30), tmp_path / "native.dcm")
    with pytest.raises(TruncatedError, match=r"7FE0,0010"):
        hu.frame(native)
    frames = saved(made(NumberOfFrames=1000, PixelData=b"\0" * 30), tmp_path / "frames.dcm")
    with pytest.raises(TruncatedError):
        hu.frames(frames)
    assert hu.frame(frames, 0).shape == (3, 5)
    with pytest.raises(TruncatedError):
        hu.frame(frames, 1)
    packed = saved(
        made(syntax=RLE, Rows=60000, Columns=60000, PixelData=encapsulate([b"\1\0\0\0\x40" + b"\0" * 70])),
        tmp_path / "rle.dcm",
    )
    with pytest.raises(LimitError):
        hu.frame(packed)
    with pytest.raises(PixelError, match="no frame 8"):
        hu.frame(native, 7)
    with pytest.raises(UnsupportedError, match="no image"):
        hu.frame(str(get_testdata_file("rtplan.dcm")))


def test_frames_in_any_order_on_any_number_of_threads(shared_data: Path) -> None:
    path = shared_data / "pydicom/src/pydicom/data/test_files/examples_ybr_color.dcm"
    image = open_image(path)
    wanted = [7, 0, 7, 29, 3]
    one = hu.frames(image, wanted, workers=1)
    assert np.array_equal(one, np.stack([image.stored(index) for index in wanted]))
    assert np.array_equal(one, hu.frames(path, wanted, workers=3))
    assert len(hu.frames(image)) == image.frames


@pytest.fixture
def clip(tmp_path: Path) -> Callable[[str, str], Path]:
    """A clip of 30 numbered frames as FFmpeg makes it, in a DICOM file."""
    ffmpeg = require("ffmpeg")

    def make(codec: str, syntax: str) -> Path:
        words = [
            ffmpeg,
            "-y",
            "-v",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=96x64:rate=10:duration=3",
            "-c:v",
            codec,
        ]
        kind = "mpegts" if codec == "mpeg2video" else "h264" if codec == "libx264" else "hevc"
        subprocess.run([*words, "-c:v", codec, "-pix_fmt", "yuv420p", "-f", kind, str(tmp_path / "clip")], check=True)
        data = (tmp_path / "clip").read_bytes()
        dataset = made(
            syntax=syntax, Rows=64, Columns=96, SamplesPerPixel=3, PhotometricInterpretation="YBR_PARTIAL_420",
            PlanarConfiguration=0, BitsAllocated=8, BitsStored=8, HighBit=7, NumberOfFrames=30,
            PixelData=encapsulate([data + b"\0" * (len(data) % 2)]),
        )  # fmt: skip
        dataset["PixelData"].is_undefined_length = True
        return saved(dataset, tmp_path / f"{codec}.dcm")

    return make


@pytest.mark.parametrize(
    ("codec", "syntax"),
    [
        ("mpeg2video", "1.2.840.10008.1.2.4.100"),
        ("libx264", "1.2.840.10008.1.2.4.102"),
        ("libx265", "1.2.840.10008.1.2.4.107"),
    ],
)
def test_clips_equal_ffmpegs_frames(tmp_path: Path, clip: Callable[[str, str], Path], codec: str, syntax: str) -> None:
    pytest.importorskip("av", reason="no PyAV: pip install 'hounsfield[video]'")
    image = open_image(clip(codec, syntax))
    words = [require("ffmpeg"), "-v", "error", "-i", str(tmp_path / "clip"), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    theirs = np.frombuffer(subprocess.run(words, check=True, capture_output=True).stdout, "u1").reshape(-1, 64, 96, 3)
    for index in (0, 17, 5, 6, 29):
        ours = image.stored(index)
        # Chrominance is enlarged in another way by the program than by the library.
        assert np.abs(ours.astype(int) - theirs[index]).mean() < 3, index
    assert np.array_equal(hu.frames(image, [3, 4])[1], image.stored(4))
    short = io.BytesIO(clip(codec, syntax).read_bytes())
    dataset = hu.read(short)
    dataset.NumberOfFrames = 40
    with pytest.raises(PixelError, match=r"ends after 30 frames|cannot be decoded"):
        hu.frame(dataset, 39)
