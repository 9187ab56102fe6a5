"""Vendors' files with damaged headers are loaded or refused in words; nothing else."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

import hounsfield as hu
from hounsfield.errors import HounsfieldError
from tests.vendors import diffusion
from tests.vendors.enhanced import Frames, write_enhanced
from tests.vendors.phantom import AXIAL, Series, voxels, write
from tests.vendors.test_enhanced import weighted
from tests.vendors.test_uih import write_grid

if TYPE_CHECKING:
    from pathlib import Path

_TRIES = 25
_OPTIONS: tuple[dict[str, Any], ...] = ({}, {"resample": True, "allow": "all"}, {"scaling": "real-world"})


def made(kind: str, folder: Path) -> list[Path]:
    if kind == "grid":
        write_grid(folder, AXIAL, 5)
    elif kind == "enhanced":
        folder.mkdir()
        write_enhanced(folder / "a.dcm", Series("Philips Medical Systems"), voxels(3, 2), Frames(), weighted)
    else:
        change = getattr(diffusion, kind)
        about = Series(
            {"ge": "GE MEDICAL SYSTEMS"}.get(kind, kind), attributes={"InPlanePhaseEncodingDirection": "COL"}
        )
        write(folder, about, voxels(2, 2), change)
    return sorted(folder.iterdir())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["siemens", "ge", "philips", "uih", "grid", "enhanced"])
def test_damaged_headers(tmp_path: Path, kind: str) -> None:
    chance = random.Random(kind)
    files = made(kind, tmp_path / "in")
    whole = {file: file.read_bytes() for file in files}
    for _ in range(_TRIES):
        file = chance.choice(files)
        data = bytearray(whole[file])
        for _ in range(chance.choice((1, 2, 8))):
            at = chance.randrange(132, len(data) - 8)
            data[at : at + chance.randrange(5)] = chance.randbytes(chance.randrange(6))
        file.write_bytes(data)
        for options in _OPTIONS:
            with suppress(HounsfieldError):
                assert all(volume.stored.size for volume in hu.load_all(tmp_path / "in", **options))
        file.write_bytes(whole[file])
