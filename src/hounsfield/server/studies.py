"""The list of studies with their series, as the workstation shows it: ``/api/studies``."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from hounsfield.server.names import date_of, name_shown, path_shown, time_of
from hounsfield.server.problems import problems_of
from hounsfield.server.stacks import series_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.catalog.catalog import Catalog
    from hounsfield.catalog.record import Series, Study

__all__ = ["Counts", "problem_files", "studies_json"]

_COUNTS = (
    'SELECT c.series_id, count(*), c."NumberOfFrames", max(CASE WHEN c."Rows" IS NULL THEN 0 ELSE 1 END), '
    "coalesce(sum(f.size), 0) "
    "FROM instances AS i JOIN contexts AS c ON c.id = i.context_id JOIN files AS f ON f.id = i.id WHERE i.id > ? "
    'GROUP BY c.series_id, c."NumberOfFrames"'
)
_SHOWN = ("broken", "unreadable", "encrypted")


Numbers = tuple[int, int, int, int]


class Counts:
    """Numbers of instances, frames, pictures and bytes of each series; what only grows is not counted again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, Numbers] = {}
        self._last = 0
        self._mark: Any = None

    def of(self, catalog: Catalog) -> dict[int, Numbers]:
        """Give them, by the number of the row of the series."""
        with self._lock:
            catalog.execute("BEGIN")
            try:
                return self._of(catalog)
            finally:
                catalog.execute("COMMIT")

    def _of(self, catalog: Catalog) -> dict[int, Numbers]:
        total, last = catalog.execute("SELECT count(*), coalesce(max(id), 0) FROM instances").fetchone()
        # Numbers are given again only after the last one has gone.
        same = self._mark is not None and self._mark == _mark(catalog, self._last)
        found = self._counts | _added(self._counts, catalog, self._last) if same else {}
        if sum(one[0] for one in found.values()) != total:
            found = _added({}, catalog, 0)
        self._counts, self._last, self._mark = found, last, _mark(catalog, last)
        return found


def _mark(catalog: Catalog, number: int) -> Any:
    return catalog.execute("SELECT path, member, size, mtime_ns FROM files WHERE id = ?", (number,)).fetchone()


def _added(before: Mapping[int, Numbers], catalog: Catalog, last: int) -> dict[int, Numbers]:
    """Give the numbers of series that have instances after the last one, these included."""
    found: dict[int, Numbers] = {}
    for series, instances, each, pictured, size in catalog.execute(_COUNTS, (last,)):
        known = found.get(series) or before.get(series, (0, 0, 0, 0))
        frames = instances * (each if isinstance(each, int) else 1)
        found[series] = (known[0] + instances, known[1] + frames, max(known[2], pictured), known[3] + int(size))
    return found


def studies_json(catalog: Catalog, counts: Mapping[int, Numbers]) -> list[dict[str, Any]]:
    """Give every study with its series, the newest first."""
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
