"""Which elements describe a file to a person, in which words and units."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LAYOUT", "Entry"]


class Entry(NamedTuple):
    """One line of a description.

    Parameters
    ----------
    label : str
        What a person calls it.
    path : str
        Keyword, or path of keywords.
    kind : str
        How its value is put into words; the name of a function in `words`.
    unit : str
        Its unit.
    always : bool
        Whether it is shown as "not stated" where it is missing.
    """

    label: str
    path: str
    kind: str = "plain"
    unit: str = ""
    always: bool = False


LAYOUT: dict[str, tuple[Entry, ...]] = {
    "Patient": (
        Entry("Name", "PatientName", "person", always=True),
        Entry("ID", "PatientID", always=True),
        Entry("Sex", "PatientSex", "sex", always=True),
        Entry("Birth date", "PatientBirthDate", "date", always=True),
        Entry("Age", "PatientAge", "age", always=True),
        Entry("Size", "PatientSize", "number", "m"),
        Entry("Weight", "PatientWeight", "number", "kg"),
        Entry("De-identified", "PatientIdentityRemoved"),
    ),
    "Device": (
        Entry("Modality", "Modality", always=True),
        Entry("Manufacturer", "Manufacturer", always=True),
        Entry("Model", "ManufacturerModelName", always=True),
        Entry("Serial number", "DeviceSerialNumber", always=True),
        Entry("Station", "StationName", always=True),
        Entry("Software", "SoftwareVersions", always=True),
        Entry("Institution", "InstitutionName"),
        Entry("Field strength", "MagneticFieldStrength", "number", "T"),
        Entry("Repetition time", "RepetitionTime", "number", "ms"),
        Entry("Echo time", "EchoTime", "number", "ms"),
        Entry("Echo time", "EffectiveEchoTime", "number", "ms"),
        Entry("Flip angle", "FlipAngle", "number", "°"),
        Entry("Tube voltage", "KVP", "number", "kV"),
        Entry("Tube current", "XRayTubeCurrent", "number", "mA"),
        Entry("Exposure", "Exposure", "number", "mAs"),
        Entry("Kernel", "ConvolutionKernel"),
        Entry("Tracer", "RadiopharmaceuticalInformationSequence.Radiopharmaceutical"),
        Entry("Injected dose", "RadiopharmaceuticalInformationSequence.RadionuclideTotalDose", "number", "Bq"),
    ),
    "Body": (
        Entry("Body part", "BodyPartExamined", always=True),
        Entry("Region", "AnatomicRegionSequence.CodeMeaning"),
        Entry("Laterality", "ImageLaterality", "side"),
        Entry("Laterality", "Laterality", "side"),
        Entry("Position", "PatientPosition"),
        Entry("View", "ViewPosition"),
    ),
    "Study": (
        Entry("Date", "StudyDate", "date", always=True),
        Entry("Time", "StudyTime", "time", always=True),
        Entry("Description", "StudyDescription", always=True),
        Entry("ID", "StudyID"),
        Entry("Accession number", "AccessionNumber"),
        Entry("Instance UID", "StudyInstanceUID", always=True),
    ),
    "Series": (
        Entry("Number", "SeriesNumber", always=True),
        Entry("Date", "SeriesDate", "date"),
        Entry("Time", "SeriesTime", "time"),
        Entry("Description", "SeriesDescription", always=True),
        Entry("Protocol", "ProtocolName"),
        Entry("Instance UID", "SeriesInstanceUID", always=True),
        Entry("Frame of reference", "FrameOfReferenceUID"),
    ),
    "Instance": (
        Entry("Kind", "SOPClassUID", "uid", always=True),
        Entry("Number", "InstanceNumber"),
        Entry("Image type", "ImageType"),
        Entry("Acquired", "AcquisitionDate", "date"),
        Entry("Acquired", "AcquisitionTime", "time"),
        Entry("Acquired", "AcquisitionDateTime", "moment"),
        Entry("Comments", "ImageComments"),
        Entry("Instance UID", "SOPInstanceUID", always=True),
        Entry("Character set", "SpecificCharacterSet", always=True),
        Entry("Transfer syntax", "TransferSyntaxUID", "uid", always=True),
    ),
    "Image": (
        Entry("Rows", "Rows", always=True),
        Entry("Columns", "Columns", always=True),
        Entry("Frames", "NumberOfFrames"),
        Entry("Pixel spacing", "PixelSpacing", "spacing", "mm", always=True),
        Entry("Detector spacing", "ImagerPixelSpacing", "spacing", "mm"),
        Entry("Slice thickness", "SliceThickness", "number", "mm", always=True),
        Entry("Slice spacing", "SpacingBetweenSlices", "number", "mm"),
        Entry("Position", "ImagePositionPatient", "vector", "mm"),
        Entry("Orientation", "ImageOrientationPatient", "vector"),
        Entry("Frame time", "FrameTime", "number", "ms"),
        Entry("Samples per pixel", "SamplesPerPixel", always=True),
        Entry("Photometric", "PhotometricInterpretation", always=True),
        Entry("Bits allocated", "BitsAllocated", always=True),
        Entry("Bits stored", "BitsStored", always=True),
        Entry("High bit", "HighBit", always=True),
        Entry("Sign", "PixelRepresentation", "sign", always=True),
        Entry("Window center", "WindowCenter", "numbers"),
        Entry("Window width", "WindowWidth", "numbers"),
        Entry("Window name", "WindowCenterWidthExplanation"),
        Entry("Rescale slope", "RescaleSlope", "number"),
        Entry("Rescale intercept", "RescaleIntercept", "number"),
        Entry("Rescale type", "RescaleType"),
        Entry("Unit", "Units"),
        Entry("Lossy", "LossyImageCompression", "lossy"),
        Entry("Lossy ratio", "LossyImageCompressionRatio", "numbers"),
        Entry("Burned-in text", "BurnedInAnnotation", "yes_no"),
    ),
}
