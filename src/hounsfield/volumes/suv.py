"""Standardized uptake values of PET: by body weight, lean body mass and body surface area.

SUV = activity concentration x mass (or area) / injected dose, decayed to the time that the images are corrected to. The
traps are those that the QIBA profile for FDG-PET lists (vendor-neutral pseudo-code, 2012): Series Time of a processed
series is that of processing; the acquisition times of its images are later than the time of correction; injection times
have no date and may lie before midnight; Philips may store counts and a factor of its own, GE the start of the scan in
a private attribute. PS3.3 C.8.9.1, C.8.9.2.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hounsfield.errors import GeometryError, UsageError
from hounsfield.volumes.header import text
from hounsfield.volumes.vendors.private import Attribute, read_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hounsfield.settings import Limits
    from hounsfield.volumes.stack import Stack

__all__ = ["UNITS", "Uptake", "corrected_to", "uptake_of", "with_unit"]

UNITS = ("suvbw", "suvlbm", "suvbsa")
_DOSE = 0x00540016
ATTRIBUTES = (
    Attribute("Weight", (0x00101030,), "DS"),
    Attribute("Size", (0x00101020,), "DS"),
    Attribute("Sex", (0x00100040,), "CS"),
    Attribute("Dose", (_DOSE, 0x00181074), "DS"),
    Attribute("HalfLife", (_DOSE, 0x00181075), "DS"),
    Attribute("StartTime", (_DOSE, 0x00181072), "TM"),
    Attribute("StartDateTime", (_DOSE, 0x00181078), "DT"),
    Attribute("Units", (0x00541001,), "CS"),
    Attribute("DecayCorrection", (0x00541102,), "CS"),
    Attribute("SuvType", (0x00541006,), "CS"),
    Attribute("Corrected", (0x00280051,), "CS"),
    Attribute("SeriesDate", (0x00080021,), "DA"),
    Attribute("SeriesTime", (0x00080031,), "TM"),
    Attribute("AcquisitionDate", (0x00080022,), "DA"),
    Attribute("AcquisitionTime", (0x00080032,), "TM"),
    Attribute("FrameReferenceTime", (0x00541300,), "DS"),
    Attribute("FrameDuration", (0x00181242,), "IS"),
    Attribute("GEScanStart", (0x0009100D,), "DT", "GEMS_PETD_01"),
    Attribute("PhilipsSuvFactor", (0x70531000,), "DS", "Philips PET Private Group"),
    Attribute("PhilipsActivityFactor", (0x70531009,), "DS", "Philips PET Private Group"),
)


@dataclass(frozen=True, slots=True)
class Uptake:
    """How physical values become uptake values.

    Parameters
    ----------
    factor : float
        What they are multiplied by.
    unit : str
        ``g/mL`` or ``cm2/mL``.
    formula : str
        In words and symbols.
    inputs : mapping
        What went into it, with units in the names.
    """

    factor: float
    unit: str
    formula: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


def with_unit(stack: Stack, unit: str, limits: Limits) -> tuple[Stack, Uptake | None]:
    """Give the stack in another unit; empty for the one it has.

    Raises
    ------
    UsageError
        For a unit that there is none of.
    GeometryError
        When the files do not say what it takes: the message names it. Code ``no-suv``.
    """
    if not unit:
        return stack, None
    if unit not in UNITS:
        raise UsageError(f"there is no unit {unit!r}", hint=f"Units: {', '.join(UNITS)}.")
    uptake = uptake_of(stack, unit, limits)
    planes = tuple(
        replace(plane, slope=plane.slope * uptake.factor, intercept=plane.intercept * uptake.factor, unit=uptake.unit)
        for plane in stack.planes
    )
    return replace(stack, planes=planes), uptake


def _refused(where: str, reason: str) -> GeometryError:
    return GeometryError(
        f"uptake values cannot be calculated: {reason}",
        where=where,
        hint="Load it without a unit for the values that it has.",
        code="no-suv",
    )


def uptake_of(stack: Stack, unit: str, limits: Limits) -> Uptake:
    """Calculate the factor of a PET stack; `unit` is one of `UNITS`."""
    where = stack.planes[0].name
    if text(stack.header, "Modality") != "PT":
        raise _refused(where, "it is not PET")
    every = read_attributes(_one_each(stack), ATTRIBUTES, limits)
    values = every[0]
    weight = _positive(values, "Weight")
    if weight is None:
        raise _refused(where, "Patient's Weight (0010,1030) is missing")
    scale, how, inputs = _by_weight(values, every, weight, where)
    size, formula = _body(values, unit, weight, where)
    inputs = {"weight_kg": weight, **inputs, **({} if unit == "suvbw" else {"size_m": _positive(values, "Size")})}
    area = unit == "suvbsa"
    return Uptake(scale * size / (weight * 1000), "cm2/mL" if area else "g/mL", f"{how} x {formula}", inputs)


def corrected_to(stack: Stack, limits: Limits) -> tuple[datetime, datetime] | None:
    """Give when decay is corrected to with Decay Correction START, and when the first image was acquired.

    The two differ where a scan has several beds or frames: PS3.3 C.8.9.1.1.8. ``None`` where the files do not say.
    """
    every = read_attributes(_one_each(stack), ATTRIBUTES, limits)
    acquired = [_moment(one.get("AcquisitionDate"), one.get("AcquisitionTime")) for one in every]
    known = [time for time in acquired if time is not None]
    start, _ = _scan_start(every)
    return (start, min(known)) if start is not None and known else None


def _one_each(stack: Stack) -> list[Any]:
    return list({id(plane.source): plane.source for plane in stack.planes}.values())


def _positive(values: Mapping[str, Any], name: str) -> float | None:
    found = values.get(name)
    return float(found[0]) if found and math.isfinite(found[0]) and found[0] > 0 else None


def _body(values: Mapping[str, Any], unit: str, weight: float, where: str) -> tuple[float, str]:
    """Give what the dose is divided by: g of weight or lean mass, or cm2 of surface."""
    if unit == "suvbw":
        return weight * 1000, "body weight [g]"
    size = _positive(values, "Size")
    if size is None:
        raise _refused(where, "Patient's Size (0010,1020) is missing")
    height = size * 100
    if unit == "suvbsa":
        return (
            0.007184 * weight**0.425 * height**0.725 * 10_000,
            "body surface, 0.007184 W^0.425 H^0.725 (Du Bois) [cm2]",
        )
    sex = str(values.get("Sex", "")).upper()
    if sex not in ("M", "F"):
        raise _refused(where, "Patient's Sex (0010,0040) is neither M nor F")
    first, second = (1.10, 128) if sex == "M" else (1.07, 148)
    lean = first * weight - second * (weight / height) ** 2
    return lean * 1000, f"lean body mass, {first} W - {second} (W/H)^2 (James) [g]"


def _by_weight(
    values: Mapping[str, Any], every: Sequence[Mapping[str, Any]], weight: float, where: str
) -> tuple[float, str, dict[str, Any]]:
    """Give the factor to SUVbw, how it was found, and its inputs."""
    units = str(values.get("Units", ""))
    if units == "GML":
        if str(values.get("SuvType", "BW")) not in ("BW", ""):
            raise _refused(where, f"it holds {values['SuvType']} uptake values already (0054,1006)")
        return 1.0, "stored SUVbw", {}
    concentration = 1.0
    how = "value [Bq/mL] / decayed dose [Bq]"
    if units == "CNTS":
        own, activity = _positive(values, "PhilipsSuvFactor"), _positive(values, "PhilipsActivityFactor")
        if own is not None:
            return own, "counts x (7053,xx00)", {"philips_suv_factor": own}
        if activity is None:
            raise _refused(where, "it holds counts (0054,1001), and no factor of Philips (7053,xx00), (7053,xx09)")
        concentration, how = activity, "counts x (7053,xx09) / decayed dose [Bq]"
    elif units != "BQML":
        raise _refused(where, f"its values are in {units or 'no unit'} (0054,1001), not in Bq/mL")
    dose, inputs = _decayed(values, every, where)
    return concentration * weight * 1000 / dose, how, inputs


def _decayed(values: Mapping[str, Any], every: Sequence[Mapping[str, Any]], where: str) -> tuple[float, dict[str, Any]]:
    dose, half_life = _positive(values, "Dose"), _positive(values, "HalfLife")
    if dose is None:
        raise _refused(where, "Radionuclide Total Dose (0018,1074) is missing")
    corrected = str(values.get("DecayCorrection", ""))
    inputs: dict[str, Any] = {"injected_dose_bq": dose, "decay_correction": corrected}
    if corrected == "ADMIN":
        return dose, {**inputs, "decayed_dose_bq": dose}
    if corrected != "START":
        raise _refused(where, f"Decay Correction (0054,1102) is {corrected or 'missing'}, neither START nor ADMIN")
    if half_life is None:
        raise _refused(where, "Radionuclide Half Life (0018,1075) is missing")
    start, taken_from = _scan_start(every)
    if start is None:
        raise _refused(where, "nothing says when the scan began")
    injected = _injected(values, start)
    if injected is None:
        raise _refused(where, "Radiopharmaceutical Start Time (0018,1072) is missing")
    elapsed = (start - injected).total_seconds()
    if not 0 <= elapsed < 86400:
        raise _refused(where, f"the scan began {elapsed / 3600:.1f} hours after the injection")
    left = dose * math.exp(-math.log(2) * elapsed / half_life)
    inputs.update(
        half_life_s=half_life,
        injected=injected.isoformat(),
        corrected_to=start.isoformat(),
        corrected_to_from=taken_from,
        decay_time_s=elapsed,
        decayed_dose_bq=left,
    )
    return left, inputs


def _scan_start(every: Sequence[Mapping[str, Any]]) -> tuple[datetime | None, str]:
    """Find the time that decay is corrected to, and where from."""
    first = every[0]
    series = _moment(first.get("SeriesDate"), first.get("SeriesTime"))
    acquired = [_moment(one.get("AcquisitionDate"), one.get("AcquisitionTime")) for one in every]
    known = [time for time in acquired if time is not None]
    # A series that was made later, or whose times were not kept, is not what decay was corrected to.
    if series is not None and (not known or series <= min(known)):
        return series, "Series Date and Time (0008,0021), (0008,0031)"
    if first.get("GEScanStart"):
        stated = _moment(str(first["GEScanStart"])[:8], str(first["GEScanStart"])[8:])
        if stated is not None:
            return stated, "GE scan start (0009,xx0D)"
    back = [_back_calculated(one, time) for one, time in zip(every, acquired, strict=True) if time is not None]
    found = [time for time in back if time is not None]
    if found:
        return min(found), "Acquisition Time less Frame Reference Time (0008,0032), (0054,1300)"
    return (min(known), "earliest Acquisition Time (0008,0032)") if known else (None, "")


def _back_calculated(values: Mapping[str, Any], acquired: datetime) -> datetime | None:
    """Go back from a frame: Frame Reference Time is when its mean activity was reached."""
    reference, half_life = values.get("FrameReferenceTime"), _positive(values, "HalfLife")
    duration = _positive(values, "FrameDuration")
    if not reference or half_life is None or duration is None:
        return None
    rate = math.log(2) / half_life
    decay = rate * duration / 1000
    mean = 1 / rate * math.log(decay / (1 - math.exp(-decay)))
    return acquired - timedelta(seconds=reference[0] / 1000 - mean)


def _injected(values: Mapping[str, Any], start: datetime) -> datetime | None:
    stated = str(values.get("StartDateTime", ""))
    if len(stated) >= 14:
        full = _moment(stated[:8], re.split(r"[-+]", stated[8:], maxsplit=1)[0])
        # Dates of anonymized files are moved separately now and then: then only the time of day counts.
        if full is not None and timedelta(0) <= start - full < timedelta(days=1):
            return full
    time = _moment(f"{start:%Y%m%d}", values.get("StartTime"))
    if time is not None and time > start:
        return time - timedelta(days=1)
    return time


def _moment(date: Any, time: Any) -> datetime | None:
    """Read DA and TM; ``None`` where either is missing or wrong."""
    digits = str(time or "").replace(":", "").strip()
    whole, _, fraction = digits.partition(".")
    try:
        moment = datetime.strptime(f"{str(date).strip()}{whole[:6].ljust(6, '0')}", "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
    if not whole:
        return None
    return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0") or 0) if fraction.isdigit() else 0)
