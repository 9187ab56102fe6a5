"""What GE says of timing and encoding: (0043,xxxx), (0019,xxxx) and the compressed protocol of (0025,xx1B).

Tags after GE's conformance statements; that SLICEORDER 0 is sequential and 1 interleaved, and VIEWORDER 1 a flipped
polarity, is known from dcm2niix (github.com/rordenlab/dcm2niix/tree/master/GE) and agrees with its published
reference.
"""

from __future__ import annotations

import math
import re
import zlib
from typing import TYPE_CHECKING, Any

from hounsfield.convert.bids.encoding import direction, encoding_matrix
from hounsfield.convert.bids.fields import plain_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.convert.bids.lookup import Lookup
    from hounsfield.volumes.volume import Volume

__all__ = ["RULES", "ge_fields", "slice_order"]

RULES = (
    "ge-echo-spacing: EffectiveEchoSpacing from (0043,xx2C) and the ASSET factor of (0043,xx83)",
    "ge-polarity: PhaseEncodingDirection from VIEWORDER of the protocol (0025,xx1B), or (0018,9034)",
    "ge-slice-order: SliceTiming from SLICEORDER of the protocol (0025,xx1B) and the hyperband factor of (0043,xxB6)",
)
_ACQUISITION, _PARAMETERS, _SERIES = "GEMS_ACQU_01", "GEMS_PARM_01", "GEMS_SERS_01"
_LINE = re.compile(r'^(?:set )?(\w+) "([^"]*)"', re.MULTILINE)
_MOST = 1 << 20


def ge_fields(found: Lookup, volume: Volume) -> dict[str, Any]:
    """Read what applies to MR of GE.

    Parameters
    ----------
    found : Lookup
        The first instance.
    volume : Volume
        Its shape and the direction of its slices matter.
    """
    slices, rows, columns = (volume.shape[volume.axes.index(axis)] for axis in ("slice", "row", "column"))
    made: dict[str, Any] = _texts(found)
    made |= encoding_matrix(found, rows, columns)
    protocol = _protocol(found)
    flipped = _flipped(found, protocol)
    epi = "EPI" in found.text("ScanOptions") or "EP" in found.texts("ScanningSequence")
    if flipped is not None and epi:
        made["PhaseEncodingPolarityGE"] = "Flipped" if flipped else "Unflipped"
    positive = None if flipped is None or not epi else not flipped
    made |= direction(found.text("InPlanePhaseEncodingDirection"), positive=positive)
    made |= _readout(found, made)
    bands = found.private_number(0x0043, _PARAMETERS, 0xB6)
    if bands is not None and bands > 1:
        made["MultibandAccelerationFactor"] = int(bands)
    repetition = found.number("RepetitionTime")
    if epi and found.text("MRAcquisitionType") == "2D" and protocol.get("SLICEORDER") in ("0", "1") and repetition:
        order = slice_order(slices, int(made.get("MultibandAccelerationFactor", 1)), protocol["SLICEORDER"] == "1")
        if order and _downwards(found, volume):
            order.reverse()
        if order:
            step = repetition / 1000 / (max(order) + 1)
            made["SliceTiming"] = [plain_number(round(place * step, 6)) for place in order]
    duration = found.private_number(0x0019, _ACQUISITION, 0x5A)
    if duration:
        made["AcquisitionDuration"] = plain_number(float(f"{duration / 1e6:.6g}"))
    return made


def slice_order(slices: int, bands: int, interleaved: bool) -> list[int]:  # noqa: FBT001
    """Say when each slice is excited, as numbers from 0; slices of different bands at once.

    Examples
    --------
    >>> slice_order(5, 1, True)
    [0, 3, 1, 4, 2]
    """
    if slices < 2 or bands < 1 or slices % bands:
        return []
    count = slices // bands
    shots = [*range(0, count, 2), *range(1, count, 2)] if interleaved else list(range(count))
    when = {place: number for number, place in enumerate(shots)}
    return [when[place % count] for place in range(slices)]


def _downwards(found: Lookup, volume: Volume) -> bool:
    """Whether the scan ran against the order of our slices: from its first to its last location, in RAS."""
    first = found.private_number(0x0019, _ACQUISITION, 0x19)
    last = found.private_number(0x0019, _ACQUISITION, 0x1B)
    if first is None or last is None:
        return False
    x, y, z = volume.geometry.direction[0]
    along = max((-x, -y, z), key=abs)
    return (last > first) != (along > 0)


def _texts(found: Lookup) -> dict[str, Any]:
    made: dict[str, Any] = {}
    places = (
        ("InternalPulseSequenceName", 0x0019, _ACQUISITION, 0x9E),
        ("PulseSequenceName", 0x0019, _ACQUISITION, 0x9C),
        ("PrescanReuseString", 0x0043, _PARAMETERS, 0x95),
    )
    for name, group, creator, element in places:
        value = found.private(group, creator, element)
        if value:
            made[name] = str(value)
    coil = found.text("ReceiveCoilName")
    if coil:
        made["CoilString"] = coil
    shims = [found.private_number(0x0043, _PARAMETERS, element) for element in (2, 3, 4)]
    if None not in shims:
        made["ShimSetting"] = [plain_number(value) for value in shims]
    table = found.private_number(0x0043, _PARAMETERS, 0xB2, 2)
    if table is not None:
        made["TablePosition"] = [0, 0, plain_number(table)]
    return made


def _readout(found: Lookup, known: Mapping[str, Any]) -> dict[str, Any]:
    """Follow FSL's definition: lines of the picture, after ASSET and rounding to whole pairs of lines."""
    spacing = found.private_number(0x0043, _PARAMETERS, 0x2C)
    lines, measured = known.get("ReconMatrixPE"), known.get("AcquisitionMatrixPE")
    if not spacing or not lines or not measured or lines < 2:
        return {}
    factor = found.private_number(0x0043, _PARAMETERS, 0x83) or 1.0
    reduction = 1 / factor if 0 < factor < 1 else factor
    rounding = 4 if "PFP" in found.texts("ScanOptions") else 2
    echoes = math.ceil(measured / reduction / rounding) * rounding
    total = (echoes - 1) * spacing / 1e6
    made: dict[str, Any] = {
        "EffectiveEchoSpacing": plain_number(total / (lines - 1)),
        "TotalReadoutTime": plain_number(total),
    }
    if reduction > 1:
        made["ParallelReductionFactorInPlane"] = plain_number(reduction)
    return made


def _flipped(found: Lookup, protocol: Mapping[str, str]) -> bool | None:
    stated = found.text("RectilinearPhaseEncodeReordering").upper()
    if stated in ("LINEAR", "REVERSE_LINEAR"):
        return stated == "REVERSE_LINEAR"
    return {"0": False, "1": True}.get(protocol.get("VIEWORDER", ""))


def _protocol(found: Lookup) -> dict[str, str]:
    """Unpack the protocol data block: four bytes of length, then gzip."""
    data = found.private(0x0025, _SERIES, 0x1B)
    begin = data.find(b"\x1f\x8b") if isinstance(data, bytes) else -1
    if begin < 0:
        return {}
    try:
        text = zlib.decompressobj(31).decompress(data[begin:], _MOST).decode("latin-1")
    except zlib.error:
        return {}
    return dict(_LINE.findall(text))
