"""Series of single-frame images: a chest CT, and MR with time points; straight, oblique, or faulty on purpose."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.testing.chest import chest
from hounsfield.testing.headers import CT_IMAGE, MR_IMAGE, Identity, file_dataset, general, pixels, uid

if TYPE_CHECKING:
    import os

    import numpy as np
    from pydicom import Dataset

__all__ = ["Faults", "chest_ct", "mr_series"]

INTERCEPT = -1024
_AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a series on purpose.

    Parameters
    ----------
    missing : tuple of int
        Slices that are left out.
    duplicated : tuple of int
        Slices that are written twice, the second time as another instance.
    shifted : tuple of int
        Slices that lie a third of the spacing too far up.
    smaller : tuple of int
        Slices with half the rows and columns.
    tilt : float
        Gantry tilt in degrees: positions move along the axis of the scanner, images are inclined to it.
    """

    missing: tuple[int, ...] = ()
    duplicated: tuple[int, ...] = ()
    shifted: tuple[int, ...] = ()
    smaller: tuple[int, ...] = ()
    tilt: float = 0.0


def chest_ct(
    folder: str | os.PathLike[str],
    *,
    slices: int = 120,
    rows: int = 256,
    spacing: float = 2.0,
    orientation: tuple[float, ...] = _AXIAL,
    faults: Faults | None = None,
    identity: Identity | None = None,
) -> list[Path]:
    """Write a chest CT of 12-bit unsigned values with intercept -1024, a file for each slice.

    Parameters
    ----------
    folder : path
        Is made; files in it are named in random order and without extension.
    slices, rows : int
        Number of slices and of rows (and columns) of each; the field of view is 350 mm.
    spacing : float
        Distance of slices in mm.
    orientation : tuple of 6 floats
        Image Orientation (Patient); axial by default.
    faults : Faults, optional
        What is wrong on purpose.
    identity : Identity, optional
        Patient, study and series.

    Returns
    -------
    list of Path
        The files, from the feet to the head.

    Examples
    --------
    >>> import tempfile
    >>> len(chest_ct(tempfile.mkdtemp(), slices=3, rows=32))
    3
    """
    identity = identity or Identity()
    faults = faults or Faults()
    dataset = general(CT_IMAGE, "CT", identity)
    pixels(dataset, bits_stored=12, signed=False)
    dataset.KVP = 120
    dataset.SliceThickness = spacing
    dataset.GantryDetectorTilt = faults.tilt
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = INTERCEPT, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = [40, -600], [400, 1200]
    volume = chest(slices, rows)
    writer = _Writer(Path(folder), dataset, identity)
    frame = _Frame(
        _tilted(orientation, faults.tilt), spacing, 350 / rows, _normal(orientation) if faults.tilt else None
    )
    for index in range(slices):
        if index in faults.missing:
            continue
        image = volume[index][::2, ::2] if index in faults.smaller else volume[index]
        position = frame.position(index + (1 / 3 if index in faults.shifted else 0), slices)
        for copy in range(2 if index in faults.duplicated else 1):
            _place(dataset, frame, position)
            writer.write((image - INTERCEPT).astype("<u2"), index, copy)
    return writer.files


