"""The sidecar of one volume: JSON with the names and units of BIDS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.convert.bids.fields import FIELDS, IDENTITY, plain_number, read_fields
from hounsfield.convert.bids.ge import RULES as GE_RULES
from hounsfield.convert.bids.ge import ge_fields
from hounsfield.convert.bids.lookup import Lookup
from hounsfield.convert.bids.pet import pet_fields
from hounsfield.convert.bids.siemens import RULES as SIEMENS_RULES
from hounsfield.convert.bids.siemens import siemens_fields
from hounsfield.errors import HounsfieldError

if TYPE_CHECKING:
    from hounsfield.volumes import Stack
    from hounsfield.volumes.volume import Volume

__all__ = ["sidecar"]

# As dcm2niix and heudiconv write them; others stay as they are.
_VENDORS = (("SIEMENS", "Siemens"), ("GE", "GE"), ("PHILIPS", "Philips"), ("CANON", "Canon"), ("TOSHIBA", "Toshiba"),
            ("UIH", "UIH"), ("BRUKER", "Bruker"), ("HITACHI", "Hitachi"))  # fmt: skip


def sidecar(volume: Volume, stack: Stack, *, identity: bool = False) -> tuple[dict[str, Any], tuple[str, ...]]:
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
    tuple of str
        Rules for vendors that gave some of them.

    Raises
    ------
    ReadError
        When the header cannot be read any more.
    """
    found = Lookup(stack.planes[0])
    modality = found.text("Modality")
    made = read_fields(found, FIELDS, modality)
    vendor = _vendor(found.text("Manufacturer"))
    if vendor:
        made["Manufacturer"] = vendor
    rules: tuple[str, ...] = ()
    if modality == "MR":
        more, rules = _vendor_fields(found, volume, vendor)
        made |= more
        made |= _said_by(volume)
    if modality == "PT":
        made |= pet_fields(found, stack.planes, volume.shape[volume.axes.index("slice")])
    if made.get("EchoTrainLength") == 1:
        del made["EchoTrainLength"]
    # As many times as there are slices, or they belong to another volume.
    if len(made.get("SliceTiming", ())) not in (0, volume.shape[volume.axes.index("slice")]):
        del made["SliceTiming"]
    if identity:
        made |= read_fields(found, IDENTITY, modality)
    made["VolumeAxes"] = list(volume.axes)
    if volume.unit:
        made["VolumeUnit"] = volume.unit
    made["ConversionSoftware"], made["ConversionSoftwareVersion"] = "hounsfield", _core.__version__
    return made, rules


def _vendor(manufacturer: str) -> str:
    upper = manufacturer.upper()
    return next((name for start, name in _VENDORS if upper.startswith(start)), manufacturer)


def _vendor_fields(found: Lookup, volume: Volume, vendor: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    rows, columns = (volume.shape[volume.axes.index(axis)] for axis in ("row", "column"))
    try:
        if vendor == "Siemens":
            return siemens_fields(found, rows, columns), SIEMENS_RULES
        if vendor == "GE":
            return ge_fields(found, volume), GE_RULES
    except (ArithmeticError, ValueError, IndexError) as error:
        raise HounsfieldError(f"private attributes of {vendor} make no sense: {error}") from None
    return {}, ()


def _said_by(volume: Volume) -> dict[str, Any]:
    """Take what the rules for vendors found out while the volume was made; it goes before what is read here."""
    made: dict[str, Any] = {}
    times = getattr(getattr(volume, "timing", None), "slice_times", None)
    if times:
        made["SliceTiming"] = [plain_number(time) for time in times]
    direction = getattr(volume, "phase_encoding", None)
    if isinstance(direction, str) and direction:
        made["PhaseEncodingDirection"] = direction
    return made
