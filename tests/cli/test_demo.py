"""`hu demo` runs the main job, says where the results are, and never writes into a folder that is in use."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import nibabel
import numpy as np

from hounsfield.testing import chest

if TYPE_CHECKING:
    from pathlib import Path


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hounsfield", "demo", "-o", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_demo_makes_true_volumes_and_says_where(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = demo(folder)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    for words in ("hu scan", "hu info", "hu convert", f"The volumes are in {folder / 'volumes'}"):
        assert words in done.stdout
    image = nibabel.Nifti1Image.from_filename(next((folder / "volumes").glob("*Chest_phantom_2_mm.nii.gz")))
    # NIfTI's rows run to the front, those of the patient to the back.
    assert np.array_equal(np.asarray(image.dataobj).T[:, ::-1], chest(120, 192))
    assert image.affine[1, 1] > 0
    assert np.allclose(image.affine[2], [0, 0, 2, -119])
    # The series with a gap must not become a volume.
    assert not list((folder / "volumes").glob("*gap*"))
    assert "2 of 24 slices are missing" in done.stdout


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep")
    done = demo(tmp_path)
    assert done.returncode == 5
    assert "the folder is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
