"""What only Siemens says: (0019,xxxx), (0051,xxxx) and the protocol of the CSA header up to VE11; (0021,xxxx) from XA.

The meaning of the private attributes follows nibabel's description of the CSA header
(https://nipy.org/nibabel/dicom/siemens_csa.html) and Siemens' conformance statements; the names of the sidecar are
those of dcm2niix where BIDS has none.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.convert.bids.fields import plain_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.convert.bids.lookup import Lookup

__all__ = ["siemens_fields"]

_HEADER = "SIEMENS MR HEADER"
_CSA = "SIEMENS CSA HEADER"
_SDI = "SIEMENS MR SDI 02"
_SDS = "SIEMENS MR SDS 01"
_ASSIGNED = re.compile(r"^([\w.\[\]]+)\s*=\s*(.+?)\s*$", re.MULTILINE)
_COMBINE: Mapping[str, str] = MappingProxyType({"1": "Sum of Squares", "2": "Adaptive Combine"})
# ucPhasePartialFourier: 1, 2, 4, 8, 16.
_PARTIAL: Mapping[int, float] = MappingProxyType({1: 0.5, 2: 0.625, 4: 0.75, 8: 0.875, 16: 1})


def siemens_fields(found: Lookup) -> dict[str, Any]:
    """Read what applies to MR of Siemens and no other vendor says."""
    made: dict[str, Any] = _protocol_fields(_protocol(found))
    bandwidth = found.private_number(0x0019, _HEADER, 0x28) or found.private_number(0x0021, _SDI, 0x53)
    if bandwidth:
        made["BandwidthPerPixelPhaseEncode"] = plain_number(bandwidth)
    dwell = found.private_number(0x0019, _HEADER, 0x18)
    if dwell:
        made["DwellTime"] = plain_number(dwell / 1e9)
    return made | _texts(found) | _deep_learning(found)


def _deep_learning(found: Lookup) -> dict[str, Any]:
    """Say what XA51 and later note of Deep Resolve: Gain, Boost, Sharp."""
    words = found.private_text(0x0021, _SDI, 0x75).split("\\")
    if len(words) < 2:
        return {}
    made: dict[str, Any] = {"ImageTypeText": words}
    if {"DRG", "DRB", "DRS"} & {*words, *found.texts("ImageType")}:
        made |= {"DeepLearning": True, "DeepLearningDetails": found.private_text(0x0021, _SDI, 0x76)}
    return {name: value for name, value in made.items() if value}


def _texts(found: Lookup) -> dict[str, Any]:
    made: dict[str, Any] = {}
    coils = found.private(0x0051, _HEADER, 0x0F)
    if coils:
        made["ReceiveCoilActiveElements"] = str(coils)
    orientation = found.private(0x0051, _HEADER, 0x0E)
    if orientation:
        made["ImageOrientationText"] = str(orientation)
    table = [found.private_number(0x0019, _HEADER, 0x14, index) for index in range(3)]
    if None not in table:
        made["TablePosition"] = [plain_number(value) for value in table]
    kinds = found.texts("ImageType")
    if "ND" in kinds or "DIS2D" in kinds or "DIS3D" in kinds:
        made["NonlinearGradientCorrection"] = "ND" not in kinds
    return made


def _protocol(found: Lookup) -> dict[str, str]:
    """Read the ASCII protocol between its markers, from the CSA series header or from XA's (0021,xx19)."""
    data = found.private(0x0029, _CSA, 0x20) or found.private(0x0021, _SDS, 0x19)
    if isinstance(data, str):
        data = data.encode("latin-1", "replace")
    if not isinstance(data, bytes):
        return {}
    begin = data.find(b"### ASCCONV BEGIN")
    end = data.find(b"### ASCCONV END", begin)
    return dict(_ASSIGNED.findall(data[begin:end].decode("latin-1"))) if 0 <= begin < end else {}


def _protocol_fields(protocol: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    numbers = {
        "BaseResolution": "sKSpace.lBaseResolution",
        "PhaseResolution": "sKSpace.dPhaseResolution",
        "TxRefAmp": "sTXSPEC.asNucleusInfo[0].flReferenceAmplitude",
    }
    for name, key in numbers.items():
        number = _float(protocol.get(key))
        if number is not None:
            made[name] = plain_number(float(f"{number:.6g}"))
    for name, key in {"PulseSequenceDetails": "tSequenceFileName", "ConsistencyInfo": _BASELINE}.items():
        if key in protocol:
            made[name] = protocol[key].strip('"')
    if protocol.get("ucCoilCombineMode") in _COMBINE:
        made["CoilCombinationMethod"] = _COMBINE[protocol["ucCoilCombineMode"]]
    partial = _float(protocol.get("sKSpace.ucPhasePartialFourier"))
    if partial is not None and int(partial) in _PARTIAL:
        made["PartialFourier"] = _PARTIAL[int(partial)]
    made |= _acceleration(protocol)
    # The first three stand elsewhere up to the B generation.
    shims = [_float(protocol.get(key, protocol.get(key.replace("asGPAData[0].", "")))) for key in _SHIMS]
    if any(value is not None for value in shims):
        made["ShimSetting"] = [plain_number(value or 0) for value in shims]
    return made


def _acceleration(protocol: Mapping[str, str]) -> dict[str, Any]:
    """Slices at once, lines left out, and compressed sensing: a total beyond the product of all."""
    made: dict[str, Any] = {}
    bands = _float(protocol.get("sSliceAcceleration.lMultiBandFactor"))
    if bands is not None and bands > 1:
        made["MultibandAccelerationFactor"] = int(bands)
    through, total = (_float(protocol.get(f"sPat.{name}")) for name in ("lAccelFact3D", "dTotalAccelFact"))
    within = _float(protocol.get("sPat.lAccelFactPE"))
    if total is not None and total > (within or 1) * (through or 1) * (bands or 1):
        made["CompressedSensingFactor"] = plain_number(total)
    if within is not None and within > 1:
        made["ParallelReductionFactorInPlane"] = int(within)
    return made


_BASELINE = "sProtConsistencyInfo.tMeasuredBaselineString"
_SHIMS = (
    *(f"sGRADSPEC.asGPAData[0].lOffset{axis}" for axis in "XYZ"),
    *(f"sGRADSPEC.alShimCurrent[{index}]" for index in range(5)),
)


def _float(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(int(text, 16)) if text.startswith("0x") else float(text)
    except ValueError:
        return None
