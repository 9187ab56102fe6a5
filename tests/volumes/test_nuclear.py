"""Frames of nuclear medicine objects by energy window, detector, time slot and slice."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from pydicom.dataset import Dataset

import hounsfield as hu
from hounsfield.errors import GeometryError
from tests.vendors.peer import convert
from tests.vendors.phantom import Series, image, pixels, voxels

if TYPE_CHECKING:
    from pathlib import Path

NM_IMAGE = "1.2.840.10008.5.1.4.1.1.20"
TAGS = {
    "EnergyWindowVector": 0x00540010,
    "DetectorVector": 0x00540020,
    "PhaseVector": 0x00540030,
    "TimeSlotVector": 0x00540070,
    "SliceVector": 0x00540080,
}


def nuclear(file: Path, kind: str, vectors: dict[str, int], *, reverse: bool = False) -> Any:
    """Write one object; frames are numbered by each vector, the first changing slowest."""
    counts = list(vectors.values())
    frames = int(np.prod(counts))
    stored = voxels(1, frames)[0]
    series = Series("MEDISO", modality="NM", sop_class=NM_IMAGE, image_type=("ORIGINAL", "PRIMARY", kind, "EMISSION"))
    dataset = image(series, stored.reshape(-1, stored.shape[-1]), 1)
    del dataset.ImageOrientationPatient
    order = list(product(*(range(1, count + 1) for count in counts)))
    if reverse:
        order.reverse()
        pixels(dataset, stored[::-1].reshape(-1, stored.shape[-1]))
    dataset.Rows, dataset.NumberOfFrames = stored.shape[1], frames
    dataset.FrameIncrementPointer = [TAGS[name] for name in vectors]
    for index, name in enumerate(vectors):
        setattr(dataset, name, [numbers[index] for numbers in order])
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = [-10, -12, 30], [1, 0, 0, 0, 1, 0]
    dataset.DetectorInformationSequence = [detector]
    dataset.SpacingBetweenSlices = 3
    file.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(file, enforce_file_format=True)
    return stored.reshape(*counts, *stored.shape[1:])


@pytest.mark.parametrize("reverse", [False, True])
def test_energies_and_detectors_are_axes(tmp_path: Path, reverse: bool) -> None:
    vectors = {"EnergyWindowVector": 2, "DetectorVector": 3}
    stored = nuclear(tmp_path / "a.dcm", "STATIC", vectors, reverse=reverse)
    volume = hu.load(tmp_path)
    assert volume.axes == ("energy", "detector", "slice", "row", "column")
    np.testing.assert_array_equal(volume.array[:, :, 0], stored)
    assert [issue.code for issue in volume.issues] == ["no-position"]


def test_reconstructed_slices_have_their_place(tmp_path: Path) -> None:
    stored = nuclear(tmp_path / "in/a.dcm", "RECON TOMO", {"SliceVector": 5})
    volume = hu.load(tmp_path / "in")
    np.testing.assert_array_equal(volume.array, stored)
    assert list(volume.origin) == [-10, -12, 30]
    assert list(volume.spacing) == [3, 2, 2]
    (theirs,) = convert(tmp_path / "in", tmp_path / "theirs")
    ours, other = nib.as_closest_canonical(volume.to_nibabel()), nib.as_closest_canonical(theirs.image)
    np.testing.assert_array_equal(np.asanyarray(ours.dataobj), np.asanyarray(other.dataobj))
    np.testing.assert_allclose(ours.affine[:3, :3], other.affine[:3, :3], atol=1e-3)


def test_gated_slices_are_in_time(tmp_path: Path) -> None:
    stored = nuclear(tmp_path / "a.dcm", "RECON GATED TOMO", {"TimeSlotVector": 4, "SliceVector": 3})
    volume = hu.load(tmp_path)
    assert volume.axes == ("time", "slice", "row", "column")
    np.testing.assert_array_equal(volume.array, stored)


def test_vectors_that_do_not_number_the_frames_are_refused(tmp_path: Path) -> None:
    nuclear(tmp_path / "a.dcm", "STATIC", {"EnergyWindowVector": 2, "DetectorVector": 3})
    import pydicom

    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    dataset.DetectorVector = [1] * 6
    dataset.save_as(tmp_path / "a.dcm")
    with pytest.raises(GeometryError, match="6 frames whose vectors number 2"):
        hu.load(tmp_path)
