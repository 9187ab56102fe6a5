"""Compressed real files decode to what DCMTK, GDCM and other decoders make of them, frame by frame."""

from __future__ import annotations

import subprocess
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

from hounsfield.errors import HounsfieldError
from hounsfield.pixels.image import open_image
from hounsfield.pixels.syntaxes import syntax_of
from tests.interop.readers import native
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

Array = np.ndarray[Any, np.dtype[Any]]

DCMTK = {"jpeg": "dcmdjpeg", "jpeg-lossless": "dcmdjpeg", "jpeg-ls": "dcmdjpls", "rle": "dcmdrle"}
# What hounsfield cannot decode either, and why.
BROKEN = {"JPEG2000-embedded-sequence-delimiter.dcm": "its code stream is made up"}


def files(folder: Path, decoders: set[str]) -> list[Path]:
    """Give the files that need one of the decoders."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in (".gz", ".nii", ".json", ".zip"):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = pydicom.dcmread(path, stop_before_pixels=True)
            except Exception:  # noqa: BLE001 - it is something else
                continue
        syntax = syntax_of(str(getattr(dataset, "file_meta", {}).get("TransferSyntaxUID", "")))
        if syntax is not None and syntax.decoder in decoders and "Rows" in dataset:
            found.append(path)
    return found


def ours(path: Path) -> Array:
    image = open_image(path)
    frames = np.stack([image.stored(index) for index in range(image.frames)])
    layout = image.layout
    return frames.reshape(image.frames, layout.rows, layout.columns, layout.samples)


def theirs(program: str, path: Path, out: Path, *options: str) -> Array | None:
    """What the program makes of the file; nothing where it refuses."""
    done = subprocess.run([require(program), *options, str(path), str(out)], capture_output=True, check=False)
    if done.returncode or not out.exists() or not out.stat().st_size:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return native(out)


def difference(mine: Array, other: Array, path: Path) -> float:
    bits = open_image(path).layout.bits_stored
    unsigned = mine.astype("i8").view("u8") & np.array((1 << bits) - 1, "u8")
    return float(np.abs(unsigned.astype("i8") - other.astype("i8")).max())


def compared(folder: Path, tmp_path: Path, programs: dict[str, list[str]]) -> tuple[list[str], dict[str, int]]:
    different: list[str] = []
    counts: dict[str, int] = {}
    for path in files(folder, set(programs)):
        decoder = syntax_of(open_image(path).syntax)
        assert decoder is not None
        if path.name in BROKEN:
            with pytest.raises(HounsfieldError):
                ours(path)
            continue
        mine = ours(path)
        program, *options = programs[decoder.decoder]
        other = theirs(program, path, tmp_path / f"{len(counts)}-{sum(counts.values())}.dcm", *options)
        if other is None:
            continue
        counts[decoder.decoder] = counts.get(decoder.decoder, 0) + 1
        # Inverse DCTs and color conversions round in their own ways; JPEG 2000 with loss does, too.
        most = 2 if decoder.decoder == "jpeg" else 1 if decoder.lossy != "never" else 0
        if other.shape != mine.shape or difference(mine, other, path) > most:
            found = difference(mine, other, path) if other.shape == mine.shape else other.shape
            different.append(f"{path.name}: {found}")
    return different, counts


def test_dcmtk_decodes_the_same(shared_data: Path, tmp_path: Path) -> None:
    different, counts = compared(shared_data, tmp_path, {decoder: [program] for decoder, program in DCMTK.items()})
    assert different == []
    assert counts["jpeg"] >= 15, counts
    assert counts["jpeg-lossless"] >= 12, counts
    assert counts["jpeg-ls"] >= 15, counts
    assert counts["rle"] >= 15, counts


def test_gdcm_decodes_the_same(shared_data: Path, tmp_path: Path) -> None:
    different, counts = compared(shared_data, tmp_path, {"jpeg-2000": ["gdcmconv", "--raw"]})
    assert different == []
    assert counts["jpeg-2000"] >= 20, counts
