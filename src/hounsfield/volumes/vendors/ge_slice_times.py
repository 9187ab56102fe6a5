"""When GE measured each slice: trigger times, or what follows from the order of slices that the protocol states.

The repetition time of the header does not hold the delay after each volume (group delay). With multiband, a number of
shots that is even was avoided by one more shot until release 27.0 R02; since R03 the last two of the interleaved order
are exchanged. Sources: notes of dcm2niix on GE; dcm_qa_ge, whose published slice times the tests compare.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.vendors.private import Attribute
from hounsfield.volumes.vendors.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hounsfield.volumes.plane import Plane

__all__ = ["ATTRIBUTES", "from_zero", "planned", "protocol_block", "repetition_time_of", "slice_times_of"]

ATTRIBUTES = (
    Attribute("ProtocolBlock", (0x0025101B,), "OB", "GEMS_SERS_01"),
    Attribute("GroupDelay", (0x0043107C,), "FL", "GEMS_PARM_01"),
    Attribute("Multiband", (0x004310B6,), "LO", "GEMS_PARM_01"),
    Attribute("Sequence", (0x0019109E,), "LO", "GEMS_ACQU_01"),
    Attribute("Software", (0x00181020,), "LO"),
)
TRIGGER = Rule(
    "ge-trigger-slice-times",
    "slice times are the trigger times of the slices",
    "(0018,1060)",
    "notes of dcm2niix on GE",
)
BLOCK = Rule(
    "ge-protocol-block-slice-times",
    "slice times are calculated from slice order, repetition time, multiband factor and release",
    "(0025,xx1B), (0043,xxB6), (0018,0080), (0018,1020)",
    "notes of dcm2niix on GE; dcm_qa_nih, dcm_qa_ge",
)
_NONE: tuple[tuple[float, ...], tuple[Rule, ...]] = ((), ())
_SAME_SECONDS = 1e-4
_LINE = re.compile(r'^(\w+) "([^"]*)"', re.MULTILINE)
_RELEASE = re.compile(r"(\d+)\.(\d+)_[A-Z]*(\d*)")
_EXCHANGING = (27, 0, 3)
_LONGEST_BLOCK = 1 << 20


def from_zero(times: Sequence[float]) -> tuple[float, ...]:
    """Shift times to start at zero; none where they are all the same."""
    first = min(times)
    if max(times) - first < _SAME_SECONDS:
        return ()
    return tuple(time - first for time in times)


def repetition_time_of(values: Mapping[str, Any], stated: float) -> float:
    """Give the time from volume to volume: what the header states, and the delay after each volume (s)."""
    delay = (values.get("GroupDelay") or (0.0,))[0]
    return stated + max(0.0, round(float(delay), 6))


def slice_times_of(
    volume: Sequence[Plane], values: Mapping[str, Any], repetition_time: float | None
) -> tuple[tuple[float, ...], tuple[Rule, ...]]:
    """Give the times of the slices of a volume.

    Parameters
    ----------
    volume : sequence of Plane
        Its slices in order.
    values : mapping
        Of `ATTRIBUTES`, of one of its files.
    repetition_time : float or None
        As the header states it: without the delay, s.
    """
    triggers = [plane.facts.get("TriggerTime") for plane in volume]
    if all(isinstance(trigger, int | float) for trigger in triggers):
        times = from_zero([float(trigger) / 1000 for trigger in triggers if trigger is not None])
        if times and (repetition_time is None or max(times) < repetition_time):
            return times, (TRIGGER,)
    block = protocol_block(values.get("ProtocolBlock"))
    if "SLICEORDER" not in block or not repetition_time:
        return _NONE
    times = planned(
        len(volume),
        repetition_time,
        interleaved=block["SLICEORDER"] == "1",
        bands=max(1, _leading(values.get("Multiband"))),
        exchanged=_exchanges(values),
    )
    return (times if _ascending(volume) else times[::-1]), (BLOCK,)


def _exchanges(values: Mapping[str, Any]) -> bool:
    """Whether the software exchanges the last two shots; diffusion sequences do not."""
    if str(values.get("Sequence", "")).strip().upper() == "EPI2":
        return False
    found = _RELEASE.search(str(values.get("Software", "")))
    if found is None:
        return False
    major, minor, revision = int(found[1]), int(found[2]), int(found[3] or 0)
    return (major, minor, revision) >= _EXCHANGING


def _leading(value: Any) -> int:
    first = str(value or "").split("\\", 1)[0]
    return int(first) if first.isdigit() else 0


def _ascending(volume: Sequence[Plane]) -> bool:
    first, last = (plane.facts.get("InstanceNumber") for plane in (volume[0], volume[-1]))
    return not (isinstance(first, int | float) and isinstance(last, int | float) and first > last)


def planned(
    slices: int, duration: float, *, interleaved: bool, bands: int = 1, exchanged: bool = False
) -> tuple[float, ...]:
    """Give the times of slices that are measured without a pause.

    Parameters
    ----------
    slices : int
        Of a volume.
    duration : float
        Of a volume, s.
    interleaved : bool
        Every other slice first.
    bands : int
        Slices that are measured at once.
    exchanged : bool
        Whether the last two shots of an even number change places, instead of one more that avoids an even number.

    Examples
    --------
    >>> planned(5, 5.0, interleaved=True)
    (0.0, 3.0, 1.0, 4.0, 2.0)
    >>> planned(8, 4.0, interleaved=True, bands=2, exchanged=True)
    (0.0, 3.0, 1.0, 2.0, 0.0, 3.0, 1.0, 2.0)
    """
    shots = -(-slices // bands)
    even = interleaved and bands > 1 and shots % 2 == 0
    if even and not exchanged:
        shots += 1
    each = duration / shots
    odd = (shots + 1) // 2
    order = [shot // 2 + (odd if shot % 2 else 0) for shot in range(shots)] if interleaved else list(range(shots))
    if even and exchanged and shots > 2:
        order[-1], order[-3] = order[-3], order[-1]
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
