"""Something to try the main job on: real files that come with pydicom, and a synthetic chest CT."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.errors import ExistsError

if TYPE_CHECKING:
    import os

__all__ = ["Demo", "prepare"]

# Real files of several makers, modalities and compressions, installed with pydicom (MIT licence).
EXAMPLES = (
    "CT_small.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "JPGExtended.dcm",
    "examples_jpeg2k.dcm",
    "examples_ybr_color.dcm",
    "rtdose.dcm",
    "test-SR.dcm",
    "MR_truncated.dcm",
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo works on.

    Parameters
    ----------
    export : Path
        Folder of DICOM files, as a hospital might hand them over.
    image : Path
        One file of it, to look at.
    output : Path
        Where volumes go; not made yet.
    """

    export: Path
    image: Path
    output: Path


def prepare(folder: str | os.PathLike[str]) -> Demo:
    """Fill a new folder with files to try things on.

    Raises
    ------
    ExistsError
        When the folder is there and not empty.
    """
    from pydicom.data import get_testdata_file

    from hounsfield.testing import Faults, Identity, chest_ct, enhanced_ct, mr_series

    root = Path(folder)
    if root.exists() and any(root.iterdir()):
        raise ExistsError(
            "the folder is not empty", where=str(root), hint="Choose another one with -o FOLDER, or remove it."
        )
    export = root / "export"
    chest = chest_ct(export / "DISC1" / "A", slices=120, rows=192)
    gap = Identity(series=3, description="Chest phantom with a gap")
    chest_ct(export / "DISC1" / "B", slices=24, rows=96, spacing=5, faults=Faults(missing=(11, 12)), identity=gap)
    enhanced_ct(export / "DISC1" / "C" / "IM1", slices=40, rows=128)
    mr_series(export / "DISC2", shape=(5, 12, 64, 64))
    real = export / "REAL"
    real.mkdir()
    for name in EXAMPLES:
        found = get_testdata_file(name)
        if found is not None:
            shutil.copyfile(str(found), real / name.removesuffix(".dcm").upper())
    (export / "README.TXT").write_text("Not every file in an export is an image.\n", encoding="utf-8")
    return Demo(export, chest[len(chest) // 2], root / "volumes")
