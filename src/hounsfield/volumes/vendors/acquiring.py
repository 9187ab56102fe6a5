"""How a stack was acquired: what the planes say of it already, and what one or two of its files add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.errors import HounsfieldError
from hounsfield.volumes.acquisition import Acquisition, Timing
from hounsfield.volumes.diffusion import diffusion_of, first_planes
from hounsfield.volumes.header import text, value
from hounsfield.volumes.vendors import encoding, ge_slice_times, slice_times
from hounsfield.volumes.vendors.private import Attribute, read_attributes
from hounsfield.volumes.vendors.reading import vendor_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.settings import Limits
    from hounsfield.volumes.stack import Stack
    from hounsfield.volumes.vendors.rule import Rule

__all__ = ["acquisition_of"]

_DURATION = Attribute("Duration", (0x00181242,), "IS")


def acquisition_of(stack: Stack, limits: Limits) -> Acquisition:
    """Give diffusion, timing and phase encoding of a stack, and the rules that this took."""
    rules = {rule.name: rule for rule in stack.rules}
    if text(stack.header, "Modality") != "MR" or not stack.planes:
        timing = Timing(volume_times=_volume_times(stack), frame_durations=_durations(stack, limits))
        return Acquisition(timing=timing, rules=tuple(map(str, rules.values())))
    vendor = vendor_of(text(stack.header, "Manufacturer"))
    slices = stack.shape[-1]
    # The first volume may state wrong slice times (multiband sequences of Siemens).
    second = stack.planes[slices : 2 * slices] if len(stack.planes) >= 2 * slices else stack.planes
    values = _values(second[0].source, vendor, limits)
    encoded, more = encoding.phase_encoding(second[0], values, vendor)
    _note(rules, more)
    repetition = _repetition_time(stack, values)
    times: tuple[float, ...] = ()
    if values.get("AcquisitionType") != "3D" and (vendor == "siemens" or len(stack.shape) > 1):
        first = second if second[0].tile is not None else stack.planes[:slices]
        times, more = slice_times.slice_times(first, values, vendor, repetition)
        if repetition and times and max(times) > repetition:
            times, more = slice_times.slice_times(second, values, vendor, repetition)
            times, more = (times, more) if times and max(times) <= repetition else ((), ())
        _note(rules, more)
    if vendor == "ge" and repetition:
        repetition = ge_slice_times.repetition_time_of(values, repetition)
    timing = Timing(repetition, times, _volume_times(stack))
    return Acquisition(diffusion_of(stack), timing, encoded, tuple(map(str, rules.values())))


def _note(rules: dict[str, Rule], more: tuple[Rule, ...]) -> None:
    rules.update({rule.name: rule for rule in more})


def _values(source: Any, vendor: str, limits: Limits) -> Mapping[str, Any]:
    own = (*encoding.ATTRIBUTES.get(vendor, ()), *slice_times.ATTRIBUTES.get(vendor, ()))
    wanted = {attribute.name: attribute for attribute in (*encoding.COMMON, *own)}
    try:
        return read_attributes([source], wanted.values(), limits)[0]
    except HounsfieldError:
        return {}


def _repetition_time(stack: Stack, values: Mapping[str, Any]) -> float | None:
    stated = stack.planes[0].facts.get("RepetitionTime") or value(stack.header, "RepetitionTime")
    if not isinstance(stated, int | float):
        stated = (values.get("RepetitionTime") or (None,))[0]
    return float(stated) / 1000 if stated else None


def _volume_times(stack: Stack) -> tuple[float, ...]:
    """Seconds from the first volume to each, from Frame Reference Time (ms) or acquisition times."""
    if len(stack.shape) < 2:
        return ()
    volumes = first_planes(stack)
    frames = [facts.get("FrameReferenceTime") for facts in volumes]
    clocks = [slice_times.seconds(facts.get("AcquisitionTime")) for facts in volumes]
    references = [float(time) / 1000 for time in frames if isinstance(time, int | float)]
    for times in (references, [time for time in clocks if time is not None]):
        if len(times) == len(volumes) and len(set(times)) == len(times):
            since = [time - times[0] for time in times]
            return tuple(time + 86400.0 if time < -43200 else time for time in since)
    return ()


def _durations(stack: Stack, limits: Limits) -> tuple[float, ...]:
    """Seconds that each volume of PET was measured (0018,1242)."""
    if text(stack.header, "Modality") != "PT":
        return ()
    slices = stack.shape[-1]
    try:
        found = read_attributes([plane.source for plane in stack.planes[::slices]], (_DURATION,), limits)
    except HounsfieldError:
        return ()
    times = [values["Duration"][0] / 1000 for values in found if values.get("Duration")]
    return tuple(times) if len(times) == len(found) else ()
