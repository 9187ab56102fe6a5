"""The stacks of a series as the workstation shows them: ``/api/series/{uid}/stacks``.

Each is one set of frames in order with its geometry, what its numbers mean, windows to begin with, and words for the
corners. Everything that a browser would have to know of DICOM is worked out here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.errors import HounsfieldError
from hounsfield.server.corners import corners_of
from hounsfield.server.images import Images, Opened, Recent, missing, reason_of
from hounsfield.server.names import name_of
from hounsfield.server.problems import issue_json, issues_json
from hounsfield.server.regions import regions_of
from hounsfield.server.windows import frame_window, presets_of
from hounsfield.volumes.header import text
from hounsfield.volumes.stack import Stack, stacks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hounsfield.catalog.catalog import Catalog
    from hounsfield.catalog.record import Instance
    from hounsfield.server.library import Library
    from hounsfield.volumes.plane import Plane

__all__ = ["Entry", "Stacks", "row_number", "rows_of", "series_key"]

_NAMELESS = "row-"
# Frames without a place, of which more than one follow each other in time.
_CINE = frozenset({"US", "IVUS", "XA", "RF", "ES", "XC", "GM", "IVOCT", "NM"})
# A volume that can be cut needs this many slices at least.
_FEWEST = 3
# Faults that a straightened, evenly spaced copy does not have.
_REPAIRED = frozenset({"missing-slices", "uneven-spacing", "tilt"})


class Entry:
    """One stack that is shown.

    Parameters
    ----------
    id : str
        ``{series}.{number}``, from 0.
    stack : Stack
        What it is of; without planes where the images cannot become a volume.
    rows : sequence of Instance
        The instances of a stack without planes.
    by_name : dict
        All instances of the series, by the path of the file.
    """

    def __init__(self, id_: str, stack: Stack, rows: Sequence[Instance], by_name: dict[str, Instance]) -> None:
        self.id, self.stack, self.rows, self.by_name = id_, stack, rows, by_name

    @property
    def first(self) -> Instance:
        """The instance whose header speaks for all."""
        if self.stack.planes:
            return self.by_name[self.stack.planes[len(self.stack.planes) // 2].source.name]
        return self.rows[0]


class Stacks:
    """Works out stacks, and remembers them until more files are found.

    Parameters
    ----------
    library : Library
        Where the instances are.
    images : Images
        Opens them.
    """

    def __init__(self, library: Library, images: Images) -> None:
        self._library, self._images = library, images
        self._entries, self._documents = Recent(64), Recent(64)

    def entries(self, series: str) -> list[Entry]:
        """Give the stacks of a series.

        Raises
        ------
        ReadError
            When there is no series of this UID (code ``not-found``).
        """
        found: list[Entry] = self._entries.get((series, self._library.stamp(series)), lambda: self._divided(series))
        return found

    def entry(self, id_: str) -> Entry:
        """Give one stack by its id; errors as for `entries`."""
        series, _, number = id_.rpartition(".")
        for entry in self.entries(series) if number.isdigit() else ():
            if entry.id == id_:
                return entry
        raise missing("stack", id_)

    def document(self, series: str) -> list[dict[str, Any]]:
        """Give the stacks of a series as JSON."""
        stamp = self._library.stamp(series)
        found: list[dict[str, Any]] = self._documents.get(
            (series, stamp), lambda: [self._json(entry) for entry in self.entries(series)]
        )
        return found

    def _divided(self, series: str) -> list[Entry]:
        with self._library.catalog() as catalog:
            rows = rows_of(catalog, series)
        if not rows:
            raise missing("series", series)
        # What frames of several are is in the files.
        self._library.ready([row for row in rows if row["NumberOfFrames"] is not None])
        by_name = {name_of(row): row for row in rows}
        found = [(stack, list[Any]()) for stack in stacks(rows, limits=self._library.limits) if stack.planes]
        used = {plane.source.name for stack, _ in found for plane in (*stack.planes, *stack.left_out)}
        found += _pictures([row for row in rows if name_of(row) not in used and row["Rows"]], rows)
        return [Entry(f"{series}.{number}", stack, left, by_name) for number, (stack, left) in enumerate(found)]

    def _json(self, entry: Entry) -> dict[str, Any]:
        stack = entry.stack
        opened, error = self._first(entry)
        frames = list(_planes(entry) if stack.planes else _frames(entry, self._images))
        kind = opened.type if opened is not None and not error else None
        first = frames[0] if frames else {}
        windows = presets_of(opened, text(stack.header, "Modality")) if opened is not None and not error else []
        return {
            "id": entry.id,
            "name": stack.name,
            "study_instance_uid": text(stack.header, "StudyInstanceUID"),
            "series_instance_uid": entry.id.rpartition(".")[0],
            "modality": text(stack.header, "Modality"),
            "kind": _kind(entry, kind is not None and kind.samples == 3),
            "description": text(stack.header, "SeriesDescription") or text(stack.header, "ProtocolName"),
            "frame_of_reference_uid": text(stack.header, "FrameOfReferenceUID") or None,
            "rows": first.get("rows", 0),
            "columns": first.get("columns", 0),
            "axes": list(stack.axes),
            "shape": list(stack.shape),
            "samples": kind.samples if kind else 1,
            "bits_allocated": kind.bits if kind else 8,
            "signed": kind.signed if kind else False,
            "floating": kind.floating if kind else False,
            "photometric": "RGB" if kind and kind.samples == 3 else text(stack.header, "PhotometricInterpretation"),
            "unit": stack.planes[0].unit if stack.planes else "",
            "presets": windows,
            "frames": frames,
            **_spacing(entry, opened if not error else None),
            **self._of_header(entry, opened if not error else None),
            "suv": self._suv(entry),
            "issues": issues_json(stack.issues) + ([error] if error else []),
            "no_volume": why_no_volume(entry),
            "straight": f"/api/volumes/{entry.id}" if _needs_straightening(entry) else None,
        }

    def _first(self, entry: Entry) -> tuple[Opened | None, dict[str, Any] | None]:
        try:
            opened = self._images.file(entry.first["id"])
            _ = opened.image, opened.type
        except (HounsfieldError, OSError) as error:
            from hounsfield.errors import Issue

            return None, issue_json(Issue("unreadable", "error", name_of(entry.first), reason_of(error)))
        return opened, None

    def _of_header(self, entry: Entry, opened: Opened | None) -> dict[str, Any]:
        from hounsfield.render.pace import paces_of

        if opened is None:
            return {"frame_rate": None, "ultrasound_regions": [], "corners": corners_of(entry.stack.header, None)}
        dataset = opened.image.dataset
        paces = paces_of(dataset, opened.count) if opened.count > 1 else None
        rate = len(paces.durations) / sum(paces.durations) if paces is not None and sum(paces.durations) > 0 else None
        return {
            "frame_rate": rate,
            "ultrasound_regions": regions_of(dataset),
            "corners": corners_of(entry.stack.header, dataset),
        }

    def _suv(self, entry: Entry) -> dict[str, Any] | None:
        from hounsfield.volumes.suv import UNITS, uptake_of

        if text(entry.stack.header, "Modality") != "PT" or not entry.stack.planes:
            return None
        self._library.ready(list(entry.by_name.values()))
        found: dict[str, Any] = {}
        for unit in UNITS:
            try:
                uptake = uptake_of(entry.stack, unit, self._library.limits)
            except HounsfieldError as error:
                found.setdefault("reason", reason_of(error))
                continue
            found[unit] = {"factor": uptake.factor, "unit": uptake.unit, "formula": uptake.formula}
        best = found.get("suvbw")
        return (
            None
            if best is None
            else {"factor": best["factor"], "unit": best["unit"], "formula": best["formula"]}
            | {"others": {unit: found[unit] for unit in UNITS[1:] if unit in found}}
        )


def _pictures(rows: list[Instance], every: list[Instance]) -> list[tuple[Stack, list[Instance]]]:
    """Put images that cannot be part of a volume into stacks by size; clips stay alone."""
    groups: dict[tuple[Any, ...], list[Instance]] = {}
    order = {id(row): place for place, row in enumerate(every)}
    for row in sorted(rows, key=lambda row: (row["InstanceNumber"] or 0, order[id(row)])):
        clip = row["NumberOfFrames"] not in (None, "", 1)
        form = (row["id"],) if clip else (row["Rows"], row["Columns"], row["SamplesPerPixel"])
        groups.setdefault(form, []).append(row)
    return [(Stack("", members[0]), members) for members in groups.values()]


def rows_of(catalog: Catalog, series: str) -> list[Instance]:
    """Give the instances of a series; one without a UID is called by the number of its row (`series_key`)."""
    number = row_number(series)
    if number is not None:
        return list(catalog.instances.of(series_id=number))
    return list(catalog.instances.where(SeriesInstanceUID=[series]))


def row_number(series: str) -> int | None:
    """Give the number of the row of a series that is called by it."""
    number = series.removeprefix(_NAMELESS)
    return int(number) if series.startswith(_NAMELESS) and number.isdigit() and len(number) < 18 else None


def series_key(uid: Any, number: int) -> str:
    """Give what a series is called: its UID, or the number of its row."""
    return str(uid) if uid else f"{_NAMELESS}{number}"


def frame_url(row: Instance, frame: int) -> str:
    """Give the address of a normalized frame, from 0; it changes with the file, since browsers keep what they have."""
    return f"/api/files/{row['id']}/frames/{frame + 1}?v={row['mtime_ns'] or 0:x}"


def _planes(entry: Entry) -> Iterator[dict[str, Any]]:
    for plane in entry.stack.planes:
        row = entry.by_name[plane.source.name]
        yield {
            "sop_instance_uid": plane.source.uid,
            "frame": plane.frame + 1,
            "instance_number": row["InstanceNumber"],
            "file": row["id"],
            "url": _plane_url(row, plane),
            "position": plane.position,
            "orientation": plane.orientation,
            "rows": plane.rows,
            "columns": plane.columns,
            "slope": plane.slope,
            "intercept": plane.intercept,
            "window": frame_window(row),
            "error": None,
        }


def _plane_url(row: Instance, plane: Plane) -> str:
    url = frame_url(row, plane.frame)
    return url if plane.tile is None else f"{url}&tile={','.join(map(str, plane.tile))}"


def _frames(entry: Entry, images: Images) -> Iterator[dict[str, Any]]:
    for row in entry.rows:
        uid = text(row, "SOPInstanceUID")
        count, error = 1, None
        try:
            count = images.file(row["id"]).count
        except (HounsfieldError, OSError) as problem:
            error = reason_of(problem)
        for frame in range(count):
            yield {
                "sop_instance_uid": uid,
                "frame": frame + 1,
                "instance_number": row["InstanceNumber"],
                "file": row["id"],
                "url": frame_url(row, frame),
                "position": None,
                "orientation": None,
                "rows": row["Rows"] or 0,
                "columns": row["Columns"] or 0,
                "slope": 1.0,
                "intercept": 0.0,
                "window": frame_window(row),
                "error": error,
            }


def _kind(entry: Entry, color: bool) -> str:  # noqa: FBT001 - found, not chosen
    stack = entry.stack
    modality = text(stack.header, "Modality")
    clip = (stack.axes[:1] == ("time",) and stack.shape[-1] == 1) or (
        not stack.planes and modality in _CINE and any(row["NumberOfFrames"] not in (None, "", 1) for row in entry.rows)
    )
    if clip:
        return "cine"
    if color:
        return "color"
    return "volume" if why_no_volume(entry) is None else "stack"


def why_no_volume(entry: Entry) -> str | None:
    """Tell why a stack cannot be cut in other planes, or nothing where it can."""
    stack = entry.stack
    if not stack.planes:
        return stack.reason or "its images are pictures without a place in the patient"
    if stack.geometry is None or not stack.geometry.known:
        return "nothing says where in the patient these pictures are"
    if stack.planes[0].source.layout.samples > 1:
        return "its pixels are colors, not values"
    for issue in stack.errors:
        if issue.code not in _REPAIRED:
            return issue.message
    slices = stack.shape[-1]
    if slices < _FEWEST:
        return f"{slices} slice{'s' * (slices != 1)} make no volume"
    return None


def _needs_straightening(entry: Entry) -> bool:
    found = {issue.code for issue in entry.stack.issues} & _REPAIRED
    tiled = bool(entry.stack.planes and entry.stack.planes[0].tile is not None)
    return (bool(found) or tiled) and why_no_volume(entry) is None


def _spacing(entry: Entry, opened: Opened | None) -> dict[str, Any]:
    """Distances, and whose they are: of the patient, or of the detector in projections (PS3.3 10.7)."""
    stack = entry.stack
    plane = stack.planes[0] if stack.planes else None
    spacing = plane.spacing if plane is not None else None
    row = stack.header
    source = None
    if text(row, "PixelSpacing") and spacing:
        source = "patient" if plane is not None and plane.orientation is not None else "calibrated"
        if text(row, "ImagerPixelSpacing") == text(row, "PixelSpacing"):
            source = "detector"
    elif text(row, "ImagerPixelSpacing") and spacing:
        source = "detector"
    elif spacing is None and opened is not None:
        from hounsfield.render.spacing import spacing_of

        found, _ = spacing_of(opened.image.dataset)
        spacing, source = found, "calibrated" if found else None
    elif spacing:
        source = "patient"
    placed = stack.geometry if stack.geometry is not None and stack.geometry.known and stack.shape[-1] > 1 else None
    return {
        "pixel_spacing": list(spacing) if spacing else None,
        "spacing_source": source,
        "slice_spacing": placed.spacing[0] if placed is not None else None,
        "affine": [list(row) for row in placed.affine] if placed is not None else None,
    }
