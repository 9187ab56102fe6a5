"""C-FIND as its provider: patients, studies, series and images, and worklists."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pynetdicom import evt

from hounsfield.catalog.matching.header import header_matches
from hounsfield.errors import HounsfieldError, LimitError, UsageError
from hounsfield.network.identifier import LEVELS
from hounsfield.network.provider.matching import answer, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.network.provider.site import KnownPeer, Service
    from hounsfield.network.provider.source import Source

__all__ = ["Finding", "WorklistFolder"]

_Item = tuple[Dataset, dict[str, Any]]
_LOG = logging.getLogger("hounsfield.network")
PATIENT_ROOT, STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.1.2.2.1"
WORKLIST = "1.2.840.10008.5.1.4.31"
_PENDING, _CANCELED, _MISMATCH, _UNABLE = 0xFF00, 0xFE00, 0xA900, 0xC000
_STATUS: dict[type, int] = {UsageError: _MISMATCH, LimitError: 0xA700}
_ABOVE = {
    "patient": (),
    "study": ("PatientID",),
    "series": ("StudyInstanceUID",),
    "image": ("StudyInstanceUID", "SeriesInstanceUID"),
}


class Finding:
    """Answers queries for what a source has (PS3.4 C.4.1), in both roots, and below both the worklist.

    Parameters
    ----------
    source : Source
        What there is.
    title : str
        Where it can be retrieved from.
    """

    service: Service = "find"
    classes = (PATIENT_ROOT, STUDY_ROOT)

    def __init__(self, source: Source, title: str) -> None:
        self._source, self._title = source, title

    def handlers(self, peer: KnownPeer) -> list[tuple[Any, Any]]:
        """Return the handler of queries."""
        del peer
        return [(evt.EVT_C_FIND, self.answer)]

    def extended(self, uid: str, asked: bytes) -> bytes | None:
        """Agree to relational queries, dates with times as one range, and fuzzy names."""
        del uid
        wanted = asked.ljust(4, b"\0")
        return bytes([wanted[0] & 1, wanted[1] & 1, wanted[2] & 1, 0])[: max(len(asked), 1)]

    def answer(self, event: Any) -> Iterator[tuple[int | Dataset, Dataset | None]]:
        """Answer one query."""
        uid = str(event.context.abstract_syntax)
        relational, combined, fuzzy = _agreed(event.assoc, uid)
        try:
            identifier = event.identifier
            level = str(identifier.get("QueryRetrieveLevel") or "").strip().lower()
        except Exception:  # noqa: BLE001 - whatever is wrong with the bytes, pydicom raises of any kind
            yield _status(_UNABLE, "the identifier cannot be read"), None
            return
        problem = _problem(level, identifier, uid, relational=relational)
        if problem:
            yield _status(_MISMATCH, problem), None
            return
        try:
            for found in self._source.find(level, identifier, combined=combined, fuzzy=fuzzy):
                if event.is_cancelled:
                    yield _CANCELED, None
                    return
                found.QueryRetrieveLevel = level.upper()
                found.RetrieveAETitle = self._title
                yield _PENDING, _encoded(found)
        except HounsfieldError as error:
            _LOG.warning("a query was not answered: %s", error.code)
            yield _status(_STATUS.get(type(error), _UNABLE), error.message), None


def _problem(level: str, identifier: Dataset, uid: str, *, relational: bool) -> str:
    if level not in LEVELS or (level == "patient" and uid == STUDY_ROOT):
        return f"no level {level[:16] or '(none)'} in this model"
    if relational:
        return ""
    above = [keyword for keyword in _ABOVE[level] if uid == PATIENT_ROOT or keyword != "PatientID"]
    missing = [keyword for keyword in above if not identifier.get(keyword)]
    return f"{missing[0]} must be given" if missing else ""


class WorklistFolder:
    """Answers worklist queries from a folder of items, which are DICOM files or DICOM JSON (PS3.18 F).

    The folder is read anew where something in it has changed; items that cannot be read are logged and left out.

    Parameters
    ----------
    folder : path
        Files whose names end in ``.json`` are JSON, an item or a list of items; all others are DICOM.
    """

    service: Service = "worklist"
    classes = (WORKLIST,)

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._read: dict[str, tuple[int, int, list[_Item]]] = {}

    def handlers(self, peer: KnownPeer) -> list[tuple[Any, Any]]:
        """Return the handler of queries."""
        del peer
        return [(evt.EVT_C_FIND, self.answer)]

    def extended(self, uid: str, asked: bytes) -> bytes | None:
        """Agree to dates with times as one range."""
        del uid
        wanted = asked.ljust(4, b"\0")
        return bytes([1, wanted[1] & 1, 0, 0])[: max(len(asked), 1)]

    @property
    def items(self) -> list[_Item]:
        """What is scheduled, each item also as DICOM JSON."""
        seen: dict[str, tuple[int, int, list[_Item]]] = {}
        for entry in sorted(os.scandir(self._folder), key=lambda one: one.name):
            if entry.name.startswith(".") or not entry.is_file():
                continue
            state = entry.stat()
            known = self._read.get(entry.path)
            if known is None or known[:2] != (state.st_mtime_ns, state.st_size):
                known = (state.st_mtime_ns, state.st_size, _items(entry.path))
            seen[entry.path] = known
        self._read = seen
        return [item for _, _, listed in seen.values() for item in listed]

    def answer(self, event: Any) -> Iterator[tuple[int | Dataset, Dataset | None]]:
        """Answer one query."""
        _, combined, _ = _agreed(event.assoc, WORKLIST)
        try:
            identifier = event.identifier
            items = self.items
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the bytes, pydicom raises of any kind
            _LOG.warning("a worklist query was not answered: %s", type(error).__name__)
            yield _status(_UNABLE, "the identifier cannot be read"), None
            return
        try:
            keys = keys_of(identifier)
            for item, header in items:
                if event.is_cancelled:
                    yield _CANCELED, None
                    return
                if header_matches(header, keys, combined=combined):
                    yield _PENDING, _encoded(answer(item, identifier))
        except UsageError as error:
            yield _status(_MISMATCH, error.message), None


def _items(path: str) -> list[_Item]:
    try:
        if path.endswith(".json"):
            read = json.loads(Path(path).read_text("utf-8"))
            listed = [Dataset.from_json(item) for item in (read if isinstance(read, list) else [read])]
        else:
            listed = [dcmread(path)]
            listed[0].decode()
        return [(item, item.to_json_dict()) for item in listed]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, InvalidDicomError) as error:
        # Its name may be that of a patient.
        _LOG.warning("a worklist item cannot be read: %s", type(error).__name__)
        return []


def _agreed(assoc: Any, uid: str) -> tuple[bool, bool, bool]:
    said = bytes(assoc.acceptor.sop_class_extended.get(uid, b"")).ljust(3, b"\0")
    return bool(said[0]), bool(said[1]), bool(said[2])


def _encoded(found: Dataset) -> Dataset:
    """Say in which character set the texts are, where ASCII is not enough."""
    if any(not str(element.value).isascii() for element in found.iterall() if element.VR != "SQ"):
        found.SpecificCharacterSet = "ISO_IR 192"
    return found


def _status(code: int, comment: str) -> Dataset:
    found = Dataset()
    found.Status, found.ErrorComment = code, comment[:64]
    return found
