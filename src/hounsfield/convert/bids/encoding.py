"""Phase encoding and readout (BIDS "In-plane spatial encoding"): direction, echo spacing, total readout time.

`PhaseEncodingDirection` names an axis of the NIfTI file, whose rows run against DICOM's: along columns, what is
positive in DICOM is ``j-``. Times are those of FSL: from the middle of the first echo to the middle of the last.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hounsfield.convert.bids.fields import plain_number

if TYPE_CHECKING:
    from hounsfield.convert.bids.lookup import Lookup

__all__ = ["direction", "encoding_matrix", "readout"]


def direction(axis: str, *, positive: bool | None) -> dict[str, str]:
    """Name the direction.

    Parameters
    ----------
    axis : str
        In-plane Phase Encoding Direction (0018,1312): ``COL`` or ``ROW``.
    positive : bool or None
        Whether the vendor says that it runs with the indices of DICOM.
    """
    letter = {"COL": "j", "COLUMN": "j", "ROW": "i"}.get(axis.upper())
    if letter is None:
        return {}
    if positive is None:
        return {"PhaseEncodingAxis": letter}
    return {"PhaseEncodingDirection": letter + ("-" if positive == (letter == "j") else "")}


def encoding_matrix(found: Lookup, rows: int, columns: int) -> dict[str, Any]:
    """Give the lines that were measured, and those of the picture, along the phase encoding.

    Acquisition Matrix (0018,1310) holds frequency rows, frequency columns, phase rows, phase columns.
    """
    matrix = [found.number("AcquisitionMatrix", index) or 0 for index in range(4)]
    measured = max(matrix[2], matrix[3])
    axis = found.text("InPlanePhaseEncodingDirection").upper()
    made: dict[str, Any] = {}
    if measured:
        made["AcquisitionMatrixPE"] = int(measured)
    if axis in ("COL", "COLUMN", "ROW"):
        made["ReconMatrixPE"] = columns if axis == "ROW" else rows
    return made


def readout(*, bandwidth: float | None, lines: int | None) -> dict[str, Any]:
    """Give echo spacing and readout time of the bandwidth per pixel along the phase encoding, in Hz."""
    if not bandwidth or not lines or lines < 2 or not math.isfinite(bandwidth):
        return {}
    spacing = 1 / (bandwidth * lines)
    return {
        "BandwidthPerPixelPhaseEncode": plain_number(bandwidth),
        "EffectiveEchoSpacing": plain_number(spacing),
        "TotalReadoutTime": plain_number(spacing * (lines - 1)),
    }
