"""Series whose values are known at every point of the patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from hounsfield.testing.headers import uid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["block", "gradient", "write_ct"]

if TYPE_CHECKING:
    Field = Callable[[np.ndarray], np.ndarray]


def block(points: np.ndarray) -> np.ndarray:
    """A block of 80 x 60 x 40 mm around the origin in water: 1000 inside, 0 outside."""
    inside = (np.abs(points) <= np.array((40.0, 30.0, 20.0))).all(axis=-1)
    return np.where(inside, 1000, 0)


def gradient(points: np.ndarray) -> np.ndarray:
    """A value that grows evenly along all axes of the patient: interpolation between voxels is exact."""
    return np.asarray(points @ np.array((2.0, 3.0, 5.0)))


def write_ct(
    folder: Path,
    field: Field,
    *,
    shape: tuple[int, int, int] = (40, 96, 128),
    spacing: tuple[float, float, float] = (2.0, 1.0, 1.0),
    tilt: float = 0.0,
    name: str = "Phantom^Browser",
) -> Path:
    """Write slices of a field; with a tilt, slices are inclined and moved along the axis of the scanner."""
    folder.mkdir(parents=True, exist_ok=True)
    slices, rows, columns = shape
    angle = np.radians(tilt)
    right, down = np.array((1.0, 0, 0)), np.array((0, np.cos(angle), np.sin(angle)))
    across = (np.arange(columns) - (columns - 1) / 2) * spacing[2]
    along = (np.arange(rows) - (rows - 1) / 2) * spacing[1]
    plane = across[None, :, None] * right + along[:, None, None] * down
    for number in range(slices):
        middle = np.array((0, 0, (number - (slices - 1) / 2) * spacing[0]))
        values = np.rint(field(plane + middle)).astype("<i2")
        _write(folder, number, values, (middle + plane[0, 0], right, down), spacing, (tilt, name))
    return folder


def _write(
    folder: Path,
    number: int,
    values: np.ndarray,
    place: tuple[np.ndarray, np.ndarray, np.ndarray],
    spacing: tuple[float, float, float],
    what: tuple[float, str],
) -> None:
    position, right, down = place
    header = Dataset()
    header.SOPClassUID, header.SOPInstanceUID = CTImageStorage, uid(str(folder), number)
    header.StudyInstanceUID, header.SeriesInstanceUID = uid(str(folder), "study"), uid(str(folder), "series")
    header.FrameOfReferenceUID = uid(str(folder), "space")
    header.PatientName, header.PatientID, header.Modality = what[1], f"B-{what[1][:5]}", "CT"
    header.SpecificCharacterSet = "ISO_IR 192"
    header.StudyDate, header.StudyTime, header.StudyDescription = "20240102", "101112", "Browser"
    header.SeriesNumber, header.SeriesDescription, header.InstanceNumber = 1, "Known values", number + 1
    header.ImagePositionPatient = [f"{value:.10g}" for value in position]
    header.ImageOrientationPatient = [f"{value:.10g}" for value in (*right, *down)]
    header.PixelSpacing, header.SliceThickness = [spacing[1], spacing[2]], spacing[0]
    header.GantryDetectorTilt = what[0]
    header.Rows, header.Columns, header.SamplesPerPixel = *values.shape, 1
    header.PhotometricInterpretation, header.PixelRepresentation = "MONOCHROME2", 1
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, 16, 15
    header.RescaleSlope, header.RescaleIntercept, header.RescaleType = 1, 0, "HU"
    header.WindowCenter, header.WindowWidth = 500, 1200
    header.PixelData = values.tobytes()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.save_as(folder / f"IM{number:04d}", enforce_file_format=True)
