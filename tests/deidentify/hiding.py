"""Hides words in compressed pixel data where no attribute of the standard's table is; imports nothing of hounsfield."""

from __future__ import annotations

import io
import struct
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PICTURES", "WORD", "Hidden", "items", "picture", "video", "write"]

WORD = b"Zebedee^Quill!"


@dataclass(frozen=True)
class Hidden:
    """Frames in fragments, with the word in them.

    Parameters
    ----------
    syntax : str
        Transfer Syntax UID.
    fragments : list of bytes
        All fragments, of even length, without the offset table.
    decode : callable
        Gives the pixels of all frames from the fragments.
    table : bytes
        Basic offset table.
    frames : int
        How many there are.
    extended : tuple of bytes, optional
        Extended offset table and its lengths.
    """

    syntax: str
    fragments: list[bytes]
    decode: Callable[[list[bytes]], Any]
    table: bytes = b""
    frames: int = 1
    extended: tuple[bytes, bytes] | None = None


def picture(seed: int, *, bits: int = 8) -> Any:
    """Give pixels that compress to something."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((64, 48))
    return (rows * 3 + columns + rng.integers(0, 9, (64, 48))).astype(np.uint8 if bits == 8 else np.uint16)


def _even(data: bytes) -> bytes:
    return data + bytes(len(data) % 2)


def _codec(name: str, **options: Any) -> tuple[bytes, Callable[[list[bytes]], Any]]:
    import imagecodecs

    data = getattr(imagecodecs, f"{name}_encode")(picture(3), **options)
    return data, lambda fragments: getattr(imagecodecs, f"{name}_decode")(b"".join(fragments))


def _rle() -> Hidden:
    import imagecodecs

    # Each row is packed by itself (PS3.5 G.3.1).
    plane = picture(3)
    packed = b"".join(imagecodecs.packbits_encode(row.tobytes()) for row in plane)
    header = struct.pack("<16I", 1, 64 + len(WORD), *struct.unpack("<14I", (WORD * 4)[:56]))

    def decode(fragments: list[bytes]) -> Any:
        frame = fragments[0]
        (at,) = struct.unpack_from("<I", frame, 4)
        made = b""
        while len(made) < plane.size:
            count = frame[at]
            if count < 128:
                made += frame[at + 1 : at + 2 + count]
            elif count > 128:
                made += frame[at + 1 : at + 2] * (257 - count)
            at += count + 2 if count < 128 else 1 + (count > 128)
        return np.frombuffer(made, np.uint8)

    return Hidden("1.2.840.10008.1.2.5", [_even(header + WORD + packed + WORD), WORD], decode)


def _table() -> Hidden:
    stream, decode = _codec("jpegls")
    return Hidden("1.2.840.10008.1.2.4.80", [_even(stream)], decode, table=(WORD * 2)[:16])


def _other_fragments() -> Hidden:
    stream, decode = _codec("jpegls")
    pictured = _even(stream)
    return Hidden("1.2.840.10008.1.2.4.80", [pictured, WORD, pictured], lambda fragments: decode(fragments[:1]))


def _extended() -> Hidden:
    stream, decode = _codec("jpegls")
    pictured = _even(stream)
    both = (bytes(8) + WORD[:8], WORD[:8] + struct.pack("<Q", len(stream)))
    return Hidden(
        "1.2.840.10008.1.2.4.80",
        [pictured, pictured],
        lambda fragments: [decode([one]) for one in fragments],
        frames=2,
        extended=both,
    )


def _pillow(fragments: list[bytes]) -> Any:
    return np.asarray(Image.open(io.BytesIO(b"".join(fragments))))


def _progressive() -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(3)).save(file, "JPEG", progressive=True, quality=90)
    return file.getvalue()


def _comment(marker: bytes = b"\xff\xfe") -> bytes:
    return marker + struct.pack(">H", len(WORD) + 2) + WORD


def _between_scans() -> Hidden:
    data = _progressive()
    second = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    # Before the tables of the scan, if it has any.
    made = data[:second] + _comment() + _comment(b"\xff\xed") + data[second:]
    return Hidden("1.2.840.10008.1.2.4.50", [_even(made)], _pillow)


def _between_segments() -> Hidden:
    data = _progressive()
    first = 4 + struct.unpack_from(">H", data, 4)[0]
    return Hidden("1.2.840.10008.1.2.4.50", [_even(data[:first] + WORD + data[first:])], _pillow)


def _over_fragments() -> Hidden:
    data = _progressive()
    made = _even(data[:2] + _comment() + data[2:] + WORD)
    # The comment begins in one fragment and ends in another.
    return Hidden("1.2.840.10008.1.2.4.50", [made[:12], made[12:400], made[400:]], _pillow)


def _tile() -> Hidden:
    data, decode = _codec("jpeg2k", codecformat="j2k")
    at = data.index(b"\xff\x90")
    (length,) = struct.unpack_from(">I", data, at + 6)
    comment = b"\xff\x64" + struct.pack(">HH", len(WORD) + 4, 1) + WORD
    part = data[at : at + 6] + struct.pack(">I", length + len(comment) if length else 0) + data[at + 10 : at + 12]
    return Hidden("1.2.840.10008.1.2.4.90", [_even(data[:at] + part + comment + data[at + 12 :])], decode)


def _box(kind: bytes) -> bytes:
    return struct.pack(">I", len(WORD) + 8) + kind + WORD


def _jp2() -> Hidden:
    data, decode = _codec("jpeg2k", codecformat="jp2")
    stream = data.index(b"jp2c") - 4
    boxes = _box(b"xml ") + _box(b"free")
    (length,) = struct.unpack_from(">I", data, stream)
    code = data[stream : stream + length] if length else data[stream:]
    sized = struct.pack(">I", len(code)) + code[4:]
    return Hidden("1.2.840.10008.1.2.4.90", [_even(data[:stream] + boxes + sized + _box(b"UUID") + WORD)], decode)


def _jxl() -> Hidden:
    data, decode = _codec("jpegxl", usecontainer=True, lossless=True)
    return Hidden("1.2.840.10008.1.2.4.110", [_even(data + _box(b"xml ") + _box(b"Exif"))], decode)


def _plain() -> Hidden:
    pixels = picture(3)
    fragments = [_even(pixels.tobytes() + WORD), WORD]
    return Hidden("1.2.840.10008.1.2.1.98", fragments, lambda found: found[0][: pixels.size])


def _deflated() -> Hidden:
    import zlib

    packer = zlib.compressobj(wbits=-15)
    data = packer.compress(picture(3).tobytes()) + packer.flush()
    return Hidden("1.2.840.10008.1.2.8.1", [_even(data + WORD)], lambda found: zlib.decompress(found[0], -15))


PICTURES: dict[str, Callable[[], Hidden]] = {
    "around the segments of RLE, and another fragment": _rle,
    "in the basic offset table": _table,
    "in fragments and pictures of no frame": _other_fragments,
    "in the extended offset table": _extended,
    "between the scans of a JPEG": _between_scans,
    "between the segments of a JPEG": _between_segments,
    "over the fragments of a JPEG": _over_fragments,
    "in the header of a tile": _tile,
    "in boxes around JPEG 2000": _jp2,
    "in boxes around JPEG XL": _jxl,
    "behind plain pixels": _plain,
    "behind deflated pixels": _deflated,
}


def _ffmpeg(folder: Path, *words: str) -> bytes:
    made = folder / "video"
    source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1"]
    command = [require("ffmpeg"), "-v", "error", "-y", *source, "-pix_fmt", "yuv420p", *words, str(made)]
    subprocess.run(command, check=True, timeout=60)
    return made.read_bytes()


def video(folder: Path, kind: str) -> Hidden:
    """Make a video: ``avc``, ``hevc`` and ``mpeg2`` as streams, ``ts`` and ``mp4`` of H.264."""
    words = {
        "avc": ("1.2.840.10008.1.2.4.102", ["-c:v", "libx264", "-f", "h264"]),
        "hevc": ("1.2.840.10008.1.2.4.107", ["-c:v", "libx265", "-x265-params", "log-level=error", "-f", "hevc"]),
        "mpeg2": ("1.2.840.10008.1.2.4.100", ["-c:v", "mpeg2video", "-f", "mpeg2video"]),
        "ts": ("1.2.840.10008.1.2.4.102", ["-c:v", "libx264", "-f", "mpegts"]),
        "mp4": ("1.2.840.10008.1.2.4.102", ["-c:v", "libx264", "-f", "mp4", "-metadata", f"title={WORD.decode()}"]),
    }
    syntax, options = words[kind]
    data = _ffmpeg(folder, *options)
    if kind in ("avc", "ts"):
        # Unregistered user data, where x264 tells of itself: so many letters are somebody's name.
        data = data.replace(b"x264 - core 16", WORD[:14])
    elif kind == "hevc":
        data = data.replace(b"x265 (build 19", WORD[:14]).replace(b"x265 (build 21", WORD[:14])
    elif kind == "mpeg2":
        at = data.index(b"\0\0\1\xb8")
        data = data[:at] + b"\0\0\1\xb2" + WORD + data[at:]
    assert WORD in data, kind

    def decode(fragments: list[bytes]) -> str:
        path = folder / "decoded"
        path.write_bytes(b"".join(fragments))
        command = [require("ffmpeg"), "-v", "error", "-i", str(path), "-an", "-f", "framemd5", "-"]
        said = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout
        return "\n".join(line.rsplit(",", 1)[-1] for line in said.splitlines() if not line.startswith("#"))

    return Hidden(syntax, [_even(data)], decode, frames=10)


def items(pixel_data: bytes) -> list[bytes]:
    """Give the fragments, without the offset table."""
    found, at = [], 0
    while pixel_data[at : at + 4] == b"\xfe\xff\x00\xe0":
        (length,) = struct.unpack_from("<I", pixel_data, at + 4)
        found.append(pixel_data[at + 8 : at + 8 + length])
        at += 8 + length
    return found[1:]


def write(path: Path, hidden: Hidden) -> None:
    """Write it as a secondary capture."""
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7.2", "1.2.3.4"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.PatientID = "1.2.3", "1.2.3.1", "P1"
    data.Modality, data.BurnedInAnnotation = "OT", "NO"
    data.Rows, data.Columns, data.NumberOfFrames = 64, 48, hidden.frames
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    if hidden.extended is not None:
        data.ExtendedOffsetTable, data.ExtendedOffsetTableLengths = hidden.extended
    value = b""
    for fragment in (hidden.table, *hidden.fragments):
        value += b"\xfe\xff\x00\xe0" + struct.pack("<I", len(fragment)) + fragment
    data.PixelData = value
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = UID(hidden.syntax)
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    data.file_meta.FileMetaInformationVersion = b"\0\1"
    data.file_meta.ImplementationClassUID = UID("1.2.3.9")
    data.preamble = bytes(128)
    # Not all of these syntaxes are known to pydicom.
    data.save_as(path, implicit_vr=False, little_endian=True, force_encoding=True)
