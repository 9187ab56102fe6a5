"""What BIDS asks of PET ("Positron Emission Tomography"): the tracer, and times in seconds from the start of the scan.

What DICOM does not say and BIDS requires is ``n/a``, as BIDS wants it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hounsfield.convert.bids.fields import clock, plain_number
from hounsfield.settings import Limits
from hounsfield.volumes.suv import corrected_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.convert.bids.lookup import Lookup
    from hounsfield.volumes import Stack
    from hounsfield.volumes.plane import Plane
    from hounsfield.volumes.volume import Volume

__all__ = ["pet_fields"]

_NUCLIDE = re.compile(r"\^?(\d+)\^?\s*([A-Za-z]+)")
_SYMBOLS = {"FLUORINE": "F", "CARBON": "C", "NITROGEN": "N", "OXYGEN": "O", "GALLIUM": "Ga", "RUBIDIUM": "Rb",
            "COPPER": "Cu", "ZIRCONIUM": "Zr", "IODINE": "I", "YTTRIUM": "Y"}  # fmt: skip


def pet_fields(found: Lookup, volume: Volume, stack: Stack) -> dict[str, Any]:
    """Read what applies to PET.

    Parameters
    ----------
    found : Lookup
        The instance that was acquired first.
    volume : Volume
        Its timing is taken where it knows it.
    stack : Stack
        What it was loaded from.
    """
    start = _seconds(found.text("AcquisitionTime")) or _seconds(found.text("SeriesTime"))
    made: dict[str, Any] = _tracer(found)
    made["Manufacturer"] = found.text("Manufacturer") or "n/a"
    made["ManufacturersModelName"] = found.text("ManufacturerModelName") or "n/a"
    made["TimeZero"] = clock(found.text("AcquisitionTime") or found.text("SeriesTime")).partition(".")[0] or "n/a"
    made["ScanStart"] = 0
    injected = _seconds(_item(found, "RadiopharmaceuticalStartTime"))
    made["InjectionStart"] = _since(injected, start)
    ended = _since(_seconds(_item(found, "RadiopharmaceuticalStopTime")), start)
    if ended != "n/a":
        made["InjectionEnd"] = ended
    made |= _frames(found, stack.planes, volume.shape[volume.axes.index("slice")])
    for name, times in {
        "FrameTimesStart": volume.timing.volume_times,
        "FrameDuration": volume.timing.frame_durations,
    }.items():
        if times:
            made[name] = [plain_number(round(time, 6)) for time in times]
    made["AcquisitionMode"] = "list mode" if "LISTMODE" in found.text("ImageType").upper() else "n/a"
    correction = found.text("DecayCorrection").upper()
    made["ImageDecayCorrected"] = correction in ("START", "ADMIN")
    made["ImageDecayCorrectionTime"] = _corrected_to(stack, correction, made["InjectionStart"])
    made["AttenuationCorrection"] = found.text("AttenuationCorrectionMethod") or "n/a"
    made |= _reconstruction(found)
    units = found.text("Units")
    made["Units"] = {"BQML": "Bq/mL", "CNTS": "counts", "PROPCPS": "cps"}.get(units, units or "n/a")
    return made


def _corrected_to(stack: Stack, correction: str, injection: Any) -> Any:
    """Give when decay is corrected to, in seconds from the start: that of the first bed also for later ones."""
    if correction == "ADMIN":
        return injection
    moments = corrected_to(stack, Limits()) if correction == "START" else None
    if moments is None:
        return 0 if correction == "START" else "n/a"
    return plain_number(round((moments[0] - moments[1]).total_seconds(), 6))


def _reconstruction(found: Lookup) -> dict[str, Any]:
    """Give method, filter, and iterations and subsets where their numbers stand in the name: ``OSEM 3i21s``."""
    method = found.text("ReconstructionMethod")
    match = re.search(r"(\d+)\s*i(?:t\w*)?\W*(\d+)\s*s", method, re.IGNORECASE)
    # "XYZ Gauss6.00", "Gaussian 5 mm": what it is called, and how wide it is.
    named = re.match(r"(.*?)\s*(\d+(?:\.\d+)?)?\s*(?:mm)?\s*$", found.text("ConvolutionKernel"), re.IGNORECASE)
    kernel, size = named.groups() if named else ("", None)
    # BIDS wants numbers here, also where there are none to give.
    return {
        "ReconMethodName": method or "n/a",
        "ReconMethodParameterLabels": ["iterations", "subsets"] if match else ["none"],
        "ReconMethodParameterUnits": ["none", "none"] if match else ["none"],
        "ReconMethodParameterValues": [int(match.group(1)), int(match.group(2))] if match else [0],
        "ReconFilterType": kernel or "none",
        "ReconFilterSize": plain_number(float(size)) if size else 0,
    }


def _tracer(found: Lookup) -> dict[str, Any]:
    made: dict[str, Any] = {"TracerName": _item(found, "Radiopharmaceutical") or "n/a"}
    made["TracerRadionuclide"] = _nuclide(found) or "n/a"
    dose = _item_number(found, "RadionuclideTotalDose")
    # Bq in DICOM; some scanners write MBq, which is never more than a few thousand.
    made["InjectedRadioactivity"] = "n/a" if not dose else plain_number(dose / 1e6 if dose > 1e5 else dose)
    made["InjectedRadioactivityUnits"] = "MBq"
    made |= {"InjectedMass": "n/a", "InjectedMassUnits": "n/a"}
    specific = _item_number(found, "RadiopharmaceuticalSpecificActivity")
    made["SpecificRadioactivity"] = plain_number(specific) if specific else "n/a"
    made["SpecificRadioactivityUnits"] = "Bq/umol" if specific else "n/a"
    route = _item(found, "RadiopharmaceuticalRoute")
    made["ModeOfAdministration"] = route or "n/a"
    half = _item_number(found, "RadionuclideHalfLife")
    if half:
        made["RadionuclideHalfLife"] = plain_number(half)
    return made


def _nuclide(found: Lookup) -> str:
    """Write a nuclide as BIDS does: ``F18``."""
    codes = _items(found, "RadionuclideCodeSequence")
    words = [str(code.get("CodeMeaning", "")) for code in codes] + [_item(found, "Radiopharmaceutical")]
    for word in words:
        match = _NUCLIDE.search(word)
        if match:
            number, name = match.groups()
            return f"{_SYMBOLS.get(name.upper(), name.capitalize()[:2])}{number}"
        backwards = re.search(r"([A-Za-z]+)\W*(\d+)", word)
        if backwards and backwards.group(1).upper() in _SYMBOLS:
            return f"{_SYMBOLS[backwards.group(1).upper()]}{backwards.group(2)}"
    return ""


def _frames(found: Lookup, planes: Sequence[Plane], slices: int) -> dict[str, Any]:
    """Give start and duration of each volume, in seconds."""
    firsts = list(planes[:: max(1, slices)])
    duration = found.number("ActualFrameDuration")
    references = [plane.facts.get("FrameReferenceTime") for plane in firsts]
    durations = [plane.facts.get("ActualFrameDuration", duration) for plane in firsts]
    lengths = [float(one) / 1000 if isinstance(one, int | float) else 0.0 for one in durations]
    starts = [0.0]
    if len(firsts) > 1 and all(isinstance(one, int | float) for one in references):
        # Frame Reference Time (PS3.3 C.8.9.4.1.5) lies within each frame; starts follow one after the other.
        moments = [_seconds(str(plane.facts.get("AcquisitionTime", ""))) for plane in firsts]
        begin = moments[0]
        if begin is not None and None not in moments and len(set(moments)) == len(moments):
            starts = [(one or 0.0) - begin for one in moments]
        else:
            numbers = [float(str(one)) for one in references]
            starts = [(one - numbers[0]) / 1000 for one in numbers]
    else:
        starts = [sum(lengths[:number]) for number in range(len(firsts))]
    return {
        "FrameTimesStart": [plain_number(round(one, 6)) for one in starts],
        "FrameDuration": [plain_number(round(one, 6)) for one in lengths],
    }


def _items(found: Lookup, key: str) -> list[Any]:
    outer = found.value("RadiopharmaceuticalInformationSequence")
    return list(outer[0].get(key) or []) if outer else []


def _item(found: Lookup, key: str) -> str:
    outer = found.value("RadiopharmaceuticalInformationSequence")
    value = outer[0].get(key) if outer else None
    return "" if value is None else str(value).strip()


def _item_number(found: Lookup, key: str) -> float | None:
    try:
        return float(_item(found, key))
    except ValueError:
        return None


def _seconds(text: str) -> float | None:
    made = clock(text)
    if not made:
        return None
    hours, minutes, rest = made.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def _since(moment: float | None, start: float | None) -> Any:
    if moment is None or start is None:
        return "n/a"
    passed = moment - start
    # A scan after midnight follows an injection of the day before.
    if passed > 43_200:
        passed -= 86_400
    return plain_number(round(passed, 6))
