"""Videos decode to what FFmpeg decodes: whole, and picture by picture, in every container that DICOM names."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hounsfield.errors import PixelError
from hounsfield.pixels.layout import Layout
from hounsfield.pixels.video import Clip, decode_clip, decode_clip_frame
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

Array = np.ndarray[Any, np.dtype[Any]]

ROOT = "1.2.840.10008.1.2.4."
COUNT = 30
ROWS, COLUMNS = 144, 176
# Container and codec: how each is made, and the transfer syntax it is for.
KINDS = {
    "MPEG-2, transport stream": ("100", "mpegts", ["-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-q:v", "3"]),
    "MPEG-2, program stream": ("101.1", "mpeg", ["-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-q:v", "3"]),
    "MPEG-2, bare": ("100", "mpeg2video", ["-c:v", "mpeg2video", "-g", "12", "-q:v", "3"]),
    "H.264, MP4": ("102", "mp4", ["-c:v", "libx264", "-g", "12"]),
    "H.264, transport stream": ("104.1", "mpegts", ["-c:v", "libx264", "-g", "12"]),
    "H.264, bare": ("103", "h264", ["-c:v", "libx264", "-g", "12"]),
    "H.265, MP4": ("107", "mp4", ["-c:v", "libx265", "-g", "12", "-x265-params", "log-level=none"]),
    "H.265, bare": ("107", "hevc", ["-c:v", "libx265", "-g", "12", "-x265-params", "log-level=none"]),
}
# Both make color of the same numbers; whose chrominance lies between pixels differs a little.
ROUNDED = 4


def layout(rows: int = ROWS, columns: int = COLUMNS, *, bits: int = 8, samples: int = 3) -> Layout:
    photometric = "YBR_PARTIAL_420" if samples == 3 else "MONOCHROME2"
    allocated = 8 if bits == 8 else 16
    return Layout(rows, columns, samples, allocated, bits, bits - 1, False, False, False, photometric)


def make(path: Path, form: str, options: list[str], *, size: tuple[int, int] = (ROWS, COLUMNS)) -> bytes:
    source = f"testsrc2=s={size[1]}x{size[0]}:r=25"
    words = ["-v", "error", "-y", "-f", "lavfi", "-i", source, "-frames:v", str(COUNT), "-pix_fmt", "yuv420p"]
    subprocess.run([require("ffmpeg"), *words, *options, "-f", form, str(path)], check=True)
    return path.read_bytes()


def by_ffmpeg(path: Path, shape: tuple[int, ...], scale: str, form: str = "rgb24") -> Array:
    words = ["-v", "error", "-i", str(path), "-vf", f"scale={scale}", "-pix_fmt", form, "-f", "rawvideo", "-"]
    found = subprocess.run([require("ffmpeg"), *words], check=True, capture_output=True).stdout
    return np.frombuffer(found, "<u2" if "48" in form else "u1").reshape(-1, *shape)


@pytest.mark.parametrize("name", KINDS)
def test_every_picture_is_the_one_that_ffmpeg_decodes(name: str, tmp_path: Path) -> None:
    end, form, options = KINDS[name]
    data = make(tmp_path / "clip", form, options)
    theirs = by_ffmpeg(tmp_path / "clip", (ROWS, COLUMNS, 3), "in_color_matrix=bt601")
    ours = np.stack(list(decode_clip(data, ROOT + end, layout())))
    assert ours.shape == theirs.shape == (COUNT, ROWS, COLUMNS, 3)
    assert np.abs(ours.astype(int) - theirs).max() <= ROUNDED
    with Clip(data, ROOT + end, layout()) as clip:
        for index in (29, 0, 11, 12, 13, 25, 1, 2, 2, 14, 29):
            assert np.array_equal(clip.frame(index), ours[index]), index
        assert np.array_equal(next(clip.frames()), ours[0])
        with pytest.raises(PixelError, match="ends after 30 frames"):
            clip.frame(COUNT)


@pytest.mark.parametrize(
    ("size", "marks", "matrix", "spread"),
    [
        ((720, 1280), [], "bt709", "tv"),
        ((576, 720), [], "bt601", "tv"),
        ((144, 176), ["-colorspace", "bt709"], "bt709", "tv"),
        ((720, 1280), ["-colorspace", "smpte170m"], "bt601", "tv"),
        ((144, 176), ["-color_range", "pc"], "bt601", "pc"),
    ],
)
def test_matrix_and_range_are_those_of_the_stream(
    size: tuple[int, int], marks: list[str], matrix: str, spread: str, tmp_path: Path
) -> None:
    data = make(tmp_path / "clip.mp4", "mp4", ["-c:v", "libx264", *marks], size=size)
    ours = decode_clip_frame(data, f"{ROOT}102", layout(*size), 2)
    theirs = by_ffmpeg(tmp_path / "clip.mp4", (*size, 3), f"in_color_matrix={matrix}:in_range={spread}")[2]
    assert np.abs(ours.astype(int) - theirs).max() <= ROUNDED


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    options = ["-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none"]
    data = make(tmp_path / "clip", "hevc", options)
    ours = decode_clip_frame(data, f"{ROOT}108", layout(bits=10), 3)
    theirs = by_ffmpeg(tmp_path / "clip", (ROWS, COLUMNS, 3), "in_color_matrix=bt601:flags=bilinear", "rgb48le")[3] >> 6
    assert ours.dtype == np.uint16
    assert ours.max() > 1000
    # Chrominance between two edges is interpolated in more than one way.
    assert np.median(np.abs(ours.astype(int) - theirs)) <= 1
    # Color of bright pixels needs all ten bits.
    assert len(np.unique(ours)) > 256


def test_one_sample_is_the_luminance(tmp_path: Path) -> None:
    data = make(tmp_path / "clip", "mp4", ["-c:v", "libx264"])
    gray = decode_clip_frame(data, f"{ROOT}102", layout(samples=1), 0)
    color = decode_clip_frame(data, f"{ROOT}102", layout(), 0).astype(float) @ (0.299, 0.587, 0.114)
    assert gray.shape == (ROWS, COLUMNS)
    assert np.median(np.abs(gray - color)) <= 1


def test_what_is_no_video_is_an_error(tmp_path: Path) -> None:
    data = make(tmp_path / "clip", "mp4", ["-c:v", "libx264"])
    with pytest.raises(PixelError, match="144 x 176, the header promises 100 x 176"):
        decode_clip_frame(data, f"{ROOT}102", layout(rows=100), 0)
    for wrong in (b"", b"RIFF....AVI ", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", bytes(2000), data[:500]):
        with pytest.raises(PixelError, match=r"video") as caught:
            decode_clip_frame(wrong, f"{ROOT}102", layout(), 0)
        assert caught.value.tag == 0x7FE00010


def test_larger_pictures_in_the_middle_are_refused(tmp_path: Path) -> None:
    small = make(tmp_path / "small", "h264", ["-c:v", "libx264"])
    large = make(tmp_path / "large", "h264", ["-c:v", "libx264"], size=(1080, 1920))
    with pytest.raises(PixelError):
        list(decode_clip(small + large, f"{ROOT}102", layout()))
