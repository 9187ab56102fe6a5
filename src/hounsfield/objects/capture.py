"""Secondary capture: a picture of what was on the screen, as an image of the study (PS3.3 A.8), with highdicom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.errors import LimitError, UsageError
from hounsfield.objects.sources import EQUIPMENT, completed, in_unicode, new_uid, said

if TYPE_CHECKING:
    import numpy as np
    from pydicom import Dataset

__all__ = ["capture", "picture_of"]

_MOST_PIXELS = 8192 * 8192


def picture_of(data: bytes) -> np.ndarray[Any, Any]:
    """Read a PNG as ``(row, column, 3)`` of uint8.

    Raises
    ------
    UsageError
        When it is none.
    LimitError
        When it is larger than 8192 x 8192.
    """
    import io

    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise LimitError(f"a picture of {image.width:,} x {image.height:,} pixels is too large")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UsageError(f"the picture is no PNG: {error}") from None


def capture(picture: np.ndarray[Any, Any], header: Dataset, *, title: str = "") -> Dataset:
    """Make an image of a picture, in the study of `header`.

    Parameters
    ----------
    picture : numpy.ndarray
        uint8, ``(row, column, 3)``.
    header : pydicom.Dataset
        Of an image of the study.
    title : str
        Series Description.

    Returns
    -------
    pydicom.Dataset
        Secondary Capture Image. Not saved.
    """
    from highdicom.sc import SCImage

    header = completed(header)
    made: Dataset = SCImage(
        pixel_array=picture,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        study_instance_uid=str(header.StudyInstanceUID),
        series_instance_uid=new_uid(),
        series_number=9004,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=EQUIPMENT["manufacturer"],
        patient_id=str(header.PatientID),
        patient_name=header.PatientName,
        patient_birth_date=str(header.PatientBirthDate) or None,
        patient_sex=str(header.PatientSex) or None,
        accession_number=str(header.AccessionNumber) or None,
        study_id=str(header.StudyID) or None,
        study_date=str(header.StudyDate) or None,
        study_time=str(header.StudyTime) or None,
        referring_physician_name=header.ReferringPhysicianName or None,
        patient_orientation=("L", "P"),
    )
    # Nothing is known of how the screen lay to the patient.
    made.PatientOrientation = None
    made.Laterality = ""
    made.SeriesDescription = (title or "Screen capture")[:64]
    description = said(header, "StudyDescription")
    if description is not None:
        made.StudyDescription = description
    return in_unicode(made)
