"""Images of every kind of pixels, as uncompressed files, with the values that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["KINDS", "Kind", "write"]

Array = np.ndarray[Any, np.dtype[Any]]


class Kind(NamedTuple):
    """How the pixels of a test image are."""

    bits: int
    allocated: int = 8
    signed: bool = False
    frames: int = 1
    photometric: str = "MONOCHROME2"
    planar: int = 0
    rows: int = 37
    columns: int = 43

    @property
    def samples(self) -> int:
        """Samples of a pixel."""
        return 3 if self.photometric in ("RGB", "YBR_FULL") else 1

    def values(self) -> Array:
        """Stored values, ``(frame, row, column[, sample])``: a slope with noise, and every extreme."""
        shape = (self.frames, self.rows, self.columns, self.samples)
        random = np.random.default_rng(self.bits + 100 * self.frames)
        most = (1 << self.bits) - 1
        slope = np.linspace(0, most, self.columns)[None, None, :, None] + np.zeros(shape)
        noise = random.normal(0, most / 40, shape)
        values = np.clip(np.rint(slope + noise), 0, most).astype(np.int64)
        values[:, 0, 0], values[:, -1, -1] = most, 0
        if self.signed:
            values -= 1 << (self.bits - 1)
        kind = np.dtype(f"{'i' if self.signed else 'u'}{self.allocated // 8}")
        return values.astype(kind)[..., 0] if self.samples == 1 else values.astype(kind)


KINDS = {
    "gray 8": Kind(8),
    "gray 10": Kind(10, 16),
    "gray 12": Kind(12, 16, frames=3),
    "gray 16": Kind(16, 16),
    "gray 8 in 16": Kind(8, 16),
    "signed 12": Kind(12, 16, signed=True),
    "signed 16": Kind(16, 16, signed=True, frames=2),
    "signed 8": Kind(8, 8, signed=True),
    "inverse": Kind(12, 16, photometric="MONOCHROME1"),
    "palette": Kind(8, photometric="PALETTE COLOR"),
    "RGB": Kind(8, photometric="RGB", frames=2),
    "RGB in planes": Kind(8, photometric="RGB", planar=1, frames=2),
    "YBR": Kind(8, photometric="YBR_FULL"),
    "one pixel": Kind(8, rows=1, columns=1),
    "odd length": Kind(8, photometric="RGB", rows=3, columns=5),
}


def write(path: Path, kind: Kind, *, implicit: bool = False) -> Array:
    """Write an uncompressed secondary capture; returns its stored values."""
    values = kind.values()
    dataset = Dataset()
    dataset.SOPClassUID = MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    dataset.SOPInstanceUID = "1.2.826.0.1.3680043.10.511.3.1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = (
        "1.2.826.0.1.3680043.10.511.3.2",
        "1.2.826.0.1.3680043.10.511.3.3",
    )
    dataset.Modality, dataset.PatientName, dataset.PatientID = "OT", "Test^Transcode", "1"
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = kind.rows, kind.columns, kind.frames
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = kind.samples, kind.photometric
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = kind.allocated, kind.bits, kind.bits - 1
    dataset.PixelRepresentation = int(kind.signed)
    if kind.samples > 1:
        dataset.PlanarConfiguration = kind.planar
    if kind.photometric == "PALETTE COLOR":
        for color in ("Red", "Green", "Blue"):
            setattr(dataset, f"{color}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(dataset, f"{color}PaletteColorLookupTableData", np.arange(0, 65536, 256, dtype="u2").tobytes())
    unsigned = values.view(f"u{kind.allocated // 8}") & np.array((1 << kind.bits) - 1, f"u{kind.allocated // 8}")
    data = (unsigned.transpose(0, 3, 1, 2) if kind.planar else unsigned).tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if kind.allocated > 8 or implicit else "OB"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return values
