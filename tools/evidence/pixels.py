"""Evidence for decoding: every compressed file of the test data, beside the programs that decode it, too."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import HounsfieldError
from hounsfield.pixels.image import open_image
from hounsfield.pixels.syntaxes import syntax_of
from tools.evidence.row import Row, hu, program, run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]

# How far values may be apart: decoders of the lossy ones round in their own ways.
_MOST = {"jpeg": 2, "jpeg-lossless": 0, "jpeg-ls": 0, "rle": 0, "jpeg-2000": 1}
_NAMES = {
    "jpeg": "JPEG",
    "jpeg-lossless": "JPEG lossless",
    "jpeg-ls": "JPEG-LS",
    "rle": "RLE",
    "jpeg-2000": "JPEG 2000 and HTJ2K",
}
_PROGRAMS = {
    "jpeg": ["dcmdjpeg"],
    "jpeg-lossless": ["dcmdjpeg"],
    "jpeg-ls": ["dcmdjpls"],
    "rle": ["dcmdrle"],
    "jpeg-2000": ["gdcmconv", "--raw"],
}


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    found = _files(data)
    for decoder, words in _PROGRAMS.items():
        yield _decoded(decoder, words, found.get(decoder, []))
    yield _video()
    yield _doctor()


def _files(data: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(data.rglob("*")):
        if not path.is_file():
            continue
        try:
            image = open_image(path)
        except HounsfieldError:
            continue
        syntax = syntax_of(image.syntax)
        if syntax is not None and syntax.decoder in _PROGRAMS:
            found.setdefault(syntax.decoder, []).append(path)
    return found


def _decoded(decoder: str, words: list[str], paths: list[Path]) -> Row:
    name, *options = words
    same, frames, worst, alone, refused = 0, 0, 0.0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            try:
                mine = _ours(path)
            except HounsfieldError as error:
                refused.append(f"{path.name}: {error.message.partition(':')[0]}")
                continue
            out = Path(folder) / f"{number}.dcm"
            try:
                run(program(name), *options, path, out)
                other = _native(out)
            except Exception:  # noqa: BLE001 - the program refuses the file, or writes an empty one
                alone += 1
                continue
            apart = np.abs(mine - other).max() if mine.shape == other.shape else np.inf
            worst = max(worst, float(apart))
            same += apart <= _MOST[decoder]
            frames += len(mine)
    tried = len(paths) - alone - len(refused)
    return Row(
        f"{_NAMES[decoder]} decodes to what others decode",
        "`hounsfield.pixels.image.open_image(FILE).stored(FRAME)`",
        f"all {len(paths)} such files",
        name,
        f"{same} of {tried} files ({frames:,} frames) are the same"
        + (f" within {_MOST[decoder]}" if _MOST[decoder] else "")
        + (f"; refused: {', '.join(refused)}" if refused else ""),
        f"values differ by at most {worst:g}; {alone} files it does not decode",
        same == tried and tried > 0 and len(refused) <= 1,
    )


def _ours(path: Path) -> Any:
    image = open_image(path)
    layout = image.layout
    frames = np.stack([image.stored(index) for index in range(image.frames)]).astype(np.int64)
    shaped = frames.reshape(image.frames, layout.rows, layout.columns, layout.samples)
    return shaped & ((1 << layout.bits_stored) - 1)


def _native(path: Path) -> Any:
    """Give the numbers of an uncompressed file, as pydicom finds them."""
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
        count, samples = int(dataset.get("NumberOfFrames") or 1), dataset.SamplesPerPixel
        size = count * dataset.Rows * dataset.Columns * samples
        values = np.frombuffer(dataset.PixelData, f"<u{dataset.BitsAllocated // 8}", size).astype(np.int64)
    if dataset.get("PlanarConfiguration") == 1:
        shaped = values.reshape(count, samples, dataset.Rows, dataset.Columns).transpose(0, 2, 3, 1)
    else:
        shaped = values.reshape(count, dataset.Rows, dataset.Columns, samples)
    return shaped & ((1 << dataset.BitsStored) - 1)


def _video() -> Row:
    """Compare single frames of a clip, in no order, with all frames that FFmpeg decodes."""
    from hounsfield.pixels.layout import Layout
    from hounsfield.pixels.video import Clip

    layout = Layout(288, 352, 3, 8, 8, 7, signed=False, float=False, planar=False, photometric="YBR_PARTIAL_420")
    worst, kinds = 0, (("100", "mpeg2video", "mpegts"), ("102", "libx264", "mp4"), ("107", "libx265", "hevc"))
    with tempfile.TemporaryDirectory() as folder:
        for end, codec, form in kinds:
            clip, raw = Path(folder) / end, Path(folder) / f"{end}.raw"
            words = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=352x288", "-frames:v", "50", "-g", "12"]
            run(program("ffmpeg"), *words, "-pix_fmt", "yuv420p", "-c:v", codec, "-f", form, clip)
            words = ["-v", "error", "-i", str(clip), "-vf", "scale=in_color_matrix=bt601", "-pix_fmt", "rgb24"]
            run(program("ffmpeg"), *words, "-f", "rawvideo", raw)
            theirs = np.fromfile(raw, np.uint8).reshape(-1, 288, 352, 3).astype(int)
            with Clip(clip.read_bytes(), f"1.2.840.10008.1.2.4.{end}", layout) as opened:
                for index in (49, 0, 13, 12, 30, 11):
                    worst = max(worst, int(np.abs(opened.frame(index) - theirs[index]).max()))
    return Row(
        "any frame of MPEG-2, H.264 and H.265 is the one that FFmpeg decodes",
        "`hounsfield.pixels.video.Clip(DATA, UID, LAYOUT).frame(49)`",
        "clips of 50 frames that FFmpeg makes",
        "ffmpeg",
        "6 frames of each of 3 clips, in no order",
        f"values differ by at most {worst}: color is rounded",
        worst <= 4,
    )


def _doctor() -> Row:
    import json

    import imagecodecs

    found = json.loads(hu("doctor", "--json"))
    versions = {library["codec"]: library["version"] for library in found["libraries"]}
    theirs = imagecodecs.jpeg2k_version().removeprefix("openjpeg ")
    read = sum(row["read"] for row in found["syntaxes"])
    return Row(
        "the doctor tells what is there",
        "`hu doctor --json`",
        "-",
        "imagecodecs' own versions",
        f"{read} of {len(found['syntaxes'])} syntaxes are read; OpenJPEG {versions['jpeg-2000']}",
        f"OpenJPEG {theirs}",
        versions["jpeg-2000"] == theirs and read > 40,
    )
