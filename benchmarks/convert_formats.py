"""Cohorts on one worker and on two, a series of 2 GB that is streamed, and what other formats cost."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks.clearing import cleared
from benchmarks.measure import Contender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.data import Data

__all__ = ["cohort", "format_of_ct", "streamed"]

_UID_DIGITS = 8


def _hu(*words: object) -> list[str]:
    return [sys.executable, "-m", "hounsfield", *map(str, words)]


def cohort(data: Data) -> list[Contender]:
    """Give the contenders for many series: two workers, then one."""
    source, out = _many(data), data.work / "cohort"
    return [
        Contender(name, _hu("convert", source, "-o", out, "--workers", workers), cleared(out), makes=out)
        for name, workers in (("hounsfield, two workers", 2), ("one worker", 1))
    ]


def _many(data: Data) -> Path:
    """Make a thousand series (twenty of quick data), which are one that is copied with other UIDs."""
    import pydicom

    from hounsfield.testing import chest_ct

    folder = data.work / "series"
    count, slices = (1000, 24) if data.export.parent.name.startswith("20000-") else (20, 4)
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    files = chest_ct(data.work / "series-model", slices=slices, rows=256)
    models = [(file.read_bytes(), pydicom.dcmread(file, stop_before_pixels=True)) for file in files]
    for series in range(count):
        place = folder / f"{series:04d}"
        place.mkdir(parents=True)
        for number, (content, header) in enumerate(models):
            changed = _replaced(content, header.SOPInstanceUID, series * slices + number)
            (place / f"{number:04d}").write_bytes(_replaced(changed, header.SeriesInstanceUID, series))
    (folder / "complete").write_text("")
    return folder


def _replaced(content: bytes, uid: str, number: int) -> bytes:
    return content.replace(uid.encode(), f"{uid[:-_UID_DIGITS]}{number:0{_UID_DIGITS}d}".encode())


def streamed(data: Data) -> list[Contender]:
    """Give the contender for a series of 2 GB, whose memory counts; dcm2niix beside it."""
    source, out = _large(data), data.work / "large"
    found = [Contender("hounsfield", _hu("convert", source, "-o", out, "--compress", "none"), cleared(out), makes=out)]
    if shutil.which("dcm2niix"):
        words = ["dcm2niix", "-z", "n", "-b", "n", "-o", str(out), str(source)]
        found.append(Contender("dcm2niix", words, cleared(out), makes=out))
    return found


def _large(data: Data) -> Path:
    from hounsfield.testing import mr_series

    folder = data.work / "large-series"
    shape = (64, 64, 512, 512) if data.export.parent.name.startswith("20000-") else (4, 4, 64, 64)
    if not (data.work / "large-complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        mr_series(folder, shape=shape)
        (data.work / "large-complete").write_text("")
    return folder


def format_of_ct(name: str) -> Callable[[Data], list[Contender]]:
    """Give the contender that writes the CT in a format; plain NIfTI beside it."""

    def contenders(data: Data) -> list[Contender]:
        out = data.work / "format"
        words = {name: ("--to", name), "NIfTI": ("--compress", "none")}
        return [
            Contender(title, _hu("convert", data.ct, "-o", out, *chosen), cleared(out), makes=out)
            for title, chosen in words.items()
        ]

    return contenders
