"""When each slice of a volume was measured: no vendor says it in the same way, and some in ways that are wrong.

Siemens: the CSA header of the second volume (the first may be wrong with multiband), acquisition times of single
slices, times of frames in enhanced objects. GE: `ge_slice_times`. UIH: acquisition times. Philips states none. Sources:
notes of dcm2niix on each vendor; dcm_qa_nih.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.errors import MalformedError
from hounsfield.volumes.vendors import ge_slice_times
from hounsfield.volumes.vendors.ge_slice_times import from_zero
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
    "ge": ge_slice_times.ATTRIBUTES,
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
Found = tuple[tuple[float, ...], tuple[Rule, ...]]
_NONE: Found = ((), ())
_DAY = 86400.0


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
        As the header states it, s.
    """
    if len(volume) < 2:
        return _NONE
    if vendor == "siemens" and volume[0].tile is not None:
        return _mosaic(volume, values)
    if vendor == "ge":
        return ge_slice_times.slice_times_of(volume, values, repetition_time)
    if vendor in ("siemens", "uih"):
        times = _clock(volume)
        return (times, (SINGLE,)) if times else _NONE
    return _NONE


def _mosaic(volume: Sequence[Plane], values: Mapping[str, Any]) -> Found:
    stated = values.get("MosaicTimes") or ()
    if not stated and "ImageCSA" in values:
        try:
            stated = numbers(parse_csa(values["ImageCSA"]), "MosaicRefAcqTimes")
        except MalformedError:
            stated = ()
    if len(stated) < len(volume):
        return _NONE
    times = from_zero([stated[plane.facts["MosaicIndex"]] / 1000 for plane in volume])
    return (times, (MOSAIC,)) if times else _NONE


def _clock(volume: Sequence[Plane]) -> tuple[float, ...]:
    found = [seconds(plane.facts.get("AcquisitionTime")) for plane in volume]
    times = [time for time in found if time is not None]
    if len(times) != len(volume):
        return ()
    if max(times) - min(times) > _DAY / 2:
        times = [time + _DAY if time < _DAY / 2 else time for time in times]
    return from_zero(times)


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
