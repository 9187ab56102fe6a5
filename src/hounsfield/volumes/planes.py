"""Header records as planes, and the reason where an instance has none that could be part of a volume."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield.pixels.layout import FrameSource, Layout
from hounsfield.pixels.syntaxes import syntax_of
from hounsfield.volumes.functional import frame_planes
from hounsfield.volumes.header import Header, integer, number, numbers, text, value, values
from hounsfield.volumes.plane import Plane
from hounsfield.volumes.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.settings import Limits

__all__ = ["Refused", "planes_of"]

_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66"
_NOT_VOLUMES: Mapping[str, str] = MappingProxyType(
    {
        f"{_SEGMENTATION}.4": "a segmentation: labels of another series, not an image of its own",
        f"{_SEGMENTATION}.7": "a label map segmentation: labels of another series, not an image of its own",
        "1.2.840.10008.5.1.4.1.1.4.2": "MR spectroscopy: spectra, not an image (NIfTI-MRS is not written)",
        "1.2.840.10008.5.1.4.1.1.66": "raw data, not an image",
        "1.3.12.2.1107.5.9.1": "a private object of Siemens (spectroscopy, physiology or raw data), not an image",
        "1.2.840.10008.5.1.4.1.1.88.67": "a radiation dose report, not an image",
        "1.2.840.10008.5.1.4.1.1.88.68": "a radiopharmaceutical dose report, not an image",
        "1.2.840.10008.5.1.4.1.1.77.1.6": "a whole-slide image: tiles of a microscope, not slices of a patient",
        "1.2.840.10008.5.1.4.1.1.77.1.8": "a confocal microscopy image: tiles, not slices of a patient",
    }
)
# What may tell stacks apart, in single-frame objects; enhanced ones have it in functional groups.
_FACTS = (
    "Modality",
    "SeriesNumber",
    "ImageType",
    "EchoTime",
    "EchoNumbers",
    "InversionTime",
    "FlipAngle",
    "RepetitionTime",
    "DiffusionBValue",
    "TemporalPositionIdentifier",
    "FrameReferenceTime",
    "TriggerTime",
    "AcquisitionNumber",
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentTime",
    "InstanceNumber",
)


class Refused(NamedTuple):
    """An instance that cannot be part of a volume.

    Parameters
    ----------
    name : str
        The file.
    uid : str
        SOP Instance UID.
    reason : str
        Why, in words that a person understands.
    """

    name: str
    uid: str
    reason: str


def planes_of(row: Header, limits: Limits) -> list[Plane] | Refused:
    """Give the frames of one instance as planes.

    Parameters
    ----------
    row : Header
        The header record.
    limits : Limits
        What reading functional groups may cost.
    """
    found = _shape_of(values(row, _SHAPE))
    if isinstance(found, str):
        return _refused(row, found)
    layout, frames = found
    source = FrameSource(
        path=text(row, "path"),
        member=value(row, "member") or None,
        uid=text(row, "SOPInstanceUID"),
        syntax=text(row, "TransferSyntaxUID"),
        layout=layout,
        frames=frames,
    )
    reason = _too_many(source)
    if reason:
        return _refused(row, reason)
    if frames == 1 and value(row, "NumberOfFrames") is None:
        return [_single(row, source)]
    return frame_planes(row, source, _single(row, source), limits)


# What the shape of the pixels follows from; it is the same for most instances of a series.
_SHAPE = (
    "SOPClassUID",
    "Rows",
    "Columns",
    "Modality",
    "TransferSyntaxUID",
    "PhotometricInterpretation",
    "SamplesPerPixel",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PlanarConfiguration",
    "NumberOfFrames",
)
_SHAPES = 64


@lru_cache(_SHAPES)
def _shape_of(values: tuple[Any, ...]) -> tuple[Layout, int] | str:
    """Give layout and number of frames of instances with these values, or the reason why they have none."""
    row = dict(zip(_SHAPE, values, strict=True))
    reason = _no_image(row)
    if reason:
        return reason
    layout = _layout(row)
    if isinstance(layout, str):
        return layout
    frames = _frames(row)
    return frames if isinstance(frames, str) else (layout, frames)


def _refused(row: Header, reason: str) -> Refused:
    member = value(row, "member")
    path = text(row, "path")
    return Refused(f"{path}/{member}" if member else path, text(row, "SOPInstanceUID"), reason)


def _no_image(row: Header) -> str:
    sop_class = text(row, "SOPClassUID")
    if sop_class in _NOT_VOLUMES:
        return _NOT_VOLUMES[sop_class]
    if not integer(row, "Rows") or not integer(row, "Columns"):
        modality = text(row, "Modality")
        return f"it holds no image (modality {modality})" if modality else "it holds no image"
    syntax = syntax_of(text(row, "TransferSyntaxUID"))
    if syntax is None:
        return f"its transfer syntax ({text(row, 'TransferSyntaxUID')}) cannot be decoded"
    photometric = text(row, "PhotometricInterpretation")
    if photometric.startswith("PALETTE"):
        return "its pixels are indices into a color palette, not values"
    return ""


def _layout(row: Header) -> Layout | str:
    samples = integer(row, "SamplesPerPixel") or 1
    allocated = integer(row, "BitsAllocated") or 0
    stored = integer(row, "BitsStored") or allocated
    high = integer(row, "HighBit")
    representation = integer(row, "PixelRepresentation")
    is_float = representation is None and integer(row, "BitsStored") is None and allocated in (32, 64)
    if not 1 <= allocated <= 32 and not is_float:
        return f"{allocated} bits per sample are not handled"
    if samples not in (1, 3):
        return f"{samples} samples of {allocated} bits per pixel are not handled"
    if not 0 < stored <= allocated:
        return f"Bits Stored is {stored} of {allocated} allocated"
    if high is None or not stored - 1 <= high < allocated:
        high = stored - 1
    return Layout(
        rows=integer(row, "Rows") or 0,
        columns=integer(row, "Columns") or 0,
        samples=samples,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=representation == 1,
        float=is_float,
        planar=samples > 1 and integer(row, "PlanarConfiguration") == 1,
        photometric=text(row, "PhotometricInterpretation"),
    )


def _frames(row: Header) -> int | str:
    stated = value(row, "NumberOfFrames")
    if stated is None or stated == "":
        return 1
    found = integer(row, "NumberOfFrames")
    if found is None or found < 1:
        return f"Number of Frames is {stated}"
    return found


def _too_many(source: FrameSource) -> str:
    """Frames that the file cannot hold are found out before a plane is made for each."""
    if source.frames == 1 or source.member is not None or source.syntax.endswith(".1.99"):
        return "" if source.frames <= 1_000_000 else f"Number of Frames is {source.frames:,}"
    try:
        size = Path(source.path).stat().st_size
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"
    # Each compressed frame has a fragment with a header of 8 bytes.
    least = 8 * source.frames if source.compressed else source.layout.native_bits * source.frames // 8
    if least > size:
        return f"Number of Frames is {source.frames:,}, which need {least:,} bytes, but the file has {size:,}"
    return ""


def _single(row: Header, source: FrameSource) -> Plane:
    grid = _grid_of(values(row, _GRID))
    facts: dict[str, Any] = {
        key: found for key, found in zip(_FACTS, values(row, _FACTS), strict=True) if found is not None and found != ""
    }
    position = numbers(row, "ImagePositionPatient", 3)
    return Plane(
        source=source,
        frame=0,
        position=None if position is None else (position[0], position[1], position[2]),
        orientation=grid.orientation,
        spacing=grid.spacing,
        thickness=grid.thickness,
        slope=grid.slope,
        intercept=grid.intercept,
        unit=grid.unit,
        facts=facts,
    )


# What is the same for all slices of most series.
_GRID = (
    "RescaleSlope",
    "RescaleIntercept",
    "Modality",
    "RescaleType",
    "Units",
    "ImageType",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "ImageOrientationPatient",
    "SpacingBetweenSlices",
    "SliceThickness",
)
_GRIDS = 256


class _Grid(NamedTuple):
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    thickness: float | None
    slope: float
    intercept: float
    unit: str


@lru_cache(_GRIDS)
def _grid_of(values: tuple[Any, ...]) -> _Grid:
    row = dict(zip(_GRID, values, strict=True))
    slope, intercept = number(row, "RescaleSlope"), number(row, "RescaleIntercept")
    unit = unit_of(
        modality=text(row, "Modality"),
        rescale_type=text(row, "RescaleType"),
        units=text(row, "Units"),
        image_type=text(row, "ImageType"),
        rescaled=slope is not None or intercept is not None,
    )
    spacing = numbers(row, "PixelSpacing", 2) or numbers(row, "ImagerPixelSpacing", 2)
    return _Grid(
        orientation=numbers(row, "ImageOrientationPatient", 6),
        spacing=spacing if spacing and min(spacing) > 0 else None,
        thickness=number(row, "SpacingBetweenSlices") or number(row, "SliceThickness"),
        slope=1.0 if slope is None or slope == 0 else slope,
        intercept=intercept or 0.0,
        unit=unit,
    )
