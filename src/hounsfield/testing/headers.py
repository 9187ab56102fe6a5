"""Headers of phantoms: the modules that PS3.3 asks of CT, MR and enhanced CT images, filled with phantom values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

__all__ = ["CT_IMAGE", "ENHANCED_CT_IMAGE", "MR_IMAGE", "Identity", "file_dataset", "general", "uid"]

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2.1"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose and which: what tells one phantom's files from another's."""

    patient_name: str = "PHANTOM^CHEST"
    patient_id: str = "PHANTOM-1"
    study: int = 1
    series: int = 1
    description: str = "Chest phantom 2 mm"
    seed: int = 1


def uid(*parts: object) -> str:
    """Return a UID that depends on `parts` alone."""
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=["hounsfield phantom", *map(str, parts)]))


def general(sop_class: str, modality: str, identity: Identity) -> Dataset:
    """Patient, study, series, frame of reference and equipment modules."""
    from pydicom import Dataset

    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.InstanceCreatorUID = uid("creator")
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20240115"
    dataset.StudyTime, dataset.SeriesTime, dataset.ContentTime = "093000", "093200", "093210"
    dataset.AcquisitionTime = "093205"
    dataset.AccessionNumber = f"A{identity.study:06d}"
    dataset.Modality = modality
    dataset.Manufacturer = "hounsfield"
    dataset.ManufacturerModelName = "Phantom"
    dataset.DeviceSerialNumber = "1"
    dataset.SoftwareVersions = "1"
    dataset.InstitutionName = "Phantom laboratory"
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "Phantom study"
    dataset.SeriesDescription = identity.description
    dataset.PatientName, dataset.PatientID = identity.patient_name, identity.patient_id
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge = "19700101", "O", "054Y"
    dataset.BodyPartExamined = "CHEST"
    dataset.PatientPosition = "HFS"
    dataset.StudyInstanceUID = uid(identity.seed, "study", identity.study)
    dataset.SeriesInstanceUID = uid(identity.seed, "study", identity.study, "series", identity.series)
    dataset.FrameOfReferenceUID = uid(identity.seed, "frame", identity.study)
    dataset.PositionReferenceIndicator = ""
    dataset.StudyID = str(identity.study)
    dataset.SeriesNumber = identity.series
    dataset.AcquisitionNumber = 1
    return dataset


def pixels(dataset: Dataset, *, bits_stored: int, signed: bool) -> None:
    """Image pixel module of 16-bit grays, without the pixels and their size."""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits_stored, bits_stored - 1
    dataset.PixelRepresentation = int(signed)


def file_dataset(dataset: Dataset, instance_uid: str) -> FileDataset:
    """Return `dataset` with File Meta Information, explicit little endian."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = UID(instance_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(uid("implementation"))
    dataset.SOPInstanceUID = instance_uid
    return FileDataset("", dataset, preamble=bytes(128), file_meta=meta)
