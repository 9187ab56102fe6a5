"""Small DICOM objects, made with pydicom, for tests of what a scan finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write"]


def write(path: Path, *, syntax: str = ExplicitVRLittleEndian, bare: bool = False, **attributes: Any) -> Path:
    """Write a CT image of 4 x 4 pixels with these attributes; `bare` leaves preamble and File Meta Information out."""
    values: dict[str, Any] = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": f"1.2.3.{abs(hash(path.name)) % 10**9}",
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.4",
        "PatientID": "P1",
        "PatientName": "Doe^Jane",
        "Modality": "CT",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "ImagePositionPatient": [0, 0, 0],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [1, 1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 4,
        "Columns": 4,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "PixelData": bytes(32),
    }
    dataset = Dataset()
    for keyword, value in (values | attributes).items():
        if value is not None:
            setattr(dataset, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    if bare:
        dataset.save_as(path, implicit_vr=True, little_endian=True)
        return path
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "1.2")
    file = FileDataset(path, dataset, preamble=bytes(128), file_meta=meta)
    file.save_as(path, enforce_file_format=syntax != DeflatedExplicitVRLittleEndian)
    return path
