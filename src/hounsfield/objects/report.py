"""Measurements into a structured report (PS3.16 TID 1500), with highdicom.

What was drawn on an image refers to its pixels (SCOORD, PS3.3 C.18.6); what was drawn on a plane cut from a volume to
the patient's space (SCOORD3D, C.18.9). Regions are planar ROIs (TID 1410), everything else groups (TID 1501).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.errors import UsageError
from hounsfield.objects.codes import TITLES, of_kind, of_quantity
from hounsfield.objects.sources import EQUIPMENT, completed, in_unicode, new_uid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom import Dataset

    from hounsfield.objects.measurement import Measurement
    from hounsfield.objects.sources import Sources

__all__ = ["PIXEL", "report"]

# SCOORD counts from the corner of the first pixel, JSON from its middle (PS3.3 C.18.6.1.2).
PIXEL = 0.5
_REGIONS = frozenset({"ellipse", "rectangle", "freehand", "polygon", "arrow", "text"})
_OUTLINES = frozenset({"rectangle", "freehand", "polygon", "arrow"})


def report(measurements: Sequence[Measurement], sources: Sources, *, title: str = "", author: str = "") -> Dataset:
    """Write measurements into a new report.

    Parameters
    ----------
    measurements : sequence of Measurement
        Of one study.
    sources : Sources
        Where the headers of the images are.
    title : str
        Series Description.
    author : str
        Who measured; empty where that is not to be said.

    Returns
    -------
    pydicom.Dataset
        Comprehensive SR; Comprehensive 3D SR where something was drawn on a cut plane. Not saved.

    Raises
    ------
    UsageError
        When there is nothing to write, or the images are of several studies.
    ReadError
        When an image is not there.
    """
    from highdicom import sr
    from pydicom.sr.codedict import codes

    if not measurements:
        raise UsageError("there are no measurements to write")
    headers = _headers(measurements, sources)
    evidence = list(headers.values())
    if len({str(header.StudyInstanceUID) for header in evidence}) > 1:
        raise UsageError("measurements of several studies do not go into one report")
    spatial = any(not _on_image(one) for one in measurements)
    content = sr.MeasurementReport(
        observation_context=_observers(author),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion if _is_ct(evidence) else _PROCEDURE(),
        imaging_measurements=[_group(one, headers) for one in measurements],
        title=codes.DCM.ImagingMeasurementReport,
    )
    kind = sr.Comprehensive3DSR if spatial else sr.ComprehensiveSR
    made: Dataset = kind(
        evidence=evidence,
        content=content,
        series_instance_uid=new_uid(),
        series_number=9001,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=EQUIPMENT["manufacturer"],
        is_complete=True,
        series_description=(title or "Measurements")[:64],
    )
    return in_unicode(made)


def _PROCEDURE() -> Any:  # noqa: N802 - a constant that is made when it is needed
    from highdicom.sr import CodedConcept

    return CodedConcept("363679005", "SCT", "Imaging procedure")


def _is_ct(evidence: Sequence[Dataset]) -> bool:
    return all(header.get("Modality") == "CT" for header in evidence)


def _headers(measurements: Sequence[Measurement], sources: Sources) -> dict[str, Dataset]:
    found: dict[str, Dataset] = {}
    for one in measurements:
        header = (
            found.get(one.sop_instance_uid) or sources.header(one.sop_instance_uid)
            if one.sop_instance_uid is not None
            else sources.any_of(one.series_instance_uid)
        )
        found[str(header.SOPInstanceUID)] = completed(header)
    return found


def _observers(author: str) -> Any:
    from highdicom import sr
    from pydicom.sr.codedict import codes

    device = sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=new_uid(), name="workstation", manufacturer_name="hounsfield", model_name="workstation"
        ),
    )
    if not author:
        return sr.ObservationContext(observer_device_context=device)
    person = sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=author[:64]),
    )
    return sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _on_image(one: Measurement) -> bool:
    return one.sop_instance_uid is not None and one.pixels is not None


def _group(one: Measurement, headers: dict[str, Dataset]) -> Any:
    from highdicom import sr
    from pydicom.uid import UID

    tracking = sr.TrackingIdentifier(
        uid=one.id if UID(one.id).is_valid and one.id else new_uid(), identifier=one.label or TITLES[one.kind]
    )
    common: dict[str, Any] = {"tracking_identifier": tracking, "finding_type": sr.CodedConcept(*of_kind(one.kind))}
    if one.kind in _REGIONS or not one.quantities:
        return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            **common, referenced_region=_region(one, headers), measurements=_measurements(one, None)
        )
    return sr.MeasurementsAndQualitativeEvaluations(**common, measurements=_measurements(one, headers))


def _measurements(one: Measurement, headers: dict[str, Dataset] | None) -> list[Any]:
    """Give the numbers; of groups without a region, each refers to what it was measured on."""
    from highdicom import sr

    found = []
    for quantity in one.quantities:
        name, derivation = of_quantity(quantity, one.kind)
        found.append(
            sr.Measurement(
                name=sr.CodedConcept(*name),
                value=quantity.value,
                unit=sr.CodedConcept(quantity.unit, "UCUM", quantity.unit),
                derivation=None if derivation is None else sr.CodedConcept(*derivation),
                referenced_coordinates=None if headers is None else [_coordinates(one, quantity.name, headers)],
            )
        )
    return found


def _coordinates(one: Measurement, name: str, headers: dict[str, Dataset]) -> Any:
    from highdicom import sr

    chosen = {"long_axis": slice(0, 2), "short_axis": slice(2, 4)}.get(name, slice(None))
    shape = "POINT" if one.kind == "probe" else "POLYLINE"
    if _on_image(one):
        return sr.CoordinatesForMeasurement(shape, _pixels(one)[chosen], _source(one, headers))
    return sr.CoordinatesForMeasurement3D(shape, _points(one)[chosen], str(one.frame_of_reference_uid))


def _region(one: Measurement, headers: dict[str, Dataset]) -> Any:
    from highdicom import sr

    flat = _on_image(one)
    places = _pixels(one) if flat else _points(one)
    if one.kind in _OUTLINES:
        places = np.concatenate([places, places[:1]])
    if one.kind == "ellipse":
        # The major axis comes first (PS3.3 C.18.6.1.1).
        axes = [np.linalg.norm(places[1] - places[0]), np.linalg.norm(places[3] - places[2])]
        places = places if axes[0] >= axes[1] else places[[2, 3, 0, 1]]
    shape = {"ellipse": "ELLIPSE", "probe": "POINT", "text": "POINT"}.get(one.kind, "POLYLINE")
    if flat:
        return sr.ImageRegion(shape, places, _source(one, headers))
    if one.kind in _OUTLINES and one.kind != "arrow":
        shape = "POLYGON"
    return sr.ImageRegion3D(shape, places, str(one.frame_of_reference_uid))


def _source(one: Measurement, headers: dict[str, Dataset]) -> Any:
    from highdicom import sr

    header = headers[str(one.sop_instance_uid)]
    frames = [one.frame or 1] if "NumberOfFrames" in header else None
    return sr.SourceImageForRegion(str(header.SOPClassUID), str(header.SOPInstanceUID), frames)


def _pixels(one: Measurement) -> np.ndarray[Any, Any]:
    return np.array(one.pixels, np.float64) + PIXEL


def _points(one: Measurement) -> np.ndarray[Any, Any]:
    return np.array(one.points, np.float64)
