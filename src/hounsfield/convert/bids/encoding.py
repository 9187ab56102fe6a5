"""Phase encoding and readout by the names of BIDS ("In-plane spatial encoding").

`PhaseEncodingDirection` names an axis of the NIfTI file, whose rows run against DICOM's: along rows of the array, what
is positive in DICOM is ``j-``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.convert.bids.fields import plain_number

if TYPE_CHECKING:
    from hounsfield.convert.bids.lookup import Lookup
    from hounsfield.volumes.volume import Volume

__all__ = ["direction", "encoding_fields"]

_LETTERS = {"row": "j", "column": "i"}


def direction(axis: str, polarity: int) -> dict[str, str]:
    """Name the direction, or only its axis where nothing says the polarity.

    Parameters
    ----------
    axis : str
        ``row`` or ``column``: the index that changes along it.
    polarity : int
        1 towards higher indices of DICOM, -1 towards lower, 0 unknown.

    Examples
    --------
    >>> direction("row", 1)
    {'PhaseEncodingDirection': 'j-'}
    """
    letter = _LETTERS[axis]
    if polarity == 0:
        return {"PhaseEncodingAxis": letter}
    backwards = polarity > 0 if letter == "j" else polarity < 0
    return {"PhaseEncodingDirection": f"{letter}-" if backwards else letter}


def encoding_fields(found: Lookup, volume: Volume, polarity: int = 0) -> dict[str, Any]:
    """Give direction, lines, echo spacing and readout time.

    Parameters
    ----------
    found : Lookup
        The first instance.
    volume : Volume
        Its phase encoding, as the rules for vendors read it.
    polarity : int
        To be taken where the volume does not know it.
    """
    encoding = volume.phase_encoding
    if encoding is None:
        return {}
    made: dict[str, Any] = direction(encoding.axis, encoding.polarity or polarity)
    # Acquisition Matrix (0018,1310): frequency rows, frequency columns, phase rows, phase columns.
    measured = max(found.number("AcquisitionMatrix", index) or 0 for index in (2, 3))
    if measured:
        made["AcquisitionMatrixPE"] = int(measured)
    lines = volume.shape[volume.axes.index(encoding.axis)]
    made["ReconMatrixPE"] = lines
    if encoding.echo_spacing:
        made["EffectiveEchoSpacing"] = plain_number(encoding.echo_spacing)
    if encoding.total_readout_time:
        made["TotalReadoutTime"] = plain_number(encoding.total_readout_time)
    return made
