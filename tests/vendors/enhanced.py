"""Enhanced MR objects (PS3.3 C.7.6.16): frames with positions, dimension indices and what else a test adds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, generate_uid

from tests.vendors.phantom import Series, image, position

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["IN_STACK", "STACK", "TEMPORAL", "Frames", "item", "write_enhanced"]

ENHANCED_MR = UID("1.2.840.10008.5.1.4.1.1.4.1")
CONTENT = 0x00209111
STACK, IN_STACK, TEMPORAL = (0x00209056, CONTENT), (0x00209057, CONTENT), (0x00209128, CONTENT)


def _by_time(time: int, index: int) -> list[int]:
    return [1, index + 1, time + 1]


@dataclass
class Frames:
    """How the frames of one object follow each other, and how they are numbered.

    Parameters
    ----------
    dimensions : list
        Pointers of the Dimension Index Sequence: attribute and functional group.
    indices : callable
        Gives the index values of a frame, from time and slice (from 0).
    slices_first : bool
        Frames go through the times of the first slice first.
    """

    dimensions: list[tuple[int, int]] = field(default_factory=lambda: [STACK, IN_STACK, TEMPORAL])
    indices: Any = _by_time
    slices_first: bool = False


def item(**attributes: Any) -> Sequence:
    """Make a sequence of one item."""
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return Sequence([made])


def write_enhanced(
    file: Path, series: Series, values: np.ndarray[Any, Any], frames: Frames, change: Any = None, number: int = 1
) -> None:
    """Write one enhanced object of ``(time, slice, row, column)``; `change` is given each frame's item."""
    times, slices = values.shape[:2]
    order = [(time, index) for time in range(times) for index in range(slices)]
    if frames.slices_first:
        order.sort(key=lambda pair: (pair[1], pair[0]))
    dataset = image(series, np.concatenate([values[time, index] for time, index in order]), number)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = ENHANCED_MR
    for keyword in ("ImageOrientationPatient", "PixelSpacing", "SpacingBetweenSlices", "SliceThickness", "EchoTime"):
        delattr(dataset, keyword)
    dataset.Rows, dataset.NumberOfFrames = values.shape[2], len(order)
    dataset.DimensionOrganizationSequence = item(DimensionOrganizationUID=generate_uid())
    dataset.DimensionIndexSequence = Sequence(
        [item(DimensionIndexPointer=tag, FunctionalGroupPointer=group)[0] for tag, group in frames.dimensions]
    )
    shared = Dataset()
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=list(series.orientation))
    shared.PixelMeasuresSequence = item(
        PixelSpacing=[2, 2], SliceThickness=series.spacing, SpacingBetweenSlices=series.spacing
    )
    shared.MREchoSequence = item(EffectiveEchoTime=80.0)
    shared.MRTimingAndRelatedParametersSequence = item(RepetitionTime=3000, FlipAngle=90, EchoTrainLength=32)
    shared.MRFOVGeometrySequence = item(InPlanePhaseEncodingDirection="COLUMN")
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(
        [_frame(series, values.shape, frames, pair, change) for pair in order]
    )
    dataset.save_as(file, enforce_file_format=True)


def _frame(series: Series, shape: tuple[int, ...], frames: Frames, pair: tuple[int, int], change: Any) -> Dataset:
    time, index = pair
    frame = Dataset()
    frame.FrameContentSequence = item(
        StackID="1",
        InStackPositionNumber=index + 1,
        TemporalPositionIndex=time + 1,
        DimensionIndexValues=frames.indices(time, index),
        FrameAcquisitionDateTime=f"202501021011{12 + 3 * time + 0.5 * index:09.6f}",
    )
    frame.PlanePositionSequence = item(ImagePositionPatient=position(series, shape, index))
    frame.MRImageFrameTypeSequence = item(FrameType=list(series.image_type), ComplexImageComponent="MAGNITUDE")
    frame.PixelValueTransformationSequence = item(RescaleIntercept=0, RescaleSlope=1, RescaleType="US")
    if change is not None:
        change(frame, time, index)
    return frame
