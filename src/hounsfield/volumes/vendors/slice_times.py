"""When each slice of a volume was measured: no vendor says it in the same way, and some in ways that are wrong.

Siemens: the CSA header of the second volume (the first may be wrong with multiband), acquisition times of single
slices, times of frames in enhanced objects. GE: trigger times, otherwise the order that the protocol block states. UIH:
acquisition times. Philips states none. Sources: notes of dcm2niix on each vendor; dcm_qa_nih.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

from hounsfield.errors import MalformedError
from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule
from hounsfield.volumes.vendors.siemens_csa import numbers, parse_csa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hounsfield.volumes.plane import Plane

__all__ = ["ATTRIBUTES", "slice_times"]

ATTRIBUTES: Mapping[str, tuple[Attribute, ...]] = {
    "siemens": (
        Attribute("MosaicTimes", (0x00191029,), "FD", "SIEMENS MR HEADER"),
        Attribute("ImageCSA", (0x00291010,), "OB", "SIEMENS CSA HEADER"),
    ),
    "ge": (
        Attribute("ProtocolBlock", (0x0025101B,), "OB", "GEMS_SERS_01"),
        Attribute("GroupDelay", (0x0043107C,), "FL", "GEMS_PARM_01"),
        Attribute("Multiband", (0x004310B6,), "LO", "GEMS_PARM_01"),
    ),
}
MOSAIC = Rule(
    "siemens-slice-times",
    "times of the slices of a mosaic, from its second volume",
    "(0019,xx29), (0029,xx10) MosaicRefAcqTimes",
    "notes of dcm2niix on Siemens; dcm_qa_nih",
)
SINGLE = Rule(
    "acquisition-time-slice-times",
    "slice times are the acquisition times of the slices of the first volume",
    "(0008,0032), (0018,9074)",
    "notes of dcm2niix on Siemens and UIH",
)
GE_TRIGGER = Rule(
    "ge-trigger-slice-times",
    "slice times are the trigger times of the slices",
    "(0018,1060)",
    "notes of dcm2niix on GE",
)
GE_BLOCK = Rule(
    "ge-protocol-block-slice-times",
    "slice times are calculated from slice order, repetition time, group delay and multiband factor",
    "(0025,xx1B), (0043,xx7C), (0043,xxB6), (0018,0080)",
    "notes of dcm2niix on GE; dcm_qa_nih",
)
Found = tuple[tuple[float, ...], tuple[Rule, ...]]
_NONE: Found = ((), ())
_SAME_SECONDS = 1e-4
_DAY = 86400.0
_LINE = re.compile(r'^(\w+) "([^"]*)"', re.MULTILINE)
_LONGEST_BLOCK = 1 << 20


def slice_times(
    volume: Sequence[Plane], values: Mapping[str, Any], vendor: str, repetition_time: float | None
) -> Found:
    """Give the times of the slices of a volume, in seconds from its start.

    Parameters
    ----------
    volume : sequence of Plane
        Its slices in order.
    values : mapping
        Of `ATTRIBUTES`, of one of its files.
    vendor : str
        As `vendor_of` names it.
    repetition_time : float or None
        s.
    """
    if len(volume) < 2:
        return _NONE
    if vendor == "siemens" and volume[0].tile is not None:
        return _mosaic(volume, values)
    if vendor == "ge":
        return _ge(volume, values, repetition_time)
    if vendor in ("siemens", "uih"):
        times = _clock(volume)
        return (times, (SINGLE,)) if times else _NONE
    return _NONE


def _from_zero(times: Sequence[float]) -> tuple[float, ...]:
    """Shift times to start at zero; none where they are all the same."""
    first = min(times)
    if max(times) - first < _SAME_SECONDS:
        return ()
    return tuple(time - first for time in times)


def _mosaic(volume: Sequence[Plane], values: Mapping[str, Any]) -> Found:
    stated = values.get("MosaicTimes") or ()
    if not stated and "ImageCSA" in values:
        try:
            stated = numbers(parse_csa(values["ImageCSA"]), "MosaicRefAcqTimes")
        except MalformedError:
            stated = ()
    if len(stated) < len(volume):
        return _NONE
    times = _from_zero([stated[plane.facts["MosaicIndex"]] / 1000 for plane in volume])
    return (times, (MOSAIC,)) if times else _NONE


def _clock(volume: Sequence[Plane]) -> tuple[float, ...]:
    found = [seconds(plane.facts.get("AcquisitionTime")) for plane in volume]
    times = [time for time in found if time is not None]
    if len(times) != len(volume):
        return ()
    if max(times) - min(times) > _DAY / 2:
        times = [time + _DAY if time < _DAY / 2 else time for time in times]
    return _from_zero(times)


def seconds(value: Any) -> float | None:
    """Seconds since midnight of TM (HHMMSS.F) or DT (YYYYMMDDHHMMSS.F), also where it was read as a number.

    Examples
    --------
    >>> seconds("010203.5")
    3723.5
    """
    if value is None:
        return None
    text = f"{value:013.6f}" if isinstance(value, int | float) else str(value).split("+")[0].strip()
    if len(text.split(".")[0]) >= 12:
        text = text[8:]
    try:
        return int(text[:2]) * 3600 + int(text[2:4] or 0) * 60 + float(text[4:] or 0)
    except ValueError:
        return None


def _ge(volume: Sequence[Plane], values: Mapping[str, Any], repetition_time: float | None) -> Found:
    triggers = [plane.facts.get("TriggerTime") for plane in volume]
    if all(isinstance(trigger, int | float) for trigger in triggers):
        times = _from_zero([float(trigger) / 1000 for trigger in triggers if trigger is not None])
        if times and (repetition_time is None or max(times) < repetition_time):
            return times, (GE_TRIGGER,)
    block = protocol_block(values.get("ProtocolBlock"))
    if "SLICEORDER" not in block or not repetition_time:
        return _NONE
    delay = (values.get("GroupDelay") or (0.0,))[0]
    band = _leading(values.get("Multiband"))
    times = planned(len(volume), repetition_time - delay, interleaved=block["SLICEORDER"] == "1", bands=max(1, band))
    return (times if _ascending(volume) else times[::-1]), (GE_BLOCK,)


def _leading(value: Any) -> int:
    first = str(value or "").split("\\", 1)[0]
    return int(first) if first.isdigit() else 0


def _ascending(volume: Sequence[Plane]) -> bool:
    first, last = (plane.facts.get("InstanceNumber") for plane in (volume[0], volume[-1]))
    return not (isinstance(first, int | float) and isinstance(last, int | float) and first > last)


def planned(slices: int, duration: float, *, interleaved: bool, bands: int = 1) -> tuple[float, ...]:
    """Give the times of slices that are measured without a pause.

    Examples
    --------
    >>> planned(5, 5.0, interleaved=True)
    (0.0, 3.0, 1.0, 4.0, 2.0)
    """
    shots = -(-slices // bands)
    each = duration / shots
    odd = (shots + 1) // 2
    order = [shot // 2 + (odd if shot % 2 else 0) for shot in range(shots)] if interleaved else list(range(shots))
    return tuple(order[index % shots] * each for index in range(slices))


def protocol_block(value: Any) -> dict[str, str]:
    """Read the names and values of a GE protocol data block: gzip after a length, or XML in newer software."""
    if not isinstance(value, bytes):
        return {}
    begin = value.find(b"\x1f\x8b")
    if begin < 0:
        return {}
    try:
        inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        text = inflater.decompress(value[begin:], _LONGEST_BLOCK).decode("latin-1")
    except zlib.error:
        return {}
    return dict(_LINE.findall(text.replace("set ", "")))
