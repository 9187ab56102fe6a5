"""The tables of a catalog: which attributes it keeps at which level, and how they hang together.

Everything that instances share (patient, study, series, device, image format) is stored once for each distinct set of
values, in `contexts`; an instance has only what is its own. The view `headers` puts both back together, so that each
instance shows exactly what its own file says, even where it disagrees with its series.

Columns have the keywords of the attributes (PS3.6). Numbers with one value are numbers, everything else is text as in
DICOM, several values separated by backslashes; absent and empty values are NULL.
"""

from __future__ import annotations

__all__ = [
    "APPLICATION",
    "ATTRIBUTES",
    "CONTEXT",
    "HEADERS",
    "INDEXES",
    "INSTANCE",
    "PATIENT",
    "SERIES",
    "STUDY",
    "TABLES",
    "VERSION",
    "selected",
]

# Marks the file as one of ours (PRAGMA application_id), so that no other database is ever written to.
APPLICATION = 0x68754361
VERSION = 1

PATIENT = ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex")

STUDY = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientAge",
)

SERIES = (
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "Modality",
    "SeriesDate",
    "SeriesTime",
    "ProtocolName",
    "BodyPartExamined",
    "Laterality",
    "PatientPosition",
    "FrameOfReferenceUID",
    "Manufacturer",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "SoftwareVersions",
    "StationName",
    "InstitutionName",
)

_IMAGE = (
    "SpecificCharacterSet",
    "TransferSyntaxUID",
    "SOPClassUID",
    "ImageType",
    "AcquisitionDate",
    "ImageOrientationPatient",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "GantryDetectorTilt",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "RescaleType",
    "Units",
    "BurnedInAnnotation",
    "LossyImageCompression",
    "EchoNumbers",
    "RepetitionTime",
    "InversionTime",
    "FlipAngle",
    "NumberOfTemporalPositions",
    "CardiacNumberOfImages",
    "DiffusionBValue",
    "ScanningSequence",
    "SequenceName",
    "MagneticFieldStrength",
    "KVP",
    "ConvolutionKernel",
    "ContrastBolusAgent",
)

CONTEXT = (*PATIENT, *STUDY, *SERIES, *_IMAGE)

INSTANCE = (
    "SOPInstanceUID",
    "InstanceNumber",
    "AcquisitionNumber",
    "AcquisitionTime",
    "ContentTime",
    "ImagePositionPatient",
    "SliceLocation",
    "EchoTime",
    "TriggerTime",
    "TemporalPositionIdentifier",
    "FrameReferenceTime",
    "RescaleSlope",
    "RescaleIntercept",
    "WindowCenter",
    "WindowWidth",
)

ATTRIBUTES = (*CONTEXT, *INSTANCE)


def selected(alias: str, keywords: tuple[str, ...]) -> str:
    """Return the columns of these attributes in a SELECT, named by keyword."""
    return ", ".join(f'{alias}."{keyword}" AS "{keyword}"' for keyword in keywords)


def _table(name: str, keys: str, keywords: tuple[str, ...]) -> str:
    # Attributes have no declared type: SQLite would turn text such as "007" or "1e99999" into numbers.
    columns = ", ".join(f'"{keyword}"' for keyword in keywords)
    return f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {keys}{columns})"


_FILES = """CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path NOT NULL, -- text, or bytes where the name is no valid text
    member TEXT, -- within a ZIP archive
    size INTEGER,
    mtime_ns INTEGER, -- of the archive, for a member
    status TEXT NOT NULL, -- dicom, dicomdir, archive, envelope, encrypted, other, broken, unreadable, passed
    reason TEXT
)"""

_ISSUES = """CREATE TABLE issues (
    id INTEGER PRIMARY KEY,
    file_id INTEGER REFERENCES files,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    "where" TEXT, -- NULL for that of the file
    message TEXT NOT NULL,
    tag INTEGER,
    offset INTEGER,
    count INTEGER NOT NULL
)"""

HEADERS = (
    "CREATE VIEW headers AS SELECT i.id AS id, f.path AS path, f.member AS member, f.size AS size, "  # noqa: S608
    "f.mtime_ns AS mtime_ns, i.pixel_offset AS pixel_offset, c.series_id AS series_id, "
    f"{selected('c', CONTEXT)}, {selected('i', INSTANCE)} "
    "FROM instances AS i JOIN contexts AS c ON c.id = i.context_id JOIN files AS f ON f.id = i.id"
)

TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value)",
    _FILES,
    _table("patients", "", PATIENT),
    _table("studies", "patient_id INTEGER NOT NULL REFERENCES patients, ", STUDY),
    _table("series", "study_id INTEGER NOT NULL REFERENCES studies, ", SERIES),
    _table("contexts", "series_id INTEGER NOT NULL REFERENCES series, ", CONTEXT),
    # An instance has the number of its file. pixel_offset is NULL where finding it would have cost reading on.
    _table("instances", "context_id INTEGER NOT NULL REFERENCES contexts, pixel_offset INTEGER, ", INSTANCE),
    _ISSUES,
    HEADERS,
)

# Made after the first load, which is faster than keeping them up to date during it.
INDEXES = (
    "CREATE INDEX IF NOT EXISTS instances_context ON instances (context_id)",
    "CREATE INDEX IF NOT EXISTS contexts_series ON contexts (series_id)",
    'CREATE INDEX IF NOT EXISTS instances_uid ON instances ("SOPInstanceUID")',
    "CREATE INDEX IF NOT EXISTS series_study ON series (study_id)",
    "CREATE INDEX IF NOT EXISTS studies_patient ON studies (patient_id)",
)