def mr_series(
    folder: str | os.PathLike[str],
    *,
    shape: tuple[int, int, int, int] = (4, 10, 64, 64),
    spacing: tuple[float, float] = (4.0, 3.0),
    orientation: tuple[float, ...] = _AXIAL,
    noise: float = 0.0,
    identity: Identity | None = None,
) -> list[Path]:
    """Write an MR time series of signed 16-bit values, a file for each slice of each time point.

    Parameters
    ----------
    folder : path
        Is made.
    shape : tuple of 4 ints
        Time points, slices, rows and columns. Voxels hold ``100 time + slice`` plus a gradient along the columns.
    spacing : tuple of 2 floats
        Distance of slices and of pixels in mm.
    orientation, identity
        As for `chest_ct`.
    noise : float
        Standard deviation of normal noise, the same in every call. Without it voxels compress as no scanner's do.
    """
    import numpy as np

    chance = np.random.default_rng(20)
    identity = identity or Identity("PHANTOM^TIME", "PHANTOM-2", 2, 1, "Time series phantom")
    times, slices, rows, columns = shape
    dataset = general(MR_IMAGE, "MR", identity)
    pixels(dataset, bits_stored=16, signed=True)
    dataset.BodyPartExamined = "BRAIN"
    dataset.ScanningSequence, dataset.SequenceVariant, dataset.ScanOptions = "EP", "SK", ""
    dataset.MRAcquisitionType = "2D"
    dataset.EchoTime, dataset.RepetitionTime, dataset.FlipAngle, dataset.EchoTrainLength = 30, 2000, 80, 1
    dataset.MagneticFieldStrength = 3
    dataset.SliceThickness, dataset.SpacingBetweenSlices = spacing[0], spacing[0]
    dataset.NumberOfTemporalPositions = times
    writer = _Writer(Path(folder), dataset, identity)
    frame = _Frame(orientation, spacing[0], spacing[1], None)
    gradient = np.broadcast_to(np.arange(columns, dtype="<i2"), (rows, columns))
    for time in range(times):
        dataset.TemporalPositionIdentifier = time + 1
        seconds = 5 + 2 * time
        dataset.AcquisitionTime = f"09{32 + seconds // 60:02d}{seconds % 60:02d}"
        for index in range(slices):
            _place(dataset, frame, frame.position(index, slices))
            values = gradient + np.int16(100 * time + index)
            if noise:
                values = values + np.rint(chance.normal(0, noise, values.shape)).astype("<i2")
            writer.write(values, time * slices + index, 0)
    return writer.files


@dataclass(frozen=True, slots=True)
class _Frame:
    orientation: tuple[float, ...]
    spacing: float
    pixel: float
    along: tuple[float, ...] | None

    def position(self, index: float, slices: int) -> tuple[float, ...]:
        """Center of the first pixel of a slice, the stack being centered on the origin."""
        along = self.along or _normal(self.orientation)
        row, column = self.orientation[:3], self.orientation[3:]
        distance = (index - (slices - 1) / 2) * self.spacing
        corner = -350 / 2 + self.pixel / 2
        return tuple(distance * n + corner * (x + y) for n, x, y in zip(along, row, column, strict=True))


class _Writer:
    """Writes images of one series under names that say nothing of their order."""

    def __init__(self, folder: Path, dataset: Dataset, identity: Identity) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.files: list[Path] = []
        self._folder, self._dataset, self._identity = folder, dataset, identity
        self._dice = random.Random(identity.seed)  # noqa: S311 - names only

    def write(self, image: np.ndarray, index: int, copy: int) -> None:
        """Write one image and remember its file."""
        dataset = self._dataset
        dataset.Rows, dataset.Columns = image.shape
        dataset.InstanceNumber = len(self.files) + 1
        dataset.PixelData = image.tobytes()
        dataset["PixelData"].VR = "OW"
        instance = uid(dataset.SeriesInstanceUID, index, copy)
        path = self._folder / f"{self._dice.getrandbits(32):08X}"
        file_dataset(dataset, instance).save_as(path, enforce_file_format=True)
        self.files.append(path)


def _place(dataset: Dataset, frame: _Frame, position: tuple[float, ...]) -> None:
    dataset.ImagePositionPatient = [f"{value:.6f}".rstrip("0").rstrip(".") or "0" for value in position]
    dataset.ImageOrientationPatient = [f"{value:.8g}" for value in frame.orientation]
    dataset.PixelSpacing = [f"{frame.pixel:.8g}"] * 2
    dataset.SliceLocation = f"{sum(p * n for p, n in zip(position, _normal(frame.orientation), strict=True)):.6g}"


def _normal(orientation: tuple[float, ...]) -> tuple[float, ...]:
    a, b, c, d, e, f = orientation
    return (b * f - c * e, c * d - a * f, a * e - b * d)


def _tilted(orientation: tuple[float, ...], degrees: float) -> tuple[float, ...]:
    """Incline images around their rows."""
    if not degrees:
        return orientation
    from math import cos, radians, sin

    normal, column = _normal(orientation), orientation[3:]
    turned = [cos(radians(degrees)) * y + sin(radians(degrees)) * n for y, n in zip(column, normal, strict=True)]
    return (*orientation[:3], *turned)
