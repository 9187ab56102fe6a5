"""Transcoding a CT series: ours beside DCMTK, GDCM and pydicom, file by file as they work."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks.clearing import cleared
from benchmarks.measure import Contender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.data import Data

__all__ = ["contenders"]

_SLICES = 200
# One process for each file, as these programs take one.
_EACH = 'out=$1; folder=$2; shift 2; for file in "$folder"/*; do "$@" "$file" "$out/${file##*/}" || exit 1; done'
_PYDICOM = """
import os, sys, pydicom
for name in os.listdir(sys.argv[1]):
    dataset = pydicom.dcmread(os.path.join(sys.argv[1], name))
    dataset.compress(sys.argv[3], generate_instance_uid=False)
    dataset.save_as(os.path.join(sys.argv[2], name))
"""
_PEERS = {
    "jpeg-ls": (["dcmcjpls"], "1.2.840.10008.1.2.4.80", "jpeg_ls"),
    "rle": (["dcmcrle"], "1.2.840.10008.1.2.5", "pydicom"),
    "jpeg2000": (["gdcmconv", "--j2k"], "1.2.840.10008.1.2.4.90", "openjpeg"),
    "jpeg-lossless": (["dcmcjpeg", "+e1"], "", ""),
    "htj2k": ([], "", ""),
    "jpeg-xl": ([], "", ""),
}


def contenders(to: str) -> Callable[[Data], list[Contender]]:
    """Who writes 200 slices in this transfer syntax."""

    def each(data: Data) -> list[Contender]:
        folder, out = _slices(data), data.work / "transcoded"
        clear = cleared(out)

        ours = [sys.executable, "-m", "hounsfield", "transcode", str(folder), "-o", str(out), "--to", to]
        found = [
            Contender("hounsfield", ours, clear, makes=out),
            Contender("hounsfield --verify", [*ours, "--verify"], clear, makes=out),
        ]
        program, uid, module = _PEERS[to]
        if program and shutil.which(program[0]):
            words = ["sh", "-c", _EACH, "sh", str(out), str(folder), *program]
            found.append(Contender(program[0], words, clear, makes=out))
        if module and importlib.util.find_spec(module):
            words = [sys.executable, "-c", _PYDICOM, str(folder), str(out), uid]
            found.append(Contender("pydicom", words, clear, makes=out))
        return found

    return each


def _slices(data: Data) -> Path:
    """Give a folder of the first slices."""
    folder = data.work / "slices"
    if not folder.exists():
        folder.mkdir(parents=True)
        for path in sorted(data.ct.iterdir())[:_SLICES]:
            (folder / path.name).symlink_to(path.resolve())
    return folder
