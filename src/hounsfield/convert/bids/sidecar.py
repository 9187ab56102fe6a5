"""The sidecar of one volume: JSON with the names and units of BIDS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.convert.bids.encoding import encoding_fields
from hounsfield.convert.bids.fields import FIELDS, IDENTITY, plain_number, read_fields
from hounsfield.convert.bids.ge import ge_fields, ge_polarity
from hounsfield.convert.bids.lookup import Lookup
from hounsfield.convert.bids.pet import pet_fields
from hounsfield.convert.bids.siemens import siemens_fields
from hounsfield.volumes.vendors.slice_times import seconds
from hounsfield.volumes.voxels import plane_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hounsfield.volumes import Stack
    from hounsfield.volumes.plane import Plane
    from hounsfield.volumes.volume import Volume

__all__ = ["sidecar", "without_dates"]

_HALF_A_DAY = 43_200
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
# As dcm2niix and heudiconv write them; others stay as they are.
_VENDORS = (("SIEMENS", "Siemens"), ("GE", "GE"), ("PHILIPS", "Philips"), ("CANON", "Canon"), ("TOSHIBA", "Toshiba"),
            ("UIH", "UIH"), ("BRUKER", "Bruker"), ("HITACHI", "Hitachi"))  # fmt: skip


def sidecar(volume: Volume, stack: Stack, *, identity: bool = False) -> dict[str, Any]:
    """Make the sidecar.

    Parameters
    ----------
    volume : Volume
        The volume.
    stack : Stack
        What it was loaded from.
    identity : bool
        Whether it may name the patient, dates and UIDs.

    Returns
    -------
    dict
        Attributes by the names of BIDS; then, for what BIDS has no name, those of dcm2niix.

    Raises
    ------
    ReadError
        When the header cannot be read any more.
    """
    found = Lookup(_earliest(stack.planes))
    modality = found.text("Modality")
    made = read_fields(found, FIELDS, modality)
    vendor = _vendor(found.text("Manufacturer"))
    if modality == "MR":
        made |= _of_mr(found, volume, vendor)
    if modality == "PT":
        made |= pet_fields(found, volume, stack)
    if vendor:
        made["Manufacturer"] = vendor
    if made.get("InPlanePhaseEncodingDirectionDICOM") == "COLUMN":  # as enhanced objects spell it
        made["InPlanePhaseEncodingDirectionDICOM"] = "COL"
    if made.get("InversionTime") == 0:  # which says that nothing was inverted
        del made["InversionTime"]
    if made.get("EchoTrainLength") == 1:
        del made["EchoTrainLength"]
    if volume.derivation:
        made["Units"], made["UnitDerivation"] = volume.unit, without_dates(volume.derivation, identity=identity)
    if identity:
        made |= read_fields(found, IDENTITY, modality)
    made["VolumeAxes"] = list(volume.axes)
    if volume.unit:
        made["VolumeUnit"] = volume.unit
    made["ConversionSoftware"], made["ConversionSoftwareVersion"] = "hounsfield", _core.__version__
    return made


def _earliest(planes: Sequence[Plane]) -> Plane:
    """Give the plane that was acquired first; where times do not say, the first."""
    times = [seconds(plane.facts.get("AcquisitionTime")) for plane in planes]
    known = [time for time in times if time is not None]
    if len(known) < len(times) or not known:
        return planes[0]
    if max(known) - min(known) > _HALF_A_DAY:  # past midnight
        known = [time + 2 * _HALF_A_DAY if time < _HALF_A_DAY else time for time in known]
    return planes[known.index(min(known))]


def without_dates(derivation: Mapping[str, Any], *, identity: bool) -> dict[str, Any]:
    """Leave only the time of day of moments, unless the patient may be named."""
    return {
        key: value.partition("T")[2] if not identity and isinstance(value, str) and _MOMENT.match(value) else value
        for key, value in derivation.items()
    }


def _vendor(manufacturer: str) -> str:
    upper = manufacturer.upper()
    return next((name for start, name in _VENDORS if upper.startswith(start)), manufacturer)


def _of_mr(found: Lookup, volume: Volume, vendor: str) -> dict[str, Any]:
    """Give timing and encoding, which the rules for vendors read with the volume, and what only one vendor says."""
    made: dict[str, Any] = {}
    if vendor == "Siemens":
        made |= siemens_fields(found)
    elif vendor == "GE":
        made |= ge_fields(found)
    made |= encoding_fields(found, volume, ge_polarity(found) if vendor == "GE" else 0)
    if vendor == "Siemens" and "EffectiveEchoSpacing" in made:
        made["DerivedVendorReportedEchoSpacing"] = made["EffectiveEchoSpacing"]
    timing = volume.timing
    if timing.slice_times and plane_count(volume) > volume.shape[volume.axes.index("slice")]:
        made["SliceTiming"] = [plain_number(round(time, 6)) for time in timing.slice_times]
    if timing.repetition_time:
        made["RepetitionTime"] = plain_number(timing.repetition_time)
    return made
