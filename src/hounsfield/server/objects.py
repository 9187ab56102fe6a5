"""Objects that people make, as JSON: listed, read, written next to the data and never over anything."""

from __future__ import annotations

import base64
import binascii
import os
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.errors import ReadError, UsageError, WriteError
from hounsfield.files.read import read
from hounsfield.objects.capture import capture, picture_of
from hounsfield.objects.key_images import key_images, read_key_images
from hounsfield.objects.measurement import measurements_of
from hounsfield.objects.presentation import presentation_states, shown_of
from hounsfield.objects.presentation_reading import read_presentation_state
from hounsfield.objects.report import report
from hounsfield.objects.report_reading import read_report
from hounsfield.pixels.image import open_image
from hounsfield.server.images import missing
from hounsfield.server.names import date_of, name_of, name_shown, shortened, time_of
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydicom import Dataset

    from hounsfield.catalog.record import Instance
    from hounsfield.objects.measurement import Measurement
    from hounsfield.server.images import Images
    from hounsfield.server.library import Library
    from hounsfield.server.stacks import Stacks

__all__ = ["Objects"]

_KINDS: Mapping[str, str] = MappingProxyType({"SR": "measurements", "KO": "key-images", "PR": "presentation"})
# Reports on dose are numbers of a device, not measurements of a person.
_OTHER_REPORTS = frozenset({"1.2.840.10008.5.1.4.1.1.88.67", "1.2.840.10008.5.1.4.1.1.88.68"})
_READERS: Mapping[str, Callable[[Dataset], tuple[Any, Any]]] = MappingProxyType(
    {"measurements": read_report, "key-images": read_key_images, "presentation": read_presentation_state}
)
_MOST_NAMES = 1000


