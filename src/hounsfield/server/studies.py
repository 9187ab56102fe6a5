"""The list of studies with their series, as the workstation shows it: ``/api/studies``."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from hounsfield.server.names import date_of, name_shown, path_shown, time_of
from hounsfield.server.problems import problems_of
from hounsfield.server.stacks import series_key

if TYPE_CHECKING:
    from hounsfield.catalog.catalog import Catalog
    from hounsfield.catalog.record import Series, Study

__all__ = ["problem_files", "studies_json"]

_COUNTS = (
    'SELECT c.series_id, count(*), sum(coalesce(CAST(c."NumberOfFrames" AS INTEGER), 1)), max(c."Rows" IS NOT NULL), '
    "sum(f.size) "
    "FROM contexts AS c JOIN instances AS i ON i.context_id = c.id JOIN files AS f ON f.id = i.id GROUP BY c.series_id"
)
_SHOWN = ("broken", "unreadable", "encrypted")


def studies_json(catalog: Catalog) -> list[dict[str, Any]]:
    """Give every study with its series, the newest first."""
    counts = {row[0]: row[1:] for row in catalog.execute(_COUNTS)}
    issues = problems_of(catalog)
    series: dict[int, list[dict[str, Any]]] = defaultdict(list)
    records = [record for record in catalog.series if record["id"] in counts]
    times = Counter(record["SeriesInstanceUID"] for record in records)
    for record in records:
        # A UID that two studies share names neither of their series.
        uid = record["SeriesInstanceUID"] if times[record["SeriesInstanceUID"]] == 1 else None
        one = _series(record, series_key(uid, record["id"]), counts[record["id"]])
        series[record["study_id"]].append(one | {"issues": issues.get(record["id"], [])})
    # A patient is who has one Patient ID; where files give it two names, each study shows its own.
    names = dict(catalog.execute(_NAMES, ()))
    found = [
        _study(record, series[record["id"]], names.get(record["id"]) or record["PatientName"])
        for record in catalog.studies
        if series[record["id"]]
    ]
    found.sort(key=lambda study: (study["date"] or "", study["time"] or ""), reverse=True)
    return found


_NAMES = (
    'SELECT s.study_id, min(c."PatientName") FROM series AS s JOIN contexts AS c '
    "ON c.series_id = s.id GROUP BY s.study_id"
)


def _series(record: Series, uid: str, counts: tuple[Any, ...]) -> dict[str, Any]:
    instances, frames, pictured, size = counts
    return {
        "series_instance_uid": uid,
        "modality": record["Modality"],
        "series_number": record["SeriesNumber"],
        "description": record["SeriesDescription"] or record["ProtocolName"],
        "body_part": record["BodyPartExamined"],
        "laterality": record["Laterality"],
        "date": date_of(record["SeriesDate"]),
        "time": time_of(record["SeriesTime"]),
        "frame_of_reference_uid": record["FrameOfReferenceUID"],
        "instances": instances,
        "frames": frames,
        "bytes": size or 0,
        "images": bool(pictured),
        "thumbnail": f"/api/series/{uid}/thumbnail" if pictured else None,
    }


def _study(record: Study, series: list[dict[str, Any]], patient: str | None) -> dict[str, Any]:
    return {
        "study_instance_uid": str(record["StudyInstanceUID"] or f"row-{record['id']}"),
        "patient_id": record["PatientID"],
        "patient_name": name_shown(patient),
        "patient_birth_date": date_of(record["PatientBirthDate"]),
        "patient_sex": record["PatientSex"],
        "patient_age": record["PatientAge"],
        "date": date_of(record["StudyDate"]),
        "time": time_of(record["StudyTime"]),
        "description": record["StudyDescription"],
        "accession_number": record["AccessionNumber"],
        "referring_physician": name_shown(record["ReferringPhysicianName"]),
        "modalities": sorted({one["modality"] for one in series if one["modality"]}),
        "instances": sum(one["instances"] for one in series),
        "bytes": sum(one["bytes"] for one in series),
        "issues": [issue for one in series for issue in one["issues"]],
        "series": series,
    }


def problem_files(catalog: Catalog) -> list[dict[str, Any]]:
    """Give the files that should be DICOM and cannot be used, each with its reason."""
    return [
        {"path": path_shown(file["path"]), "member": file["member"], "status": file["status"], "reason": file["reason"]}
        for file in catalog.files.where(status=list(_SHOWN))
    ]
