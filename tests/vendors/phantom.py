"""MR series with known voxels, written with pydicom: single-frame objects, and the place for vendors' attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AXIAL", "CORONAL", "OBLIQUE", "SAGITTAL", "Series", "voxels", "write"]

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
OBLIQUE = (0.98480775, 0.0, -0.17364818, 0.03015369, 0.98480775, 0.17101007)


def voxels(times: int, slices: int, rows: int = 12, columns: int = 10) -> np.ndarray[Any, Any]:
    """Values that differ everywhere: ``(time, slice, row, column)``, 12 bits."""
    made = np.random.default_rng(7).permutation(times * slices * rows * columns)
    return (made % 4000).astype(np.uint16).reshape(times, slices, rows, columns)


@dataclass
class Series:
    """What is the same for all images of a series.

    Parameters
    ----------
    manufacturer : str
        (0008,0070).
    orientation : tuple of 6 floats
        Image Orientation (Patient).
    spacing : float
        Between slices, mm.
    image_type : tuple of str
        (0008,0008).
    slices_first : bool
        Instances go through the times of the first slice first.
    descending : bool
        Instances go from the last slice to the first.
    attributes : dict
        Others, by keyword.
    """

    manufacturer: str
    orientation: tuple[float, ...] = AXIAL
    spacing: float = 3.0
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "OTHER")
    slices_first: bool = False
    descending: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    modality: str = "MR"
    sop_class: str = MR_IMAGE
    uid: str = field(default_factory=generate_uid)
    study: str = field(default_factory=generate_uid)


def write(folder: Path, series: Series, values: np.ndarray[Any, Any], change: Any = None) -> list[Path]:
    """Write one file for each slice of each time.

    Parameters
    ----------
    folder : Path
        Is made.
    series : Series
        What is the same for all.
    values : numpy.ndarray
        ``(time, slice, row, column)``.
    change : callable, optional
        Is given the data set, time and slice of each image before it is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    times, slices = values.shape[:2]
    files = []
    for time in range(times):
        for index in range(slices):
            place = slices - 1 - index if series.descending else index
            number = 1 + (place * times + time if series.slices_first else time * slices + place)
            dataset = image(series, values[time, index], number)
            dataset.ImagePositionPatient = position(series, values.shape, index)
            dataset.SliceLocation = round(index * series.spacing, 4)
            if change is not None:
                change(dataset, time, index)
            file = folder / f"{number:04}.dcm"
            dataset.save_as(file, enforce_file_format=True)
            files.append(file)
    return files


def position(series: Series, shape: tuple[int, ...], index: int) -> list[float]:
    """Image Position (Patient) of a slice, of a volume around the isocenter."""
    x, y = np.array(series.orientation[:3]), np.array(series.orientation[3:])
    _, slices, rows, columns = shape
    corner = -x * columns - y * rows + np.cross(x, y) * series.spacing * (index - slices / 2)
    return [round(float(part), 5) for part in corner]


def image(series: Series, values: np.ndarray[Any, Any], number: int) -> FileDataset:
    """Make one single-frame image, without its position."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(series.sop_class)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = series.sop_class, meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = series.study, series.uid
    dataset.FrameOfReferenceUID = series.study
    dataset.ImageType = list(series.image_type)
    dataset.Modality, dataset.Manufacturer = series.modality, series.manufacturer
    dataset.PatientName, dataset.PatientID, dataset.PatientPosition = "Phantom", "P1", "HFS"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20250102"
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = "101112"
    dataset.SeriesNumber, dataset.InstanceNumber, dataset.AcquisitionNumber = 5, number, 1
    dataset.SeriesDescription = dataset.ProtocolName = "fixture"
    if series.modality == "MR":
        dataset.MRAcquisitionType, dataset.ScanningSequence, dataset.SequenceVariant = "2D", "EP", "SK"
        dataset.MagneticFieldStrength, dataset.EchoTime, dataset.RepetitionTime = 3, 80, 3000
        dataset.FlipAngle, dataset.EchoTrainLength, dataset.EchoNumbers = 90, 32, 1
    dataset.ImageOrientationPatient = list(series.orientation)
    dataset.PixelSpacing, dataset.SliceThickness = [2, 2], series.spacing
    dataset.SpacingBetweenSlices = series.spacing
    pixels(dataset, values)
    for keyword, value in series.attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def pixels(dataset: Dataset, values: np.ndarray[Any, Any]) -> None:
    """Set the Image Pixel module."""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = values.shape[-2:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelData = values.astype("<u2").tobytes()