class Objects:
    """Reads and writes objects.

    Parameters
    ----------
    library : Library
        Where objects and images are.
    images : Images
        Opens instances.
    stacks : Stacks
        What images belong to.
    folder : path, optional
        Where new objects go; by default next to the images that they are about.
    """

    def __init__(self, library: Library, images: Images, stacks: Stacks, folder: Path | None) -> None:
        self._library, self._images, self._stacks, self._folder = library, images, stacks, folder
        self._sources = _Headers(library)
        self._writers: dict[str, Callable[[dict[str, Any], str, str], list[Dataset]]] = {
            "measurements": self._measurements,
            "key-images": self._key_images,
            "presentation": self._presentation,
            "capture": self._capture,
        }

    def listed(self, study: str | None) -> list[dict[str, Any]]:
        """Give the objects of a study, or all, the newest first."""
        conditions: dict[str, Any] = {"Modality": list(_KINDS)} | ({"StudyInstanceUID": [study]} if study else {})
        with self._library.catalog() as catalog:
            rows = [row for row in catalog.instances.where(**conditions) if row["SOPClassUID"] not in _OTHER_REPORTS]
        found = [self._summary(row) for row in rows]
        found.sort(key=lambda one: (one["date"] or "", one["time"] or ""), reverse=True)
        return found

    def object(self, uid: str) -> dict[str, Any]:
        """Give one object with its contents.

        Raises
        ------
        ReadError
            When there is none (code ``not-found``).
        """
        with self._library.catalog() as catalog:
            row = catalog.instances.where(SOPInstanceUID=[uid], Modality=list(_KINDS)).first()
        if row is None:
            raise missing("object", uid)
        return self._summary(row, contents=True)

    def write(self, request: dict[str, Any]) -> dict[str, Any]:
        """Write a new object; `request` is the body of ``POST /api/objects``.

        Raises
        ------
        UsageError
            When the request means nothing.
        WriteError
            When it cannot be written.
        """
        kind = request.get("kind")
        writer = self._writers.get(kind) if isinstance(kind, str) else None
        if writer is None:
            raise UsageError(f"there is no object of kind {kind!r:.40}", hint=f"Kinds: {', '.join(self._writers)}.")
        title, author = _words(request, "title"), _words(request, "author")
        made = writer(request, title, author)
        written = [self._save(dataset, str(kind)) for dataset in made]
        self._library.rescan()
        news = {"kind": kind, "study_instance_uid": str(made[0].StudyInstanceUID)}
        self._library.events.tell("objects", news | {"sop_instance_uid": written[0]["sop_instance_uid"]})
        return written[0] | {"objects": written}

    def _measurements(self, request: dict[str, Any], title: str, author: str) -> list[Dataset]:
        return [report(measurements_of(request.get("measurements")), self._sources, title=title, author=author)]

    def _key_images(self, request: dict[str, Any], title: str, author: str) -> list[Dataset]:
        given = request.get("images")
        if not isinstance(given, list):
            raise UsageError("images is a list")
        wanted = [_reference(one) for one in given]
        note = _words(request, "note")
        return [key_images(wanted, self._sources, title=title, note=note, author=author)]

    def _presentation(self, request: dict[str, Any], title: str, author: str) -> list[Dataset]:
        return presentation_states(shown_of(request.get("images")), self._sources, title=title, author=author)

    def _capture(self, request: dict[str, Any], title: str, author: str) -> list[Dataset]:  # noqa: ARG002 - as others
        study, data = request.get("study_instance_uid"), request.get("png")
        if not isinstance(study, str) or not isinstance(data, str):
            raise UsageError("a capture has a study_instance_uid and a png")
        try:
            picture = picture_of(base64.b64decode(data.rpartition(",")[2], validate=True))
        except binascii.Error:
            raise UsageError("the png is not base64") from None
        return [capture(picture, self._sources.any_in(study), title=title)]

    def _save(self, dataset: Dataset, kind: str) -> dict[str, Any]:
        path = self._library.keep(dataset) or self._filed(dataset, kind)
        return {
            "sop_instance_uid": str(dataset.SOPInstanceUID),
            "series_instance_uid": str(dataset.SeriesInstanceUID),
            "path": path,
        }

    def _filed(self, dataset: Dataset, kind: str) -> str:
        folder = self._folder or self._beside(dataset)
        name = f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(1, _MOST_NAMES):
                path = folder / (f"{name}.dcm" if number == 1 else f"{name}-{number}.dcm")
                if _written(dataset, path):
                    break
            else:
                raise WriteError("there are too many files of this name", where=str(folder))
        except OSError as error:
            raise WriteError(
                f"the object cannot be written: {error.strerror}",
                where=str(folder),
                hint="Run hu open with --save FOLDER to write elsewhere.",
            ) from None
        return str(path)

    def _beside(self, dataset: Dataset) -> Path:
        """Give the folder of the images that an object is about, or of the archive that they are in."""
        with self._library.catalog() as catalog:
            row = next((row for row in catalog.instances.where(StudyInstanceUID=[str(dataset.StudyInstanceUID)])), None)
        if row is None:
            raise missing("study", str(dataset.StudyInstanceUID))
        return Path(os.fsdecode(row["path"])).parent

    def _summary(self, row: Instance, *, contents: bool = False) -> dict[str, Any]:
        kind = _KINDS[text(row, "Modality")]
        found: dict[str, Any] = {
            "kind": kind,
            "sop_instance_uid": text(row, "SOPInstanceUID"),
            "study_instance_uid": text(row, "StudyInstanceUID"),
            "series_instance_uid": text(row, "SeriesInstanceUID"),
            "title": shortened(text(row, "SeriesDescription")) or None,
            "file": row["id"],
            "date": date_of(row["SeriesDate"]),
            "time": time_of(row["ContentTime"]),
            "author": None,
            "count": 0,
        }
        try:
            self._library.ready([row])
            dataset = read(name_of(row), limits=self._library.limits, issues=[])
            parsed = _READERS[kind](dataset)
        except Exception as error:  # noqa: BLE001 - pydicom raises whatever a broken value makes it raise
            return found | {"error": getattr(error, "message", None) or f"it cannot be read: {error}"}
        found |= {
            "date": date_of(dataset.get("ContentDate")) or found["date"],
            "author": name_shown(_author(dataset)),
            "count": len(parsed[0]),
        }
        return found | (self._contents(kind, *parsed) if contents else {})

    def _contents(self, kind: str, parsed: Any, rest: Any) -> dict[str, Any]:
        if kind == "measurements":
            return {"measurements": [self._placed(one) for one in parsed], "left_out": rest}
        if kind == "key-images":
            shown = [
                {"sop_instance_uid": uid, "frame": frame, "stack": self._stack(uid, frame or 1)[0]}
                for uid, frame in parsed
            ]
            return {"images": shown, "note": rest, "left_out": []}
        described = [one.to_dict() | {"stack": self._stack(one.sop_instance_uid, one.frame or 1)[0]} for one in parsed]
        return {"images": described, "left_out": rest}

    def _stack(self, uid: str | None, frame: int = 1) -> tuple[str | None, dict[str, Any] | None]:
        """Give the stack that holds an image, and what it says of its frame."""
        if uid is None:
            return None, None
        try:
            series = text(self._images.opened(uid).row, "SeriesInstanceUID")
            for stack in self._stacks.document(series):
                for one in stack["frames"]:
                    if one["sop_instance_uid"] == uid and one["frame"] == frame:
                        return stack["id"], {**one, "stack": stack}
        except ReadError:
            pass
        return None, None

    def _placed(self, one: Measurement) -> dict[str, Any]:
        """Say in which stack a measurement is, and where in the patient, where that follows from its image."""
        stack, frame = self._stack(one.sop_instance_uid, one.frame or 1)
        found = one.to_dict() | {"stack": stack, "study_instance_uid": None}
        if frame is None:
            if one.frame_of_reference_uid is not None:
                found["series_instance_uid"] = self._series_in(one.frame_of_reference_uid) or ""
            return found
        holder = frame["stack"]
        found |= {
            "series_instance_uid": holder["series_instance_uid"],
            "study_instance_uid": holder["study_instance_uid"],
            "frame_of_reference_uid": holder["frame_of_reference_uid"],
        }
        spacing, position, orientation = holder["pixel_spacing"], frame["position"], frame["orientation"]
        if one.pixels is not None and position and orientation and spacing:
            found["points"] = [
                [
                    position[axis] + column * spacing[1] * orientation[axis] + row * spacing[0] * orientation[axis + 3]
                    for axis in range(3)
                ]
                for column, row in one.pixels
            ]
        return found

    def _series_in(self, space: str) -> str | None:
        with self._library.catalog() as catalog:
            for row in catalog.series.where(FrameOfReferenceUID=[space]):
                if row["Modality"] not in _KINDS:
                    return text(row, "SeriesInstanceUID")
        return None


