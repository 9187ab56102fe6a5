"""What only GE says: (0043,xxxx), (0019,xxxx) and the polarity in the compressed protocol of (0025,xx1B).

Tags after GE's conformance statements; that VIEWORDER 1 is a flipped polarity is known from dcm2niix
(github.com/rordenlab/dcm2niix/tree/master/GE) and agrees with its published reference, and that LINEAR is flipped from
its pull request 677, by GE.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

from hounsfield.convert.bids.fields import plain_number

if TYPE_CHECKING:
    from hounsfield.convert.bids.lookup import Lookup

__all__ = ["ge_fields", "ge_polarity"]

_ACQUISITION, _PARAMETERS, _SERIES = "GEMS_ACQU_01", "GEMS_PARM_01", "GEMS_SERS_01"
_LINE = re.compile(r'^(?:set )?(\w+) "([^"]*)"', re.MULTILINE)
_MOST = 1 << 20


def ge_fields(found: Lookup) -> dict[str, Any]:
    """Read what applies to MR of GE and no other vendor says."""
    made: dict[str, Any] = _texts(found)
    flipped = _flipped(found)
    if flipped is not None and _is_epi(found):
        made["PhaseEncodingPolarityGE"] = "Flipped" if flipped else "Unflipped"
    bands = found.private_number(0x0043, _PARAMETERS, 0xB6)
    if bands is not None and bands > 1:
        made["MultibandAccelerationFactor"] = int(bands)
    compressed = found.private_number(0x0043, _PARAMETERS, 0xB7)
    if compressed is not None and compressed > 1:
        made["CompressedSensingFactor"] = plain_number(compressed)
    learned = found.private_text(0x0043, _PARAMETERS, 0xCA)
    if learned:
        made |= {"DeepLearning": True, "DeepLearningDetails": learned}
    duration = found.private_number(0x0019, _ACQUISITION, 0x5A)
    if duration:
        made["AcquisitionDuration"] = plain_number(float(f"{duration / 1e6:.6g}"))
    factor = found.private_number(0x0043, _PARAMETERS, 0x83)
    if factor is not None and 0 < factor < 1:
        made["ParallelReductionFactorInPlane"] = plain_number(float(f"{1 / factor:.6g}"))
    return made


def ge_polarity(found: Lookup) -> int:
    """Give the polarity of EPI: 1 unflipped, -1 flipped, 0 where nothing says it."""
    flipped = _flipped(found) if _is_epi(found) else None
    return 0 if flipped is None else -1 if flipped else 1


def _is_epi(found: Lookup) -> bool:
    return "EPI" in found.text("ScanOptions") or "EP" in found.texts("ScanningSequence")


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


def _flipped(found: Lookup) -> bool | None:
    stated = found.text("RectilinearPhaseEncodeReordering").upper()
    if stated in ("LINEAR", "REVERSE_LINEAR"):
        return stated == "LINEAR"
    return {"0": False, "1": True}.get(_protocol(found).get("VIEWORDER", ""))


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
