"""An Enhanced CT image: the whole chest in one file, with functional groups and dimensions (PS3.3 A.38)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.testing.chest import chest
from hounsfield.testing.headers import ENHANCED_CT_IMAGE, Identity, file_dataset, general, pixels, uid

if TYPE_CHECKING:
    import os

    from pydicom import Dataset

__all__ = ["enhanced_ct"]

_STACK_ID, _IN_STACK, _CONTENT = 0x00209056, 0x00209057, 0x00209111
_INTERCEPT = -1024


def enhanced_ct(
    path: str | os.PathLike[str],
    *,
    slices: int = 60,
    rows: int = 256,
    spacing: float = 2.0,
    descending: bool = False,
    identity: Identity | None = None,
) -> Path:
    """Write a chest as one Enhanced CT file of 12-bit unsigned values with intercept -1024.

    Parameters
    ----------
    path : path
        The file; its folder is made.
    slices, rows, spacing
        As for `chest_ct`.
    descending : bool
        Store the frames from the head to the feet; positions stay true.
    identity : Identity, optional
        Patient, study and series.
    """
    identity = identity or Identity(series=2, description="Chest phantom, enhanced")
    dataset = general(ENHANCED_CT_IMAGE, "CT", identity)
    dataset.ImageType = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    pixels(dataset, bits_stored=12, signed=False)
    dataset.Rows = dataset.Columns = rows
    dataset.NumberOfFrames = slices
    dataset.InstanceNumber = 1
    dataset.AcquisitionDateTime = "20240115093205"
    dataset.PixelPresentation, dataset.VolumetricProperties = "MONOCHROME", "VOLUME"
    dataset.VolumeBasedCalculationTechnique = "NONE"
    dataset.ContentQualification, dataset.BurnedInAnnotation = "RESEARCH", "NO"
    dataset.LossyImageCompression, dataset.PresentationLUTShape = "00", "IDENTITY"
    dataset.MultienergyCTAcquisition = "NO"
    dataset.AcquisitionContextSequence = []
    organization = uid(dataset.SeriesInstanceUID, "dimensions")
    dataset.DimensionOrganizationSequence = [_item(DimensionOrganizationUID=organization)]
    dataset.DimensionIndexSequence = [
        _item(DimensionOrganizationUID=organization, DimensionIndexPointer=pointer, FunctionalGroupPointer=_CONTENT)
        for pointer in (_STACK_ID, _IN_STACK)
    ]
    dataset.SharedFunctionalGroupsSequence = [_shared(rows, spacing)]
    order = range(slices - 1, -1, -1) if descending else range(slices)
    dataset.PerFrameFunctionalGroupsSequence = [_frame(index, slices, rows, spacing) for index in order]
    stored = (chest(slices, rows) - _INTERCEPT).astype("<u2")
    dataset.PixelData = stored[list(order)].tobytes()
    dataset["PixelData"].VR = "OW"
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    file_dataset(dataset, uid(dataset.SeriesInstanceUID, 1)).save_as(path, enforce_file_format=True)
    return path


def _item(**attributes: Any) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _shared(rows: int, spacing: float) -> Dataset:
    pixel = f"{350 / rows:.8g}"
    return _item(
        PixelMeasuresSequence=[_item(SliceThickness=spacing, PixelSpacing=[pixel, pixel])],
        IrradiationEventIdentificationSequence=[_item(IrradiationEventUID=uid("irradiation"))],
        PlaneOrientationSequence=[_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        FrameAnatomySequence=[_item(FrameLaterality="U", AnatomicRegionSequence=[_code("51185008", "SCT", "Chest")])],
        CTImageFrameTypeSequence=[
            _item(
                FrameType=["DERIVED", "PRIMARY", "VOLUME", "NONE"],
                PixelPresentation="MONOCHROME",
                VolumetricProperties="VOLUME",
                VolumeBasedCalculationTechnique="NONE",
            )
        ],
        PixelValueTransformationSequence=[_item(RescaleIntercept=_INTERCEPT, RescaleSlope=1, RescaleType="HU")],
        FrameVOILUTSequence=[_item(WindowCenter=40, WindowWidth=400)],
    )


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    return _item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _frame(index: int, slices: int, rows: int, spacing: float) -> Dataset:
    corner = f"{-175 + 175 / rows:.6f}"
    height = f"{(index - (slices - 1) / 2) * spacing:.6g}"
    content = _item(
        FrameAcquisitionNumber=1,
        FrameReferenceDateTime="20240115093205",
        FrameAcquisitionDateTime="20240115093205",
        FrameAcquisitionDuration=100.0,
        StackID="1",
        InStackPositionNumber=index + 1,
        DimensionIndexValues=[1, index + 1],
    )
    position = _item(ImagePositionPatient=[corner, corner, height])
    return _item(FrameContentSequence=[content], PlanePositionSequence=[position])
