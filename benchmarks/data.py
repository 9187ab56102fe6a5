"""The data that the benchmarks run on, made once and kept in a folder of their own."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FULL", "QUICK", "Data", "Sizes", "places", "prepare"]


@dataclass(frozen=True)
class Sizes:
    """How much is generated."""

    export_files: int
    ct: tuple[int, int]  # slices, rows
    mr: tuple[int, int, int, int]  # time, slices, rows, columns
    enhanced: tuple[int, int]  # slices, rows


FULL = Sizes(20_000, (600, 512), (100, 40, 128, 128), (400, 512))
QUICK = Sizes(400, (20, 64), (4, 5, 32, 32), (20, 64))


@dataclass(frozen=True)
class Data:
    """Where everything is."""

    export: Path
    ct: Path
    mr: Path
    enhanced: Path
    header: Path
    work: Path


def places(folder: Path, sizes: Sizes) -> Data:
    """Return where the data of this size are, or will be, below `folder`."""
    name = f"{sizes.export_files}-{sizes.ct[0]}-{sizes.mr[0]}"
    root = folder / name
    return Data(root / "export", root / "ct", root / "mr-noisy", root / "enhanced", root / "header", root / "work")


def prepare(folder: Path, sizes: Sizes) -> Data:
    """Make what is missing below `folder`."""
    from benchmarks.export import EXPLICIT, image, write_ct, write_export
    from hounsfield.testing import enhanced_ct, mr_series

    data = places(folder, sizes)
    data.work.mkdir(parents=True, exist_ok=True)
    complete = data.work.parent / "complete"
    if not complete.exists():
        write_export(data.export, sizes.export_files)
        write_ct(data.ct, *sizes.ct)
        enhanced_ct(data.enhanced / "IM0001", slices=sizes.enhanced[0], rows=sizes.enhanced[1])
        data.header.mkdir(exist_ok=True)
        (data.header / "IM0001").write_bytes(image((0, 0, 0), EXPLICIT, bytes(8192), 64))
        complete.write_text("")
    if not data.mr.exists():
        # Noise as scanners have it: without it there is nothing to compress, and programs are compared at starting.
        mr_series(data.mr, shape=sizes.mr, noise=15)
    return data


if __name__ == "__main__":
    # A process of its own: what it imports would count as memory of every contender started from it.
    prepare(Path(sys.argv[1]), QUICK if sys.argv[2] == "quick" else FULL)