class _Headers:
    """Headers of images, for objects that refer to them."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def header(self, sop_instance_uid: str) -> Dataset:
        """Give the header of an image."""
        return self._first("image", sop_instance_uid, SOPInstanceUID=[sop_instance_uid])

    def any_of(self, series_instance_uid: str) -> Dataset:
        """Give the header of any image of a series."""
        return self._first("series", series_instance_uid, SeriesInstanceUID=[series_instance_uid])

    def any_in(self, study_instance_uid: str) -> Dataset:
        """Give the header of any image of a study."""
        return self._first("study", study_instance_uid, StudyInstanceUID=[study_instance_uid])

    def _first(self, what: str, uid: str, **conditions: Any) -> Dataset:
        with self._library.catalog() as catalog:
            row = next((row for row in catalog.instances.where(**conditions) if row["Rows"]), None)
        if row is None:
            raise missing(what, uid)
        self._library.ready([row])
        return open_image(name_of(row), limits=self._library.limits).dataset


def _written(dataset: Dataset, path: Path) -> bool:
    """Write a file that is not there yet, whole or not at all; tells whether it was."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "xb") as file:
            dataset.save_as(file, enforce_file_format=True)
            file.flush()
            os.fsync(file.fileno())
        try:
            # Fails where there is such a file, as a rename would not.
            os.link(partial, path)
        except FileExistsError:
            return False
        except OSError:
            # FAT and some network drives know no links.
            with open(path, "xb") as file:
                file.write(partial.read_bytes())
    except FileExistsError:
        return False
    finally:
        partial.unlink(missing_ok=True)
    return True


def _words(request: dict[str, Any], key: str) -> str:
    found = request.get(key) or ""
    if not isinstance(found, str) or len(found) > 1024:
        raise UsageError(f"{key} is a text of at most 1,024 letters")
    return found


def _reference(given: Any) -> tuple[str, int | None]:
    frame = given.get("frame") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(given.get("sop_instance_uid"), str):
        raise UsageError("an image is a JSON object with a sop_instance_uid")
    if frame is not None and (not isinstance(frame, int) or frame < 1):
        raise UsageError(f"frame is a number from 1, not {frame!r:.40}")
    return given["sop_instance_uid"], frame


def _author(dataset: Dataset) -> Any:
    """Give the person who made an object: Content Creator's Name, or Person Observer Name (121008, DCM)."""
    if dataset.get("ContentCreatorName"):
        return dataset.ContentCreatorName
    for item in dataset.get("ContentSequence") or ():
        codes = item.get("ConceptNameCodeSequence") or ()
        if any(code.get("CodeValue") == "121008" for code in codes):
            return item.get("PersonName")
    return None
