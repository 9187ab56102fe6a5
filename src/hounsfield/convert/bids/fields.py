"""Attributes whose BIDS name, unit and form follow from one attribute of DICOM: one table."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.convert.bids.lookup import Lookup

__all__ = ["FIELDS", "IDENTITY", "Field", "plain_number", "read_fields"]


class Field(NamedTuple):
    """One attribute of the sidecar.

    Parameters
    ----------
    name : str
        As BIDS, or where BIDS has none, dcm2niix calls it.
    keyword : str
        Of DICOM.
    form : str
        ``text``, ``texts`` (a list), ``number``, ``numbers``, ``seconds`` (of milliseconds), ``time`` (of a TM),
        ``date`` (of a DA), ``years`` (of an AS).
    modalities : tuple of str
        For which it is said; empty for all.
    """

    name: str
    keyword: str
    form: str = "text"
    modalities: tuple[str, ...] = ()


_MR = ("MR",)
_PT = ("PT",)
_CT = ("CT",)
FIELDS = (
    Field("Modality", "Modality"),
    Field("MagneticFieldStrength", "MagneticFieldStrength", "number", _MR),
    Field("ImagingFrequency", "ImagingFrequency", "number", _MR),
    Field("ImagingFrequency", "TransmitterFrequency", "number", _MR),
    Field("ImagedNucleus", "ImagedNucleus", "text", _MR),
    Field("ManufacturersModelName", "ManufacturerModelName"),
    Field("InstitutionName", "InstitutionName"),
    Field("InstitutionalDepartmentName", "InstitutionalDepartmentName"),
    Field("InstitutionAddress", "InstitutionAddress"),
    Field("DeviceSerialNumber", "DeviceSerialNumber"),
    Field("StationName", "StationName"),
    Field("BodyPart", "BodyPartExamined"),
    Field("PatientPosition", "PatientPosition"),
    Field("ProcedureStepDescription", "PerformedProcedureStepDescription"),
    Field("SoftwareVersions", "SoftwareVersions"),
    Field("MRAcquisitionType", "MRAcquisitionType", "text", _MR),
    Field("StudyDescription", "StudyDescription"),
    Field("SeriesDescription", "SeriesDescription"),
    Field("ProtocolName", "ProtocolName"),
    Field("ScanningSequence", "ScanningSequence", "text", _MR),
    Field("SequenceVariant", "SequenceVariant", "text", _MR),
    Field("ScanOptions", "ScanOptions"),
    Field("SequenceName", "SequenceName", "text", _MR),
    Field("PulseSequenceName", "PulseSequenceName", "text", _MR),
    Field("ImageType", "ImageType", "texts"),
    Field("ComplexImageComponent", "ComplexImageComponent", "text", _MR),
    Field("SeriesNumber", "SeriesNumber", "number"),
    Field("AcquisitionTime", "AcquisitionTime", "time"),
    Field("AcquisitionNumber", "AcquisitionNumber", "number"),
    Field("SliceThickness", "SliceThickness", "number"),
    Field("SpacingBetweenSlices", "SpacingBetweenSlices", "number"),
    Field("SAR", "SAR", "number", _MR),
    Field("EchoTime", "EchoTime", "seconds", _MR),
    Field("EchoTime", "EffectiveEchoTime", "seconds", _MR),
    Field("RepetitionTime", "RepetitionTime", "seconds", _MR),
    Field("InversionTime", "InversionTime", "seconds", _MR),
    Field("FlipAngle", "FlipAngle", "number", _MR),
    Field("NumberOfAverages", "NumberOfAverages", "number", _MR),
    Field("PercentPhaseFOV", "PercentPhaseFieldOfView", "number", _MR),
    Field("PercentSampling", "PercentSampling", "number", _MR),
    Field("EchoTrainLength", "EchoTrainLength", "number", _MR),
    Field("PhaseEncodingSteps", "NumberOfPhaseEncodingSteps", "number", _MR),
    Field("PixelBandwidth", "PixelBandwidth", "number", _MR),
    Field("ParallelReductionFactorInPlane", "ParallelReductionFactorInPlane", "number", _MR),
    Field("ParallelReductionFactorOutOfPlane", "ParallelReductionFactorOutOfPlane", "number", _MR),
    Field("ParallelAcquisitionTechnique", "ParallelAcquisitionTechnique", "text", _MR),
    Field("ReceiveCoilName", "ReceiveCoilName", "text", _MR),
    Field("TransmitCoilName", "TransmitCoilName", "text", _MR),
    Field("ContrastBolusIngredient", "ContrastBolusIngredient"),
    Field("ContrastBolusAgent", "ContrastBolusAgent"),
    Field("ImageOrientationPatientDICOM", "ImageOrientationPatient", "numbers"),
    Field("InPlanePhaseEncodingDirectionDICOM", "InPlanePhaseEncodingDirection", "text", _MR),
    Field("ReconMethodName", "ReconstructionMethod", "text", _PT),
    Field("ReconFilterType", "ConvolutionKernel", "texts", _PT),
    Field("AttenuationCorrection", "AttenuationCorrectionMethod", "text", _PT),
    Field("ScatterCorrectionMethod", "ScatterCorrectionMethod", "text", _PT),
    Field("RandomsCorrectionMethod", "RandomsCorrectionMethod", "text", _PT),
    Field("Units", "Units", "text", _PT),
    Field("DecayCorrection", "DecayCorrection", "text", _PT),
    Field("KVP", "KVP", "number", _CT),
    Field("XRayExposure", "Exposure", "number", _CT),
    Field("XRayTubeCurrent", "XRayTubeCurrent", "number", _CT),
    Field("ExposureTime", "ExposureTime", "seconds", _CT),
    Field("ConvolutionKernel", "ConvolutionKernel", "text", _CT),
    Field("GantryDetectorTilt", "GantryDetectorTilt", "number", _CT),
)
IDENTITY = (
    Field("StudyInstanceUID", "StudyInstanceUID"),
    Field("SeriesInstanceUID", "SeriesInstanceUID"),
    Field("StudyID", "StudyID"),
    Field("AccessionNumber", "AccessionNumber"),
    Field("ReferringPhysicianName", "ReferringPhysicianName"),
    Field("PatientName", "PatientName"),
    Field("PatientID", "PatientID"),
    Field("PatientBirthDate", "PatientBirthDate", "date"),
    Field("PatientSex", "PatientSex"),
    Field("PatientAge", "PatientAge", "years"),
    Field("PatientWeight", "PatientWeight", "number"),
    Field("PatientSize", "PatientSize", "number"),
    Field("StudyDate", "StudyDate", "date"),
    Field("AcquisitionDate", "AcquisitionDate", "date"),
    Field("ImageComments", "ImageComments"),
)
_DIGITS = 9
_DATE = 8
_PER_YEAR: Mapping[str, float] = MappingProxyType({"Y": 1, "M": 12, "W": 365.25 / 7, "D": 365.25})


def read_fields(found: Lookup, table: tuple[Field, ...], modality: str) -> dict[str, Any]:
    """Read all that a series has; of two attributes for one name the first."""
    made: dict[str, Any] = {}
    for field in table:
        if field.name in made or (field.modalities and modality not in field.modalities):
            continue
        value = _value(found, field)
        if value not in (None, "", []):
            made[field.name] = value
    return made


def _value(found: Lookup, field: Field) -> Any:
    if field.form == "number":
        return plain_number(found.number(field.keyword))
    if field.form == "seconds":
        number = found.number(field.keyword)
        return None if number is None else plain_number(number / 1000)
    if field.form == "numbers":
        values = [found.number(field.keyword, index) for index in range(len(found.texts(field.keyword)))]
        return [plain_number(value) for value in values] if None not in values else None
    if field.form == "texts":
        return found.texts(field.keyword)
    if field.form == "time":
        return clock(found.text(field.keyword))
    if field.form == "date":
        return calendar(found.text(field.keyword))
    if field.form == "years":
        return years(found.text(field.keyword))
    return found.text(field.keyword)


def clock(text: str) -> str:
    """Give a TM (PS3.5 6.2) as BIDS writes times of day.

    Examples
    --------
    >>> clock("122458.102500"), clock("1148")
    ('12:24:58.102500', '11:48:00.000000')
    """
    whole, _, part = text.replace(":", "").partition(".")
    if not whole.isdigit() or len(whole) not in (2, 4, 6) or (part and not part.isdigit()):
        return ""
    whole = whole.ljust(6, "0")
    return f"{whole[:2]}:{whole[2:4]}:{whole[4:]}.{part[:6].ljust(6, '0')}"


def calendar(text: str) -> str:
    """Give a DA (PS3.5 6.2) as BIDS writes dates; what is none as it stands.

    Examples
    --------
    >>> calendar("19700102"), calendar("unknown")
    ('1970-01-02', 'unknown')
    """
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == _DATE and text.isdigit() else text


def years(text: str) -> int | float | None:
    """Give an AS (PS3.5 6.2) in years.

    Examples
    --------
    >>> years("043Y"), years("006M"), years("young")
    (43, 0.5, None)
    """
    per_year = _PER_YEAR.get(text[-1:].upper())
    if per_year is None or not text[:-1].isdigit():
        return None
    return plain_number(round(int(text[:-1]) / per_year, 3))


def plain_number(number: float | None) -> int | float | None:
    """Give a number without the noise of arithmetic; a whole one as an integer."""
    if number is None:
        return None
    rounded = float(f"{number:.{_DIGITS}g}")
    return int(rounded) if rounded == int(rounded) else rounded
